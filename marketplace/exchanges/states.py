"""What a kind of exchange is: states, and a table of moves between them. Data, and the few questions asked of it.

Codes of states and moves are those of `contract.md`. Nothing here knows a database, a clock or a language.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

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
HELD, OUT, BACK, SETTLED, RELEASED, AS_BEFORE = "held", "out", "back", "settled", "released", "as before"


@dataclass(frozen=True)
class State:
    """Where an exchange may stand.

    `waits_for` is the side that moves it on (None: nobody); `deadline` the time it may stay so before the product
    makes the move `expire`.
    """

    stock: str
    waits_for: str | None = None
    deadline: timedelta | None = None
    is_end: bool = False


@dataclass(frozen=True)
class Step:
    """One cell of the table: who may make this move from this state, and where it leads.

    More than one target: what the move does decides (what is still due, what is still out), or the mover names one
    (a moderator who resolves a dispute).
    """

    sides: frozenset[str]
    to: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """One kind of exchange. `table` is (state, move) → step; `start` the state that a request makes.

    `dated`: its lines have days and come back; else they are kept from today and for good. `resolutions` says where a
    moderator may bring a dispute, by the state it was opened from. `rights`: the right that a side's moves ask for
    (accounts/permissions.py), where it is not the usual one.
    """

    key: str
    letter: str  # first of its references: D-2026-…
    start: str
    states: Mapping[str, State]
    table: Mapping[tuple[str, str], Step]
    dated: bool = False
    resolutions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rights: Mapping[str, str] = field(default_factory=dict)

    def waits_for(self, state: str, proposed_by: str | None) -> str | None:
        """The side whose turn it is, given who proposed the appointments still open (None: none are): where one may
        appoint, the other side picks first."""
        if proposed_by is not None and (state, "appoint") in self.table:
            return RECEIVER if proposed_by == PROVIDER else PROVIDER
        return self.states[state].waits_for


def step(kind: Kind, state: str, move: str) -> Step | None:
    """The cell for `move` from `state`; None when the table has none."""
    return kind.table.get((state, move))


def allowed_moves(kind: Kind, state: str, side: str) -> tuple[str, ...]:
    """The moves that `side` may make from `state`, in the order of the table."""
    return tuple(move for (start, move), cell in kind.table.items() if start == state and side in cell.sides)
