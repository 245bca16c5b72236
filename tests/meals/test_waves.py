"""Who is told first: who can be there first with what keeps the food as it is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.meals import waves
from marketplace.meals.waves import Meal, Receiver

AT = datetime(2026, 11, 24, 22, 10, tzinfo=UTC)  # a Tuesday, 23:10 in Paris
HOT = Meal(45.70, 4.85, "hot", "charities", "meal_hot", AT, AT + timedelta(hours=1))
BREAD = replace(HOT, keep="ambient", category="bread", open_to="public")


def one(number: int, km: float = 2.0, **values) -> Receiver:
    usual = {"cold_box": True, "hot_box": True, "vehicle": "car", "range_km": 20}
    return Receiver(number, 45.70 + km / 111.2, 4.85, **{**usual, **values})


def told(meal, receivers, at=AT):
    return [row.organisation_id for row in waves.rank(meal, receivers, at)]


def test_the_nearest_first():
    assert told(HOT, [one(1, 9), one(2, 3), one(3, 6)]) == [2, 3, 1]


@pytest.mark.parametrize(
    ("values", "meal"),
    [
        ({"hot_box": False}, HOT),
        ({"verified": False}, HOT),
        ({"range_km": 1}, HOT),
        ({"not_taken": ["meal_hot"]}, HOT),
        ({"hours": {"mon": [["19:00", "23:00"]]}}, HOT),
        ({"vehicle": None, "km": 12}, HOT),  # on foot it takes three hours
        ({"verified": False, "kind": "person"}, replace(BREAD, open_to="crews")),
        ({"verified": False, "kind": "production_company"}, replace(BREAD, open_to="charities")),
        ({"cold_box": False}, replace(HOT, keep="cold")),
    ],
)
def test_who_cannot_is_not_told(values, meal):
    assert told(meal, [one(1, values.pop("km", 2.0), **values)]) == []


@pytest.mark.parametrize(
    ("values", "meal"),
    [
        ({"verified": False, "kind": "person", "cold_box": False, "hot_box": False}, BREAD),
        ({"verified": False, "kind": "production_company"}, replace(BREAD, open_to="crews")),
        ({"hours": {"tue": [["22:00", "01:00"]]}}, HOT),
    ],
)
def test_who_can_is_told(values, meal):
    assert told(meal, [one(1, **values)]) == [1]


def test_who_opens_later_comes_after_who_is_open():
    late = one(1, 1, hours={"tue": [["23:40", "23:59"]]})
    assert told(HOT, [late, one(2, 8)]) == [2, 1]


def test_not_having_come_puts_one_back():
    assert told(HOT, [one(1, 2, no_shows=2), one(2, 5)]) == [2, 1]


def test_waves_grow_and_those_before_are_left_out():
    everybody = [one(number, number / 10) for number in range(1, 60)]
    asked: set[int] = set()
    sizes = []
    for wave in range(1, 6):
        rows = waves.pick(HOT, [r for r in everybody if r.organisation_id not in asked], AT, wave)
        sizes.append(len(rows))
        assert not asked & {row.organisation_id for row in rows}
        asked |= {row.organisation_id for row in rows}
    assert sizes == [3, 5, 10, 20, 20]


def test_a_short_window_has_quicker_waves():
    assert waves.delay(AT, AT + timedelta(hours=2)) == waves.DELAY
    assert waves.delay(AT, AT + timedelta(minutes=12)) == timedelta(minutes=2)
    assert waves.delay(AT, AT + timedelta(minutes=1)) == waves.LEAST_DELAY


@given(
    st.lists(
        st.builds(
            one,
            st.integers(1, 10**6),
            st.floats(0, 60),
            hot_box=st.booleans(),
            verified=st.booleans(),
            range_km=st.integers(1, 50),
            no_shows=st.integers(0, 9),
        ),
        max_size=30,
        unique_by=lambda receiver: receiver.organisation_id,
    )
)
def test_only_those_who_can_be_there_in_time_within_their_range(receivers):
    by_id = {receiver.organisation_id: receiver for receiver in receivers}
    rows = waves.rank(HOT, receivers, AT)
    assert len({row.organisation_id for row in rows}) == len(rows)
    for row in rows:
        receiver = by_id[row.organisation_id]
        assert receiver.hot_box and receiver.verified
        assert row.km <= receiver.range_km
        assert row.arrives_at <= HOT.closes_at


people = st.builds(
    one,
    st.integers(1, 10**6),
    st.floats(0, 60),
    hot_box=st.booleans(),
    vehicle=st.sampled_from([None, "bike", "car"]),
    range_km=st.integers(1, 90),
    no_shows=st.integers(0, 5),
)


@given(
    st.lists(people, max_size=40, unique_by=lambda receiver: receiver.organisation_id),
    st.integers(1, 8),
    st.integers(-60, 90),
)
def test_looking_in_rings_finds_the_same_first_ones(receivers, wanted, opens):
    meal = replace(HOT, opens_at=AT + timedelta(minutes=opens), closes_at=AT + timedelta(hours=3))
    found = []
    for km in waves.RINGS:
        found = [row for row in waves.rank(meal, receivers, AT) if row.km <= km]
        if waves.settled(found, wanted, meal, km, AT):
            break
    assert found[:wanted] == waves.rank(meal, receivers, AT)[:wanted]
