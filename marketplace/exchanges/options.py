"""Options: a first one holds the stock, a second waits behind it and moves up by itself.

A second option stands behind exactly one exchange: the first option that alone keeps it from what it asks for.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import select

from marketplace.catalogue.models import Listing
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.exchanges import stock
from marketplace.exchanges.models import Exchange, ExchangeLine, Hold


def take_option(exchange: Exchange, listings: Mapping[int, Listing]) -> None:
    """Hold what an option asks for, or stand behind the first option that holds it.

    Raises `Conflict` with `available` when neither is possible.
    """
    lines = stock.holding(exchange.lines)
    blocks = stock.spans(lines, listings)
    short = stock.shortages_of(lines, listings, blocks)
    if not short:
        stock.hold_lines(lines, blocks, expires_at=exchange.deadline_at)
        exchange.option_rank = 1
        return
    first = first_before(lines, listings, blocks)
    if first is not None:
        exchange.option_rank, exchange.behind_id = 2, first.id
        return
    raise Conflict(
        " ".join(sentence for _entries, sentence in short.values()),
        available=[entry for entries, _sentence in short.values() for entry in entries],
    )


def first_before(
    lines: Sequence[ExchangeLine], listings: Mapping[int, Listing], blocks: Mapping[int, stock.Span]
) -> Exchange | None:
    """The first option that alone keeps `lines` from what they ask for, behind which a second may wait."""
    for first in _firsts([line.listing_id for line in lines]):
        if not stock.shortages_of(lines, listings, blocks, leaving_out=[first.id]):
            return first
    return None


def _firsts(listing_ids: list[int]) -> list[Exchange]:
    """First options, asked for or granted, that hold some of these listings and that nobody waits behind yet."""
    waited_for = select(Exchange.behind_id).where(
        Exchange.behind_id.is_not(None), Exchange.state.in_(("requested", "option"))
    )
    query = (
        select(Exchange)
        .join(Hold, Hold.exchange_id == Exchange.id)
        .where(Hold.listing_id.in_(listing_ids), Hold.state == "active", Hold.cause == "promise")
        .where(Exchange.option_rank == 1, Exchange.state.in_(("requested", "option")))
        .where(Exchange.id.not_in(waited_for))
        .distinct()
        .order_by(Exchange.id)
    )
    return list(db.session.scalars(query))


def listing_ids_behind(exchange_id: int) -> set[int]:
    """Listings of whoever waits behind this exchange: they move when it ends."""
    query = select(Exchange).where(Exchange.behind_id == exchange_id, Exchange.state.in_(("requested", "option")))
    return {line.listing_id for waiting in db.session.scalars(query) for line in waiting.lines}


def waiting_behind(exchange_id: int) -> Exchange | None:
    """Whoever waits behind this exchange, locked; None when nobody does."""
    query = (
        select(Exchange)
        .where(Exchange.behind_id == exchange_id, Exchange.state.in_(("requested", "option")))
        .with_for_update()
    )
    return db.session.scalar(query)


def moves_up(waiting: Exchange) -> bool:
    """Let a second option hold what the first has left; whether it could. Its days begin to run now."""
    lines = stock.holding(waiting.lines)
    listings = {line.listing_id: db.session.get_one(Listing, line.listing_id) for line in lines}
    blocks = stock.spans(lines, listings)
    if stock.shortages_of(lines, listings, blocks):
        return False
    if waiting.state == "option":
        waiting.deadline_at = now() + timedelta(days=waiting.option_days or 1)
    waiting.option_rank, waiting.behind_id = 1, None
    stock.hold_lines(lines, blocks, expires_at=waiting.deadline_at)
    return True
