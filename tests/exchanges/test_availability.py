"""The sweep against counting day by day."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from marketplace.exchanges.availability import Free, Held, free_intervals, free_throughout

FIRST = date(2026, 11, 1)
SPAN = 25  # days in which everything begins
days = st.integers(0, SPAN).map(lambda n: FIRST + timedelta(days=n))
quantities = st.integers(1, 6000).map(lambda n: Decimal(n) / 1000)


@st.composite
def intervals(draw, empty: bool = False):
    starts = draw(days)
    if draw(st.booleans()):
        return starts, None
    return starts, starts + timedelta(days=draw(st.integers(-2 if empty else 1, 12)))


held_lists = st.lists(
    st.builds(lambda interval, quantity: Held(*interval, quantity), intervals(empty=True), quantities), max_size=8
)


def counted(total: Decimal, held: list[Held], day: date) -> Decimal:
    """What is free on one day, the slow and certain way."""
    taken = sum(
        (one.quantity for one in held if one.starts_on <= day and (one.ends_on is None or day < one.ends_on)),
        Decimal(0),
    )
    return max(total - taken, Decimal(0))


def each_day(starts: date, ends: date | None) -> list[date]:
    ends = ends or FIRST + timedelta(days=SPAN + 20)  # beyond it nothing changes
    return [starts + timedelta(days=n) for n in range((ends - starts).days)]


@given(quantities, held_lists, intervals(empty=True))
def test_free_throughout_is_the_least_of_all_days(total, held, interval):
    starts, ends = interval
    expected = min((counted(total, held, day) for day in each_day(starts, ends)), default=Decimal(0))
    assert free_throughout(total, held, starts, ends) == expected


@given(quantities, held_lists, intervals())
def test_intervals_cover_every_day_once_with_its_count(total, held, interval):
    starts, ends = interval
    found = free_intervals(total, held, starts, ends)
    assert found[0].starts_on == starts and found[-1].ends_on == ends
    for one, following in pairwise(found):
        assert one.ends_on == following.starts_on and one.quantity != following.quantity
    for day in each_day(starts, ends):
        there = [one for one in found if one.starts_on <= day and (one.ends_on is None or day < one.ends_on)]
        assert [one.quantity for one in there] == [counted(total, held, day)]


@given(quantities, held_lists, intervals(), quantities)
def test_taking_what_is_free_never_promises_more_than_there_is(total, held, interval, wanted):
    starts, ends = interval
    taken = min(wanted, free_throughout(total, held, starts, ends))
    after = [*held, Held(starts, ends, taken)] if taken else held
    for day in each_day(starts, ends):
        assert counted(total, after, day) >= counted(total, held, day) - taken
        taken_that_day = total - counted(total, after, day)
        assert taken_that_day <= total


def test_the_day_of_return_is_free_again():
    held = [Held(FIRST, FIRST + timedelta(days=5), Decimal(6))]
    assert free_throughout(Decimal(6), held, FIRST + timedelta(days=5)) == 6
    assert free_throughout(Decimal(6), held, FIRST + timedelta(days=4)) == 0


def test_an_open_hold_counts_for_good():
    held = [Held(FIRST, None, Decimal(4))]
    assert free_intervals(Decimal(6), held, FIRST - timedelta(days=1)) == [
        Free(FIRST - timedelta(days=1), FIRST, Decimal(6)),
        Free(FIRST, None, Decimal(2)),
    ]
