"""What a kind of exchange is: states, and a table of moves between them. Data, and the few questions asked of it.

Codes of states and moves are those of `contract.md`. Nothing here knows a database, a clock or a language.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

PROVIDER, RECEIVER, MODERATOR, PRODUCT = "provider", "receiver", "moderator", "product"
SIDES = (PROVIDER, RECEIVER, MODERATOR, PRODUCT)
BOTH = frozenset({PROVIDER, RECEIVER})

# every move that people and programs may send; `request` makes the exchange
MOVES = (
    "request",
    "accept",
    "amend",
    "decline",
    "option",
    "release",
    "confirm",
    "pay_offline",
    "appoint",
    "hand_over",
    "extend",
    "return",
    "complete",
    "cancel",
    "dispute",
    "resolve",
)
# made by the product alone, never sent
OWN_MOVES = ("expire", "fund", "promote")

# what a state means for the stock of the exchange's lines
HELD, SETTLED, RELEASED, AS_BEFORE = "held", "settled", "released", "as before"


@dataclass(frozen=True)
class State:
    """Where an exchange may stand.

    `waits_for` is the side that moves it on (None: nobody, or it depends on the appointment: `Kind.waits_for`);
    `deadline` the time it may stay so before the product makes the move `expire`.
    """

    stock: str
    waits_for: str | None = None
    deadline: timedelta | None = None
    is_end: bool = False


@dataclass(frozen=True)
class Step:
    """One cell of the table: who may make this move from this state, and where it leads.

    More than one target: the mover names one of them (a moderator who resolves a dispute).
    """

    sides: frozenset[str]
    to: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """One kind of exchange. `table` is (state, move) → step; `start` the state that a request makes.

    `interval(today)` is what a line without dates keeps of the stock: from a day, to a day or without end.
    `waits_for(state, proposed_by, picked)` is the side whose turn it is, given who proposed the appointments still
    open (None: none are) and whether one is picked.
    """

    key: str
    letter: str  # first of its references: D-2026-…
    start: str
    states: Mapping[str, State]
    table: Mapping[tuple[str, str], Step]
    interval: Callable[[date], tuple[date, date | None]]
    waits_for: Callable[[str, str | None, bool], str | None]


def step(kind: Kind, state: str, move: str) -> Step | None:
    """The cell for `move` from `state`; None when the table has none."""
    return kind.table.get((state, move))


def allowed_moves(kind: Kind, state: str, side: str) -> tuple[str, ...]:
    """The moves that `side` may make from `state`, in the order of the table."""
    return tuple(move for (start, move), cell in kind.table.items() if start == state and side in cell.sides)
