"""Holds on listings: taken under the listings' locks, released, settled. Called by services only.

Order of locks, everywhere: listing rows by id, then exchange rows by id, then whatever a listener needs (the ledger's
head comes last). On SQLite the transaction already has the only write lock.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import format_decimal
from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.catalogue.events import ListingSaved
from marketplace.catalogue.models import Listing
from marketplace.catalogue.queries import lock_listings
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.core.events import announce
from marketplace.exchanges.availability import free_intervals, free_throughout
from marketplace.exchanges.events import StockChanged
from marketplace.exchanges.models import Exchange, ExchangeLine, Hold
from marketplace.exchanges.queries import holds_between, overdue_exchange_ids


def lock(listing_ids: Iterable[int], own_exchange_id: int | None = None) -> tuple[dict[int, Listing], list[Exchange]]:
    """Lock listings, then the exchanges that hold some of them past their deadline, and `own_exchange_id`.

    Listings of those overdue exchanges are locked as well: closing them changes what is free of all their lines.
    Returns the listings asked for and the exchanges locked, as they are in the database now.
    """
    wanted = set(listing_ids)
    late = overdue_exchange_ids(wanted)
    beside = set(db.session.scalars(select(Hold.listing_id).where(Hold.exchange_id.in_(late)))) if late else set()
    listings = {listing.id: listing for listing in lock_listings(sorted(wanted | beside))}
    # asked again under the lock: a lock waited for may have changed who is late
    ids = set(overdue_exchange_ids(wanted)) | ({own_exchange_id} if own_exchange_id is not None else set())
    exchanges = db.session.scalars(
        select(Exchange)
        .where(Exchange.id.in_(ids))
        .order_by(Exchange.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    return {key: listing for key, listing in listings.items() if key in wanted}, list(exchanges)


def take(
    lines: Sequence[ExchangeLine], listings: dict[int, Listing], starts_on: date, ends_on: date | None, **values: Any
) -> None:
    """Hold what `lines` ask for. Raises `Conflict` with `available` when it is not free; nothing is held then."""
    held = holds_between(listings, starts_on, ends_on)
    short, sentences = [], []
    for line in lines:
        listing = listings[line.listing_id]
        total = listing.quantity or Decimal(0)
        free = free_throughout(total, held[listing.id], starts_on, ends_on)
        if free >= line.quantity:
            continue
        short += [
            available(listing.public_id, interval.starts_on, interval.ends_on, interval.quantity)
            for interval in free_intervals(total, held[listing.id], starts_on, ends_on)
        ]
        sentences.append(_shortage(listing.title, free, line.quantity))
    if short:
        raise Conflict(" ".join(sentences), available=short)
    for line in lines:
        db.session.add(
            Hold(
                line_id=line.id,
                exchange_id=line.exchange_id,
                listing_id=line.listing_id,
                quantity=line.quantity,
                starts_on=starts_on,
                ends_on=ends_on,
                **values,
            )
        )
    db.session.flush()
    changed(listings)


def available(listing: str, starts_on: date, ends_on: date | None, free: Decimal) -> dict[str, Any]:
    """One entry of the contract's `available`, ready for JSON."""
    return {
        "listing": listing,
        "from": starts_on.isoformat(),
        "to": ends_on.isoformat() if ends_on else None,
        "free": int(free) if free == free.to_integral_value() else float(free),
    }


def _shortage(title: str, free: Decimal, asked: Decimal) -> str:
    if free <= 0:
        return _("« %(title)s » : tout est retenu ou parti.", title=title)
    return _(
        "« %(title)s » : il en reste %(free)s, pas %(asked)s. Prenez-en %(free)s.",
        title=title,
        free=_figure(free),
        asked=_figure(asked),
    )


def _figure(value: Decimal) -> str:
    return format_decimal(value).replace("\u202f", "\u00a0")


def changed(listing_ids: Iterable[int]) -> None:
    """Tell whoever shows what is free."""
    announce(StockChanged(tuple(sorted(listing_ids))))


def active_holds(exchange_id: int) -> list[Hold]:
    """The exchange's live holds, by line."""
    query = select(Hold).where(Hold.exchange_id == exchange_id, Hold.state == "active").order_by(Hold.line_id)
    return list(db.session.scalars(query))


def keep(exchange: Exchange) -> None:
    """Let the holds live as long as the exchange's present deadline (None: until it ends)."""
    for hold in active_holds(exchange.id):
        hold.expires_at = exchange.deadline_at


def release(exchange: Exchange) -> None:
    """Give back what the exchange held."""
    holds = active_holds(exchange.id)
    for hold in holds:
        hold.state = "released"
    db.session.flush()
    changed({hold.listing_id for hold in holds})


def settle(exchange: Exchange) -> None:
    """What was held has left: lower the quantities and drop the holds together. The listings must be locked."""
    holds = active_holds(exchange.id)
    for hold in holds:
        hold.state = "settled"
    # the holds first: a guard refuses a quantity below what is still held
    db.session.flush()
    at = now()
    for hold in holds:
        listing = db.session.get_one(Listing, hold.listing_id)
        listing.quantity = (listing.quantity or Decimal(0)) - hold.quantity
        listing.version += 1  # a form opened before shows a quantity that is no more
        listing.updated_at = at
        if listing.quantity == 0 and listing.state == "published":
            listing.state = "exhausted"
    db.session.flush()
    for listing_id in sorted({hold.listing_id for hold in holds}):
        announce(ListingSaved(listing_id))
    changed({hold.listing_id for hold in holds})
