"""Work done later; each may safely run twice."""

from sqlalchemy import select

from marketplace.carbon import eaten, estimates, import_effect, recording, recording_reclaims, rollups, taking_effect
from marketplace.catalogue.models import Listing
from marketplace.core.db import transaction
from marketplace.jobs.outbox import enqueue

BATCH = 500


def record_again(exchange_id: int) -> None:
    """Outbox `carbon.record_again`: the lines whose entry failed when the exchange was completed."""
    with transaction():
        recording.record_again(exchange_id)


def take_report(outcome_id: int) -> None:
    """Outbox `carbon.take_report`: what a receiver said was eaten, where the ledger could not take it at once."""
    with transaction():
        eaten.take_report(outcome_id)


def record_reclaim_again(exchange_id: int, reason: str = "", by: str = "") -> None:
    """Outbox `carbon.record_reclaim_again`: a collection whose entries failed."""
    with transaction():
        recording_reclaims.record_again(exchange_id, reason, by)


def estimate_all(after: int = 0) -> None:
    """Outbox `carbon.estimate_all`, when factors changed: a batch of listings, then a row for the next one."""
    with transaction() as session:
        ids = list(session.scalars(select(Listing.id).where(Listing.id > after).order_by(Listing.id).limit(BATCH)))
        estimates.estimate_listings(ids)
        if len(ids) == BATCH:
            enqueue("carbon.estimate_all", {"after": ids[-1]})


def measure_import(import_id: int) -> None:
    """Outbox `carbon.measure_import`: what publishing a file would change in the estimates."""
    import_effect.measure(import_id)


def turn_of_the_day() -> None:
    """On the day a version begins to be in force, or after the last one of a maker's figure, estimates follow."""
    with transaction():
        if taking_effect.library_moved() and not taking_effect.under_way():
            enqueue("carbon.estimate_all", {})
        estimates.estimate_listings(taking_effect.listings_past_their_data())


def roll_up() -> None:
    """From time to time: entries from before the rollups, batch by batch; nothing to do after that."""
    while rollups.behind():
        with transaction():
            rollups.catch_up()
