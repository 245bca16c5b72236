"""Strike day: the set designer types what is left at a desk, the crew ticks it from a phone by a link."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from marketplace.core.clock import PARIS, now
from tests.factories import make_listing, make_production
from tests.journeys.conftest import make_side

SHOTS = os.environ.get("SHOTS")  # a folder to leave pictures in
LEFT = """Plateau A :
6 feuilles 3x2 m
12 chaises bistrot
2 canapés cuir, 80 kg
Magasin :
40 m² de moquette
3 lots de visserie
2 t de gravats"""


def pictured(person, name: str) -> None:
    if SHOTS:
        person.page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


@pytest.fixture
def shoot(stage, word):
    user, films = make_side(word, "Paula", "production_company")
    production = make_production(films, f"Le Sel {word}", base_postcode="69100")
    make_listing(films, f"Lampadaires {word}", origin_production_id=production.id)
    return user, films


def test_a_set_comes_down(enter, stage, shoot, word):
    user, films = shoot
    paula = enter("Paula", app=stage, user=user, acting=films)
    paula.visits("/collectes/plans")
    pictured(paula, "plans-empty-360")
    paula.follows("Ouvrir un plan")
    paula.types("Lieu", f"Studio {word}")
    skip = (now() + timedelta(days=2)).astimezone(PARIS).strftime("%Y-%m-%dT18:00")
    paula.types("La benne arrive", skip)
    paula.may_be_refused(422)
    paula.chooses("Ce que personne n’a pris devient", "Recycler")
    paula.presses("Ouvrir le plan")
    paula.reads("Dites à partir de quand")
    pictured(paula, "plan-new-error-360")
    paula.types("À partir de", skip.replace("T18", "T12"))
    paula.presses("Ouvrir le plan")
    paula.types("Ce qui reste", LEFT)
    paula.presses("Voir ce qui est compris")
    pictured(paula, "plan-add-360")
    paula.presses("Garder ces 6 lignes")
    paula.follows("Depuis les annonces")
    paula.page.get_by_text(f"Lampadaires {word}").click()
    paula.presses("Mettre les cochées au plan")
    paula.page.get_by_label("Choisir Feuilles 3x2 m").check()
    paula.page.get_by_label("Choisir Chaises bistrot").check()
    paula.page.get_by_label("Devenir", exact=True).select_option(label="Donner")
    pictured(paula, "plan-ticked-360")
    paula.presses("Garder pour les lignes cochées")
    paula.reads("2 lignes changées.")
    pictured(paula, "plan-360")
    paula.follows("Feuilles 3x2 m")
    paula.types("Qui s’en occupe", "Camille")
    pictured(paula, "plan-line-360")
    paula.presses("Garder la ligne")
    paula.follows("Feuilles à imprimer")
    pictured(paula, "plan-sheet-360")
    paula.page.go_back()
    paula.follows("Historique")
    paula.page.go_back()
    paula.follows("Liens pour l’équipe")
    paula.types("Pour qui", "Équipe déco")
    paula.presses("Créer le lien")
    address = paula.field("Il ne sera plus jamais montré").input_value()

    karim = enter("Karim")  # a phone, no account
    karim.visits(address)
    pictured(karim, "plan-crew-360")
    karim.page.get_by_label("Choisir Feuilles 3x2 m").check()
    karim.page.get_by_label("Choisir Gravats").check()
    karim.may_be_refused(422)
    karim.presses("C’est fait")  # nobody said what becomes of the rubble
    karim.reads("Dites d’abord ce que deviennent : Gravats.")
    pictured(karim, "plan-crew-error-360")
    karim.follows("Ajouter des lignes")
    karim.types("Ce qui reste", "4 palettes")
    karim.presses("Voir ce qui est compris")
    karim.presses("Garder cette ligne")
    karim.reads("Palettes")
    expect(karim.page.get_by_role("button", name="Retirer du plan")).to_have_count(0)

    desk = enter("Paula au bureau", app=stage, user=user, acting=films, desk=True)
    desk.visits("/collectes/plans")
    desk.follows(f"Le Sel {word}, Studio {word}")
    desk.reads("Palettes")
    pictured(desk, "plan-1280")
    desk.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    desk.visits(desk.page.url)
    pictured(desk, "plan-dark-1280")
    desk.follows("Feuilles à imprimer")
    pictured(desk, "plan-sheet-1280")
    desk.page.emulate_media(media="print", color_scheme="light")
    pictured(desk, "plan-sheet-print")
