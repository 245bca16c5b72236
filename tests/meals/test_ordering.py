"""The next order follows from the last days: tables that a unit manager would work out on a napkin, and drawn ones."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.meals.ordering import LAST_DAYS, TableDay, most_left, portions, proposal

MONDAY = date(2026, 11, 9)


def days(*rows):
    """(people, ordered, left) from Monday on."""
    return [
        TableDay(MONDAY + timedelta(days=i), people, ordered, Decimal(str(left)))
        for i, (people, ordered, left) in enumerate(rows)
    ]


@pytest.mark.parametrize(
    ("rows", "people", "meals", "usual", "median", "least"),
    [
        # 50 at table, 55 ordered, 10 to 15 left: 45 were eaten at most, so 45 will do
        ([(50, 55, 10), (50, 55, 15), (50, 55, 12)], 50, 45, 55, 43, 40),
        # twice as many tomorrow
        ([(50, 55, 10), (50, 55, 15), (50, 55, 12)], 100, 90, 110, 86, 80),
        # the day nothing was left says how much may be eaten: no less is proposed
        ([(40, 40, 0), (40, 40, 8), (40, 40, 6)], 40, 40, 40, 34, 32),
        # nobody wrote how many were ordered: as many as people
        ([(30, None, 3), (30, None, 6), (30, None, 3)], 30, 27, 30, 27, 24),
        # people take two: 36 meals for 24
        ([(24, 40, 4), (24, 40, 8), (24, 40, 6)], 24, 36, 40, 34, 32),
        # four days, the median between the two in the middle, rounded up
        ([(10, 10, 1), (10, 10, 2), (10, 10, 3), (10, 10, 4)], 10, 9, 10, 8, 6),
    ],
)
def test_the_next_order(rows, people, meals, usual, median, least):
    found = proposal(days(*rows), people)
    assert (found.meals, found.usual, found.median, found.least) == (meals, usual, median, least)
    assert found.days == len(rows) and found.fewer == usual - meals


def test_too_few_days_say_nothing():
    assert proposal(days((50, 55, 10), (50, 55, 12)), 50) is None
    assert proposal([], 50) is None
    assert proposal(days((50, 55, 10), (50, 55, 12), (50, 55, 9)), 0) is None


def test_a_day_that_does_not_add_up_is_set_aside():
    """80 left of 55 ordered: somebody counted twice."""
    found = proposal(days((50, 55, 10), (50, 55, 80), (50, 55, 12), (50, 55, 9), (None, None, 4)), 50)
    assert (found.days, found.set_aside, found.meals) == (3, 2, 46)


def test_only_the_last_days_count():
    """A feast a fortnight ago orders nothing today."""
    rows = [(50, 100, 0)] + [(50, 55, 11)] * LAST_DAYS
    assert proposal(days(*rows), 50).meals == 44


def test_what_is_left_most_is_told_by_dish_whatever_its_capitals():
    left = [
        ("Taboulé", "meal_cold", MONDAY, Decimal(9)), ("taboulé ", "meal_cold", MONDAY, Decimal(3)),
        ("TABOULÉ", "meal_cold", MONDAY + timedelta(days=1), Decimal(6)),
        ("Pain", "bread", MONDAY, Decimal(4)),
    ]  # fmt: skip
    first, second = most_left(left)
    assert (first.title, first.days, first.portions) == ("Taboulé", 2, 18)
    assert (second.title, second.days, second.portions) == ("Pain", 1, 4)


def test_what_is_weighed_becomes_portions():
    assert portions(Decimal(12), "portion", 450) == 12
    assert portions(Decimal(9), "kg", 1000) == 20
    assert portions(Decimal("4.5"), "l", None) == 10


table = st.lists(
    st.tuples(st.integers(1, 200), st.integers(1, 300), st.integers(0, 300)).filter(lambda row: row[2] <= row[1]),
    min_size=3, max_size=LAST_DAYS,
)  # fmt: skip


@given(table, st.integers(1, 300))
def test_the_proposal_never_falls_under_what_was_eaten_once(rows, people):
    found = proposal(days(*rows), people)
    assert found.least <= found.median <= found.meals
    for at_table, ordered, left in rows:
        assert found.meals >= Decimal(ordered - left) / at_table * people - Decimal("0.001")
    assert 0 <= found.left_percent <= 100
    assert found.fewer >= 0


@given(table, st.integers(1, 200))
def test_more_people_are_never_offered_less(rows, people):
    assert proposal(days(*rows), people).meals <= proposal(days(*rows), people + 1).meals


@given(table)
def test_the_order_of_the_days_does_not_matter(rows):
    made = days(*rows)
    assert proposal(made, 50) == proposal(made[::-1], 50)
