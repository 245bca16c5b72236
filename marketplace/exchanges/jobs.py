"""Periodic work: deadlines that have passed, and days that have. Each may run twice, late or never: whoever locks a
listing does the same."""

import logging

from sqlalchemy import and_, or_, select

from marketplace.core.clock import now, today
from marketplace.core.db import db, transaction
from marketplace.core.errors import MarketplaceError
from marketplace.exchanges import services, stock, transitions
from marketplace.exchanges.days import ONE
from marketplace.exchanges.models import Exchange, ExchangeLine, Hold

logger = logging.getLogger(__name__)
AT_ONCE = 200


def close_overdue() -> None:
    """Expire what is past its deadline. Run twice, or beside a person who acts: one of them finds nothing to do."""
    late = list(
        db.session.scalars(
            select(Exchange.id)
            .where(Exchange.deadline_at.is_not(None), Exchange.deadline_at <= now())
            .order_by(Exchange.deadline_at)
            .limit(AT_ONCE)
        )
    )
    db.session.rollback()
    for exchange_id in late:
        try:
            with transaction():
                services.close_overdue(exchange_id)
        except MarketplaceError as error:
            logger.warning("exchange %s could not be closed yet: %s", exchange_id, error.message)


def turn_of_the_day() -> None:
    """What changes because a day has passed: what is still out is late, what begins or ends today changes what is free.
    One transaction a listing."""
    day = today()
    near = (day - ONE, day, day + ONE)  # overseas places are a day ahead or behind
    late = (
        select(Hold.listing_id)
        .join(ExchangeLine, ExchangeLine.id == Hold.line_id)
        .where(Hold.state == "active", Hold.is_fact, Hold.cause == "promise", ExchangeLine.ends_on < day + ONE)
    )
    over = and_(Hold.cause == "turnaround", Hold.ends_on < day)  # of days on which nobody came by
    turning = select(Hold.listing_id).where(
        Hold.state == "active", or_(Hold.starts_on.in_(near), Hold.ends_on.in_(near), over)
    )
    ids = sorted({*db.session.scalars(late), *db.session.scalars(turning)})
    db.session.rollback()
    for listing_id in ids:
        try:
            with transaction():
                listings, overdue = stock.lock([listing_id])
                for exchange in overdue:
                    transitions.expire(exchange)
                _end_of_work(listing_id)
                stock.changed(listings)
        except MarketplaceError as error:
            logger.warning("listing %s could not be brought to today yet: %s", listing_id, error.message)


def _end_of_work(listing_id: int) -> None:
    """Days of putting right that are over keep nothing any more."""
    over = select(Hold).where(
        Hold.listing_id == listing_id, Hold.state == "active", Hold.cause == "turnaround", Hold.ends_on <= today() - ONE
    )
    for hold in db.session.scalars(over):
        hold.state = "settled"
