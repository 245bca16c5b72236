"""What is found, in which order, by whom, and how many are said to be there."""

from datetime import date
from decimal import Decimal

import pytest
from werkzeug.datastructures import MultiDict

from marketplace.core.db import db, transaction
from marketplace.search import queries
from marketplace.search.queries import alike_listings, find_listings, newest_listings
from marketplace.search.requests import SearchRequest
from tests.factories import actor_of, add_member, make_listing, make_organisation, make_user, owner_of

pytestmark = pytest.mark.both_databases


def titles(reader=None, **asked) -> list[str]:
    return [row.title for row in page(reader, **asked).rows]


def page(reader=None, **asked):
    asked = {name.rstrip("_"): value for name, value in asked.items()}
    return find_listings(SearchRequest.from_args(MultiDict(asked)), reader)


@pytest.fixture
def shop(app):
    return make_organisation("Le Contrechamp")


def test_words_in_any_form_and_by_what_the_trade_calls_it(shop):
    make_listing(shop, "Châssis entoilés 3 m", category_key="flat_fabric")
    make_listing(shop, "Fauteuils club en cuir", category_key="armchair", description="Deux fauteuils patinés.")
    assert titles(q="chassis entoile") == ["Châssis entoilés 3 m"]
    assert titles(q="FAUTEUIL") == ["Fauteuils club en cuir"]
    assert titles(q="armchair") == ["Fauteuils club en cuir"]  # the category's English name
    assert titles(q="patiné") == ["Fauteuils club en cuir"]
    assert titles(q="armch*") == ["Fauteuils club en cuir"]
    assert titles(q="fauteuil chassis") == []
    assert set(titles(q="fauteuil OU chassis")) == {"Châssis entoilés 3 m", "Fauteuils club en cuir"}
    assert titles(q="-fauteuil") == ["Châssis entoilés 3 m"]
    assert titles(q="cuir -club") == []
    assert titles(q='"club en cuir"') == ["Fauteuils club en cuir"]
    assert titles(q='"cuir club"') == []


def test_a_title_weighs_more_than_a_description(shop):
    make_listing(shop, "Lot de lampes", category_key="other", description="Avec un tabouret.")
    make_listing(shop, "Tabouret de bar", category_key="other", description="Avec deux lampes.")
    assert titles(q="tabouret") == ["Tabouret de bar", "Lot de lampes"]
    assert titles(q="lampe") == ["Lot de lampes", "Tabouret de bar"]


def test_a_branch_holds_its_leaves(shop):
    make_listing(shop, "Feuille", category_key="flat_panel")
    make_listing(shop, "Fauteuil", category_key="armchair")
    assert titles(category="flats") == ["Feuille"]
    assert titles(category="flat_panel") == ["Feuille"]
    assert titles(category="flat_fabric") == []
    assert len(titles(category="no_such_thing")) == 2


def test_modes_conditions_and_dates(shop):
    make_listing(shop, "Donnée", modes=["donate"], condition="to_repair", gone_by=date(2026, 12, 1))
    make_listing(shop, "Louée", modes=["rent"], condition="very_good", available_from=date(2026, 12, 10))
    make_listing(shop, "Vendue", modes=["sell", "rent"], condition="new")
    assert set(titles(mode="rent")) == {"Louée", "Vendue"}
    assert set(titles(mode=["donate", "sell"])) == {"Donnée", "Vendue"}
    assert set(titles(condition="good")) == {"Louée", "Vendue"}
    assert titles(condition="new") == ["Vendue"]
    assert set(titles(from_="2026-11-20")) == {"Donnée", "Vendue"}
    assert set(titles(from_="2026-12-01")) == {"Vendue"}  # gone that morning
    assert set(titles(from_="2026-12-10", to="2026-12-20")) == {"Louée", "Vendue"}
    assert set(titles(to="2026-12-10")) == {"Donnée", "Louée", "Vendue"}


def test_what_went_is_not_shown_even_before_the_job_ends_it(shop, clock):
    make_listing(shop, "Part bientôt", gone_by=date(2026, 11, 13))
    assert titles() == ["Part bientôt"]
    clock.at("2026-11-13T09:00:00+00:00")
    db.session.rollback()
    assert titles() == []


def test_distance_is_the_great_circle_and_nearest_comes_first(shop):
    make_listing(shop, "Lyon", lat=45.7578, lon=4.8320, city="Lyon", site_id=None)
    make_listing(shop, "Vienne", lat=45.5206, lon=4.8814, city="Vienne", site_id=None)
    make_listing(shop, "Corner", lat=46.18, lon=5.45, city="In the box, not in the circle", site_id=None)
    make_listing(shop, "Paris", lat=48.86, lon=2.34, city="Paris", site_id=None)
    assert titles(near="Lyon", radius="50") == ["Lyon", "Vienne"]
    assert titles(near="69001", radius="10") == ["Lyon"]
    assert titles(near="Vienne", radius="50") == ["Vienne", "Lyon"]
    assert set(titles(near="Lyon", radius="800")) == {"Lyon", "Vienne", "Corner", "Paris"}
    assert titles(near="Lyon, à 50 km") == ["Lyon", "Vienne"]
    found = page(near="Lyon", radius="50").rows
    assert found[0].distance_km < 1
    assert found[1].distance_km == pytest.approx(26, abs=2)
    assert titles(near="Lyon", radius="50", sort="newest") == ["Vienne", "Lyon"]


