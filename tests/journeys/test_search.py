"""Looking for something: with a mistyped word, a suggestion, filters and the map, by keyboard and by thumb."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from marketplace.core.db import db
from tests.factories import make_listing
from tests.journeys.conftest import make_side


@pytest.fixture
def armchairs(stage, word):
    """Some to give and some to sell, their words counted as the worker does from time to time."""
    house = make_side(word, "Bruno")[1]
    for number, modes in enumerate((["donate"], ["donate", "sell"], ["sell"])):
        make_listing(house, f"Fauteuil {number}", category_key="armchair", modes=modes, price_cents=4000)
    db.session.remove()
    assert stage.test_cli_runner().invoke(args=["index", "rebuild"]).exit_code == 0


@pytest.mark.parametrize("desk", [False, True], ids=["phone", "desk"])
def test_from_half_a_word_to_a_point_of_the_map_and_back(enter, stage, armchairs, desk):
    emma = enter("Emma", desk=desk)
    page = emma.page
    emma.visits("/")
    page.locator("#q").press_sequentially("fauteu", delay=30)
    offered = page.get_by_role("listbox", name="Quoi")
    expect(offered.get_by_role("option").first).to_contain_text("fauteuil")
    emma.looks()
    page.keyboard.press("Escape")
    expect(offered).to_be_hidden()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#q")).to_have_attribute("aria-activedescendant", re.compile("."))
    page.locator("#q").fill("fauteiul")
    with page.expect_navigation():
        page.keyboard.press("Enter")  # what was typed is sent, whatever was offered
    emma.looks()
    emma.reads("Résultats pour")
    before = page.locator("#liste .card").count()
    assert before > 0

    # a colour and a way of having it, among counts that are those of the list
    if not desk:
        page.get_by_role("button", name="Filtres", exact=True).click()
    column = page.locator("#filtres")
    expect(column.locator("#filtres-nombre")).to_contain_text(f"{before} annonce")
    emma.looks()
    column.get_by_text("Couleur", exact=True).click()
    column.get_by_text("Recevoir en don", exact=True).click()
    emma.presses("Voir les annonces", column)
    chip = page.get_by_role("list", name="Filtres en cours").get_by_role("link")
    expect(chip).to_have_count(1)
    listed = page.locator("#liste .card").count()
    assert 0 < listed <= before

    # the map holds the same, by keyboard too
    emma.follows("Carte")
    assert "mode=donate" in page.url
    spots = page.locator(".spot")
    expect(spots.first).to_be_visible()
    held = sum(int(re.sub(r"\D", "", text) or 0) for text in page.locator(".spot span").all_inner_texts())
    assert held == listed
    emma.looks()
    spots.first.focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(600)
    emma.looks()

    page.go_back()
    expect(page.locator("#q")).to_have_value("fauteiul")
    expect(page.get_by_role("list", name="Filtres en cours").get_by_role("link")).to_have_count(1)
    emma.follows(re.compile("tel quel"))
    assert "exact=1" in page.url


def test_coming_back_the_filters_are_those_of_the_list(enter, stage, word):
    """The counted groups stand in another order than the page came with: a browser must not put a tick elsewhere."""
    house = make_side(word, "Bruno")[1]
    for number, colour in enumerate(("blue", "blue", "green")):
        make_listing(house, f"Buffet {word} {number}", colours=[colour])
    emma = enter("Emma")
    page = emma.page
    emma.visits(f"/annonces?q={word}")
    filters = page.locator("#filtres")
    page.get_by_role("button", name="Filtres", exact=True).click()
    expect(filters.locator("#filtres-nombre")).to_contain_text("3 annonces")
    filters.get_by_text("Couleur", exact=True).click()
    filters.get_by_text("bleu", exact=True).click()
    emma.presses("Voir les annonces", filters)
    expect(page.locator("#liste .card")).to_have_count(2)
    page.go_back()
    expect(page.locator("#liste .card")).to_have_count(3)
    page.get_by_role("button", name="Filtres", exact=True).click()
    expect(filters.locator("#filtres-nombre")).to_contain_text("3 annonces")
    assert filters.locator("input[type=checkbox]:checked").count() == 0
    page.keyboard.press("Escape")
    page.locator("#q").fill("")
    page.locator("#q").press_sequentially("villeurb", delay=30)
    with page.expect_navigation():
        page.get_by_role("option", name="Villeurbanne (69)").click()
    assert urlsplit(page.url).query == "near=69100+Villeurbanne", "nothing else was asked"


def test_a_phone_shows_results_before_it_asks_for_dates(enter, stage, word):
    make_listing(make_side(word, "Bruno")[1], f"Commode {word}")
    emma = enter("Emma")
    emma.visits(f"/annonces?q={word}")
    expect(emma.page.locator("#from")).to_be_hidden()
    first = emma.page.locator("#liste .card").first.bounding_box()
    assert first is not None and first["y"] < 740, "the first result is on the first screen"
    emma.page.get_by_label("Préciser la quantité et les dates").check()
    emma.page.locator("#from").fill("2027-03-01")
    emma.presses("Chercher")
    expect(emma.page.locator("#from")).to_be_visible()
    emma.visits(f"/annonces?q={word}&to=hier")
    expect(emma.page.locator("#to-e")).to_be_visible()


def test_without_script_filters_are_a_page(enter, stage, word):
    house = make_side(word, "Bruno")[1]
    make_listing(house, f"Banc {word}", colours=["red"])
    make_listing(house, f"Banc {word} vert", colours=["green"])
    emma = enter("Emma", script=False)
    emma.visits(f"/annonces?q={word}&view=map")
    assert emma.page.locator("#liste .card").count() == 2, "the list is there without the map"
    emma.page.get_by_role("button", name="Filtres", exact=True).click()
    with emma.page.expect_navigation():
        emma.page.get_by_role("link", name=re.compile("Filtrer, avec")).click()
    emma.page.locator("summary", has_text="Couleur").click()
    emma.page.get_by_text("rouge", exact=True).click()
    with emma.page.expect_navigation():
        emma.page.get_by_role("button", name="Voir les annonces").click()
    expect(emma.page.locator("#liste .card")).to_have_count(1)


@pytest.mark.parametrize("path", ["/", "/annonces", "/annonces?view=map"])
def test_a_first_visit_is_light(enter, path):
    """At most 150 kB travel before anything is shown, photos apart; the map brings its library and its ground."""
    emma = enter("Emma")
    session = emma.context.new_cdp_session(emma.page)
    session.send("Network.enable")
    addresses: dict[str, str] = {}
    weights: dict[str, float] = {}
    session.on("Network.responseReceived", lambda said: addresses.update({said["requestId"]: said["response"]["url"]}))
    session.on("Network.loadingFinished", lambda said: weights.update({said["requestId"]: said["encodedDataLength"]}))
    emma.visits(path)
    emma.page.wait_for_load_state("networkidle")
    found = {addresses[one]: weight for one, weight in weights.items() if one in addresses}
    kept = {url: weight for url, weight in found.items() if "/photos/" not in url and "/drawings/" not in url}
    total = sum(kept.values())
    limit = 150_000 if "map" not in path else 220_000
    heaviest = sorted(kept.items(), key=lambda one: -one[1])[:6]
    assert 10_000 < total <= limit, f"{total:.0f} bytes: {heaviest}"
