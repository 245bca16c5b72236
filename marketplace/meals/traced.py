"""Who had what, when, how much, in which state: the register of meals given and received.

A food business must be able to say from whom it had food and to whom it gave it, and show it on demand (Regulation (EC)
No 178/2002, article 18). The regulation names no duration. The guidance of the Standing Committee on the Food Chain and
Animal Health, taken up by the French note de service DGAL/SDRRCC/SDSSA/N2005-8205, recommends five years, and lets six
months do for perishable food with a use-by date under three months. The longer of the two is kept for everything: lines
of this register are made of exchanges, hand-overs and reports, which nothing in the product deletes, whatever becomes
of the accounts of those who acted. Each side exports its own part; persons are not named in it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased

from marketplace.accounts.models import Organisation, Production
from marketplace.catalogue.models import Listing
from marketplace.core.clock import PARIS
from marketplace.core.db import db
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.meals.models import Leftover, MealHandOver
from marketplace.meals.models_traced import MealOutcome, MealRecall

YEARS_KEPT = 5
PAGE = 25
CHUNK = 200
GIVEN, RECEIVED = "given", "received"

_giver, _receiver = aliased(Organisation), aliased(Organisation)


@dataclass(frozen=True)
class Asked:
    """Which part of the register: days of the hand-over (both included), one way or both."""

    since: date | None = None
    until: date | None = None
    way: str = ""  # given, received, '' for both


@dataclass(frozen=True)
class Traced:
    """One line of the register."""

    exchange: Exchange
    line: ExchangeLine
    leftover: Leftover | None
    hand_over: MealHandOver | None
    lot: str  # the listing's public id: what went out together bears the same
    donor: str
    donor_siret: str
    receiver: str
    receiver_siret: str
    production: str
    recalled: bool
    outcome: MealOutcome | None

    def way_for(self, organisation_id: int) -> str:
        return GIVEN if self.exchange.provider_id == organisation_id else RECEIVED

    @property
    def grams(self) -> int | None:
        each = self.line.mass_grams
        return int(self.line.quantity * each) if each else None

    @property
    def at(self) -> datetime | None:
        """When it changed hands."""
        return self.hand_over.at if self.hand_over else self.exchange.completed_at


def page_of(organisation_id: int, asked: Asked, number: int = 1, size: int = PAGE) -> tuple[list[Traced], int]:
    """A page of the register, the latest first, and how many lines there are."""
    query = _lines(organisation_id, asked)
    total = db.session.scalar(select(func.count()).select_from(query.with_only_columns(Exchange.id).subquery())) or 0
    rows = query.order_by(Exchange.id.desc()).offset((number - 1) * size).limit(size)
    return _with_outcomes(db.session.execute(rows).all()), total


def all_of(organisation_id: int, asked: Asked) -> Iterator[Traced]:
    """Every line, the oldest first, read in chunks: memory does not hold the register."""
    last = 0
    while True:
        query = _lines(organisation_id, asked).where(Exchange.id > last).order_by(Exchange.id).limit(CHUNK)
        rows = _with_outcomes(db.session.execute(query).all())
        yield from rows
        if len(rows) < CHUNK:
            return
        last = rows[-1].exchange.id


def _lines(organisation_id: int, asked: Asked) -> Select[Any]:
    sides = {
        GIVEN: Exchange.provider_id == organisation_id,
        RECEIVED: Exchange.receiver_id == organisation_id,
    }
    mine = sides[asked.way] if asked.way in sides else or_(*sides.values())
    query: Any = (
        select(
            Exchange,
            ExchangeLine,
            Leftover,
            MealHandOver,
            Listing.public_id.label("lot"),
            _giver.name.label("donor"),
            _giver.siret.label("donor_siret"),
            _receiver.name.label("receiver"),
            _receiver.siret.label("receiver_siret"),
            Production.title.label("production"),
            MealRecall.id.label("recall_id"),
        )
        .join(ExchangeLine, ExchangeLine.exchange_id == Exchange.id)
        .join(Listing, Listing.id == ExchangeLine.listing_id)
        .join(_giver, _giver.id == Exchange.provider_id)
        .join(_receiver, _receiver.id == Exchange.receiver_id)
        .outerjoin(Production, Production.id == Exchange.provider_production_id)
        .outerjoin(Leftover, Leftover.listing_id == ExchangeLine.listing_id)
        .outerjoin(MealHandOver, MealHandOver.exchange_id == Exchange.id)
        .outerjoin(MealRecall, MealRecall.listing_id == ExchangeLine.listing_id)
        .where(mine, Exchange.kind == "meal", Exchange.state == "completed")
    )
    if asked.since is not None:
        query = query.where(Exchange.completed_at >= _midnight(asked.since))
    if asked.until is not None:
        query = query.where(Exchange.completed_at < _midnight(asked.until + timedelta(days=1)))
    return query


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), PARIS)


def _with_outcomes(rows: Iterable[Any]) -> list[Traced]:
    found = list(rows)
    outcomes = outcomes_of([row.ExchangeLine.id for row in found])
    return [
        Traced(
            exchange=row.Exchange,
            line=row.ExchangeLine,
            leftover=row.Leftover,
            hand_over=row.MealHandOver,
            lot=row.lot,
            donor=row.donor,
            donor_siret=row.donor_siret or "",
            receiver=row.receiver,
            receiver_siret=row.receiver_siret or "",
            production=row.production or "",
            recalled=row.recall_id is not None,
            outcome=outcomes.get(row.ExchangeLine.id),
        )
        for row in found
    ]


def outcomes_of(line_ids: Iterable[int]) -> dict[int, MealOutcome]:
    """The word that stands on each of these lines."""
    query = select(MealOutcome).where(MealOutcome.line_id.in_(list(line_ids))).order_by(MealOutcome.id)
    return {row.line_id: row for row in db.session.scalars(query) if row.line_id is not None}


@dataclass(frozen=True)
class Unsaid:
    """Something of which nobody has said what became of it: received (an exchange), or left over (a listing)."""

    title: str
    quantity: Decimal
    unit: str
    at: datetime
    exchange_id: str | None  # public ids
    listing_id: str | None


def unsaid(organisation_id: int, most: int = 20) -> list[Unsaid]:
    """What a house still has to say: of the last meals it received, and of what nobody took from it."""
    said = select(MealOutcome.line_id).where(MealOutcome.line_id == ExchangeLine.id).exists()
    received = (
        select(Exchange.public_id, ExchangeLine.title, ExchangeLine.quantity, ExchangeLine.unit, Exchange.completed_at)
        .join(ExchangeLine, ExchangeLine.exchange_id == Exchange.id)
        .where(
            Exchange.receiver_id == organisation_id,
            Exchange.state == "completed",
            Exchange.kind == "meal",
            ~said,
        )
        .order_by(Exchange.id.desc())
        .limit(most)
    )
    rows: list[Any] = list(db.session.execute(received))
    found = [Unsaid(title, quantity, unit, at, public_id, None) for public_id, title, quantity, unit, at in rows]
    fate = select(MealOutcome.id).where(MealOutcome.listing_id == Listing.id, MealOutcome.line_id.is_(None)).exists()
    left = (
        select(Listing.public_id, Listing.title, Leftover.left_over, Listing.unit, Leftover.ended_at)
        .join(Leftover, Leftover.listing_id == Listing.id)
        .where(Listing.organisation_id == organisation_id, Leftover.left_over > 0, ~fate)
        .order_by(Listing.id.desc())
        .limit(most)
    )
    rows = list(db.session.execute(left))
    found += [Unsaid(title, quantity, unit, at, None, public_id) for public_id, title, quantity, unit, at in rows]
    return sorted(found, key=lambda one: one.at, reverse=True)[:most]
