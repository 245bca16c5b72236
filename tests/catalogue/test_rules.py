"""What may be typed into a listing, what it needs to be published, what its category proposes."""

import string
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.catalogue import rules, taxonomy
from marketplace.catalogue.fields import READERS

TAKEN = [
    ("title", "  Feuille   de décor ", "title", "Feuille de décor"),
    ("title", None, "title", ""),
    ("description", " a\r\nb ", "description", "a\nb"),
    ("category", "flat_panel", "category_key", "flat_panel"),
    ("category", "flats", "category_key", "flats"),
    ("category", "", "category_key", None),
    ("modes", ["sell", "donate", "sell"], "modes", ["donate", "sell"]),
    ("quantity", "1 200", "quantity", Decimal(1200)),
    ("quantity", "12,5", "quantity", Decimal("12.5")),
    ("quantity", 6, "quantity", Decimal(6)),
    ("quantity", 0.125, "quantity", Decimal("0.125")),
    ("quantity", "", "quantity", None),
    ("length_cm", "120", "length_cm", 120),
    ("mass_kg", "17.9", "mass_grams", 17900),
    ("mass_kg", "0,001", "mass_grams", 1),
    ("price_cents", 9000, "price_cents", 9000),
    ("deposit_cents", 0, "deposit_cents", 0),
    ("materials", [{"key": "plywood", "share": "50"}, {"key": "softwood", "share": 50}], "materials",
     [{"key": "plywood", "share": 50}, {"key": "softwood", "share": 50}]),
    ("colours", ["white"], "colours", ["white"]),
    ("lat", 45.77, "lat", 45.77),
    ("lat", "-12.5", "lat", -12.5),
    ("available_from", "2026-02-28", "available_from", date(2026, 2, 28)),
    ("visibility", "", "visibility", "public"),
    ("visibility", "organisation", "visibility", "organisation"),
    ("handling", {"dismantling": True, "people": 2, "vehicle": "van_20m3"}, "handling_people", 2),
    ("site", "abcdefghijk23", "site", "abcdefghijk23"),
    ("made_for", " Les Heures  creuses ", "made_for", "Les Heures creuses"),
    ("origin_hidden", True, "origin_hidden", True),
    ("traits", {"chest_cm": "96", "cleaned": "yes", "size_label": " M ", "wearer": "woman"}, "traits",
     {"chest_cm": 96, "cleaned": True, "size_label": "M", "wearer": "woman"}),
    ("traits", {"shoe_size": "42,5", "wearer": "", "cleaned": None}, "traits", {"shoe_size": 42.5}),
    ("traits", {"thickness_mm": 0.3, "tested_on": "2026-10-01"}, "traits",
     {"thickness_mm": 0.3, "tested_on": "2026-10-01"}),
    ("traits", None, "traits", {}),
]  # fmt: skip

REFUSED = [
    ("title", "x" * 141), ("title", "a\0b"), ("title", "a\x1bb"), ("title", "\ud800"), ("title", ["a"]), ("title", 3),
    ("description", "x" * 10_001), ("description", {"a": 1}),
    ("category", "nowhere"), ("category", ["flats"]),
    ("modes", "donate"), ("modes", ["steal"]), ("modes", [["donate"]]), ("modes", ["donate"] * 51),
    ("quantity", "-1"), ("quantity", 0), ("quantity", "0"), ("quantity", "NaN"), ("quantity", float("nan")),
    ("quantity", float("inf")), ("quantity", "Infinity"), ("quantity", "1e30"), ("quantity", 10**30),
    ("quantity", 10**5000), ("quantity", 1e30), ("quantity", "1000001"), ("quantity", "0.0001"), ("quantity", True),
    ("quantity", [1]), ("quantity", "１２"), ("quantity", Decimal("NaN")), ("quantity", "9" * 500),
    ("unit", "furlong"), ("condition", "mint"), ("mass_source", "said"),
    ("length_cm", "1.5"), ("length_cm", 0), ("length_cm", 20_001), ("length_cm", "-4"),
    ("mass_kg", "0.0001"), ("mass_kg", 0), ("mass_kg", "100001"), ("mass_kg", "douze"),
    ("price_cents", "0"), ("price_cents", -1), ("price_cents", 1.5), ("price_cents", 100_000_001),
    ("weekly_rate_cents", 0),
    ("materials", [{"key": "plywood", "share": 99}]), ("materials", [{"key": "plywood", "share": 101}]),
    ("materials", [{"key": "plywood", "share": 50}] * 2), ("materials", [{"key": "gold", "share": 100}]),
    ("materials", [{"key": "plywood"}]), ("materials", ["plywood"]), ("materials", {"plywood": 100}),
    ("materials", [{"key": "plywood", "share": 100, "x": 1}]), ("materials", [{"key": ["a"], "share": 100}]),
    ("colours", ["ultraviolet"]), ("period", "x" * 41), ("fire_rating", "x" * 21),
    ("lat", 91), ("lat", "nord"), ("lon", 181), ("lat", float("nan")), ("lat", True),
    ("available_from", "2026-02-30"), ("available_from", "1999-12-31"), ("available_from", "2100-01-01"),
    ("available_from", "demain"), ("available_from", 20260101), ("gone_by", ["2026-01-01"]),
    ("visibility", "secret"), ("partners_on", "bientôt"), ("public_on", "2026-02-30"),
    ("handling", "fort"), ("handling", {"people": 51}), ("handling", {"people": 0}), ("handling", {"crane": True}),
    ("handling", {"vehicle": "rocket"}), ("handling", {"dismantling": "maybe"}),
    ("traits", "grand"), ("traits", {"moon": 1}), ("traits", {"chest_cm": 96.5}), ("traits", {"chest_cm": 0}),
    ("traits", {"chest_cm": "large"}), ("traits", {"shoe_size": 42.3}), ("traits", {"wearer": "dog"}),
    ("traits", {"wearer": ["woman"]}), ("traits", {"cleaned": "maybe"}), ("traits", {"tested_on": "hier"}),
    ("traits", {"size_label": "x" * 13}), ("traits", {str(n): n for n in range(99)}),
    ("traits", {"load_kg": float("nan")}),
    ("made_for", "x" * 161), ("origin_hidden", "peut-être"),
    ("site", "../../etc"), ("site", 3), ("origin_production", "ABC"),
    ("id", "x"), ("state", "published"), ("organisation", "x"), ("photos", []), ("published_at", "x"), ("hidden_at", 1),
]  # fmt: skip


