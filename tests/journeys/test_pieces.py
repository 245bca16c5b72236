"""A keeper counts chairs one by one, sticks labels on them, mends one, and puts a drawing room together."""

import re

from playwright.sync_api import expect

from marketplace.catalogue import pieces
from marketplace.core.db import transaction
from tests.factories import make_listing, owner_of
from tests.journeys.conftest import make_side

# A browser that reads codes, and a camera that shows one: what phones have and this one lacks.
READS_CODES = """
  window.BarcodeDetector = class {
    static async getSupportedFormats() { return ['qr_code']; }
    async detect() { return window.shown ? [{ rawValue: window.shown }] : []; }
  };
  navigator.mediaDevices.getUserMedia = async () => {
    const canvas = document.createElement('canvas');
    canvas.getContext('2d').fillRect(0, 0, 9, 9);
    const tick = () => { canvas.getContext('2d').fillRect(0, 0, 9, 9); requestAnimationFrame(tick); };
    tick();
    return canvas.captureStream(10);
  };
"""


def test_from_a_listing_to_labelled_pieces_and_a_repair(enter, stage, word, photos):
    user, house = make_side(word, "Bruno")
    listing = make_listing(house, f"Chaise {word}", reference=word.upper())
    bruno = enter("Bruno", app=stage, user=user, acting=house)
    bruno.visits(f"/annonces/{listing.public_id}")
    bruno.follows("Compter par pièce")
    bruno.types("Combien de pièces", "4")
    with bruno.leaves():
        bruno.presses("Compter par pièce")
    bruno.looks()
    bruno.reads("4 pièces sont entrées au stock")

    # a hand scanner is a keyboard that ends with Enter
    field = bruno.page.get_by_label("Ouvrir une pièce par son code")
    field.focus()
    bruno.page.keyboard.type(f"{word.upper()}-002".lower())
    with bruno.leaves():
        bruno.page.keyboard.press("Enter")
    bruno.looks()
    assert bruno.title() == f"{word.upper()}-002"

    bruno.page.get_by_text("Envoyer en réparation").first.click()
    bruno.looks()
    repair = bruno.page.locator("#repair")
    repair.get_by_label("Ce qu’il faut réparer").fill("Un barreau manque")
    repair.get_by_label("Coût prévu").fill("15")
    repair.get_by_label("Photos").set_input_files(photos[0])
    with bruno.leaves():
        bruno.presses("Envoyer en réparation", repair)
    bruno.reads("En réparation")
    picture = bruno.page.get_by_role("img", name=re.compile("^Photo 1"))

    def shown() -> bool:
        bruno.page.reload()
        return picture.count() > 0

    bruno.waits_until(shown, "the photo is made")
    bruno.looks()

    bruno.page.get_by_text("Revenue de réparation").first.click()
    with bruno.leaves():
        bruno.presses("La remettre en location")
    bruno.follows("Modifier")
    bruno.types("Rayonnage", "B12")
    with bruno.leaves():
        bruno.presses("Enregistrer la pièce")
    bruno.looks()
    bruno.reads("B12")

    bruno.visits(f"/stock/annonces/{listing.public_id}/pieces")
    bruno.follows("Étiquettes des pièces")
    bruno.page.get_by_label("Rouleau 62").check()
    with bruno.leaves():
        bruno.presses("Préparer les étiquettes")
    expect(bruno.page.get_by_role("link", name="Ouvrir le PDF")).to_be_visible()
    bruno.looks()
    with bruno.page.expect_download() as got:
        bruno.page.get_by_role("link", name="Ouvrir le PDF").click()
    assert got.value.suggested_filename == "etiquettes.pdf"


