"""Roads into somebody else's account, house or act that no single page shows."""

import socket
import threading
import time

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from marketplace import create_app
from marketplace.accounts import invitations, links, memberships, passwords, services, tokens
from marketplace.accounts.models import Membership, Organisation, User, UserSession
from marketplace.accounts.signing_in import hash_secret
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid, NotFound
from marketplace.jobs.runner import drain
from marketplace.web.errors import page as error_page
from marketplace.web.limits import limiter
from tests.accounts.browsing import is_signed_in
from tests.databases import settings_for
from tests.factories import (
    PASSWORD,
    actor_of,
    add_member,
    make_listing,
    make_organisation,
    make_production,
    make_user,
    owner_of,
    sign_in,
)  # fmt: skip
from tests.security.world import make_world

ACCENTS = "\u0300\u0316"  # of two classes: putting a long row in order takes the square of its length


def test_a_change_of_address_begun_by_somebody_else_ends_with_their_password(app):
    """Whoever opened an account in Alice's name asks for another address, waits for her to take the account over by
    « mot de passe oublié », then opens the link."""
    alice = make_user("Alice", verified=False)
    with transaction():
        services.ask_email_change(alice.id, "voleur@exemple.fr")
        theirs = links.make_link(alice.id, "verify", "voleur@exemple.fr")
        hers = links.make_link(alice.id, "reset", "alice@exemple.fr")
    with transaction():
        services.reset_password(hers, passwords.hash_password("girafe velours tampon"))
    with pytest.raises(Invalid), transaction():
        services.verify_address(theirs)
    assert db.session.query(User).filter_by(name="Alice").one().email == "alice@exemple.fr"


@pytest.mark.parametrize("field", ["password", "email"])
@pytest.mark.parametrize("path", ["/connexion", "/inscription", "/mot-de-passe-oublie"])
def test_a_long_row_of_accents_costs_a_visitor_s_request_nothing_more(client, path, field):
    data = {"name": "a" + ACCENTS * 30_000, "email": "alice@exemple.fr", "password": PASSWORD}
    data[field] = "a" + ACCENTS * 60_000  # a minute before lengths were looked at
    began = time.thread_time()
    assert client.post(path, data=data).status_code in (303, 422)
    assert time.thread_time() - began < 5


def test_an_invitation_of_another_house_is_not_told_from_none(app):
    """A manager may take back invitations to productions only: the refusal must not say what somebody else's are."""
    house = make_organisation(owner=make_user("Alice"))
    manager = make_user("Bob")
    add_member(house, manager, "manager")
    other = make_organisation("Studio Ailleurs", owner=make_user("Charlie"))
    shoot = make_production(other)
    with transaction():
        made = invitations.invite(owner_of(other), other.public_id, "eve@exemple.fr", "viewer", shoot.public_id)
    answers = []
    for name in (made.public_id, "abcdefghijklm"):
        client = sign_in(app.test_client(), manager, house)
        answers.append(client.post(f"/organisations/{house.public_id}/invitations/{name}/retirer").status_code)
    assert answers[0] == answers[1]


@pytest.mark.parametrize("referrer", ["http://localhost//evil.example/x", "http://localhost/\\evil.example"])
def test_an_error_page_leads_back_to_our_own_pages_only(app, referrer):
    with app.test_request_context("/nulle-part", headers={"Referer": referrer}):
        assert "evil.example" not in error_page(404).get_data(as_text=True)


