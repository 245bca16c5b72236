"""Forged requests: every unsafe one needs its session's token and comes from our pages (checklist B1)."""

import re

import pytest

from marketplace.accounts.models import AuditEntry, User, UserSession
from marketplace.core.db import db
from marketplace.jobs.models import OutboxRow
from tests.factories import PASSWORD, make_user, sign_in

POSTS = ["/deconnexion", "/compte", "/compte/adresse", "/compte/mot-de-passe", "/compte/verification", "/compte/jetons"]
DATA = {
    "name": "Forged", "language": "en", "new_email": "x@exemple.fr",
    "new_password": "girafe velours tampon", "scopes": "read", "days": "30",
}  # fmt: skip


@pytest.fixture
def guarded(app):
    app.config["WTF_CSRF_ENABLED"] = True
    return app


@pytest.fixture
def browser(guarded):
    return sign_in(guarded.test_client(), make_user("Alice", verified=False), proved=True)


def token_on(client, path="/compte"):
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(path).get_data(as_text=True)).group(1)


def written():
    """Everything a forged request might have left behind."""
    db.session.rollback()
    user = db.session.query(User).filter_by(name="Alice").populate_existing().one_or_none()
    return (
        user and (user.email, user.password_hash, user.language),
        db.session.query(AuditEntry).count(),
        db.session.query(OutboxRow).count(),
        [row.ended_at for row in db.session.query(UserSession).order_by(UserSession.id).populate_existing()],
    )


@pytest.mark.parametrize("path", POSTS)
def test_without_a_wrong_or_anothers_token_nothing_is_written(guarded, browser, path):
    stranger = sign_in(guarded.test_client(), make_user("Charlie"))
    token_on(browser)
    before = written()
    for token in (None, "", "faux", token_on(stranger)):
        data = DATA if token is None else {**DATA, "csrf_token": token}
        answer = browser.post(path, data=data)
        assert answer.status_code == 400, (path, token)
        assert "Content-Security-Policy" in answer.headers
    assert written() == before


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:81"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_from_another_site_even_a_right_token_does_nothing(browser, path, headers):
    token = token_on(browser)
    before = written()
    answer = browser.post(path, data={**DATA, "csrf_token": token}, headers=headers)
    assert answer.status_code == 403
    assert written() == before


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}])
def test_our_own_forms_pass(browser, headers):
    answer = browser.post("/compte", data={**DATA, "csrf_token": token_on(browser)}, headers=headers)
    assert answer.status_code == 303
    assert db.session.query(User).filter_by(name="Forged").count() == 1


def test_visitors_forms_are_guarded_too(guarded):
    client = guarded.test_client()
    make_user("Alice")
    for path in ("/connexion", "/inscription", "/mot-de-passe-oublie", "/verification/x"):
        before = written()
        data = {"email": "alice@exemple.fr", "password": PASSWORD, "name": "A"}
        assert client.post(path, data=data).status_code == 400
        assert written() == before


def test_a_token_of_before_signing_in_is_worth_nothing_after(guarded):
    make_user("Alice")
    client = guarded.test_client()
    token = token_on(client, "/connexion")
    answer = client.post("/connexion", data={"email": "alice@exemple.fr", "password": PASSWORD, "csrf_token": token})
    assert answer.status_code == 303
    assert client.post("/compte", data={**DATA, "csrf_token": token}).status_code == 400


def test_no_page_address_writes_when_read(guarded, browser):
    """Every address that takes no value is read; what people have stays as it was."""
    guarded.config["PROPAGATE_EXCEPTIONS"] = False  # whether each page stands is its own test's business
    before = written()
    for rule in guarded.url_map.iter_rules():
        if "GET" in rule.methods and not rule.arguments:
            browser.get(rule.rule)
            browser.head(rule.rule)
    assert written() == before


EXEMPT = {
    "theme.choose",  # writes nothing for a visitor; asks signed-in people for their token itself
    "verification.file",  # anybody's file is read and forgotten: nothing is written for anybody
}


def test_every_address_that_takes_forms_asks_for_the_token(guarded, browser):
    """None of the other hundred may forget: a form without a token stops before its view, whatever it names."""
    before, tried = written(), 0
    for rule in guarded.url_map.iter_rules():
        if rule.endpoint in EXEMPT or rule.rule.startswith("/api/"):
            continue  # the API reads no cookie: tests/api/test_shell.py
        for method in rule.methods & {"POST", "PUT", "PATCH", "DELETE"}:
            path = re.sub(r"<any\(([^,)]+)[^>]*>", r"\1", rule.rule).replace("<int:", "1<")
            path = re.sub(r"1<\w+>", "1", path)
            path = "/".join("a" * 13 if part.startswith("<") else part for part in path.split("/"))
            answer = browser.open(path, method=method, data=DATA)
            assert answer.status_code == 400, (method, path)
            tried += 1
    assert tried > 80
    assert written() == before


def test_a_look_is_kept_in_an_account_only_with_its_token(guarded, browser):
    def kept():
        db.session.rollback()
        return db.session.query(User.theme).filter_by(name="Alice").scalar()

    assert browser.post("/apparence", data={"theme": "dark"}).status_code == 400
    assert browser.post("/apparence", data={"theme": "dark", "csrf_token": "faux"}).status_code == 400
    assert kept() is None
    assert browser.post("/apparence", data={"theme": "dark", "csrf_token": token_on(browser)}).status_code == 303
    assert kept() == "dark"
