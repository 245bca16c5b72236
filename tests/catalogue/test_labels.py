"""Labels: which place each takes, the PDF that comes of it, and who may fetch it."""

import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from marketplace.accounts.models import User
from marketplace.catalogue import pieces
from marketplace.catalogue.labels import FORMATS, MOST, pages
from marketplace.catalogue.queries_labels import LabelRow, label_rows
from marketplace.core.db import db, transaction
from marketplace.web import label_sheets
from tests.factories import make_listing, make_organisation, make_user, owner_of, sign_in

MM = 72 / 25.4


@given(st.sampled_from(sorted(FORMATS)), st.integers(0, 120), st.data())
def test_every_label_has_one_place_in_order_and_none_before_the_first_free(key, count, data):
    format_ = FORMATS[key]
    start = data.draw(st.integers(1, format_.per_page))
    found = pages(format_, range(count), start)
    flat = [place for page in found for place in page]
    assert [place for place in flat if place is not None] == list(range(count))
    assert all(len(page) == format_.per_page for page in found)
    assert flat[: start - 1] == [None] * (start - 1)
    if count:
        assert len(flat) < start - 1 + count + format_.per_page


@pytest.mark.parametrize("start", [0, 25, -1])
def test_a_place_that_the_sheet_has_not(start):
    with pytest.raises(ValueError):
        pages(FORMATS["a4-70x37"], [1], start)


def test_sheets_hold_what_their_makers_say():
    for one in FORMATS.values():
        if not one.is_roll:
            assert one.columns * one.width_mm <= 210.001 and one.rows * one.height_mm <= 297.001


def row(number: int, **values: str) -> LabelRow:
    found = {"title": "Feuille de décor", "code": f"FE-{number:03d}", "shelf": "A3", "house": "Le Contrechamp"}
    return LabelRow("abcdefghijk23", **{**found, **values})


@pytest.mark.parametrize("key", sorted(FORMATS))
def test_each_format_is_a_pdf_of_its_size_with_every_label(app, key):
    format_, hostile = FORMATS[key], "<b>&</b> «é» " * 20
    rows = [row(number) for number in range(format_.per_page)] + [row(999, title=hostile)]
    with app.test_request_context():
        found = PdfReader(io.BytesIO(label_sheets.pdf(rows, key)))
    assert len(found.pages) == 2
    size = (210.0, 297.0) if not format_.is_roll else (format_.width_mm, format_.height_mm)
    assert [round(float(side) / MM, 1) for side in found.pages[0].mediabox[2:]] == [*size]
    first, second = (page.extract_text() for page in found.pages)
    assert all(f"FE-{number:03d}" in first for number in range(format_.per_page))
    assert "FE-999" in second and "<b>&</b>" in second and "FE-999" not in first


def test_a_part_used_sheet_and_copies(app):
    with app.test_request_context():
        found = PdfReader(io.BytesIO(label_sheets.pdf([row(1)], "a4-70x37", 24, 2)))
    assert [page.extract_text().count("FE-001") for page in found.pages] == [1, 1]


# --- pages -----------------------------------------------------------------------------------------------------------

both = pytest.mark.both_databases


@pytest.fixture
def house(app):
    return make_organisation("Le Contrechamp", owner=make_user("Bruno"))


@pytest.fixture
def listing(house):
    return make_listing(house, quantity=Decimal(3), reference="FE", shelf="A3")


@pytest.fixture
def made(house, listing):
    with transaction():
        return pieces.count_by_piece(owner_of(house), listing.public_id, ["FE-1", "FE-2", "FE-3"], {})


@pytest.fixture
def bruno(app, house):
    return sign_in(app.test_client(), db.session.get_one(User, owner_of(house).user_id), house)


@both
def test_what_is_printed_is_what_is_kept(house, listing, made):
    rows = label_rows([listing.id], [made[1].id, made[0].id])
    assert rows == [
        (listing.public_id, listing.title, "FE", "A3", "Le Contrechamp"),
        (made[0].public_id, listing.title, "FE-1", "A3", "Le Contrechamp"),
        (made[1].public_id, listing.title, "FE-2", "A3", "Le Contrechamp"),
    ]