def test_forms_cannot_say_whose_a_thing_is_nor_in_which_state(app, session):
    """Fields nobody offers (checklist C3): house, state, role, verification, who made it."""
    house, other = make_organisation(owner=make_user("Alice")), make_organisation("Studio Ailleurs")
    alice = session.query(User).filter_by(name="Alice").one()
    listing = make_listing(house, published=False)
    browser = sign_in(app.test_client(), alice, house)
    forced = {
        "organisation": other.public_id, "organisation_id": str(other.id), "state": "published", "is_moderator": "y",
        "created_by_id": "1", "id": "1", "public_id": "a" * 13, "verified_at": "2026-01-01", "verified": "y",
        "user_id": "1", "hidden_at": "", "published_at": "2026-01-01", "owner": "y", "acting_organisation_id": "1",
    }  # fmt: skip
    before = {name: value for name, value in vars(listing).items() if name in ("id", "public_id", "created_by_id")}
    assert browser.post(f"/publier/{listing.public_id}", data={**forced, "title": "Deux"}).status_code == 303
    session.expire_all()
    assert (listing.title, listing.state, listing.organisation_id) == ("Deux", "draft", house.id)
    assert {name: getattr(listing, name) for name in before} == before and listing.published_at is None
    browser.post("/publier", data={**forced, "title": "Trois"})
    browser.post(f"/organisations/{house.public_id}/modifier", data={**forced, "name": "Le Champ", "kind": "venue"})
    browser.post(
        "/compte", data={**forced, "name": "Alice", "language": "fr", "role": "owner", "email": "x@exemple.fr"}
    )
    session.expire_all()
    assert session.query(Organisation).filter_by(name="Le Champ").one().verified_at is None
    assert {row.organisation_id for row in session.query(type(listing))} == {house.id}
    assert (alice.is_moderator, alice.email) == (False, "alice@exemple.fr")
    assert session.query(Membership).filter_by(user_id=alice.id, organisation_id=other.id).count() == 0


def test_a_bulk_act_with_one_strange_listing_does_nothing_at_all(app, session):
    house, other = make_organisation(owner=make_user("Alice")), make_organisation("Studio Ailleurs")
    own, strange = make_listing(house, published=False), make_listing(other, published=False)
    browser = sign_in(app.test_client(), session.query(User).filter_by(name="Alice").one(), house)
    for name in (strange.public_id, "abcdefghijklm", "\x00", "' OR 1=1"):
        for act in ("publish", "withdraw", "dates"):
            sent = {"go": act, "listing": [own.public_id, name], "gone_by": "2027-01-01"}
            assert browser.post("/stock", data=sent).status_code == 404
    session.expire_all()
    assert own.state == strange.state == "draft" and own.gone_by is strange.gone_by is None


def test_a_page_does_not_change_hands_when_its_person_leaves(app, session):
    """A removed member keeps the cookie: the next request of any kind is a stranger's."""
    house, bob = make_organisation(owner=make_user("Alice")), make_user("Bob")
    add_member(house, bob, "manager")
    draft = make_listing(house, published=False)
    browser = sign_in(app.test_client(), bob, house)
    assert browser.get(f"/publier/{draft.public_id}").status_code == 200
    with transaction():
        memberships.remove_member(owner_of(house), house.public_id, bob.public_id)
    for method, path in (
        ("GET", f"/publier/{draft.public_id}"), ("POST", f"/publier/{draft.public_id}"),
        ("POST", f"/stock/{draft.public_id}/effacer"), ("GET", f"/organisations/{house.public_id}/membres"),
        ("POST", f"/organisations/{house.public_id}/membres"),
    ):  # fmt: skip
        assert browser.open(path, method=method).status_code == 404, path
    assert is_signed_in(browser)


def test_a_moderator_reads_what_was_shown_and_never_what_a_house_keeps(app):
    from marketplace.catalogue.queries import listing_for
    from marketplace.core.clock import now

    house, mona = make_organisation(), make_user("Mona", moderator=True)
    kept = make_listing(house, visibility="organisation")
    hidden = make_listing(house, hidden_at=now())
    assert listing_for(actor_of(mona), hidden.public_id).id == hidden.id
    with pytest.raises(NotFound):
        listing_for(actor_of(mona), kept.public_id)


def test_a_photo_form_is_limited_however_it_is_sent(app):
    limited = {name.rsplit(".", 1)[1] for name in limiter.limit_manager._decorated_limits}
    assert {"save", "publish_first", "photos_add"} <= limited


