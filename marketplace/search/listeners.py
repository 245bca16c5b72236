"""The index follows the facts of others, in their transaction: a search never shows what is no longer so."""

from marketplace.carbon.events import EstimateChanged
from marketplace.catalogue.events import ListingHidden, ListingSaved
from marketplace.exchanges.events import StockChanged
from marketplace.search import services


def on_listing(event: ListingSaved | ListingHidden) -> None:
    """Published, withdrawn, edited, hidden, another cover."""
    services.index_listings([event.listing_id])


def on_stock(event: StockChanged) -> None:
    """What is free changed, and nothing else: a changed quantity is told as a listing saved."""
    services.record_free(event.listing_ids, event.starts_on)


def on_estimate(event: EstimateChanged) -> None:
    """What a listing would avoid, or with what doubt."""
    services.record_estimates(event.estimates)
