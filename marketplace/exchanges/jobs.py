"""Periodic work: exchanges whose deadline has passed are closed, one transaction each."""

import logging

from sqlalchemy import select

from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.core.errors import MarketplaceError
from marketplace.exchanges import services
from marketplace.exchanges.models import Exchange

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
