"""What becomes of a leftover when a claim of it moves."""

from marketplace.core.db import db
from marketplace.core.events import announce
from marketplace.exchanges.events import ExchangeMoved
from marketplace.exchanges.models import Exchange
from marketplace.meals import alerting, ending
from marketplace.meals.events import MealNotFetched
from marketplace.meals.models import MealReceiver

_FREES = ("cancel", "decline", "expire", "resolve")


def on_exchange_moved(event: ExchangeMoved) -> None:
    """What a claim gave up is offered again; who did not come is counted; the last one that goes ends it."""
    if event.move not in (*_FREES, "hand_over"):
        return
    exchange = db.session.get_one(Exchange, event.exchange_id)
    if exchange.kind != "meal":
        return
    listing_id = exchange.lines[0].listing_id
    if event.move == "expire" and exchange.hand_over_code is not None:  # it was confirmed: they were expected
        profile = db.session.get(MealReceiver, exchange.receiver_id)
        if profile is not None:
            profile.no_shows += 1
        announce(MealNotFetched(exchange.id))
    if not ending.look(listing_id) and event.move in _FREES:
        alerting.freed(listing_id)
