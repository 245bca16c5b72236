"""Times as they are said at night: over midnight, and in the nights of 23 and 25 hours."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.meals import hours

PARIS, REUNION = ZoneInfo("Europe/Paris"), ZoneInfo("Indian/Reunion")


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


@pytest.mark.parametrize(
    ("opens", "closes", "said_at", "begins", "ends"),
    [
        ("23:15", "00:15", "2026-11-24 23:10", "2026-11-24 23:15", "2026-11-25 00:15"),
        ("23:15", "00:15", "2026-11-24 23:40", "2026-11-24 23:15", "2026-11-25 00:15"),
        ("23:15", "00:15", "2026-11-25 00:05", "2026-11-24 23:15", "2026-11-25 00:15"),
        ("23:15", "00:15", "2026-11-25 00:20", "2026-11-24 23:15", "2026-11-25 00:15"),  # over: said as such
        ("12:00", "14:00", "2026-11-24 23:10", "2026-11-25 12:00", "2026-11-25 14:00"),
        ("22:00", "23:30", "2026-11-24 23:10", "2026-11-24 22:00", "2026-11-24 23:30"),
    ],
)
def test_a_window_over_midnight(opens, closes, said_at, begins, ends):
    found = hours.window(time.fromisoformat(opens), time.fromisoformat(closes), paris(said_at), PARIS)
    assert found == (paris(begins), paris(ends))


def test_the_night_without_two_o_clock():
    # 29 March 2026: 2:00 is 3:00; « de 1:30 à 2:30 » ends when the clock would have shown half past two
    begins, ends = hours.window(time(1, 30), time(2, 30), paris("2026-03-29 00:30"), PARIS)
    assert (begins, ends) == (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC))
    begins, ends = hours.window(time(23, 30), time(4), paris("2026-03-28 23:10"), PARIS)
    assert ends - begins == timedelta(hours=3, minutes=30)


def test_the_night_with_two_o_clock_twice():
    # 25 October 2026: the first half past two is at 0:30 UTC, the second an hour later; food waits for neither longer
    _begins, ends = hours.window(time(23, 30), time(2, 30), paris("2026-10-24 23:10"), PARIS)
    assert ends == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    between = datetime(2026, 10, 25, 1, 35, tzinfo=UTC)
    _begins, again = hours.window(time(2, 0), time(2, 30), datetime(2026, 10, 25, 0, 10, tzinfo=UTC), PARIS)
    assert again == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert hours.window(time(3, 0), time(4, 0), between, PARIS)[1] == datetime(2026, 10, 25, 3, 0, tzinfo=UTC)


def test_an_island_has_its_own_midnight():
    at = datetime(2026, 11, 24, 19, 30, tzinfo=UTC)  # 23:30 in Saint-Denis, 20:30 in Paris
    assert hours.window(time(23, 45), time(0, 30), at, REUNION)[1] == datetime(2026, 11, 24, 20, 30, tzinfo=UTC)


def test_made_at_half_past_seven_said_after_midnight_was_yesterday():
    assert hours.last_at(time(19, 30), paris("2026-11-25 00:20"), PARIS) == paris("2026-11-24 19:30")
    assert hours.next_at(time(1, 0), paris("2026-11-24 23:10"), PARIS) == paris("2026-11-25 01:00")


@given(
    st.integers(0, 225 * 24 * 60).map(lambda minute: datetime(2026, 3, 25, tzinfo=UTC) + timedelta(minutes=minute)),
    st.times(),
    st.times(),
    st.sampled_from([PARIS, REUNION, ZoneInfo("America/Cayenne")]),
)
def test_a_window_is_at_most_a_day_and_ends_within_one(at, opens, closes, zone):
    opens, closes = opens.replace(second=0, microsecond=0), closes.replace(second=0, microsecond=0)
    begins, ends = hours.window(opens, closes, at, zone)
    assert begins <= ends
    assert ends - begins <= timedelta(hours=25)
    assert at - timedelta(hours=1) <= ends <= at + timedelta(hours=25)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("19h-1h30", [["19:00", "01:30"]]),
        ("7:00–9:00, 19h à 23h", [["07:00", "09:00"], ["19:00", "23:00"]]),
        ("", []),
        ("fermé", []),
    ],
)
def test_hours_as_people_write_them(text, spans):
    assert hours.parse_day(text) == spans
    assert hours.parse_day(hours.write_day(spans)) == spans


@pytest.mark.parametrize("text", ["soir", "19h", "25h-26h", "19h-20h-21h", "1-2,3-4,5-6,7-8"])
def test_what_is_no_hour(text):
    with pytest.raises(ValueError):
        hours.parse_day(text)


WEEK = {"tue": [["19:00", "01:30"]], "wed": [["08:00", "10:00"]]}


@pytest.mark.parametrize(
    ("since", "until", "opens"),
    [
        ("2026-11-24 23:10", "2026-11-25 00:15", "2026-11-24 23:10"),
        ("2026-11-25 00:20", "2026-11-25 01:00", "2026-11-25 00:20"),  # Tuesday's evening goes on
        ("2026-11-25 01:40", "2026-11-25 07:00", None),
        ("2026-11-25 01:40", "2026-11-25 09:00", "2026-11-25 08:00"),
        ("2026-11-23 12:00", "2026-11-23 22:00", None),
    ],
)
def test_when_a_receiver_can_come(since, until, opens):
    found = hours.first_open(WEEK, paris(since), paris(until), PARIS)
    assert found == (paris(opens) if opens else None)


def test_without_hours_one_comes_at_any():
    at = paris("2026-11-24 04:00")
    assert hours.first_open({}, at, at + timedelta(hours=1), PARIS) == at
