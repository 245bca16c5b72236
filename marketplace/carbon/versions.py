"""Which version of a factor or parameter is in force on a day. Pure."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Protocol, TypeVar


class Versioned(Protocol):
    """A row with a key, a version and the day from which it is in force (None: always)."""

    key: str
    version: str
    effective_on: date | None


Row = TypeVar("Row", bound=Versioned)


def order_of(version: str) -> list[tuple[bool, int, str]]:
    """By which versions follow one another: 2026.9 comes before 2026.10."""
    parts = re.findall(r"\d+|[^\d.]+", version)
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]


def _after(row: Versioned, known: Versioned) -> bool:
    begins, began = row.effective_on or date.min, known.effective_on or date.min
    return begins > began or (begins == began and order_of(row.version) > order_of(known.version))


def in_force(rows: Iterable[Row], day: date) -> list[Row]:
    """For each key the latest row begun on `day`. A key whose first version begins later is left out: it is missing."""
    best: dict[str, Row] = {}
    for row in rows:
        if (row.effective_on or date.min) > day:
            continue
        known = best.get(row.key)
        if known is None or _after(row, known):
            best[row.key] = row
    return list(best.values())
