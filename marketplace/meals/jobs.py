"""Waves when they are due, and the end of what nobody took. Each may run twice, late or never: whoever locks the
listing finds the same."""

import logging

from sqlalchemy import or_, select

from marketplace.catalogue.models import Listing
from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.core.errors import MarketplaceError
from marketplace.exchanges import stock, transitions
from marketplace.meals import alerting, ending
from marketplace.meals.models import Leftover

logger = logging.getLogger(__name__)
AT_ONCE = 200


def wave(listing_id: int) -> None:
    """Tell the next receivers of one leftover."""
    with transaction():
        alerting.send_wave(listing_id)


def waves_due() -> None:
    """Send the waves whose own job was lost."""
    ids = alerting.due_ids(now())
    db.session.rollback()
    for listing_id in ids:
        wave(listing_id)


def expire() -> None:
    """End the leftovers whose window is over or that were withdrawn, with the claims that nobody fetched."""
    over = or_(Leftover.pick_up_closes_at <= now(), Listing.state != "published")
    query = (
        select(Leftover.listing_id)
        .join(Listing, Listing.id == Leftover.listing_id)
        .where(Leftover.ended_at.is_(None), over)
        .order_by(Leftover.pick_up_closes_at)
        .limit(AT_ONCE)
    )
    ids = list(db.session.scalars(query))
    db.session.rollback()
    for listing_id in ids:
        try:
            with transaction():
                _listings, late = stock.lock([listing_id])
                for exchange in late:
                    transitions.expire(exchange)
                ending.look(listing_id)
        except MarketplaceError as error:
            logger.warning("meal %s could not be ended yet: %s", listing_id, error.message)
