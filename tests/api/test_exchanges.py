"""A donation over the API, from the request to the ledger; what each side and a stranger see of it."""

import pytest

from marketplace.exchanges.models import Exchange
from tests import factories

TUESDAY = {"starts_at": "2026-11-17T10:00:00+01:00", "ends_at": "2026-11-17T11:00:00+01:00"}


@pytest.fixture
def listing(giver):
    return factories.make_listing(giver)


def ask(listing, quantity=2, **more):
    return {"kind": "donation", "lines": [{"listing": listing.public_id, "quantity": quantity}], **more}


@pytest.mark.both_databases
def test_from_the_request_to_the_ledger(program, giver, taker, listing):
    production = factories.make_production(taker)
    theirs, ours = program(taker), program(giver)
    answer = theirs.post("/exchanges", ask(listing, production=production.public_id, message="Pour le décor 4."))
    assert answer.status_code == 201
    asked = answer.get_json()
    assert (asked["state"], asked["version"], asked["waits_for"]) == ("requested", 1, "provider")
    assert (asked["provider"], asked["receiver"]) == (giver.public_id, taker.public_id)
    assert (asked["production"], asked["moves"]) == (production.public_id, ["cancel"])
    assert asked["deadline_at"] == "2026-11-15T09:00:00+00:00"
    (line,) = asked["lines"]
    assert (line["listing"], line["quantity"], line["amount_cents"]) == (listing.public_id, 2, 0)
    assert theirs.get(f"/listings/{listing.public_id}").get_json()["free"] == 4
    path = f"/exchanges/{asked['id']}"

    accepted = ours.post(f"{path}/moves", {"move": "accept", "version": 1, "slots": [TUESDAY]}).get_json()
    assert (accepted["state"], accepted["hand_over_code"]) == ("confirmed", None)
    (slot,) = accepted["appointments"]
    stale = ours.post(f"{path}/moves", {"move": "cancel", "reason": "Trop tard", "version": 1})
    assert (stale.status_code, stale.get_json()["state"]) == (409, "confirmed")
    picked = theirs.post(f"{path}/moves", {"move": "appoint", "pick": slot["id"], "collected_by_name": "Nadia B."})
    assert picked.get_json()["appointment"]["id"] == slot["id"]
    code = theirs.get(path).get_json()["hand_over_code"]
    assert len(code) == 6
    assert code not in ours.get(path).get_data(as_text=True)

    wrong = ours.post(f"{path}/moves", {"move": "hand_over", "code": f"{(int(code) + 1) % 10**6:06d}"})
    assert (wrong.status_code, list(wrong.get_json()["errors"])) == (422, ["code"])
    assert theirs.post(f"{path}/moves", {"move": "hand_over", "code": code}).status_code == 403  # not their side
    done = ours.post(f"{path}/moves", {"move": "hand_over", "code": code}).get_json()
    assert (done["state"], done["moves"], done["waits_for"]) == ("completed", [], None)
    assert [move["move"] for move in done["history"]] == ["request", "accept", "appoint", "hand_over"]
    assert [move["by"] for move in done["history"]] == [taker.public_id, giver.public_id] * 2

    for party in (theirs, ours):
        carbon = party.get(f"{path}/carbon").get_json()
        (entry,) = carbon["entries"]
        assert (entry["status"], entry["line"], entry["share"]) == ("counted", line["id"], "0.5")
        assert (carbon["total_kgco2e"], carbon["uncertainty_kgco2e"]) == (
            entry["result_kgco2e"],
            entry["uncertainty_kgco2e"],
        )
        ledger = party.get("/ledger").get_json()
        assert ledger["items"] == [entry]
        assert ledger["entries_total"] == carbon["total"]
        dated = party.get("/ledger?from=2026-11-12&to=2026-11-12").get_json()
        assert dated["entries_total"] == carbon["total"]
        assert party.get("/ledger?from=2026-11-13").get_json()["total"] == 0
    only = theirs.get(f"/ledger?production={production.public_id}&organisation={taker.public_id}").get_json()
    assert (only["total"], only["entries_total"]["entry_count"]) == (1, 1)
    assert float(only["entries_total"]["own_kgco2e"]) == pytest.approx(float(only["total_kgco2e"]) / 2)


@pytest.mark.both_databases
def test_to_a_stranger_it_does_not_exist(program, giver, taker, stranger, listing):
    production = factories.make_production(taker)
    asked = program(taker).post("/exchanges", ask(listing)).get_json()
    theirs = program(stranger, "admin")
    path = f"/exchanges/{asked['id']}"
    nothing = theirs.get("/exchanges/aaaaaaaaaaaaa").get_json() | {"request_id": ""}
    for answer in (
        theirs.get(path),
        theirs.get(f"{path}/carbon"),
        theirs.post(f"{path}/moves", {"move": "accept"}),
        theirs.post(f"{path}/moves", {"move": "cancel", "version": 99}),
        theirs.get(f"/ledger?production={production.public_id}"),
        theirs.get(f"/ledger?organisation={taker.public_id}"),
    ):
        assert answer.status_code == 404
        assert answer.get_json() | {"request_id": ""} == nothing
    assert theirs.get("/exchanges").get_json()["total"] == 0