@pytest.mark.parametrize(("name", "raw", "column", "value"), TAKEN)
def test_what_is_taken(name, raw, column, value):
    values, errors = rules.parse_fields({name: raw})
    assert errors == {}
    assert values[column] == value


@pytest.mark.parametrize(
    ("name", "raw"), REFUSED, ids=lambda value: value[:20] if isinstance(value, str) else type(value).__name__
)
def test_what_is_refused_is_said_beside_its_field(name, raw):
    values, errors = rules.parse_fields({name: raw})
    assert [key.split(".")[0] for key in errors] == [name]
    assert all(isinstance(text, str) and text.endswith((".", "»")) for texts in errors.values() for text in texts)
    column = READERS[name][0] if name in READERS else name
    assert column not in values


def test_an_error_inside_handling_names_its_place():
    assert list(rules.parse_fields({"handling": {"people": 99}})[1]) == ["handling.people"]


def test_a_field_that_is_not_sent_is_not_touched():
    assert rules.parse_fields({}) == ({}, {})


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"quantity": "1,5", "unit": "piece"}, "quantity"),
        ({"quantity": "1,5", "unit": "lot"}, "quantity"),
        ({"quantity": "2.25", "unit": "portion"}, "quantity"),
        ({"available_from": "2026-03-02", "gone_by": "2026-03-02"}, "gone_by"),
        ({"available_from": "2026-03-02", "gone_by": "2026-03-01"}, "gone_by"),
        ({"lat": 45.0, "lon": None}, "lon"),
    ],
)
def test_values_that_do_not_go_together(raw, field):
    assert list(rules.parse_fields(raw)[1]) == [field]


def test_half_a_metre_is_fine():
    assert rules.parse_fields({"quantity": "1,5", "unit": "m"})[1] == {}


def test_a_mass_without_a_source_is_an_estimate_and_given_materials_are_confirmed():
    values, _errors = rules.parse_fields({"mass_kg": "3", "materials": [{"key": "plywood", "share": 100}]})
    assert (values["mass_source"], values["materials_confirmed"]) == ("estimated", True)


COMPLETE = {
    "title": "Chaise", "category_key": "chair", "modes": ["donate"], "quantity": Decimal(1), "unit": "piece",
    "condition": "good", "site_id": 1, "lat": None, "lon": None,
}  # fmt: skip
LACKING = [
    ({}, []),
    ({"title": ""}, ["title"]),
    ({"category_key": None}, ["category"]),
    ({"modes": []}, ["modes"]),
    ({"modes": None}, ["modes"]),
    ({"quantity": None}, ["quantity"]),
    ({"quantity": Decimal(0)}, ["quantity"]),
    ({"unit": None}, ["unit"]),
    ({"condition": None}, ["condition"]),
    ({"site_id": None}, ["site"]),
    ({"site_id": None, "lat": 1.0}, ["site"]),
    ({"site_id": None, "lat": 1.0, "lon": 2.0}, []),
    ({"modes": ["sell"]}, ["price_cents"]),
    ({"modes": ["rent"]}, ["weekly_rate_cents"]),
    ({"modes": ["rent", "sell"], "price_cents": 5, "weekly_rate_cents": 5}, []),
]


