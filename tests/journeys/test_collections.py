"""Strike night on a phone: the unit manager asks for a collection, two ressourceries answer, one is chosen, its driver
reads a code at the dock."""

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from marketplace.core.clock import PARIS, now
from tests.factories import make_production
from tests.journeys.conftest import make_side
from tests.reclaims.trade import make_profile

SHOTS = os.environ.get("SHOTS")  # a folder to leave pictures in
EVERY_DAY = {"weekdays": [1, 2, 3, 4, 5, 6, 7]}


def pictured(person, name: str) -> None:
    if SHOTS:
        person.page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


@pytest.fixture
def sides(stage, word):
    nadia, films = make_side(word, "Nadia", "production_company")
    make_production(films, f"Les Heures creuses {word}", base_postcode="69100")
    milo, centre = make_side(word, "Contrechamp")
    _small, truck = make_side(word, "Benne")
    make_profile(centre, **EVERY_DAY)
    make_profile(truck, vehicles={"van_3m3": 1}, **EVERY_DAY)
    return (nadia, films), (milo, centre)


def test_a_set_is_collected_from_the_call_to_the_dock(enter, stage, sides, word, photos):
    (user, films), (driver, centre) = sides
    tomorrow = (now() + timedelta(days=1)).astimezone(PARIS).date()
    nadia = enter("Nadia", app=stage, user=user, acting=films)
    nadia.visits("/collectes")
    pictured(nadia, "collections-empty-360")
    nadia.follows("Demander une collecte")
    nadia.chooses("Pour", f"Les Heures creuses {word}")
    nadia.types("Rue et numéro", "3 rue du Plateau")
    nadia.types("Code postal", "69100")
    nadia.types("À partir du", tomorrow.isoformat())
    nadia.page.get_by_label("Heure", exact=True).first.fill("18:00")
    nadia.types("Jusqu’au", tomorrow.isoformat())
    nadia.page.get_by_label("Heure", exact=True).last.fill("02:00")
    nadia.page.get_by_label("Sorte 1", exact=True).select_option(label="Châssis et éléments de décor")
    nadia.page.get_by_label("Volume de la sorte 1").fill("8")
    nadia.page.get_by_label("Sorte 2", exact=True).select_option(label="Bois")
    nadia.page.get_by_label("Volume de la sorte 2").fill("4,5")
    nadia.page.get_by_label("Ajouter des photos").set_input_files(photos[0])
    nadia.may_be_refused(422)
    nadia.presses("Garder le brouillon et choisir à qui il va")
    nadia.reads("Après minuit, choisissez le jour suivant")
    nadia.reads("1 photo reçue, gardée avec ce formulaire.")
    pictured(nadia, "collections-ask-error-360")
    nadia.types("Jusqu’au", (tomorrow + timedelta(days=1)).isoformat())
    nadia.presses("Garder le brouillon et choisir à qui il va")
    nadia.reads(f"Contrechamp {word}")
    pictured(nadia, "collections-draft-360")
    nadia.types("Dans un rayon de", "20")
    nadia.presses("Envoyer la demande")
    nadia.reads("On attend des offres")
    pictured(nadia, "collections-sent-360")
    page = nadia.page.url

    milo = enter("Milo", app=stage, user=driver, acting=centre)
    milo.visits("/collectes")
    pictured(milo, "collections-offered-360")
    milo.follows("12,5 m³ à Villeurbanne")
    assert "rue du Plateau" not in milo.page.content()
    milo.page.get_by_label("De", exact=True).fill("19:00")
    milo.page.get_by_label("À", exact=True).fill("23:30")
    milo.page.get_by_label("Véhicule", exact=True).select_option(value="van_20m3")
    milo.page.get_by_label("À combien", exact=True).fill("2")
    milo.page.get_by_text("La production paie", exact=True).click()
    milo.page.get_by_label("Montant").fill("240")
    pictured(milo, "collections-offer-360")
    milo.presses("Proposer de venir")
    milo.reads("Votre offre est partie")

    nadia.page.goto(page)
    pictured(nadia, "collections-compare-360")
    nadia.reads("240 € à payer")
    nadia.page.once("dialog", lambda dialog: dialog.accept())
    nadia.presses("Choisir")
    nadia.reads("C’est convenu avec")
    pictured(nadia, "collections-agreed-360")

    milo.page.reload()
    milo.reads("3 rue du Plateau")
    pictured(milo, "collections-chosen-360")
    code = re.sub(r"\D", "", milo.page.locator("p.code").inner_text())
    assert len(code) == 6

    nadia.follows("Taper le code du chauffeur")
    pictured(nadia, "collections-dock-360")
    nadia.page.get_by_label("Code à six chiffres de la personne qui vient").fill(code)
    nadia.presses("Confirmer la remise")
    nadia.reads("Chargé. Il reste à peser")
    pictured(nadia, "collections-loaded-360")
    milo.page.reload()
    milo.reads("Pesez chaque flux")
    expect(milo.page.get_by_text("Chargée, à peser")).to_be_visible()


def test_a_collector_says_what_it_takes(enter, stage, word):
    user, centre = make_side(word, "Réserve")
    rose = enter("Rose", app=stage, user=user, acting=centre, desk=True)
    rose.visits("/collectes")
    rose.follows("Dire ce que nous collectons")
    pictured(rose, "collections-profile-1280")
    rose.may_be_refused(422)
    rose.presses("Enregistrer ce profil")
    rose.reads("Dites avec quoi vous venez")
    rose.chooses("Nous partons de", "Réserve, Villeurbanne")
    rose.types("Jusqu’à", "40")
    rose.page.get_by_text("Mobilier", exact=True).click()
    rose.page.locator("#vehicle-van_20m3").fill("1")
    rose.presses("Enregistrer ce profil")
    rose.reads("Votre profil de collecte est enregistré.")
    rose.visits(f"/organisations/{centre.public_id}")
    rose.reads("Collecte jusqu’à 40 km")
    pictured(rose, "collections-organisation-1280")
