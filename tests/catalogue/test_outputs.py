"""What leaves a listing's page: for other sites, for other programs, on paper."""

import json
import re
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest

from marketplace.catalogue import structured
from marketplace.catalogue.likeness import likeness
from marketplace.core.text import analyse
from tests.factories import make_listing, make_organisation, make_user, sign_in

TRICKY = "Châssis </script><script>alert(1)</script> & <!-- \u2028 'x' \"y\""


def listing(**values):
    found = {
        "title": "Feuille 3 m", "description": "Bois", "reference": None, "public_id": "a" * 13, "colours": ["white"],
        "length_cm": 120, "width_cm": 4, "height_cm": 300, "mass_grams": 17900, "condition": "good", "modes": ["sell"],
        "price_cents": 9000, "weekly_rate_cents": 4000, "state": "published", "available_from": None, "city": "Lyon",
        "gone_by": date(2026, 12, 3), "unit": "piece", "postcode": "69007",
    }  # fmt: skip
    return SimpleNamespace(**{**found, **values})


def product(free=Decimal(6), **values):
    return structured.product(
        listing(**values), url="https://x.fr/annonces/a", pictures=[], category="Décor > Feuilles", materials=["Bois"],
        seller={"name": "Le Contrechamp", "url": "https://x.fr/o"}, free=free,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("modes", "prices"),
    [
        (["donate"], ["0.00"]),
        (["sell"], ["90.00"]),
        (["rent"], ["40.00"]),
        (["donate", "rent", "sell"], ["0.00", "40.00", "90.00"]),
    ],
)
def test_each_way_of_having_it_is_an_offer_with_its_price(modes, prices):
    offers = product(modes=modes)["offers"]
    assert [offer["price"] for offer in offers] == prices
    assert all(offer["priceCurrency"] == "EUR" and offer["availabilityEnds"] == "2026-12-03" for offer in offers)
    for offer, mode in zip(offers, modes, strict=True):
        assert ("priceSpecification" in offer) is (mode == "rent")


@pytest.mark.parametrize(
    ("state", "free", "said"),
    [
        ("published", Decimal(6), "InStock"),
        ("published", Decimal(0), "OutOfStock"),
        ("exhausted", Decimal(0), "SoldOut"),
        ("expired", Decimal(6), "Discontinued"),
    ],
)
def test_what_is_said_of_the_stock(state, free, said):
    assert product(state=state, free=free)["offers"][0]["availability"] == f"https://schema.org/{said}"


@pytest.mark.parametrize("condition", ["new", "very_good", "good", "to_repair", "for_parts"])
def test_every_condition_has_its_word(condition):
    assert product(condition=condition)["itemCondition"].startswith("https://schema.org/")


def test_what_is_not_known_is_left_out():
    bare = product(
        description="", colours=[], length_cm=None, mass_grams=None, city=None, condition=None, free=None, gone_by=None
    )
    assert None not in bare.values() and None not in bare["offers"][0].values()
    assert "weight" not in bare and "availableAtOrFrom" not in bare["offers"][0]


class Scripts(HTMLParser):
    """The scripts of a page, as a browser would part them."""

    def __init__(self):
        super().__init__()
        self.found, self.inside = [], False

    def handle_starttag(self, tag, attrs):
        if tag == "script":
            self.found.append([dict(attrs), ""])
            self.inside = True

    def handle_endtag(self, tag):
        if tag == "script":
            self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.found[-1][1] += data


def scripts_of(page):
    parser = Scripts()
    parser.feed(page)
    return parser.found


def show(client, listing):
    answer = client.get(f"/annonces/{listing.public_id}", follow_redirects=True)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


