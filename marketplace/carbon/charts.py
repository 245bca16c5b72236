"""Geometry of the charts: plain values in, positions in the SVG out. Pure; the template writes the words."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH, ROW, BAR = 340, 46, 14  # the words stand over their bar, so that a phone can show them whole
ROOM_FOR_VALUE = 52


PLOT, FOOT = 132, 20  # of columns over time: what they stand in, and the months under them
MOST_MONTHS = 7  # names under the columns that a phone has room for


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


@dataclass(frozen=True)
class Row:
    """A bar to the right of zero or to its left under its words, with the interval across its end."""

    label: str
    value: str
    text_y: int
    path: str
    zero: str  # the piece of the zero line beside it
    doubt: str  # path of the interval, '' without one
    below: bool  # worse than new: hatched


@dataclass(frozen=True)
class RowChart:
    width: int
    height: int
    rows: tuple[Row, ...]


def signed_rows(rows: Sequence[tuple[str, str, Decimal, Decimal]]) -> RowChart:
    """A chart of (label, value as written, value, its doubt); zero is where all of it has room."""
    low = min((min(value - doubt, Decimal(0)) for _l, _v, value, doubt in rows), default=Decimal(0))
    high = max((max(value + doubt, Decimal(0)) for _l, _v, value, doubt in rows), default=Decimal(0))
    scale = (high - low) or Decimal(1)

    def x(value: Decimal) -> int:
        return int((WIDTH - 2) * (value - low) / scale) + 1

    out = []
    for i, (label, written, value, doubt) in enumerate(rows):
        top = i * ROW + 22
        left, right = sorted((x(Decimal(0)), x(value)))
        path = f"M{left} {top}h{max(1, right - left)}v{BAR}h-{max(1, right - left)}z"
        zero = f"M{x(Decimal(0))} {top - 3}v{BAR + 6}"
        across = _across(x(value - doubt), x(value + doubt), top)
        out.append(Row(label, written, top - 7, path, zero, across, value < 0))
    return RowChart(WIDTH, len(rows) * ROW, tuple(out))


def _across(left: int, right: int, top: int) -> str:
    """The line of an interval with its two ends; nothing where it is too short to be seen."""
    if right - left < 3:
        return ""
    middle = top + BAR // 2
    return f"M{left} {middle}H{right}M{left} {middle - 4}v8M{right} {middle - 4}v8"


@dataclass(frozen=True)
class Column:
    """A column from the zero line up, or down where it is worse than new, and its interval; the name of its month
    where there is room for it."""

    name: str
    path: str
    doubt: str
    below: bool
    middle: int


@dataclass(frozen=True)
class ColumnChart:
    width: int
    height: int
    zero: int
    names_y: int
    columns: tuple[Column, ...]


def columns(rows: Sequence[tuple[str, Decimal, Decimal]]) -> ColumnChart:
    """A chart over time of (name, value, its doubt), from left to right."""
    low = min((min(value - doubt, Decimal(0)) for _n, value, doubt in rows), default=Decimal(0))
    high = max((max(value + doubt, Decimal(0)) for _n, value, doubt in rows), default=Decimal(0))
    scale = (high - low) or Decimal(1)

    def y(value: Decimal) -> int:
        return int((PLOT - 2) * (high - value) / scale) + 1

    step = Decimal(WIDTH) / max(len(rows), 1)
    wide = max(2, int(min(step, Decimal(48)) * 7 / 10))
    every = -(-len(rows) // MOST_MONTHS)
    out = []
    for i, (name, value, doubt) in enumerate(rows):
        middle = int(step * i + step / 2)
        top, bottom = sorted((y(value), y(Decimal(0))))
        high_end, low_end = y(value + doubt), y(value - doubt)
        path = f"M{middle - wide // 2} {top}h{wide}v{max(1, bottom - top)}h-{wide}z" if value else ""
        line = f"M{middle} {high_end}V{low_end}" if low_end - high_end > 2 else ""
        out.append(Column(name if i % every == 0 else "", path, line, value < 0, middle))
    return ColumnChart(WIDTH, PLOT + FOOT, y(Decimal(0)), PLOT + FOOT - 5, tuple(out))
