"""A forgotten password, by the pages (checklist A4)."""

import pytest

from marketplace.accounts import links, passwords, queries
from marketplace.accounts.models import AuditEntry
from marketplace.core.db import db, transaction
from tests.accounts.browsing import NEW_PASSWORD, is_signed_in, link_in, sign_in_by_form
from tests.factories import PASSWORD, make_user, sign_in


@pytest.fixture
def path(client, run_jobs, outbox_mail):
    make_user("Alice")
    answer = client.post("/mot-de-passe-oublie", data={"email": "Alice@exemple.fr"})
    assert answer.location == "/verification"
    assert "/mot-de-passe/" not in client.get("/verification").get_data(as_text=True)
    run_jobs()
    return link_in(outbox_mail()[0])


def test_from_a_forgotten_password_to_a_new_one(client, path, run_jobs, outbox_mail):
    page = client.get(path)
    assert page.status_code == 200 and 'autocomplete="new-password"' in page.get_data(as_text=True)
    answer = client.post(path, data={"password": NEW_PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/connexion")
    assert not is_signed_in(client), "a link of reset is not a way in"
    assert sign_in_by_form(client).status_code == 422
    assert sign_in_by_form(client, password=NEW_PASSWORD).status_code == 303
    run_jobs()
    assert outbox_mail()[-1]["Subject"] == "Votre mot de passe a changé"
    assert "password.reset" in [row.action for row in db.session.query(AuditEntry)]


def test_looking_at_the_link_does_not_spend_it(client, path):
    for _time in range(3):
        assert client.get(path).status_code == 200
    assert client.post(path, data={"password": NEW_PASSWORD}).status_code == 303


def test_it_serves_once(client, path):
    client.post(path, data={"password": NEW_PASSWORD})
    for answer in (client.get(path), client.post(path, data={"password": "une autre phrase entière"})):
        assert answer.status_code == 410
        assert "Ce lien ne sert plus" in answer.get_data(as_text=True)
    assert passwords.verify(queries.credentials_of("alice@exemple.fr").password_hash, NEW_PASSWORD)


def test_a_password_that_is_refused_leaves_the_link_alive(client, path):
    answer = client.post(path, data={"password": "motdepasse2026!"})
    assert answer.status_code == 422 and "qu’on essaie d’abord" in answer.get_data(as_text=True)
    answer = client.post(path, data={"password": "alice@exemple.fr"})
    assert answer.status_code == 422 and "Il reprend" in answer.get_data(as_text=True)
    assert client.post(path, data={"password": NEW_PASSWORD}).status_code == 303


def test_it_is_void_once_the_password_changed_otherwise(client, path, app):
    browser = app.test_client()
    sign_in_by_form(browser)
    browser.post("/compte/mot-de-passe", data={"new_password": NEW_PASSWORD})
    assert client.get(path).status_code == 410


def test_the_sessions_of_whoever_knew_the_old_password_end(client, path, app):
    thief = app.test_client()
    sign_in_by_form(thief)
    assert is_signed_in(thief)
    client.post(path, data={"password": NEW_PASSWORD})
    assert not is_signed_in(thief)


@pytest.mark.parametrize(
    "token", ["inconnu", "%00", "%ED%A0%80", "é" * 200, "x" * 5000, "..%2f..%2fetc", "' OR 1=1 --"]
)
def test_any_other_link_says_that_it_is_dead(client, token):
    for answer in (client.get(f"/mot-de-passe/{token}"), client.post(f"/mot-de-passe/{token}", data={"password": "x"})):
        assert answer.status_code in (404, 410)
    assert client.post(f"/verification/{token}").status_code in (404, 410)


def test_one_persons_link_does_nothing_for_another(client, app):
    alice, charlie = make_user("Alice"), make_user("Charlie")
    with transaction():
        secret = links.make_link(alice.id, "reset", alice.email)
    sign_in(client, charlie)
    client.post(
        f"/mot-de-passe/{secret}", data={"password": NEW_PASSWORD, "email": charlie.email, "user_id": charlie.id}
    )
    assert passwords.verify(queries.credentials_of(charlie.email).password_hash, PASSWORD)
    assert passwords.verify(queries.credentials_of(alice.email).password_hash, NEW_PASSWORD)


def test_mail_links_come_from_the_settings_not_from_the_request(client, run_jobs, outbox_mail):
    make_user("Alice")
    headers = {"Host": "127.0.0.1", "X-Forwarded-Host": "evil.example"}
    client.post("/mot-de-passe-oublie", data={"email": "alice@exemple.fr"}, headers=headers)
    run_jobs()
    [message] = outbox_mail()
    assert "http://localhost/mot-de-passe/" in message.get_content()
    assert "evil" not in message.get_content() and "127.0.0.1" not in message.get_content()
