"""Publishing on one page, the listing's page, stock, photos: what people see and what strangers do not."""

import io
import json

import pytest
from sqlalchemy import event, select

from marketplace.catalogue.models import Listing, Photo
from marketplace.core.db import db, transaction
from marketplace.core.text import slug
from marketplace.jobs.models import OutboxRow
from marketplace.ports import current
from tests import factories
from tests.catalogue.conftest import picture

JSON = {"Accept": "application/json"}


@pytest.fixture
def alice(app, org):
    user = factories.make_user("Alice")
    factories.add_member(org, user, "manager")
    return factories.sign_in(app.test_client(), user, org)


@pytest.fixture
def charlie(app, stranger):
    user = factories.make_user("Charlie")
    other = db.session.get(factories.Organisation, stranger.organisation_id)
    factories.add_member(other, user, "owner")
    return factories.sign_in(app.test_client(), user, other)


def only() -> Listing:
    db.session.rollback()
    return db.session.scalars(select(Listing).execution_options(populate_existing=True)).one()


def address(listing: Listing) -> str:
    return f"/annonces/{listing.public_id}-{slug(listing.title)}"


def whole(**changes) -> dict:
    """The whole form, as a browser sends it."""
    fields = {
        "whole": "1", "title": "24 chaises de bistrot, hêtre", "category": "chair", "description": "", "quantity": "24",
        "unit": "piece", "modes": ["donate"], "price": "", "weekly_rate": "", "deposit": "", "condition": "good",
        "place": "69007", "available_from": "", "gone_by": "", "mass_kg": "4,5", "mass_source": "estimated",
        "length_cm": "", "width_cm": "", "height_cm": "", "material": ["hardwood", ""], "share": ["100", ""],
        "materials_confirmed": "y", "period": "", "style": "", "fire_rating": "", "replacement_value": "60",
        "handling_people": "", "handling_vehicle": "", "origin_production": "", "reference": "CH-7",
        "visibility": "public",
    }  # fmt: skip
    return fields | changes


# --- publishing ------------------------------------------------------------------------------------------------------


def test_looking_at_the_form_makes_nothing(alice):
    assert alice.get("/publier").status_code == 200
    assert db.session.scalar(select(db.func.count(Listing.id))) == 0


def test_visitors_are_asked_who_they_are(client, org):
    listing = factories.make_listing(org)
    for path in ("/publier", f"/publier/{listing.public_id}", "/stock"):
        assert client.get(path).status_code in (302, 303)
        assert client.post(path, data={"title": "x"}).status_code in (302, 303)


def test_a_personal_space_is_told_how_to_publish(app):
    user = factories.make_user("Dora")
    client = factories.sign_in(app.test_client(), user)
    assert "espace personnel" in client.get("/publier").text
    assert client.post("/publier", data={"title": "x"}).status_code == 403


def test_the_first_word_makes_a_draft_and_publishing_shows_the_page(alice):
    answer = alice.post("/publier", data={"title": "Chaise", "go": "save"})
    draft = only()
    assert (answer.status_code, draft.state, draft.title) == (303, "draft", "Chaise")
    assert answer.location.endswith(f"/publier/{draft.public_id}")
    answer = alice.post(f"/publier/{draft.public_id}", data=whole(go="publish", version=str(draft.version)))
    assert answer.status_code == 303
    kept = only()
    assert (kept.state, kept.mass_grams, kept.mass_source, kept.replacement_value_cents) == (
        "published",
        4500,
        "estimated",
        6000,
    )
    assert (kept.materials, kept.materials_confirmed) == ([{"key": "hardwood", "share": 100}], True)
    assert kept.city and kept.lat is not None
    page = alice.get(answer.location)
    assert page.status_code == 200 and "24 chaises de bistrot" in page.text


