"""When a call is over, until when one may offer, and how many loads things make."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from marketplace.reclaims import rules


def at(hour):
    return datetime(2026, 11, 24, hour, tzinfo=UTC)


ANSWER_BY, CLOSES = at(10), at(20)


@pytest.mark.parametrize(
    ("state", "offers", "hour", "over", "open_to_offers"),
    [
        ("draft", 0, 23, False, False),
        ("open", 0, 9, False, True),
        ("open", 0, 10, True, False),  # nobody answered in time
        ("open", 2, 10, False, False),  # offers wait for a choice
        ("open", 2, 19, False, False),
        ("open", 2, 20, True, False),  # the window has passed
        ("chosen", 0, 23, False, False),
        ("cancelled", 0, 9, False, False),
        ("expired", 0, 23, False, False),
    ],
)
def test_when_a_call_is_over(state, offers, hour, over, open_to_offers):
    assert rules.is_over(state, ANSWER_BY, CLOSES, offers, at(hour)) is over
    assert rules.takes_offers(state, ANSWER_BY, CLOSES, at(hour)) is open_to_offers


@pytest.mark.parametrize(
    ("amount", "capacity", "loads"),
    [("14", "20", 1), ("20", "20", 1), ("20.001", "20", 2), ("14", "3", 5), ("0.1", "20", 1)],
)
def test_how_many_loads(amount, capacity, loads):
    assert rules.loads_for(Decimal(amount), Decimal(capacity)) == loads


def test_the_sum_of_what_was_said():
    assert rules.total_of([Decimal(8), None, Decimal(6)]) == 14
    assert rules.total_of([None]) is None
