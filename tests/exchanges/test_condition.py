"""How things leave and come back, by the screens: photos, deposit, scans without a script, things sent twice."""

import io
import re

import pytest
from sqlalchemy import func, select

from marketplace.accounts.models import Organisation, User
from marketplace.catalogue.models import PieceEvent
from marketplace.core.db import db
from marketplace.exchanges import condition_photos, preparation
from marketplace.exchanges.models import (
    Charge,
    ConditionEntry,
    ConditionReport,
    Exchange,
    OfflinePayment,
)
from tests.catalogue.conftest import picture
from tests.exchanges.test_counter import does, member_of
from tests.exchanges.test_rentals import Counter, day, with_pieces
from tests.factories import sign_in

pytestmark = pytest.mark.both_databases


@pytest.fixture
def counter(app, clock) -> Counter:
    clock.at("2027-03-03T09:00:00+01:00")
    return Counter(deposit_cents=20000)


class Screen:
    """Somebody's browser on the screens of one exchange."""

    def __init__(self, app, actor, exchange: str):
        organisation = db.session.get_one(Organisation, actor.organisation_id)
        self.client = sign_in(app.test_client(), db.session.get_one(User, actor.user_id), organisation)
        self.exchange = exchange

    def page(self, end: str) -> str:
        answer = self.client.get(f"/echanges/{self.exchange}/{end}")
        assert answer.status_code == 200, answer.location
        return answer.text

    def sends(self, move: str, **fields):
        own = ("all", "go", "code")
        data = {
            name
            if name in (own if move == "return" else ("all",)) or name.startswith(("photo-", "kept-"))
            else f"{move}-{name}": value
            for name, value in fields.items()
        }
        return self.client.post(f"/echanges/{self.exchange}/{move}", data=data)


def file(name: str = "etat.jpg"):
    return (io.BytesIO(picture()), name)


def entries() -> list[tuple]:
    query = select(ConditionEntry.condition, ConditionEntry.outcome, ConditionEntry.remarks, ConditionEntry.photo_keys)
    found = [tuple(row) for row in db.session.execute(query.order_by(ConditionEntry.id))]
    db.session.rollback()
    return found


def test_a_departure_with_its_deposit_photos_and_a_wrong_code_first(counter, app, run_jobs):
    exchange = counter.confirmed(counter.bob, 2, day(3), day(10))
    line = counter.get(exchange).lines[0].public_id
    alice = Screen(app, counter.alice, exchange)
    assert "Caution de 400" in alice.page("remise")
    said = {
        f"condition-{line}": "very_good", f"remarks-{line}": "Vernies hier", "deposit_how": "cheque",
        "deposit_reference": "n° 12", "remarks": "Quatre sangles", "version": "3",
    }  # fmt: skip
    wrong = alice.sends("hand_over", code="000000", **said, **{f"photo-{line}": [file(), file("b.jpg")]})
    assert wrong.status_code == 422
    for typed in ("Vernies hier", "n° 12", "Quatre sangles", "2 photos sont gardées", "Ce n’est pas le bon code"):
        assert typed in wrong.text
    assert re.search(r'value="cheque"[^>]*selected|selected[^>]*value="cheque"', wrong.text)
    assert counter.get(exchange).state == "confirmed" and db.session.scalar(select(func.count(OfflinePayment.id))) == 1
    kept = re.findall(rf'name="kept-{line}" value="([^"]+)"', wrong.text)
    assert len(kept) == 2

    code = counter.get(exchange).hand_over_code
    sent = {**said, "code": code, f"kept-{line}": kept, f"photo-{line}": [file("c.jpg")]}
    assert alice.sends("hand_over", **sent).status_code == 303
    again = alice.sends("hand_over", **{**sent, f"photo-{line}": []})
    assert again.status_code == 303  # sent twice, it is done once
    found = counter.get(exchange)
    assert (found.state, found.version) == ("handed_over", 5)
    paid = db.session.execute(select(OfflinePayment.what, OfflinePayment.how, OfflinePayment.amount_cents)).all()
    assert ("deposit", "cheque", 40000) in [tuple(row) for row in paid] and len(paid) == 2
    assert db.session.scalar(select(func.count(ConditionReport.id))) == 1
    run_jobs()
    ((condition, outcome, remarks, keys),) = entries()
    assert (condition, outcome, remarks, len(keys)) == ("very_good", "fine", "Vernies hier", 3)
    assert "Au départ : très bon. Vernies hier" in alice.page("retour")