def test_what_was_shown_and_sent_back_changes_nothing(alice, org):
    listing = factories.make_listing(
        org, period="1970s", style="haussmannien", colours=["white"], fire_rating="M3", price_cents=9050,
        modes=["sell"], dismantling=True, handling_people=2, handling_vehicle="van_20m3", reference="FE-1",
        mass_source="guessed",
    )  # fmt: skip
    before = {column.name: getattr(listing, column.name) for column in Listing.__table__.columns}
    page = alice.get(f"/publier/{listing.public_id}").text
    answer = alice.post(f"/publier/{listing.public_id}", data=browser_fields(page) | {"go": "save"})
    assert answer.status_code == 303, answer.text
    after = {column.name: getattr(only(), column.name) for column in Listing.__table__.columns}
    assert after == before


def browser_fields(page: str) -> dict:
    """What a browser would send of the listing form on `page`."""
    from html.parser import HTMLParser

    class Reader(HTMLParser):
        fields: dict[str, list[str]] = {}
        inside = False
        select: str | None = None
        area: str | None = None

        def handle_starttag(self, tag, attributes):
            given = dict(attributes)
            if tag == "form":
                self.inside = given.get("id") == "listing"
            if not self.inside:
                return
            name = given.get("name")
            if tag == "input" and name and given.get("type") != "file":
                if given.get("type") in ("checkbox", "radio") and "checked" not in given:
                    return
                self.fields.setdefault(name, []).append(given.get("value") or "")
            elif tag == "select":
                self.select = name
                self.fields.setdefault(name, []).append("")
                self.first = True
            elif tag == "option" and self.select and ("selected" in given or self.first):
                self.fields[self.select][-1] = given.get("value", "")
                self.first = False
            elif tag == "textarea":
                self.area = name
                self.fields[name] = [""]

        def handle_endtag(self, tag):
            if tag == "select":
                self.select = None
            if tag == "textarea":
                self.area = None

        def handle_data(self, data):
            if self.area:
                self.fields[self.area][0] += data

    reader = Reader()
    reader.fields = {}
    reader.feed(page)
    return dict(reader.fields)


WRONG = [
    ({"title": "x" * 141}, "title", "trop long"),
    ({"title": "a\0b"}, "title", "invisible"),
    ({"quantity": "-3"}, "quantity", "négatif"),
    ({"quantity": "1,5"}, "quantity", "entiers"),
    ({"quantity": "NaN"}, "quantity", "nombre"),
    ({"quantity": "1" + "0" * 30}, "quantity", "nombre"),
    ({"modes": ["sell"], "price": "douze"}, "price", "euros"),
    ({"modes": ["sell"], "price": "0"}, "price", "don"),
    ({"mass_kg": "lourd"}, "mass_kg", "nombre"),
    ({"share": ["90", ""]}, "materials", "100"),
    ({"available_from": "2026-12-02", "gone_by": "2026-11-25"}, "gone_by", "plus tard"),
    ({"place": "Nulle-Part-sur-Rien"}, "place", "connue"),
    ({"handling_people": "99"}, "handling_people", "50"),
    ({"category": "nowhere"}, "category", "existe pas"),
    ({"visibility": "friends"}, "visibility", "existe pas"),
    ({"length_cm": "beaucoup"}, "length_cm", "nombre"),
]


@pytest.mark.parametrize(("changes", "field", "word"), WRONG, ids=[str(one[0])[:40] for one in WRONG])
def test_each_wrong_value_is_named_beside_its_field_and_everything_typed_stays(alice, changes, field, word):
    answer = alice.post("/publier", data=whole(go="publish", **changes))
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text or field == "place"
    assert word in answer.text
    assert 'value="24 chaises de bistrot, hêtre"' in answer.text or "title" in changes
    name, typed = next(iter(changes.items()))
    for value in typed if isinstance(typed, list) else [typed]:
        if value and "\0" not in value and name in ("quantity", "mass_kg", "share", "gone_by", "length_cm"):
            assert f'value="{value}"' in answer.text
    if field != "place":
        kept = only()  # what was right is kept
        assert kept.state == "draft" and (kept.condition == "good")


