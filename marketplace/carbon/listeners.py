"""Carbon's reactions, inside the announcing transaction."""

from marketplace.carbon import estimates, recording
from marketplace.catalogue.events import ListingSaved
from marketplace.exchanges.events import ExchangeCompleted


def on_listing_saved(event: ListingSaved) -> None:
    """What it would avoid follows from its category, materials, mass and quantity."""
    estimates.estimate_listings([event.listing_id])


def on_exchange_completed(event: ExchangeCompleted) -> None:
    """Its entries, in the completion's own transaction. Never stops a hand-over."""
    recording.record_exchange(event.exchange_id)
