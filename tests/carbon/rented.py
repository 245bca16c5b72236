"""Rental stocks and what leaves them, written straight into the tables as the counter's moves leave them."""

from decimal import Decimal

from marketplace.carbon import listeners
from marketplace.catalogue.models import Listing, Piece
from marketplace.core.clock import now
from marketplace.core.db import db, new_public_id, transaction
from marketplace.exchanges.events import ExchangeCompleted
from marketplace.exchanges.models import (
    Assignment,
    ConditionEntry,
    ConditionReport,
    Exchange,
    ExchangeLine,
)


def make_pieces(listing, count, **values):
    """`count` pieces in stock; their ids."""
    listing_id, organisation_id = listing.id, listing.organisation_id
    with transaction() as session:
        rows = [
            Piece(
                listing_id=listing_id,
                organisation_id=organisation_id,
                code=f"P-{new_public_id()}",
                created_at=now(),
                **values,
            )
            for _ in range(count)
        ]
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def done(kind, lines, receiver, **values):
    """The id of a completed exchange. `lines`: (listing, quantity, {pieces: ids, lost: quantity, parent: index}).

    As the moves leave things: what is sold is off the quantity, pieces have lived once more, losses are written off.
    """
    told = [(one[0].id, one[1], one[2] if len(one) > 2 else {}) for one in lines]
    provider_id, receiver_id = lines[0][0].organisation_id, receiver.id
    with transaction() as session:
        exchange = Exchange(
            kind=kind,
            state="completed",
            reference=f"L-{new_public_id()}",
            provider_id=provider_id,
            receiver_id=receiver_id,
            created_at=now(),
            completed_at=now(),
            **values,
        )
        session.add(exchange)
        session.flush()
        made = []
        for listing_id, quantity, more in told:
            made.append(_line(session, exchange, listing_id, Decimal(quantity), more, made))
        session.flush()
        for line, (_listing_id, quantity, more) in zip(made, told, strict=True):
            _pieces(session, exchange, line, more)
            if kind != "rental" and "parent" not in more:
                listing = session.get(Listing, line.listing_id)
                listing.quantity -= Decimal(quantity)
            if more.get("lost"):
                _lost(session, exchange, line, more)
        session.flush()
        exchange_id = exchange.id
        listeners.on_exchange_completed(ExchangeCompleted(exchange_id))
        return exchange_id


def _line(session, exchange, listing_id, quantity, more, made):
    listing = session.get(Listing, listing_id)
    line = ExchangeLine(
        exchange_id=exchange.id,
        listing_id=listing_id,
        quantity=quantity,
        title=listing.title,
        unit=listing.unit,
        category_key=listing.category_key,
        mass_grams=listing.mass_grams,
        mass_source=listing.mass_source,
        materials=listing.materials,
        parent_line_id=made[more["parent"]].id if "parent" in more else None,
    )
    session.add(line)
    session.flush()
    return line


def _pieces(session, exchange, line, more):
    for piece_id in more.get("pieces", ()):
        session.add(
            Assignment(
                line_id=line.id,
                exchange_id=exchange.id,
                piece_id=piece_id,
                starts_on=now().date(),
                state="back",
            )
        )
        if exchange.kind == "rental":
            session.get(Piece, piece_id).lives += 1


def _lost(session, exchange, line, more):
    report = ConditionReport(exchange_id=exchange.id, direction="return", made_at=now())
    session.add(report)
    session.flush()
    pieces = more.get("lost_pieces") or [None]
    each = Decimal(more["lost"]) / len(pieces)
    for piece_id in pieces:
        session.add(
            ConditionEntry(
                report_id=report.id,
                line_id=line.id,
                piece_id=piece_id,
                quantity=each,
                condition="for_parts",
                outcome="lost",
            )
        )
    session.get(Listing, line.listing_id).quantity -= Decimal(more["lost"])


def again(listing):
    """The listing as the database has it now."""
    return db.session.get(Listing, listing.id, populate_existing=True)
