"""Geometry of this package's charts: plain values in, positions in the SVG out. Pure; templates write the words."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH = 340
ROOM_FOR_VALUE = 96
ROOM_FOR_DOUBT = 140  # a value with its ± is written longer
BAR, GAP, TEXT = 14, 6, 22


@dataclass(frozen=True)
class Bar:
    """A rectangle, its doubt as a line with two ends (or none), and where its value stands."""

    series: int
    path: str
    value: str
    value_x: int
    value_y: int
    doubt: str = ""


@dataclass(frozen=True)
class Group:
    label: str
    text_y: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class GroupChart:
    width: int
    height: int
    groups: tuple[Group, ...]


Figure = tuple[Decimal, str]


def pairs(rows: Sequence[tuple[str, Sequence[Figure | None]]]) -> GroupChart:
    """Groups of (label, one bar a series: (figure, as written) or None); the longest takes the room there is."""
    return doubted(
        [(label, [None if one is None else (*one, Decimal(0)) for one in figures]) for label, figures in rows]
    )


def doubted(rows: Sequence[tuple[str, Sequence[tuple[Decimal, str, Decimal] | None]]]) -> GroupChart:
    """As `pairs`, each figure with its doubt; a figure under zero has a bar of no length and its doubt alone."""
    reach = [
        max(figure + u, Decimal(0)) for _label, figures in rows for one in figures if one for figure, _t, u in [one]
    ]
    most = max(reach, default=Decimal(0)) or Decimal(1)
    with_doubt = any(one[2] for _label, figures in rows for one in figures if one)
    room = WIDTH - (ROOM_FOR_DOUBT if with_doubt else ROOM_FOR_VALUE)

    def along(value: Decimal) -> int:
        return int(room * min(max(value, Decimal(0)), most) / most)

    groups, top = [], 0
    for label, figures in rows:
        bars, y = [], top + TEXT
        for series, one in enumerate(figures):
            if one is None:
                continue
            figure, text, u = one
            width, end = max(2, along(figure)), max(2, along(figure + u))
            start, middle = along(figure - u), y + BAR // 2
            doubt = f"M{start} {middle}H{end}M{start} {middle - 4}v8M{end} {middle - 4}v8" if u else ""
            bars.append(Bar(series, f"M0 {y}h{width}v{BAR}h-{width}z", text, max(width, end) + 8, y + BAR - 2, doubt))
            y += BAR + GAP
        groups.append(Group(label, top + TEXT - 7, tuple(bars)))
        top = y + 6
    return GroupChart(WIDTH, top, tuple(groups))
