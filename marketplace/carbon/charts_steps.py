"""Geometry of a value that holds from one day to the next: plain values in, positions in the SVG out. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

WIDTH, HEIGHT = 340, 170
TOP, BOTTOM, LEFT = 24, 24, 2
ROOM_FOR_LABEL = 46  # between the beginnings of two steps, or only the table says the second
ROOM_AT_THE_EDGE = 120


@dataclass(frozen=True)
class Step:
    """A value from `start` on (None: always), with its doubt in the same unit."""

    label: str
    start: date | None
    value: Decimal
    doubt: Decimal


@dataclass(frozen=True)
class Text:
    """Words that begin at `x`, or end there (`ends`: near the right edge)."""

    x: int
    y: int
    words: str
    ends: bool


@dataclass(frozen=True)
class StepChart:
    """`line` is the value, `whiskers` its doubt at an end of each step, `zero` the height of nothing."""

    width: int
    height: int
    line: str
    whiskers: str
    zero: int
    labels: tuple[Text, ...]
    days: tuple[tuple[int, date, bool], ...]  # where each step that has a day begins; whether the words end there


def steps(rows: Sequence[Step], today: date) -> StepChart:
    """A chart of steps in the order of time; there is at least one."""
    starts = [row.start for row in rows if row.start is not None] or [today]
    span = max((max(starts[-1], today) - starts[0]).days, 1)
    margin = max(span // 4, 30)
    first = starts[0].toordinal() - margin
    last = max(starts[-1], today).toordinal() + margin
    high = max([row.value + row.doubt for row in rows] + [Decimal(0)])
    low = min([row.value - row.doubt for row in rows] + [Decimal(0)])
    tall = high - low or Decimal(1)

    def across(day: date | None) -> int:
        return LEFT if day is None else LEFT + (day.toordinal() - first) * (WIDTH - LEFT) // (last - first)

    def down(value: Decimal) -> int:
        return TOP + int((high - value) * (HEIGHT - TOP - BOTTOM) / tall)

    begins = [across(row.start) for row in rows]
    ends = [*begins[1:], WIDTH]
    line, whiskers, labels, days = "", "", [], []
    said_to = -ROOM_FOR_LABEL
    for row, begin, end in zip(rows, begins, ends, strict=True):
        y, ends_there = down(row.value), begin > WIDTH - ROOM_AT_THE_EDGE
        line += f"{'V' if line else f'M{begin} '}{y}H{end}"
        # away from the words
        at, up, below = begin + 8 if ends_there else end - 8, down(row.value + row.doubt), down(row.value - row.doubt)
        whiskers += f"M{at} {up}V{below}M{at - 4} {up}h8M{at - 4} {below}h8"
        if begin - said_to >= ROOM_FOR_LABEL:
            labels.append(Text(WIDTH if ends_there else begin + 3, y - 6, row.label, ends_there))
            said_to = begin
            if row.start is not None:
                days.append((WIDTH if ends_there else begin, row.start, ends_there))
    return StepChart(WIDTH, HEIGHT, line, whiskers, down(Decimal(0)), tuple(labels), tuple(days))
