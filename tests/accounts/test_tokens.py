"""API tokens: what they open, for how long, and who sees them (E4, A8, C4)."""

from datetime import timedelta

import pyotp
import pytest

from marketplace.accounts import second_factor, sightings, signing_in, tokens
from marketplace.accounts.models import ApiToken, AuditEntry, Membership, User
from marketplace.accounts.permissions import MATRIX
from marketplace.core.clock import wall
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid, NotAllowed, NotFound
from tests.accounts.browsing import let_proofs_age, prove, sign_in_by_form
from tests.factories import PASSWORD, actor_of, add_member, make_organisation, make_user, owner_of, sign_in

both = pytest.mark.both_databases


def make(actor, scopes=("read",), days=30):
    with transaction():
        token, secret = tokens.create_token(actor, "Import du stock", scopes, days)
    return token, secret


def token_row():
    return db.session.query(ApiToken).populate_existing().one()


@both
def test_a_token_speaks_for_its_holder_in_its_organisation(app):
    organisation = make_organisation()
    token, secret = make(owner_of(organisation), ("listings", "read"))
    actor = tokens.actor_for_token(secret)
    assert (actor.organisation_id, actor.role, actor.entry) == (organisation.id, "owner", "api")
    assert actor.scopes == {"read", "listings"} and actor.verified and not actor.is_moderator
    assert secret.startswith("sp_") and len(bytes.fromhex(secret[3:])) * 8 >= 160
    assert token.token_hash == signing_in.hash_secret(secret) and secret not in (token.name, token.hint)
    entry = db.session.query(AuditEntry).filter_by(action="token.create").one()
    assert secret not in str(entry.details) and entry.organisation_id == organisation.id


@both
def test_what_ends_a_token(app):
    organisation = make_organisation()
    bob = make_user("Bob")
    add_member(organisation, bob, "manager")
    token, secret = make(actor_of(bob, organisation))
    assert tokens.actor_for_token(secret).role == "manager"

    with transaction():  # a smaller role counts at the next request
        db.session.query(Membership).filter_by(user_id=bob.id, organisation_id=organisation.id).one().role = "viewer"
    assert tokens.actor_for_token(secret).role == "viewer"
    assert "viewer" not in MATRIX["listing.publish"]

    with transaction():
        db.session.get(ApiToken, token.id).expires_at = wall() - timedelta(seconds=1)
    assert tokens.actor_for_token(secret) is None
    with transaction():
        db.session.get(ApiToken, token.id).expires_at = wall() + timedelta(days=1)
        db.session.get(User, bob.id).disabled_at = wall()
    assert tokens.actor_for_token(secret) is None
    with transaction():
        db.session.get(User, bob.id).disabled_at = None
    assert tokens.actor_for_token(secret) is not None
    with transaction():
        db.session.query(Membership).filter_by(user_id=bob.id, organisation_id=organisation.id).delete()
    assert tokens.actor_for_token(secret) is None


@both
def test_revoked_is_at_once_and_told_once(app):
    organisation = make_organisation()
    token, secret = make(owner_of(organisation))
    for _time in range(2):
        with transaction():
            tokens.revoke_token(owner_of(organisation), token.public_id)
    assert tokens.actor_for_token(secret) is None
    assert db.session.query(AuditEntry).filter_by(action="token.revoke").count() == 1


@pytest.mark.parametrize(
    "secret", ["", "sp_", "sp_" + "0" * 48, "x" * 48, "sp_é", "sp_\x00", "sp_" + "0" * 10_000, "\ud800"]
)
def test_anything_else_is_nobody(app, secret):
    make(owner_of(make_organisation()))
    assert tokens.actor_for_token(secret) is None


@pytest.mark.parametrize(
    ("name", "scopes", "days", "field"),
    [
        ("", ["read"], 30, "name"),
        ("x" * 81, ["read"], 30, "name"),
        ("n", [], 30, "scopes"),
        ("n", ["read", "root"], 30, "scopes"),
        ("n", ["read"], 0, "days"),
        ("n", ["read"], -1, "days"),
        ("n", ["read"], 10**9, "days"),
    ],
)
def test_what_a_token_may_not_be(app, name, scopes, days, field):
    actor = owner_of(make_organisation())
    with pytest.raises(Invalid) as refusal, transaction():
        tokens.create_token(actor, name, scopes, days)
    assert list(refusal.value.errors) == [field]


def test_roles_that_manage_tokens(app):
    organisation = make_organisation()
    for role in ("manager", "member", "viewer"):
        user = make_user(role)
        add_member(organisation, user, role)
        actor = actor_of(user, organisation)
        if role == "manager":
            make(actor)
            with pytest.raises(Invalid), transaction():
                tokens.create_token(actor, "n", ["admin"], 30)
        else:
            with pytest.raises(NotAllowed), transaction():
                tokens.create_token(actor, "n", ["read"], 30)


def test_last_use_is_written_apart_and_at_most_every_five_minutes(app):
    _token, secret = make(owner_of(make_organisation()))
    tokens.actor_for_token(secret)
    assert token_row().last_used_at is None
    db.session.rollback()
    sightings.flush()
    first = token_row().last_used_at
    assert wall() - first < timedelta(seconds=30)
    tokens.actor_for_token(secret)
    db.session.rollback()
    sightings.flush()
    assert token_row().last_used_at == first