@pytest.mark.both_databases
def test_a_title_cannot_leave_the_data_it_stands_in(client):
    made = make_listing(make_organisation(), title=TRICKY, description=TRICKY)
    page = show(client, made)
    scripts = scripts_of(page)
    assert [attrs.get("type") for attrs, _ in scripts].count("application/ld+json") == 1
    assert all(attrs.get("src") or attrs["type"] == "application/ld+json" for attrs, _ in scripts)
    (data,) = [json.loads(text) for attrs, text in scripts if attrs.get("type") == "application/ld+json"]
    assert data["name"] == made.title
    assert data["@type"] == "Product" and data["offers"][0]["price"] == "0.00"
    assert data["offers"][0]["inventoryLevel"]["value"] == 6
    assert re.search(r'<link rel="canonical" href="http://localhost/annonces/[a-z2-7]{13}-', page)
    assert '<meta property="og:title"' in page and 'name="robots"' not in page


@pytest.mark.both_databases
@pytest.mark.parametrize("values", [{"visibility": "organisation"}, {"visibility": "partners"}, {"published": False}])
def test_what_is_not_for_all_tells_robots_to_stay_away(client, values):
    owner = make_user("Alice")
    house = make_organisation(owner=owner)
    made = make_listing(house, **values)
    sign_in(client, owner, house)
    page = show(client, made)
    assert '<meta name="robots" content="noindex">' in page
    assert "ld+json" not in page and "og:title" not in page


@pytest.mark.both_databases
def test_a_scanned_sheet_leads_each_to_what_they_may_see(client):
    owner = make_user("Alice")
    house = make_organisation(owner=owner)
    public, draft = make_listing(house), make_listing(house, published=False)
    unknown = "z" * 13
    assert client.get(f"/q/{public.public_id}").location == f"/annonces/{public.public_id}"
    hidden, nothing = (client.get(f"/q/{code}") for code in (draft.public_id, unknown))
    assert hidden.status_code == nothing.status_code == 303
    assert hidden.location.replace(draft.public_id, "") == nothing.location.replace(unknown, "")
    sign_in(client, owner, house)
    assert client.get(f"/q/{draft.public_id}").location == f"/annonces/{draft.public_id}"
    sign_in(client, make_user("Charlie"))
    assert client.get(f"/q/{draft.public_id}").status_code == client.get(f"/q/{unknown}").status_code == 404


@pytest.mark.both_databases
def test_sheets_of_the_stock_are_for_its_own_people(client):
    owner = make_user("Alice")
    house = make_organisation(owner=owner)
    two = [make_listing(house, title=f"Feuille {n}", reference=f"FE-{n}") for n in (1, 2)]
    ids = [one.public_id for one in two]
    assert client.get(f"/stock/fiches?annonces={'.'.join(ids)}").status_code == 303
    sign_in(client, owner, house)
    sent = client.post("/stock", data={"go": "sheets", "listing": ids})
    assert sent.status_code == 303
    page = client.get(sent.location).get_data(as_text=True)
    assert page.count('class="qr"') == 2 and "FE-1" in page and "FE-2" in page
    assert f"localhost/q/{ids[0]}" in page
    assert client.get(f"/annonces/{ids[0]}/fiche").status_code == 200
    assert "Aucune annonce choisie" in client.get("/stock/fiches?annonces=x.y").get_data(as_text=True)
    charlie = make_user("Charlie")
    sign_in(client, charlie, make_organisation("Ailleurs", owner=charlie))
    assert client.get(sent.location).status_code == 404


@pytest.mark.parametrize(
    ("more", "less"),
    [
        (("Chaises de bistrot", True, False, 10), ("Fauteuils club", True, False, 10)),
        (("Fauteuils club", True, False, 10), ("Fauteuils club", False, False, 10)),
        (("Tabourets", True, False, 5), ("Tabourets", True, False, 500)),
        (("Tabourets", True, True, 5), ("Tabourets", True, False, 5)),
        (("Chaises bistrot", True, False, 600), ("Armoires", True, True, 1)),
        (("Tabourets", True, False, 500), ("Tabourets", True, False, None)),
    ],
)
def test_what_is_more_alike(more, less):
    words = frozenset(analyse("Chaise bistrot, hêtre"))

    def score(title, same_category, same_house, km):
        return likeness(
            words, frozenset(analyse(title)), same_category=same_category, same_house=same_house, distance_km=km
        )

    assert score(*more) > score(*less)
