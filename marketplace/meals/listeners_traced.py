"""A meal that was handed over: its receiver is reminded to say what was eaten."""

from datetime import timedelta

from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.exchanges.events import ExchangeCompleted
from marketplace.exchanges.models import Exchange
from marketplace.jobs.outbox import enqueue

REMINDED_AFTER = (timedelta(hours=18), timedelta(days=5))  # the next day; and while there is still time


def on_exchange_completed(event: ExchangeCompleted) -> None:
    """Reminders of a meal. Each finds out when it is due whether it is still needed."""
    exchange = db.session.get_one(Exchange, event.exchange_id)
    if exchange.kind == "meal":
        for after in REMINDED_AFTER:
            enqueue("meals.remind_eaten", {"exchange_id": exchange.id}, due_at=now() + after)
