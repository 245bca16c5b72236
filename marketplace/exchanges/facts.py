"""Facts about the stock: late, lost, damaged, under repair. Always recorded; what they break opens a shortage.

Every function here is called with the listings locked.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from sqlalchemy import bindparam, select

from marketplace.catalogue.events import ListingSaved
from marketplace.catalogue.models import Listing, Piece
from marketplace.core.clock import now, today_at
from marketplace.core.db import db
from marketplace.core.events import announce
from marketplace.exchanges.availability import Broken, Held, broken_promises
from marketplace.exchanges.events import ShortageOpened, ShortageSolved, StockChanged
from marketplace.exchanges.holding import ACTIVE, Promise, late_until, promises_and_facts, quantity_of
from marketplace.exchanges.models import Assignment, Exchange, ExchangeLine, Hold, Shortage

_OUT = (
    select(Hold, ExchangeLine.ends_on)
    .join(ExchangeLine, ExchangeLine.id == Hold.line_id)
    .where(Hold.listing_id.in_(bindparam("ids", expanding=True)), Hold.state == ACTIVE)
    .where(Hold.is_fact, Hold.cause == "promise")
)


def stretch_late(listings: Iterable[Listing]) -> None:
    """Let what is still out past its day keep the stock a day longer, and its pieces; then see what that breaks."""
    by_id = {listing.id: listing for listing in listings}
    rows = db.session.execute(_OUT, {"ids": list(by_id)}).all()
    touched = set()
    for hold, due_on in rows:
        listing = by_id[hold.listing_id]
        until = late_until(due_on, listing.turnaround_days, listing.postcode)
        if until is not None and hold.ends_on is not None and hold.ends_on < until:
            hold.ends_on = until
            _keep_pieces(hold.line_id, until)
            touched.add(listing.id)
    if touched:
        db.session.flush()
        review(by_id[listing_id] for listing_id in touched)
        announce(StockChanged(tuple(sorted(touched))))


def _keep_pieces(line_id: int | None, until: date) -> None:
    """Pieces that are out stay out; whoever counted on one of them later gets another, or a shortage."""
    out = list(db.session.scalars(select(Assignment).where(Assignment.line_id == line_id, Assignment.state == "out")))
    for one in out:
        followers = db.session.scalars(
            select(Assignment).where(
                Assignment.piece_id == one.piece_id, Assignment.state == "planned", Assignment.starts_on < until
            )
        )
        for follower in followers:
            follower.state = "released"
    db.session.flush()
    for one in out:
        one.ends_on = until
    db.session.flush()


def set_aside(
    listing: Listing,
    quantity: Decimal,
    cause: str,
    *,
    exchange_id: int | None = None,
    line_id: int | None = None,
    piece_id: int | None = None,
    ends_on: date | None = None,
    note: str = "",
) -> Hold | None:
    """Keep `quantity` of a listing from today at its place, because of a fact (`cause` of `Hold`); no end: until it is
    put back. Nothing when it would end before it begins."""
    starts_on = today_at(listing.postcode)
    if ends_on is not None and ends_on <= starts_on:
        return None
    hold = Hold(
        listing_id=listing.id,
        line_id=line_id,
        exchange_id=exchange_id,
        piece_id=piece_id,
        cause=cause,
        is_fact=True,
        quantity=quantity,
        starts_on=starts_on,
        ends_on=ends_on,
        note=note,
    )
    db.session.add(hold)
    db.session.flush()
    return hold


def put_back(listing: Listing, piece: Piece) -> None:
    """A piece set aside is there again."""
    holds = db.session.scalars(
        select(Hold).where(Hold.piece_id == piece.id, Hold.state == "active", Hold.cause != "promise")
    )
    for hold in holds:
        hold.state = "released"
    db.session.flush()
    review([listing])
    announce(StockChanged((listing.id,)))


def write_off(listing: Listing) -> None:
    """Take what is missing off the quantity, as far as no promise counts on it: the hold that stood for it goes with
    it. What cannot go yet goes when the promises are solved."""
    missing = list(
        db.session.scalars(
            select(Hold)
            .where(Hold.listing_id == listing.id, Hold.state == "active", Hold.cause == "missing")
            .order_by(Hold.id)
        )
    )
    if not missing or is_short(listing.id):
        return
    at = now()
    for hold in missing:
        hold.state = "settled"
        db.session.flush()
        listing.quantity = quantity_of(listing) - hold.quantity
        listing.version += 1
        listing.updated_at = at
        if listing.quantity == 0 and listing.state == "published":
            listing.state = "exhausted"
        db.session.flush()
    announce(ListingSaved(listing.id))


def is_short(listing_id: int) -> bool:
    """Whether a promise of this listing is known to be broken."""
    query = select(Shortage.id).where(Shortage.listing_id == listing_id, Shortage.solved_at.is_(None)).limit(1)
    return db.session.scalar(query) is not None


def review(listings: Iterable[Listing], solution: str = "came_back") -> None:
    """Open a shortage for each promise that the facts now break, and close those that are whole again (`solution`)."""
    for listing in listings:
        promises, facts, broken = _broken(listing)
        if _let_carts_go(promises, broken):
            promises, facts, broken = _broken(listing)
        exchanges = {one.line_id: one.exchange_id for one in promises}
        open_ones = {
            one.line_id: one
            for one in db.session.scalars(
                select(Shortage).where(Shortage.listing_id == listing.id, Shortage.solved_at.is_(None))
            )
        }
        for line_id, shortage in open_ones.items():
            if line_id not in broken:
                shortage.solved_at = now()
                shortage.solution = solution if line_id in exchanges else "released"
                db.session.flush()
                announce(ShortageSolved(shortage.id))
        for line_id, missed in broken.items():
            known = open_ones.get(line_id)
            if known is not None:
                known.quantity, known.starts_on, known.ends_on = missed.quantity, missed.starts_on, missed.ends_on
                continue
            cause, exchange_id = _cause(facts, missed.starts_on)
            shortage = Shortage(
                listing_id=listing.id,
                exchange_id=exchanges[line_id],
                line_id=line_id,
                quantity=missed.quantity,
                starts_on=missed.starts_on,
                ends_on=missed.ends_on,
                cause=cause,
                cause_exchange_id=exchange_id,
                opened_at=now(),
            )
            db.session.add(shortage)
            db.session.flush()
            announce(ShortageOpened(shortage.id))


def _broken(listing: Listing) -> tuple[list[Promise], list[tuple[Held, str, int | None]], dict[int, Broken]]:
    """(promises, facts, what is missing of each promise that cannot be kept, by line)."""
    promises, facts = promises_and_facts(listing.id)
    held = [(one.line_id, one.held) for one in promises]
    return promises, facts, broken_promises(quantity_of(listing), held, [held for held, _cause, _id in facts])


def _let_carts_go(promises: list[Promise], broken: Iterable[int]) -> bool:
    """A cart promises nothing to anybody: what a fact takes from it becomes a wish. Whether there was one."""
    ids = {one.exchange_id for one in promises if one.line_id in set(broken)}
    carts = set(db.session.scalars(select(Exchange.id).where(Exchange.id.in_(ids), Exchange.state == "cart")))
    going = [one.hold_id for one in promises if one.exchange_id in carts and one.line_id in set(broken)]
    for hold in db.session.scalars(select(Hold).where(Hold.id.in_(going))) if going else ():
        hold.state = "released"
    db.session.flush()
    return bool(going)


def _cause(facts, day: date) -> tuple[str, int | None]:
    """The latest fact that lasts on `day`: what was known before broke nothing."""
    for held, cause, exchange_id in reversed(facts):
        if held.starts_on <= day and (held.ends_on is None or held.ends_on > day):
            return cause, exchange_id
    return "missing", None
