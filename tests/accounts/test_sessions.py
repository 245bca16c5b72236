"""Sessions: made anew at sign-in, kept by the server, ended everywhere when they must be (A7, A9)."""

import time
from datetime import timedelta

from marketplace.accounts import sightings, signing_in
from marketplace.accounts.models import UserSession
from marketplace.core.clock import wall
from marketplace.core.db import db, transaction
from tests.accounts.browsing import NEW_PASSWORD, is_signed_in, sign_in_by_form
from tests.databases import settings_for
from tests.factories import make_user, sign_in


def rows():
    return db.session.query(UserSession).populate_existing().order_by(UserSession.id).all()


def cookie_of(client):
    return client.get_cookie("session").value


def test_signing_in_leaves_nothing_of_the_cookie_of_before(client):
    make_user("Alice")
    client.get("/connexion?lang=en")
    with client.session_transaction() as cookie:
        cookie.update(planted="by somebody", csrf_token="known to somebody", _user_id="a secret of somebody")
    sign_in_by_form(client)
    with client.session_transaction() as cookie:
        assert "planted" not in cookie and cookie.get("csrf_token") != "known to somebody"
        assert cookie["_user_id"] != "a secret of somebody" and cookie["lang"] == "en"
        assert cookie.permanent


def test_each_sign_in_has_its_own_secret_and_ends_the_last_one(client):
    make_user("Alice")
    sign_in_by_form(client)
    with client.session_transaction() as cookie:
        first = cookie["_user_id"]
    sign_in_by_form(client)
    with client.session_transaction() as cookie:
        second = cookie["_user_id"]
    assert first != second and len(second) >= 43
    assert [row.ended_at is None for row in rows()] == [False, True]
    assert all(second not in (row.secret_hash, row.agent) for row in rows())


def test_a_cookie_kept_from_before_signing_out_opens_nothing(client, app):
    make_user("Alice")
    sign_in_by_form(client)
    copy = cookie_of(client)
    client.post("/deconnexion")
    thief = app.test_client()
    thief.set_cookie("session", copy)
    assert not is_signed_in(thief)


def test_changing_the_password_ends_every_other_session(client, app):
    make_user("Alice")
    others = [app.test_client() for _ in range(2)]
    for browser in (client, *others):
        sign_in_by_form(browser)
    answer = client.post("/compte/mot-de-passe", data={"new_password": NEW_PASSWORD})
    assert answer.status_code == 303
    assert is_signed_in(client)
    assert not any(is_signed_in(browser) for browser in others)


def test_idle_and_absolute_ends(client):
    user = make_user("Alice")
    sign_in(client, user)
    at = wall()
    for last_seen, created, alive in [
        (signing_in.IDLE - timedelta(minutes=5), timedelta(days=20), True),
        (signing_in.IDLE + timedelta(minutes=5), timedelta(days=20), False),
        (timedelta(0), signing_in.LONGEST - timedelta(minutes=5), True),
        (timedelta(0), signing_in.LONGEST + timedelta(minutes=5), False),
    ]:
        with transaction():
            [row] = rows()
            row.last_seen_at, row.created_at = at - last_seen, at - created
            row.expires_at = row.created_at + signing_in.LONGEST
        assert is_signed_in(client) is alive


def test_reading_keeps_a_session_alive_without_writing_in_the_request(client):
    sign_in(client, make_user("Alice"))
    before = wall() - timedelta(days=10)
    with transaction():
        rows()[0].last_seen_at = before
    client.get("/compte")
    assert rows()[0].last_seen_at == before
    db.session.rollback()
    sightings.flush()
    assert wall() - rows()[0].last_seen_at < timedelta(seconds=30)
    seen = rows()[0].last_seen_at
    client.get("/compte")
    db.session.rollback()
    sightings.flush()
    assert rows()[0].last_seen_at == seen, "written again within five minutes"


def test_a_serving_process_writes_what_it_saw_by_itself(client, app, monkeypatch):
    sign_in(client, make_user("Alice"))
    before = wall() - timedelta(days=10)
    with transaction():
        rows()[0].last_seen_at = before
    monkeypatch.setattr(sightings, "SEEN_EVERY", timedelta(milliseconds=50))
    monkeypatch.setitem(app.config, "TESTING", False)
    client.get("/compte")
    deadline = time.monotonic() + 60
    while rows()[0].last_seen_at == before and time.monotonic() < deadline:
        db.session.rollback()
        time.sleep(0.02)
    assert wall() - rows()[0].last_seen_at < timedelta(seconds=30)
    app.extensions["sightings"].stopping.set()


def test_a_visitor_asks_nothing_of_the_database(client, app):
    from sqlalchemy import event

    statements = []
    event.listen(db.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    client.get("/connexion")
    assert statements == []


def test_the_cookie_is_for_us_alone(app, database_url, tmp_path):
    from marketplace import create_app

    secure = create_app(settings_for(tmp_path / "https", database_url, BASE_URL="https://localhost", RATE_LIMITS="on"))
    secure.config.update(TESTING=True)
    secure.url_build_error_handlers.extend(app.url_build_error_handlers)
    answer = secure.test_client().get("/connexion", base_url="https://localhost")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    assert "Domain=" not in cookie


def test_old_sessions_and_links_are_forgotten(app, client):
    from marketplace.accounts import jobs

    sign_in(client, make_user("Alice"))
    with transaction():
        rows()[0].expires_at = wall() - timedelta(days=31)
    jobs.sweep_past()
    assert rows() == []
