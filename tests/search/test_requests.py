"""Whatever stands in an address, a search comes out of it."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from marketplace.search.requests import RADIUS, SearchRequest


@pytest.fixture(autouse=True)
def _context(app):
    """Sentences are worded in a language."""


def read(*pairs: tuple[str, str]) -> SearchRequest:
    return SearchRequest.from_args(MultiDict(pairs))


def test_everything_at_once():
    asked = read(
        ("q", "chaise  -plastique"), ("near", "69007"), ("radius", "25"), ("category", "seating"), ("mode", "rent"),
        ("mode", "sell"), ("condition", "good"), ("from", "2026-12-01"), ("to", "14/12/2026"), ("sort", "nearest"),
        ("page", "3"),
    )  # fmt: skip
    assert asked.errors == {}
    assert (asked.q, asked.words.wanted, asked.words.excluded) == ("chaise -plastique", ("chaise",), ("plastique",))
    assert (asked.spot.label, asked.radius, asked.modes, asked.condition) == ("Lyon 7e", 25, ("rent", "sell"), "good")
    assert (asked.from_on, asked.to_on, asked.sorted_by, asked.page) == (
        date(2026, 12, 1),
        date(2026, 12, 14),
        "nearest",
        3,
    )
    assert asked.filters == 4


@pytest.mark.parametrize("value", ["abc", "0", "-5", "1e9", "99999999999999999999", "١٢", "10^30", "²"])
def test_a_radius_that_is_none_is_explained(value):
    asked = read(("near", "Lyon"), ("radius", value))
    assert asked.radius == RADIUS
    assert "radius" in asked.errors


@pytest.mark.parametrize("value", ["50", "50 km", "50,5", "50.0"])
def test_a_radius_as_people_write_it(value):
    assert (read(("radius", value)).radius, read(("radius", value)).errors) == (50, {})


@pytest.mark.parametrize("value", ["-1", "0", "abc", "10^30", "9" * 40, "", "1.5", "\x00"])
def test_a_page_that_is_none_is_the_first(value):
    assert read(("page", value)).page == 1


@pytest.mark.parametrize("name", ["from", "to"])
@pytest.mark.parametrize("value", ["2026-02-30", "demain", "32/01/2027", "0000-00-00", "2026-13-01", "99999-01-01"])
def test_a_day_that_is_none_is_explained_and_kept_as_typed(name, value):
    asked = read((name, value))
    assert name in asked.errors
    assert (asked.from_on, asked.to_on) == (None, None)
    assert value in (asked.from_text, asked.to_text)


def test_the_end_before_the_beginning_is_explained():
    asked = read(("from", "2026-12-10"), ("to", "2026-12-01"))
    assert (asked.from_on, asked.to_on, list(asked.errors)) == (date(2026, 12, 10), None, ["to"])


def test_unknown_codes_are_explained():
    asked = read(("category", "x"), ("mode", "steal"), ("condition", "awful"), ("sort", "cheap"), ("near", "zzzz"))
    assert set(asked.errors) == {"category", "mode", "condition", "near"}
    assert (asked.category, asked.modes, asked.condition, asked.sorted_by) == (None, (), None, "newest")


def test_repeated_parameters():
    asked = read(("q", "a"), ("q", "b"), ("condition", "new"), ("condition", "to_repair"), ("page", "2"), ("page", "x"))
    assert (asked.q, asked.condition, asked.page) == ("a", "to_repair", 2)


def test_all_modes_filter_nothing():
    assert read(("mode", "donate"), ("mode", "rent"), ("mode", "sell")).modes == ()


def test_sort_falls_back_to_what_makes_sense():
    assert read().sorted_by == "newest"
    assert read(("q", "table")).sorted_by == "relevance"
    assert read(("near", "Lyon")).sorted_by == "nearest"
    assert read(("q", "table"), ("near", "Lyon")).sorted_by == "relevance"
    assert read(("sort", "nearest")).sorted_by == "newest"
    assert read(("sort", "nearest"), ("q", "table")).sorted_by == "relevance"
    assert read(("sort", "relevance"), ("q", "-table")).sorted_by == "newest"


def test_the_place_may_carry_the_distance():
    asked = read(("near", "Lyon, à 20 km"))
    assert (asked.near, asked.radius) == ("Lyon", 20)
    assert read(("near", "Lyon, à 20 km"), ("radius", "100")).radius == 100


def test_an_address_leads_back_to_the_same_search():
    pairs = [
        ("q", "table"),
        ("near", "Lyon"),
        ("radius", "25"),
        ("mode", "rent"),
        ("from", "2026-12-01"),
        ("sort", "newest"),
    ]
    asked = read(*pairs)
    again = SearchRequest.from_args(MultiDict(asked.parameters()))
    assert again == asked
    assert "radius" not in asked.parameters(near=None, radius=None)


names = st.sampled_from(
    ["q", "near", "radius", "category", "mode", "condition", "from", "to", "sort", "page", "organisation"]
)
values = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["\x00", "\ud800", "-1", "1e308", "NaN", "2026-02-31", "Lyon", "69007", "(" * 50, "'", "%00"]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(names, values), max_size=14))
def test_anything(pairs):
    asked = read(*pairs)
    assert asked.page >= 1
    assert asked.radius >= 1
    assert "\x00" not in repr(asked.parameters())
