"""Pages of organisations, each also as a stranger meets it."""

import re

import pytest

from marketplace.accounts import memberships, organisations
from marketplace.accounts.models import Invitation, Membership, Organisation, Site
from marketplace.accounts.opening_hours import OpenState
from marketplace.accounts.views_organisation_page import said
from marketplace.core.db import db, transaction
from tests.accounts.browsing import prove
from tests.factories import PASSWORD, add_member, make_listing, make_organisation, make_user, sign_in, site_of

FORM = {"name": "Le Contrechamp", "kind": "reuse_centre", "siret": "732 829 320 00074"}


@pytest.fixture
def house(app):
    return make_organisation("Le Contrechamp", owner=make_user("Alice"))


@pytest.fixture
def alice(app, house):
    return sign_in(app.test_client(), _owner(house), house)


@pytest.fixture
def charlie(app):
    """A stranger, signed in."""
    return sign_in(app.test_client(), make_user("Charlie"))


def _owner(organisation):
    return db.session.query(Membership).filter_by(organisation_id=organisation.id, role="owner").first().user


def member(app, house, role):
    user = make_user(f"Mem {role}")
    add_member(house, user, role)
    return sign_in(app.test_client(), user, house)


def test_founding_one(app, session):
    bob = make_user("Bob")
    browser = sign_in(app.test_client(), bob)
    assert browser.get("/organisations/nouvelle").status_code == 200
    answer = browser.post("/organisations/nouvelle", data=FORM)
    made = session.query(Organisation).filter_by(name="Le Contrechamp").one()
    assert answer.status_code == 303
    assert answer.location == f"/organisations/{made.public_id}/lieux/nouveau"
    page = browser.get("/organisations").text
    assert "Le Contrechamp" in page
    assert "Vous agissez pour elle" in page


def test_wrong_entries_are_named_and_kept(app, session):
    browser = sign_in(app.test_client(), make_user("Bob"))
    wrong = {**FORM, "siret": "73282932000075", "kind": "", "rna": "X1", "vat_number": "FR00", "website": "exemple"}
    answer = browser.post("/organisations/nouvelle", data={**wrong, "description": "Nous gardons des portes."})
    assert answer.status_code == 422
    for field in ("siret", "kind", "rna", "vat_number", "website"):
        assert f'id="{field}-e"' in answer.text
    assert 'id="name-e"' not in answer.text
    assert "73282932000075" in answer.text
    assert "Nous gardons des portes." in answer.text
    assert session.query(Organisation).filter(Organisation.kind != "person").count() == 0


def test_visitors_sign_in_first(client):
    for path in ("/organisations", "/organisations/nouvelle", "/productions"):
        answer = client.get(path)
        assert answer.status_code == 303
        assert answer.location.startswith("/connexion")
    assert client.post("/organisations/choisir", data={"organisation": "x"}).location.startswith("/connexion")


def test_the_public_page_keeps_the_street_and_the_telephone(client, house, charlie, alice):
    """C3."""
    with transaction():
        db.session.get_one(Organisation, house.id).phone = "04 78 00 00 01"
    for browser in (client, charlie):
        page = browser.get(f"/organisations/{house.public_id}").text
        assert "Le Contrechamp" in page
        assert "Non vérifiée" in page
        assert "Villeurbanne" in page
        assert "rue des Décors" not in page and "04 78" not in page
        assert "Membres" not in page
        assert "Ce qui a été évité" not in page
        assert "Rien en ligne pour le moment" in page
    page = alice.get(f"/organisations/{house.public_id}").text
    assert "12 rue des Décors" in page and "04 78 00 00 01" in page
    assert "Ce qui a été évité" in page


def test_a_verified_one_says_so(client, house):
    with transaction():
        organisations.set_verified(house.id, True, by_user_id=None, reason="vue")
    page = client.get(f"/organisations/{house.public_id}").text
    assert "Vérifiée" in page
    assert "Non vérifiée" not in page


def test_a_personal_space_is_its_persons_alone(app, client, session, charlie):
    bob = make_user("Bob")
    space = session.query(Organisation).filter_by(kind="person", name="Bob").one()
    for browser in (client, charlie):
        assert browser.get(f"/organisations/{space.public_id}").status_code == 404
    own = sign_in(app.test_client(), bob)
    assert own.get(f"/organisations/{space.public_id}").status_code == 200
    for path in ("membres", "modifier", "lieux/nouveau", "journal"):
        assert own.get(f"/organisations/{space.public_id}/{path}").status_code == 404