def test_photos_are_for_the_two_parties(counter, app, run_jobs):
    pieces = with_pieces(counter)
    code, piece = pieces[0].code, pieces[0]
    piece_public, piece_row = piece.public_id, piece.id
    exchange = counter.confirmed(counter.bob, 1, day(3), day(10))
    does(preparation.assign_by_scan, counter.alice, exchange, code)
    line = counter.get(exchange).lines[0].public_id
    alice = Screen(app, counter.alice, exchange)
    key = f"{line}.{piece_public}"
    sent = {
        "code": counter.get(exchange).hand_over_code, "without_deposit": "y", f"condition-{key}": "good",
        f"remarks-{key}": "Pied fendu", f"photo-{key}": [file()],
    }  # fmt: skip
    assert alice.sends("hand_over", **sent).status_code == 303
    run_jobs()
    entry = db.session.scalars(select(ConditionEntry)).one()
    (photo,) = entry.photo_keys
    event = db.session.scalars(
        select(PieceEvent).where(PieceEvent.piece_id == piece_row, PieceEvent.act == "departure")
    ).one()
    assert event.photo_keys == [photo] and event.note == "Pied fendu"  # the piece's own history shows it too
    condition_photos.process(entry.id, f"uploads/{photo}")  # again
    path = f"/echanges/{exchange}/etats/{entry.public_id}/{photo}-320.webp"
    other = counter.confirmed(counter.carole, 1, day(15), day(17))
    for actor, status in ((counter.alice, 200), (counter.bob, 200), (counter.carole, 404)):
        client = Screen(app, actor, exchange).client
        answer = client.get(path)
        assert answer.status_code == status
        if status == 200:
            assert "no-store" in answer.headers["Cache-Control"] and answer.mimetype == "image/webp"
        assert client.get(path.replace("-320", "-321")).status_code == 404
        assert client.get(path.replace(photo, "c" * 26)).status_code == 404
        assert client.get(path.replace(exchange, other)).status_code == 404
    assert app.test_client().get(path).status_code in (302, 303, 401)
    shown = alice.page("retour")
    assert f"{photo}-320.webp" in shown and "Pied fendu" in shown


def test_words_of_photos_are_for_one_person_and_one_exchange(counter, app):
    exchange = counter.confirmed(counter.bob, 1, day(3), day(10))
    other = counter.confirmed(counter.carole, 1, day(3), day(10))
    with app.test_request_context():
        words = condition_photos.receive(counter.alice, exchange, [("a.jpg", picture())])
        assert len(condition_photos.read(counter.alice, exchange, words)) == 1
        assert condition_photos.read(counter.alice, other, words) == []
        assert condition_photos.read(counter.bob, exchange, words) == []
        assert condition_photos.read(counter.alice, exchange, [words[0][:-2], "", "uploads/x", "é\0"]) == []


def test_what_is_no_photo_is_refused_and_the_rest_is_kept(counter, app):
    exchange = counter.confirmed(counter.bob, 1, day(3), day(10))
    line = counter.get(exchange).lines[0].public_id
    alice = Screen(app, counter.alice, exchange)
    sent = {"code": counter.get(exchange).hand_over_code, "without_deposit": "y", f"condition-{line}": "good"}
    bad = [file(), (io.BytesIO(b"<svg/>"), "mauvais.jpg")]
    answer = alice.sends("hand_over", **sent, **{f"photo-{line}": bad, f"remarks-{line}": "Rien"})
    assert answer.status_code == 422 and "mauvais.jpg" in answer.text and "Une photo est gardée." in answer.text
    assert 'value="Rien"' in answer.text and counter.get(exchange).state == "confirmed"
    answer = alice.sends("hand_over", **sent, **{f"photo-{line}": [file(f"{n}.jpg") for n in range(5)]})
    assert answer.status_code == 422 and "4 photos au plus par objet" in answer.text


