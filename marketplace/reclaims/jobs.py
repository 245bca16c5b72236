"""Periodic work: calls that have run out are closed. May run twice, late or never: whoever acts on a call does the
same."""

import logging

from sqlalchemy import exists, or_, select

from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.core.errors import MarketplaceError
from marketplace.reclaims import calls, rules
from marketplace.reclaims.models import ReclaimCall, ReclaimOffer

logger = logging.getLogger(__name__)
AT_ONCE = 200


def expire_calls() -> None:
    """Close what nobody answered in time, and what was not decided before its window closed."""
    at = now()
    offered = exists().where(ReclaimOffer.call_id == ReclaimCall.id, ReclaimOffer.state == rules.OFFERED)
    query = (
        select(ReclaimCall.id)
        .where(
            ReclaimCall.state == rules.OPEN,
            ReclaimCall.answer_by <= at,  # never later than the end of the window
            or_(ReclaimCall.closes_at <= at, ~offered),
        )
        .order_by(ReclaimCall.answer_by)
        .limit(AT_ONCE)
    )
    late = list(db.session.scalars(query))
    db.session.rollback()
    for call_id in late:
        try:
            with transaction():
                calls.expire_call(call_id)
        except MarketplaceError as error:
            logger.warning("call %s could not be closed yet: %s", call_id, error.message)
