"""A month of a listing as anybody may see it: how much is free each day, and whether its place is open. Quantities
only: never who has the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from marketplace.core.clock import today_at
from marketplace.exchanges.availability import Free
from marketplace.exchanges.calendars import calendars_of
from marketplace.exchanges.days import Calendar
from marketplace.exchanges.queries import free_intervals_of

MONTHS_AHEAD = 24  # nothing is asked for further away


@dataclass(frozen=True)
class Day:
    """One day: what is free of it, and whether one can collect or bring back."""

    day: date
    free: Decimal
    open: bool
    past: bool


@dataclass(frozen=True)
class Month:
    """A month by weeks from Monday; None where a week reaches into another month. `earlier`, `later`: the first days
    of the months beside it, None beyond what is shown."""

    first: date
    whole: Decimal
    weeks: tuple[tuple[Day | None, ...], ...]
    earlier: date | None
    later: date | None

    @property
    def days(self) -> list[Day]:
        return [day for week in self.weeks for day in week if day is not None]


def shifted(first: date, months: int) -> date:
    """The first day of the month so many months after that of `first`."""
    count = first.year * 12 + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def days_of_month(first: date, free: Sequence[Free], calendar: Calendar, today: date) -> list[Day]:
    """Every day of the month that begins on `first`, `free` covering it. Pure."""
    found = []
    at = 0
    for number in range((shifted(first, 1) - first).days):
        day = first + timedelta(days=number)
        while at + 1 < len(free) and free[at + 1].starts_on <= day:
            at += 1
        found.append(Day(day, free[at].quantity, calendar.works_on(day), day < today))
    return found


def weeks_of(days: Sequence[Day]) -> tuple[tuple[Day | None, ...], ...]:
    """The days in weeks that begin on a Monday, filled up with None. Pure."""
    before = days[0].day.weekday()
    cells: list[Day | None] = [*([None] * before), *days]
    cells += [None] * (-len(cells) % 7)
    return tuple(tuple(cells[n : n + 7]) for n in range(0, len(cells), 7))


def reach(postcode: str | None) -> tuple[date, date]:
    """The first months that are shown, the present one at the place and the last."""
    present = today_at(postcode).replace(day=1)
    return present, shifted(present, MONTHS_AHEAD)


def month_of(listing: Any, first: date | None = None) -> Month:
    """A month of `listing` (a row or an object with its columns); the present one at its place when none is named.
    Raises ValueError outside of `reach`."""
    today = today_at(listing.postcode)
    present, last = reach(listing.postcode)
    first = first or present
    if first.day != 1 or not present <= first <= last:
        raise ValueError("no such month")
    free = free_intervals_of(listing, first, shifted(first, 1))
    calendar = calendars_of([listing.site_id])[listing.site_id]
    days = days_of_month(first, free, calendar, today)
    return Month(
        first,
        listing.quantity or Decimal(0),
        weeks_of(days),
        shifted(first, -1) if first > present else None,
        shifted(first, 1) if first < last else None,
    )