def test_strangers_meet_nothing(house, charlie, session):
    other = make_organisation("Ailleurs", owner=make_user("Eve"))
    base, site, person = f"/organisations/{house.public_id}", site_of(house).public_id, _owner(house).public_id
    real = [
        charlie.get(f"{base}/{path}") for path in ("modifier", "membres", "lieux/nouveau", f"lieux/{site}", "journal")
    ]
    writes = {
        f"{base}/modifier": FORM,
        f"{base}/membres": {"email": "x@exemple.fr", "role": "owner"},
        f"{base}/membres/{person}/role": {"role": "viewer"},
        f"{base}/membres/{person}/retirer": {},
        f"{base}/quitter": {},
        f"{base}/lieux/nouveau": {"name": "Ici", "postcode": "69100"},
        f"{base}/lieux/{site}": {"name": "Ici", "postcode": "69100"},
        f"{base}/lieux/{site}/fermer": {},
        f"/organisations/{other.public_id}/lieux/{site}/fermer": {},
        "/organisations/choisir": {"organisation": house.public_id},
    }
    real += [charlie.post(path, data=data) for path, data in writes.items()]
    assert [answer.status_code for answer in real] == [404] * len(real)
    nothing = charlie.get("/organisations/abcdefghij234/membres")
    assert nothing.status_code == 404
    strip = re.compile(r'<code>.*?</code>|<b class="num">[0-9a-f-]+</b>|abcdefghij234|[a-z2-7]{13}')
    assert strip.sub("", nothing.text) == strip.sub("", real[1].text)
    assert session.query(Site).count() == 2
    assert session.get(Organisation, house.id).name == "Le Contrechamp"


@pytest.mark.parametrize("role", ["manager", "member", "viewer"])
def test_members_below_owner(app, house, session, role):
    browser, base = member(app, house, role), f"/organisations/{house.public_id}"
    page = browser.get(f"{base}/membres")
    assert page.status_code == 200
    assert "alice@exemple.fr" not in page.text
    assert "Inviter" not in page.text
    for path in ("modifier", "journal"):
        assert browser.get(f"{base}/{path}").status_code == 403
    assert browser.post(f"{base}/membres", data={"email": "x@exemple.fr", "role": "owner"}).status_code == 403
    wanted = 200 if role == "manager" else 403
    assert browser.get(f"{base}/lieux/nouveau").status_code == wanted
    assert session.query(Invitation).count() == 0


def test_editing(alice, house, session):
    page = alice.get(f"/organisations/{house.public_id}/modifier")
    assert 'value="Le Contrechamp"' in page.text
    answer = alice.post(f"/organisations/{house.public_id}/modifier", data={**FORM, "name": "Le Champ"})
    assert answer.status_code == 303
    assert session.get(Organisation, house.id).name == "Le Champ"
    assert "Organisation modifiée" in alice.get(f"/organisations/{house.public_id}/journal").text


def test_a_site_by_postcode_and_commune(alice, house, session):
    base = f"/organisations/{house.public_id}/lieux"
    typed = {"name": "Grange", "street": "Route du Moulin", "postcode": "30500", "hours_mon": "9h-12h"}
    answer = alice.post(f"{base}/nouveau", data=typed)
    assert answer.status_code == 422
    assert 'id="commune-e"' in answer.text
    assert "Saint-Ambroix" in answer.text
    assert "Route du Moulin" in answer.text
    answer = alice.post(f"{base}/nouveau", data={**typed, "commune": "30227"})
    assert answer.status_code == 303
    made = session.query(Site).filter_by(name="Grange").one()
    assert (made.city, made.opening_hours) == ("Saint-Ambroix", {"mon": [["09:00", "12:00"]]})
    page = alice.get(f"{base}/{made.public_id}").text
    assert "9:00–12:00" in page
    assert re.search(r'<option selected value="30227">', page)
    answer = alice.post(f"{base}/{made.public_id}", data={**typed, "commune": "30227", "hours_mon": "le matin"})
    assert answer.status_code == 422
    assert 'id="hours_mon-e"' in answer.text
    assert "le matin" in answer.text
    assert alice.post(f"{base}/{made.public_id}/fermer").status_code == 303
    assert session.get(Site, made.id).closed_at is not None
    assert alice.post(f"{base}/{made.public_id}/rouvrir").status_code == 303


