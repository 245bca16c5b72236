"""The stock of a house over days: what is kept of each listing and by whom, as bars, and the days that are overbooked.

A constant number of statements, whatever is shown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import String, and_, cast, exists, func, or_, select

from marketplace.accounts.models import Organisation, Site
from marketplace.accounts.permissions import Actor, require
from marketplace.catalogue import taxonomy
from marketplace.catalogue.models import Listing, SetPart
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.guards import LONGEST_HOLD_DAYS
from marketplace.exchanges.availability import Held
from marketplace.exchanges.holding import late_until
from marketplace.exchanges.models import Exchange, ExchangeLine, Hold, Shortage

PER_PAGE = 50
MOST_BARS = 3000  # of one page; beyond, it says that there are more
LIVE = ("requested", "option", "accepted", "confirmed", "handed_over", "disputed")


@dataclass(frozen=True)
class Bar:
    """Something kept of a listing from `starts_on` until `ends_on` (excluded; None: no end), as it is now.

    `state`: of the exchange, `late` once something out should be back, or the cause of a fact. `exchange` is its public
    id, None where there is none to open; a cart tells nobody whose it is. `short`: it is known that it cannot be kept.
    """

    starts_on: date
    ends_on: date | None
    quantity: Decimal
    state: str
    exchange: str | None = None
    reference: str = ""
    other_name: str = ""
    note: str = ""
    due_on: date | None = None
    short: bool = False


class Missing(NamedTuple):
    """So much more is kept than there is, from a day until another (None: without end)."""

    starts_on: date
    ends_on: date | None
    quantity: Decimal


@dataclass(frozen=True)
class Row:
    """A listing of the plan. `bars` touch the days shown and are in the order of their first day."""

    id: int
    public_id: str
    title: str
    reference: str | None
    shelf: str | None
    quantity: Decimal
    unit: str
    is_set: bool
    site_name: str | None
    bars: list[Bar] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    rows: list[Row]
    first: date
    last: date  # excluded
    total: int
    page: int
    pages: int
    cut: bool  # there were more bars than a page holds

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days)]


def overbooked(total: Decimal, held: Iterable[Held], starts_on: date, ends_on: date) -> list[Missing]:
    """When more than `total` is kept over [starts_on, ends_on), and how much more. Pure."""
    changes: dict[date, Decimal] = {}
    for one in held:
        begins = max(one.starts_on, starts_on)
        stops = ends_on if one.ends_on is None else min(one.ends_on, ends_on)
        if begins < stops:
            changes[begins] = changes.get(begins, Decimal(0)) + one.quantity
            changes[stops] = changes.get(stops, Decimal(0)) - one.quantity
    found: list[Missing] = []
    taken = Decimal(0)
    days = sorted(changes)
    for begins, stops in pairwise(days):
        taken += changes[begins]
        if taken <= total:
            continue
        if found and found[-1].ends_on == begins and found[-1].quantity == taken - total:
            found[-1] = Missing(found[-1].starts_on, stops, taken - total)
        else:
            found.append(Missing(begins, stops, taken - total))
    return found


def plan_of(
    actor: Actor | None,
    first: date,
    count: int,
    *,
    site: str = "",
    category: str = "",
    words: str = "",
    page: int = 1,
) -> Plan:
    """The plan of the acting house over `count` days from `first`: what it rents out, by title.

    `site` (a public id), `category` (a branch) and `words` (of titles, references, shelves) narrow it; unknown ones
    find nothing. Raises `NotFound` without a house, `NotAllowed` without the right to read.
    """
    actor = require(actor, "exchange.read", actor.organisation_id if actor else None)
    where = _wanted(actor.organisation_id or 0, site, category, words)
    total = db.session.scalar(select(func.count()).select_from(Listing).where(*where)) or 0
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(1, page), pages)
    listings = db.session.execute(
        select(
            Listing.id, Listing.public_id, Listing.title, Listing.reference, Listing.shelf, Listing.quantity,
            Listing.unit, Listing.is_set, Listing.turnaround_days, Listing.postcode, Site.name.label("site_name"),
        )
        .outerjoin(Site, Site.id == Listing.site_id)
        .where(*where)
        .order_by(Listing.title, Listing.id)
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    ).all()  # fmt: skip
    last = first + timedelta(days=count)
    rows = {
        one.id: Row(
            one.id, one.public_id, one.title, one.reference, one.shelf, one.quantity or Decimal(0),
            one.unit or "piece", one.is_set, one.site_name,
        )
        for one in listings
    }  # fmt: skip
    cut = _add_holds(rows, {one.id: one for one in listings}, first, last)
    _add_sets(rows, first, last)
    for row in rows.values():
        row.bars.sort(key=lambda bar: (bar.starts_on, bar.ends_on or last))
        kept = [Held(bar.starts_on, bar.ends_on, bar.quantity) for bar in row.bars]
        if not row.is_set and sum((one.quantity for one in kept), Decimal(0)) > row.quantity:
            row.missing.extend(overbooked(row.quantity, kept, first, last))
    return Plan(list(rows.values()), first, last, total, page, pages, cut)


def _wanted(organisation_id: int, site: str, category: str, words: str) -> list[Any]:
    """Own listings that are rented out, or are parts of what is."""
    is_part = exists().where(SetPart.part_id == Listing.id)
    where: list[Any] = [
        Listing.organisation_id == organisation_id,
        Listing.state.in_(("published", "exhausted", "withdrawn")),
        or_(cast(Listing.modes, String).like('%"rent"%'), is_part),
    ]
    if site:
        where.append(
            Listing.site_id.in_(select(Site.id).where(Site.public_id == site, Site.organisation_id == organisation_id))
        )
    if category:
        known = category in taxonomy.categories()
        where.append(Listing.category_key.in_(taxonomy.branch(category)) if known else Listing.id.is_(None))
    searched = (Listing.title, Listing.reference, Listing.shelf)
    for word in words.split()[:6]:
        where.append(or_(*(column.icontains(word, autoescape=True) for column in searched)))
    return where


def _add_holds(rows: dict[int, Row], listings: dict[int, Any], first: date, last: date) -> bool:
    """Put what is held on its listing; whether there was more than a page shows."""
    is_out = and_(Hold.is_fact, Hold.cause == "promise")
    found = db.session.execute(
        select(
            Hold.listing_id, Hold.starts_on, Hold.ends_on, Hold.quantity, Hold.cause, Hold.is_fact, Hold.note,
            ExchangeLine.ends_on.label("due_on"), Exchange.public_id, Exchange.reference, Exchange.state,
            Organisation.name, Shortage.id.label("shortage_id"),
        )
        .outerjoin(ExchangeLine, ExchangeLine.id == Hold.line_id)
        .outerjoin(Exchange, Exchange.id == Hold.exchange_id)
        .outerjoin(Organisation, Organisation.id == Exchange.receiver_id)
        .outerjoin(Shortage, and_(Shortage.line_id == Hold.line_id, Shortage.solved_at.is_(None)))
        .where(
            Hold.listing_id.in_(rows),
            Hold.state == "active",
            or_(Hold.expires_at.is_(None), Hold.expires_at > now()),
            Hold.starts_on < last,
            or_(Hold.ends_on.is_(None), Hold.ends_on > first, is_out),
            or_(Hold.starts_on > first - timedelta(days=LONGEST_HOLD_DAYS), Hold.ends_on.is_(None), Hold.is_fact),
        )
        .order_by(Hold.listing_id, Hold.starts_on, Hold.id)
        .limit(MOST_BARS + 1)
    ).all()  # fmt: skip
    for one in found[:MOST_BARS]:
        listing = listings[one.listing_id]
        promise = one.cause == "promise"
        stops, state = one.ends_on, one.state if promise else one.cause
        if promise and one.is_fact:
            late = late_until(one.due_on, listing.turnaround_days, listing.postcode)
            if late is not None and stops is not None:
                stops, state = max(stops, late), "late"
        if stops is not None and stops <= first:
            continue
        hidden = state == "cart"
        rows[one.listing_id].bars.append(
            Bar(
                one.starts_on, stops, one.quantity, state,
                exchange=None if hidden else one.public_id,
                reference="" if hidden else one.reference or "",
                other_name="" if hidden else one.name or "",
                note=one.note,
                due_on=one.due_on,
                short=one.shortage_id is not None,
            )
        )  # fmt: skip
    return len(found) > MOST_BARS


def _add_sets(rows: dict[int, Row], first: date, last: date) -> None:
    """A set holds nothing itself, its parts do: its exchanges are shown by their lines."""
    sets = [row.id for row in rows.values() if row.is_set]
    if not sets:
        return
    found = db.session.execute(
        select(
            ExchangeLine.listing_id, ExchangeLine.starts_on, ExchangeLine.ends_on, ExchangeLine.quantity,
            Exchange.public_id, Exchange.reference, Exchange.state, Organisation.name,
        )
        .join(Exchange, Exchange.id == ExchangeLine.exchange_id)
        .join(Organisation, Organisation.id == Exchange.receiver_id)
        .where(
            ExchangeLine.listing_id.in_(sets),
            Exchange.state.in_(LIVE),
            or_(Exchange.option_rank.is_(None), Exchange.option_rank == 1),
            ExchangeLine.starts_on < last,
            ExchangeLine.ends_on > first,
        )
        .limit(MOST_BARS)
    ).all()  # fmt: skip
    for one in found:
        rows[one.listing_id].bars.append(
            Bar(one.starts_on, one.ends_on, one.quantity, one.state, one.public_id, one.reference, one.name)
        )


@dataclass(frozen=True)
class Promised:
    """An exchange that keeps some of a listing over some days."""

    public_id: str | None
    reference: str
    other_name: str
    starts_on: date
    ends_on: date | None
    quantity: Decimal


def promised_between(listing_id: int, first: date, last: date | None, limit: int = 20) -> list[Promised]:
    """What is promised of a listing over [first, last), the soonest first; carts without a name."""
    query = (
        select(
            Exchange.public_id, Exchange.reference, Exchange.state, Organisation.name, Hold.starts_on, Hold.ends_on,
            Hold.quantity,
        )
        .join(Exchange, Exchange.id == Hold.exchange_id)
        .join(Organisation, Organisation.id == Exchange.receiver_id)
        .where(
            Hold.listing_id == listing_id,
            Hold.state == "active",
            Hold.cause == "promise",
            or_(Hold.expires_at.is_(None), Hold.expires_at > now()),
            or_(Hold.ends_on.is_(None), Hold.ends_on > first, Hold.is_fact),
        )
        .order_by(Hold.starts_on, Hold.id)
        .limit(limit)
    )  # fmt: skip
    if last is not None:
        query = query.where(Hold.starts_on < last)
    return [
        Promised(None if row.state == "cart" else row.public_id, "" if row.state == "cart" else row.reference,
                 "" if row.state == "cart" else row.name, row.starts_on, row.ends_on, row.quantity)
        for row in db.session.execute(query)
    ]  # fmt: skip


def blocks_of(listing_ids: Sequence[int]) -> list[Hold]:
    """What keepers took aside of these listings for maintenance, the soonest first."""
    query = select(Hold).where(Hold.listing_id.in_(listing_ids), Hold.state == "active", Hold.cause == "maintenance")
    return list(db.session.scalars(query.order_by(Hold.starts_on, Hold.id).limit(200)))