# ── the page ──


@pytest.fixture
def organisation(client):
    alice = make_user("Alice")
    organisation = make_organisation("Le Contrechamp", owner=alice)
    sign_in(client, alice, organisation, proved=True)
    return organisation


def secret_on(page):
    text = page.get_data(as_text=True)
    return text.split('value="sp_')[1].split('"')[0] if 'value="sp_' in text else None


def ask(client, **more):
    return client.post("/compte/jetons", data={"name": "Import", "scopes": ["read", "listings"], "days": "30", **more})


def test_shown_once_then_listed_and_revoked(client, organisation):
    made = ask(client)
    secret = "sp_" + secret_on(made)
    assert made.status_code == 200 and made.headers["Cache-Control"] == "no-store"
    assert tokens.actor_for_token(secret).organisation_id == organisation.id
    page = client.get("/compte/jetons").get_data(as_text=True)
    assert "Import" in page and secret not in page and f"…{secret[-4:]}" in page and "jamais" in page
    answer = client.post(f"/compte/jetons/{token_row().public_id}/revoquer")
    assert answer.status_code == 303
    assert tokens.actor_for_token(secret) is None


def test_a_code_is_asked_at_the_act_from_whoever_makes_one(client, organisation):
    """A3, A8: what was typed waits while the code is given, and goes on from there; the password is not enough."""
    alice = db.session.query(User).filter_by(name="Alice").one()
    with transaction():
        second_factor.put(alice.id, pyotp.random_base32())
    let_proofs_age()
    asked = ask(client)
    assert asked.status_code == 200 and secret_on(asked) is None
    page = asked.get_data(as_text=True)
    assert "Confirmez que c’est bien vous" in page and 'name="proof"' not in page
    assert 'name="name" value="Import"' in page and page.count('name="scopes"') == 2, "what was typed waits"
    assert db.session.query(ApiToken).count() == 0
    waits = {"name": "Import", "scopes": ["read", "listings"], "days": "30", "proof_to": "/compte/jetons"}
    for given in ({"proof": PASSWORD}, {"proof": PASSWORD, "proof_factor": "1"}, {"proof_code": "abcdef"}):
        wrong = prove(client, **given, **waits)
        assert wrong.status_code == 422 and 'name="name" value="Import"' in wrong.get_data(as_text=True)
    assert db.session.query(ApiToken).count() == 0
    made = prove(client, proof_code=second_factor.code_of_now(alice.id), **waits)
    assert secret_on(made)


def test_without_a_second_factor_one_is_led_to_it(client, organisation):
    """A3: a fresh password makes no token; the page says so before anything is typed."""
    sign_in_by_form(client)
    page = client.get("/compte/jetons").get_data(as_text=True)
    assert 'href="/compte/second-facteur"' in page and 'name="days"' not in page
    assert ask(client).location == "/compte/second-facteur"
    assert db.session.query(ApiToken).count() == 0
    assert "demande un second facteur" in client.get("/compte/second-facteur").get_data(as_text=True)


def test_revoking_needs_proof_too_but_only_of_what_one_has(client, organisation):
    """A8: somebody in a hurry to end a leaked token needs no phone."""
    ask(client)
    path = f"/compte/jetons/{token_row().public_id}/revoquer"
    let_proofs_age()
    assert client.post(path).status_code == 200 and token_row().revoked_at is None
    assert client.post("/compte/preuve", data={"proof": PASSWORD, "proof_to": path}).status_code == 307
    assert client.post(path).status_code == 303
    assert token_row().revoked_at is not None


def test_wrong_fields_are_named(client, organisation):
    page = client.post("/compte/jetons", data={"name": "", "days": "demain"}).get_data(as_text=True)
    assert 'id="name-e"' in page and 'id="days-e"' in page
    page = client.post("/compte/jetons", data={"name": "n", "days": "30"}).get_data(as_text=True)
    assert 'id="scopes-e"' in page
    for days in ("999999999999999999999", "-3", "1e9", "\x00"):
        assert client.post("/compte/jetons", data={"name": "n", "scopes": "read", "days": days}).status_code == 422


def test_a_stranger_neither_sees_nor_revokes(client, organisation, app):
    ask(client)
    token = token_row()
    stranger = app.test_client()
    other = make_organisation("Autre Scène", owner=make_user("Charlie"))
    sign_in(stranger, db.session.query(User).filter_by(name="Charlie").one(), other, proved=True)
    assert "Import" not in stranger.get("/compte/jetons").get_data(as_text=True)
    theirs = stranger.post(f"/compte/jetons/{token.public_id}/revoquer")
    nobodys = stranger.post("/compte/jetons/aaaaaaaaaaaaa/revoquer")
    assert theirs.status_code == nobodys.status_code == 404
    assert token_row().revoked_at is None
    with pytest.raises(NotFound), transaction():
        tokens.revoke_token(owner_of(other), token.public_id)


def test_a_viewer_has_no_such_page(client, organisation, app):
    bob = make_user("Bob")
    add_member(organisation, bob, "viewer")
    browser = sign_in(app.test_client(), bob, organisation)
    assert browser.get("/compte/jetons").status_code == 403
    assert ask(browser).status_code == 403
