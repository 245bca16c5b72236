"""A draft for each photo, then a line for each: forty things described on one page."""

import io
import re

import pytest
from PIL import Image
from sqlalchemy import event, select

from marketplace.catalogue import batches, duplicates, taxonomy
from marketplace.catalogue.models import Listing
from marketplace.core.db import db
from tests import factories
from tests.catalogue.conftest import picture
from tests.catalogue.test_views import JSON, alice, charlie  # noqa: F401 fixtures

NAMES = [
    ("Chaise", "chair"), ("chaise", "chair"), ("  CHAISE ", "chair"), ("Feuille de décor (châssis bois)", "flat_panel"),
    ("feuille de decor (chassis bois)", "flat_panel"), ("Chair", None), ("", None), ("n’importe quoi", None),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "key"), NAMES)
def test_a_category_by_its_name(typed, key):
    assert batches.category_named(typed, "fr") == key


def test_every_category_of_the_list_is_known_by_its_name():
    known = taxonomy.categories()
    for language in ("fr", "en"):
        for _top, keys in taxonomy.pickable():
            assert [batches.category_named(known[key].name(language), language) for key in keys] == list(keys)


def files(count: int) -> list:
    return [(io.BytesIO(picture(colour=f"#c040{n:02x}")), f"{n}.jpg") for n in range(count)]


def drafts() -> list[Listing]:
    db.session.rollback()
    query = select(Listing).order_by(Listing.id).execution_options(populate_existing=True)
    return list(db.session.scalars(query))


@pytest.mark.both_databases
def test_photos_become_drafts_and_lines_make_listings(alice, org, run_jobs):  # noqa: F811
    site = factories.site_of(org).public_id
    answer = alice.post("/publier/photos", data={"photo": files(3), "site": site})
    assert answer.status_code == 303
    made = drafts()
    assert [(one.state, len(one.photos), one.city) for one in made] == [("draft", 1, "Villeurbanne")] * 3
    run_jobs()
    page = alice.get(answer.location)
    assert all(f'id="line-{one.public_id}"' in page.text for one in made)
    lines = {"listing": [one.public_id for one in made], "condition": "good", "modes": ["donate"], "go": "publish"}
    for one, (title, category, quantity) in zip(
        made, [("24 chaises", "chaise", "24"), ("Porte", "Porte intérieure", ""), ("Table", "Tabble", "1")], strict=True
    ):
        lines |= {f"title-{one.public_id}": title, f"category-{one.public_id}": category}
        lines |= {f"quantity-{one.public_id}": quantity}
    answer = alice.post("/publier/photos/lignes", data=lines)
    assert answer.status_code == 422
    assert "Ce rayon n’est pas connu" in answer.text and "Il manque la quantité" in answer.text
    assert 'value="Tabble"' in answer.text, "what was typed stays"
    chairs, door, table = drafts()
    assert (chairs.state, chairs.category_key, chairs.unit, chairs.mass_source) == (
        "published", "chair", "piece", "guessed",
    )  # fmt: skip
    assert (door.state, door.title, door.condition, door.category_key) == ("draft", "Porte", "good", "door_interior")
    assert (table.state, table.title, table.quantity) == ("draft", "Table", 1)
    lines |= {f"quantity-{door.public_id}": "2", f"category-{table.public_id}": "Table de repas"}
    assert alice.post("/publier/photos/lignes", data=lines).location == "/stock"
    assert {one.state for one in drafts()} == {"published"}


def test_the_page_of_forty_costs_what_the_page_of_two_does(alice, org):  # noqa: F811
    ids = [factories.make_listing(org, f"Chaise {n}", published=False).public_id for n in range(batches.MOST + 2)]
    statements: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    alice.get("/publier/photos?annonces=" + ".".join(ids[:2]))
    few = len(statements)
    statements.clear()
    page = alice.get("/publier/photos?annonces=" + ".".join(ids))
    assert len(statements) <= few
    assert page.text.count('id="line-') == batches.MOST


def test_a_file_that_is_no_photo_makes_no_draft(alice, org):  # noqa: F811
    bad = alice.post("/publier/photos", data={"photo": (io.BytesIO(b"GIF89a"), "a.gif")})
    assert bad.status_code == 422 and "a.gif" in bad.text
    assert alice.post("/publier/photos", data={}).status_code == 422
    assert drafts() == []


def test_a_line_at_a_time_for_the_script_which_sends_its_photo_in_parts(alice, org):  # noqa: F811
    site = factories.site_of(org).public_id
    answer = alice.post("/publier/photos", data={"line": "1", "site": site}, headers=JSON)
    assert answer.status_code == 201
    (made,) = drafts()
    assert (made.public_id, made.city, made.photos) == (answer.json["id"], "Villeurbanne", [])
    assert f'id="line-{made.public_id}"' in answer.json["html"]
    ids = [factories.make_listing(org, f"Chaise {n}", published=False).public_id for n in range(batches.MOST)]
    full = alice.post("/publier/photos?annonces=" + ".".join(ids), data={"line": "1"}, headers=JSON)
    assert full.status_code == 422 and "40 photos au plus" in full.json["error"]


