"""A draft for each photo, then a line for each: forty things described on one page."""

import io

import pytest
from sqlalchemy import event, select

from marketplace.catalogue import batches, taxonomy
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


def test_one_by_one_for_the_script(alice, org):  # noqa: F811
    answer = alice.post("/publier/photos", data={"photo": files(1)}, headers=JSON)
    assert answer.status_code == 201
    assert answer.json["id"] == drafts()[0].public_id and f'id="line-{answer.json["id"]}"' in answer.json["html"]
    bad = alice.post("/publier/photos", data={"photo": (io.BytesIO(b"GIF89a"), "a.gif")}, headers=JSON)
    assert bad.status_code == 422 and "a.gif" in bad.json["error"]
    assert alice.post("/publier/photos", data={}, headers=JSON).status_code == 422
    assert alice.post("/publier/photos", data={}).status_code == 422
    assert len(drafts()) == 1


def test_lines_of_others_are_nobodys(alice, charlie, org):  # noqa: F811
    listing = factories.make_listing(org, "Chaise secrète", published=False)
    address = f"/publier/photos?annonces={listing.public_id}"
    assert "Chaise secrète" in alice.get(address).text
    assert "Chaise secrète" not in charlie.get(address).text
    sent = {"listing": listing.public_id, f"title-{listing.public_id}": "Prise", "go": "publish"}
    charlie.post("/publier/photos/lignes", data=sent)
    assert drafts()[0].title == "Chaise secrète"
    assert alice.post("/publier/photos/lignes", data=sent | {"go": "burn"}).status_code == 404
