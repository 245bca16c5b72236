"""Work done later; each may safely run twice."""

from sqlalchemy import select

from marketplace.carbon import estimates, recording, rollups
from marketplace.catalogue.models import Listing
from marketplace.core.db import transaction
from marketplace.jobs.outbox import enqueue

BATCH = 500


def record_again(exchange_id: int) -> None:
    """Outbox `carbon.record_again`: the lines whose entry failed when the exchange was completed."""
    with transaction():
        recording.record_again(exchange_id)


def estimate_all(after: int = 0) -> None:
    """Outbox `carbon.estimate_all`, when factors changed: a batch of listings, then a row for the next one."""
    with transaction() as session:
        ids = list(session.scalars(select(Listing.id).where(Listing.id > after).order_by(Listing.id).limit(BATCH)))
        estimates.estimate_listings(ids)
        if len(ids) == BATCH:
            enqueue("carbon.estimate_all", {"after": ids[-1]})


def roll_up() -> None:
    """From time to time: entries from before the rollups, batch by batch; nothing to do after that."""
    while rollups.behind():
        with transaction():
            rollups.catch_up()
