"""Preparing a departure over the API: which pieces go, by code or from the list; refusals that say why."""

from decimal import Decimal

import pytest
from sqlalchemy import event

from marketplace.core.db import db
from tests import factories
from tests.api.test_rentals import LATER, MONDAY, NEXT_MONDAY, move, rental

pytestmark = pytest.mark.both_databases


@pytest.fixture
def chairs(program, giver):
    """Four chairs, CH-1 to CH-4."""
    listing = factories.make_listing(
        giver, "Chaises bistro", category_key="chair", modes=["rent"], quantity=Decimal(4), weekly_rate_cents=4000,
        replacement_value_cents=30000, shelf="B3",
    )  # fmt: skip
    codes = {"codes": [f"CH-{n}" for n in range(1, 5)], "shelf": "B3", "condition": "good"}
    assert program(giver).post(f"/listings/{listing.public_id}/pieces", codes).status_code == 201
    return listing


@pytest.fixture
def confirm(program, giver, taker):
    """confirm(listing, …) → a rental that was agreed and covered by an order."""

    def make(listing, quantity=2, *dates, by=None):
        asked = program(by or taker).post("/exchanges", rental(listing, quantity, *dates)).get_json()
        move(program(giver), asked, "accept")
        return move(program(giver), asked, "pay_offline", how="order", reference="BC 12")

    return make


def act(program, exchange, name, status=200, **data):
    answer = program.post(f"/exchanges/{exchange['id']}/preparation", {"act": name, **data})
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json()


def shown(prepared):
    """(codes chosen, codes free, missing) of the only line."""
    (line,) = prepared["lines"]
    return [one["code"] for one in line["chosen"]], [one["code"] for one in line["free"]], line["missing"]


def test_a_program_chooses_what_leaves(program, giver, taker, chairs, confirm):
    exchange, ours = confirm(chairs, 3), program(giver)
    first = ours.get(f"/exchanges/{exchange['id']}/preparation").get_json()
    assert (first["wanted"], first["chosen"], first["ready"]) == (3, 0, False)
    assert shown(first) == ([], ["CH-1", "CH-2", "CH-3", "CH-4"], 3)
    (line,) = first["lines"]
    pieces = {one["code"]: one["id"] for one in line["free"]}
    assert (line["by_piece"], line["listing"], line["free"][0]["shelf"]) == (True, chairs.public_id, "B3")

    for _twice in range(2):
        assert shown(act(ours, exchange, "scan", code="ch-4"))[0] == ["CH-4"]
    chosen = act(ours, exchange, "choose", line=line["id"], pieces=[pieces["CH-2"], pieces["CH-4"]])
    assert shown(chosen) == (["CH-4", "CH-2"], ["CH-1", "CH-3"], 1)
    too_early = act(ours, exchange, "ready", status=409)
    assert "Il manque une pièce" in too_early["detail"] and too_early["state"] == "confirmed"
    assert shown(act(ours, exchange, "release", piece=pieces["CH-4"]))[0] == ["CH-2"]
    assert shown(act(ours, exchange, "choose_rest")) == (["CH-2", "CH-1", "CH-3"], [], 0)
    assert act(ours, exchange, "ready")["ready"] is True
    assert act(ours, exchange, "not_ready")["ready"] is False

    found = program(taker).get(f"/exchanges/{exchange['id']}").get_json()
    assert found["version"] == exchange["version"]  # what was read before still hands over
    out = move(ours, exchange, "hand_over", code=found["hand_over_code"], version=exchange["version"])
    assert [(one["code"], one["state"]) for one in out["lines"][0]["pieces"]] == [
        ("CH-2", "out"), ("CH-1", "out"), ("CH-3", "out"),
    ]  # fmt: skip
    assert act(ours, exchange, "choose_rest", status=409)["state"] == "handed_over"
    late = ours.get(f"/exchanges/{exchange['id']}/preparation")
    assert (late.status_code, late.get_json()["state"], late.get_json()["version"]) == (
        409, "handed_over", out["version"],
    )  # fmt: skip


