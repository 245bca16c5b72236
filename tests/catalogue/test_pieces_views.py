"""The pages of pieces, as somebody of their house meets them."""

import io
import re
from decimal import Decimal

import pytest
from sqlalchemy import event

from marketplace.catalogue import pieces
from marketplace.catalogue.models import Listing, Piece
from marketplace.core.db import db, transaction
from marketplace.exchanges.models import Hold
from tests.catalogue.conftest import picture
from tests.factories import add_member, make_listing, make_organisation, make_user, owner_of, sign_in

pytestmark = pytest.mark.both_databases


@pytest.fixture
def bruno_user(app):
    return make_user("Bruno")


@pytest.fixture
def house(app, bruno_user):
    return make_organisation("Le Contrechamp", owner=bruno_user)


@pytest.fixture
def bruno(app, bruno_user, house):
    return sign_in(app.test_client(), bruno_user, house)


@pytest.fixture
def flats(house):
    return make_listing(house, quantity=Decimal(3), reference="FE")


@pytest.fixture
def made(house, flats):
    with transaction():
        return pieces.count_by_piece(owner_of(house), flats.public_id, ["FE-1", "FE-2", "FE-3"], {})


def at(piece: Piece) -> str:
    return f"/stock/pieces/{piece.public_id}"


RUN = {"prefix": "FE-", "first": "001", "count": "3", "condition": "good"}


def test_a_listing_is_counted_by_piece_on_its_page(bruno, flats):
    page = f"/stock/annonces/{flats.public_id}/pieces"
    assert 'value="FE-"' in bruno.get(page).text
    refused = bruno.post(page, data={**RUN, "first": "x", "purchase": "cher", "acquired_on": "2026-02-30"})
    assert refused.status_code == 422
    assert {'id="first-e"', 'id="purchase-e"', 'id="acquired_on-e"'} <= set(re.findall(r'id="\w+-e"', refused.text))
    assert bruno.post(page, data={**RUN, "purchase": "25,50"}).status_code == 303
    shown = bruno.get(page).text
    assert all(f"FE-00{number}" in shown for number in (1, 2, 3))
    taken = bruno.post(page, data=RUN)
    assert taken.status_code == 422 and "Déjà pris" in taken.text
    assert bruno.post(page, data={**RUN, "prefix": "Porte bleue", "first": "", "count": "1"}).status_code == 303
    codes = [piece.code for piece in db.session.query(Piece).order_by(Piece.id)]
    assert codes == ["FE-001", "FE-002", "FE-003", "Porte bleue"]
    assert db.session.query(Piece).first().purchase_cents == 2550


def test_fewer_than_promised_is_a_sentence(bruno, flats):
    with transaction() as session:
        session.add(
            Hold(
                listing_id=flats.id, cause="missing", is_fact=True, quantity=Decimal(3), state="active",
                starts_on=flats.created_at.date(),
            )
        )  # fmt: skip
    answer = bruno.post(f"/stock/annonces/{flats.public_id}/pieces", data={**RUN, "count": "2"})
    assert answer.status_code == 409 and "moins de pièces que ce qui est promis" in answer.text


def test_a_code_opens_its_piece_and_an_unknown_one_says_so(bruno, made):
    for typed in ("FE-2", "fe-2", f"http://localhost/q/{made[1].public_id}"):
        answer = bruno.get("/stock/pieces", query_string={"code": typed})
        assert (answer.status_code, answer.location) == (303, at(made[1]))
    assert bruno.get("/stock/pieces").status_code == 200
    for typed in ("FE-9", "%", "\0", "x" * 5000, '"><script>'):
        answer = bruno.get("/stock/pieces", query_string={"code": typed})
        assert answer.status_code in (200, 404) and "<script>" not in answer.text.replace('<script type="module"', "")


def test_a_qr_code_leads_the_house_to_the_piece_and_others_to_the_listing(app, bruno, flats, made):
    assert bruno.get(f"/q/{made[0].public_id}").location == at(made[0])
    visitor = app.test_client().get(f"/q/{made[0].public_id}")
    assert visitor.location.startswith(f"/annonces/{flats.public_id}")
    with transaction() as session:
        session.get_one(Listing, flats.id).visibility = "organisation"
    unseen, nothing = (app.test_client().get(f"/q/{name}") for name in (made[0].public_id, "a" * 13))
    assert unseen.status_code == nothing.status_code
    assert unseen.location.replace(made[0].public_id, "") == nothing.location.replace("a" * 13, "")


