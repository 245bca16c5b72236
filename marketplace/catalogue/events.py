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


@dataclass(frozen=True)
class PieceSetAside:
    """A piece cannot go out: `cause` is repair (it stays in the count) or withdrawn (its listing's quantity is one
    lower once the listeners are done). A listener that cannot let it raises `Conflict`: it is out, for instance."""

    piece_id: int
    cause: str


@dataclass(frozen=True)
class PieceBack:
    """What kept a piece aside is over: it is back from repair, or leaves the stock from there."""

    piece_id: int
