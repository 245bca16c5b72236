"""Accounts from their opening to their closing, on both databases."""

import threading
from datetime import timedelta

import pytest

from marketplace.accounts import links, passwords, queries, services, signing_in
from marketplace.accounts.models import AuditEntry, EmailToken, Membership, Organisation, User, UserSession
from marketplace.core.clock import wall
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid
from marketplace.jobs.models import OutboxRow
from tests.factories import make_user

pytestmark = pytest.mark.both_databases


def link_in(message) -> str:
    return next(word for word in message.get_content().split() if word.startswith("http"))


def secret_in(message) -> str:
    return link_in(message).rsplit("/", 1)[1]


def test_signing_up_makes_a_person_their_space_and_a_message(app, run_jobs, outbox_mail):
    with transaction():
        user = services.sign_up("alice@exemple.fr", "Alice", "x", "fr")
    space = db.session.query(Organisation).one()
    assert (space.kind, space.name) == ("person", "Alice")
    assert db.session.query(Membership).one().role == "owner"
    assert user.verified_at is None
    run_jobs()
    [message] = outbox_mail()
    assert message["To"] == "alice@exemple.fr"
    assert link_in(message).startswith("http://localhost/verification/")
    with transaction():
        services.verify_address(secret_in(message))
    assert db.session.get(User, user.id).verified_at is not None


def test_a_known_address_makes_nothing_and_tells_its_owner(app, run_jobs, outbox_mail):
    make_user("Alice")
    with transaction():
        assert services.sign_up("alice@exemple.fr", "Somebody", "y", None) is None
    assert db.session.query(User).one().name == "Alice"
    run_jobs()
    [message] = outbox_mail()
    assert message["To"] == "alice@exemple.fr"
    assert "verification/" not in message.get_content() and "mot-de-passe/" not in message.get_content()
    assert "Somebody" not in message.get_content()