def test_the_list_is_filtered_paged_and_asks_no_more_for_more_pieces(bruno, house, flats, made):
    def asked(path):
        seen = []
        listen = lambda *args: seen.append(args[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listen)
        try:
            assert bruno.get(path).status_code == 200
        finally:
            event.remove(db.engine, "before_cursor_execute", listen)
        return len(seen)

    page = f"/stock/annonces/{flats.public_id}/pieces"
    few = asked(page)
    with transaction():
        pieces.add_pieces(owner_of(house), flats.public_id, [f"FE-1{n:02d}" for n in range(60)], {})
    assert asked(page) == few
    bruno.post(at(made[0]), data={"go": "repair", "repair-note": "Pied cassé"})
    repaired = bruno.get(f"{page}?etat=repair").text.split("<table", 1)[1].split("</table>")[0]
    assert "FE-1<" in repaired and "FE-2<" not in repaired
    assert "FE-3<" in bruno.get(f"{page}?page=2").text
    for odd in ("?etat=x", "?page=x", "?page=999999", "?page=-1", "?etat=%00"):
        assert bruno.get(page + odd).status_code == 200


def test_a_piece_is_edited_and_an_old_page_keeps_what_was_typed(bruno, made):
    page = f"{at(made[0])}/modifier"
    sent = {"version": "1", "code": "FE-1", "condition": "very_good", "shelf": "B2", "note": "Peinte\nen bleu"}
    assert bruno.post(page, data=sent).status_code == 303
    stale = bruno.post(page, data={**sent, "shelf": "C3"})
    assert stale.status_code == 409 and 'value="C3"' in stale.text and "B2" in stale.text
    version = re.search(r'name="version" type="hidden" value="(\d+)"', stale.text)
    assert version and bruno.post(page, data={**sent, "shelf": "C3", "version": version[1]}).status_code == 303
    shown = bruno.get(at(made[0])).text
    assert "C3" in shown and "Peinte" in shown
    for wrong in ({"code": ""}, {"code": "FE-2"}, {"condition": "x"}, {"purchase": "-1"}, {"note": "x" * 500}):
        assert bruno.post(page, data={**sent, "version": "3", **wrong}).status_code == 422


def test_a_piece_goes_to_repair_and_comes_back_with_its_photos(app, bruno, made, run_jobs):
    files = [(io.BytesIO(picture()), "a.jpg"), (io.BytesIO(picture("PNG")), "b.png")]
    sent = {"go": "repair", "repair-note": "Pied cassé", "repair-cost": "40", "photo": files}
    answer = bruno.post(at(made[0]), data=sent, content_type="multipart/form-data")
    assert answer.status_code == 303
    run_jobs()
    shown = bruno.get(at(made[0])).text
    assert "En réparation" in shown and "Pied cassé" in shown and "40\u00a0€ prévus" in shown
    photos = re.findall(r'<img src="(/stock/pieces/[^"]+\.webp)"', shown)
    assert len(photos) == 2
    got = bruno.get(photos[0])
    assert (got.status_code, got.mimetype) == (200, "image/webp") and "no-store" in got.headers["Cache-Control"]
    key = photos[0].rpartition("/")[2]
    other = make_user("Zoé")
    stranger = sign_in(app.test_client(), other, make_organisation("Studio Nord", owner=other))
    for path in (photos[0], at(made[0]), f"{at(made[0])}/modifier", f"/photos/{key}"):
        assert stranger.get(path).status_code == 404
    for path in (f"{at(made[1])}/photos/{key}", photos[0].replace("-320", "-321"), photos[0].replace("webp", "gif")):
        assert bruno.get(path).status_code == 404
    again = bruno.post(at(made[0]), data={"go": "repair"})
    assert again.status_code == 409 and "Seule une pièce en stock" in again.text
    back = {"go": "repaired", "repaired-condition": "good", "repaired-cost": "35,50"}
    assert bruno.post(at(made[0]), data=back).status_code == 303
    assert "35,50\u00a0€" in bruno.get(at(made[0])).text


def test_what_is_wrong_with_an_act_is_said_beside_it(bruno, made):
    sent = {"go": "note", "note-condition": "", "note-note": "Éraflée"}
    answer = bruno.post(at(made[0]), data=sent)
    assert answer.status_code == 422 and "Dites l’état" in answer.text and "Éraflée" in answer.text
    svg = (io.BytesIO(b"<svg/>"), "a.svg")
    for photo in (svg, [(io.BytesIO(picture()), f"{n}.jpg") for n in range(5)]):
        sent = {"go": "note", "note-condition": "good", "photo": photo}
        answer = bruno.post(at(made[0]), data=sent, content_type="multipart/form-data")
        assert answer.status_code == 422
    assert bruno.post(at(made[0]), data={"go": "explode"}).status_code == 404


def test_withdrawing_and_taking_back(bruno, flats, made):
    assert bruno.post(at(made[0]), data={"go": "withdraw", "withdraw-note": "Brûlée"}).status_code == 303
    assert db.session.get_one(Listing, flats.id, populate_existing=True).quantity == 2
    shown = bruno.get(at(made[0])).text
    assert "Retirée du stock" in shown and "Brûlée" in shown and 'name="go" value="repair"' not in shown
    assert bruno.post(at(made[0]), data={"go": "take_back", "take_back-condition": "good"}).status_code == 303
    assert db.session.get_one(Listing, flats.id, populate_existing=True).quantity == 3


def test_whoever_only_reads_sees_and_changes_nothing(app, house, flats, made):
    vera = make_user("Vera")
    add_member(house, vera, "viewer")
    reader = sign_in(app.test_client(), vera, house)
    for path in (at(made[0]), f"/stock/annonces/{flats.public_id}/pieces"):
        shown = reader.get(path)
        assert shown.status_code == 200 and '<form class="form" method="post"' not in shown.text
    for path, sent in (
        (at(made[0]), {"go": "withdraw"}),
        (f"{at(made[0])}/modifier", {"code": "X", "condition": "good"}),
        (f"/stock/annonces/{flats.public_id}/pieces", RUN),
    ):
        assert reader.post(path, data=sent).status_code == 403
