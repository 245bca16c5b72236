"""Days of a place: which are worked, and what a line blocks beside the days it is rented. Pure.

A day is worked when the week's opening hours have it and no closing covers it; a place without hours works every day.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from marketplace.exchanges.appointments import openings

ONE = timedelta(days=1)
# Beyond so many days without one that is worked, the place counts as working again: holds keep a bound.
MOST_CLOSED = 30


@dataclass(frozen=True)
class Calendar:
    """The opening hours of a place and its closings, half-open (first day, day it reopens)."""

    hours: Mapping[str, Any] | None = None
    closings: tuple[tuple[date, date], ...] = field(default=())

    def works_on(self, day: date) -> bool:
        """Whether somebody is there to hand over or take back."""
        if any(begins <= day < ends for begins, ends in self.closings):
            return False
        return bool(openings(self.hours, day))

    def next_worked(self, day: date) -> date | None:
        """The first worked day from `day` on; None when there is none for a year."""
        return next((one for one in _from(day, 366) if self.works_on(one)), None)


def _from(day: date, count: int) -> Iterable[date]:
    return (day + timedelta(days=n) for n in range(count))


def blocked(
    starts_on: date, ends_on: date | None, prep_days: int, turnaround_days: int, calendar: Calendar
) -> tuple[date, date | None]:
    """What a line from `starts_on` to `ends_on` keeps of the stock: as many worked days before and after as it takes
    to prepare and to put right. Work is done on worked days only; no end stays no end."""
    first = starts_on
    for _day in range(prep_days):
        first = _step(first, -1, calendar)
    if ends_on is None:
        return first, None
    last = ends_on
    for _day in range(turnaround_days):
        last = _step(last, 1, calendar)
    return first, last


def _step(edge: date, direction: int, calendar: Calendar) -> date:
    """One more worked day beyond a half-open interval's edge, with the closed days passed on the way."""
    for count in range(1, MOST_CLOSED + 1):
        day = edge - ONE * count if direction < 0 else edge + ONE * (count - 1)
        if calendar.works_on(day):
            return day if direction < 0 else day + ONE
    return edge + ONE * direction
