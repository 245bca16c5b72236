"""Photos from a phone whose network comes and goes, then turned and cropped by hand and by keyboard."""

import re

import pillow_heif
from PIL import Image
from playwright.sync_api import expect

from marketplace.catalogue.models import Listing, Photo
from marketplace.core.db import db
from tests.journeys.conftest import make_side

GONE = "ERR_INTERNET_DISCONNECTED"


def a_heavy_photo(path, seed: int = 0):
    """Several parts long."""
    Image.effect_noise((1800, 1300 + seed), 80).convert("RGB").save(path, quality=90)
    return path


def forgives_the_network(person):
    person.complaints[:] = [line for line in person.complaints if GONE not in line]


def test_the_network_goes_and_comes_back_and_nothing_is_lost(enter, stage, word, tmp_path):
    heavy = [a_heavy_photo(tmp_path / f"photo-{number}.jpg", number) for number in range(3)]
    user, house = make_side(word, "Bruno")
    bruno = enter("Bruno", app=stage, user=user, acting=house)
    bruno.visits("/publier")
    bruno.types("Titre", f"Fauteuil {word}")
    expect(bruno.page.locator("#saved")).to_contain_text("Brouillon gardé")

    # the second part never gets through: the network is gone
    parts = []

    def second_part_is_lost(route):
        parts.append(route.request)
        if len(parts) == 2:
            bruno.context.set_offline(True)
            route.abort("internetdisconnected")
        else:
            route.continue_()

    bruno.page.route(
        "**/envois/*",
        lambda route: second_part_is_lost(route) if route.request.method == "PATCH" else route.continue_(),
    )
    bruno.page.set_input_files("#photo", [str(path) for path in heavy])
    expect(bruno.page.locator("#shots")).to_contain_text("la photo repartira seule")
    bruno.page.unroute("**/envois/*")

    # meanwhile they type on
    bruno.types("Titre", f"Fauteuil club {word}")
    bruno.types("Description", "Un accroc derrière")
    expect(bruno.page.locator("#saved")).to_contain_text("Pas encore gardé")
    bruno.context.set_offline(False)
    expect(bruno.page.locator('#shots [data-state="ready"]')).to_have_count(3)
    expect(bruno.page.locator("#shots [data-upload]")).to_have_count(0)
    expect(bruno.page.locator("#saved")).to_contain_text("Brouillon gardé")
    assert len({part.url for part in parts}) <= 3, "no photo was announced twice"
    bruno.looks()
    bruno.page.reload()
    assert bruno.field("Titre").input_value() == f"Fauteuil club {word}"
    assert bruno.field("Description").input_value() == "Un accroc derrière"
    forgives_the_network(bruno)


def test_a_reload_in_the_middle_goes_on_where_it_was(enter, stage, word, tmp_path):
    heavy = a_heavy_photo(tmp_path / "photo.jpg")
    user, house = make_side(word, "Chloé")
    chloe = enter("Chloé", app=stage, user=user, acting=house)
    chloe.visits("/publier")
    chloe.types("Titre", f"Miroir {word}")
    expect(chloe.page.locator("#saved")).to_contain_text("Brouillon gardé")
    offsets = []

    def only_the_first(route):
        if route.request.method != "PATCH":
            return route.continue_()
        offsets.append(int(route.request.headers["upload-offset"]))
        return route.continue_() if len(offsets) == 1 else route.abort("internetdisconnected")

    chloe.page.route("**/envois/*", only_the_first)
    chloe.page.set_input_files("#photo", str(heavy))
    expect(chloe.page.locator("#shots")).to_contain_text("la photo repartira seule")
    chloe.page.unroute("**/envois/*")
    chloe.page.on("request", lambda one: one.method == "PATCH" and offsets.append(int(one.headers["upload-offset"])))
    before = len(offsets)
    chloe.page.reload()
    expect(chloe.page.locator('#shots [data-state="ready"]')).to_have_count(1)
    assert min(offsets[before:]) > 0, "it began again from the start"
    forgives_the_network(chloe)


