"""Work of an intake done later; each may safely run twice."""

from marketplace.core.db import transaction
from marketplace.reclaims import stocking


def stock_parts(exchange_id: int, weighing_id: int | None = None) -> None:
    """Outbox `reclaims.stock_parts`: the drafts that could not be made when the collection was closed."""
    with transaction():
        stocking.stock_parts(exchange_id, weighing_id)