def test_signed_in_everywhere_is_listed_and_ended(app, session):
    """Checklist A7: one sees one's browsers, and closes them all but this one."""
    alice, eve = make_user("Alice"), make_user("Eve")
    here, there, hers = (sign_in(app.test_client(), who) for who in (alice, alice, eve))
    page = here.get("/compte/securite").get_data(as_text=True)
    assert page.count("data-browser") == 2
    assert here.post("/compte/navigateurs").status_code == 303
    assert is_signed_in(here) and is_signed_in(hers) and not is_signed_in(there)
    assert session.query(UserSession).filter(UserSession.ended_at.is_(None)).count() == 2
    assert here.get("/compte/securite").get_data(as_text=True).count("data-browser") == 1


def test_on_https_a_form_sent_from_http_is_another_site_s(app, database_url, tmp_path):
    """Who answers for the plain address of our name on a bad network is not us."""
    online = create_app(
        settings_for(tmp_path / "online", database_url, BASE_URL="https://prise.example", RATE_LIMITS="on")
    )
    online.config["WTF_CSRF_ENABLED"] = False
    browser = online.test_client()
    for origin, status in (("http://prise.example", 403), ("https://prise.example", 422)):
        answer = browser.post("/connexion", base_url="https://prise.example", headers={"Origin": origin})
        assert answer.status_code == status, origin


def _at_once(app, count, act):
    """`act(n)` in so many threads that start together; what each returned."""
    app.before_request_funcs[None] = [f for f in app.before_request_funcs[None] if f.__name__ != FORGETS]
    gate, found = threading.Barrier(count), []

    def run(number):
        with app.app_context():
            gate.wait(60)
            found.append(act(number))
            db.session.remove()

    db.session.rollback()
    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    db.session.rollback()
    return sorted(found)


FORGETS = "_forget_the_last_request"  # of tests/applications.py, for tests with one context


@pytest.mark.both_databases
def test_a_link_opened_twice_at_once_lets_in_once(app, session):
    house, bob = make_organisation(owner=make_user("Alice")), make_user("Bob")
    with transaction():
        made = invitations.invite(owner_of(house), house.public_id, "bob@exemple.fr", "member")
    with transaction() as unit:
        unit.merge(made).token_hash = hash_secret("of the link")
    browsers = [sign_in(app.test_client(), bob) for _ in range(4)]
    answers = _at_once(app, 4, lambda n: browsers[n].post("/invitations/of%20the%20link").status_code)
    assert answers == [303, 404, 404, 404]
    assert session.query(Membership).filter_by(user_id=bob.id, organisation_id=house.id).count() == 1


@pytest.mark.both_databases
def test_published_twice_at_once_is_published_once(app, session):
    alice = make_user("Alice")
    house = make_organisation(owner=alice)
    public_id = make_listing(house, published=False).public_id
    browsers = [sign_in(app.test_client(), alice, house) for _ in range(4)]
    sent = {"go": "publish", "title": "Châssis"}
    answers = _at_once(app, 4, lambda n: browsers[n].post(f"/publier/{public_id}", data=sent).status_code)
    assert answers == [303, 409, 409, 409]


@pytest.mark.parametrize(
    "path",
    [
        "/photos/..%2f..%2fsecret_key-320.jpg", "/photos/%2e%2e-320.jpg", "/photos/../secret_key", "/.env",
        "/static/..%2f..%2fpyproject.toml", "/static/../pyproject.toml", "/static/%2e%2e/pyproject.toml",
        "/static/..%5c..%5cpyproject.toml", "/instance/secret_key", "/.git/config", "/static/.%2e/wsgi.py",
    ],
)  # fmt: skip
def test_no_address_climbs_out(client, path):
    assert client.get(path).status_code == 404


