"""The crew writes the day down from a link on a phone, the producer reads it at a desk, brings the footprint in, and
finds it beside what was avoided."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.carbon.made import completed
from tests.factories import make_listing, make_organisation, make_production
from tests.journeys.conftest import make_side

SHOTS = os.environ.get("SHOTS")  # a folder to leave pictures in
BILAN = (
    "Poste;Libellé;tCO2e\nTransports;Voitures;4,2\nRepas;Cantine;1,1\nMoyens techniques;Caméra;0,4\n"
    "Décors;Contreplaqué;2,5\nÉnergie;Groupe;3,3\nDivers;Assurances;0,2\nTotal;;11,7\n"
)


def pictured(person, name: str) -> None:
    if SHOTS:
        person.page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


@pytest.fixture
def shoot(stage, word):
    """A production that took tables and gave flats."""
    user, films = make_side(word, "Paula", "production_company")
    production = make_production(films, f"Le Sel {word}")
    house = make_organisation(f"Ressourcerie {word}")
    completed(make_listing(house, f"Tables {word}"), films, receiver_production=production)
    completed(
        make_listing(films, f"Feuilles {word}"), make_organisation(f"Opéra {word}", "venue"),
        provider_production=production,
    )  # fmt: skip
    return user, films, production.public_id


def test_from_the_set_to_the_producer_s_desk(enter, stage, shoot, tmp_path):
    user, films, production = shoot
    paula = enter("Paula", app=stage, user=user, acting=films, desk=True)
    paula.visits(f"/productions/{production}")
    paula.follows("Fiche d’activité")
    pictured(paula, "activity-empty-1280")
    paula.follows("Liens pour l’équipe")
    paula.types("Pour qui", "Régie")
    paula.presses("Créer le lien")
    address = paula.field("Il ne sera plus jamais montré").input_value()

    karim = enter("Karim")  # a phone, no account, 23:00
    karim.visits(address)
    karim.types("Végétarien", "46")
    karim.types("Poisson", "douze")
    karim.page.get_by_text("Kilomètres", exact=True).click()
    karim.page.get_by_label("20 m³ (permis B)").fill("132")
    karim.may_be_refused(422)
    karim.presses("Garder cette journée")
    karim.reads("Écrivez un nombre, par exemple 12 ou 12,5.")
    pictured(karim, "crew-error-360")
    assert karim.field("Végétarien").input_value() == "46"
    karim.types("Poisson", "12")
    # the tab dies before the day is saved: what was typed is offered again
    karim.page.wait_for_timeout(600)
    karim.visits(address)
    karim.button("Le reprendre").click()
    expect(karim.field("Poisson")).to_have_value("12")
    karim.presses("Garder cette journée")
    karim.reads("3 lignes gardées")
    pictured(karim, "crew-360")
    karim.follows("Corriger")
    karim.types("Combien", "48")
    pictured(karim, "crew-correct-360")
    karim.presses("Garder cette correction")
    karim.reads("La ligne est corrigée.")

    paula.visits(f"/productions/{production}/activite")
    paula.reads("Régie")
    paula.reads("Achat évité")
    pictured(paula, "activity-1280")
    with paula.page.expect_download() as download:
        paula.page.get_by_role("link", name="Tableur (XLSX)").click()
    assert download.value.suggested_filename.endswith(".xlsx")

    paula.visits(f"/productions/{production}/empreinte")
    paula.follows("Importer un bilan")
    file = tmp_path / "bilan.csv"
    file.write_text(BILAN, encoding="utf-8")
    paula.page.get_by_label("Fichier CSV ou XLSX").set_input_files(str(file))
    paula.presses("Lire ce fichier")
    paula.reads("Le total écrit dans le fichier est le même")
    pictured(paula, "mapping-1280")
    paula.may_be_refused(422)
    paula.presses("Garder ce bilan")
    paula.reads("Choisissez le poste de « Divers »")
    paula.page.get_by_label("Divers", exact=True).select_option("purchases")
    paula.presses("Garder ce bilan")
    paula.reads("sans somme ni différence")
    pictured(paula, "footprint-1280")
    paula.follows("Les lignes")

    karim.visits(f"/productions/{production}/empreinte")  # nothing else opens with the link
    assert "/connexion" in karim.page.url
    reader = enter("Paula au téléphone", app=stage, user=user, acting=films)
    for path in ("empreinte", "activite", "empreinte/importer"):
        reader.visits(f"/productions/{production}/{path}")
        pictured(reader, f"{path.replace('/', '-')}-360")
