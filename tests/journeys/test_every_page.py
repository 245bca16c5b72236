"""Each page as it stands, on a phone and on a desk, by day and in the dark; in both languages on each of the two."""

import re
from datetime import timedelta

import pytest

from marketplace.accounts.models import Organisation
from marketplace.core.clock import now
from marketplace.core.db import db
from tests.factories import make_listing, make_partners, site_of
from tests.journeys.conftest import make_side
from tests.reclaims.trade import choose, make_call, make_profile, offer, sent_call

OPEN = (
    "/", "/annonces?q=chaise", "/annonces?view=map", "/annonces?view=map&region=04", "/annonces/filtres?q=chaise",
    "/annonces?q=zeppelin", "/annonces?q=chasie&near=Nullepart&from=hier&quantity=x&max_price=x&category=x", "/aide",
    "/aide/production", "/aide/ressourcerie", "/aide/association", "/mentions-legales", "/conditions",
    "/confidentialite", "/accessibilite", "/carbone/methode", "/secteur",
    "/carbone/simulateur?c=flat_panel&q=12&m=&km=40&v=van_20m3", "/connexion", "/inscription", "/collectes",
    "/repas", "/repas?pres=Lyon",
)  # fmt: skip
OWN = (
    "/publier", "/publier/photos", "/stock", "/stock/modeles", "/stock/departs", "/favoris", "/compte",
    "/compte/securite", "/compte/preuve?next=/compte", "/organisations", "/notifications", "/productions",
    "/echanges", "/comptoir", "/stock/planning", "/compte/calendriers", "/panier", "/collectes/plans",
    "/collectes", "/collectes/demander", "/collectes/profil",
    "/collectes/tournees", "/repas", "/repas/proposer", "/repas/miens", "/repas/profil",
)  # fmt: skip


SIGHTS = [("dark", "en", False), ("light", "fr", False), ("light", "en", True), ("dark", "fr", True)]


@pytest.fixture(params=SIGHTS, ids=["dark-en-phone", "light-fr-phone", "light-en-desk", "dark-fr-desk"])
def reader(request, enter):
    """Comes with or without an account, and with a taste."""
    scheme, language, desk = request.param

    def come(name, **signed_in):
        person = enter(name, desk=desk, **signed_in)
        person.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        person.page.goto(f"{person.url}/?lang={language}")
        return person

    return come


def test_pages_for_everybody(reader):
    emma = reader("Emma")
    for path in OPEN:
        emma.visits(path)


def test_pages_of_one_s_own(reader, stage, word):
    user, house = make_side(word, "Bruno")
    friends = make_side(word, "Alice")[1]
    make_partners(db.session.merge(house), db.session.merge(friends))
    house = db.session.get_one(Organisation, house.id)
    listing = make_listing(house, f"Commode {word}", visibility="partners").public_id
    address, site = house.public_id, site_of(house).public_id
    bruno = reader("Bruno", app=stage, user=user, acting=house)
    pages = [
        *OWN, f"/publier/{listing}", f"/annonces/{listing}", f"/annonces/{listing}/historique",
        f"/annonces/{listing}/fiche", f"/organisations/{address}", f"/organisations/{address}/partenaires?nom=Alice",
        f"/organisations/{address}/membres", f"/organisations/{address}/modifier",
        f"/organisations/{address}/lieux/{site}", f"/organisations/{address}/lieux/{site}/fermetures",
    ]  # fmt: skip
    for path in pages:
        bruno.visits(path)
    assert re.search(r"\d", bruno.page.url)


def test_pages_of_a_collection(reader, stage, word):
    """A draft, offers to compare, and what the one who comes reads."""
    user, films = make_side(word, "Nadia", "production_company")
    driver, centre = make_side(word, "Milo")
    make_profile(centre, weekdays=[1, 2, 3, 4, 5, 6, 7], streams=["wood", "hazardous"])
    opens = now() + timedelta(days=2)
    window = {"opens_at": opens, "closes_at": opens + timedelta(hours=9)}
    draft = make_call(films, **window, hazards=["paint"], needs_dismantling=True)
    compared, agreed = (sent_call(films, **window) for _turn in range(2))
    times = {"starts_at": opens + timedelta(hours=1), "ends_at": opens + timedelta(hours=4)}
    offer(centre, compared, **times, message="Deux personnes et des sangles.")
    choose(films, agreed, offer(centre, agreed, **times))
    ids = [one.public_id for one in (draft, compared, agreed)]
    nadia = reader("Nadia", app=stage, user=user, acting=films)
    for path in ("/collectes", f"/collectes/{ids[0]}/modifier", *(f"/collectes/{one}" for one in ids)):
        nadia.visits(path)
    milo = reader("Milo", app=stage, user=driver, acting=centre)
    for path in ("/collectes", "/collectes/profil", *(f"/collectes/{one}" for one in ids[1:])):
        milo.visits(path)


def test_what_cannot_be_read_is_seen_however_often_the_page_was(enter):
    emma = enter("Emma")
    emma.visits("/aide")
    emma.visits("/aide")
    emma.page.evaluate("document.querySelector('h1').style.color = '#e8e8e8'")
    with pytest.raises(AssertionError, match="color-contrast"):
        emma.looks()