def test_roles_and_leaving(app, alice, house, session):
    bob = make_user("Bob")
    add_member(house, bob)
    base = f"/organisations/{house.public_id}"
    assert alice.post(f"{base}/membres/{bob.public_id}/role", data={"role": "manager"}).status_code == 303
    assert memberships.role_in(house.id, bob.id) == "manager"
    assert alice.post(f"{base}/membres/{bob.public_id}/role", data={"role": "king"}).status_code == 422
    last = alice.post(f"{base}/quitter")
    assert last.status_code == 409
    assert "Il faut un responsable" in last.text
    browser = sign_in(app.test_client(), bob, house)
    assert browser.get(f"{base}/membres").status_code == 200
    assert alice.post(f"{base}/membres/{bob.public_id}/retirer").status_code == 303
    assert browser.get(f"{base}/membres").status_code == 404


def test_owners_change_only_with_the_password(app, alice, house, session):
    """A browser left open on a table hands the house to nobody."""
    bob, eve = make_user("Bob"), make_user("Eve")
    add_member(house, bob)
    add_member(house, eve, "owner")
    base = f"/organisations/{house.public_id}/membres"
    acts = {
        f"{base}/{bob.public_id}/role": {"role": "owner"},
        f"{base}/{eve.public_id}/role": {"role": "viewer"},
        f"{base}/{eve.public_id}/retirer": {},
        base: {"email": "x@exemple.fr", "role": "owner"},
    }
    for path, data in acts.items():
        asked = alice.post(path, data=data)
        assert asked.status_code == 200
        assert "Confirmez que c’est bien vous" in asked.text
        for key, value in data.items():
            assert f'name="{key}" value="{value}"' in asked.text
    waits = {"role": "owner", "proof_to": f"{base}/{bob.public_id}/role"}
    wrong = alice.post("/compte/preuve", data={"proof": "pas celui-là", **waits})
    assert wrong.status_code == 422
    assert 'id="proof-e"' in wrong.text
    assert (memberships.role_in(house.id, bob.id), memberships.role_in(house.id, eve.id)) == ("member", "owner")
    assert session.query(Invitation).count() == 0
    assert prove(alice, proof=PASSWORD, **waits).location == base
    assert alice.post(f"{base}/{eve.public_id}/retirer").status_code == 303
    assert (memberships.role_in(house.id, bob.id), memberships.role_in(house.id, eve.id)) == ("owner", None)


def test_switching(app, house, session):
    user = _owner(house)
    browser = sign_in(app.test_client(), user)
    space = session.query(Organisation).filter_by(kind="person", name=user.name).one()
    answer = browser.post(
        "/organisations/choisir", data={"organisation": space.public_id, "next": "https://ailleurs.exemple/"}
    )
    assert (answer.status_code, answer.location) == (303, "/organisations")
    page = browser.get(f"/organisations/{house.public_id}").text
    assert "Vous agissez pour une autre organisation" in page
    answer = browser.post("/organisations/choisir", data={"organisation": house.public_id, "next": "/stock"})
    assert answer.location == "/stock"


def test_an_invitation_from_mail_to_member(app, client, alice, house, session, run_jobs, outbox_mail):
    bob, charlie = make_user("Bob"), sign_in(app.test_client(), make_user("Charlie"))
    answer = alice.post(f"/organisations/{house.public_id}/membres", data={"email": "Bob@exemple.fr", "role": "member"})
    assert answer.status_code == 303
    assert "bob@exemple.fr" in alice.get(f"/organisations/{house.public_id}/membres").text
    run_jobs()
    (mail,) = outbox_mail()
    link = re.search(r"http://localhost(/invitations/\S+)", mail.get_content())[1]
    browser = sign_in(app.test_client(), bob)
    for looker in (client, charlie, browser):
        assert "Le Contrechamp" in looker.get(link).text
    assert memberships.role_in(house.id, bob.id) is None
    assert client.post(link).location.startswith("/connexion")
    assert charlie.post(link).status_code == 403
    assert browser.post(link).location == f"/organisations/{house.public_id}"
    assert memberships.role_in(house.id, bob.id) == "member"
    assert browser.get(link).status_code == browser.post(link).status_code == 404
    assert "Vous agissez pour elle" in browser.get("/organisations").text


