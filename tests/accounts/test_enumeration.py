"""An address with an account and one without get the same answer by the same way (checklist A5)."""

import re
import statistics
import time

import pytest
from argon2 import PasswordHasher

from marketplace.accounts import passwords
from marketplace.core.db import db
from marketplace.jobs.models import OutboxRow
from tests.accounts.browsing import NEW_PASSWORD, sign_in_by_form
from tests.factories import make_user

KNOWN, UNKNOWN = "connue@exemple.fr", "inconnue@exemple.fr"


@pytest.fixture
def calls(monkeypatch):
    """How many times Argon2 ran."""
    counted = []
    for name in ("hash", "verify"):
        real = getattr(PasswordHasher, name)

        def spy(self, *args, _real=real, _name=name, **kwargs):
            counted.append(_name)
            return _real(self, *args, **kwargs)

        monkeypatch.setattr(PasswordHasher, name, spy)
    return counted


def shape(answer, email):
    """An answer without what differs in every answer: the address typed, tokens, hashes of the session."""
    body = answer.get_data(as_text=True).replace(email, "ADDRESS")
    body = re.sub(r'name="csrf_token"[^>]*value="[^"]*"', "", body)
    headers = {k: v for k, v in answer.headers if k not in ("X-Request-Id", "Set-Cookie", "Date", "Content-Length")}
    return answer.status_code, body, headers


def sign_in(client, email):
    return sign_in_by_form(client, email, "ce n’est pas le bon")


def sign_up(client, email):
    return client.post("/inscription", data={"name": "X", "email": email, "password": NEW_PASSWORD})


def sign_up_wrongly(client, email):
    return client.post("/inscription", data={"name": "X", "email": email, "password": "motdepasse2026!"})


def forgotten(client, email):
    return client.post("/mot-de-passe-oublie", data={"email": email})


@pytest.mark.parametrize("ask", [sign_in, sign_up, sign_up_wrongly, forgotten])
def test_the_answer_is_the_same(app, ask, calls):
    make_user("Connue", email=KNOWN)
    answers, pages, argon, rows = [], [], [], []
    for email in (KNOWN, UNKNOWN):
        calls.clear()
        before = db.session.query(OutboxRow).count()
        browser = app.test_client()
        answers.append(shape(ask(browser, email), email))
        argon.append(len(calls))
        rows.append(db.session.query(OutboxRow).count() - before)
        pages.append(shape(browser.get("/verification"), email))
    assert answers[0] == answers[1]
    assert pages[0] == pages[1]
    assert argon[0] == argon[1] <= 1
    assert argon[0] == (0 if ask in (forgotten, sign_up_wrongly) else 1)
    assert rows[0] == rows[1]


def test_a_closed_account_answers_as_one_that_is_not(app):
    from marketplace.accounts.models import User
    from marketplace.core.db import transaction

    user = make_user("Connue", email=KNOWN)
    with transaction():
        db.session.get(User, user.id).disabled_at = user.created_at
    one, other = (shape(sign_in(app.test_client(), email), email) for email in (KNOWN, UNKNOWN))
    assert one == other


def test_only_the_mailbox_tells_the_difference(app, run_jobs, outbox_mail):
    make_user("Connue", email=KNOWN)
    for email in (KNOWN, UNKNOWN):
        forgotten(app.test_client(), email)
    run_jobs()
    assert [m["To"] for m in outbox_mail()] == [KNOWN]


def test_signing_in_takes_the_same_time(app):
    """A short form of the measure (the long one is in `make soak`): medians within a third."""
    from tests.factories import make_user

    user = make_user("Connue", email=KNOWN)
    from marketplace.accounts.models import User
    from marketplace.core.db import transaction

    with transaction():
        db.session.get(User, user.id).password_hash = passwords.hash_password(NEW_PASSWORD)
    client = app.test_client()
    for email in (KNOWN, UNKNOWN):
        sign_in(client, email)  # templates compiled, caches warm
    times = {KNOWN: [], UNKNOWN: []}
    for _round in range(9):
        for email in times:
            started = time.process_time()  # our own work: the machine may be at other things
            sign_in(client, email)
            times[email].append(time.process_time() - started)
    known, unknown = (statistics.median(times[email]) for email in (KNOWN, UNKNOWN))
    assert 0.66 < known / unknown < 1.5, (known, unknown)
