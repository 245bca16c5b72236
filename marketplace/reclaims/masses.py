"""The arithmetic of an intake: net masses, what is still to be given an outcome, what looks like a slip of the finger.

Pure; masses are integers of grams.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

KG = 1000
MOST_GRAMS = 100_000 * KG  # no scale that a set meets weighs more than 100 t
FAR_ABOVE = Decimal("1.5")  # of a vehicle's payload, or times what was planned: asked about before it is written
USUAL_PAYLOAD_KG = Decimal(12000)  # where no vehicle is known
FAR_FROM_PLANNED = 5


def net_of(gross_grams: int, tare_grams: int) -> int:
    """Grams. Raises ValueError where the tare leaves nothing."""
    if tare_grams >= gross_grams:
        raise ValueError("tare")
    return gross_grams - tare_grams


def grams_of(kilograms: Decimal) -> int | None:
    """Integer grams, None where it is finer than a gram or out of any scale's reach."""
    grams = kilograms * KG
    if grams != grams.to_integral_value() or not 0 <= grams <= MOST_GRAMS:
        return None
    return int(grams)


def doubtful(net_grams: int, already_grams: int, payload_kg: Decimal | None, planned_grams: int | None) -> str | None:
    """Why a reading should be looked at again: `payload` where it is far above what the vehicle carries with all that
    is weighed already, `planned` where it alone is many times what was announced in all; None where nothing is odd.
    """
    limit = (payload_kg or USUAL_PAYLOAD_KG) * KG * FAR_ABOVE
    if net_grams + already_grams > limit:
        return "payload"
    if planned_grams and net_grams > planned_grams * FAR_FROM_PLANNED:
        return "planned"
    return None


class Part(Protocol):
    """What the sums read of a `WeighingOutcome`."""

    @property
    def mass_grams(self) -> int: ...
    @property
    def outcome(self) -> str: ...


class Weighed(Protocol):
    """What the sums read of a `Weighing`."""

    @property
    def stream(self) -> str: ...
    @property
    def net_grams(self) -> int: ...
    @property
    def outcomes(self) -> Sequence[Part]: ...


def given_of(weighing: Weighed) -> int:
    """Grams that have an outcome."""
    return sum(part.mass_grams for part in weighing.outcomes)


def left_of(weighing: Weighed) -> int:
    """Grams still without an outcome; negative where too much was given out."""
    return weighing.net_grams - given_of(weighing)


@dataclass
class StreamSum:
    """One stream of a collection: what was planned, weighed and given an outcome, in grams."""

    stream: str
    planned: int | None = None
    weighed: int = 0
    given: int = 0
    count: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)

    @property
    def left(self) -> int:
        return self.weighed - self.given


def sums_of(weighings: Iterable[Weighed], planned: dict[str, int], order: Sequence[str]) -> list[StreamSum]:
    """By stream, in the order of `order`: those weighed or planned."""
    found = {stream: StreamSum(stream, planned.get(stream)) for stream in order}
    for one in weighings:
        row = found[one.stream]
        row.weighed += one.net_grams
        row.given += given_of(one)
        row.count += 1
        for part in one.outcomes:
            row.outcomes[part.outcome] = row.outcomes.get(part.outcome, 0) + part.mass_grams
    return [row for row in found.values() if row.count or row.planned]


def by_outcome(weighings: Iterable[Weighed]) -> dict[str, int]:
    """Grams by outcome over all weighings."""
    found: dict[str, int] = {}
    for one in weighings:
        for part in one.outcomes:
            found[part.outcome] = found.get(part.outcome, 0) + part.mass_grams
    return found


def split(grams: int, count: int) -> list[int]:
    """`grams` in so many parts that differ by a gram at most and add up exactly. Raises ValueError where there are
    more parts than grams."""
    if not 1 <= count <= grams:
        raise ValueError("count")
    each, rest = divmod(grams, count)
    return [each + 1] * rest + [each] * (count - rest)
