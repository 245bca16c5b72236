"""Light or dark for somebody without an account: a cookie that only the form sets, and no other."""

import pytest

from marketplace import create_app
from tests.databases import settings_for
from tests.factories import make_user, sign_in


def chosen(client, **data):
    return client.post("/apparence", data={"next": "/aide", **data})


def test_no_page_of_a_visitor_sets_a_cookie(client):
    for path in ("/", "/annonces", "/aide", "/confidentialite", "/carbone/methode"):
        answer = client.get(path)
        assert answer.status_code == 200 and "Set-Cookie" not in answer.headers, path
        assert "data-theme" not in answer.text


def test_a_visitors_choice_is_kept_and_taken_back(client):
    answer = chosen(client, theme="dark")
    assert (answer.status_code, answer.location) == (303, "/aide")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("theme=dark;") and "HttpOnly" in cookie and "SameSite=Lax" in cookie
    page = client.get("/aide").text
    assert '<html lang="fr" data-theme="dark">' in page
    assert '<meta name="color-scheme" content="dark">' in page
    assert 'value="dark" aria-pressed="true"' in page
    assert 'data-theme="dark"' in client.get("/nulle-part").text  # error pages too, without a database
    chosen(client, theme="auto")
    assert "data-theme" not in client.get("/aide").text


@pytest.mark.parametrize("theme", ["", "purple", "dark\n", "x" * 5000])
def test_another_look_does_not_exist(client, theme):
    assert chosen(client, theme=theme).status_code == 422


def test_a_cookie_somebody_wrote_is_no_look(client):
    client.set_cookie("theme", '"><script>')
    assert "data-theme" not in client.get("/aide").text


@pytest.mark.parametrize("there", ["https://ailleurs.example", "//ailleurs.example", "/\\ailleurs"])
def test_it_leads_nowhere_else(client, there):
    assert chosen(client, theme="dark", next=there).location == "/"


def test_another_site_changes_nothing(client):
    answer = client.post("/apparence", data={"theme": "dark"}, headers={"Origin": "https://ailleurs.example"})
    assert answer.status_code == 403


def test_an_account_asks_for_its_token(app):
    app.config["WTF_CSRF_ENABLED"] = True
    alice = sign_in(app.test_client(), make_user("Alice"))
    assert chosen(alice, theme="dark").status_code == 400
    assert "data-theme" not in alice.get("/compte").text


def test_on_https_the_cookie_is_bound_to_the_host(tmp_path):
    settings = settings_for(
        tmp_path, f"sqlite:///{tmp_path}/none.sqlite3", BASE_URL="https://reemploi.example", RATE_LIMITS="on"
    )
    client = create_app(settings).test_client()
    answer = client.post("/apparence", data={"theme": "dark"}, base_url="https://reemploi.example")
    assert answer.headers["Set-Cookie"].startswith("__Host-theme=dark;")
    assert "Secure" in answer.headers["Set-Cookie"]