def test_the_deposit_stands_in_the_way_until_it_is_noted_or_waived(counter, app):
    exchange = counter.confirmed(counter.bob, 1, day(3), day(10))
    alice, code = Screen(app, counter.alice, exchange), counter.get(exchange).hand_over_code
    answer = alice.sends("hand_over", code=code)
    assert answer.status_code == 422 and "La caution n’est pas notée" in answer.text
    assert alice.sends("hand_over", code=code, deposit_how="order").status_code == 422
    assert alice.sends("hand_over", code=code, deposit_how="cash").status_code == 303
    assert counter.get(exchange).state == "handed_over"


def test_an_old_page_changes_nothing_and_keeps_what_was_typed(counter, app):
    exchange = counter.confirmed(counter.bob, 1, day(3), day(10))
    line = counter.get(exchange).lines[0].public_id
    alice, code = Screen(app, counter.alice, exchange), counter.get(exchange).hand_over_code
    counter.move(counter.bob, exchange, "extend", to="2027-03-12")  # meanwhile
    said = {
        "code": code,
        "without_deposit": "y",
        f"condition-{line}": "good",
        f"remarks-{line}": "Rayée",
        "version": "3",
    }
    answer = alice.sends("hand_over", **said)
    assert answer.status_code == 409 and "Rayée" in answer.text and 'value="4"' in answer.text
    assert counter.get(exchange).state == "confirmed"
    assert alice.sends("hand_over", **{**said, "version": "4"}).status_code == 303
    answer = Screen(app, member_of(counter, "manager"), exchange).sends("hand_over", **{**said, "version": "4"})
    assert answer.status_code == 409 and "a changé depuis que vous" in answer.text


# --- back ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def out(counter, app):
    with_pieces(counter)
    exchange = counter.confirmed(counter.bob, 3, day(3), day(10))
    counter.move(counter.alice, exchange, "hand_over", code=counter.get(exchange).hand_over_code, without_deposit="1")
    return Screen(app, counter.alice, exchange)


def outcomes(page: str) -> dict[str, str]:
    """The outcome checked of each piece, by the name of its field."""
    return dict(re.findall(r'name="(return-outcome-[^"]+)" value="([a-z]*)" checked', page))


def test_a_scan_without_a_script_marks_a_piece_and_keeps_the_rest(out):
    first, second, third = outcomes(out.page("retour"))
    key = second.removeprefix("return-outcome-")
    typed = {
        f"outcome-{key}": "damaged", f"amount-{key}": "15", f"remarks-{key}": "Un pied", "remarks": "Pluie",
        f"photo-{key}": [file()],
    }  # fmt: skip
    answer = out.sends("return", go="scan", code="ch-001", **typed)
    assert answer.status_code == 200 and "CH-001 est de retour." in answer.text
    assert outcomes(answer.text) == {first: "fine", second: "damaged", third: ""}
    for kept in ('value="15"', "Un pied", "Pluie", "Une photo est gardée."):
        assert kept in answer.text
    typed.pop(f"photo-{key}")
    answer = out.sends("return", go="scan", code="CH-004", **typed)
    assert answer.status_code == 422 and "« CH-004 » n’est pas dehors" in answer.text and "Un pied" in answer.text
    assert out.sends("return", go="scan", code="", **typed).status_code == 200
    assert db.session.scalar(select(func.count(ConditionReport.id))) == 1  # the departure's alone