def test_an_unknown_code_stays_in_the_field_and_the_camera_reads_one(enter, stage, word):
    user, house = make_side(word, "Bruno")
    listing = make_listing(house, f"Chaise {word}")
    with transaction():
        piece = pieces.count_by_piece(owner_of(house), listing.public_id, [f"{word}-1", f"{word}-2"], {})[0]
    bruno = enter("Bruno", app=stage, user=user, acting=house)
    bruno.may_be_refused(404)
    bruno.visits("/stock/pieces")
    expect(bruno.page.get_by_role("button", name="Lire avec la caméra")).to_be_hidden()
    bruno.types("Code de la pièce", "inconnu")
    with bruno.leaves():
        bruno.presses("Ouvrir")
    bruno.looks()
    bruno.reads("Aucune de vos pièces ne porte le code")
    expect(bruno.page.get_by_label("Code de la pièce")).to_have_value("inconnu")

    bruno.page.add_init_script(READS_CODES)
    bruno.visits("/stock/pieces")
    camera = bruno.page.get_by_role("button", name="Lire avec la caméra")
    camera.click()
    bruno.reads("Montrez le code à la caméra")
    bruno.looks()
    camera.click()
    expect(bruno.page.locator("video")).to_have_count(0)
    camera.click()
    with bruno.leaves():
        bruno.page.evaluate(f"window.shown = 'http://localhost/q/{piece.public_id}'")
    assert bruno.title() == f"{word}-1"


def test_without_a_script_it_all_works(enter, stage, word):
    user, house = make_side(word, "Bruno")
    listing = make_listing(house, f"Chaise {word}", reference=word)
    bruno = enter("Bruno", app=stage, user=user, acting=house, script=False)
    bruno.visits(f"/stock/annonces/{listing.public_id}/pieces")
    bruno.presses("Compter par pièce")
    bruno.page.get_by_label("Ouvrir une pièce par son code").fill(f"{word}-001")
    bruno.presses("Ouvrir")
    assert bruno.title() == f"{word}-001"
    bruno.follows("Étiquette")
    bruno.presses("Préparer les étiquettes")

    def ready() -> bool:
        bruno.page.reload()
        return bruno.page.get_by_role("link", name="Ouvrir le PDF").count() > 0

    bruno.waits_until(ready, "the labels are made")


def test_a_drawing_room_is_put_together(enter, stage, word):
    user, house = make_side(word, "Bruno")
    room = make_listing(house, f"Salon {word}")
    make_listing(house, f"Fauteuil {word}")
    make_listing(house, f"Guéridon {word}")
    bruno = enter("Bruno", app=stage, user=user, acting=house)
    bruno.visits(f"/annonces/{room.public_id}")
    bruno.follows("En faire un ensemble")
    for title, quantity in (("Fauteuil", "4"), ("Guéridon", "1")):
        line = bruno.page.get_by_role("listitem").filter(has_text=f"{title} {word}")
        line.get_by_role("textbox").fill(quantity)
        with bruno.leaves():
            bruno.presses("Ajouter", line)
        bruno.looks()
    bruno.reads("De quoi faire 1 ensemble")
    bruno.field(f"Combien de « Fauteuil {word} »").fill("7")
    bruno.may_be_refused(422)
    with bruno.leaves():
        bruno.presses("Garder les quantités")
    bruno.looks()
    bruno.reads("il n’y en a pas tant")
    zoe = enter("Zoé", desk=True)
    zoe.visits(f"/annonces/{room.public_id}")
    zoe.reads("Ce que l’ensemble contient")
    zoe.follows(f"Guéridon {word}")
    zoe.reads("Fait partie de")


def test_its_pages_in_the_dark_in_english(enter, stage, word):
    user, house = make_side(word, "Bruno")
    listing, room = make_listing(house, f"Chaise {word}"), make_listing(house, f"Salon {word}")
    with transaction():
        piece = pieces.count_by_piece(owner_of(house), listing.public_id, [f"{word}-1"], {})[0]
    for desk in (False, True):
        bruno = enter("Bruno", app=stage, user=user, acting=house, desk=desk)
        bruno.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        bruno.page.goto(f"{bruno.url}/?lang=en")
        for path in (
            f"/stock/annonces/{listing.public_id}/pieces", f"/stock/pieces/{piece.public_id}",
            f"/stock/pieces/{piece.public_id}/modifier", "/stock/pieces", f"/stock/etiquettes?de={listing.public_id}",
            f"/stock/annonces/{room.public_id}/ensemble", f"/stock/annonces/{room.public_id}/pieces",
        ):  # fmt: skip
            bruno.visits(path)