def test_what_cannot_go_is_named(program, giver, stranger, chairs, confirm):
    ours = program(giver)
    mine, theirs = confirm(chairs), confirm(chairs, 1, "2026-11-17", "2026-11-20", by=stranger)
    act(ours, theirs, "scan", code="CH-1")
    other = factories.make_listing(giver, "Tables", category_key="chair", modes=["rent"], weekly_rate_cents=1000)
    ours.post(f"/listings/{other.public_id}/pieces", {"codes": ["TA-1"]})
    pieces = ours.get(f"/listings/{chairs.public_id}/pieces").get_json()["items"]
    ids = {one["code"]: one["id"] for one in pieces}
    ours.post(f"/pieces/{ids['CH-3']}/repair", {"note": "Un pied"})
    line = mine["lines"][0]["id"]

    assert "n’est pas dans cet échange" in act(ours, mine, "scan", 422, code="TA-1")["errors"]["code"][0]
    assert "pas en état" in act(ours, mine, "choose", 422, line=line, pieces=[ids["CH-3"]])["errors"]["pieces"][0]
    taken = act(ours, mine, "choose", 409, line=line, pieces=[ids["CH-2"], ids["CH-1"]])
    assert "déjà prise à ces dates" in taken["detail"]
    assert (taken["state"], taken["version"]) == ("confirmed", mine["version"])
    assert shown(ours.get(f"/exchanges/{mine['id']}/preparation").get_json()) == (
        [],
        ["CH-2", "CH-4"],
        2,
    )  # all or none
    act(ours, mine, "choose", line=line, pieces=[ids["CH-2"], ids["CH-4"]])
    table = ours.get(f"/listings/{other.public_id}/pieces").get_json()["items"][0]["id"]
    assert "d’une autre annonce" in act(ours, mine, "choose", 422, line=line, pieces=[table])["errors"]["pieces"][0]


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "act"),
        ({"act": "steal"}, "act"),
        ({"act": "scan"}, "code"),
        ({"act": "scan", "code": "  "}, "code"),
        ({"act": "scan", "code": "NOPE"}, "code"),
        ({"act": "choose", "pieces": ["aaaaaaaaaaaaa"]}, "line"),
        ({"act": "release"}, "piece"),
        ({"act": "choose", "line": "x", "pieces": "CH-1"}, "pieces"),
        ({"act": "ready", "state": "handed_over"}, "state"),
    ],
)
def test_what_an_act_needs_is_named(program, giver, chairs, confirm, sent, field):
    exchange = confirm(chairs)
    answer = program(giver).post(f"/exchanges/{exchange['id']}/preparation", sent)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])


def test_no_piece_and_no_line_of_elsewhere(program, giver, stranger, chairs, confirm):
    exchange, ours = confirm(chairs), program(giver)
    line = exchange["lines"][0]["id"]
    assert act(ours, exchange, "choose", 422, line=line)["errors"]["pieces"]
    strange = factories.make_listing(stranger, "Lampes", modes=["rent"], weekly_rate_cents=1000)
    made = program(stranger).post(f"/listings/{strange.public_id}/pieces", {"codes": ["CH-1"]}).get_json()
    act(ours, exchange, "choose", 404, line=line, pieces=[made["items"][0]["id"]])
    act(ours, exchange, "choose", 404, line="a" * 13, pieces=[made["items"][0]["id"]])
    act(ours, exchange, "release", 404, piece=made["items"][0]["id"])


def test_the_provider_alone_prepares(program, giver, taker, stranger, chairs, confirm):
    exchange = confirm(chairs)
    path = f"/exchanges/{exchange['id']}/preparation"
    for other in (program(taker), program(stranger)):
        assert other.get(path).status_code == other.post(path, {"act": "choose_rest"}).status_code == 404
    assert program().get(path).status_code == program().post(path, {"act": "ready"}).status_code == 401
    assert program(giver, "read").get(path).status_code == 200
    assert program(giver, "read").post(path, {"act": "choose_rest"}).status_code == 403
    assert program(giver, "listings").get(path).status_code == 403
    assert shown(program(giver).get(path).get_json())[0] == []


def test_the_same_key_again_chooses_once(program, giver, chairs, confirm):
    exchange, ours = confirm(chairs), program(giver)
    sent = (f"/exchanges/{exchange['id']}/preparation", {"act": "choose_rest"})
    first, again = ours.post(*sent, key="leave-1"), ours.post(*sent, key="leave-1")
    assert first.get_json() == again.get_json() and again.headers["Idempotency-Replayed"] == "true"


def test_what_is_counted_has_no_pieces_to_choose(program, giver, confirm):
    flats = factories.make_listing(giver, "Feuilles", modes=["rent"], quantity=Decimal(6), weekly_rate_cents=1000)
    exchange = confirm(flats, 4)
    prepared = program(giver).get(f"/exchanges/{exchange['id']}/preparation").get_json()
    assert shown(prepared) == ([], [], 0) and prepared["lines"][0]["by_piece"] is False and prepared["wanted"] == 0
    assert act(program(giver), exchange, "ready")["ready"] is True


def test_reading_takes_as_many_questions_for_many_lines(program, giver, taker, chairs, confirm):
    def questions(exchange) -> int:
        asked: list[str] = []

        def count(*args):
            asked.append(args[2])

        db.session.rollback()
        event.listen(db.engine, "before_cursor_execute", count)
        try:
            answer = program_of_giver.get(f"/exchanges/{exchange['id']}/preparation")
        finally:
            event.remove(db.engine, "before_cursor_execute", count)
        assert answer.status_code == 200
        return len(asked)

    program_of_giver = program(giver)
    one = confirm(chairs, 1, MONDAY, NEXT_MONDAY)
    more = [
        factories.make_listing(giver, f"Chaises {n}", category_key="chair", modes=["rent"], weekly_rate_cents=1000)
        for n in range(4)
    ]
    for number, listing in enumerate(more):
        codes = {"codes": [f"M{number}-{n}" for n in range(3)]}
        program_of_giver.post(f"/listings/{listing.public_id}/pieces", codes)
    lines = [line for listing in (chairs, *more) for line in rental(listing, 1, NEXT_MONDAY, LATER)["lines"]]
    asked = program(taker).post("/exchanges", {"kind": "rental", "lines": lines}).get_json()
    move(program_of_giver, asked, "accept")
    many = move(program_of_giver, asked, "pay_offline", how="order", reference="BC 13")
    questions(one)
    assert len(many["lines"]) == 5 and questions(many) <= questions(one)
