"""Days that a place works, and what preparing and putting right add to a rental."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core import clock
from marketplace.exchanges.days import Calendar, blocked

WEEK = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
WORKS = Calendar(WEEK)
MONDAY = date(2027, 3, 1)


def day(n: int) -> date:
    """2027-03-`n`: the 1st is a Monday."""
    return date(2027, 3, n)


@pytest.mark.parametrize(
    ("starts", "ends", "prep", "turnaround", "expected"),
    [
        (day(3), day(10), 0, 0, (day(3), day(10))),
        (day(3), day(10), 1, 1, (day(2), day(11))),
        (day(8), day(12), 1, 0, (day(5), day(12))),  # prepared on the Friday: the week-end is kept too
        (day(3), day(12), 0, 1, (day(3), day(13))),  # back on Friday morning, put right that day
        (day(3), day(13), 0, 1, (day(3), day(16))),  # back on a Saturday: Monday's work
        (day(3), None, 2, 3, (day(1), None)),
    ],
)
def test_work_is_done_on_days_that_are_worked(starts, ends, prep, turnaround, expected):
    assert blocked(starts, ends, prep, turnaround, WORKS) == expected


def test_a_closing_is_passed_over():
    closed = Calendar(WEEK, ((day(8), day(15)),))
    assert blocked(day(1), day(8), 0, 1, closed) == (day(1), day(16))
    assert not closed.works_on(day(8)) and closed.works_on(day(15))
    assert closed.next_worked(day(6)) == day(15)


def test_a_place_without_hours_works_every_day():
    assert Calendar().works_on(day(7)) and Calendar().next_worked(day(7)) == day(7)


def test_a_place_that_never_opens_still_bounds_what_is_kept():
    never = Calendar({"mon": []})
    assert not never.works_on(MONDAY) and never.next_worked(MONDAY) is None
    assert blocked(day(10), day(12), 2, 2, never) == (day(8), day(14))


@given(st.integers(0, 60), st.integers(1, 366), st.integers(0, 14), st.integers(0, 14))
def test_what_is_kept_holds_what_is_rented_and_enough_work(start, length, prep, turnaround):
    starts, ends = MONDAY + timedelta(days=start), MONDAY + timedelta(days=start + length)
    first, last = blocked(starts, ends, prep, turnaround, WORKS)
    assert last is not None and first <= starts < ends <= last
    before = sum(WORKS.works_on(first + timedelta(days=n)) for n in range((starts - first).days))
    after = sum(WORKS.works_on(ends + timedelta(days=n)) for n in range((last - ends).days))
    assert (before, after) == (prep, turnaround)


@pytest.mark.parametrize(
    ("at", "postcode", "expected"),
    [
        ("2027-03-28T00:30:00+00:00", "75010", date(2027, 3, 28)),  # the night summer time begins
        ("2027-10-31T00:30:00+00:00", "69100", date(2027, 10, 31)),  # and ends: 2:30 twice
        ("2027-10-30T22:30:00+00:00", "69100", date(2027, 10, 31)),
        ("2028-02-28T23:30:00+00:00", "13001", date(2028, 2, 29)),
        ("2027-12-31T23:30:00+00:00", "33000", date(2028, 1, 1)),
        ("2027-03-02T21:00:00+00:00", "97400", date(2027, 3, 3)),  # La Réunion is four hours on
        ("2027-03-03T02:00:00+00:00", "97110", date(2027, 3, 2)),  # Guadeloupe four behind
        ("2027-03-02T12:00:00+00:00", None, date(2027, 3, 2)),
    ],
)
def test_the_day_is_that_of_the_place(at, postcode, expected):
    clock.set_clock(datetime.fromisoformat(at).astimezone(UTC).isoformat())
    try:
        assert clock.today_at(postcode) == expected
    finally:
        clock.set_clock("system")
