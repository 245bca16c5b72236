"""Carbon's reactions, inside the announcing transaction."""

import logging

from sqlalchemy import select

from marketplace.carbon import estimates, factor_use, recording
from marketplace.carbon.events import EntryRecorded
from marketplace.carbon.models import LedgerEntry
from marketplace.catalogue.events import ListingSaved
from marketplace.core.db import db
from marketplace.exchanges.events import ExchangeCompleted
from marketplace.exchanges.models import ExchangeLine

logger = logging.getLogger(__name__)


def on_listing_saved(event: ListingSaved) -> None:
    """What it would avoid follows from its category, materials, mass and quantity."""
    estimates.estimate_listings([event.listing_id])


def on_exchange_completed(event: ExchangeCompleted) -> None:
    """Its entries, in the completion's own transaction; then what is left of each listing. Never stops a hand-over."""
    recording.record_exchange(event.exchange_id)
    try:
        with db.session.begin_nested():
            query = select(ExchangeLine.listing_id).where(ExchangeLine.exchange_id == event.exchange_id)
            estimates.estimate_listings(db.session.scalars(query))
    except Exception:
        logger.exception("no new estimate after exchange %s", event.exchange_id)


def on_entry_recorded(event: EntryRecorded) -> None:
    """How often each version of a factor was used."""
    factor_use.count(db.session.get_one(LedgerEntry, event.entry_id))
