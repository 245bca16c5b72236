"""Security headers on every answer, pages without anything inline, private pages kept by nobody (B2, B3)."""

import re

import pytest

from marketplace import create_app
from tests.databases import settings_for
from tests.factories import make_user, sign_in

PAGES = ["/connexion", "/inscription", "/mot-de-passe-oublie", "/verification/x", "/mot-de-passe/x", "/"]
OTHERS = ["/nulle-part", "/static/css/tokens.css", "/static/nulle-part.css", "/healthz", "/deconnexion", "/compte"]
POLICY = {
    "default-src": ["'self'"], "script-src": ["'self'"], "style-src": ["'self'"], "font-src": ["'self'"],
    "connect-src": ["'self'"], "img-src": ["'self'", "data:", "blob:"], "object-src": ["'none'"],
    "base-uri": ["'none'"], "form-action": ["'self'"], "frame-ancestors": ["'none'"],
}  # fmt: skip


@pytest.mark.parametrize("path", PAGES + OTHERS)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_every_answer_has_them(client, path, method):
    answer = client.open(path, method=method)
    found = {part.split()[0]: part.split()[1:] for part in answer.headers["Content-Security-Policy"].split(";")}
    assert found == POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-Id"])
    assert "Server" not in answer.headers or "Werkzeug" not in answer.headers["Server"]


def test_a_failure_nobody_foresaw_has_them_and_tells_nothing(app, client, monkeypatch):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.config["TESTING"] = False

    def fails():
        raise RuntimeError("SELECT secret FROM drawer")

    monkeypatch.setitem(app.view_functions, "accounts.sign_in", fails)
    answer = client.get("/connexion")
    assert answer.status_code == 500
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    page = answer.get_data(as_text=True)
    assert answer.headers["X-Request-Id"] in page
    assert "SELECT" not in page and "Traceback" not in page and "RuntimeError" not in page


@pytest.mark.parametrize("path", PAGES)
def test_pages_hold_nothing_inline_and_nothing_from_elsewhere(client, path):
    page = client.get(path).get_data(as_text=True)
    assert not re.search(r"<script(?![^>]*\bsrc=)", page), "an inline script"
    assert not re.search(r"<style\b|\sstyle=", page), "an inline style"
    assert not re.search(r"\son[a-z]+=", page), "an inline handler"
    assert not re.search(r"""(?:src|href|srcset|action)=["']?(?:https?:)?//""", page), "something of another host"
    assert "javascript:" not in page


def test_private_pages_are_kept_by_nobody(app, client):
    make_user("Alice")
    assert client.get("/connexion").headers["Cache-Control"] == "no-cache, private"
    sign_in(client, make_user("Bob"))
    for path in ("/compte", "/compte/jetons"):
        assert client.get(path).headers["Cache-Control"] == "no-store"
    assert client.post("/compte", data={}).headers["Cache-Control"] == "no-store"


def test_https_is_asked_to_be_kept_for_a_year(app, client, database_url, tmp_path):
    assert "Strict-Transport-Security" not in client.get("/connexion").headers
    secure = create_app(settings_for(tmp_path / "https", database_url, BASE_URL="https://localhost", RATE_LIMITS="on"))
    secure.url_build_error_handlers.extend(app.url_build_error_handlers)
    for path in ("/connexion", "/nulle-part"):
        answer = secure.test_client().get(path, base_url="https://localhost")
        assert int(re.search(r"max-age=(\d+)", answer.headers["Strict-Transport-Security"]).group(1)) >= 31_536_000
