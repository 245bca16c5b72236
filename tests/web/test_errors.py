"""The pages of refusals and failures: they say what happened and what to do, and stand without the database."""

import sqlite3
from collections.abc import Callable, Iterator

import pytest
from flask import Flask, abort, g
from flask_babel import Babel
from flask_login import LoginManager
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import TooManyRequests

from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound, Unavailable
from marketplace.settings import ROOT
from marketplace.web import errors, filters, theme


def no_database() -> str:
    raise AssertionError("an error page asked who the visitor is")


@pytest.fixture
def shell() -> Iterator[Flask]:
    """An application whose every way to the database fails."""
    app = Flask("shell", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.secret_key = "test"
    app.config["PROPAGATE_EXCEPTIONS"] = False
    Babel(app, locale_selector=no_database)
    filters.init_app(app)
    errors.init_app(app)
    app.register_blueprint(theme.blueprint)
    app.context_processor(lambda: {"visitor": no_database()})
    login_manager = LoginManager(app)
    login_manager.login_view = "sign_in"
    app.add_url_rule("/connexion", "sign_in", lambda: "sign in")

    @app.before_request
    def number() -> None:
        g.request_id = "7f20418"

    yield app


@pytest.fixture
def answer(shell: Flask) -> Callable:
    """Ask a page that raises what it is given."""

    def ask(error: Exception, path: str = "/page", **options):
        def fail():
            raise error

        shell.add_url_rule(path, "fail", fail, methods=["GET", "POST"])
        return shell.test_client().get(path, **options)

    return ask


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 422, 429, 500, 503])
def test_every_status_says_what_and_what_now(shell: Flask, status: int) -> None:
    shell.add_url_rule("/page", "fail", lambda: abort(status))
    answer = shell.test_client().get("/page")
    page = answer.get_data(as_text=True)
    assert answer.status_code == status
    assert str(errors.PAGES[status][0]) in page
    assert str(errors.PAGES[status][1]) in page
    assert "7f20418" in page
    assert '<html lang="fr">' in page
    assert answer.headers["Cache-Control"] == "no-store"
    assert ("Retry-After" in answer.headers) == (status in (429, 503))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound("Rien ici."), 404),
        (NotAllowed("Pas vous."), 403),
        (Conflict("Pris."), 409),
        (Unavailable("Plus tard."), 503),
    ],
)
def test_refusals_of_rules_keep_their_sentence(answer: Callable, error: Exception, status: int) -> None:
    got = answer(error)
    assert got.status_code == status
    assert str(error) in got.get_data(as_text=True)


def test_a_refusal_may_say_when_to_come_back(answer: Callable) -> None:
    assert answer(Unavailable("Plus tard.", retry_after=7)).headers["Retry-After"] == "7"


def test_invalid_lists_its_sentences(answer: Callable) -> None:
    got = answer(Invalid({"title": "Donnez un titre.", "lines": ["La ligne 2 est <vide>."]}))
    page = got.get_data(as_text=True)
    assert got.status_code == 422
    assert "<li>Donnez un titre.</li>" in page
    assert "<li>La ligne 2 est &lt;vide&gt;.</li>" in page


def test_unforeseen_failures_are_500_and_say_nothing_of_the_inside(answer: Callable, caplog) -> None:
    got = answer(RuntimeError("secret of the house"))
    assert got.status_code == 500
    assert "secret" not in got.get_data(as_text=True)
    assert "secret of the house" in caplog.text


@pytest.mark.parametrize("words", ["database is locked", "unable to open database file"])
def test_a_database_that_is_away_is_503(answer: Callable, words: str) -> None:
    got = answer(OperationalError("SELECT 1", {}, sqlite3.OperationalError(words)))
    assert got.status_code == 503
    assert got.headers["Retry-After"] == "30"


def test_no_free_connection_is_503(answer: Callable) -> None:
    assert answer(PoolTimeout()).status_code == 503


def test_a_wrong_statement_is_our_fault(answer: Callable) -> None:
    assert answer(OperationalError("SELECT x", {}, sqlite3.OperationalError("no such column: x"))).status_code == 500


def test_a_stale_form_explains_itself(answer: Callable) -> None:
    got = answer(CSRFError("The CSRF token has expired."))
    assert got.status_code == 400
    assert str(errors.STALE_FORM[0]) in got.get_data(as_text=True)
    assert "CSRF" not in got.get_data(as_text=True)


def test_limits_say_when_to_come_back(answer: Callable) -> None:
    assert answer(TooManyRequests(retry_after=90)).headers["Retry-After"] == "90"


def test_visitors_without_a_session_are_led_to_sign_in(shell: Flask) -> None:
    shell.add_url_rule("/page", "fail", lambda: abort(401))
    got = shell.test_client().get("/page")
    assert got.status_code == 302
    assert got.headers["Location"].startswith("/connexion")


def test_wrong_method_names_the_right_ones(shell: Flask) -> None:
    shell.add_url_rule("/page", "page", lambda: "", methods=["POST"])
    got = shell.test_client().get("/page")
    assert got.status_code == 405
    assert "POST" in got.headers["Allow"]


def test_the_api_is_left_alone(shell: Flask) -> None:
    got = shell.test_client().get("/api/v1/nothing")
    assert got.status_code == 404
    assert "Seconde Prise" not in got.get_data(as_text=True)


def test_english_by_address_and_by_browser(shell: Flask) -> None:
    client = shell.test_client()
    assert '<html lang="en">' in client.get("/nothing?lang=en").get_data(as_text=True)
    assert '<html lang="en">' in client.get("/nothing", headers={"Accept-Language": "en-GB"}).get_data(as_text=True)
    assert '<html lang="fr">' in client.get("/nothing", headers={"Accept-Language": "de"}).get_data(as_text=True)


@pytest.mark.parametrize(
    ("referrer", "shown"),
    [
        ("http://localhost/echanges/abc?page=2", 'href="/echanges/abc?page=2"'),
        ("http://elsewhere.example/echanges/abc", None),
        ("http://localhost/page", None),
        ("javascript:alert(1)", None),
    ],
)
def test_the_way_back_stays_in_the_house(answer: Callable, referrer: str, shown: str | None) -> None:
    page = answer(Conflict("Pris."), headers={"Referer": referrer}).get_data(as_text=True)
    assert ("Revenir à la page" in page) == (shown is not None)
    assert shown is None or shown in page
    assert "elsewhere" not in page and "javascript" not in page


def test_words_remain_when_the_template_fails(shell: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(shell.jinja_env.globals, "stylesheets", no_database)
    got = shell.test_client().get("/nothing")
    assert got.status_code == 404
    assert "<h1>Cette page n’existe pas, ou plus.</h1>" in got.get_data(as_text=True)
