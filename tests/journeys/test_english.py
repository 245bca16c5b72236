"""In English: the pages of a visitor say nothing in French, and the choice stays."""

import re

import pytest
from playwright.sync_api import expect

from tests.factories import make_listing
from tests.journeys.conftest import make_side

PAGES = (
    "/",
    "/annonces",
    "/carbone/methode",
    "/carbone/facteurs",
    "/connexion",
    "/inscription",
    "/mot-de-passe-oublie",
)
FRENCH = re.compile(r"\b(vous|votre|annonces|chercher|les|des|une|avec|pour)\b", re.IGNORECASE)


@pytest.fixture
def reader(enter):
    return enter("Emma", desk=True)


def test_the_language_is_chosen_once(reader, stage, word):
    listing = make_listing(make_side(word, "Bruno")[1], f"Flats {word}")
    reader.visits("/?lang=en")
    expect(reader.page.locator("html")).to_have_attribute("lang", "en")
    reader.visits(f"/annonces/{listing.public_id}")
    expect(reader.page.locator("html")).to_have_attribute("lang", "en")
    reader.follows("Français")
    expect(reader.page.locator("html")).to_have_attribute("lang", "fr")


@pytest.mark.parametrize("path", PAGES)
def test_a_visitor_s_pages_are_in_english(reader, path):
    """Only what frames the page: its menu, heading, labels and buttons. Stock and factors keep their own words."""
    reader.visits(f"{path}?lang=en")
    texts = reader.page.locator("nav a, h1, label, button, .ask label").all_inner_texts()
    french = [text for text in texts if FRENCH.search(text)]
    assert not french, french