def test_publishing_names_what_is_missing_with_links(alice):
    answer = alice.post(
        "/publier", data=whole(go="publish", title="", category="", quantity="", unit="", place="", modes=["rent"])
    )
    assert answer.status_code == 422
    for field in ("title", "category", "quantity", "unit", "weekly_rate", "site"):
        assert f'<a href="#{field}">' in answer.text
    assert only().state == "draft"


def test_the_page_saves_itself(alice):
    first = alice.post("/publier", data={"title": "Porte", "quantity": "beaucoup"}, headers=JSON)
    said = json.loads(first.data)
    assert first.status_code == 200 and said["version"] == 1 and list(said["errors"]) == ["quantity"]
    second = alice.post(said["address"], data={"title": "Porte", "quantity": "2", "version": "1"}, headers=JSON).json
    assert (second["version"], second["errors"]) == (2, {})
    assert "gardé" in second["said"]
    old = alice.post(said["address"], data={"title": "Vieille page", "version": "1"}, headers=JSON)
    assert (old.status_code, old.json["version"]) == (409, 2)
    assert only().title == "Porte"


def test_an_old_page_loses_nothing_of_what_was_typed(alice, org):
    listing = factories.make_listing(org)
    with transaction() as session:
        session.get(Listing, listing.id).version = 5
    answer = alice.post(f"/publier/{listing.public_id}", data=whole(go="save", version="1", title="Mon titre"))
    assert answer.status_code == 409
    assert 'value="Mon titre"' in answer.text and "a changé depuis" in answer.text
    assert 'name="version" value="5"' in answer.text
    assert only().title == "Feuilles de décor 3 m"


def test_protected_fields_are_not_taken_from_a_form(alice, org, stranger):
    listing = factories.make_listing(org)
    sent = {
        "title": "Autre",
        "state": "withdrawn",
        "organisation_id": "99",
        "hidden_at": "2026-01-01",
        "published_at": "",
        "id": "7",
    }
    assert alice.post(f"/publier/{listing.public_id}", data=sent).status_code == 303
    kept = only()
    assert (kept.title, kept.state, kept.organisation_id, kept.id) == (
        "Autre",
        "published",
        listing.organisation_id,
        listing.id,
    )


def test_a_category_proposes_without_script_and_with_it(alice):
    alice.post(
        "/publier",
        data={"title": "Feuille", "category": "flat_panel", "mass_kg": "20", "mass_source": "weighed", "go": "propose"},
    )
    kept = only()
    assert (kept.unit, kept.height_cm, kept.mass_grams, kept.mass_source) == ("piece", 300, 20000, "weighed")
    assert kept.materials[0]["key"] == "plywood" and not kept.materials_confirmed
    assert "à confirmer" in alice.get(f"/publier/{kept.public_id}").text
    usual = alice.get("/publier/rayons/flat_panel").json
    assert (usual["unit"], usual["mass_kg"], usual["materials"][0]) == ("piece", "17,9", ["plywood", "50"])
    assert list(alice.get("/publier/rayons/flats").json) == ["questions"]  # a branch has nothing usual, and asks
    assert alice.get("/publier/rayons/nowhere").status_code == 404


def test_a_member_drafts_and_does_not_publish(app, org):
    user = factories.make_user("Bob")
    factories.add_member(org, user, "member")
    client = factories.sign_in(app.test_client(), user, org)
    assert "Publier l’annonce" not in client.get("/publier").text
    assert client.post("/publier", data=whole(go="save")).status_code == 303
    assert client.post(f"/publier/{only().public_id}", data=whole(go="publish")).status_code == 403
    assert only().state == "draft"


def test_a_draft_is_effaced(alice, org):
    draft = factories.make_listing(org, published=False)
    assert alice.post(f"/stock/{draft.public_id}/effacer").status_code == 303
    assert db.session.scalar(select(db.func.count(Listing.id))) == 0


# --- the listing's page ----------------------------------------------------------------------------------------------


