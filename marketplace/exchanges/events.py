"""What exchanges announce."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ExchangeRequested:
    exchange_id: int


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
    """What is free of these listings changed."""

    listing_ids: tuple[int, ...]


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
