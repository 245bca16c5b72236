"""Holds on listings: taken under the listings' locks, released, out, back, settled. Called by services only.

Order of locks, everywhere: listing rows by id, then exchange rows by id, then whatever a listener needs (the ledger's
head comes last). On SQLite the transaction already has the only write lock.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import or_, select

from marketplace.catalogue.events import ListingSaved
from marketplace.catalogue.models import Listing, Piece
from marketplace.catalogue.queries import lock_listings
from marketplace.core.clock import now, today_at
from marketplace.core.db import db, dialect_name
from marketplace.core.errors import Conflict
from marketplace.core.events import announce
from marketplace.exchanges import facts
from marketplace.exchanges.availability import Held, free_intervals, free_throughout
from marketplace.exchanges.calendars import Calendars, calendars_of
from marketplace.exchanges.days import blocked
from marketplace.exchanges.events import StockChanged
from marketplace.exchanges.holding import holds_between, quantity_of
from marketplace.exchanges.models import Assignment, Exchange, ExchangeLine, Hold
from marketplace.exchanges.queries import overdue_exchange_ids
from marketplace.exchanges.wording import shortage_sentence

Span = tuple[date, date | None]


def lock(listing_ids: Iterable[int], own_exchange_id: int | None = None) -> tuple[dict[int, Listing], list[Exchange]]:
    """Lock listings, then the exchanges that hold some of them past their deadline, and `own_exchange_id`.

    Listings of those overdue exchanges are locked as well: closing them changes what is free of all their lines. What
    is out longer than agreed is written down as such. Returns the listings asked for and the exchanges locked, as they
    are in the database now.
    """
    wanted = set(listing_ids)
    late = overdue_exchange_ids(wanted)
    beside = set(db.session.scalars(select(Hold.listing_id).where(Hold.exchange_id.in_(late)))) if late else set()
    listings = {listing.id: listing for listing in lock_listings(sorted(wanted | beside))}
    if dialect_name() != "sqlite":  # a lock waited for may have changed who is late; SQLite's is held since the start
        late = overdue_exchange_ids(wanted)
    exchanges = _locked_exchanges(set(late) | ({own_exchange_id} if own_exchange_id is not None else set()))
    facts.stretch_late(listings.values())
    return {key: listing for key, listing in listings.items() if key in wanted}, exchanges


def _locked_exchanges(ids: set[int]) -> list[Exchange]:
    if not ids:
        return []
    query = select(Exchange).where(Exchange.id.in_(ids)).order_by(Exchange.id).with_for_update()
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def holding(lines: Sequence[ExchangeLine]) -> list[ExchangeLine]:
    """The lines that hold something: those of a set hold its parts, the set's own line nothing."""
    parents = {line.parent_line_id for line in lines if line.parent_line_id is not None}
    return [line for line in lines if line.id not in parents]


def spans(
    lines: Sequence[ExchangeLine], listings: Mapping[int, Listing], calendars: Calendars | None = None
) -> dict[int, Span]:
    """What each line blocks, by its id: its days with the work before and after; from today at the place and for good
    when it has none. `calendars`: of the listings' places, where they were read already."""
    if calendars is None:
        calendars = calendars_of(listings[line.listing_id].site_id for line in lines if line.starts_on is not None)
    found: dict[int, Span] = {}
    for line in lines:
        listing = listings[line.listing_id]
        if line.starts_on is None:
            found[line.id] = (today_at(listing.postcode), None)
            continue
        calendar = calendars[listing.site_id]
        found[line.id] = blocked(line.starts_on, line.ends_on, listing.prep_days, listing.turnaround_days, calendar)
    return found