def test_newest_first_without_words(shop, clock):
    for number in range(3):
        clock.forward(hours=1)
        make_listing(shop, f"Numéro {number}")
    assert titles() == ["Numéro 2", "Numéro 1", "Numéro 0"]
    assert titles(sort="relevance") == titles(sort="nearest") == titles()


def test_pages_and_counts(shop, monkeypatch):
    for number in range(7):
        make_listing(shop, f"Feuille {number}")
    monkeypatch.setattr(queries, "PER_PAGE", 3)

    def paged(number, **more):
        return find_listings(SearchRequest.from_args(MultiDict({"page": str(number), **more})), None, 3)

    seen = [row.title for n in (1, 2, 3) for row in paged(n).rows]
    assert sorted(seen) == [f"Feuille {n}" for n in range(7)]
    assert (paged(1).total, paged(1).pages, paged(1).total_is_minimum) == (7, 3, False)
    assert (paged(3).first, paged(3).last) == (7, 7)
    assert paged(99).page == 3
    assert paged(10**8).page == 3
    assert paged(1, q="absent").total == 0
    monkeypatch.setattr(queries, "MAX_COUNT", 4)
    queries._select_count.cache_clear()
    bounded = paged(1)
    assert (bounded.total, bounded.total_is_minimum) == (4, True)
    queries._select_count.cache_clear()


def test_what_a_reader_may_not_see_is_in_no_result_and_no_count(shop):
    stranger = actor_of(make_user("Charlie"))
    other = owner_of(make_organisation("Les Voisins"))
    mate = make_user("Bob")
    add_member(shop, mate, "viewer")
    member = actor_of(mate, shop)
    make_listing(shop, "Feuille publique")
    make_listing(shop, "Feuille de la maison", visibility="organisation")
    make_listing(shop, "Feuille des partenaires", visibility="partners")
    make_listing(shop, "Feuille en brouillon", published=False)
    make_listing(shop, "Feuille retirée", state="withdrawn")
    make_listing(shop, "Feuille masquée", hidden_at=shop.created_at)
    for asked in ({}, {"q": "feuille"}, {"q": "-armoire"}, {"near": "Lyon"}, {"category": "flats"}, {"mode": "donate"}):
        for reader in (None, stranger, other):
            assert titles(reader, **asked) == ["Feuille publique"], asked
            assert page(reader, **asked).total == 1
        seen = {"Feuille publique", "Feuille de la maison", "Feuille des partenaires"}
        assert set(titles(member, **asked)) == seen, asked
        assert page(member, **asked).total == 3
    assert titles(other, organisation=shop.public_id) == ["Feuille publique"]
    assert len(newest_listings(stranger, 10)) == 1
    assert len(newest_listings(member, 10)) == 3
    assert len(alike_listings("x", "", "flat_panel", stranger)) == 1


def test_one_organisation(shop):
    make_listing(shop, "La nôtre")
    make_listing(make_organisation("Les Voisins"), "La leur")
    assert titles(organisation=shop.public_id) == ["La nôtre"]
    assert titles(organisation="nobody") == []


def test_a_row_has_what_its_card_needs(shop):
    make_listing(shop, "Praticables 2 × 1 m", modes=["sell"], price_cents=9000, quantity=Decimal("2.5"), unit="m2")
    row = page().rows[0]
    assert (row.sells, row.gives, row.price_cents) == (True, False, 9000)
    assert (row.free, row.unit, row.city) == (Decimal("2.5"), "m2", "Villeurbanne")
    assert row.slug == "praticables-2-1-m"
    assert row.published_at.tzinfo is not None


def test_alike_are_of_the_category_then_of_the_branch(shop):
    this = make_listing(shop, "Celle-ci", category_key="flat_panel")
    make_listing(shop, "Fenêtre", category_key="flat_window")
    make_listing(shop, "Pleine", category_key="flat_panel")
    make_listing(shop, "Fauteuil", category_key="armchair")
    found = alike_listings(this.public_id, this.title, "flat_panel", None)
    assert [row.title for row in found] == ["Pleine", "Fenêtre"]


def test_changes_show_at_once_or_not_at_all(shop):
    from marketplace.catalogue.events import ListingSaved
    from marketplace.catalogue.models import Listing
    from marketplace.core.events import announce

    listing_id = make_listing(shop, "Feuille").id
    with transaction() as session:
        session.get(Listing, listing_id).title = "Armoire"
        announce(ListingSaved(listing_id))
    assert titles(q="armoire") == ["Armoire"]
    assert titles(q="feuille", category="flats") == ["Armoire"]  # its category is called that
    with pytest.raises(RuntimeError), transaction() as session:
        session.get(Listing, listing_id).title = "Commode"
        announce(ListingSaved(listing_id))
        raise RuntimeError
    assert titles(q="commode") == []
    with transaction() as session:
        session.get(Listing, listing_id).state = "withdrawn"
        announce(ListingSaved(listing_id))
    assert titles() == []
    assert titles(q="armoire") == []
