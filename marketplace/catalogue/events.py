"""What the catalogue announces."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class ListingSaved:
    """A listing's facts, state, visibility, cover or quantity changed."""

    listing_id: int


@dataclass(frozen=True)
class ListingHidden:
    """A moderator took a listing out of sight."""

    listing_id: int
    reason: str


@dataclass(frozen=True)
class ListingsLeaveSoon:
    """Listings of one organisation that must be gone by the same day, a week away at most."""

    organisation_id: int
    gone_by: date
    titles: tuple[str, ...]
