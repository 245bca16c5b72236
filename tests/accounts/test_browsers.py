"""Browsers: listed, signed out one by one or all, and the ones an account had not seen are told (A7, A9)."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from marketplace.accounts import known_browsers
from marketplace.accounts.models import KnownBrowser, UserSession
from marketplace.core.clock import wall
from marketplace.core.db import db, transaction
from marketplace.messaging.models import Notification
from tests.accounts.browsing import is_signed_in, sign_in_by_form
from tests.databases import settings_for
from tests.factories import make_user, sign_in

FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


def told(outbox_mail):
    return [m for m in outbox_mail() if m["Subject"] == "Connexion depuis un nouveau navigateur"]


@pytest.mark.both_databases
def test_a_new_browser_is_told_once(client, app, run_jobs, outbox_mail, session):
    """Not the very first of an account; any other, by mail and in the list, with when, what and where."""
    make_user("Alice")
    sign_in_by_form(client)
    sign_in_by_form(client)
    run_jobs()
    assert told(outbox_mail) == []
    other = app.test_client()
    data = {"email": "alice@exemple.fr", "password": "un mot de passe assez long"}
    other.post("/connexion", data=data, headers=FIREFOX, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    other.post("/deconnexion")
    other.post("/connexion", data=data, headers=FIREFOX)
    run_jobs()
    [message] = told(outbox_mail)
    text = message.get_content()
    assert message["To"] == "alice@exemple.fr"
    assert "Firefox, Linux" in text and "192.0.2.7" in text and "/mot-de-passe-oublie" in text
    [row] = session.query(Notification)
    assert row.kind == "browser_new" and "192.0.2.7" in other.get("/notifications").get_data(as_text=True)


def test_one_browser_of_two_people_ties_nobody_to_nobody(client):
    make_user("Alice"), make_user("Bob")
    sign_in_by_form(client)
    sign_in_by_form(client, "bob@exemple.fr")
    hashes = [row.secret_hash for row in db.session.query(KnownBrowser)]
    assert len(set(hashes)) == 2 and client.get_cookie("browser").value not in hashes


def test_rows_are_bounded_and_the_oldest_go(app):
    user = make_user("Alice")
    secrets = [known_browsers.new_secret() for _number in range(known_browsers.MOST + 3)]
    for secret in secrets:
        with transaction():
            known_browsers.meet(user.id, secret)
    assert db.session.query(KnownBrowser).count() == known_browsers.MOST
    with transaction():
        assert known_browsers.meet(user.id, secrets[0]), "forgotten, so told again"
        assert not known_browsers.meet(user.id, secrets[-1])


def test_long_unseen_ones_are_forgotten_but_never_the_last(app):
    """Whoever comes after years of silence is told of, too."""
    user, other = make_user("Alice"), make_user("Bob")
    with transaction():
        for who in (user, user, other):
            known_browsers.meet(who.id, known_browsers.new_secret())
        ids = [row.id for row in db.session.query(KnownBrowser).order_by(KnownBrowser.id)]
        for age, row_id in zip((500, 450, 500), ids, strict=True):
            old = wall() - timedelta(days=age)
            db.session.execute(update(KnownBrowser).where(KnownBrowser.id == row_id).values(seen_at=old))
    with transaction():
        known_browsers.sweep()
    assert [row.id for row in db.session.query(KnownBrowser).order_by(KnownBrowser.id)] == ids[1:]


def test_its_cookie_is_for_us_alone(app, client, database_url, tmp_path):
    """A9."""
    from marketplace import create_app

    make_user("Alice")
    secure = create_app(settings_for(tmp_path / "https", database_url, BASE_URL="https://localhost", RATE_LIMITS="on"))
    secure.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    secure.url_build_error_handlers.extend(app.url_build_error_handlers)
    data = {"email": "alice@exemple.fr", "password": "un mot de passe assez long"}
    answer = secure.test_client().post("/connexion", data=data, base_url="https://localhost")
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("__Host-browser="))
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    assert "Domain=" not in cookie


def handles(client):
    page = client.get("/compte/securite").get_data(as_text=True)
    return re.findall(r"/compte/navigateurs/([0-9a-f]{24})/deconnecter", page)


def test_one_is_signed_out_by_its_person_alone(client, app):
    """A7, C1: another's browser answers as one that does not exist."""
    alice = make_user("Alice")
    phone, stranger = app.test_client(), app.test_client()
    for browser in (client, phone):
        sign_in(browser, alice)
    sign_in(stranger, make_user("Charlie"))
    [handle] = handles(client)
    theirs = stranger.post(f"/compte/navigateurs/{handle}/deconnecter")
    nobodys = stranger.post(f"/compte/navigateurs/{'0' * 24}/deconnecter")
    assert theirs.status_code == nobodys.status_code == 404
    assert is_signed_in(phone)
    assert client.post(f"/compte/navigateurs/{handle}/deconnecter").status_code == 303
    assert is_signed_in(client) and not is_signed_in(phone)
    assert client.post(f"/compte/navigateurs/{handle}/deconnecter").status_code == 404


def test_everywhere_is_here_too(client, app):
    """A7."""
    alice = make_user("Alice")
    phone = app.test_client()
    for browser in (client, phone):
        sign_in(browser, alice)
    assert "jetons" in client.get("/compte/securite").get_data(as_text=True), "what stays in service is said"
    assert client.post("/compte/navigateurs/tous").location == "/connexion"
    assert not is_signed_in(client) and not is_signed_in(phone)
    db.session.rollback()
    assert db.session.query(UserSession).filter(UserSession.ended_at.is_(None)).count() == 0
