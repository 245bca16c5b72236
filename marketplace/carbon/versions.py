"""Which version of a factor or parameter is in force on a day. Pure."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol, TypeVar


class Versioned(Protocol):
    """A row with a key, a version and the day from which it is in force (None: always)."""

    key: str
    version: str
    effective_on: date | None


Row = TypeVar("Row", bound=Versioned)


def in_force(rows: Iterable[Row], day: date) -> list[Row]:
    """For each key the latest row begun on `day`. A key whose first version begins later is left out: it is missing."""
    best: dict[str, Row] = {}
    for row in rows:
        start = row.effective_on or date.min
        if start > day:
            continue
        known = best.get(row.key)
        if known is None or (start, row.version) > (known.effective_on or date.min, known.version):
            best[row.key] = row
    return list(best.values())
