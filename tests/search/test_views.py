"""The page /annonces: what it shows, to whom, and that no address breaks it."""

import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.catalogue.models import Photo
from marketplace.core.clock import now
from marketplace.core.db import transaction
from marketplace.search import services
from tests.factories import make_listing, make_organisation, make_user, sign_in


@pytest.fixture
def shop(app):
    return make_organisation("Le Contrechamp")


def page(client, query: str = "", status: int = 200) -> str:
    answer = client.get(f"/annonces{query}")
    assert answer.status_code == status
    return answer.get_data(as_text=True)


def text_of(html: str) -> str:
    body = html[html.index("<main") : html.index("</main>")]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def test_a_card_says_what_how_where_until_when_and_what_it_avoids(client, shop):
    listing = make_listing(
        shop, "Feuilles de décor 3 m", quantity=Decimal(12), modes=["donate", "rent"], gone_by=date(2026, 11, 20)
    )
    with transaction() as session:
        services.record_estimates([(listing.id, Decimal("73.25"), Decimal("29.1"))])
        session.add(Photo(listing_id=listing.id, position=0, state="ready", key="ab/cover", created_at=now()))
        session.flush()
        services.index_listings([listing.id])
    html = page(client)
    text = text_of(html)
    for words in (
        "1 annonce",
        "Don, location",
        "12 libres",
        "Villeurbanne",
        "part le 20 nov.",
        "évite environ 73 ± 29 kgCO2e",
    ):
        assert words in text.replace("\u00a0", " "), words
    assert f'href="/annonces/{listing.public_id}-feuilles-de-decor-3-m"' in html
    assert "ab/cover-320.webp" in html


def test_words_are_marked_and_how_they_were_understood_is_said(client, shop):
    make_listing(shop, "Feuilles <b>peintes</b>")
    html = page(client, "?q=feuille+-velours&near=Lyon&radius=25&from=2026-12-01&to=2026-12-14")
    assert "<mark>Feuilles</mark> &lt;b&gt;peintes&lt;/b&gt;" in html
    text = text_of(html).replace("\u00a0", " ")
    assert (
        "1 annonce pour feuille sans velours à 25 km autour de Lyon libres du 1er décembre 2026 au 14 décembre 2026"
        in text
    )
    assert "moins" in text or "km" in text


def test_each_filter_in_use_is_a_link_that_removes_it(client, shop):
    make_listing(shop)
    html = page(client, "?q=feuille&mode=donate&mode=rent&condition=good&category=flats")
    chips = dict(re.findall(r'<a class="chip" href="([^"]+)">([^<]+)<', html))
    assert set(chips.values()) == {
        "Châssis et éléments de décor ", "Recevoir en don ", "Louer ", "Bon état ou mieux ",
    }  # fmt: skip
    without_mode = next(url for url, text in chips.items() if text.startswith("Recevoir"))
    assert "mode=donate" not in without_mode
    assert "mode=rent" in without_mode and "condition=good" in without_mode
    without_either = without_mode.replace("&amp;", "&").replace("mode=rent", "")
    assert "1 annonce" in text_of(page(client, without_either.removeprefix("/annonces")))


def test_the_form_keeps_what_was_typed_and_explains_beside_the_field(client, shop):
    make_listing(shop)
    html = page(client, "?q=%22&near=zzzz&radius=abc&from=2026-02-31&to=x&category=x&mode=x&condition=x&sort=x&page=-1")
    for name in ("near", "radius", "from", "to", "category", "mode", "condition"):
        assert f'id="{name}-e"' in html, name
    assert html.count("aria-invalid") == 4, "near, radius, from, to: the others are groups of choices"
    assert len(re.findall(r'aria-describedby="(?:category|mode|condition)-e"', html)) == 3
    for typed in ("zzzz", "2026-02-31"):
        assert f'value="{typed}"' in html
    assert "1 annonce" in text_of(html)


