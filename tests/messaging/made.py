"""An exchange between two houses, written straight into the tables: these tests are not about its rules."""

from decimal import Decimal

from marketplace.accounts.models import Organisation, Production, User
from marketplace.catalogue.models import Listing
from marketplace.core.clock import now
from marketplace.core.db import transaction
from marketplace.core.events import announce
from marketplace.exchanges.events import ExchangeMoved, ExchangeRequested
from marketplace.exchanges.models import Exchange, ExchangeLine, Move


def make_exchange(
    listing: Listing, receiver: Organisation, asker: User, *, message: str = "", production: Production | None = None
) -> Exchange:
    """`asker` asks, in the name of `receiver`, for one of `listing`; announced."""
    values = listing.organisation_id, receiver.id, asker.id, production.id if production else None, listing.id
    title = listing.title
    with transaction() as session:
        exchange = Exchange(
            kind="donation",
            state="requested",
            reference=f"D-{listing.public_id[:6]}",
            provider_id=values[0],
            receiver_id=values[1],
            requested_by_id=values[2],
            receiver_production_id=values[3],
            waits_for="provider",
            created_at=now(),
        )
        exchange.lines = [
            ExchangeLine(
                listing_id=values[4], quantity=Decimal(1), title=title, unit="piece", category_key="flat_panel"
            )
        ]
        session.add(exchange)
        session.flush()
        add_move(session, exchange, "request", "receiver", values[2], {"message": message} if message else {})
        announce(ExchangeRequested(exchange.id, message))
    return exchange


def add_move(session, exchange, move, side, user_id, data):
    session.add(
        Move(
            exchange_id=exchange.id,
            move=move,
            from_state=exchange.state,
            to_state=exchange.state,
            side=side,
            user_id=user_id,
            at=now(),
            data=data,
        )
    )
    session.flush()


def move(exchange: Exchange, name: str, side: str, user: User | None, **data) -> None:
    """Record a move and announce it."""
    exchange_id, user_id = exchange.id, user.id if user else None
    with transaction() as session:
        found = session.get_one(Exchange, exchange_id)
        add_move(session, found, name, side, user_id, data)
        announce(ExchangeMoved(exchange_id, name, side))
