"""What comes after the results: counts beside the filters, words while one types. They say the same as the page."""

import re

import pytest

from marketplace.search import vocabulary
from tests.factories import make_listing, make_organisation

pytestmark = pytest.mark.both_databases


@pytest.fixture
def shop(app):
    house = make_organisation("Le Contrechamp")
    for number in range(4):
        make_listing(house, f"Fauteuil {number}", category_key="armchair", colours=["green"] if number else ["red"])
    make_listing(house, "Feuille de décor 3 m")
    vocabulary.rebuild()
    return house


def counts_of(html: str) -> dict[str, str]:
    """What stands beside each choice, by its words."""
    found = re.findall(r"<span>([^<]+)</span><span class=\"num\">([^<]*)</span>", html)
    return {words.strip(): number for words, number in found}


def text(answer) -> str:
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_the_page_comes_without_counts_and_asks_for_them(client, shop):
    page, piece = text(client.get("/annonces?q=fauteuil")), text(client.get("/annonces/filtres?q=fauteuil&piece=1"))
    assert set(counts_of(page).values()) == {""}
    assert counts_of(piece)["vert"] == "3" and counts_of(piece)["rouge"] == "1"
    assert counts_of(piece)["Mobilier"] == "4"
    assert "<html" not in piece
    assert "4 annonces" in piece


def test_counts_are_those_of_the_results_also_where_the_words_were_put_right(client, shop):
    page = text(client.get("/annonces?q=fauteiul"))
    assert "Résultats pour" in page and "4 annonces" in page
    piece = text(client.get("/annonces/filtres?q=fauteiul&piece=1"))
    assert "4 annonces" in piece and counts_of(piece)["Mobilier"] == "4"
    as_typed = text(client.get("/annonces/filtres?q=fauteiul&exact=1&piece=1"))
    assert "Aucune annonce" in as_typed


def test_without_script_the_same_filters_are_a_page_that_keeps_what_was_typed(client, shop):
    html = text(client.get("/annonces/filtres?q=fauteiul&colour=red"))
    assert 'value="fauteiul"' in html and "<html" in html
    assert counts_of(html)["vert"] == "3", "a filter's own choice does not narrow its own counts"
    assert counts_of(html)["Mobilier"] == "1"


def test_what_is_wrong_in_a_filter_is_said_where_a_phone_shows_it(client, shop):
    html = text(client.get("/annonces?max_price=beaucoup"))
    assert html.count("Donnez un prix en euros") == 2, "beside the field, and above the list on a phone"
    assert 'aria-invalid="true" aria-describedby="max_price-e"' in html


def test_words_categories_and_places_are_offered(client, shop):
    make_listing(shop, "Villeurbanne sur toile")
    offered = (("fauteu", "mot", "fauteuil"), ("armoi", "rayon", "Armoire"), ("villeur", "lieu", "Villeur"))
    for typed, kind, said in offered:
        items = client.get(f"/annonces/suggestions?q={typed}").get_json()["items"]
        assert any(item["kind"] == kind and item["text"].startswith(said) for item in items), items
        for item in items:
            assert ("value" in item) != ("url" in item)
            if "url" in item:
                assert client.get(item["url"]).status_code == 200


def test_places_for_the_place_field(client, shop):
    found = client.get("/annonces/suggestions?field=near&q=villeurb").get_json()
    assert found["items"][0]["value"].endswith("Villeurbanne")
    assert "suggestion" in found["words"]


def test_nothing_one_types_breaks_them(client, shop):
    for typed in ("", "f", "%00", "%ED%A0%80", "x" * 500, "' OR 1=1 --", "🪑", "((((", "%"):
        for field in ("q", "near"):
            status = client.get(f"/annonces/suggestions?field={field}&q={typed}").status_code
            assert status in (200, 400), (field, typed)


def test_both_search_forms_offer_them(client, shop):
    for path in ("/", "/annonces"):
        html = text(client.get(path))
        assert 'data-suggest="/annonces/suggestions?field=q"' in html and "js/suggestions.js" in html, path
