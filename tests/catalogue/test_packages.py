"""What each branch asks: the table holds together, values are kept as typed, the search finds them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.catalogue import packages, rules, taxonomy
from marketplace.catalogue.fields import READERS
from marketplace.catalogue.package_table import PACKAGES
from marketplace.core.text import analyse

ASKED = [
    ("flat_panel", ["height_cm", "fire_rating"], []),
    ("door_interior", [], ["handing", "frame_included", "opening_width_cm", "opening_height_cm"]),
    ("chair", [], ["seat_height_cm", "seats"]),
    ("wardrobe", [], []),
    ("lamp_table", [], ["voltage_v", "power_w", "plug", "tested_on"]),
    ("stage_drape", ["length_cm", "height_cm", "fire_rating"], ["fullness_percent"]),
    ("coat", ["period"], ["size_label", "size_system", "wearer", "chest_cm", "waist_cm", "hips_cm", "inside_leg_cm",
                          "cleaned"]),
    ("shoes", ["period"], ["shoe_size", "wearer", "cleaned"]),
    ("platform", ["height_cm"], ["load_kg_m2"]),
    ("plant_potted", ["height_cm"], ["plant_kind"]),
    ("board_plywood", ["length_cm", "height_cm"], ["thickness_mm", "grade"]),
    ("batten", ["length_cm"], ["section", "grade"]),
    ("gaffer_tape", [], ["use_before", "opened"]),
    ("meal_hot", [], []),
    ("nowhere", [], []),
    (None, [], []),
]  # fmt: skip


@pytest.mark.parametrize(("key", "columns", "questions"), ASKED)
def test_what_a_category_asks(key, columns, questions):
    package = packages.package_of(key)
    assert [one.name for one in package.columns] == columns
    assert [one.name for one in package.questions] == questions


def test_the_table_holds_together():
    assert set(PACKAGES) <= set(taxonomy.categories())
    for package in PACKAGES.values():
        assert all(column.name in READERS for column in package.columns)
        for question in package.questions:
            assert question.name not in READERS, "a trait has the name of a field"
            known = packages.questions()[question.name]
            assert (question.kind, question.unit, question.step, question.options) == (
                known.kind, known.unit, known.step, known.options
            )  # fmt: skip
            assert bool(question.options) == (question.kind == "choice")
            assert question.label.fr and question.label.en


ADVISED = [
    ({"category_key": "flat_panel"}, ["Hauteur", "Classement au feu"]),
    ({"category_key": "flat_panel", "height_cm": 300}, ["Classement au feu"]),
    ({"category_key": "flat_panel", "height_cm": 300, "fire_rating": "M1"}, []),
    ({"category_key": "coat", "traits": {}}, ["Taille de l’étiquette"]),
    ({"category_key": "coat", "traits": {"size_label": "M"}}, []),
    ({"category_key": "chair"}, []),
    ({}, []),
]


@pytest.mark.parametrize(("values", "missing"), ADVISED)
def test_what_the_trade_expects_is_a_remark(values, missing):
    assert [name.fr for name in packages.missing_advised(values)] == missing


def test_a_question_of_another_branch_is_refused_by_its_name():
    _values, errors = rules.parse_fields({"category": "chair", "traits": {"seats": 1, "chest_cm": 90}})
    assert list(errors) == ["traits.chest_cm"]


def test_another_category_keeps_what_both_ask():
    traits = {"wearer": "man", "shoe_size": 43, "cleaned": True}
    assert packages.kept("coat", traits) == {"wearer": "man", "cleaned": True}
    assert packages.kept("chair", traits) == {}


WORDS = [
    ("door_interior", {"handing": "left", "frame_included": True}, {"gauche", "huisserie", "frame"}),
    ("coat", {"size_label": "XL", "wearer": "woman", "chest_cm": 96}, {"xl", "femme", "woman"}),
    ("board_plywood", {"thickness_mm": 18, "grade": "CTBX"}, {"18", "mm", "ctbx"}),
    ("shoes", {"shoe_size": 42.5}, {"42", "5"}),
    ("chair", {"chest_cm": 96}, set()),
    ("chair", {}, set()),
]


@pytest.mark.parametrize(("key", "traits", "found"), WORDS)
def test_what_traits_are_searched_by(key, traits, found):
    assert set(analyse(" ".join(found))) <= set(packages.trait_words(key, traits).split())
    if not found:
        assert packages.trait_words(key, traits) == ""


@given(st.data())
def test_what_was_kept_is_read_back_the_same(data):
    question = data.draw(st.sampled_from(sorted(packages.questions().values(), key=lambda one: one.name)))
    raw = data.draw(
        st.sampled_from(sorted(question.options))
        if question.options
        else st.sampled_from(["yes", "no", "7", "12,5", "0,3", "2026-03-01", " a ", "", "150"])
    )
    try:
        value = question.read(raw)
    except packages.Wrong:
        return
    assert question.read(value) == value