def shortages_of(
    lines: Sequence[ExchangeLine],
    listings: Mapping[int, Listing],
    blocks: Mapping[int, Span],
    leaving_out: Iterable[int] = (),
    moving: Iterable[int] = (),
) -> dict[int, tuple[list[dict[str, Any]], str]]:
    """Lines that cannot be held now, by id: the contract's `available` and the sentence for a person. `leaving_out`:
    exchanges whose holds do not count (their own, when all of it moves in time); `moving`: lines whose own do not,
    while others of their exchange stay as they are."""
    if not lines:
        return {}
    first = min(start for start, _end in blocks.values())
    ends = [end for _start, end in blocks.values()]
    last = None if None in ends else max(end for end in ends if end is not None)
    held = holds_between(listings, first, last)
    for hold in _own(leaving_out, moving):
        mine = Held(hold.starts_on, hold.ends_on, hold.quantity)
        if mine in held.get(hold.listing_id, ()):
            held[hold.listing_id].remove(mine)
    found: dict[int, tuple[list[dict[str, Any]], str]] = {}
    for line in lines:
        listing, (starts_on, ends_on) = listings[line.listing_id], blocks[line.id]
        total = quantity_of(listing)
        if free_throughout(total, held[listing.id], starts_on, ends_on) >= line.quantity:
            # a listing may stand on two lines: each counts for the other
            held[listing.id].append(Held(starts_on, ends_on, line.quantity))
            continue
        intervals = free_intervals(total, held[listing.id], starts_on, ends_on)
        after = free_intervals(total, held[listing.id], ends_on, None) if ends_on is not None else []
        entries = [available(listing.public_id, one.starts_on, one.ends_on, one.quantity) for one in intervals]
        found[line.id] = entries, shortage_sentence(listing.title, line.quantity, line.unit, intervals, after)
    return found


def _own(exchange_ids: Iterable[int], line_ids: Iterable[int]) -> list[Hold]:
    ids, lines = set(exchange_ids), set(line_ids)
    if not ids and not lines:
        return []
    own = or_(Hold.exchange_id.in_(ids), Hold.line_id.in_(lines))
    return list(db.session.scalars(select(Hold).where(own, Hold.state == "active")))


def take(
    lines: Sequence[ExchangeLine],
    listings: Mapping[int, Listing],
    calendars: Calendars | None = None,
    *,
    new: bool = False,
    **values: Any,
) -> None:
    """Hold what `lines` ask for (`new`: they never held). Raises `Conflict` with `available` when it is not free;
    nothing is held then."""
    asked = holding(lines)
    blocks = spans(asked, listings, calendars)
    short = shortages_of(asked, listings, blocks)
    if short:
        raise Conflict(
            " ".join(sentence for _entries, sentence in short.values()),
            available=[entry for entries, _sentence in short.values() for entry in entries],
        )
    hold_lines(asked, blocks, new=new, **values)


def hold_lines(lines: Sequence[ExchangeLine], blocks: Mapping[int, Span], *, new: bool = False, **values: Any) -> None:
    """Write the holds of `lines`, once it is known that they are free. A line that held before holds again."""
    known = {} if new else {hold.line_id: hold for hold in _promises([line.id for line in lines])}
    for line in lines:
        starts_on, ends_on = blocks[line.id]
        hold = known.get(line.id)
        if hold is None:
            hold = Hold(line_id=line.id, exchange_id=line.exchange_id, listing_id=line.listing_id)
            db.session.add(hold)
        hold.quantity, hold.starts_on, hold.ends_on = line.quantity, starts_on, ends_on
        hold.state = "active"
        for name, value in values.items():
            setattr(hold, name, value)
    db.session.flush()
    changed({line.listing_id for line in lines}, min((blocks[line.id][0] for line in lines), default=None))


def lift(lines: Sequence[ExchangeLine]) -> None:
    """Let go what `lines` hold, until `hold_lines` in the same transaction: where two of them change places, the
    database would count the one that moves first against the old days of the other."""
    for hold in _promises([line.id for line in lines]):
        hold.state = "released"
    db.session.flush()


def _promises(line_ids: Sequence[int]) -> list[Hold]:
    return list(db.session.scalars(select(Hold).where(Hold.line_id.in_(line_ids), Hold.cause == "promise")))


def available(listing: str, starts_on: date, ends_on: date | None, free: Decimal) -> dict[str, Any]:
    """One entry of the contract's `available`, ready for JSON."""
    return {
        "listing": listing,
        "from": starts_on.isoformat(),
        "to": ends_on.isoformat() if ends_on else None,
        "free": int(free) if free == free.to_integral_value() else float(free),
    }


