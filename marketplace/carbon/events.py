"""What carbon announces."""

from dataclasses import dataclass
from decimal import Decimal

# listing id, what it would avoid (None: not quantified), its uncertainty; for the whole quantity
Estimate = tuple[int, Decimal | None, Decimal | None]


@dataclass(frozen=True)
class EstimateChanged:
    """What these listings would avoid was computed anew."""

    estimates: tuple[Estimate, ...]

    @property
    def listing_ids(self) -> tuple[int, ...]:
        return tuple(listing_id for listing_id, _result, _doubt in self.estimates)


@dataclass(frozen=True)
class SharesMoved:
    """One side proposed how to share what an exchange avoids, agreed to it or turned it down; the other is to know."""

    exchange_id: int
    by: str  # the side: provider, receiver
    act: str  # proposed, agreed, declined
    giver_percent: int
    user_id: int


@dataclass(frozen=True)
class EntryRecorded:
    """The ledger has one more entry."""

    entry_id: int
