"""Old pages, the back button, two quick clicks: what was done is done once, and what is refused says how things are."""

import re

import pytest

from marketplace.core.db import db
from marketplace.exchanges.models import Exchange, Move
from tests.factories import make_listing
from tests.journeys.conftest import make_side


@pytest.fixture
def sides(enter, stage, word):
    """Bruno, who gives; Alice, who asks; six flats between them."""
    giver, giving = make_side(word, "Bruno")
    asker, asking = make_side(word, "Alice", "production_company")
    listing = make_listing(giving, f"Feuilles {word}")
    path = f"/annonces/{listing.public_id}"
    bruno = enter("Bruno", app=stage, user=giver, acting=giving, desk=True)
    alice = enter("Alice", app=stage, user=asker, acting=asking)
    return alice, bruno, path, listing.id


def exchanges_about(listing_id):
    db.session.rollback()
    return [one for one in db.session.query(Exchange) if any(line.listing_id == listing_id for line in one.lines)]


def asks(alice, path, quantity="2"):
    alice.visits(path)
    alice.page.locator("#quantity").fill(quantity)
    alice.presses("Demander en don")
    return alice.page.url


def test_an_action_from_an_old_page_is_refused_with_the_present_state(sides):
    alice, bruno, path, _listing = sides
    address = asks(alice, path)
    bruno.visits(address)
    alice.visits(address)
    alice.page.locator("details#cancel > summary").click()
    alice.presses("Annuler l’échange")

    bruno.may_be_refused(409)
    bruno.presses("Accepter la demande")
    bruno.reads("rien n’a été enregistré")
    bruno.reads("Annulé")
    assert bruno.button("Accepter la demande").count() == 0


def test_what_was_typed_in_an_old_page_is_given_back(sides):
    alice, bruno, path, _listing = sides
    address = asks(alice, path)
    bruno.visits(address)
    alice.visits(address)
    alice.page.locator("details#cancel > summary").click()
    alice.presses("Annuler l’échange")
    bruno.may_be_refused(409)
    bruno.page.locator("details#decline > summary").click()
    bruno.page.locator("details#decline textarea").fill("Tout part à l’école de Nantes.")
    bruno.presses("Décliner la demande")
    bruno.reads("Tout part à l’école de Nantes.")


def test_going_back_after_asking_sends_nothing_and_shows_how_things_are_now(sides):
    alice, _bruno, path, listing = sides
    asks(alice, path)
    alice.page.go_back()
    alice.reads(re.compile(r"4\spièces à donner"))
    alice.page.go_forward()
    alice.reads("On attend")
    assert len(exchanges_about(listing)) == 1


def test_the_same_form_sent_from_a_copy_of_the_page_asks_once(sides):
    """Two tabs hold the same form, as after « duplicate this tab »: the second sending leads to the first exchange."""
    alice, _bruno, path, listing = sides
    alice.visits(path)
    key = alice.page.locator('[name="key"]').input_value()
    alice.presses("Demander en don")
    first = alice.page.url
    alice.visits(path)
    alice.page.locator('[name="key"]').evaluate("(field, key) => { field.value = key; }", key)
    alice.presses("Demander en don")
    assert alice.page.url == first
    assert len(exchanges_about(listing)) == 1


def test_reloading_what_answered_a_form_sends_nothing_again(sides):
    alice, _bruno, path, listing = sides
    asks(alice, path)
    alice.page.reload()
    alice.looks()
    assert len(exchanges_about(listing)) == 1


def test_two_quick_clicks_ask_once(sides):
    alice, _bruno, path, listing = sides
    alice.visits(path)
    with alice.page.expect_navigation(url=re.compile("/echanges/")):
        alice.button("Demander en don").dblclick()
    alice.page.wait_for_load_state("networkidle")
    assert len(exchanges_about(listing)) == 1


def test_two_quick_clicks_accept_once(sides):
    alice, bruno, path, listing = sides
    address = asks(alice, path)
    bruno.visits(address)
    bruno.may_be_refused(409)  # the second click finds it done
    with bruno.page.expect_navigation():
        bruno.button("Accepter la demande").dblclick()
    bruno.page.wait_for_load_state("networkidle")
    bruno.looks()
    [exchange] = exchanges_about(listing)
    accepted = db.session.query(Move).filter_by(exchange_id=exchange.id, move="accept").count()
    assert (exchange.state, accepted) == ("confirmed", 1)
