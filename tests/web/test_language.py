"""Pages speak one language at a time: French as written in the source, English from the catalogue."""

import re
from html.parser import HTMLParser

import pytest
from babel.messages.pofile import read_po
from flask_babel import force_locale, ngettext

from marketplace.accounts.models import Site
from marketplace.catalogue.models import Listing
from marketplace.core import regions
from marketplace.core.db import transaction
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.services import ExchangeRequest, LineRequest, request_exchange
from marketplace.settings import ROOT
from tests.factories import (
    add_member,
    make_listing,
    make_organisation,
    make_production,
    make_user,
    owner_of,
    sign_in,
    site_of,
)

CATALOGUES = ROOT / "marketplace" / "translations"
OPEN_PAGES = [
    "/", "/annonces", "/connexion", "/inscription", "/carbone/methode", "/carbone/facteurs", "/api/docs", "/secteur",
    "/carbone/simulateur", "/carbone/chiffres",
]  # fmt: skip
OWN_PAGES = [
    "/stock", "/publier", "/echanges", "/compte", "/compte/jetons", "/notifications", "/organisations", "/productions",
    "/tableau-de-bord", "/tableau-de-bord/ecritures",
]  # fmt: skip
# frequent words of one language that are words neither of the other nor of the factor library's sources
FRENCH = re.compile(
    r"[À-ÖØ-öø-ÿŒœ«»]|\b(le|la|les|des|du|une|vous|votre|vos|nous|avec|dans|chez|cette|ces|qui|que|sont|est|aux|pas"
    r"|aucune?|pour|sur|annonces?|mot de passe|facteurs?|rien|chercher|publier)\b",
    re.IGNORECASE,
)
ENGLISH = re.compile(r"\b(your?|with|this|are|listings|search|password|available|nothing)\b", re.IGNORECASE)
OWN_NAMES = {"Français", "English", *regions.NAMES.values()}  # languages and regions have one name in both
READ_OUT = ("aria-label", "placeholder", "title", "alt")


class _Page(HTMLParser):
    """What a page says: its text and the attributes that are shown or read out; what is in another language, or code,
    left out."""

    def __init__(self, text: str):
        super().__init__()
        self.language, self.texts = "", []
        self._silenced_by = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "html":
            self.language = given["lang"]
        elif not self._silenced_by and (
            tag in ("script", "style", "code", "pre") or given.get("lang", self.language) != self.language
        ):
            self._silenced_by = tag
        if not self._silenced_by:
            self._keep(*(text for name, text in attrs if name in READ_OUT or name.startswith("data-text")))

    def handle_endtag(self, tag):
        if self._silenced_by == tag:
            self._silenced_by = ""

    def handle_data(self, data):
        if not self._silenced_by:
            self._keep(data.strip())

    def _keep(self, *texts):
        self.texts += [text for text in texts if text and text not in OWN_NAMES]


def _said(answer, language: str) -> list[str]:
    assert answer.status_code == 200
    page = _Page(answer.text)
    assert page.language == language
    assert ("Search" if language == "en" else "Chercher") in page.texts
    return page.texts


def _catalogue(language: str):
    with (CATALOGUES / language / "LC_MESSAGES" / "messages.po").open("rb") as handle:
        return read_po(handle, locale=language)


def _organisation(name: str, kind: str):
    """An organisation whose site has no word of French."""
    organisation = make_organisation(name, kind)
    site_id = site_of(organisation).id
    with transaction() as session:
        site = session.get(Site, site_id)
        site.name, site.street, site.city = "Store", "12 Dock Road", "Lyon"
    return organisation


@pytest.fixture
def yard(app):
    """A reuse centre with a listing, a draft, a production, and a request to answer."""
    yard = _organisation("North Yard", "reuse_centre")
    flats = make_listing(yard, "Grey flats", description="Painted plywood.").public_id
    make_listing(yard, "Red chairs", description="", published=False)
    make_production(yard, "Hollow Hours")
    films = owner_of(_organisation("Quay Films", "production_company"))
    with transaction():
        request_exchange(films, ExchangeRequest("donation", [LineRequest(flats, "2")], message="Hello", key="one"))
    return yard


@pytest.fixture
def at_work(client, yard):
    """The browser of somebody of that reuse centre."""
    alice = make_user("Alice")
    add_member(yard, alice, "owner")
    return sign_in(client, alice, yard)


@pytest.mark.parametrize("path", OPEN_PAGES)
def test_a_page_for_everybody_is_in_english_throughout(client, yard, path):
    assert [text for text in _said(client.get(f"{path}?lang=en"), "en") if FRENCH.search(text)] == []