def changed(listing_ids: Iterable[int], starts_on: date | None = None) -> None:
    """Tell whoever shows what is free; `starts_on`: nothing changed before that day."""
    announce(StockChanged(tuple(sorted(listing_ids)), starts_on))


def active_holds(exchange_id: int) -> list[Hold]:
    """The exchange's live promises, by line."""
    query = select(Hold).where(Hold.exchange_id == exchange_id, Hold.state == "active", Hold.cause == "promise")
    return list(db.session.scalars(query.order_by(Hold.line_id)))


def keep(exchange: Exchange) -> None:
    """Let the holds live as long as the exchange's present deadline (None: until it ends)."""
    for hold in active_holds(exchange.id):
        hold.expires_at = exchange.deadline_at


def release_lines(exchange: Exchange, line_ids: Iterable[int]) -> None:
    """Give back what some lines of a cart held."""
    ids = set(line_ids)
    holds = [hold for hold in active_holds(exchange.id) if hold.line_id in ids]
    for hold in holds:
        hold.state = "released"
    db.session.flush()
    touched = {hold.listing_id for hold in holds}
    _review(touched)
    changed(touched)


def move_holds(line_ids: Iterable[int], exchange_id: int) -> None:
    """Let the holds of lines follow them into another exchange."""
    for hold in _promises(list(line_ids)):
        hold.exchange_id = exchange_id
    db.session.flush()


def release(exchange: Exchange) -> None:
    """Give back what the exchange held, pieces chosen for it included; what was short may be whole again."""
    holds = active_holds(exchange.id)
    for hold in holds:
        hold.state = "released"
    for one in db.session.scalars(
        select(Assignment).where(Assignment.exchange_id == exchange.id, Assignment.state == "planned")
    ):
        one.state = "released"
    db.session.flush()
    ids = {hold.listing_id for hold in holds}
    _review(ids)
    changed(ids)


def _review(listing_ids: Iterable[int]) -> None:
    for listing_id in sorted(set(listing_ids)):
        if facts.is_short(listing_id):
            facts.review([db.session.get_one(Listing, listing_id)])


def let_out(exchange: Exchange) -> None:
    """Things have left: what was promised is a fact now, and stays one until it is back."""
    holds = active_holds(exchange.id)
    for hold in holds:
        hold.is_fact, hold.expires_at = True, None
    for one in db.session.scalars(
        select(Assignment).where(Assignment.exchange_id == exchange.id, Assignment.state == "planned")
    ):
        one.state = "out"
    db.session.flush()


def settle(exchange: Exchange) -> None:
    """What was held has left for good: lower the quantities and drop the holds together, the listings being locked."""
    holds = active_holds(exchange.id)
    for hold in holds:
        hold.state = "settled"
    gone = list(
        db.session.scalars(
            select(Assignment).where(Assignment.exchange_id == exchange.id, Assignment.state == "planned")
        )
    )
    for one in gone:
        one.state = "back"  # no longer anybody's to wait for
        db.session.get_one(Piece, one.piece_id).state = "sold"
    # the holds first: a guard refuses a quantity below what is still held
    db.session.flush()
    taken = [(hold.listing_id, hold.quantity) for hold in holds]
    sets = {line.parent_line_id for line in exchange.lines if line.parent_line_id is not None}
    taken += [(line.listing_id, line.quantity) for line in exchange.lines if line.id in sets]
    at = now()
    for listing_id, quantity in taken:
        listing = db.session.get_one(Listing, listing_id)
        listing.quantity = max(quantity_of(listing) - quantity, Decimal(0))
        listing.version += 1  # a form opened before shows a quantity that is no more
        listing.updated_at = at
        if listing.quantity == 0 and listing.state == "published":
            listing.state = "exhausted"
    db.session.flush()
    ids = sorted({listing_id for listing_id, _quantity in taken})
    for listing_id in ids:
        announce(ListingSaved(listing_id))
    changed(ids)
