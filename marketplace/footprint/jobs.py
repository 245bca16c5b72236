"""Work of the worker: footprints that were sent and never kept."""

from marketplace.core.db import transaction
from marketplace.footprint import importing


def sweep_drafts() -> None:
    with transaction():
        importing.sweep_drafts()