@pytest.mark.both_databases
def test_what_one_has_already_is_told_before_it_goes_out_and_stops_nobody(alice, org, run_jobs):  # noqa: F811
    """By its words or by its picture, the drafts beside it included; the others go out meanwhile."""
    factories.make_listing(org, "24 chaises de bistrot", category_key="chair", length_cm=None, height_cm=None)
    drawn = io.BytesIO()
    Image.effect_noise((320, 240), 90).resize((640, 480)).convert("RGB").save(drawn, "JPEG")
    for n in range(2):
        alice.post("/publier/photos", data={"photo": (io.BytesIO(drawn.getvalue()), f"{n}.jpg")})
    alice.post("/publier/photos", data={"photo": files(2), "site": factories.site_of(org).public_id})
    run_jobs()
    made = [one for one in drafts() if one.state == "draft"]
    lines = {"listing": [one.public_id for one in made], "condition": "good", "modes": ["donate"], "go": "publish"}
    lines["site"] = factories.site_of(org).public_id
    named = zip(made, ["Table ronde", "Guéridon", "Chaises bistrot", "Tabouret"], strict=True)
    for one, title in named:
        category = "Chaise" if "Chaise" in title else "Tabouret" if title == "Tabouret" else "Table de repas"
        lines |= {
            f"title-{one.public_id}": title,
            f"category-{one.public_id}": category,
            f"quantity-{one.public_id}": "2",
        }
    answer = alice.post("/publier/photos/lignes", data=lines)
    assert answer.status_code == 422
    assert [one.title for one in drafts() if one.state == "draft"] == ["Table ronde", "Guéridon", "Chaises bistrot"]
    assert "Déjà dans votre stock" in answer.text and "24 chaises de bistrot</a>" in answer.text
    told = re.findall(r'name="told" value="([a-z2-7]{13})"', answer.text)
    assert told == [one.public_id for one in made[:3]]
    assert alice.post("/publier/photos/lignes", data=lines | {"told": told}).location == "/stock"
    assert {one.state for one in drafts()} == {"published"}


@pytest.mark.both_databases
def test_from_the_stock_lookalikes_are_held_back_and_told_then_go_out_if_one_wants(alice, charlie, org):  # noqa: F811
    known = factories.make_listing(org, "24 chaises de bistrot", category_key="chair")
    twin = factories.make_listing(org, "Chaises bistrot", category_key="chair", published=False)
    other = factories.make_listing(org, "Tabouret haut", category_key="stool", published=False)
    lacking = factories.make_listing(org, "Chaise bistrot", category_key="chair", published=False, condition=None)
    ids = [one.public_id for one in (twin, other, lacking)]
    answer = alice.post("/stock", data={"go": "publish", "listing": ids, "state": "draft"})
    assert answer.status_code == 303
    states = {one.title: one.state for one in drafts()}
    assert (states["Chaises bistrot"], states["Tabouret haut"], states["Chaise bistrot"]) == (
        "draft", "published", "draft",
    )  # fmt: skip
    page = alice.get(answer.location).text
    note = page[page.index('id="ressemblent"') : page.index('id="liste"')]
    assert "Une annonce est publiée." in page and "Une annonce reste en brouillon" in note
    assert f'href="/publier/{known.public_id}">24 chaises de bistrot</a>' in note
    assert re.findall(r'name="told" value="([a-z2-7]{13})"', note) == [twin.public_id]
    assert "Chaises bistrot" not in charlie.get(answer.location).text

    sent = {"go": "publish", "listing": [twin.public_id], "told": [twin.public_id]}
    assert "ressemblent" not in alice.post("/stock", data=sent).location
    assert {one.title: one.state for one in drafts()}["Chaises bistrot"] == "published"
    # what comes back to the shelf is no new thing: nothing is asked of it
    alice.post("/stock", data={"go": "withdraw", "listing": [twin.public_id]})
    alice.post("/stock", data={"go": "publish", "listing": [twin.public_id]})
    assert {one.title: one.state for one in drafts()}["Chaises bistrot"] == "published"


def test_a_stock_of_lookalikes_costs_three_statements(org):
    made = [factories.make_listing(org, "Chaise bistrot", published=False) for _one in range(6)]
    for one in made:
        db.session.refresh(one)
    statements: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    found = duplicates.alike_among(made)
    assert set(found) == {one.public_id for one in made}
    assert all(one.public_id not in [other.public_id for other in found[one.public_id]] for one in made)
    assert len(statements) <= 3


def test_lines_of_others_are_nobodys(alice, charlie, org):  # noqa: F811
    listing = factories.make_listing(org, "Chaise secrète", published=False)
    address = f"/publier/photos?annonces={listing.public_id}"
    assert "Chaise secrète" in alice.get(address).text
    assert "Chaise secrète" not in charlie.get(address).text
    sent = {"listing": listing.public_id, f"title-{listing.public_id}": "Prise", "go": "publish"}
    charlie.post("/publier/photos/lignes", data=sent)
    assert drafts()[0].title == "Chaise secrète"
    assert alice.post("/publier/photos/lignes", data=sent | {"go": "burn"}).status_code == 404
