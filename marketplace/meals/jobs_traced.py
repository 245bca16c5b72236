"""Reminders to say what was eaten. May run twice: at worst it reminds twice."""

from sqlalchemy import select

from marketplace.core.clock import PARIS, now
from marketplace.core.db import transaction
from marketplace.core.events import announce
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.meals.events import EatenDue
from marketplace.meals.models_traced import MealOutcome
from marketplace.meals.outcomes import last_day


def remind_eaten(exchange_id: int) -> None:
    """Announce that a receiver has not said yet what was eaten, while saying so still counts."""
    with transaction() as session:
        exchange = session.get(Exchange, exchange_id)
        if exchange is None or exchange.completed_at is None or exchange.state != "completed":
            return
        said = select(MealOutcome.id).join(ExchangeLine).where(ExchangeLine.exchange_id == exchange_id).limit(1)
        until = last_day(exchange.completed_at.astimezone(PARIS).date())
        if session.scalar(said) is None and now().astimezone(PARIS).date() <= until:
            announce(EatenDue(exchange_id, until))
