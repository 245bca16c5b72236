"""What the catalogue announces."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ListingSaved:
    """A listing's facts, state, visibility, cover or quantity changed."""

    listing_id: int


@dataclass(frozen=True)
class ListingHidden:
    """A moderator took a listing out of sight."""

    listing_id: int
    reason: str