def test_all_the_rest_in_one_tap_keeps_what_was_said_of_one(out, counter, run_jobs):
    _first, second, _third = outcomes(out.page("retour"))
    key = second.removeprefix("return-outcome-")
    said = {f"outcome-{key}": "damaged", f"amount-{key}": "15,50", f"condition-{key}": "to_repair", "version": "4"}
    sent = {**said, "all": "1", f"photo-{key}": [file()]}
    assert out.sends("return", **sent).status_code == 303
    assert out.sends("return", **{**said, "all": "1"}).status_code == 303  # twice
    assert counter.get(out.exchange).state == "returned"
    assert [one.amount_cents for one in db.session.scalars(select(Charge))] == [1550]
    run_jobs()
    came = [(outcome, len(keys)) for _c, outcome, _r, keys in entries()]
    assert sorted(came) == [("damaged", 1), ("fine", 0), ("fine", 0)]


def test_a_return_in_two_visits(out, counter):
    first, second, third = outcomes(out.page("retour"))
    name = first.removeprefix("return-")
    assert out.sends("return", **{name: "fine", "version": "4"}).status_code == 303
    assert counter.get(out.exchange).state == "handed_over"
    assert set(outcomes(out.page("retour"))) == {second, third}
    again = out.sends("return", **{name: "fine", "version": "4"})
    assert again.status_code == 303 and db.session.scalar(select(func.count(ConditionReport.id))) == 2
    lost = second.removeprefix("return-")
    assert out.sends("return", **{lost: "lost", "version": "5"}).status_code == 303
    assert out.sends("return", version="6", all="1").status_code == 303
    assert counter.get(out.exchange).state == "returned"
    nothing = out.sends("return", version="7")
    assert nothing.status_code in (303, 409)


def test_counted_lines_come_back_in_part_and_the_rest_in_one_tap(counter, app):
    exchange = counter.confirmed(counter.bob, 4, day(3), day(10))
    counter.move(counter.alice, exchange, "hand_over", code=counter.get(exchange).hand_over_code, without_deposit="1")
    line = counter.get(exchange).lines[0].public_id
    alice = Screen(app, counter.alice, exchange)
    refused = alice.sends("return", **{f"damaged-{line}": "1", f"amount-{line}": "dix", f"remarks-{line}": "Brûlée"})
    assert refused.status_code == 422 and 'value="dix"' in refused.text and "Brûlée" in refused.text
    refused = alice.sends("return", **{f"damaged-{line}": "9", "all": "1"})
    assert refused.status_code == 422 and 'value="9"' in refused.text
    assert alice.sends("return", **{f"damaged-{line}": "1", f"amount-{line}": "10", "all": "1"}).status_code == 303
    found = counter.get(exchange)
    assert found.state == "returned" and int(found.lines[0].returned_quantity) == 4
    assert sorted(outcome for _c, outcome, _r, _k in entries()) == ["damaged", "fine"]


def test_only_those_who_decide_hand_over_and_take_back(out, counter, app):
    member, receiver = Screen(app, member_of(counter, "member"), out.exchange), Screen(app, counter.bob, out.exchange)
    stranger = Screen(app, counter.carole, out.exchange)
    for one, status in ((member, 403), (receiver, 403), (stranger, 404)):
        assert one.sends("return", all="1").status_code == status
        assert one.client.get(f"/echanges/{out.exchange}/retour").status_code == (303 if status == 403 else 404)
    assert counter.get(out.exchange).state == "handed_over"


def test_hostile_fields_are_refused_not_broken(out, counter):
    first = next(iter(outcomes(out.page("retour"))))
    name = first.removeprefix("return-")
    for fields in (
        {name: "melted"}, {name: "damaged", name.replace("outcome", "amount"): "-1"},
        {name: "fine", name.replace("outcome", "condition"): "x" * 5000},
        {name: "fine", name.replace("outcome", "remarks"): "x" * 401},
        {name: "fine", "kept-" + name.removeprefix("outcome-"): ["x", "é", "\0"], "version": "99999999999999"},
        {"outcome-aaaaaaaaaaaaa.bbbbbbbbbbbbb": "fine"},
    ):  # fmt: skip
        answer = out.sends("return", **fields)
        assert 300 <= answer.status_code < 500, fields
    exchange = db.session.scalars(select(Exchange).where(Exchange.public_id == out.exchange)).one()
    assert exchange.state == "handed_over"
