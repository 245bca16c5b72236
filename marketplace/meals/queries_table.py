"""Reads of a production's table: what was left of each shooting day, what of it was saved and by whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select

from marketplace.accounts.models import Organisation
from marketplace.catalogue.models import Listing
from marketplace.core.clock import zone_of
from marketplace.core.db import db
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.meals.models import Leftover
from marketplace.meals.ordering import portions

MOST = 2000


@dataclass(frozen=True)
class Left:
    """A leftover of a shooting day, in portions and grams."""

    listing_id: int
    public_id: str
    title: str
    category: str
    day: date
    portions: Decimal
    grams: int | None
    unit: str
    grams_each: int | None


@dataclass(frozen=True)
class SavedBy:
    """What one receiver fetched at this table."""

    name: str
    meals: int  # hand-overs
    portions: Decimal
    grams: int


def left_of(production_id: int) -> list[Left]:
    """Leftovers that a production posted, the latest first. Without a shooting day, of the day they were made."""
    query = (
        select(Listing, Leftover)
        .join(Leftover, Leftover.listing_id == Listing.id)
        .where(Listing.origin_production_id == production_id)
        .order_by(Listing.id.desc())
        .limit(MOST)
    )
    found = []
    for listing, leftover in db.session.execute(query):
        day = leftover.shooting_day or leftover.made_at.astimezone(zone_of(listing.postcode)).date()
        unit, each = listing.unit or "portion", listing.mass_grams
        grams = int(leftover.offered * each) if each else None
        amount = portions(leftover.offered, unit, each)
        found.append(
            Left(
                listing.id, listing.public_id, listing.title, listing.category_key or "", day, amount, grams, unit, each
            )
        )
    return found


def left_by_day(left: Iterable[Left]) -> dict[date, Decimal]:
    """Portions left on each day."""
    days: dict[date, Decimal] = {}
    for one in left:
        days[one.day] = days.get(one.day, Decimal(0)) + one.portions
    return days


def saved_by(production_id: int) -> list[SavedBy]:
    """What each receiver fetched at a production's table, the most first."""
    query = (
        select(
            Organisation.id,
            Organisation.name,
            ExchangeLine.unit,
            ExchangeLine.mass_grams,
            func.count(ExchangeLine.id),
            func.sum(ExchangeLine.quantity),
        )
        .join(Exchange, Exchange.receiver_id == Organisation.id)
        .join(ExchangeLine, ExchangeLine.exchange_id == Exchange.id)
        .where(Exchange.provider_production_id == production_id, Exchange.kind == "meal", Exchange.state == "completed")
        .group_by(Organisation.id, Organisation.name, ExchangeLine.unit, ExchangeLine.mass_grams)
    )
    found: dict[int, SavedBy] = {}
    for organisation_id, name, unit, each, count, total in db.session.execute(query):
        quantity = Decimal(total)
        before = found.get(organisation_id, SavedBy(name, 0, Decimal(0), 0))
        found[organisation_id] = SavedBy(
            name,
            before.meals + count,
            before.portions + portions(quantity, unit, each),
            before.grams + int(quantity * (each or 0)),
        )
    return sorted(found.values(), key=lambda one: (-one.portions, one.name))
