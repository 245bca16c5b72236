"""Opening hours, from what people write to what is kept and back."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.accounts.opening_hours import DAYS, parse_day, state_at, write_day
from marketplace.core.clock import zone_of


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", []),
        ("fermé", []),
        ("9h-12h30, 14:00–18:00", [["09:00", "12:30"], ["14:00", "18:00"]]),
        ("9-12", [["09:00", "12:00"]]),
        ("8h à 12h et 14h à 18h", [["08:00", "12:00"], ["14:00", "18:00"]]),
        ("9 h 30 - 18 h", [["09:30", "18:00"]]),
        ("20:00-24:00", [["20:00", "23:59"]]),
    ],
)
def test_what_people_write(typed, kept):
    assert parse_day(typed) == kept


@pytest.mark.parametrize(
    "typed", ["le matin", "12-9", "9-9", "9-25", "9:70-12", "9-12, 11-14", "14-18, 9-12", "1-2,3-4,5-6,7-8", "9", "-"]
)
def test_what_is_no_time(typed):
    with pytest.raises(ValueError):
        parse_day(typed)


@given(st.lists(st.integers(0, 1438), min_size=2, max_size=6, unique=True).filter(lambda list: len(list) % 2 == 0))
def test_written_hours_read_back_alike(minutes):
    times = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in sorted(minutes)]
    spans = [list(pair) for pair in zip(times[::2], times[1::2], strict=True)]
    assert parse_day(write_day(spans)) == spans


HOURS = {
    "mon": [["09:00", "12:30"], ["14:00", "18:00"]],
    "wed": [["10:00", "18:00"]],
    "fri": [["20:00", "23:59"]],
    "sat": [["00:00", "02:00"]],
}


@pytest.mark.parametrize(
    ("at", "state"),
    [
        ("2026-11-09T08:59", (False, "09:00", 0)),  # a Monday
        ("2026-11-09T09:00", (True, "12:30", 0)),
        ("2026-11-09T12:30", (False, "14:00", 0)),
        ("2026-11-09T17:59", (True, "18:00", 0)),
        ("2026-11-09T18:00", (False, "10:00", 2)),
        ("2026-11-10T12:00", (False, "10:00", 1)),
        ("2026-11-13T21:00", (True, "02:00", 1)),  # through midnight
        ("2026-11-13T23:59", (True, "02:00", 1)),
        ("2026-11-14T01:00", (True, "02:00", 0)),
        ("2026-11-14T02:00", (False, "09:00", 2)),
        ("2026-11-15T12:00", (False, "09:00", 1)),
    ],
)
def test_open_or_closed_and_until_when(at, state):
    assert state_at(HOURS, datetime.fromisoformat(at)) == state


def test_never_said_always_open_and_once_a_week():
    noon = datetime.fromisoformat("2026-11-09T12:00")
    assert state_at({}, noon) is None
    assert state_at({"mon": []}, noon) is None
    assert state_at({day: [["00:00", "23:59"]] for day in DAYS}, noon) == (True, None, 0)
    assert state_at({"mon": [["09:00", "11:00"]]}, noon) == (False, "09:00", 7)
    assert state_at({"mon": [["09:00", "23:59"]]}, noon) == (True, "00:00", 1)


@given(
    st.dictionaries(
        st.sampled_from(DAYS),
        st.lists(st.integers(0, 1438), min_size=2, max_size=6, unique=True).filter(lambda list: len(list) % 2 == 0),
    ),
    st.datetimes(datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2027-01-01")),
)
def test_what_is_said_of_the_next_change_is_true_at_that_minute(minutes, moment):
    """A minute before the change the state still holds; at the change it is the other one."""
    hours = {}
    for day, found in minutes.items():
        times = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in sorted(found)]
        hours[day] = [list(pair) for pair in zip(times[::2], times[1::2], strict=True)]
    moment = moment.replace(second=0, microsecond=0)
    state = state_at(hours, moment)
    if state is None or state.at is None:
        return
    hour, minute = map(int, state.at.split(":"))
    change = (moment + timedelta(days=state.days)).replace(hour=hour, minute=minute)
    assert change > moment
    assert state_at(hours, change).open is not state.open
    assert state_at(hours, change - timedelta(minutes=1)).open is state.open


def test_clocks_overseas():
    assert zone_of("97400").key == "Indian/Reunion"
    assert zone_of("97133").key == "America/Guadeloupe"
    assert zone_of("20000").key == "Europe/Paris"
