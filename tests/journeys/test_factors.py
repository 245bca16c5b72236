"""A moderator publishes a file of factors, anybody reads the factor; a maker's declaration changes an estimate."""

import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from marketplace.carbon.models import FactorImport, ListingEstimate, ProductData
from marketplace.core.clock import today
from marketplace.core.db import db
from tests.carbon.test_factor_imports import table
from tests.exchanges.papers_world import PDF
from tests.factories import make_listing, make_user
from tests.journeys.conftest import make_side


def shoots(person, name: str) -> None:
    """A picture of the page for whoever asks for pictures (SHOTS, a folder)."""
    if folder := os.environ.get("SHOTS"):
        person.page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def measured() -> bool:
    db.session.rollback()
    return db.session.query(FactorImport).order_by(FactorImport.id.desc()).first().effect is not None


def test_factors_by_file_and_the_makers_figure(enter, stage, word, tmp_path: Path):
    giver, house = make_side(word, "Bruno")
    listing = make_listing(house, f"Feuilles {word}", quantity=Decimal(8))
    day = (today() + timedelta(days=30)).isoformat()  # other journeys count with what is in force today
    version = f"2027.{word}"[:20]
    file, wrong = tmp_path / "base-carbone-2027.csv", tmp_path / "faux.csv"
    file.write_bytes(table({"version": version, "effective_on": day, "kgco2e_per_unit": "0.62"}))
    wrong.write_bytes(table({"version": version, "effective_on": "2020-01-01"}, {"unit": "item"}))

    mona = enter("Mona", app=stage, user=make_user(f"Mona {word}", moderator=True), desk=True)
    mona.visits("/moderation/facteurs")
    mona.follows("Envoyer un fichier")
    mona.field("Fichier CSV").set_input_files(wrong)
    mona.presses("Comparer à la bibliothèque")
    mona.reads("Lignes à corriger")
    shoots(mona, "factor-wrong-1280")
    mona.presses("Écarter ce fichier")
    mona.follows("Envoyer un fichier")
    shoots(mona, "factor-send-1280")
    mona.field("Fichier CSV").set_input_files(file)
    mona.presses("Comparer à la bibliothèque")
    mona.waits_until(measured, "the measure")
    mona.follows("Recharger")
    mona.reads("Les annonces qui changent le plus")
    shoots(mona, "factor-import-1280")
    mona.page.set_viewport_size({"width": 360, "height": 740})
    mona.looks()
    shoots(mona, "factor-import-360")
    mona.types("D’où viennent ces versions", "Base Carbone 2027")
    mona.presses("Publier cette version")
    mona.reads("1 version est publiée")

    reader = enter("Rose")
    reader.visits("/carbone/facteurs/prod.plywood")
    reader.reads(version)
    shoots(reader, "factor-360")
    reader.visits("/carbone/facteurs/prod.plywood?lang=en")
    reader.reads("Where it is used")

    before = db.session.get(ListingEstimate, listing.id).result_kgco2e
    declaration = tmp_path / "fdes.pdf"
    declaration.write_bytes(PDF)
    bruno = enter("Bruno", app=stage, user=giver, acting=house)
    bruno.visits(f"/annonces/{listing.public_id}")
    bruno.follows("Donnée du fabricant (EPD, FDES)")
    bruno.may_be_refused(422)
    bruno.presses("Enregistrer")
    bruno.reads("points à revoir")
    shoots(bruno, "product-data-refused-360")
    bruno.types("Nom de la déclaration", "Châssis bois AtelierPlus")
    bruno.types("Programme qui l’a vérifiée", "INIES")
    bruno.types("Numéro d’enregistrement", "FDES 20-123")
    bruno.types("Émissions de fabrication", "12,5")
    bruno.types("Valable jusqu’au", (today() + timedelta(days=200)).isoformat())
    bruno.page.get_by_label("La déclaration", exact=True).set_input_files(declaration)
    bruno.presses("Enregistrer")
    bruno.reads("C’est noté")
    key = f"epd.{listing.public_id}"

    def kept() -> bool:
        db.session.rollback()
        return db.session.query(ProductData).filter_by(key=key).one().file_key is not None

    bruno.waits_until(kept, "the document")
    bruno.visits(f"/annonces/{listing.public_id}/donnees-produit")
    shoots(bruno, "product-data-360")
    with bruno.page.expect_download() as coming:
        bruno.page.get_by_role("link", name="Enregistrer le document").click()
    assert coming.value.suggested_filename.startswith("declaration-")
    bruno.follows("Sa page")
    bruno.reads("celui que le fabricant déclare")
    shoots(bruno, "product-factor-360")
    db.session.rollback()
    assert db.session.get(ListingEstimate, listing.id, populate_existing=True).result_kgco2e != before
