"""Pieces over the API: taken in, changed, repaired, withdrawn, rented out; nobody else's."""

from decimal import Decimal

import pytest

from marketplace.core.db import db
from marketplace.exchanges.models import Exchange
from tests import factories

pytestmark = pytest.mark.both_databases


@pytest.fixture
def lamps(giver):
    return factories.make_listing(
        giver, "Lampes", category_key="chair", modes=["rent"], quantity=Decimal(3), weekly_rate_cents=1000
    )


def take_in(program, listing, *codes, **more):
    return program.post(f"/listings/{listing.public_id}/pieces", {"codes": list(codes), **more})


def test_the_life_of_pieces(program, giver, lamps):
    ours = program(giver)
    made = take_in(ours, lamps, "L-1", "L-2", shelf="B3", condition="very_good", acquired_on="2025-03-01")
    assert made.status_code == 201
    body = made.get_json()
    assert (body["quantity"], body["by_piece"], [one["code"] for one in body["items"]]) == (2, True, ["L-1", "L-2"])
    assert (body["items"][0]["acquired_on"], body["items"][0]["shelf"]) == ("2025-03-01", "B3")
    assert take_in(ours, lamps, "L-3").get_json()["quantity"] == 3
    listed = ours.get(f"/listings/{lamps.public_id}/pieces?per_page=2").get_json()
    assert (listed["total"], [one["code"] for one in listed["items"]]) == (3, ["L-1", "L-2"])
    assert [one["code"] for one in ours.get(listed["next"].removeprefix("/api/v1")).get_json()["items"]] == ["L-3"]

    path = f"/pieces/{body['items'][0]['id']}"
    changed = ours.patch(path, {"code": "L-9", "note": "Abat-jour neuf", "version": 1}).get_json()
    assert (changed["code"], changed["version"], changed["shelf"]) == ("L-9", 2, "B3")
    stale = ours.patch(path, {"note": "Autre", "version": 1})
    assert (stale.status_code, stale.get_json()["version"]) == (409, 2)
    assert ours.patch(path, {"code": "l-2"}).status_code == 422  # another's, whatever its capitals

    free = f"/listings/{lamps.public_id}/availability"
    repaired = ours.post(f"{path}/repair", {"note": "Fil coupé", "cost_cents": 1500}).get_json()
    assert (repaired["state"], repaired["history"][0]["act"]) == ("repair", "repair")
    assert ours.get(free).get_json()["intervals"][0]["free"] == 2
    assert ours.post(f"{path}/repair", {}).status_code == 409
    back = ours.post(f"{path}/back", {"condition": "good", "cost_cents": 1200}).get_json()
    assert (back["state"], back["condition"]) == ("in_stock", "good")
    assert ours.get(free).get_json()["intervals"][0]["free"] == 3
    assert ours.post(f"{path}/withdraw", {"note": "Vendue ailleurs"}).get_json()["state"] == "withdrawn"
    assert ours.get(f"/listings/{lamps.public_id}").get_json()["quantity"] == 2
    assert ours.get(f"/listings/{lamps.public_id}/pieces?state=withdrawn").get_json()["total"] == 1
    assert ours.post(f"{path}/back", {"condition": "good"}).get_json()["state"] == "in_stock"
    acts = [one["act"] for one in ours.get(path).get_json()["history"]]
    assert acts == ["intake", "withdrawn", "repaired", "repair", "intake"]


def test_which_piece_is_out_is_said_and_comes_back_by_its_id(program, giver, taker, lamps):
    ours, theirs = program(giver), program(taker)
    take_in(ours, lamps, "L-1", "L-2")
    line = {"listing": lamps.public_id, "quantity": 2, "from": "2026-11-12", "to": "2026-11-19"}
    asked = theirs.post("/exchanges", {"kind": "rental", "lines": [line]}).get_json()
    moves = f"/exchanges/{asked['id']}/moves"
    ours.post(moves, {"move": "accept"})
    ours.post(moves, {"move": "pay_offline", "how": "order"})
    code = db.session.query(Exchange).one().hand_over_code
    out = ours.post(moves, {"move": "hand_over", "code": code}).get_json()
    pieces = out["lines"][0]["pieces"]
    assert {(one["code"], one["state"]) for one in pieces} == {("L-1", "out"), ("L-2", "out")}
    assert ours.post(f"/pieces/{pieces[0]['id']}/withdraw", {}).status_code == 409
    entries = [
        {"line": out["lines"][0]["id"], "piece": one["id"], "outcome": outcome}
        for one, outcome in zip(pieces, ("fine", "damaged"), strict=True)
    ]
    wrong = ours.post(moves, {"move": "return", "entries": [{**entries[0], "piece": "aaaaaaaaaaaaa"}]})
    assert (wrong.status_code, list(wrong.get_json()["errors"])) == (422, ["entries"])
    back = ours.post(moves, {"move": "return", "entries": entries}).get_json()
    assert {one["state"] for one in back["lines"][0]["pieces"]} == {"back"}
    assert ours.get(f"/pieces/{pieces[1]['id']}").get_json()["state"] == "repair"


