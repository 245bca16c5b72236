"""Pages of productions, each also as a stranger meets it."""

import re

import pytest

from marketplace.accounts.models import Membership, Production, ProductionMember
from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from tests.factories import add_member, make_listing, make_organisation, make_production, make_user, sign_in
from tests.messaging.made import make_exchange

FORM = {"title": "Les Heures creuses", "kind": "series", "starts_on": "2027-03-01", "ends_on": "2027-04-01"}


@pytest.fixture
def films(app):
    return make_organisation("Films du Canal", "production_company", owner=make_user("Alice"))


@pytest.fixture
def film(films):
    return make_production(films)


def as_member(app, films, role):
    if role == "owner":
        found = db.session.query(Membership).filter_by(organisation_id=films.id, role="owner").first()
        return sign_in(app.test_client(), found.user, films)
    user = make_user(f"Mem {role}")
    add_member(films, user, role)
    return sign_in(app.test_client(), user, films)


def as_guest(app, film, role):
    user = make_user(f"Guest {role}")
    ids = film.id, user.id
    with transaction() as unit:
        unit.add(ProductionMember(production_id=ids[0], user_id=ids[1], role=role, created_at=now()))
    return sign_in(app.test_client(), user)


def test_opening_one(app, films, session):
    alice = as_member(app, films, "owner")
    assert alice.get("/productions/nouvelle").status_code == 200
    answer = alice.post("/productions/nouvelle", data={**FORM, "base_postcode": "93210"})
    made = session.query(Production).one()
    assert answer.location == f"/productions/{made.public_id}"
    page = alice.get(answer.location).text
    assert "Les Heures creuses" in page
    assert "1er mars 2027" in page
    assert "Les Heures creuses" in alice.get("/productions").text


def test_wrong_entries_are_named_and_kept(app, films, session):
    alice = as_member(app, films, "owner")
    wrong = {"title": "", "kind": "x", "starts_on": "2027-04-01", "ends_on": "2027-03-01", "base_postcode": "00000"}
    answer = alice.post("/productions/nouvelle", data=wrong)
    assert answer.status_code == 422
    for field in ("title", "kind", "ends_on", "base_postcode"):
        assert f'id="{field}-e"' in answer.text
    assert 'value="2027-04-01"' in answer.text
    answer = alice.post("/productions/nouvelle", data={**FORM, "starts_on": "31 février"})
    assert answer.status_code == 422
    assert 'id="starts_on-e"' in answer.text
    assert "31 février" in answer.text
    answer = alice.post("/productions/nouvelle", data={**FORM, "base_postcode": "30500"})
    assert 'id="commune-e"' in answer.text
    assert session.query(Production).count() == 0


def test_a_person_opens_none(app, session):
    browser = sign_in(app.test_client(), make_user("Bob"))
    assert browser.post("/productions/nouvelle", data=FORM).status_code == 403
    assert session.query(Production).count() == 0


@pytest.mark.parametrize(("role", "edits"), [("owner", True), ("manager", True), ("member", False), ("viewer", False)])
def test_members_by_role(app, films, film, role, edits):
    browser, base = as_member(app, films, role), f"/productions/{film.public_id}"
    page = browser.get(base)
    assert page.status_code == 200
    assert ("Inviter" in page.text) is edits
    assert browser.get(f"{base}/modifier").status_code == (200 if edits else 403)
    answer = browser.post(f"{base}/modifier", data={**FORM, "title": "Autre titre"})
    assert answer.status_code == (303 if edits else 403)
    assert browser.get("/productions/nouvelle").status_code == (200 if edits else 403)


@pytest.mark.parametrize("role", ["contributor", "viewer"])
def test_guests_read_and_leave(app, films, film, session, role):
    browser, base = as_guest(app, film, role), f"/productions/{film.public_id}"
    other = make_production(films, "Un autre")
    page = browser.get(base).text
    assert "Ne plus suivre" in page
    assert "@exemple.fr" not in page
    assert "Les Heures creuses" in browser.get("/productions").text
    assert "Un autre" not in browser.get("/productions").text
    assert browser.get(f"/productions/{other.public_id}").status_code == 404
    assert browser.get(f"{base}/modifier").status_code == 403
    assert browser.post(base, data={"email": "x@exemple.fr", "role": "viewer"}).status_code == 404
    assert browser.post(f"{base}/quitter").status_code == 303
    assert browser.get(base).status_code == 404