def test_the_page_says_what_where_when_and_never_the_address(client, org):
    listing = factories.make_listing(org, modes=["donate", "sell"], price_cents=9050)
    page = client.get(address(listing))
    assert page.status_code == 200
    for text in ("Feuilles de décor 3 m", "Villeurbanne", "90,50", "6\u00a0pièces", "Le Contrechamp", "bon"):
        assert text in page.text
    assert "12 rue des Décors" not in page.text


def test_what_people_type_is_shown_as_text(client, org):
    listing = factories.make_listing(
        org, "<script>alert(1)</script>", description="<img src=x onerror=alert(2)>\n\n{{ 7*7 }}"
    )
    page = client.get(address(listing)).text
    assert "<script>alert" not in page and "<img src=x" not in page and "{{ 7*7 }}" in page


def test_a_wrong_end_of_the_address_leads_to_the_right_one(client, org):
    listing = factories.make_listing(org)
    for wrong in (f"/annonces/{listing.public_id}", f"/annonces/{listing.public_id}-vieux-titre"):
        answer = client.get(wrong + "?lang=en")
        assert (answer.status_code, answer.location) == (301, address(listing) + "?lang=en")
    assert client.get("/annonces/aaaaaaaaaaaaa-rien").status_code == 404
    assert client.get("/annonces/court-rien").status_code == 404


@pytest.mark.parametrize("values", [{"published": False}, {"visibility": "organisation"}, {"state": "withdrawn"}])
def test_what_is_not_out_exists_for_its_own_people_alone(client, alice, charlie, org, values):
    listing = factories.make_listing(org, **values)
    assert alice.get(address(listing)).status_code == 200
    nothing = client.get("/annonces/aaaaaaaaaaaaa-rien")
    for reader in (client, charlie):
        answer = reader.get(f"/annonces/{listing.public_id}")  # not even the title leaks through the redirection
        assert answer.status_code == nothing.status_code == 404


def test_another_organisation_s_listing_does_not_exist_for_a_stranger(charlie, org):
    listing = factories.make_listing(org, published=False)
    photo = add_photo(listing)
    for path in (f"/publier/{listing.public_id}", f"/publier/{listing.public_id}/photos"):
        assert charlie.get(path).status_code == 404
        assert charlie.post(path, data={"title": "vol", "go": "publish"}).status_code == 404
    assert (
        charlie.post(f"/publier/{listing.public_id}", data={"go": f"photo-remove:{photo.public_id}"}).status_code == 404
    )
    assert charlie.post(f"/stock/{listing.public_id}/effacer").status_code == 404
    for act in ("publish", "withdraw", "dates"):
        sent = {"listing": [listing.public_id], "go": act, "gone_by": "2027-01-01"}
        assert charlie.post("/stock", data=sent).status_code == 404
    assert listing.title not in charlie.get("/stock").text
    kept = only()
    assert (kept.title, kept.state, kept.gone_by, len(kept.photos)) == (listing.title, "draft", None, 1)


def test_few_queries_for_a_listing(client, org):
    listing = factories.make_listing(org)
    for number in range(5):
        factories.make_listing(org, f"Autre {number}")
    client.get(address(listing))
    with counted() as seen:
        assert client.get(address(listing)).status_code == 200
    assert len(seen) <= 10, seen


def test_the_stock_asks_the_same_however_long_it_is(alice, org):
    factories.make_listing(org)
    with counted() as few:
        alice.get("/stock")
    for number in range(12):
        factories.make_listing(org, f"Chaise {number}")
    with counted() as many:
        assert "Chaise 7" in alice.get("/stock").text
    assert len(many) == len(few), many


class counted:
    """The statements asked of the database meanwhile."""

    def __enter__(self) -> list[str]:
        self.seen: list[str] = []
        event.listen(db.engine, "before_cursor_execute", self.note)
        return self.seen

    def __exit__(self, *_args) -> None:
        event.remove(db.engine, "before_cursor_execute", self.note)

    def note(self, _connection, _cursor, statement, *_args) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            self.seen.append(statement)


# --- stock -----------------------------------------------------------------------------------------------------------


