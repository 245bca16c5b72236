"""What comes nearest where few listings hold every word."""

import pytest

from marketplace.core.text import parse_query
from marketplace.search.nearly import ENOUGH, nearly_listings
from marketplace.search.queries import find_listings
from marketplace.search.requests import SearchRequest
from tests.factories import make_listing, make_organisation

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def shop(app):
    return make_organisation("Le Contrechamp")


def _stock(shop, *titles: str, **values) -> None:
    for title in titles:
        make_listing(shop, title, **{"category_key": "other_item", "description": "", "materials": [], **values})


def _ask(words: str, **values) -> tuple[list[str], list[str]]:
    request = SearchRequest(q=words, words=parse_query(words), **values)
    rows = find_listings(request, None).rows
    return [row.title for row in rows], [row.title for row in nearly_listings(request, rows, None)]


def test_listings_with_most_of_the_words_come_before_those_with_one(shop):
    _stock(shop, "Lampe de bureau vintage", "Lampe de bureau articulée", "Lampe tempête", "Parapluie")
    found, nearly = _ask("lampe bureau vintage")
    assert found == ["Lampe de bureau vintage"]
    assert nearly[0] == "Lampe de bureau articulée"
    assert "Lampe tempête" in nearly
    assert "Parapluie" not in nearly


def test_whoever_names_a_set_is_shown_what_one_finds_there(shop):
    _stock(shop, "Grille à barreaux", "Couvertures grises", "Transat")
    found, nearly = _ask("de quoi faire un mur de prison")
    assert found == []
    assert "Grille à barreaux" in nearly
    assert "Transat" not in nearly


def test_a_decade_is_one_thing(shop):
    _stock(shop, "Radio années 50", "Malle des années folles", "Câble 50 m")
    _found, nearly = _ask("lavabo années 50")
    assert nearly == ["Radio années 50"]


def test_what_is_left_out_or_filtered_stays_so(shop):
    _stock(shop, "Chaise rouge", "Chaise plastique", modes=["donate"])
    assert _ask("chaise bleue -plastique") == ([], ["Chaise rouge"])
    assert _ask("chaise bleue", modes=("rent",)) == ([], [])


def test_nothing_is_added_to_a_full_list_nor_under_another_order(shop):
    _stock(shop, *(f"Chaise rouge {number}" for number in range(ENOUGH)), "Chaise verte")
    assert _ask("chaise rouge")[1] == []
    assert _ask("chaise verte", sort="newest")[1] == []


def test_what_may_not_be_seen_is_not_near_either(shop):
    _stock(shop, "Chaise rouge", visibility="organisation")
    assert _ask("chaise bleue") == ([], [])
