"""Periodic work of the API."""

from sqlalchemy import delete

from marketplace.accounts.models import IdempotencyKey
from marketplace.api.idempotency import KEPT
from marketplace.core.clock import wall
from marketplace.core.db import transaction


def sweep_idempotency_keys() -> None:
    """Forget the answers kept longer than their 24 hours."""
    with transaction() as session:
        session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < wall() - KEPT))
