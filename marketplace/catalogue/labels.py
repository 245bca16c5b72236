"""Labels for things on a shelf: the sheets and rolls they are sold on, and which label falls where. Pure.

Sizes are those of the makers, in millimetres. A format's key is the class of its style sheet (static/css/labels.css).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MOST = 500  # labels made in one go


@dataclass(frozen=True)
class Format:
    """A sheet of `columns` × `rows` labels, or a roll, where each label is a page of its own."""

    key: str
    width_mm: float
    height_mm: float
    columns: int = 1
    rows: int = 1

    @property
    def per_page(self) -> int:
        return self.columns * self.rows

    @property
    def is_roll(self) -> bool:
        return self.per_page == 1


FORMATS: dict[str, Format] = {
    one.key: one
    for one in (
        Format("a4-70x37", 70, 37, 3, 8),
        Format("a4-99x38", 99.1, 38.1, 2, 7),
        Format("a4-52x30", 52.5, 29.7, 4, 10),
        Format("a4-105x148", 105, 148.5, 2, 2),
        Format("roll-62x29", 62, 29),
        Format("roll-57x32", 57, 32),
        Format("roll-100x50", 100, 50),
    )
}
DEFAULT = "a4-70x37"


def pages(format_: Format, labels: Sequence[Any], start: int = 1) -> list[list[Any]]:
    """The places of each page in reading order, None where none is stuck: `start` is the first place that is free on a
    part-used sheet, from 1. ValueError for a place that the sheet does not have."""
    if not 1 <= start <= format_.per_page:
        raise ValueError(start)
    places: list[Any] = [None] * (start - 1) + list(labels)
    places += [None] * (-len(places) % format_.per_page)
    return [places[at : at + format_.per_page] for at in range(0, len(places), format_.per_page)]