def test_stock_in_bulk_says_what_became_of_each(alice, org):
    fine = factories.make_listing(org, "Bonne", published=False)
    lacking = factories.make_listing(org, "Sans état", published=False, condition=None)
    answer = alice.post("/stock", data={"go": "publish", "listing": [fine.public_id, lacking.public_id], "words": ""})
    assert answer.status_code == 303
    page = alice.get(answer.location).text
    assert "Une annonce est publiée." in page and "Il manque l’état." in page
    assert f'value="{lacking.public_id}" checked' in page and f'value="{fine.public_id}" checked' not in page


def test_stock_without_a_choice_or_a_date_says_so_and_keeps_the_choice(alice, org):
    listing = factories.make_listing(org)
    assert "Cochez d’abord" in alice.post("/stock", data={"go": "withdraw"}).text
    answer = alice.post("/stock", data={"go": "dates", "listing": [listing.public_id]})
    assert answer.status_code == 422 and f'value="{listing.public_id}" checked' in answer.text
    assert (
        alice.post("/stock", data={"go": "dates", "listing": [listing.public_id], "gone_by": "demain"}).status_code
        == 422
    )
    assert alice.post("/stock", data={"go": "explode", "listing": [listing.public_id]}).status_code == 404
    answer = alice.post("/stock", data={"go": "dates", "listing": [listing.public_id], "gone_by": "2027-01-31"})
    assert answer.status_code == 303 and str(only().gone_by) == "2027-01-31"


@pytest.mark.parametrize(
    "query",
    [
        "?page=9999999",
        "?page=-1",
        "?page=x",
        "?state=%00&words=%00%25",
        "?category=zzz",
        "?refusees=a.b..c",
        "?words=" + "a+" * 500,
    ],
)
def test_any_filter_answers(alice, org, query):
    factories.make_listing(org)
    assert alice.get(f"/stock{query}").status_code == 200


def test_a_viewer_looks_and_does_not_act(app, org):
    listing = factories.make_listing(org)
    user = factories.make_user("Vera")
    factories.add_member(org, user, "viewer")
    client = factories.sign_in(app.test_client(), user, org)
    assert "Pour les annonces cochées" not in client.get("/stock").text
    assert client.post("/stock", data={"go": "withdraw", "listing": [listing.public_id]}).status_code == 403
    assert client.post("/publier", data={"title": "x"}).status_code == 403


# --- photos ----------------------------------------------------------------------------------------------------------


def add_photo(listing: Listing, **values) -> Photo:
    """A photo that is ready, with its files."""
    listing_id = listing.id
    with transaction() as session:
        photo = Photo(listing_id=listing_id, position=values.pop("position", 0), state="ready", key="k" * 26,
                      created_at=listing.created_at, **values)  # fmt: skip
        session.add(photo)
    for name in ("320.webp", "800.webp", "1600.webp", "320.jpg", "800.jpg", "1600.jpg"):
        current("files").put(f"photos/{photo.key}-{name}", b"picture " + name.encode())
    return photo


def file_of(data: bytes | None = None, name: str = "photo.jpg"):
    return (io.BytesIO(picture() if data is None else data), name)


def test_several_photos_in_a_plain_form_then_made_by_the_worker(alice, run_jobs):
    sent = {
        "title": "Porte",
        "photo": [file_of(), file_of(picture("PNG"), "b.PNG"), file_of(picture("WEBP"), "c.webp")],
    }
    assert alice.post("/publier", data=sent, content_type="multipart/form-data").status_code == 303
    listing = only()
    assert [photo.state for photo in listing.photos] == ["received"] * 3
    state = alice.get(f"/publier/{listing.public_id}/photos").json["photos"]
    assert [one["state"] for one in state] == ["received"] * 3 and "en préparation" in state[0]["html"]
    run_jobs()
    listing = only()
    assert [photo.state for photo in listing.photos] == ["ready"] * 3
    assert {(photo.width, photo.height) for photo in listing.photos} == {(64, 48)}
    assert all(photo.upload_key is None and photo.stored_bytes > 0 for photo in listing.photos)
    assert alice.get(f"/photos/{listing.photos[1].key}-320.webp").data[8:12] == b"WEBP"
    assert list(current("files").older("uploads", listing.created_at.replace(year=2100))) == []