SENT = {"format": "a4-70x37", "start": "1", "copies": "1"}


@both
def test_labels_are_asked_for_made_and_fetched(app, bruno, listing, made, run_jobs):
    page = bruno.get(f"/stock/etiquettes?de={listing.public_id}").text
    assert "3 étiquettes" in page and "FE-1" in page
    asked = bruno.post("/stock/etiquettes", data={**SENT, "de": listing.public_id, "start": "23"})
    assert asked.status_code == 303
    assert "se préparent" in bruno.get(asked.location).text
    assert bruno.get(f"{asked.location}.pdf").status_code == 404
    assert bruno.get(asked.location, headers={"Accept": "application/json"}).json == {"ready": False}
    run_jobs()
    assert bruno.get(asked.location, headers={"Accept": "application/json"}).json == {"ready": True}
    assert f'href="{asked.location}.pdf"' in bruno.get(asked.location).text
    got = bruno.get(f"{asked.location}.pdf")
    assert got.mimetype == "application/pdf" and "no-store" in got.headers["Cache-Control"]
    texts = [page.extract_text() for page in PdfReader(io.BytesIO(got.data)).pages]
    assert ["FE-3" in text for text in texts] == [False, True]
    other = make_user("Zoé")
    stranger = sign_in(app.test_client(), other, make_organisation("Studio Nord", owner=other))
    assert stranger.get(asked.location).status_code == stranger.get(f"{asked.location}.pdf").status_code == 404
    assert stranger.get(f"/stock/etiquettes?piece={made[0].public_id}").status_code == 404
    assert stranger.post("/stock/etiquettes", data={**SENT, "de": listing.public_id}).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"format": "a5"}, "Choisissez un format"),
        ({"start": "25"}, "24 places"),
        ({"start": "0"}, "24 places"),
        ({"start": "١"}, "24 places"),
        ({"copies": "x"}, "exemplaires"),
        ({"copies": str(MOST)}, "étiquettes au plus"),
        ({"format": ""}, "Choisissez un format"),
    ],
)
def test_what_cannot_be_printed_is_said(bruno, listing, made, wrong, said):
    answer = bruno.post("/stock/etiquettes", data={**SENT, "de": listing.public_id, **wrong})
    assert answer.status_code == 422 and said in answer.text


def test_nothing_chosen_and_names_of_nothing(bruno, listing):
    assert "Rien à étiqueter" in bruno.get("/stock/etiquettes?annonces=x.y&piece=z").text
    assert bruno.post("/stock/etiquettes", data=SENT).status_code == 422
    assert bruno.get("/stock/etiquettes?annonces=aaaaaaaaaaaaa").status_code == 404
    assert bruno.get("/stock/etiquettes/" + "a" * 26).status_code == 404
    chosen = bruno.post("/stock", data={"go": "labels", "listing": listing.public_id})
    assert "1 étiquette" in bruno.get(chosen.location).text


def test_a_roll_has_no_place_to_start_from(bruno, listing, run_jobs):
    sent = {"format": "roll-62x29", "start": "7", "copies": "2", "annonces": listing.public_id}
    asked = bruno.post("/stock/etiquettes", data=sent)
    run_jobs()
    assert len(PdfReader(io.BytesIO(bruno.get(f"{asked.location}.pdf").data)).pages) == 2


def test_labels_are_forgotten_after_a_day(app, bruno, listing, run_jobs, monkeypatch):
    asked = bruno.post("/stock/etiquettes", data={**SENT, "annonces": listing.public_id})
    run_jobs()
    label_sheets.sweep()
    assert bruno.get(asked.location).status_code == 200
    later = label_sheets.wall() + 2 * label_sheets.KEPT
    monkeypatch.setattr(label_sheets, "wall", lambda: later)
    label_sheets.sweep()
    assert bruno.get(asked.location).status_code == 404
    with app.app_context():
        label_sheets.render("aaaaaaaaaaaaa", "a" * 26)  # nobody asked: nothing to do
