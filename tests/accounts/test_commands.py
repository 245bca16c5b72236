"""`flask user`, `flask org`, `flask token`: what they make, print and refuse (docs: contract)."""

import pytest

from marketplace.accounts import passwords, queries, second_factor, tokens
from marketplace.accounts.models import Membership, Organisation, Passkey, Site, User
from marketplace.core.clock import wall
from marketplace.core.db import db, transaction

pytestmark = pytest.mark.both_databases
PASSWORD = "girafe velours tampon"


@pytest.fixture
def flask(app):
    runner = app.test_cli_runner()

    def run(*arguments):
        db.session.remove()
        result = runner.invoke(args=list(arguments))
        db.session.remove()
        return result

    return run


@pytest.fixture
def alice(flask):
    result = flask(
        "user", "create", "--email", "Alice@Exemple.fr", "--name", "Alice", "--password", PASSWORD, "--verified"
    )
    assert result.exit_code == 0, result.output
    return "alice@exemple.fr"


def test_a_user_can_sign_in_with_what_was_given(flask, alice):
    assert passwords.verify(queries.credentials_of(alice).password_hash, PASSWORD)
    user = db.session.query(User).one()
    assert user.verified_at is not None and not user.is_moderator
    assert db.session.query(Organisation).one().kind == "person"


def test_a_moderator_not_verified_gets_a_link(flask, run_jobs, outbox_mail):
    arguments = ["--email", "m@exemple.fr", "--name", "Modération", "--password", PASSWORD, "--moderator"]
    assert flask("user", "create", *arguments).exit_code == 0
    user = db.session.query(User).one()
    assert user.is_moderator and user.verified_at is None
    run_jobs()
    assert "/verification/" in outbox_mail()[0].get_content()


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("email", "password", "said"),
    [
        ("alice@exemple.fr", PASSWORD, "déjà un compte"),
        ("sans arobase", PASSWORD, "email"),
        ("bob@exemple.fr", "court", "password"),
        ("bob@exemple.fr", "motdepasse2026!", "password"),
    ],
)
def test_refusals_say_why_and_make_nothing(flask, alice, email, password, said):
    result = flask("user", "create", "--email", email, "--name", "X", "--password", password)
    assert result.exit_code == 1
    assert said in result.output
    assert db.session.query(User).count() == 1


def test_an_organisation_with_owner_and_site(flask, alice):
    result = flask("org", "create", "--name", "Le Contrechamp", "--kind", "reuse_centre", "--owner", alice,
                   "--postcode", "69100", "--verified")  # fmt: skip
    assert result.exit_code == 0, result.output
    organisation = db.session.query(Organisation).filter_by(kind="reuse_centre").one()
    assert organisation.verified_at is not None
    assert organisation.public_id in result.output
    assert db.session.query(Membership).filter_by(organisation_id=organisation.id).one().role == "owner"
    site = db.session.query(Site).one()
    assert (site.postcode, site.city) == ("69100", "Villeurbanne")


@pytest.mark.parametrize(
    ("owner", "kind", "postcode"),
    [
        ("personne@exemple.fr", "venue", "69100"),
        ("alice@exemple.fr", "venue", "00000"),
        ("alice@exemple.fr", "person", "69100"),
    ],
)
def test_an_organisation_that_cannot_be(flask, alice, owner, kind, postcode):
    result = flask("org", "create", "--name", "X X", "--kind", kind, "--owner", owner, "--postcode", postcode)
    assert result.exit_code != 0
    assert db.session.query(Organisation).count() == 1
    assert "Traceback" not in result.output


def test_verifying_later_by_name(flask, alice):
    flask("org", "create", "--name", "Le Contrechamp", "--kind", "venue", "--owner", alice, "--postcode", "75011")
    assert flask("org", "verify", "Le Contrechamp").exit_code == 0
    assert db.session.query(Organisation).filter_by(kind="venue").one().verified_at is not None
    assert flask("org", "verify", "--org", "Le Contrechamp", "--undo").exit_code == 0
    assert db.session.query(Organisation).filter_by(kind="venue").one().verified_at is None
    assert flask("org", "verify", "--org", "Autre").exit_code == 1


@pytest.mark.parametrize(
    "scopes",
    [["--scope", "read", "--scope", "listings"], ["--scope", "read", "listings"], ["--scope", "read,listings"]],
)
def test_a_token_is_printed_last_on_its_line_and_opens_its_organisation(flask, alice, scopes):
    flask("org", "create", "--name", "Le Contrechamp", "--kind", "venue", "--owner", alice, "--postcode", "75011")
    result = flask("token", "create", "--email", alice, "--org", "Le Contrechamp", *scopes)
    assert result.exit_code == 0, result.output
    secret = result.output.strip().splitlines()[-1].split()[-1]
    actor = tokens.actor_for_token(secret)
    assert actor.scopes == {"read", "listings"}
    assert actor.organisation_id == db.session.query(Organisation).filter_by(kind="venue").one().id


def test_a_token_for_a_stranger_or_an_unknown_scope_is_refused(flask, alice):
    flask("org", "create", "--name", "Le Contrechamp", "--kind", "venue", "--owner", alice, "--postcode", "75011")
    flask("user", "create", "--email", "charlie@exemple.fr", "--name", "Charlie", "--password", PASSWORD, "--verified")
    stranger = flask("token", "create", "--email", "charlie@exemple.fr", "--org", "Le Contrechamp", "--scope", "read")
    unknown = flask("token", "create", "--email", alice, "--org", "Le Contrechamp", "--scope", "everything")
    assert stranger.exit_code == 1 and unknown.exit_code == 1
    assert "sp_" not in stranger.output + unknown.output


def test_an_account_is_closed_with_its_reason_and_opened_again(flask, alice, client, run_jobs, outbox_mail):
    assert flask("user", "close", "--email", alice).exit_code != 0, "a reason is asked for"
    assert flask("user", "close", "--email", alice, "--reason", " ").exit_code == 1
    assert "Personne" in flask("user", "close", "--email", "x@exemple.fr", "--reason", "r").output
    assert flask("user", "close", "--email", alice, "--reason", "Annonces volées, deux fois").exit_code == 0
    run_jobs()
    text = outbox_mail()[-1].get_content()
    assert "Annonces volées, deux fois" in text and "/conditions" in text and "contester" in text
    data = {"email": alice, "password": PASSWORD}
    assert client.post("/connexion", data=data).status_code == 422
    assert flask("user", "reopen", "--email", alice).exit_code == 0
    run_jobs()
    assert outbox_mail()[-1]["Subject"] == "Votre compte est rouvert"
    assert client.post("/connexion", data=data).status_code == 303


def test_a_lost_second_factor_is_taken_away(flask, alice, run_jobs, outbox_mail):
    """A3: phone and passkeys, once the operator is sure of who asks."""
    remove = ("user", "remove-second-factor", "--email", alice)
    assert "second facteur" in flask(*remove).output and flask(*remove).exit_code == 1
    user_id = db.session.query(User).one().id
    key = {"credential_id": "abc", "public_key": b"k", "sign_count": 0, "name": "téléphone", "created_at": wall()}
    with transaction() as unit:
        second_factor.put(user_id, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
        unit.add(Passkey(user_id=user_id, **key))
    assert flask(*remove).exit_code == 0
    guard = second_factor.guard_of(user_id)
    assert guard.since is None and guard.passkeys == 0
    db.session.rollback()
    run_jobs()
    assert [m["Subject"] for m in outbox_mail()] == ["Votre second facteur est retiré", "Une clé d’accès est retirée"]