def test_one_photo_by_script_and_its_refusals(alice, org, run_jobs):
    listing = factories.make_listing(org)
    path = f"/publier/{listing.public_id}/photos"
    good = alice.post(path, data={"photo": file_of()}, content_type="multipart/form-data")
    assert (good.status_code, good.json["state"]) == (201, "received")
    for data, name, word in (
        (b"<svg/>", "a.svg", "JPEG"),
        (b"%PDF-", "a.jpg", "pas une photo"),
        (picture("PNG"), "a.jpg", "nom du fichier"),
        (b"", "a.jpg", "vide"),
        (picture() + b"\0" * 15 * 1024 * 1024, "a.jpg", "15"),
    ):
        bad = alice.post(path, data={"photo": file_of(data, name)}, content_type="multipart/form-data")
        assert bad.status_code == 422 and word in bad.json["error"], name
    assert alice.post(path, data={}).status_code == 422
    assert len(only().photos) == 1


def test_a_photo_that_cannot_be_decoded_says_so(alice, org, run_jobs):
    listing = factories.make_listing(org)
    broken = picture("JPEG", (400, 300))[:900]
    alice.post(
        f"/publier/{listing.public_id}/photos", data={"photo": file_of(broken)}, content_type="multipart/form-data"
    )
    run_jobs()
    photo = only().photos[0]
    assert (photo.state, photo.error, photo.upload_key, photo.stored_bytes) == ("failed", "unreadable", None, 0)
    assert "abîmée" in alice.get(f"/publier/{listing.public_id}").text
    assert "Illisible" not in alice.get(address(listing)).text


def test_twelve_photos_at_most(alice, org):
    listing = factories.make_listing(org)
    sent = {"photo": [file_of() for _ in range(12)], "title": "Pleine"}
    assert alice.post(f"/publier/{listing.public_id}", data=sent, content_type="multipart/form-data").status_code == 303
    one_more = alice.post(
        f"/publier/{listing.public_id}/photos", data={"photo": file_of()}, content_type="multipart/form-data"
    )
    assert one_more.status_code == 422 and "12 photos" in one_more.json["error"]


def test_a_quota_for_each_organisation(alice, org, monkeypatch):
    from marketplace.catalogue import rules

    monkeypatch.setattr(rules, "QUOTA_BYTES", 1000)
    listing = factories.make_listing(org)
    first = alice.post(
        f"/publier/{listing.public_id}/photos", data={"photo": file_of()}, content_type="multipart/form-data"
    )
    second = alice.post(
        f"/publier/{listing.public_id}/photos", data={"photo": file_of()}, content_type="multipart/form-data"
    )
    assert (first.status_code, second.status_code) == (201, 422)
    assert "5 Go" in second.json["error"]


def test_order_words_and_removal(alice, org, run_jobs):
    listing = factories.make_listing(org)
    sent = {"photo": [file_of() for _ in range(3)]}
    alice.post(f"/publier/{listing.public_id}", data=sent, content_type="multipart/form-data")
    run_jobs()
    a, b, c = (photo.public_id for photo in only().photos)
    path = f"/publier/{listing.public_id}"
    assert alice.post(path, data={"go": f"photo-first:{c}", f"alt-{a}": "De face"}).location.endswith("#photos")
    assert [photo.public_id for photo in only().photos] == [c, a, b]
    alice.post(path, data={"go": f"photo-up:{b}"})
    assert [photo.public_id for photo in only().photos] == [c, b, a]
    assert only().photos[2].alt == "De face"
    key = only().photos[2].key
    alice.post(path, data={"go": f"photo-remove:{a}"})
    run_jobs()
    assert [photo.public_id for photo in only().photos] == [c, b]
    assert not current("files").exists(f"photos/{key}-320.webp")
    assert alice.post(path, data={"go": "photo-remove:aaaaaaaaaaaaa"}).status_code == 404
    assert alice.post(path, data={f"alt-{b}": "x" * 201}).status_code == 422
    assert alice.post(path, data={f"alt-{a}": "d’une page plus ancienne", "title": "Gardé"}).status_code == 303
    assert only().title == "Gardé"