@pytest.mark.parametrize(("change", "missing"), LACKING)
def test_what_publishing_misses(change, missing):
    assert rules.missing_to_publish({**COMPLETE, **change}) == missing
    assert all(rules.missing_sentence(name) for name in missing)


def test_an_empty_listing_misses_everything_that_is_required():
    assert rules.missing_to_publish({}) == ["title", "category", "quantity", "unit", "condition", "modes", "site"]


def test_what_cannot_go_out_although_complete():
    today = date(2026, 11, 12)
    assert rules.refused_to_publish(COMPLETE, today) == {}
    assert list(rules.refused_to_publish({**COMPLETE, "gone_by": today}, today)) == ["gone_by"]
    food = next(iter(taxonomy.branch("food") - {"food"}))
    assert list(rules.refused_to_publish({**COMPLETE, "category_key": food}, today)) == ["category"]


STATES = ("draft", "published", "exhausted", "withdrawn", "expired")
ALLOWED = {
    "publish": {"draft", "withdrawn", "expired", "exhausted"},
    "withdraw": {"published", "exhausted", "expired"},
    "expire": {"published"},
    "exhaust": {"published"},
}


@pytest.mark.parametrize("act", ALLOWED)
@pytest.mark.parametrize("state", STATES)
def test_the_life_of_a_listing(act, state):
    assert rules.may(act, state) == (state in ALLOWED[act])


def test_a_category_proposes_what_is_usual_and_says_it_is_a_guess():
    assert rules.propose("flat_panel") == {
        "unit": "piece", "length_cm": 120, "width_cm": 7, "height_cm": 300, "mass_grams": 17900,
        "mass_source": "guessed", "materials": [{"key": "plywood", "share": 50}, {"key": "softwood", "share": 50}],
        "materials_confirmed": False,
    }  # fmt: skip


@pytest.mark.parametrize("key", ["flats", "nowhere", None])
def test_nothing_is_usual_for_a_branch(key):
    assert rules.propose(key) == {}


@pytest.mark.parametrize("key", [key for key, category in taxonomy.categories().items() if category.unit])
def test_every_proposal_could_be_typed(key):
    proposed = rules.propose(key)
    raw = {
        "unit": proposed["unit"],
        "mass_kg": None if proposed["mass_grams"] is None else Decimal(proposed["mass_grams"]) / 1000,
        "materials": proposed["materials"],
        **{name: proposed[name] for name in ("length_cm", "width_cm", "height_cm")},
    }
    assert rules.parse_fields(raw)[1] == {}


def test_guesses_fill_gaps_and_never_what_somebody_knows():
    typed = {
        "category_key": "flat_panel", "unit": "lot", "length_cm": None, "width_cm": 5, "height_cm": None,
        "mass_grams": 9000, "mass_source": "weighed", "materials": [{"key": "mdf", "share": 100}],
        "materials_confirmed": True,
    }  # fmt: skip
    assert rules.fill_guesses(typed) == {"length_cm": 120, "height_cm": 300}
    guessed = {**typed, "mass_source": "guessed", "materials_confirmed": False}
    assert rules.fill_guesses(guessed)["mass_grams"] == 17900


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.just("9" * 5000),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*READERS, "handling", "state", "x"]), JSON, max_size=8))
def test_any_json_gives_values_or_sentences(raw):
    values, errors = rules.parse_fields(raw)
    assert all(isinstance(text, str) for texts in errors.values() for text in texts)
    for name in errors:
        column = READERS[name][0] if name in READERS else name
        assert column not in values
    assert rules.missing_to_publish(values) is not None


@given(st.text(string.printable + "é\u202f\u00a0，٣", max_size=20))
def test_a_quantity_is_a_plain_positive_number_to_the_thousandth(text):
    values, errors = rules.parse_fields({"quantity": text})
    if not errors and values["quantity"] is not None:
        assert Decimal("0.001") <= values["quantity"] <= 1_000_000
        assert values["quantity"] * 1000 == int(values["quantity"] * 1000)


@given(st.lists(st.tuples(st.sampled_from(sorted(taxonomy.materials())), st.integers(-5, 120)), max_size=5))
def test_materials_sum_to_a_hundred_or_are_refused(pairs):
    values, errors = rules.parse_fields({"materials": [{"key": key, "share": share} for key, share in pairs]})
    fine = len({key for key, _ in pairs}) == len(pairs) and all(1 <= share <= 100 for _, share in pairs)
    fine = fine and sum(share for _, share in pairs) in (100, 0)
    assert (errors == {}) == fine
    assert errors or sum(one["share"] for one in values["materials"]) in (0, 100)
