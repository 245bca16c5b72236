"""Defaults and who hears of what."""

import pytest

from marketplace.messaging import rules, texts


def test_each_kind_is_shown_in_the_product_and_has_words():
    for kind in rules.KINDS:
        assert rules.wanted_by_default(kind, "product")
    assert set(texts.NAMES) == set(rules.KINDS) == set(texts._WORDS) - set(rules.ALWAYS)
    assert set(texts.CHANNELS) == set(rules.CHANNELS)


def test_an_unknown_kind_is_a_defect():
    with pytest.raises(KeyError):
        rules.wanted_by_default("weather", "email")


@pytest.mark.parametrize(
    ("kind", "chosen", "channels"),
    [
        ("exchange_requested", {}, ("product", "email")),
        ("exchange_requested", {"email": False}, ("product",)),
        ("exchange_requested", {"product": False, "email": False}, ()),
        ("invitation_accepted", {}, ("product",)),
        ("invitation_accepted", {"email": True}, ("product", "email")),
        ("meal_recalled", {"product": False, "email": False}, ("product", "email")),
    ],
)
def test_choices_go_before_defaults(kind, chosen, channels):
    assert rules.channels_for(kind, chosen) == channels


@pytest.mark.parametrize(
    ("mover", "told"),
    [
        ("provider", ("receiver",)),
        ("receiver", ("provider",)),
        ("moderator", ("provider", "receiver")),
        ("product", ("provider", "receiver")),
    ],
)
def test_the_other_side_is_told(mover, told):
    assert rules.sides_told(mover) == told


@pytest.mark.parametrize(
    ("text", "problem"), [("", "empty"), (" \n ", "empty"), ("x" * 4000, None), ("x" * 4001, "long"), ("Oui.", None)]
)
def test_what_can_be_sent(text, problem):
    assert rules.message_problem(text) == problem


def test_excerpts_are_short_and_on_one_line():
    assert rules.excerpt("Bonjour\n\n  à vous") == "Bonjour à vous"
    long = rules.excerpt("mot " * 200)
    assert len(long) <= 280
    assert long.endswith("…")