def test_two_sign_ups_at_once_make_one_account(app):
    results = []
    barrier = threading.Barrier(2)

    def go():
        with app.app_context():
            barrier.wait()
            with transaction():
                results.append(services.sign_up("alice@exemple.fr", "Alice", "x", None) is not None)
            db.session.remove()

    threads = [threading.Thread(target=go) for _ in range(2)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert sorted(results) == [False, True]
    assert db.session.query(User).count() == 1 and db.session.query(Organisation).count() == 1


def test_no_row_holds_the_secret_of_a_link(app, run_jobs, outbox_mail):
    make_user("Alice")
    with transaction():
        services.ask_reset("alice@exemple.fr")
    run_jobs()
    secret = secret_in(outbox_mail()[0])
    assert len(secret) >= 43  # 256 bits in base64
    assert db.session.query(EmailToken).one().token_hash == signing_in.hash_secret(secret)
    assert not any(secret in str(row.payload) for row in db.session.query(OutboxRow))
    assert not any(secret in str(row.details) for row in db.session.query(AuditEntry))


def test_a_link_of_reset_serves_once_and_ends_every_session(app, run_jobs, outbox_mail):
    user = make_user("Alice", verified=False)
    with transaction():
        first = signing_in.open_session(user.id, "", "")
        services.ask_reset(user.email)
        services.ask_reset(user.email)
    run_jobs()
    secrets = [secret_in(m) for m in outbox_mail()]
    with transaction():
        services.reset_password(secrets[0], "new")
    assert signing_in.load(first) is None
    assert db.session.get(User, user.id).password_hash == "new"
    assert db.session.get(User, user.id).verified_at is not None
    for secret in secrets:  # the other one is void since the password changed
        with pytest.raises(Invalid), transaction():
            services.reset_password(secret, "newer")
    run_jobs()
    assert outbox_mail()[-1]["Subject"] == "Votre mot de passe a changé"


def test_an_old_link_and_one_for_something_else_are_dead(app):
    user = make_user("Alice")
    with transaction():
        verify = links.make_link(user.id, "verify", user.email)
        reset = links.make_link(user.id, "reset", user.email)
        old = links.make_link(user.id, "reset", user.email)
        row = db.session.query(EmailToken).filter_by(token_hash=signing_in.hash_secret(old)).one()
        assert row.expires_at - row.created_at <= timedelta(hours=1)
        row.expires_at = row.created_at
    assert queries.link_holder(reset, "reset") == user.id
    for secret in (verify, old, "", "inconnu", "\x00", "é" * 300, "\ud800"):
        assert queries.link_holder(secret, "reset") is None
        with pytest.raises(Invalid), transaction():
            services.reset_password(secret, "new")


def test_a_link_used_twice_at_once_serves_once(app):
    user = make_user("Alice")
    with transaction():
        secret = links.make_link(user.id, "reset", user.email)
    results = []
    barrier = threading.Barrier(2)

    def go(name):
        with app.app_context():
            barrier.wait()
            try:
                with transaction():
                    services.reset_password(secret, name)
                results.append(name)
            except Invalid:
                results.append(None)
            db.session.remove()

    threads = [threading.Thread(target=go, args=(name,)) for name in ("one", "two")]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert results.count(None) == 1


def test_an_address_changes_only_when_the_new_one_answers(app, run_jobs, outbox_mail):
    user = make_user("Alice")
    with transaction():
        reset = links.make_link(user.id, "reset", user.email)
        services.ask_email_change(user.id, "neuve@exemple.fr")
    assert db.session.get(User, user.id).email == "alice@exemple.fr"
    run_jobs()
    told = {m["To"]: m for m in outbox_mail()}
    assert set(told) == {"alice@exemple.fr", "neuve@exemple.fr"}
    assert "neuve@exemple.fr" not in told["alice@exemple.fr"].get_content()
    with transaction():
        services.verify_address(secret_in(told["neuve@exemple.fr"]))
    assert db.session.get(User, user.id).email == "neuve@exemple.fr"
    assert queries.link_holder(reset, "reset") is None  # sent to the address of before
    run_jobs()
    assert outbox_mail()[-1]["To"] == "alice@exemple.fr"


def test_an_address_taken_meanwhile_is_not_given_twice(app, run_jobs, outbox_mail):
    user = make_user("Alice")
    with transaction():
        services.ask_email_change(user.id, "bob@exemple.fr")
    run_jobs()
    make_user("Bob")
    secret = next(secret_in(m) for m in outbox_mail() if m["To"] == "bob@exemple.fr")
    with pytest.raises(Invalid), transaction():
        services.verify_address(secret)
    assert db.session.get(User, user.id).email == "alice@exemple.fr"


def test_asking_for_somebody_elses_address_tells_them_and_not_the_asker(app, run_jobs, outbox_mail):
    user = make_user("Alice")
    make_user("Bob")
    with transaction():
        services.ask_email_change(user.id, "bob@exemple.fr")
    run_jobs()
    to_bob = next(m for m in outbox_mail() if m["To"] == "bob@exemple.fr")
    assert "verification/" not in to_bob.get_content()


def test_a_closed_account_has_no_session_no_link_and_no_way_in(app, run_jobs, outbox_mail):
    user = make_user("Alice")
    with transaction():
        secret = signing_in.open_session(user.id, "", "")
        link = links.make_link(user.id, "reset", user.email)
    found = queries.credentials_of(user.email)
    with transaction():
        services.disable_user(user.id, None, "asked")
    assert signing_in.load(secret) is None
    assert queries.link_holder(link, "reset") is None
    with transaction():
        assert services.sign_in(found, "", "", "") is None
        services.ask_reset(user.email)
    run_jobs()
    [told] = outbox_mail()
    assert told["Subject"] == "Votre compte est fermé" and "asked" in told.get_content()
    assert db.session.query(UserSession).filter(UserSession.ended_at.is_(None)).count() == 0


def test_a_closed_account_is_shut_whatever_became_of_its_sessions(app):
    """A7: a session that a parallel request opened is worth nothing either."""
    user = make_user("Alice")
    with transaction():
        secret = signing_in.open_session(user.id, "", "")
        db.session.get(User, user.id).disabled_at = wall()
    assert db.session.query(UserSession).one().ended_at is None
    assert signing_in.load(secret) is None


def test_no_account_is_closed_without_a_reason(app):
    user = make_user("Alice")
    with pytest.raises(Invalid), transaction():
        services.disable_user(user.id, None, "  ")
    assert db.session.get(User, user.id, populate_existing=True).disabled_at is None


def test_a_password_changed_meanwhile_keeps_the_door_shut(app):
    user = make_user("Alice")
    found = queries.credentials_of(user.email)
    with transaction():
        services.change_password(user.id, None, passwords.hash_password("girafe velours tampon"))
    with transaction():
        assert services.sign_in(found, "", "", "") is None
    assert db.session.query(UserSession).count() == 0


def test_the_name_of_a_person_is_that_of_their_space(app):
    user = make_user("Alice")
    with transaction():
        services.change_profile(user.id, "Alice M.", "en")
    db.session.expire_all()
    assert db.session.query(Organisation).one().name == "Alice M."
    assert db.session.get(User, user.id).language == "en"


def test_an_address_has_one_account(app):
    make_user("Alice")
    with pytest.raises(Conflict), transaction():
        services.create_user("alice@exemple.fr", "Other", "x")
    assert db.session.query(User).count() == 1
