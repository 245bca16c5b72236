"""A search followed from a feed reader, and site maps: what a visitor may find, nothing else."""

import re
import xml.etree.ElementTree as ET
from datetime import datetime, timedelta

import pytest

from marketplace.catalogue.models import Listing
from marketplace.core.clock import today
from marketplace.core.db import transaction
from marketplace.search import outlines
from marketplace.search.services import index_listings
from tests.factories import make_listing, make_organisation, make_user, sign_in

pytestmark = pytest.mark.both_databases

ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def parsed(body):
    return ET.fromstring(body)  # noqa: S314 - our own answers


def publish(title, **values):
    listing = make_listing(values.pop("owner", None) or make_organisation(f"De {title}"), title=title, **values)
    with transaction():
        index_listings([listing.id])
    return listing


def feed(client, **parameters):
    answer = client.get("/annonces.atom", query_string=parameters)
    assert answer.status_code == 200
    assert answer.mimetype == "application/atom+xml"
    return parsed(answer.data)


def test_a_feed_says_what_rfc_4287_asks(client):
    chairs = publish("Six chaises de bistrot <1950>", description="Assise rotin & pieds hêtre\x0bsolides")
    publish("Feuille de décor 3 m")
    root = feed(client, q="chaises")
    for element in (root, *root.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert element.find(ATOM + name).text.strip()
        datetime.fromisoformat(element.find(f"{ATOM}updated").text)
        assert element.find(f"{ATOM}author/{ATOM}name").text
    (entry,) = root.findall(f"{ATOM}entry")
    assert entry.find(f"{ATOM}id").text == f"http://localhost/annonces/{chairs.public_id}"
    assert entry.find(f"{ATOM}title").text == "Six chaises de bistrot <1950>"
    assert "Assise rotin & pieds hêtre solides" in entry.find(f"{ATOM}summary").text
    (own,) = [link for link in root.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert own.get("href") == root.find(f"{ATOM}id").text == "http://localhost/annonces.atom?q=chaises"
    page = client.get(entry.find(f"{ATOM}link").get("href").removeprefix("http://localhost"))
    assert page.status_code == 200


def test_the_latest_come_first_and_an_unchanged_feed_is_not_sent_again(client, clock):
    publish("Chaise une")
    clock.at("2026-11-13T09:00:00+00:00")
    publish("Chaise deux")
    entries = feed(client, q="chaise", sort="price").findall(f"{ATOM}entry")
    assert [entry.find(f"{ATOM}title").text for entry in entries] == ["Chaise deux", "Chaise une"]
    answer = client.get("/annonces.atom?q=chaise")
    again = client.get("/annonces.atom?q=chaise", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    publish("Chaise trois")
    changed = client.get("/annonces.atom?q=chaise", headers={"If-None-Match": answer.headers["ETag"]})
    assert changed.status_code == 200


def test_a_search_around_one_s_own_base_is_followed_from_there(client):
    """The page of results offers its feed; what reads it is signed in nowhere and still looks around the same place."""
    person = make_user("Alice")
    house = make_organisation("Les Films du Quai", "production_company", owner=person)
    there, _far = publish("Chaise de Vienne", lat=45.52, lon=4.87, site_id=None), publish("Chaise de Paris", lat=48.9)
    with transaction() as session:
        user = session.get(type(person), person.id)
        user.base_postcode, user.base_city, user.base_lat, user.base_lon = "38200", "Vienne", 45.5243, 4.8741
    sign_in(client, person, house)
    html = client.get("/annonces?q=chaise&near=user:base&sort=price&view=map").get_data(as_text=True)
    addresses = set(re.findall(r'href="(/annonces\.atom[^"]*)"', html))
    assert addresses == {"/annonces.atom?q=chaise&amp;near=45.52%2C4.87"}, "once in the head, once to be seen"
    visitor = client.application.test_client()
    root = parsed(visitor.get(addresses.pop().replace("&amp;", "&")).data)
    assert [one.find(f"{ATOM}title").text for one in root.findall(f"{ATOM}entry")] == [there.title]


def test_wrong_parameters_give_a_feed_all_the_same(client):
    root = feed(client, near="nulle part du tout", max_price="beaucoup", page="9999999999", sort="\x00", q='"((')
    assert root.findall(f"{ATOM}entry") == []


def maps(client):
    root = parsed(client.get("/sitemap.xml").data)
    found = []
    for place in root.iter(f"{MAP}loc"):
        listed = parsed(client.get(place.text.removeprefix("http://localhost")).data)
        found += [loc.text for loc in listed.iter(f"{MAP}loc")]
    return found


def test_site_maps_lead_to_every_public_listing_and_page(client, monkeypatch):
    monkeypatch.setattr(outlines, "PER_MAP", 2)
    monkeypatch.setattr("marketplace.search.views_feeds.PER_MAP", 2)
    listings = [publish(f"Chaise {number}") for number in range(5)]
    found = maps(client)
    assert len(found) == len(set(found))
    for listing in listings:
        assert any(listing.public_id in place for place in found)
    for place in found:
        assert client.get(place.removeprefix("http://localhost")).status_code == 200, place
    assert client.get("/sitemap-4.xml").status_code == 404
    assert client.get("/sitemap-0.xml").status_code == 404
    robots = client.get("/robots.txt").get_data(as_text=True)
    assert "Sitemap: http://localhost/sitemap.xml" in robots


def test_what_is_not_for_all_leaves_no_trace(client):
    """Not even its own organisation gets it by these addresses: they are public."""
    owner = make_user("Bruno")
    house = make_organisation("Le Contrechamp", owner=owner)
    publish("Chaise pour tous", owner=house)
    places = ["/annonces.atom?q=chaise", "/annonces.atom", "/sitemap.xml", "/sitemap-1.xml", "/robots.txt"]
    before = [client.get(place).data for place in places]
    for values in (
        {"visibility": "organisation"}, {"visibility": "partners"}, {"state": "draft"}, {"state": "withdrawn"},
        {"gone_by": today() - timedelta(days=1)},
    ):  # fmt: skip
        listing = publish("Chaise gardée", owner=house)
        with transaction() as session:
            row = session.get_one(Listing, listing.id)
            for name, value in values.items():
                setattr(row, name, value)
            session.flush()
            index_listings([listing.id])
        assert [client.get(place).data for place in places] == before, values
    sign_in(client, owner)
    assert [client.get(place).data for place in places] == before
