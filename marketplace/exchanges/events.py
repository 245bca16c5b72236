"""What exchanges announce."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class ExchangeRequested:
    """`message`: what the receiver wrote with it."""

    exchange_id: int
    message: str = ""


@dataclass(frozen=True)
class ExchangeMoved:
    """Any move after the request, `expire` and `complete` included."""

    exchange_id: int
    move: str
    side: str  # provider, receiver, moderator, product


@dataclass(frozen=True)
class ExchangeCompleted:
    exchange_id: int


@dataclass(frozen=True)
class StockChanged:
    """What is free of these listings changed, from `starts_on` on; None: from now."""

    listing_ids: tuple[int, ...]
    starts_on: date | None = None


@dataclass(frozen=True)
class ShortageOpened:
    """A fact broke a promise: both sides of its exchange are told."""

    shortage_id: int


@dataclass(frozen=True)
class ShortageSolved:
    shortage_id: int


@dataclass(frozen=True)
class WaitingMovedUp:
    """A second option became the first."""

    exchange_id: int


@dataclass(frozen=True)
class PaperSigned:
    """A side said yes to a paper; `user_id`: at whose screen, which at the counter is one of the provider's."""

    signature_id: int
    user_id: int


@dataclass(frozen=True)
class InsuranceLookedAt:
    """A certificate of insurance was sent, and its file opened: it can be read, or cannot."""

    document_id: int


@dataclass(frozen=True)
class ReminderDue:
    """`what` (pick_up, return) is due on `day`, which is tomorrow, today or past (`when`: before, today, late)."""

    exchange_id: int
    what: str
    when: str
    day: date
    sides: tuple[str, ...]
