"""Meals that were handed over, written straight into the tables and announced as the hand-over announces them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from marketplace.accounts.models import Organisation, Production
from marketplace.catalogue.models import Listing
from marketplace.core import clock
from marketplace.core.clock import now
from marketplace.core.db import db, new_public_id, transaction
from marketplace.core.events import announce
from marketplace.exchanges import documents
from marketplace.exchanges.events import ExchangeCompleted
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.meals.models import Leftover, MealHandOver
from tests.factories import make_listing

TONIGHT = datetime(2026, 11, 12, 22, 10, tzinfo=UTC)  # 23:10 in Paris


def at(moment: datetime | str) -> None:
    """The product's clock stands still there."""
    clock.set_clock(moment if isinstance(moment, str) else moment.isoformat())


def later(days: int, hours: int = 0) -> None:
    """So long after TONIGHT."""
    at(TONIGHT + timedelta(days=days, hours=hours))


def make_leftover(
    owner: Organisation,
    title: str = "Lasagnes de midi",
    *,
    category: str = "meal_hot",
    quantity: int | str = 30,
    production: Production | None = None,
    shooting_day: Any = None,
    left_over: int | str | None = None,
    keep: str = "hot",
    allergens: tuple[str, ...] = ("gluten", "milk"),
    **values: Any,
) -> Listing:
    """A leftover that its donor posted; what it weighs is its category's."""
    listing = make_listing(
        owner, title, category_key=category, quantity=Decimal(quantity),
        origin_production_id=production.id if production else None, **values,
    )  # fmt: skip
    listing_id, posted = listing.id, now()
    ended = {"ended_at": posted, "end_reason": "expired"} if left_over is not None else {}
    with transaction() as session:
        session.add(
            Leftover(
                listing_id=listing_id,
                offered=Decimal(quantity),
                made_at=posted - timedelta(hours=9),
                use_by=posted + timedelta(hours=20),
                keep=keep,
                temperature_tenths_c={"hot": 670, "cold": 30, "ambient": None}[keep],
                temperature_read_at=None if keep == "ambient" else posted,
                allergens=list(allergens),
                allergens_none=not allergens,
                packaging="trays",
                pick_up_opens_at=posted,
                pick_up_closes_at=posted + timedelta(hours=3),
                shooting_day=shooting_day,
                left_over=None if left_over is None else Decimal(left_over),
                **ended,
            )
        )
    return db.session.get(Listing, listing_id)


def handed_over(
    listing: Listing, receiver: Organisation, quantity: int | str = 30, *, state: str = "completed", **values: Any
) -> Exchange:
    """A meal that `receiver` fetched, its entries in the ledger; or a claim, in another `state`."""
    ids = listing.id, receiver.id
    done = state == "completed"
    with transaction() as session:
        listing = session.get(Listing, ids[0])
        leftover = session.get(Leftover, ids[0])
        exchange = Exchange(
            kind="meal",
            state=state,
            reference=f"R-2026-{new_public_id()[:6].upper()}",
            provider_id=listing.organisation_id,
            receiver_id=ids[1],
            provider_production_id=listing.origin_production_id,
            created_at=now(),
            handed_over_at=now() if done else None,
            completed_at=now() if done else None,
            **values,
        )
        session.add(exchange)
        session.flush()
        line = ExchangeLine(
            exchange_id=exchange.id,
            listing_id=listing.id,
            quantity=Decimal(quantity),
            title=listing.title,
            unit=listing.unit,
            category_key=listing.category_key,
            mass_grams=listing.mass_grams,
            mass_source="estimated",
            materials=listing.materials,
        )
        session.add(line)
        session.flush()
        if done:
            session.add(
                MealHandOver(
                    exchange_id=exchange.id,
                    listing_id=listing.id,
                    quantity=Decimal(quantity),
                    temperature_tenths_c=leftover.temperature_tenths_c,
                    at=now(),
                )
            )
            listing.quantity = max(listing.quantity - Decimal(quantity), Decimal(0))
            session.flush()
            documents.open_certificate(exchange)
            announce(ExchangeCompleted(exchange.id))
        exchange_id = exchange.id
    return db.session.get(Exchange, exchange_id)
