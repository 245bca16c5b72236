"""Geometry of the charts: plain values in, positions in the SVG out. Pure; the template writes the words."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH, ROW, BAR = 340, 46, 14  # the words stand over their bar, so that a phone can show them whole
ROOM_FOR_VALUE = 52


@dataclass(frozen=True)
class Bar:
    """A horizontal bar under its words: their baseline, the rectangle, and where its value stands."""

    label: str
    value: str
    text_y: int
    path: str
    value_x: int
    value_y: int


@dataclass(frozen=True)
class BarChart:
    width: int
    height: int
    bars: tuple[Bar, ...]


def bars(rows: Sequence[tuple[str, str, Decimal]]) -> BarChart:
    """A chart of (label, value as written, percent of the whole); the longest bar takes the room there is."""
    most = max((percent for _label, _value, percent in rows), default=Decimal(0)) or Decimal(1)
    room = WIDTH - ROOM_FOR_VALUE
    out = []
    for i, (label, value, percent) in enumerate(rows):
        top = i * ROW + 22
        width = max(2, int(room * percent / most))
        path = f"M0 {top}h{width}v{BAR}h-{width}z"
        out.append(Bar(label, value, top - 7, path, width + 8, top + BAR - 2))
    return BarChart(WIDTH, len(rows) * ROW, tuple(out))
