"""The window of a strike: past midnight, over both nights on which clocks change, and where clocks differ."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.clock import OVERSEAS
from marketplace.reclaims import windows

PARIS = ZoneInfo("Europe/Paris")


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "at", "ends", "found"),
    [
        (date(2026, 11, 24), time(23, 30), False, utc(2026, 11, 24, 22, 30)),
        (date(2027, 3, 28), time(1, 59), False, utc(2027, 3, 28, 0, 59)),
        (date(2027, 3, 28), time(2, 30), False, None),  # spring: this half hour is on no clock
        (date(2027, 3, 28), time(3, 0), False, utc(2027, 3, 28, 1, 0)),
        (date(2026, 10, 25), time(2, 30), False, utc(2026, 10, 25, 0, 30)),  # autumn: the first of the two
        (date(2026, 10, 25), time(2, 30), True, utc(2026, 10, 25, 1, 30)),  # the second, where a window ends
    ],
)
def test_clock_times_of_paris(day, at, ends, found):
    assert windows.instant(day, at, PARIS, ends=ends) == found


def test_the_same_clock_time_overseas():
    assert windows.instant(date(2026, 11, 24), time(18), ZoneInfo("Indian/Reunion")) == utc(2026, 11, 24, 14)
    assert windows.instant(date(2026, 11, 24), time(22), ZoneInfo("America/Guadeloupe")) == utc(2026, 11, 25, 2)


@pytest.mark.parametrize(
    ("opens_at", "closes_at", "days"),
    [
        (utc(2026, 11, 24, 8), utc(2026, 11, 24, 17), [24]),
        (utc(2026, 11, 24, 21), utc(2026, 11, 25, 3), [24, 25]),  # 22:00 to 4:00
        (utc(2026, 11, 24, 21), utc(2026, 11, 24, 23), [24]),  # to midnight: the day after is not touched
        (utc(2026, 11, 24, 22, 30), utc(2026, 11, 25, 3), [24, 25]),  # from 23:30
        (utc(2026, 11, 24, 23), utc(2026, 11, 25, 3), [25]),  # from midnight in Paris
    ],
)
def test_the_days_a_window_touches(opens_at, closes_at, days):
    assert [day.day for day in windows.days_of(opens_at, closes_at, PARIS)] == days


def test_a_night_window_over_the_change_of_clocks_has_its_true_length():
    spring = windows.instant(date(2027, 3, 27), time(22), PARIS), windows.instant(date(2027, 3, 28), time(4), PARIS)
    autumn = windows.instant(date(2026, 10, 24), time(22), PARIS), windows.instant(date(2026, 10, 25), time(4), PARIS)
    assert spring[1] - spring[0] == timedelta(hours=5)
    assert autumn[1] - autumn[0] == timedelta(hours=7)


NOW = utc(2026, 11, 15, 12)


@pytest.mark.parametrize(
    ("opens_at", "closes_at", "problem"),
    [
        (utc(2026, 11, 24, 17), utc(2026, 11, 24, 20), None),
        (utc(2026, 11, 15, 10), utc(2026, 11, 15, 18), None),  # open already: a skip comes tonight
        (utc(2026, 11, 24, 20), utc(2026, 11, 24, 17), "order"),
        (utc(2026, 11, 24, 20), utc(2026, 11, 24, 20), "order"),
        (utc(2026, 11, 14, 8), utc(2026, 11, 15, 12), "past"),
        (utc(2027, 8, 1), utc(2027, 8, 1, 4), "far"),
        (utc(2026, 11, 24, 17), utc(2026, 11, 24, 17, 29), "short"),
        (utc(2026, 11, 24, 17), utc(2026, 12, 8, 17, 1), "long"),
        (utc(2026, 11, 24, 17), utc(2026, 12, 8, 17), None),
    ],
)
def test_windows_in_which_nobody_could_come(opens_at, closes_at, problem):
    assert windows.problem(opens_at, closes_at, NOW) == problem


@pytest.mark.parametrize(
    ("opens_at", "closes_at", "until"),
    [
        (utc(2026, 11, 24), utc(2026, 11, 25), NOW + timedelta(hours=48)),
        (utc(2026, 11, 15, 20), utc(2026, 11, 16), utc(2026, 11, 15, 20)),  # tonight: until it opens
        (utc(2026, 11, 15, 8), utc(2026, 11, 15, 18), utc(2026, 11, 15, 15)),  # open already: half of what is left
    ],
)
def test_until_when_answers_are_waited_for(opens_at, closes_at, until):
    assert windows.usual_answer_by(opens_at, closes_at, NOW) == until


@given(
    day=st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    at=st.times().map(lambda one: one.replace(microsecond=0)),
    zone=st.sampled_from(["Europe/Paris", *OVERSEAS.values()]).map(ZoneInfo),
    ends=st.booleans(),
)
def test_what_was_said_is_what_the_clock_of_the_place_shows(day, at, zone, ends):
    found = windows.instant(day, at, zone, ends=ends)
    if found is None:  # only in the hour that spring leaves out
        assert zone.key == "Europe/Paris" or zone.key == "America/Miquelon"
        assert at.hour == 2
    else:
        shown = found.astimezone(zone)
        assert (shown.date(), shown.time().replace(fold=0)) == (day, at)


@given(
    opens_at=st.integers(0, 2 * 366 * 24 * 60).map(lambda minutes: utc(2026, 1, 1) + timedelta(minutes=minutes)),
    length=st.timedeltas(timedelta(minutes=30), timedelta(days=14)),
    zone=st.sampled_from(["Europe/Paris", *OVERSEAS.values()]).map(ZoneInfo),
)
def test_every_instant_of_a_window_lies_on_one_of_its_days(opens_at, length, zone):
    days = windows.days_of(opens_at, opens_at + length, zone)
    assert list(days) == sorted(set(days))
    for instant in (opens_at, opens_at + length / 2, opens_at + length - timedelta(microseconds=1)):
        assert instant.astimezone(zone).date() in days
