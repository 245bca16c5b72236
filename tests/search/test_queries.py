"""What is found, in which order, by whom, and how many are said to be there."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from werkzeug.datastructures import MultiDict

from marketplace.accounts.models import User
from marketplace.catalogue.models import Photo
from marketplace.core.clock import now
from marketplace.core.db import db, new_public_id, transaction
from marketplace.core.events import announce
from marketplace.exchanges.events import StockChanged
from marketplace.exchanges.models import Exchange, ExchangeLine, Hold
from marketplace.search import queries, services
from marketplace.search.queries import alike_listings, find_listings, newest_listings
from marketplace.search.requests import SearchRequest
from tests.factories import (
    actor_of,
    add_member,
    make_listing,
    make_organisation,
    make_production,
    make_user,
    owner_of,
)

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


def hold(shop, listing, quantity, starts_on, ends_on, **values) -> None:
    receiver = make_organisation(f"Les Films du {starts_on} {quantity} {ends_on}", "production_company")
    with transaction() as session:
        parties = {"provider_id": shop.id, "receiver_id": receiver.id}
        exchange = Exchange(kind="rental", state="requested", reference=new_public_id(), created_at=now(), **parties)
        session.add(exchange)
        session.flush()
        held = {"exchange_id": exchange.id, "listing_id": listing.id, "quantity": Decimal(quantity)}
        line = ExchangeLine(title="x", unit="piece", category_key="other", **held)
        session.add(line)
        session.flush()
        session.add(Hold(line_id=line.id, starts_on=starts_on, ends_on=ends_on, **held, **values))
        session.flush()
        announce(StockChanged((listing.id,)))


@pytest.mark.parametrize(
    ("from_", "to", "quantity", "there"),
    [
        ("2026-12-01", "2026-12-08", "6", True),  # before any hold; the last day is not counted
        ("2026-12-01", "2026-12-09", "6", False),
        ("2026-12-01", "2026-12-09", "4", True),
        ("2026-12-10", "2026-12-20", "2", False),  # 2 and 3 are held together on the 14th
        ("2026-12-10", "2026-12-20", "1", True),
        ("2026-12-10", "2026-12-12", "4", True),
        ("2026-12-15", "2026-12-20", "3", True),  # the first hold ends that morning
        ("2026-12-22", "2026-12-30", "6", True),
        ("2026-12-14", "", "2", False),  # a single day
        ("2026-12-14", "", "", True),
        ("", "2026-12-14", "2", False),
        ("2026-12-01", "2026-12-31", "7", False),  # more than there is
    ],
)
def test_dates_count_what_is_held_meanwhile(shop, from_, to, quantity, there):
    listing = make_listing(shop, "Praticables", modes=["rent"], weekly_rate_cents=1000, quantity=Decimal(6))
    hold(shop, listing, 2, date(2026, 12, 8), date(2026, 12, 15))
    hold(shop, listing, 3, date(2026, 12, 14), date(2026, 12, 22))
    hold(shop, listing, 6, date(2026, 12, 1), date(2026, 12, 31), state="released")
    hold(shop, listing, 1, date(2026, 12, 1), None, expires_at=now() - timedelta(minutes=1))
    asked = {"from": from_, "to": to, "quantity": quantity}
    assert bool(titles(**asked)) is there


def test_what_is_only_rented_out_stays_until_the_end(shop):
    make_listing(shop, "Louée", modes=["rent"], weekly_rate_cents=1000, gone_by=date(2026, 12, 10))
    make_listing(shop, "Donnée", modes=["donate"], gone_by=date(2026, 12, 10))
    assert set(titles(from_="2026-12-01", to="2026-12-10")) == {"Louée", "Donnée"}
    assert titles(from_="2026-12-01", to="2026-12-11") == ["Donnée"]  # taken by the 10th, and kept


def test_as_many_as_one_needs(shop):
    make_listing(shop, "Six", quantity=Decimal(6))
    make_listing(shop, "Deux et demi", quantity=Decimal("2.5"))
    assert titles(quantity="3") == ["Six"]
    assert set(titles(quantity="2,5")) == {"Six", "Deux et demi"}


def test_the_cheapest_first_and_the_price_of_the_way_asked_for(shop):
    make_listing(shop, "Vendue 90", modes=["sell"], price_cents=9000)
    make_listing(shop, "Louée 20", modes=["rent", "sell"], weekly_rate_cents=2000, price_cents=30000)
    make_listing(shop, "Donnée", modes=["donate"])
    make_listing(shop, "Sans prix", modes=["sell"], price_cents=None)
    assert titles(sort="price") == ["Donnée", "Louée 20", "Vendue 90", "Sans prix"]
    assert titles(sort="price", mode="sell") == ["Vendue 90", "Louée 20", "Sans prix"]
    assert titles(sort="price", mode="sell", q="feuille") == ["Vendue 90", "Louée 20", "Sans prix"]
    assert set(titles(max_price="20")) == {"Donnée", "Louée 20"}
    assert titles(max_price="100", mode="sell") == ["Vendue 90"]
    assert titles(max_price="0") == ["Donnée"]


def test_the_soonest_gone_first(shop):
    make_listing(shop, "Reste")
    make_listing(shop, "Part le 30", gone_by=date(2026, 11, 30))
    make_listing(shop, "Part le 20", gone_by=date(2026, 11, 20))
    assert titles(sort="gone_by") == titles(sort="gone_by", q="feuille") == ["Part le 20", "Part le 30", "Reste"]


def test_materials_colours_periods_styles_regions_with_words_and_without(shop):
    shared = {"category_key": "other", "period": "Années 70", "style": "Art déco"}
    make_listing(shop, "Rideau", materials=[{"key": "velvet", "share": 100}], colours=["red", "white"], **shared)
    make_listing(shop, "Rideau noir", category_key="other", materials=[], colours=["black"], postcode="75011")
    for asked in (
        {"material": "velvet"}, {"material": "velours"}, {"colour": "white"}, {"colour": "rouge"}, {"period": "1970s"},
        {"period": "années 70"}, {"style": "art_deco"}, {"region": "84"}, {"material": "velvet", "colour": "red"},
    ):  # fmt: skip
        assert titles(**asked) == titles(q="rideau", **asked) == titles(q="-fenetre", **asked) == ["Rideau"], asked
    assert set(titles(colour=["white", "black"])) == {"Rideau", "Rideau noir"}
    assert titles(region="11") == ["Rideau noir"]
    assert titles(material="velvet", colour="black") == []
    assert titles(q="m_velvet") == titles(q="mat_velvet") == []  # no word that people type


def test_colours_measured_on_the_cover_count_where_none_is_said(shop):
    listing = make_listing(shop, "Rideau", colours=[])
    other = make_listing(shop, "Nappe", colours=["white"])
    with transaction() as session:
        for one in (listing, other):
            session.add(
                Photo(listing_id=one.id, position=0, state="ready", key="ab/c", colours=["blue"], created_at=now())
            )
        session.flush()
        services.index_listings([listing.id, other.id])
    assert titles(colour="blue") == ["Rideau"]
    assert titles(colour="white") == ["Nappe"]


def test_from_a_base_or_from_here(shop):
    owner = owner_of(shop)
    production = make_production(shop, base_lat=45.52, base_lon=4.87, base_city="Vienne", base_postcode="38200")
    make_listing(shop, "Vienne", lat=45.5206, lon=4.8814, site_id=None)
    make_listing(shop, "Paris", lat=48.86, lon=2.34, site_id=None)

    def near(reader, place):
        asked = SearchRequest.from_args(MultiDict({"near": place, "radius": "30"}), reader)
        return asked.errors.get("near"), [row.title for row in find_listings(asked, reader).rows]

    base = f"production:{production.public_id}"
    assert near(owner, base) == (None, ["Vienne"])
    stranger = actor_of(make_user("Charlie"))
    unknown = near(stranger, "production:aaaaaaaaaaaaa")
    assert unknown[0]
    assert near(stranger, base) == near(None, base) == unknown
    assert near(None, "45.52341,4.88012") == (None, ["Vienne"])
    assert SearchRequest.from_args(MultiDict({"near": "45.52341,4.88012"})).parameters()["near"] == "45.52,4.88"
    assert near(owner, "user:base")[0]
    with transaction() as session:
        user = session.get(User, owner.user_id)
        user.base_postcode, user.base_city, user.base_lat, user.base_lon = "38200", "Vienne", 45.52, 4.87
    assert near(owner, "user:base") == (None, ["Vienne"])


def test_the_nearest_of_far_away_and_of_many(shop):
    for n in range(9):
        make_listing(shop, f"À {n}", lat=45.0 + n / 2, lon=4.8, site_id=None)
    asked = {"near": "45.00,4.80", "radius": "1500"}
    found = page(**asked)
    assert [row.title for row in found.rows] == [f"À {n}" for n in range(9)]
    first = find_listings(SearchRequest.from_args(MultiDict(asked)), None, 2)
    assert [row.title for row in first.rows] == ["À 0", "À 1"]
    assert first.total == 9


def test_where_very_many_match_the_latest_are_ranked(shop, monkeypatch):
    for number in range(8):
        make_listing(shop, f"Feuille {number}")
    monkeypatch.setattr(queries, "MAX_COUNT", 4)
    found = find_listings(SearchRequest.from_args(MultiDict({"q": "feuille"})), None, 3)
    assert (found.total, found.total_is_minimum, found.pages) == (4, True, 2)
    assert {row.title for row in found.rows} <= {f"Feuille {n}" for n in range(3, 8)}
    by_filter = find_listings(SearchRequest.from_args(MultiDict({"material": "plywood", "sort": "price"})), None, 3)
    assert (len(by_filter.rows), by_filter.total_is_minimum) == (3, True)


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