def test_wrong_invitations_keep_what_was_typed(alice, house):
    answer = alice.post(f"/organisations/{house.public_id}/membres", data={"email": "bob@", "role": "manager"})
    assert answer.status_code == 422
    assert 'id="email-e"' in answer.text
    assert 'value="bob@"' in answer.text
    assert re.search(r'checked[^>]*value="manager"|value="manager"[^>]*checked', answer.text)


def test_a_withdrawn_link_is_over(alice, house, session, run_jobs, outbox_mail):
    alice.post(f"/organisations/{house.public_id}/membres", data={"email": "bob@exemple.fr", "role": "member"})
    run_jobs()
    link = re.search(r"http://localhost(/invitations/\S+)", outbox_mail()[0].get_content())[1]
    made = session.query(Invitation).one().public_id
    assert alice.post(f"/organisations/{house.public_id}/invitations/{made}/retirer").status_code == 303
    answer = alice.get(link)
    assert answer.status_code == 404
    assert "Demandez-en une autre" in answer.text


def test_bad_input_is_never_ours(alice, charlie, house):
    for text in ("\x00", "٣" * 14, "x" * 70000, "<script>alert(1)</script>", "' OR 1=1 --"):
        fields = dict.fromkeys([*FORM, "rna", "vat_number", "website", "phone", "postcode", "commune", "role"], text)
        for path in ("/organisations/nouvelle", f"/organisations/{house.public_id}/lieux/nouveau"):
            assert alice.post(path, data=fields).status_code == 422
        assert alice.post(f"/organisations/{house.public_id}/membres", data=fields).status_code == 422
    assert alice.get("/organisations?page=٣").status_code == 200
    assert alice.get(f"/organisations/{house.public_id}/membres?page=999999999999").status_code == 200
    assert charlie.get("/organisations/%00").status_code == 404
    assert charlie.get("/invitations/" + "x" * 5000).status_code == 404


def test_the_public_page_says_what_it_takes_where_and_when(app, client, alice, house, session):
    owner = {**FORM, "takes": "Des feuilles saines\nDes ferrures", "lends": "Du mobilier <b>"}
    path = f"/organisations/{house.public_id}"
    assert alice.post(f"{path}/modifier", data=owner).status_code == 303
    for number in range(14):
        make_listing(house, f"Chaise {number}")
    make_listing(house, "Pour la maison", visibility="organisation")
    page = client.get(path).text
    assert "Des feuilles saines<br>Des ferrures" in page and "Du mobilier &lt;b&gt;" in page
    assert "Ouvert jusqu’à 12:00" in page and "Horaires de la semaine" in page  # a Thursday, 10:00 in Paris
    assert "Inscrite le" in page
    assert page.count('class="card"') == 12 and "Voir ses 14 annonces" in page
    assert "Pour la maison" not in page
    assert "Réserve" not in page  # what its people call the place is theirs
    assert "Voir ses 15 annonces" in alice.get(path).text
    assert "Gardé en usage" not in page  # nothing handed over yet


@pytest.mark.parametrize(
    ("state", "weekday", "words"),
    [
        (OpenState(True, "18:00", 0), 0, "Ouvert jusqu’à 18:00"),
        (OpenState(True, "00:00", 1), 0, "Ouvert jusqu’à minuit"),
        (OpenState(True, "02:00", 1), 4, "Ouvert jusqu’à samedi, 2:00"),
        (OpenState(True, None, 0), 0, "Ouvert jour et nuit"),
        (OpenState(False, "09:00", 0), 0, "Fermé, ouvre à 9:00"),
        (OpenState(False, "09:00", 1), 0, "Fermé, ouvre demain à 9:00"),
        (OpenState(False, "09:00", 3), 5, "Fermé, ouvre mardi à 9:00"),
    ],
)
def test_hours_are_said_in_words(app, state, weekday, words):
    with app.test_request_context("/"):
        assert said(state, weekday) == words
