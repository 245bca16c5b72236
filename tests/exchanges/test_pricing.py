"""What a rental costs: the table of `product.md`, and what must hold of any price."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.exchanges.kinds.pricing import (
    Terms,
    further_cents,
    percent_of,
    rental_cents,
    sale_cents,
    terms_from,
    weeks,
)

DAY = date(2027, 3, 1)
FLAT = Terms(4000)


def price(days: int, terms: Terms = FLAT, quantity: str = "1") -> int:
    return rental_cents(terms, Decimal(quantity), DAY, DAY + timedelta(days=days))


@pytest.mark.parametrize(
    ("days", "cents"),
    [
        (1, 4000),
        (7, 4000),
        (8, 4000),
        (9, 6000),
        (15, 6000),
        (16, 8000),
        (23, 8000),
        (29, 8000),
        (30, 12000),
        (35, 12000),
    ],
)
def test_weeks_by_coefficients(days, cents):
    """For one piece at 4,000 cents with one grace day: 7 or 8 days 4,000; 9 days 6,000; 35 days 12,000."""
    assert price(days) == cents


def test_without_grace_the_eighth_day_begins_a_week():
    assert price(8, Terms(4000, grace_days=0)) == 6000


def test_one_rounding_a_line_half_to_even():
    # 333 × 1.5 weeks × 3 = 1498.5 → 1498; rounding each unit first would give 1500 or 1497
    assert price(9, Terms(333), "3") == 1498
    assert sale_cents(1, Decimal("2.5")) == 2


def test_a_reduction_is_taken_off_and_the_minimum_stays():
    assert price(7, Terms(4000, reduction_percent=25)) == 3000
    assert price(7, Terms(4000, reduction_percent=50, minimum_cents=2500)) == 2500


@pytest.mark.parametrize(
    ("back_after", "cents"), [(7, 0), (8, 0), (9, 2000), (15, 2000), (16, 4000), (23, 4000), (30, 8000)]
)
def test_late_is_further_weeks(back_after, cents):
    """A week agreed: the days of grace pass, then each week that begins is charged at its own coefficient."""
    back_on = DAY + timedelta(days=back_after)
    assert further_cents(FLAT, Decimal(1), DAY, DAY + timedelta(days=7), back_on) == cents


def test_back_early_adds_nothing():
    agreed = DAY + timedelta(days=21)
    assert further_cents(FLAT, Decimal(1), DAY, agreed, DAY + timedelta(days=2)) == 0


terms = st.builds(
    Terms,
    weekly_rate_cents=st.integers(0, 10**7),
    coefficients=st.lists(st.integers(0, 100), min_size=4, max_size=4).map(tuple),
    grace_days=st.integers(0, 6),
    minimum_cents=st.integers(0, 10**6),
    reduction_percent=st.integers(0, 100),
)
quantities = st.integers(1, 10**6).map(lambda thousandths: Decimal(thousandths) / 1000)
spans = st.integers(1, 366)


@given(terms, quantities, spans, spans)
def test_longer_never_costs_less(one, quantity, days, more):
    shorter = rental_cents(one, quantity, DAY, DAY + timedelta(days=days))
    assert rental_cents(one, quantity, DAY, DAY + timedelta(days=days + more)) >= shorter >= 0


@given(terms, quantities, spans, spans)
def test_coming_back_late_costs_what_the_longer_rental_would(one, quantity, days, more):
    """But for the rounding of each, and a minimum that only the first pays."""
    free = Terms(one.weekly_rate_cents, one.coefficients, one.grace_days, 0, one.reduction_percent)
    agreed, back = DAY + timedelta(days=days), DAY + timedelta(days=days + more)
    together = rental_cents(free, quantity, DAY, agreed) + further_cents(free, quantity, DAY, agreed, back)
    assert abs(together - rental_cents(free, quantity, DAY, back)) <= 1


@given(st.integers(0, 200), st.lists(st.integers(0, 100), min_size=1, max_size=6).map(tuple))
def test_coefficients_come_round_again(count, coefficients):
    assert percent_of(count, coefficients) == sum(coefficients[k % len(coefficients)] for k in range(count))


@given(spans, st.integers(0, 6))
def test_weeks_cover_the_days(days, grace):
    found = weeks(DAY, DAY + timedelta(days=days), grace)
    assert found >= 1 and (found * 7 + grace >= days) and (found == 1 or (found - 1) * 7 + grace < days)


@given(terms)
def test_terms_are_kept_as_json(one):
    assert terms_from(one.as_json()) == one