def test_fewer_than_promised_is_refused(program, giver, taker, lamps):
    line = {"listing": lamps.public_id, "quantity": 3, "from": "2026-11-16", "to": "2026-11-19"}
    program(taker).post("/exchanges", {"kind": "rental", "lines": [line]})
    ours = program(giver)
    assert take_in(ours, lamps, "L-1").status_code == 409
    made = take_in(ours, lamps, "L-1", "L-2", "L-3").get_json()
    refused = ours.post(f"/pieces/{made['items'][0]['id']}/withdraw", {})
    assert refused.status_code == 409
    assert ours.get(f"/listings/{lamps.public_id}").get_json()["quantity"] == 3


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "codes"),
        ({"codes": []}, "codes"),
        ({"codes": "L-1"}, "codes"),
        ({"codes": {"0": "L-1"}}, "codes"),
        ({"codes": [7]}, "codes.0"),
        ({"codes": [["L-1"]]}, "codes.0"),
        ({"codes": ["L-1", "l-1"]}, "codes"),
        ({"codes": ["  "]}, "codes.0"),
        ({"codes": ["x" * 41]}, "codes.0"),
        ({"codes": [f"C-{n}" for n in range(501)]}, "codes"),
        ({"codes": ["L-1"], "condition": "broken"}, "condition"),
        ({"codes": ["L-1"], "condition": None}, "condition"),
        ({"codes": ["L-1"], "purchase_cents": 10**30}, "purchase_cents"),
        ({"codes": ["L-1"], "purchase_cents": "12"}, "purchase_cents"),
        ({"codes": ["L-1"], "acquired_on": "0001-01-01"}, "acquired_on"),
        ({"codes": ["L-1"], "note": {"a": [1]}}, "note"),
        ({"codes": ["L-1"], "shelf": "x" * 41}, "shelf"),
        ({"codes": ["L-1"], "state": "sold"}, "state"),
    ],
)
def test_wrong_pieces_are_named(program, giver, lamps, body, field):
    ours = program(giver)
    answer = ours.post(f"/listings/{lamps.public_id}/pieces", body)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])
    assert ours.get(f"/listings/{lamps.public_id}/pieces").get_json()["total"] == 0


def test_pieces_of_others_do_not_exist(program, giver, stranger, lamps):
    piece = take_in(program(giver), lamps, "L-1").get_json()["items"][0]["id"]
    theirs = program(stranger, "admin")
    listing = f"/listings/{lamps.public_id}/pieces"
    for answer in (
        theirs.get(listing),
        theirs.post(listing, {"codes": ["L-2"]}),
        theirs.get(f"/pieces/{piece}"),
        theirs.patch(f"/pieces/{piece}", {"note": "pris", "version": 99}),
        theirs.post(f"/pieces/{piece}/repair", {}),
        theirs.post(f"/pieces/{piece}/back", {"condition": "good"}),
        theirs.post(f"/pieces/{piece}/withdraw", {}),
    ):
        assert answer.status_code == 404
    assert program().get(listing).status_code == 401
    assert program(giver, "exchanges").get(listing).status_code == 403
    assert program(giver, "read").post(f"/pieces/{piece}/withdraw", {}).status_code == 403
    assert program(giver).get(f"/pieces/{piece}").get_json()["version"] == 1


def test_a_viewer_reads_pieces_and_changes_none(program, giver, lamps):
    piece = take_in(program(giver), lamps, "L-1").get_json()["items"][0]["id"]
    vera = factories.make_user("Vera")
    factories.add_member(giver, vera, "manager")
    theirs = program(actor=factories.actor_of(vera, giver))
    factories.db.session.query(factories.Membership).filter_by(user_id=vera.id, organisation_id=giver.id).update(
        {"role": "viewer"}
    )
    factories.db.session.commit()
    assert theirs.get(f"/pieces/{piece}").status_code == 200
    assert theirs.post(f"/pieces/{piece}/withdraw", {}).status_code == 403
    assert take_in(theirs, lamps, "L-2").status_code == 403