@pytest.mark.parametrize("path", OWN_PAGES)
def test_a_page_of_one_s_own_is_in_english_throughout(at_work, path):
    assert [text for text in _said(at_work.get(f"{path}?lang=en"), "en") if FRENCH.search(text)] == []


def test_a_listing_and_an_exchange_are_in_english_throughout(client, at_work, session):
    """Opened from the lists; the listing by a visitor too, who is asked to sign in."""
    listing, exchange = session.query(Listing).filter_by(state="published").one(), session.query(Exchange).one()
    pages = {
        f"/annonces/{listing.public_id}": client.application.test_client(),
        f"/publier/{listing.public_id}": at_work,
        f"/echanges/{exchange.public_id}": at_work,
    }
    for path, browser in pages.items():
        answer = browser.get(f"{path}?lang=en", follow_redirects=True)
        assert [text for text in _said(answer, "en") if FRENCH.search(text)] == []


@pytest.mark.parametrize("path", [path for path in OPEN_PAGES if path != "/api/docs"])
def test_a_page_for_everybody_is_in_french_throughout(client, yard, path):
    """The reference of the API is full of English names of fields."""
    texts = _said(client.get(f"{path}?lang=fr"), "fr")
    assert [text for text in texts if ENGLISH.search(text)] == []
    assert sum(1 for text in texts if FRENCH.search(text)) > 8  # the same net catches French


@pytest.mark.parametrize("path", OWN_PAGES)
def test_a_page_of_one_s_own_is_in_french_throughout(at_work, path):
    texts = _said(at_work.get(f"{path}?lang=fr"), "fr")
    assert [text for text in texts if ENGLISH.search(text)] == []
    assert sum(1 for text in texts if FRENCH.search(text)) > 8  # the same net catches French


def test_the_language_chosen_stays_chosen(client):
    english = {"Accept-Language": "en-GB"}
    assert '<html lang="fr"' in client.get("/").text
    assert '<html lang="en"' in client.get("/", headers=english).text
    assert '<html lang="fr"' in client.get("/?lang=fr", headers=english).text
    assert '<html lang="fr"' in client.get("/annonces", headers=english).text
    assert '<html lang="fr"' in client.get("/?lang=xx", headers=english).text


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("fr", ["0 annonce", "1 annonce", "1.5 annonce", "2 annonces"]),
        ("en", ["0 listings", "1 listing", "1.5 listings", "2 listings"]),
    ],
)
@pytest.mark.filterwarnings("ignore:Plural value must be an integer")
def test_french_counts_from_two_and_english_from_anything_but_one(app, language, written):
    with force_locale(language):
        assert [ngettext("%(n)s annonce", "%(n)s annonces", n, n=n) for n in (0, 1, 1.5, 2)] == written


def test_an_empty_stock_is_counted_so_too(client):
    alice = make_user("Alice")
    sign_in(client, alice, make_organisation("North Yard", owner=alice))
    assert "<p>0 annonce</p>" in client.get("/stock?lang=fr").text
    assert "<p>0 listings</p>" in client.get("/stock?lang=en").text


def test_the_french_catalogue_holds_every_plural_and_nothing_else():
    """gettext alone would write « 0 annonces »: a plural that is missing here falls back to that."""
    french = {message.id: message.string for message in _catalogue("fr") if message.id}
    assert set(french) == {message.id for message in _catalogue("en") if message.id and message.pluralizable}
    assert all(source == written for source, written in french.items())


def test_the_english_is_set_as_english():
    """Quotes and apostrophes are curly, nothing stands before a colon, no sentence calls out."""
    faults = re.compile(r"[«»\u202f]|[\s\xa0][:;?!](?![/\w])|\w'\w|!$")
    found = []
    for message in _catalogue("en"):
        written = message.string if isinstance(message.string, tuple) else (message.string,)
        found += [text for text in written if message.id and faults.search(text)]
    assert found == []


def test_a_text_that_begins_or_ends_with_a_space_keeps_it():
    edges = re.compile(r"^(\s*).*?(\s*)$", re.DOTALL)
    for message in _catalogue("en"):
        if not message.id:
            continue
        sources = message.id if isinstance(message.id, tuple) else (message.id,)
        written = message.string if isinstance(message.string, tuple) else (message.string,)
        for source, text in zip(sources, written, strict=True):
            assert edges.match(text).groups() == edges.match(source).groups(), text
