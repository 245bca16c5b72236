"""The stock of a house over days: what is kept of each listing and by whom, as bars, and the days that are overbooked.

A constant number of statements, whatever is shown.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Date,
    Integer,
    Select,
    String,
    Table,
    and_,
    bindparam,
    cast,
    exists,
    func,
    or_,
    select,
)

from marketplace.accounts.models import Organisation, Site
from marketplace.accounts.permissions import Actor, require
from marketplace.catalogue import taxonomy
from marketplace.catalogue.models import Listing, SetPart
from marketplace.core.clock import now
from marketplace.core.db import UtcDateTime, db
from marketplace.core.guards import LONGEST_HOLD_DAYS
from marketplace.exchanges.availability import Held
from marketplace.exchanges.holding import ACTIVE, late_until
from marketplace.exchanges.models import Exchange, ExchangeLine, Hold, Shortage

PER_PAGE = 50
MOST_WORDS = 6
MOST_BARS = 3000  # of one page; beyond, it says that there are more
LIVE = ("requested", "option", "accepted", "confirmed", "handed_over", "disputed")


class Bar(NamedTuple):
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


@dataclass
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
    searched = tuple(words.split()[:MOST_WORDS])
    given: dict[str, Any] = {
        "organisation": actor.organisation_id, "site": site, "categories": _categories(category), "limit": PER_PAGE,
        **{f"word{n}": f"%{_escaped(word)}%" for n, word in enumerate(searched)},
    }  # fmt: skip
    query = _listings(bool(site), bool(category), len(searched))
    listings = db.session.execute(query, {**given, "offset": max(page - 1, 0) * PER_PAGE}).all()
    if not listings and page > 1:  # beyond the last: the last
        one = db.session.execute(query, {**given, "limit": 1, "offset": 0}).first()
        page = -(-one.total // PER_PAGE) if one is not None else 1
        listings = db.session.execute(query, {**given, "offset": (page - 1) * PER_PAGE}).all()
    total = listings[0].total if listings else 0
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
        if not row.is_set and sum(bar.quantity for bar in row.bars) > row.quantity:
            kept = [Held(bar.starts_on, bar.ends_on, bar.quantity) for bar in row.bars]
            row.missing.extend(overbooked(row.quantity, kept, first, last))
    return Plan(list(rows.values()), first, last, total, max(page, 1), max(1, -(-total // PER_PAGE)), cut)


def _categories(category: str) -> list[str]:
    return list(taxonomy.branch(category)) if category in taxonomy.categories() else []


def _escaped(word: str) -> str:
    return re.sub(r"([/%_])", r"/\1", word)


# Statements are made once, on plain columns: building one takes longer than running it.


def _table(model: Any) -> Table:
    return model.__table__


_listing, _site, _part, _organisation = (_table(model) for model in (Listing, Site, SetPart, Organisation))
_hold, _line, _exchange, _shortage = (_table(model) for model in (Hold, ExchangeLine, Exchange, Shortage))


@lru_cache(maxsize=64)
def _listings(by_site: bool, by_category: bool, words: int) -> Select[Any]:
    """Own listings that are rented out, or are parts of what is: a page of them, and how many there are."""
    is_part = exists().where(_part.c.part_id == _listing.c.id)
    conditions = [
        _listing.c.organisation_id == bindparam("organisation"),
        _listing.c.state.in_(("published", "exhausted", "withdrawn")),
        or_(cast(_listing.c.modes, String).like('%"rent"%'), is_part),
    ]
    if by_site:
        conditions += [
            _site.c.public_id == bindparam("site"), _site.c.organisation_id == _listing.c.organisation_id
        ]  # fmt: skip
    if by_category:
        conditions.append(_listing.c.category_key.in_(bindparam("categories", expanding=True)))
    for number in range(words):
        searched = (_listing.c.title, _listing.c.reference, _listing.c.shelf)
        conditions.append(or_(*(column.ilike(bindparam(f"word{number}"), escape="/") for column in searched)))
    placed = _listing.outerjoin(_site, _site.c.id == _listing.c.site_id)
    # counted apart: a count over a window makes SQLite carry every column of every listing
    total = select(func.count()).select_from(placed).where(*conditions).correlate(None).scalar_subquery()
    return (
        select(
            _listing.c.id, _listing.c.public_id, _listing.c.title, _listing.c.reference, _listing.c.shelf,
            _listing.c.quantity, _listing.c.unit, _listing.c.is_set, _listing.c.turnaround_days, _listing.c.postcode,
            _site.c.name.label("site_name"),
            total.label("total"),
        )
        .select_from(placed)
        .where(*conditions)
        .order_by(_listing.c.title, _listing.c.id)
        .limit(bindparam("limit", type_=Integer))
        .offset(bindparam("offset", type_=Integer))
    )  # fmt: skip


_IS_OUT = and_(_hold.c.is_fact, _hold.c.cause == "promise")
_FIRST, _LAST = bindparam("first", type_=Date), bindparam("last", type_=Date)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_HELD = (
    select(
        _hold.c.listing_id, _hold.c.starts_on, _hold.c.ends_on, _hold.c.quantity, _hold.c.cause, _hold.c.is_fact,
        _hold.c.note, _line.c.ends_on.label("due_on"), _exchange.c.public_id, _exchange.c.reference, _exchange.c.state,
        _organisation.c.name, _shortage.c.id.label("shortage_id"),
    )
    .outerjoin(_line, _line.c.id == _hold.c.line_id)
    .outerjoin(_exchange, _exchange.c.id == _hold.c.exchange_id)
    .outerjoin(_organisation, _organisation.c.id == _exchange.c.receiver_id)
    .outerjoin(_shortage, and_(_shortage.c.line_id == _hold.c.line_id, _shortage.c.solved_at.is_(None)))
    .where(
        _hold.c.listing_id.in_(_IDS),
        _hold.c.state == ACTIVE,
        or_(_hold.c.expires_at.is_(None), _hold.c.expires_at > bindparam("at", type_=UtcDateTime)),
        _hold.c.starts_on < _LAST,
        or_(_hold.c.ends_on.is_(None), _hold.c.ends_on > _FIRST, _IS_OUT),
        or_(_hold.c.starts_on > bindparam("earliest", type_=Date), _hold.c.ends_on.is_(None), _hold.c.is_fact),
    )
    .order_by(_hold.c.listing_id, _hold.c.starts_on, _hold.c.id)
    .limit(bindparam("most", type_=Integer))
)  # fmt: skip
_OF_SETS = (
    select(
        _line.c.listing_id, _line.c.starts_on, _line.c.ends_on, _line.c.quantity,
        _exchange.c.public_id, _exchange.c.reference, _exchange.c.state, _organisation.c.name,
    )
    .join(_exchange, _exchange.c.id == _line.c.exchange_id)
    .join(_organisation, _organisation.c.id == _exchange.c.receiver_id)
    .where(
        _line.c.listing_id.in_(_IDS),
        _exchange.c.state.in_(LIVE),
        or_(_exchange.c.option_rank.is_(None), _exchange.c.option_rank == 1),
        _line.c.starts_on < _LAST,
        _line.c.ends_on > _FIRST,
    )
    .limit(MOST_BARS)
)  # fmt: skip


def _add_holds(rows: dict[int, Row], listings: dict[int, Any], first: date, last: date) -> bool:
    """Put what is held on its listing; whether there was more than a page shows."""
    if not rows:
        return False
    given = {
        "ids": list(rows), "at": now(), "first": first, "last": last, "most": MOST_BARS + 1,
        "earliest": first - timedelta(days=LONGEST_HOLD_DAYS),
    }  # fmt: skip
    found = db.session.execute(_HELD, given).all()
    for row in found[:MOST_BARS]:
        listing_id, starts_on, stops, quantity, cause, is_fact, note, due_on, exchange, reference, state, name, lack = (
            row
        )
        if cause != "promise":
            state = cause
        elif is_fact:
            listing = listings[listing_id]
            late = late_until(due_on, listing.turnaround_days, listing.postcode)
            if late is not None and stops is not None:
                stops, state = max(stops, late), "late"
        if stops is not None and stops <= first:
            continue
        if state == "cart":
            exchange = reference = name = None
        rows[listing_id].bars.append(
            Bar(
                starts_on, stops, quantity, state, exchange, reference or "", name or "", note, due_on,
                lack is not None,
            )
        )  # fmt: skip
    return len(found) > MOST_BARS


def _add_sets(rows: dict[int, Row], first: date, last: date) -> None:
    """A set holds nothing itself, its parts do: its exchanges are shown by their lines."""
    sets = [row.id for row in rows.values() if row.is_set]
    if not sets:
        return
    found = db.session.execute(_OF_SETS, {"ids": sets, "first": first, "last": last})
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
