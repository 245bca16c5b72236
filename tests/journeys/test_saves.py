"""The publish page saves a draft by itself: whoever presses a button meanwhile never meets their own save."""

import pytest
from playwright.sync_api import expect

from marketplace.catalogue.models import Listing
from marketplace.core.db import db
from tests.journeys.conftest import make_side


def saves_itself(request):
    return request.method == "POST" and request.headers.get("accept") == "application/json"


class Save:
    """The next save that the page makes by itself: it reaches the server, its answer waits here."""

    def __init__(self, person):
        self.person = person
        self.held = None
        self.pressed = []  # what buttons sent
        person.page.on("request", self._asked)
        person.page.route(lambda url: "/publier" in url, self._hold)

    def _asked(self, request):
        if request.method == "POST" and request.is_navigation_request():
            self.pressed.append(request)

    def _hold(self, route):
        if self.held is None and saves_itself(route.request):
            self.held = "under way"
            answer = route.fetch()
            self.held = (route, answer)
        else:
            route.continue_()

    def has_arrived(self):
        self.person.waits_until(lambda: isinstance(self.held, tuple), "the page saves")

    def is_answered(self):
        route, answer = self.held
        route.fulfill(response=answer)

    def is_lost(self):
        route, _answer = self.held
        route.abort("internetdisconnected")


@pytest.fixture
def alice(enter, stage, word):
    user, house = make_side(word, "Alice")
    alice = enter("Alice", app=stage, user=user, acting=house)
    alice.visits("/publier")
    return alice


def describes(alice, word):
    alice.types("Titre", f"Pendrillons {word}")
    alice.page.locator("#category").select_option("stage_drape")
    expect(alice.page.locator("#unit")).not_to_have_value("")
    alice.page.locator("#quantity").fill("3")
    alice.ticks("État", "bon")
    alice.ticks("Vous les", "donnez")
    expect(alice.page.locator("#before")).to_contain_text("kgCO2e")
    expect(alice.page.locator("#before")).not_to_contain_text("Il manque encore")


def titles(word):
    db.session.rollback()
    found = db.session.query(Listing).filter(Listing.title.contains(word))
    return sorted((one.title, one.state) for one in found)


def test_publishing_waits_for_the_save_under_way(alice, word):
    describes(alice, word)
    save = Save(alice)
    alice.types("Titre", f"Pendrillons {word} doublés")
    alice.page.locator("#title").blur()
    save.has_arrived()
    alice.button("Publier l’annonce").click()
    alice.button("Publier l’annonce").click()  # and again, as nothing seems to happen
    assert save.pressed == []
    save.is_answered()
    alice.reads("L’annonce est publiée")
    assert titles(word) == [(f"Pendrillons {word} doublés", "published")]


def test_the_first_save_and_a_button_make_one_draft(alice, word):
    save = Save(alice)
    alice.types("Titre", f"Malle {word}")
    alice.page.locator("#title").blur()
    save.has_arrived()
    alice.button("Enregistrer le brouillon").click()
    save.is_answered()
    alice.reads("C’est gardé")
    assert titles(word) == [(f"Malle {word}", "draft")]


def test_a_save_whose_answer_was_lost_stands_in_nobody_s_way(alice, word):
    describes(alice, word)
    save = Save(alice)
    alice.types("Titre", f"Pendrillons {word} doublés")
    alice.page.locator("#title").blur()
    save.has_arrived()
    save.is_lost()
    expect(alice.page.locator("#saved")).to_contain_text("Pas encore gardé")
    alice.page.locator("#quantity").fill("4")
    alice.button("Publier l’annonce").click()
    alice.reads("L’annonce est publiée")
    alice.reads("4 pièces")
    assert titles(word) == [(f"Pendrillons {word} doublés", "published")]
    alice.complaints[:] = [line for line in alice.complaints if "ERR_INTERNET_DISCONNECTED" not in line]
