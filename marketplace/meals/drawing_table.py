"""Geometry of the chart of a table: what was eaten and what was left, day by day. Plain values in, positions out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

WIDTH, HEIGHT, FOOT, TOP = 340, 150, 22, 16
MOST_BARS = 10


@dataclass(frozen=True)
class Bar:
    """A day: what was eaten below, what was left above, its label under it and its left-over over it."""

    day: date
    eaten: str
    left: str
    middle: int
    label_y: int
    value_y: int
    portions_left: Decimal


@dataclass(frozen=True)
class TableChart:
    width: int
    height: int
    bars: tuple[Bar, ...]


def chart_of(days: Sequence[tuple[date, Decimal, Decimal]]) -> TableChart | None:
    """(day, eaten, left) in order, the last ten of them; None of nothing."""
    shown = list(days)[-MOST_BARS:]
    most = max((eaten + left for _day, eaten, left in shown), default=Decimal(0))
    if not most:
        return None
    step = WIDTH // len(shown)
    width = min(26, step - 6)
    room = HEIGHT - TOP
    bars = []
    for i, (day, eaten, left) in enumerate(shown):
        x = i * step + (step - width) // 2
        low, high = int(room * eaten / most), int(room * left / most)
        high = max(high, 2) if left else 0
        base = TOP + room
        bars.append(
            Bar(
                day,
                f"M{x} {base - low}h{width}v{low}h-{width}z",
                f"M{x} {base - low - high}h{width}v{high}h-{width}z" if high else "",
                x + width // 2,
                base + FOOT - 7,
                base - low - high - 4,
                left,
            )
        )
    return TableChart(WIDTH, HEIGHT + FOOT, tuple(bars))
