"""What is kept of listings, as rows: read with the lateness of what is still out. The listings' locks are others'."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    String,
    Table,
    and_,
    bindparam,
    case,
    literal,
    literal_column,
    null,
    or_,
    select,
    text,
    type_coerce,
    union_all,
)  # fmt: skip

from marketplace.catalogue.models import Listing
from marketplace.core.clock import now, today_at
from marketplace.core.db import UtcDateTime, db
from marketplace.core.guards import LONGEST_HOLD_DAYS
from marketplace.exchanges.availability import Held
from marketplace.exchanges.models import ExchangeLine, Hold

# made once: every listing page asks these, and building a statement takes longer than running it
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
# SQLite takes a partial index only where its condition stands in the statement as it is written in the index: no
# parameter, no other form of the same.
ACTIVE: ColumnElement[str] = literal_column("'active'")
_ENDLESS_OR_FACT = text("(hold.ends_on IS NULL OR hold.is_fact)")
_hold, _line, _listing = (cast(Table, model.__table__) for model in (Hold, ExchangeLine, Listing))
# Two reads, each by an index of its own. No promise lasts longer than LONGEST_HOLD_DAYS: what began before is over, has
# no end, or is a fact.
_LIVE = and_(
    _hold.c.listing_id.in_(_IDS),
    _hold.c.state == ACTIVE,
    or_(_hold.c.expires_at.is_(None), _hold.c.expires_at > bindparam("at", type_=UtcDateTime)),
)
_PROMISED = select(
    _hold.c.listing_id, _hold.c.starts_on, _hold.c.ends_on, _hold.c.quantity, type_coerce(null(), Date).label("due_on"),
    literal(0).label("turnaround_days"), type_coerce(null(), String).label("postcode"),
).where(
    _LIVE,
    ~_hold.c.is_fact,
    _hold.c.ends_on > bindparam("starts_on", type_=Date),
    _hold.c.starts_on > bindparam("earliest", type_=Date),
)  # fmt: skip
_LASTING = (
    select(
        _hold.c.listing_id, _hold.c.starts_on, _hold.c.ends_on, _hold.c.quantity,
        case((_hold.c.cause == "promise", _line.c.ends_on)).label("due_on"), _listing.c.turnaround_days,
        _listing.c.postcode,
    )
    .join(_listing, _listing.c.id == _hold.c.listing_id)
    .outerjoin(_line, _line.c.id == _hold.c.line_id)
    .where(_LIVE, _ENDLESS_OR_FACT)
)  # fmt: skip
_HOLDS = union_all(_PROMISED, _LASTING)
_LAST = bindparam("ends_on", type_=Date)
# said by NOT: SQLite would walk the other index up to that day, over all that is past
_NOT_LATER = text("NOT hold.starts_on >= :ends_on").bindparams(_LAST)
_HOLDS_UNTIL = union_all(_PROMISED.where(_hold.c.starts_on < _LAST), _LASTING.where(_NOT_LATER))


def late_until(due_on: date | None, turnaround_days: int, postcode: str | None) -> date | None:
    """Until when something is kept that should have come back on `due_on` and is still out: it comes back tomorrow at
    the earliest, and is put right after. None while it is not late."""
    day = today_at(postcode)
    if due_on is None or day <= due_on:
        return None
    return day + timedelta(days=1 + turnaround_days)


def holds_between(listing_ids: Iterable[int], starts_on: date, ends_on: date | None) -> dict[int, list[Held]]:
    """Live holds of these listings that touch [starts_on, ends_on), what is late lasting as long as it does now.
    Those past their deadline no longer count."""
    ids = set(listing_ids)
    earliest = starts_on - timedelta(days=LONGEST_HOLD_DAYS)
    asked: dict[str, Any] = {"ids": list(ids), "starts_on": starts_on, "earliest": earliest, "at": now()}
    if ends_on is not None:
        asked["ends_on"] = ends_on
    found: dict[int, list[Held]] = {listing_id: [] for listing_id in ids}
    for row in db.session.execute(_HOLDS if ends_on is None else _HOLDS_UNTIL, asked):
        stops = row.ends_on
        if row.due_on is not None and stops is not None:
            late = late_until(row.due_on, row.turnaround_days, row.postcode)
            stops = max(stops, late) if late else stops
        if stops is None or stops > starts_on:
            found[row.listing_id].append(Held(row.starts_on, stops, row.quantity))
    return found


@dataclass(frozen=True)
class Promise:
    """A live hold of a line, for those who look at what facts break."""

    hold_id: int
    line_id: int
    exchange_id: int
    held: Held


def promises_and_facts(listing_id: int) -> tuple[list[Promise], list[tuple[Held, str, int | None]]]:
    """(promises not yet out, in the order they were made; what is a fact, with its cause and exchange)."""
    promises: list[Promise] = []
    facts: list[tuple[Held, str, int | None]] = []
    rows = db.session.scalars(
        select(Hold)
        .where(Hold.listing_id == listing_id, Hold.state == "active")
        .where(or_(Hold.expires_at.is_(None), Hold.expires_at > now()))
        .order_by(Hold.id)
    )
    for hold in rows:
        held = Held(hold.starts_on, hold.ends_on, hold.quantity)
        if hold.cause == "promise" and not hold.is_fact and hold.line_id and hold.exchange_id:
            promises.append(Promise(hold.id, hold.line_id, hold.exchange_id, held))
        else:
            facts.append((held, hold.cause if hold.cause != "promise" else "late", hold.exchange_id))
    return promises, facts


def quantity_of(listing: Listing) -> Decimal:
    return listing.quantity or Decimal(0)
