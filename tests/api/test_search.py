"""Searching over the API: what the page takes, with counts by filter."""

import pytest

from tests.factories import make_listing, make_organisation

pytestmark = pytest.mark.both_databases

ADDRESS = "/api/v1/listings"


@pytest.fixture
def shop(app):
    shop = make_organisation("Le Contrechamp")
    velvet = {
        "materials": [{"key": "velvet", "share": 100}],
        "colours": ["red"],
        "period": "1970s",
        "style": "art_deco",
    }
    make_listing(shop, "Rideau rouge", category_key="other", modes=["sell"], price_cents=4000, **velvet)
    make_listing(shop, "Feuille blanche", colours=["white"])
    make_listing(shop, "Feuille gardée", colours=["gold"], visibility="organisation")
    return shop


@pytest.mark.parametrize(
    "asked",
    [
        {"material": "velvet"}, {"material": ["steel", "velvet"]}, {"colour": "red"}, {"period": "1970s"},
        {"style": "art_deco"}, {"max_price": "40", "mode": "sell"}, {"q": "rideau", "region": "84", "exact": "1"},
        {"q": "rideau", "sort": "price", "view": "map"},
        {"q": "rideau", "from": "2026-12-01", "to": "2026-12-05", "quantity": "6"},
        {"q": "rideau", "near": "45.76,4.84", "sort": "gone_by"},
    ],
)  # fmt: skip
def test_each_filter(client, shop, asked):
    answer = client.get(ADDRESS, query_string=asked)
    assert answer.status_code == 200, answer.json
    assert [item["title"] for item in answer.json["items"]] == ["Rideau rouge"]
    assert (answer.json["total"], answer.json["total_is_minimum"]) == (1, False)
    assert "facets" not in answer.json


def test_facets_where_they_are_asked_for(client, shop):
    facets = client.get(ADDRESS, query_string={"facets": "1", "colour": "red"}).json["facets"]
    assert list(facets) == [
        "category", "mode", "condition", "material", "price", "period", "style", "colour", "organisation", "region",
    ]  # fmt: skip
    colours = {value["value"]: (value["count"], value["chosen"]) for value in facets["colour"]}
    assert colours == {"red": (1, True), "white": (1, False)}  # what is kept for the house is told to nobody
    assert {value["value"]: value["count"] for value in facets["mode"]} == {"donate": 0, "rent": 0, "sell": 1}
    assert facets["organisation"][0]["name"] == "Le Contrechamp"
    assert facets["organisation"][0]["count_is_minimum"] is False


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_price", "cher"),
        ("quantity", "0"),
        ("region", "99"),
        ("material", "unobtainium"),
        ("near", "production:nobody"),
    ],
)
def test_what_is_not_understood_is_said(client, shop, name, value):
    answer = client.get(ADDRESS, query_string={name: value})
    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [name]