def test_a_public_photo_is_everybody_s_for_good(client, charlie, org):
    photo = add_photo(factories.make_listing(org))
    for reader in (client, charlie):
        answer = reader.get(f"/photos/{photo.key}-800.jpg")
        assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
        assert "immutable" in answer.headers["Cache-Control"] and "no-store" not in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"] == f'inline; filename="{photo.key}-800.jpg"'
        assert answer.headers["Content-Security-Policy"]
    tag = answer.headers["ETag"]
    assert client.get(f"/photos/{photo.key}-800.jpg", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("values", [{"published": False}, {"visibility": "organisation"}, {"state": "withdrawn"}])
def test_another_photo_is_its_organisation_s_alone(client, alice, charlie, org, values):
    photo = add_photo(factories.make_listing(org, **values))
    mine = alice.get(f"/photos/{photo.key}-320.webp")
    assert mine.status_code == 200 and "no-store" in mine.headers["Cache-Control"]
    for reader in (client, charlie):
        assert reader.get(f"/photos/{photo.key}-320.webp").status_code == 404


@pytest.mark.parametrize(
    "path", ["../secret-key-320.webp", "k-320.svg", "k-321.webp", "%00-320.webp", "..%2f..%2fx-320.webp"]
)
def test_no_other_file_is_served(client, org, path):
    add_photo(factories.make_listing(org))
    assert client.get(f"/photos/{path}").status_code == 404
    assert client.get(f"/photos/{'k' * 26}-999.webp").status_code == 404


def test_files_nobody_waits_for_are_swept(app, alice, org):
    import os
    from pathlib import Path

    from marketplace.catalogue.jobs import sweep_uploads

    listing = factories.make_listing(org)
    alice.post(f"/publier/{listing.public_id}/photos", data={"photo": file_of()}, content_type="multipart/form-data")
    wanted = only().photos[0].upload_key
    files = current("files")
    files.put("uploads/orphan", b"x")
    files.put("uploads/fresh", b"x")
    root = Path(app.extensions["settings"].storage_url.removeprefix("file://"))
    for key in (wanted, "uploads/orphan"):
        os.utime(root / key, (1_000_000_000, 1_000_000_000))
    sweep_uploads()
    assert [files.exists(key) for key in (wanted, "uploads/orphan", "uploads/fresh")] == [True, False, True]


def test_an_upload_that_never_arrived_says_so(alice, org, run_jobs):
    listing = factories.make_listing(org)
    alice.post(f"/publier/{listing.public_id}/photos", data={"photo": file_of()}, content_type="multipart/form-data")
    current("files").delete(only().photos[0].upload_key)
    run_jobs()
    assert (only().photos[0].state, only().photos[0].error) == ("failed", "lost")


def test_a_photo_removed_before_its_turn_leaves_nothing(app, alice, org, run_jobs):
    from pathlib import Path

    listing = factories.make_listing(org)
    alice.post(f"/publier/{listing.public_id}/photos", data={"photo": file_of()}, content_type="multipart/form-data")
    alice.post(f"/publier/{listing.public_id}", data={"go": f"photo-remove:{only().photos[0].public_id}"})
    run_jobs()
    root = Path(app.extensions["settings"].storage_url.removeprefix("file://"))
    assert [path for path in root.rglob("*") if path.is_file()] == []
    assert db.session.scalar(select(db.func.count(OutboxRow.id)).where(OutboxRow.parked_at.is_not(None))) == 0


def test_a_stranger_s_large_form_is_not_even_read(client):
    big = {"photo": file_of(b"\xff\xd8\xff" + b"\0" * 3_000_000)}
    assert client.post("/publier", data=big, content_type="multipart/form-data").status_code in (302, 303, 413)