def test_nothing_found_says_what_to_do(client, shop):
    make_listing(shop, "Armoire", category_key="other")
    html = page(client, "?q=armoire+introuvable&near=Marseille&mode=rent&from=2026-12-01")
    text = text_of(html)
    assert "Rien ne correspond" in text
    for way in ("Chercher un seul de ces mots", "Chercher à 100", "Retirer les filtres", "Chercher sans dates"):
        assert way in text.replace("\u00a0", " "), way
    either = re.search(r'href="([^"]*armoire\+OR\+introuvable[^"]*)"', html)
    assert either


def test_what_comes_nearest_is_shown_once_under_what_holds_every_word(client, shop):
    both = make_listing(shop, "Lampe de bureau").public_id
    one = make_listing(shop, "Lampe tempête").public_id
    html = page(client, "?q=lampe+bureau")
    assert "1 annonce pour" in text_of(html)
    listed, under = html.split("Pas tous vos mots, mais proche")
    assert re.findall(r'<h3><a href="/annonces/([a-z2-7]{13})-', listed) == [both]
    assert re.findall(r'<h3><a href="/annonces/([a-z2-7]{13})-', under) == [one]


def test_the_pager_walks_through_all(client, shop):
    for number in range(30):
        make_listing(shop, f"Chaise {number:02}", category_key="other")
    first = page(client, "?q=chaise")
    assert first.count('class="card"') == 24
    link = re.search(r'href="(/annonces\?[^"]*page=2[^"]*)"', first).group(1).replace("&amp;", "&")
    second = client.get(link).get_data(as_text=True)
    assert second.count('class="card"') == 6
    titles = set(re.findall(r"</mark> (\d\d)</a>", first + second))
    assert len(titles) == 30
    assert "25 à 30 sur 30" in text_of(second).replace("\u00a0", " ")
    assert page(client, "?q=chaise&page=99999999").count('class="card"') == 6


def test_a_stranger_sees_neither_the_listing_nor_its_count(client, app, shop):
    make_listing(shop, "Feuille publique")
    make_listing(shop, "Feuille secrète", visibility="organisation")
    make_listing(shop, "Brouillon", published=False)
    for reader in (client, sign_in(app.test_client(), make_user("Charlie"))):
        for query in ("", "?q=feuille", "?q=secrete", "?near=Lyon", "?category=flats"):
            html = page(reader, query)
            assert "secrète" not in html.replace("value", "")
            assert "Brouillon" not in html
        assert "1 annonce " in text_of(page(reader)) + " "


def test_twins_of_a_place_are_offered(client, shop):
    text = text_of(page(client, "?near=Saint-Denis"))
    assert "Saint-Denis (93)" in text
    assert "Saint-Denis (974)" in text


def test_the_other_language(client, shop):
    make_listing(shop)
    assert '<html lang="en"' in page(client, "?lang=en&category=flats")
    assert "Flats and set pieces" in page(client, "?category=flats")


ODD = st.text(st.characters(exclude_categories=()), max_size=30)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "q",
                    "near",
                    "radius",
                    "category",
                    "mode",
                    "condition",
                    "from",
                    "to",
                    "sort",
                    "page",
                    "organisation",
                    "lang",
                ]
            ),
            st.one_of(ODD, st.sampled_from(["\x00", "10^30", "-1", "\ud800", "((((", "2026-13-40", "Lyon", "'\"<>"])),
        ),
        max_size=8,
    )
)
def test_no_address_breaks_the_page(client, pairs):
    query = "&".join(f"{name}={_quoted(value)}" for name, value in pairs)
    assert client.get(f"/annonces?{query}").status_code == 200


@pytest.mark.parametrize(
    "raw", ["q=%00", "q=%ff%fe", "q=%ED%A0%80", "q", "=&=&&", "q=%", "page=%00", "near=%00%00", "%00=1"]
)
def test_raw_bytes(client, shop, raw):
    assert client.get(f"/annonces?{raw}").status_code == 200


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))
