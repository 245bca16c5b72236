"""What closing a collection brings about here: drafts of what went to stock, and the word to others that it is done."""

from marketplace.core.db import db
from marketplace.core.events import announce
from marketplace.exchanges.events import ExchangeCompleted
from marketplace.exchanges.models import Exchange
from marketplace.reclaims.events import ReclaimCompleted
from marketplace.reclaims.stocking import try_to_stock


def on_exchange_completed(event: ExchangeCompleted) -> None:
    """In the transaction of the move `complete`."""
    exchange = db.session.get_one(Exchange, event.exchange_id)
    if exchange.kind != "reclaim":
        return
    try_to_stock(exchange.id)
    announce(ReclaimCompleted(exchange.id))
