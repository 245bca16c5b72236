"""Opening hours, from what people write to what is kept and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.accounts.opening_hours import parse_day, write_day


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
