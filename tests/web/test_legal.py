"""The pages a serious site owes, filled by its operator or saying calmly that they are not."""

import re

import pytest

from marketplace import create_app
from marketplace.settings import Legal
from tests.accounts.browsing import sign_in_by_form
from tests.databases import settings_for
from tests.factories import make_user

PAGES = ("/mentions-legales", "/conditions", "/confidentialite", "/accessibilite")
GUIDES = ("/aide", "/aide/production", "/aide/ressourcerie", "/aide/association")
GIVEN = {
    "LEGAL_NAME": "Réemploi du Sud", "LEGAL_FORM": "association loi 1901",
    "LEGAL_ADDRESS": "1 rue du Port, 13002 Marseille",
    "LEGAL_NUMBER": "W 131 234 567", "LEGAL_EMAIL": "bonjour@reemploi.example", "LEGAL_PHONE": "04 00 00 00 00",
    "LEGAL_PUBLISHER": "Zoé Martin", "LEGAL_HOST": "Machines et Cie, 2 rue du Câble, 59000 Lille, 03 00 00 00 00",
}  # fmt: skip


@pytest.fixture
def filled(tmp_path):
    return create_app(settings_for(tmp_path, f"sqlite:///{tmp_path}/none.sqlite3", **GIVEN)).test_client()


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("path", PAGES + GUIDES)
def test_every_page_stands_in_both_languages_with_the_same_parts(client, path, language):
    here, french = client.get(f"{path}?lang={language}").text, client.get(f"{path}?lang=fr").text
    main, other = (page.split("<main", 1)[1].split("</main>", 1)[0] for page in (here, french))
    assert f'<html lang="{language}"' in here
    for tag in ("<h1", "<h2", "<li", "<tr", "<dt", "<section", "<details"):
        assert main.count(tag) == other.count(tag), tag
    assert re.findall(r'href="(/[^"]*)"', main) == re.findall(r'href="(/[^"]*)"', other)


@pytest.mark.parametrize("path", GUIDES + PAGES)
def test_their_links_lead_somewhere(client, path):
    main = client.get(path).text.split("<main", 1)[1].split("</main>", 1)[0]
    for target in set(re.findall(r'href="(/[^"#]*)', main)):
        answer = client.get(target)
        assert answer.status_code in (200, 303), target  # 303: sign in first


@pytest.mark.parametrize("path", ["/", "/annonces", "/conditions", "/connexion"])
def test_the_foot_of_every_page_leads_to_them(client, path):
    page = client.get(path).text
    assert all(f'href="{one}"' in page for one in (*PAGES, "/aide"))


def test_what_the_operator_gave_is_printed(filled):
    page = filled.get("/mentions-legales").text
    for value in (*GIVEN.values(),):
        assert value.replace(" ", "") in page.replace(" ", ""), value
    assert "pas encore indiqué" not in page
    assert "mailto:bonjour@reemploi.example" in filled.get("/aide").text


def test_what_is_missing_is_said_calmly(client):
    page = client.get("/mentions-legales").text
    assert page.count("pas encore indiqué") >= 8
    assert "None" not in page


def test_the_privacy_page_lists_the_cookies_by_their_names(client, tmp_path):
    page = client.get("/confidentialite").text
    assert "session" in page and ">theme<" in page
    settings = settings_for(
        tmp_path, f"sqlite:///{tmp_path}/none.sqlite3", BASE_URL="https://r.example", RATE_LIMITS="on"
    )
    secure = create_app(settings).test_client().get("/confidentialite", base_url="https://r.example").text
    assert "__Host-session" in secure and "__Host-theme" in secure


def test_what_the_law_asks_for_and_is_not_given():
    assert Legal().missing[0] == "LEGAL_NAME" and len(Legal().missing) == 8
    assert Legal(*"abcdefgh").missing == ()


def test_every_cookie_that_signing_in_and_choosing_set_is_on_the_page(app):
    make_user("Alice")
    browser = app.test_client()
    answers = [
        browser.get("/connexion"),
        sign_in_by_form(browser),
        browser.post("/apparence", data={"theme": "dark"}),
        browser.get("/annonces?lang=en"),
    ]
    names = {line.split("=", 1)[0] for answer in answers for line in answer.headers.getlist("Set-Cookie")}
    page = app.test_client().get("/confidentialite").text
    assert names == {name for name in ("session", "browser", "theme") if f">{name}<" in page}
