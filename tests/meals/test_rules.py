"""What may be given, until when, and by whom it may be claimed: tables of cases."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.meals import rules, wording
from marketplace.meals.rules import Claimer
from tests.meals.made import a_post, bread

AT = datetime(2026, 11, 24, 22, 10, tzinfo=UTC)  # 23:10 in Paris
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def test_thirty_hot_curries_may_go():
    assert rules.refusals(a_post(AT), AT) == {}
    assert rules.refusals(bread(AT), AT) == {}


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"served": True}, "served", "served"),
        ({"served": None}, "served", "served_blank"),
        ({"reheated": True}, "reheated", "reheated"),
        ({"reheated": None}, "reheated", "reheated_blank"),
        ({"temperature": 629}, "temperature", "too_cold"),
        ({"temperature": None}, "temperature", "temperature_blank"),
        ({"temperature": 6600}, "temperature", "temperature_odd"),
        ({"keep": "cold", "temperature": 41}, "temperature", "too_warm"),
        ({"temperature": 500, "out_since": AT - 2 * HOUR}, "temperature", "out_too_long"),
        ({"temperature": 500, "out_since": AT + MINUTE}, "temperature", "since_to_come"),
        ({"use_by": AT}, "use_by", "use_by_passed"),
        ({"use_by": None}, "use_by", "date_blank"),
        ({"best_before": date(2026, 11, 26)}, "use_by", "two_dates"),
        ({"use_by": None, "best_before": date(2026, 11, 26)}, "use_by", "use_by_needed"),
        ({"allergens": ()}, "allergens", "allergens_blank"),
        ({"allergens_none": True}, "allergens", "allergens_both"),
        ({"allergens": ("love",)}, "allergens", "allergens_unknown"),
        ({"made_at": AT + MINUTE}, "made_at", "made_to_come"),
        ({"made_at": None}, "made_at", "made_blank"),
        ({"made_at": AT - timedelta(days=8)}, "made_at", "made_long_ago"),
        ({"closes_at": AT, "opens_at": AT - HOUR}, "closes_at", "window_past"),
        ({"closes_at": AT + HOUR, "opens_at": AT + HOUR}, "closes_at", "window_order"),
        ({"closes_at": AT + 3 * HOUR}, "closes_at", "window_after_use_by"),
        ({"closes_at": AT + 13 * HOUR, "use_by": AT + 20 * HOUR}, "closes_at", "window_long"),
        ({"closes_at": None}, "closes_at", "window_blank"),
        ({"quantity": Decimal(0)}, "quantity", "quantity_blank"),
        ({"quantity": Decimal("2.5")}, "quantity", "quantity_whole"),
        ({"quantity": Decimal(2001)}, "quantity", "quantity_much"),
        ({"unit": "piece"}, "quantity", "unit"),
        ({"open_to": "public"}, "open_to", "open_to_cold_chain"),
        ({"open_to": "crews"}, "open_to", "open_to_cold_chain"),
        ({"keep": ""}, "keep", "keep_blank"),
        ({"packaging": ""}, "packaging", "packaging_blank"),
    ],
)
def test_each_reason_is_named_on_its_field(changed, field, code):
    found = rules.refusals(a_post(AT, **changed), AT)
    assert found.get(field) == code, found


def test_a_stated_time_below_two_hours_lets_it_go_until_then():
    cooled = a_post(AT, temperature=550, out_since=AT - HOUR)
    assert "temperature" not in rules.refusals(cooled, AT)
    last = rules.last_instant("hot", cooled.use_by, 550, cooled.out_since)
    assert last == AT + HOUR
    assert rules.cut(cooled.opens_at, AT + 2 * HOUR, last) == last
    assert rules.refusals(replace(cooled, closes_at=AT + 2 * HOUR), AT)["closes_at"] == "window_after_out"


def test_a_stated_time_says_nothing_of_what_is_right():
    assert rules.last_instant("hot", None, 660, AT - 5 * HOUR) is None


@pytest.mark.parametrize(
    ("keep", "tenths", "right"),
    [("hot", 630, True), ("hot", 629, False), ("cold", 40, True), ("cold", 41, False), ("ambient", None, True),
     ("hot", None, False)],
)  # fmt: skip
def test_limits_to_a_tenth_of_a_degree(keep, tenths, right):
    assert rules.is_right(keep, tenths) is right


def test_a_window_is_cut_only_where_something_is_left_of_it():
    assert rules.cut(AT, AT + 3 * HOUR, AT + HOUR) == AT + HOUR
    assert rules.cut(AT + 2 * HOUR, AT + 3 * HOUR, AT + HOUR) == AT + 3 * HOUR
    assert rules.cut(AT, AT + HOUR, None) == AT + HOUR


def test_fourteen_allergens_in_the_order_of_the_annex():
    assert len(set(rules.ALLERGENS)) == 14
    assert tuple(wording.ALLERGENS) == rules.ALLERGENS
    assert rules.in_order(("nuts", "gluten", "nuts")) == ["gluten", "nuts"]


CHARITY, CREW, PERSON = (
    Claimer("food_charity", True, True, True),
    Claimer("production_company", False),
    Claimer("person", False),
)


@pytest.mark.parametrize(
    ("who", "keep", "open_to", "problem"),
    [
        (CHARITY, "hot", "charities", None),
        (CHARITY, "ambient", "public", None),
        (replace(CHARITY, hot_box=False), "hot", "charities", "hot_box"),
        (replace(CHARITY, cold_box=False), "cold", "charities", "cold_box"),
        (replace(CHARITY, hot_box=None), "hot", "charities", None),  # without a profile nothing says that it cannot
        (CREW, "hot", "charities", "verified_for_chain"),
        (CREW, "ambient", "charities", "verified_only"),
        (CREW, "ambient", "crews", None),
        (PERSON, "ambient", "crews", "not_people"),
        (PERSON, "ambient", "public", None),
        (PERSON, "cold", "public", "verified_for_chain"),
    ],
)
def test_who_may_claim(who, keep, open_to, problem):
    assert rules.claim_problem(who, keep, open_to) == problem


@pytest.mark.parametrize(
    ("state", "use_by", "until"),
    [
        ("requested", None, AT + timedelta(minutes=30)),
        ("confirmed", None, AT + HOUR + rules.GRACE),
        ("confirmed", AT + HOUR + 4 * MINUTE, AT + HOUR + 4 * MINUTE),
    ],
)
def test_a_claim_falls_by_itself(state, use_by, until):
    assert rules.claim_deadline(AT, state, AT + HOUR, use_by) == until


def test_an_answer_is_not_waited_for_beyond_the_window():
    assert rules.claim_deadline(AT, "requested", AT + 5 * MINUTE, None) == AT + 5 * MINUTE


@given(
    keep=st.sampled_from(rules.KEEPS),
    temperature=st.one_of(st.none(), st.integers(-400, 1300)),
    minutes=st.one_of(st.none(), st.integers(-60, 300)),
)
def test_what_passes_is_right_or_out_for_less_than_two_hours(keep, temperature, minutes):
    since = None if minutes is None else AT - timedelta(minutes=minutes)
    if rules.temperature_problem(keep, temperature, since, AT) is None and keep != "ambient":
        assert rules.is_right(keep, temperature) or (since is not None and timedelta(0) <= AT - since < 2 * HOUR)


@given(st.integers(0, 40), st.integers(1, 60), st.one_of(st.none(), st.integers(1, 100)))
def test_a_cut_window_never_ends_after_the_limit_that_it_reaches(opens, lasts, limit):
    start, last = AT + timedelta(minutes=opens), None if limit is None else AT + timedelta(minutes=limit)
    end = rules.cut(start, start + timedelta(minutes=lasts), last)
    assert end <= start + timedelta(minutes=lasts)
    if last is not None and start < last:
        assert end <= last


def test_each_code_has_its_sentence(app):
    with app.test_request_context():
        for changed in ({"served": True}, {"allergens": ()}, {"temperature": 100}):
            for code in rules.refusals(a_post(AT, **changed), AT).values():
                assert wording.refusal(code)