@pytest.mark.both_databases
def test_lists_of_either_side(program, giver, taker, listing):
    asked = [program(taker).post("/exchanges", ask(listing, 1)).get_json() for _turn in range(3)]
    ours = program(giver, "read")
    found = ours.get("/exchanges?per_page=2").get_json()
    assert (found["total"], len(found["items"])) == (3, 2)
    rest = ours.get(found["next"].removeprefix("/api/v1")).get_json()
    assert rest["next"] is None
    assert {one["id"] for one in found["items"] + rest["items"]} == {one["id"] for one in asked}
    assert found["items"][0] == ours.get(f"/exchanges/{found['items'][0]['id']}").get_json()
    assert ours.get("/exchanges?side=receiver").get_json()["total"] == 0
    assert ours.get("/exchanges?state=completed").get_json()["total"] == 0
    assert ours.get("/exchanges?state=nothing").status_code == 422
    assert ours.get("/exchanges?page=7").get_json()["items"] == []


def test_a_refusal_for_stock_says_what_is_free(program, taker, listing):
    theirs = program(taker)
    assert theirs.post("/exchanges", ask(listing, 4)).status_code == 201
    refused = theirs.post("/exchanges", ask(listing, 3))
    assert refused.status_code == 409
    assert [(one["listing"], one["free"]) for one in refused.get_json()["available"]] == [(listing.public_id, 2)]


@pytest.mark.both_databases
def test_what_the_database_refuses_says_what_is_free_too(program, taker, listing, monkeypatch):
    """The guard of the database, as if the code before it had let too much through."""
    from marketplace.exchanges import stock

    theirs = program(taker)
    assert theirs.post("/exchanges", ask(listing, 4)).status_code == 201
    monkeypatch.setattr(stock, "free_throughout", lambda *_arguments: 10**6)
    refused = theirs.post("/exchanges", ask(listing, 3))
    assert refused.status_code == 409
    assert refused.get_json()["available"][0]["free"] == 2
    assert "guard" not in refused.get_json()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "rental"}, "lines"),
        ({"kind": "reclaim"}, "kind"),
        ({"kind": "gift"}, "kind"),
        ({"lines": []}, "lines"),
        ({"lines": {}}, "lines"),
        ({"lines": [{"listing": "x"}]}, "lines.0.quantity"),
        ({"lines": [{"quantity": 1}]}, "lines.0.listing"),
        ({"lines": [{"listing": ["x"], "quantity": 1}]}, "lines.0.listing"),
        ({"lines": [{"listing": "x", "quantity": 0}]}, "lines.0.quantity"),
        ({"lines": [{"listing": "x", "quantity": -1}]}, "lines.0.quantity"),
        ({"lines": [{"listing": "x", "quantity": 1e30}]}, "lines.0.quantity"),
        ({"lines": [{"listing": "x", "quantity": "1e3"}]}, "lines.0.quantity"),
        ({"lines": [{"listing": "x", "quantity": 1, "from": "demain"}]}, "lines.0.from"),
        ({"lines": [{"listing": "x", "quantity": 1, "price": 1}]}, "lines.0.price"),
        ({"production": "aaaaaaaaaaaaa"}, "production"),
        ({"vehicle": "cart"}, "vehicle"),
        ({"distance_km": -4}, "distance_km"),
        ({"message": 7}, "message"),
        ({"state": "completed"}, "state"),
        ({"amount_cents": 1}, "amount_cents"),
    ],
)
def test_wrong_requests_are_named(program, taker, listing, change, field, session):
    answer = program(taker).post("/exchanges", ask(listing) | change)
    assert answer.status_code == 422
    assert field in answer.get_json()["errors"]
    assert session.query(Exchange).count() == 0


@pytest.mark.parametrize("move", ["confirm", "hand_over", "complete", "pay_offline", "resolve"])
def test_moves_the_state_does_not_know_are_refused(program, giver, taker, listing, move):
    asked = program(taker).post("/exchanges", ask(listing)).get_json()
    answer = program(giver).post(f"/exchanges/{asked['id']}/moves", {"move": move})
    assert answer.status_code in (409, 422)
    assert program(giver).get(f"/exchanges/{asked['id']}").get_json()["state"] == "requested"


@pytest.mark.parametrize("move", ["expire", "fund", "promote", "explode", 3, None])
def test_moves_nobody_may_send(program, giver, taker, listing, move):
    asked = program(taker).post("/exchanges", ask(listing)).get_json()
    answer = program(giver).post(f"/exchanges/{asked['id']}/moves", {"move": move})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["move"])


def test_a_listing_one_may_not_see_cannot_be_asked_for(program, giver, taker):
    draft = factories.make_listing(giver, published=False)
    assert program(taker).post("/exchanges", ask(draft)).status_code == 404


def test_the_role_decides(program, giver, taker, listing):
    asked = program(taker).post("/exchanges", ask(listing)).get_json()
    bob = factories.make_user("Bob")
    factories.add_member(giver, bob, "manager")
    secret = program(actor=factories.actor_of(bob, giver))
    factories.db.session.query(factories.Membership).filter_by(user_id=bob.id, organisation_id=giver.id).update(
        {"role": "viewer"}
    )
    factories.db.session.commit()
    assert secret.get(f"/exchanges/{asked['id']}").status_code == 200
    assert secret.post(f"/exchanges/{asked['id']}/moves", {"move": "accept"}).status_code == 403
