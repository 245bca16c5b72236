"""What a kind of a package further out does in its own way when it is asked for, and how long its states last.

The moves it makes differently are in `moves.py`. Registered when the application starts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from marketplace.accounts.models import Organisation
from marketplace.catalogue.models import Listing
from marketplace.exchanges.kinds import KINDS
from marketplace.exchanges.models import Exchange


@dataclass(frozen=True)
class Ways:
    """`check` refuses who asks for what, the listings being locked; `deadline` is until when an exchange may stay in
    the state it enters at an instant; `asked` goes on with one that has just been made."""

    check: Callable[[Organisation, Sequence[Listing]], None]
    deadline: Callable[[Exchange, str, datetime], datetime | None]
    asked: Callable[[Exchange], None]


_WAYS: dict[str, Ways] = {}


def register(kind: str, ways: Ways) -> None:
    """Make known how `kind` is asked for."""
    _WAYS[kind] = ways


def of(kind: str) -> Ways | None:
    """None for the kinds of this package."""
    return _WAYS.get(kind)


def deadline_of(exchange: Exchange, state: str, at: datetime) -> datetime | None:
    """Until when `exchange` may stay in `state`, entered at `at`; None: as long as it takes."""
    own = of(exchange.kind)
    if own is not None:
        return own.deadline(exchange, state, at)
    lasts = KINDS[exchange.kind].states[state].deadline
    return at + lasts if lasts else None
