"""The front door: search at once, what is new near, what was avoided so far."""

import pytest

from tests.factories import make_listing, make_organisation, make_user, sign_in

pytestmark = pytest.mark.both_databases


def test_an_empty_instance_invites(client):
    page = client.get("/").text
    assert "Rien n’est encore publié ici." in page
    assert "La première remise écrira la première ligne du registre." in page


def test_a_visitor_sees_what_is_new_and_no_draft(client):
    house = make_organisation()
    make_listing(house, "Chaises de bistrot")
    make_listing(house, "Brouillon secret", published=False)
    page = client.get("/").text
    assert "Chaises de bistrot" in page
    assert "Brouillon secret" not in page


def test_somebody_at_work_sees_what_is_new_around_their_site(client, session):
    marseille = {"postcode": "13002", "city": "Marseille 2e", "lat": 43.30, "lon": 5.37}
    far = make_organisation("Grand Large", "production_company")
    make_listing(far, "Barque de pêche", lat=marseille["lat"], lon=marseille["lon"], city=marseille["city"])
    near = make_organisation("Le Contrechamp")
    make_listing(near, "Feuilles de décor")
    alice = make_user("Alice")
    quai = make_organisation("Les Films du Quai", "production_company", owner=alice)
    page = sign_in(client, alice, quai).get("/").text
    assert "Nouveau près de Villeurbanne" in page
    assert "Feuilles de décor" in page
    assert "Barque de pêche" not in page


def test_the_page_asks_nobody_else(client):
    answer = client.get("/")
    assert "https://" not in answer.text.replace("http://localhost", "")
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
