"""Noticing that a thing is said twice: by its words and its sizes, calmly, at a bounded price."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from marketplace.catalogue import duplicates
from marketplace.catalogue.duplicates import Thing, same
from marketplace.core.db import db
from tests import factories

NO_SIZE = (None, None, None)
CASES = [
    # title, category, sizes; twice; the same?
    (("24 chaises de bistrot, hêtre", "chair", NO_SIZE), ("Chaises bistrot hêtre", "chair", NO_SIZE), True),
    (("Chaise", "chair", NO_SIZE), ("Chaises", "chair", NO_SIZE), True),
    (("Chaise rouge", "chair", NO_SIZE), ("Fauteuil bleu", "chair", NO_SIZE), False),
    (("Chaise bistrot", "chair", NO_SIZE), ("Chaise bistrot", "stool", NO_SIZE), False),
    (("Chaise bistrot", None, NO_SIZE), ("Chaise bistrot", "stool", NO_SIZE), True),
    (("Feuille 3 m", "flat_panel", (120, 7, 300)), ("Feuille 3 m", "flat_panel", (118, 7, 305)), True),
    (("Feuille 3 m", "flat_panel", (120, 7, 300)), ("Feuille 3 m", "flat_panel", (60, 7, 300)), False),
    (("Feuille 3 m", "flat_panel", (120, None, 300)), ("Feuille 3 m", "flat_panel", NO_SIZE), True),
    (("", "chair", NO_SIZE), ("", "chair", NO_SIZE), False),
    (("Porte battante vitrée", "door_interior", NO_SIZE), ("Porte pleine ancienne", "door_interior", NO_SIZE), False),
]


@pytest.mark.parametrize(("one", "other", "alike"), CASES)
def test_what_looks_like_one_thing(one, other, alike):
    assert same(Thing("a", *one), Thing("b", *other)) is alike


sizes = st.tuples(*[st.none() | st.integers(1, 400)] * 3)
things = st.builds(
    Thing, st.text("ab", max_size=3), st.text(max_size=20), st.sampled_from(["chair", "stool", None]), sizes
)


@given(things, things)
def test_looking_alike_goes_both_ways(one, other):
    assert same(one, other) == same(other, one)


@pytest.mark.both_databases
def test_only_living_listings_of_the_same_house_are_noticed(org, stranger):
    other = db.session.get(factories.Organisation, stranger.organisation_id)
    twin = factories.make_listing(org, "Chaises bistrot")
    draft = factories.make_listing(org, "Chaise bistrot", published=False)
    factories.make_listing(org, "Chaise bistrot", state="withdrawn")
    factories.make_listing(other, "Chaise bistrot")
    new = factories.make_listing(org, "Chaise bistrot", published=False)
    found = duplicates.alike_listings(new)
    assert {one.public_id for one in found} == {twin.public_id, draft.public_id}


@pytest.mark.both_databases
def test_a_large_stock_costs_no_more_statements(org):
    for n in range(12):
        factories.make_listing(org, f"Chaise bistrot {n}")
    new = factories.make_listing(org, "Chaise bistrot", published=False)
    db.session.refresh(new)
    statements: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert len(duplicates.alike_by_words(new)) == duplicates.SHOWN
    assert len(statements) == 1