def test_lists_shared_with_it_are_on_its_page(app, films, film):
    """Its people find them where they work; a private list and one shared elsewhere are not there."""
    owner, other = as_member(app, films, "owner"), make_production(films, "Un autre")
    for name, production in (("Chambre", film), ("Salon", other), ("À moi", None)):
        sent = {"name": name, "production": production.public_id if production else ""}
        assert owner.post("/favoris/listes", data=sent).status_code == 303
    base = f"/productions/{film.public_id}"
    for role, writes in (("contributor", True), ("viewer", False)):
        page = as_guest(app, film, role).get(base).text
        assert re.search(r'<a href="/favoris/\w{13}"><b>Chambre</b>', page) and "Mem" not in page
        assert "Salon" not in page and "À moi" not in page
        assert (f"/favoris/listes?production={film.public_id}" in page) is writes
    assert "la vôtre" in owner.get(base).text
    form = owner.get(f"/favoris/listes?production={film.public_id}").text
    assert f'<option selected value="{film.public_id}">' in form
    assert owner.get("/favoris/listes?production=nulle-part").text.count("<option selected") == 0


def test_a_list_leaves_the_page_with_whoever_shared_it(app, films, film, session):
    browser, base = as_guest(app, film, "contributor"), f"/productions/{film.public_id}"
    browser.post("/favoris/listes", data={"name": "Chambre", "production": film.public_id})
    owner = as_member(app, films, "owner")
    assert "Chambre" in owner.get(base).text
    browser.post(f"{base}/quitter")
    assert "Chambre" not in owner.get(base).text


def test_strangers_meet_nothing(app, client, film, session):
    base = f"/productions/{film.public_id}"
    guest = make_user("Gus")
    charlie = sign_in(app.test_client(), make_user("Charlie"))
    other = make_organisation("Ailleurs", "production_company", owner=make_user("Eve"))
    eve = as_member(app, other, "owner")
    assert client.get(base).location.startswith("/connexion")
    for browser in (charlie, eve):
        answers = [browser.get(base), browser.get(f"{base}/modifier")]
        answers += [
            browser.post(f"{base}/{path}", data=data)
            for path, data in {
                "modifier": FORM,
                "quitter": {},
                f"invites/{guest.public_id}/role": {"role": "viewer"},
                f"invites/{guest.public_id}/retirer": {},
            }.items()
        ]
        answers.append(browser.post(base, data={"email": "x@exemple.fr", "role": "viewer"}))
        assert [answer.status_code for answer in answers] == [404] * len(answers)
        assert "Les Heures creuses" not in browser.get("/productions").text
    assert session.get(Production, film.id).title == "Les Heures creuses"


def test_inviting_by_mail(app, films, film, session, run_jobs, outbox_mail):
    alice, bob = as_member(app, films, "owner"), make_user("Bob")
    base = f"/productions/{film.public_id}"
    assert alice.post(base, data={"email": "bob@", "role": "viewer"}).status_code == 422
    assert alice.post(base, data={"email": bob.email, "role": "contributor"}).status_code == 303
    assert bob.email in alice.get(base).text
    run_jobs()
    link = re.search(r"http://localhost(/invitations/\S+)", outbox_mail()[-1].get_content())[1]
    browser = sign_in(app.test_client(), bob)
    assert "Les Heures creuses" in browser.get(link).text
    assert browser.post(link).location == base
    assert browser.get(base).status_code == 200
    assert session.query(ProductionMember).one().role == "contributor"
    assert alice.post(f"{base}/invites/{bob.public_id}/role", data={"role": "viewer"}).status_code == 303
    assert alice.post(f"{base}/invites/{bob.public_id}/retirer").status_code == 303
    assert browser.get(base).status_code == 404


def test_it_shows_its_exchanges(app, films, film):
    house = make_organisation("Le Contrechamp")
    asker = make_user("Bob")
    add_member(films, asker)
    make_exchange(make_listing(house, "Six chaises"), films, asker, production=film)
    make_exchange(make_listing(house, "Une table"), films, asker)
    page = as_member(app, films, "viewer").get(f"/productions/{film.public_id}").text
    assert "Six chaises" in page
    assert "pris chez Le Contrechamp" in page
    assert "Une table" not in page
