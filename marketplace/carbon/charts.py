"""Geometry of the charts: plain values in, positions in the SVG out. Pure; the template writes the words."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH, LEFT, ROW, BAR = 480, 190, 34, 22
ROOM_FOR_VALUE = 52


@dataclass(frozen=True)
class Bar:
    """A horizontal bar with its words: text baseline, rectangle, and where its value stands."""

    label: str
    value: str
    text_y: int
    path: str
    value_x: int


@dataclass(frozen=True)
class BarChart:
    width: int
    height: int
    bars: tuple[Bar, ...]


def bars(rows: Sequence[tuple[str, str, Decimal]]) -> BarChart:
    """A chart of (label, value as written, percent of the whole); the longest bar takes the room there is."""
    most = max((percent for _label, _value, percent in rows), default=Decimal(0)) or Decimal(1)
    room = WIDTH - LEFT - ROOM_FOR_VALUE
    out = []
    for i, (label, value, percent) in enumerate(rows):
        top = 4 + i * ROW
        width = max(2, int(room * percent / most))
        path = f"M{LEFT} {top}h{width}v{BAR}h-{width}z"
        out.append(Bar(label, value, top + BAR - 6, path, LEFT + width + 8))
    return BarChart(WIDTH, 4 + len(rows) * ROW, tuple(out))