def test_a_line_for_each_photo_and_the_network_in_between(enter, stage, word, tmp_path):
    """Lines come at once, files follow in parts; a reload goes on, and what is pressed too early waits."""
    heavy = [a_heavy_photo(tmp_path / f"photo-{number}.jpg", number) for number in range(3)]
    no_photo = tmp_path / "notes.jpg"
    no_photo.write_text("pas une photo")
    user, house = make_side(word, "Emma")
    emma = enter("Emma", app=stage, user=user, acting=house)
    page = emma.page
    emma.visits("/publier/photos")
    begun = []

    def only_the_first_part(route):
        if route.request.method != "PATCH":
            return route.continue_()
        begun.append(route.request.url)
        return route.continue_() if begun.count(route.request.url) == 1 else route.abort("internetdisconnected")

    emma.may_be_refused(422)
    page.route("**/envois/*", only_the_first_part)
    page.set_input_files("#photo", [str(path) for path in (*heavy, no_photo)])
    rows = page.locator("#rows > li")
    expect(rows).to_have_count(4)
    expect(page.locator("#rows")).to_contain_text("la photo repartira seule")
    emma.looks()
    page.unroute("**/envois/*")
    page.reload()
    expect(page.locator("#told")).to_contain_text("notes.jpg")
    expect(rows).to_have_count(3)
    for number in range(3):
        rows.nth(number).get_by_label("Titre").fill(f"Étagère {word} {number}")
        rows.nth(number).get_by_label("Rayon").fill("Bibliothèque, étagère")
        rows.nth(number).get_by_label("Quantité").fill("1")
    page.locator("#condition").select_option("good")
    emma.ticks("Vous les", "donnez")
    emma.presses("Publier ce qui est complet")
    emma.reads("3 annonces sont publiées")
    with stage.app_context():
        held = db.session.query(Photo).join(Listing, Listing.id == Photo.listing_id)
        assert held.filter(Listing.organisation_id == house.id, Photo.state != "failed").count() == 3
    forgives_the_network(emma)


def test_a_photo_the_browser_cannot_show_is_shown_once_it_is_made(enter, stage, word, tmp_path):
    """HEIC, as phones write it: a drawing, then the picture itself."""
    path = tmp_path / "IMG_0001.HEIC"
    pillow_heif.from_pillow(Image.effect_noise((640, 480), 80).convert("RGB")).save(path)
    user, house = make_side(word, "Fanny")
    fanny = enter("Fanny", app=stage, user=user, acting=house)
    fanny.visits("/publier/photos")
    fanny.page.set_input_files("#photo", str(path))
    picture = fanny.page.locator("#rows .thumb img")
    expect(picture).to_have_attribute("src", re.compile(r"/photos/.+-320\.webp"))
    fanny.waits_until(lambda: picture.evaluate("one => one.naturalWidth > 0"), "the picture is seen")
    fanny.looks()


def test_turned_and_cropped_by_hand_and_by_keyboard(enter, stage, word, photos):
    user, house = make_side(word, "Alice")
    alice = enter("Alice", app=stage, user=user, acting=house)
    alice.visits("/publier")
    alice.types("Titre", f"Paravent {word}")
    alice.page.set_input_files("#photo", str(photos[1]))
    expect(alice.page.locator('#shots [data-state="ready"]')).to_have_count(1)
    before = alice.page.locator("#shots img").get_attribute("src")
    alice.presses("Cadrer")
    alice.presses("Tourner à droite")

    # the bottom right corner is drawn inwards by a finger
    frame = alice.page.locator(".framing")
    frame.evaluate("picture => picture.scrollIntoView()")
    corner = alice.page.locator(".corner").nth(3).bounding_box()
    x, y = corner["x"] + corner["width"] / 2, corner["y"] + corner["height"] / 2
    alice.page.mouse.move(x, y)
    alice.page.mouse.down()
    alice.page.mouse.move(x - 60, y - 80, steps=4)
    alice.page.mouse.up()
    width = float(alice.field("Garder en largeur").input_value())
    assert 40 < width < 95

    # and one step more by the keyboard, which moves the frame as well
    alice.field("Garder en largeur").focus()
    edge = alice.page.locator(".edge").first
    drawn = float(edge.get_attribute("width"))
    alice.page.keyboard.press("ArrowDown")
    assert float(alice.field("Garder en largeur").input_value()) < width
    assert float(edge.get_attribute("width")) < drawn
    alice.presses("Garder ce cadre")
    expect(alice.page.locator("#shots img")).not_to_have_attribute("src", before)
    expect(alice.page.locator("#shots")).not_to_contain_text("se prépare")
    alice.looks()
    alice.presses("Cadrer")
    alice.presses("Revenir à la photo entière")
    assert alice.field("Garder en largeur").input_value() == "100"
    assert re.search(r"/photos/[a-z2-7]{13}$", alice.page.url)


def test_without_script_four_figures_crop_it(enter, stage, word, photos):
    user, house = make_side(word, "Dora")
    dora = enter("Dora", app=stage, user=user, acting=house, script=False)
    dora.visits("/publier")
    dora.types("Titre", f"Lampe {word}")
    dora.page.set_input_files("#photo", str(photos[1]))
    dora.presses("Enregistrer le brouillon")
    ready = dora.page.locator('#shots [data-state="ready"]')
    dora.waits_until(lambda: dora.page.reload() and ready.count(), "the photo is ready")
    dora.presses("Cadrer")
    dora.types("À gauche, laisser", "25")
    dora.types("Garder en largeur", "90")
    dora.may_be_refused(422)
    dora.presses("Garder ce cadre")
    dora.reads("Le cadre dépasse le bord de la photo.")
    dora.types("Garder en largeur", "50")
    dora.presses("Garder ce cadre")
    dora.reads("Photos")
    dora.presses("Cadrer")
    assert dora.field("Garder en largeur").input_value() == "50"
    dora.presses("Tourner à gauche")
    assert dora.field("Garder en hauteur").input_value() == "50"