def test_addresses_that_people_type_are_never_opened(app, session, monkeypatch):
    """The site of a house is a link and nothing else: nothing of ours calls it (SSRF)."""
    calls = []
    monkeypatch.setattr(socket.socket, "connect", lambda _self, address: calls.append(address))
    alice = make_user("Alice")
    house = make_organisation(owner=alice)
    browser = sign_in(app.test_client(), alice, house)
    data = {"name": "Le Champ", "kind": "venue", "website": "http://169.254.169.254.nip.io/latest/meta-data"}
    assert browser.post(f"/organisations/{house.public_id}/modifier", data=data).status_code == 303
    page = browser.get(f"/organisations/{house.public_id}").get_data(as_text=True)
    assert 'href="http://169.254.169.254.nip.io/latest/meta-data" rel="nofollow noopener"' in page
    for website in ("javascript:alert(1)", "file:///etc/passwd", "http://a@evil.example", "//evil.example", "data:,x"):
        answer = browser.post(f"/organisations/{house.public_id}/modifier", data={**data, "website": website})
        assert answer.status_code == 422, website
    drain()
    assert calls == []


def test_lines_typed_into_names_make_no_headers(app, outbox_mail):
    browser = app.test_client()
    for number, ending in enumerate(("\r\nBcc: x@evil.example", "\nBcc: x@evil.example", "\u2028Bcc: x", "%0aBcc: x")):
        name = {"name": f"Alice{ending}", "password": "girafe velours tampon"}
        browser.post("/inscription", data={**name, "email": f"alice{number}@exemple.fr"})
        browser.post("/mot-de-passe-oublie", data={"email": f"alice{number}@exemple.fr{ending}"})
    drain()
    assert len(outbox_mail()) >= 4
    for mail in outbox_mail():
        assert mail["Bcc"] is None and len(mail["To"].addresses) == 1 and mail["To"].addresses[0].domain == "exemple.fr"


def test_private_things_are_kept_by_no_cache(app):
    """Pages, files and redirects that only some may see (checklist B3)."""
    world = make_world()
    browser = sign_in(app.test_client(), *world.person("owner"))
    ids = world.ids
    for path in (
        f"/photos/{ids['photo key']}-320.jpg", f"/echanges/{ids['done']}/papiers/{ids['document']}", "/stock",
        f"/carbone/ecritures/{ids['entry']}/texte", f"/publier/{ids['draft']}/photos", f"/q/{ids['exchange']}", "/",
    ):  # fmt: skip
        answer = browser.get(path)
        assert answer.status_code < 400 and "no-store" in answer.headers["Cache-Control"], path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    paper = browser.get(f"/echanges/{ids['done']}/papiers/{ids['document']}")
    assert paper.mimetype == "application/pdf" and paper.headers["Content-Disposition"].startswith("attachment;")


def test_what_opens_a_door_is_in_no_table_and_no_line_of_the_log(app, session, caplog):
    """Secrets are kept as hashes; ids and addresses have room for none (checklist A4, A9, E4)."""
    caplog.set_level("DEBUG")
    alice = make_user("Alice")
    house = make_organisation(owner=alice)
    browser = app.test_client()
    browser.post("/connexion", data={"email": "alice@exemple.fr", "password": PASSWORD})
    with browser.session_transaction() as cookie:
        secrets = [PASSWORD, cookie["_user_id"]]
    with transaction():
        secrets.append(links.make_link(alice.id, "reset", "alice@exemple.fr"))
        _token, token = tokens.create_token(owner_of(house), "essai", ["read"], 30)
        secrets.append(token)
    browser.get(f"/mot-de-passe/{secrets[2]}")
    app.test_client().get("/api/v1/exchanges", headers={"Authorization": f"Bearer {token}"})
    found = "\n".join(
        str(tuple(row))
        for table in db.metadata.sorted_tables
        for row in session.execute(select(table))
    )  # fmt: skip
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name != "sqlalchemy.engine.Engine")
    for secret in secrets:
        assert secret not in found and secret not in logged


def test_a_failed_statement_is_logged_without_what_it_carried(app, session):
    """Addresses and hashes travel as parameters: a trace must not hold them (checklist A9)."""
    with pytest.raises(DBAPIError) as failed:
        session.execute(text("SELECT * FROM nowhere WHERE email = :email"), {"email": "alice@exemple.fr"})
    session.rollback()
    assert "alice@exemple.fr" not in str(failed.value)
