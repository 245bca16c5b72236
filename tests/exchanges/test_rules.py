"""Quantities, codes and times to meet, on plain values."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.exchanges import appointments
from marketplace.exchanges.appointments import PARIS, Slot, offered, problem, read_slot
from marketplace.exchanges.documents import code_key, new_document_code
from marketplace.exchanges.rules import pauses_at, quantity_problem, read_code, read_quantity, same_code

HOURS = {"mon": [["09:00", "12:00"], ["14:00", "18:00"]], "tue": [["09:30", "12:15"]]}
NOW = datetime(2026, 11, 12, 9, tzinfo=UTC)  # a Thursday
MONDAY = datetime(2026, 11, 16, tzinfo=PARIS)


def slot(start: str, end: str, day: datetime = MONDAY) -> Slot:
    def at(text: str) -> datetime:
        hour, minute = text.split(":")
        return day.replace(hour=int(hour), minute=int(minute)).astimezone(UTC)

    return Slot(at(start), at(end))


@pytest.mark.parametrize(
    ("raw", "read"),
    [("6", "6"), ("2,5", "2.5"), (" 1 200 ", "1200"), (3, "3"), (2.5, "2.5"), (Decimal("0.125"), "0.125")],
)
def test_quantities_are_read_as_people_write_them(raw, read):
    assert read_quantity(raw) == Decimal(read)


@pytest.mark.parametrize(
    "raw",
    ["", "-1", "+1", "1e3", "0x2", "1.2.3", "douze", None, True, [], {}, float("nan"), float("inf"), 1e300, 10**40,
     Decimal("1e400"), Decimal("NaN"), "9" * 30, "١٢"],
)  # fmt: skip
def test_what_is_no_quantity_is_not_read(raw):
    assert read_quantity(raw) is None


@given(st.one_of(st.text(), st.integers(), st.floats(), st.decimals(), st.none(), st.lists(st.integers())))
def test_reading_a_quantity_never_fails(raw):
    found = read_quantity(raw)
    assert found is None or (found.is_finite() and found >= 0)


@pytest.mark.parametrize(
    ("quantity", "unit", "why"),
    [
        ("6", "piece", None),
        ("2.5", "m2", None),
        ("2.5", "piece", "whole"),
        ("1.5", "lot", "whole"),
        ("0", "m", "positive"),
        ("0.0001", "kg", "fine"),
        ("0.001", "kg", None),
        ("1000001", "kg", "large"),
        (None, "kg", "number"),
    ],
)
def test_what_may_be_asked_for(quantity, unit, why):
    assert quantity_problem(None if quantity is None else Decimal(quantity), unit) == why


def test_codes():
    assert read_code("418 207") == (None, "418207")
    assert read_code("418-207") == (None, "418207")
    assert read_code("https://x.fr/q/abcdefgh23456#418207") == ("abcdefgh23456", "418207")
    for wrong in ("41820", "4182077", "41820a", None, 418207, "https://x.fr/q/abc#418207"):
        assert read_code(wrong) == (None, None)
    assert same_code("000001", "000001") and not same_code("000001", "000010")
    assert [n for n in range(31) if pauses_at(n)] == [10, 20, 30]


def test_a_paper_code_is_found_however_it_is_typed():
    code = new_document_code()
    assert code_key(code.lower().replace("-", " ")) == code == code_key(code)


# --- times to meet ---


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (slot("9:00", "10:00"), None),
        (slot("17:00", "18:00"), None),
        (slot("11:30", "12:30"), "closed"),
        (slot("12:00", "14:00"), "closed"),
        (slot("8:00", "9:30"), "closed"),
        (slot("9:00", "9:10"), "length"),
        (slot("10:00", "9:00"), "length"),
        (slot("9:00", "10:00", MONDAY - timedelta(days=7)), "past"),
        (slot("9:00", "10:00", MONDAY + timedelta(days=70)), "far"),
        (slot("9:00", "10:00", MONDAY + timedelta(days=2)), "closed"),
    ],
)
def test_a_time_to_meet_is_within_the_opening_hours(asked, why):
    assert problem(asked, HOURS, NOW) == why


def test_what_is_offered_can_be_proposed():
    found = offered(HOURS, NOW)
    assert found and all(problem(one, HOURS, NOW) is None for one in found)
    assert found[0] == slot("9:00", "10:00")
    assert slot("11:30", "12:15", MONDAY + timedelta(days=1)) in found


def test_a_place_that_says_no_hours_is_reached_by_day():
    assert problem(slot("19:00", "20:00"), {}, NOW) is None
    assert problem(slot("19:00", "20:30"), {}, NOW) == "closed"
    assert problem(slot("9:00", "10:00", MONDAY + timedelta(days=5)), None, NOW) is None


@pytest.mark.parametrize(
    "hours", [{"mon": None}, {"mon": [["25:00", "x"]]}, {"mon": [[]]}, {"mon": [["12:00", "9:00"]]}]
)
def test_hours_nobody_can_read_count_as_closed(hours):
    assert problem(slot("9:00", "10:00"), hours, NOW) == "closed"


def test_the_nights_when_clocks_change_keep_local_hours():
    spring = datetime(2027, 3, 27, 9, tzinfo=UTC)
    found = offered({"sun": [["09:00", "11:00"]]}, spring)
    assert [one.starts_at.astimezone(PARIS).hour for one in found[:2]] == [9, 10]
    assert found[0].starts_at == datetime(2027, 3, 28, 7, tzinfo=UTC)


@given(st.one_of(st.text(max_size=60), st.integers(), st.none(), st.dictionaries(st.text(), st.text(), max_size=3)))
def test_reading_a_slot_never_fails(raw):
    assert read_slot(raw) is None or isinstance(read_slot(raw), Slot)


def test_a_slot_is_read_back_as_it_was_written():
    one = slot("9:00", "10:00")
    assert read_slot(one.as_text()) == one
    assert read_slot({"starts_at": "2026-11-16T09:00", "ends_at": "2026-11-16T10:00:00+01:00"}) == one
    assert read_slot("2026-11-16T09:00:00Z/2026-13-45T10:00:00Z") is None
    assert appointments.MOST == 3
