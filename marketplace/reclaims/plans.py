"""What becomes of the things of a set that comes down, and when what nobody took moves on. Pure.

Outcomes are codes; None is a line of which nothing was decided yet. Masses in grams, instants aware.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Protocol
from zoneinfo import ZoneInfo

KEEP, SELL, RENT_OUT, GIVE = "keep", "sell", "rent_out", "give"
COLLECT, RECYCLE, COMPOST, DISPOSE = "collect", "recycle", "compost", "dispose"
OUTCOMES = (KEEP, SELL, RENT_OUT, GIVE, COLLECT, RECYCLE, COMPOST, DISPOSE)
WAITING = frozenset({None, SELL, RENT_OUT, GIVE})  # still without a taker: the plan's own date moves these
REUSE = frozenset({SELL, RENT_OUT, GIVE})  # the thing itself is used again
MATERIAL = frozenset({COLLECT, RECYCLE, COMPOST})  # counted as its material until it is weighed
FETCHED = frozenset({COLLECT, RECYCLE, COMPOST, DISPOSE})  # what a collection may be asked for
MODES = {SELL: "sell", RENT_OUT: "rent", GIVE: "donate"}  # of a listing made from such a line


@dataclass(frozen=True)
class Fall:
    """What decides whether a line moves on: its outcome, whether it is done or promised to somebody, and the next
    outcome with its date, its own (`next_outcome`, `next_at`) and its plan's."""

    outcome: str | None
    done: bool
    promised: bool
    next_outcome: str | None
    next_at: datetime | None
    plan_outcome: str | None
    plan_at: datetime | None


def falls_to(line: Fall, at: datetime) -> str | None:
    """The outcome that a line moves to at `at`, None when it stays.

    Its own date comes first and moves whatever it was; the plan's moves what still waits for a taker. What is done, or
    promised to somebody, stays.
    """
    if line.done or line.promised:
        return None
    if line.next_outcome is not None and line.next_at is not None:
        if line.next_at > at:
            return None  # its owner gave it a later date than the others
        return line.next_outcome if line.next_outcome != line.outcome else None
    if line.plan_outcome is None or line.plan_at is None or line.plan_at > at or line.outcome not in WAITING:
        return None
    return line.plan_outcome if line.plan_outcome != line.outcome else None


def moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """A local hour as an instant. An hour that a change of clocks skips is the one right after it; of an hour that
    comes twice, the first is meant."""
    local = datetime.combine(day, at.replace(tzinfo=None), zone).replace(fold=0)
    utc = ZoneInfo("UTC")
    there_and_back = local.astimezone(utc).astimezone(zone)
    return there_and_back.astimezone(utc)


class Line(Protocol):
    """What progress reads of a line; `mass_grams` is of one unit."""

    @property
    def outcome(self) -> str | None: ...
    @property
    def quantity(self) -> Decimal: ...
    @property
    def mass_grams(self) -> int | None: ...
    @property
    def done_at(self) -> datetime | None: ...


def line_grams(line: Line) -> int | None:
    """Mass of a whole line, None where that of one unit is not known."""
    return None if line.mass_grams is None else int(line.quantity * line.mass_grams)


@dataclass
class Progress:
    """How far a plan is from nothing in the skip: lines and grams by what is decided, what is done, what is left.

    `unknown` counts lines without a mass: they are in the counts, not in the grams.
    """

    lines: int = 0
    undecided: int = 0
    skipped: int = 0  # lines meant for the skip
    done: int = 0
    unknown: int = 0
    grams: int = 0
    saved_grams: int = 0  # an outcome that is not the skip
    done_grams: int = 0  # of those, what is done
    undecided_grams: int = 0
    skipped_grams: int = 0
    by_outcome: dict[str | None, tuple[int, int]] = field(default_factory=dict)  # outcome → lines, grams

    @property
    def skip_grams(self) -> int:
        """What would go to the skip as things stand."""
        return self.undecided_grams + self.skipped_grams

    @property
    def percent(self) -> int:
        """Of the mass (of the lines, where no mass is known) what has an outcome that is not the skip. Never 100 while
        anything is left."""
        if not self.lines:
            return 0
        left = self.undecided + self.skipped
        share = self.saved_grams * 100 // self.grams if self.grams else (self.lines - left) * 100 // self.lines
        return share if not left else min(share, 99)

    @property
    def finished(self) -> bool:
        return self.lines > 0 and self.done == self.lines


def progress(lines: Iterable[Line]) -> Progress:
    found = Progress()
    for line in lines:
        grams = line_grams(line)
        found.lines += 1
        found.unknown += grams is None
        weight = grams or 0
        found.grams += weight
        count, sum_ = found.by_outcome.get(line.outcome, (0, 0))
        found.by_outcome[line.outcome] = (count + 1, sum_ + weight)
        found.done += line.done_at is not None
        if line.outcome is None:
            found.undecided += 1
            found.undecided_grams += weight
        elif line.outcome == DISPOSE:
            found.skipped += 1
            found.skipped_grams += weight
        else:
            found.saved_grams += weight
            found.done_grams += weight if line.done_at is not None else 0
    return found
