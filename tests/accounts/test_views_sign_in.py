"""Signing in and out by the page."""

import pytest
from argon2 import PasswordHasher

from marketplace.accounts import passwords
from marketplace.accounts.models import AuditEntry, User, UserSession
from marketplace.core.db import db, transaction
from tests.accounts.browsing import is_signed_in, sign_in_by_form
from tests.factories import PASSWORD, make_organisation, make_user, sign_in


def actions():
    return [row.action for row in db.session.query(AuditEntry).order_by(AuditEntry.id)]


def test_the_page_has_what_a_password_manager_looks_for(client):
    page = client.get("/connexion").get_data(as_text=True)
    assert 'autocomplete="username"' in page and 'autocomplete="current-password"' in page
    assert "onpaste" not in page


def test_a_person_enters_and_leaves(client):
    make_user("Alice")
    assert not is_signed_in(client)
    answer = sign_in_by_form(client)
    assert (answer.status_code, answer.location) == (303, "/")
    assert is_signed_in(client)
    assert client.post("/deconnexion").status_code == 303
    assert not is_signed_in(client)
    assert [a for a in actions() if a.startswith("session")] == ["session.open", "session.close"]


def test_the_address_may_be_typed_in_capitals_and_with_spaces(client):
    make_user("Alice")
    assert sign_in_by_form(client, " Alice@Exemple.FR ").status_code == 303


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("alice@exemple.fr", PASSWORD + "x"),
        ("alice@exemple.fr", PASSWORD.upper()),
        ("personne@exemple.fr", PASSWORD),
        ("pas une adresse", PASSWORD),
        ("alice@exemple.fr\x00", PASSWORD + "\x00"),
        ("a" * 5000 + "@exemple.fr", "x" * 100_000),
    ],
)
def test_a_wrong_pair_is_refused_with_what_was_typed_kept(client, email, password):
    make_user("Alice")
    answer = sign_in_by_form(client, email, password)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "L’adresse ou le mot de passe ne va pas" in page
    assert password[:50] not in page
    assert not is_signed_in(client)
    assert actions()[-1] == "session.refused"


def test_the_refusal_is_told_in_the_log_without_what_was_typed(client):
    user = make_user("Alice")
    sign_in_by_form(client, password="tout autre chose")
    entry = db.session.query(AuditEntry).order_by(AuditEntry.id.desc()).first()
    assert (entry.action, entry.user_id, entry.details) == ("session.refused", user.id, {})
    assert entry.request_id and entry.address == "127.0.0.1"


def test_empty_fields_say_what_is_missing(client):
    page = client.post("/connexion", data={}).get_data(as_text=True)
    assert "Écrivez votre adresse." in page and "Écrivez votre mot de passe." in page


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("/compte?x=1", "/compte?x=1"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_it_leads_back_to_a_page_of_ours_only(client, wanted, goes_to):
    make_user("Alice")
    assert sign_in_by_form(client, next=wanted).location == goes_to


def test_a_private_page_asks_to_sign_in_and_comes_back(client):
    make_user("Alice")
    answer = client.get("/compte/jetons?page=2")
    assert answer.status_code == 303
    assert answer.location == "/connexion?next=/compte/jetons?page%3D2"
    page = client.get(answer.location).get_data(as_text=True)
    assert 'value="/compte/jetons?page=2"' in page


def test_a_form_sent_too_late_leads_back_to_its_page(client):
    answer = client.post("/compte/mot-de-passe", headers={"Referer": "http://localhost/compte"})
    assert answer.location == "/connexion?next=/compte"
    answer = client.post("/compte/lieu", headers={"Referer": "http://localhost/compte/lieu"})
    assert answer.location == "/connexion?next=/compte", "that address takes forms only"
    answer = client.post("/compte/mot-de-passe", headers={"Referer": "https://evil.example/compte"})
    assert answer.location == "/connexion"


def test_a_closed_account_does_not_enter(client):
    user = make_user("Alice")
    with transaction():
        db.session.get(User, user.id).disabled_at = user.created_at
    answer = sign_in_by_form(client)
    assert answer.status_code == 422
    assert "L’adresse ou le mot de passe ne va pas" in answer.get_data(as_text=True)


def test_weaker_hashes_are_made_anew_at_sign_in(client):
    user = make_user("Alice")
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    with transaction():
        db.session.get(User, user.id).password_hash = weak
    assert sign_in_by_form(client).status_code == 303
    kept = db.session.get(User, user.id, populate_existing=True).password_hash
    assert kept != weak and not passwords.needs_rehash(kept)
    assert passwords.verify(kept, PASSWORD)


def test_one_acts_for_a_real_organisation_first(client):
    user = make_user("Alice")
    organisation = make_organisation("Le Contrechamp", owner=user)
    sign_in_by_form(client)
    assert db.session.query(UserSession).one().acting_organisation_id == organisation.id


def test_somebody_signed_in_is_not_asked_again(client):
    sign_in(client, make_user("Alice"))
    assert client.get("/connexion?next=/compte").location == "/compte"
    assert client.get("/inscription").location == "/"


def test_a_stranger_cannot_sign_others_out(client, app):
    alice = make_user("Alice")
    sign_in(client, alice)
    stranger = app.test_client()
    assert stranger.post("/deconnexion").status_code == 303
    sign_in(stranger, make_user("Charlie"))
    stranger.post("/deconnexion")
    assert is_signed_in(client)


@pytest.mark.parametrize(
    "path", ["/deconnexion", "/compte/verification", "/compte/navigateurs", "/compte/navigateurs/tous"]
)
def test_reading_never_acts(client, path):
    sign_in(client, make_user("Alice"))
    assert client.get(path).status_code == 405
    assert is_signed_in(client)
