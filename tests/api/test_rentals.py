"""Rentals, sales, options and carts over the API: whole stories, and refusals that say what is free and what stands."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event, select

from marketplace.accounts.models import IdempotencyKey
from marketplace.catalogue.models import SetPart
from marketplace.core.clock import wall
from marketplace.core.db import db, transaction
from marketplace.exchanges.models import Exchange, Hold
from tests import factories

pytestmark = pytest.mark.both_databases

MONDAY, FRIDAY, NEXT_MONDAY, LATER = "2026-11-16", "2026-11-20", "2026-11-23", "2026-11-30"


@pytest.fixture
def chairs(giver):
    return factories.make_listing(
        giver,
        "Chaises bistro",
        category_key="chair",
        modes=["rent", "sell"],
        quantity=Decimal(4),
        weekly_rate_cents=4000,
        price_cents=9000,
        takes_offers=True,
        deposit_cents=5000,
        replacement_value_cents=30000,
        acquired="reuse",
        uses_expected=20,
    )


def lines(listing, quantity=2, starts=MONDAY, ends=NEXT_MONDAY, **more):
    return [{"listing": listing.public_id, "quantity": quantity, "from": starts, "to": ends, **more}]


def rental(listing, quantity=2, starts=MONDAY, ends=NEXT_MONDAY, **more):
    return {"kind": "rental", "lines": lines(listing, quantity, starts, ends), **more}


def move(program, exchange, name, status=200, **data):
    answer = program.post(f"/exchanges/{exchange['id']}/moves", {"move": name, **data})
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json()


def test_a_rental_from_the_quote_to_the_ledger(program, giver, taker, chairs):
    theirs, ours = program(taker), program(giver)
    quote = theirs.post("/quotes", {"kind": "rental", "lines": lines(chairs, starts=MONDAY, ends=LATER)}).get_json()
    assert (quote["price_cents"], quote["deposit_cents"], quote["is_free"]) == (12000, 10000, True)
    assert [(one["weeks"], one["percent"], one["free"]) for one in quote["lines"]] == [(2, 150, 4)]
    assert db.session.query(Exchange).count() == 0

    asked = theirs.post("/exchanges", rental(chairs, ends=LATER, message="Décor 4")).get_json()
    (line,) = asked["lines"]
    assert (asked["state"], asked["from"], asked["to"]) == ("requested", MONDAY, LATER)
    assert (line["from"], line["to"], line["amount_cents"], line["part_of"]) == (MONDAY, LATER, 12000, None)
    assert (asked["amounts"]["price_cents"], asked["amounts"]["deposit_cents"]) == (12000, 10000)

    assert move(ours, asked, "accept")["state"] == "accepted"
    half = move(ours, asked, "pay_offline", how="transfer", amount_cents=2000, reference="V1")
    assert (half["state"], half["amounts"]["to_pay_cents"]) == ("accepted", 10000)
    paid = move(ours, asked, "pay_offline", how="order", reference="BC 12")
    assert (paid["state"], paid["amounts"]["ordered_cents"]) == ("confirmed", 10000)
    move(ours, asked, "pay_offline", what="deposit", how="cheque")
    code = theirs.get(f"/exchanges/{asked['id']}").get_json()["hand_over_code"]
    entry = {"line": line["id"], "quantity": 2, "condition": "very_good", "remarks": "Propres"}
    out = move(ours, asked, "hand_over", code=code, entries=[entry])
    assert (out["state"], out["amounts"]["deposit_taken_cents"]) == ("handed_over", 10000)

    longer = move(theirs, asked, "extend", to="2026-12-07")
    assert (longer["to"], [one["kind"] for one in longer["charges"]]) == ("2026-12-07", ["extension"])
    one_back = move(ours, asked, "return", entries=[{"line": line["id"], "quantity": 1}])
    assert (one_back["state"], one_back["lines"][0]["returned_quantity"]) == ("handed_over", 1)
    damaged = {"line": line["id"], "quantity": 1, "outcome": "damaged", "amount_cents": 1500, "condition": "to_repair"}
    back = move(ours, asked, "return", entries=[damaged], remarks="Un pied cassé")
    assert (back["state"], back["charges"][-1]["kind"], back["charges"][-1]["amount_cents"]) == (
        "returned",
        "damage",
        1500,
    )
    done = move(ours, asked, "complete")
    assert (done["state"], done["waits_for"]) == ("completed", None)
    kinds = {one["kind"] for one in theirs.get(f"/exchanges/{asked['id']}").get_json()["documents"]}
    assert {"agreement", "condition"} <= kinds
    (written,) = ours.get(f"/exchanges/{asked['id']}/carbon").get_json()["entries"]
    assert (written["status"], written["line"]) == ("counted", line["id"])


def test_a_new_day_of_validity_is_a_proposal_of_its_own(program, giver, taker, chairs):
    ours, theirs = program(giver), program(taker)
    asked = theirs.post("/exchanges", rental(chairs)).get_json()
    amended = move(ours, asked, "amend", valid_until="2026-11-14")
    assert (amended["state"], amended["terms_changed"], amended["valid_until"]) == ("accepted", True, "2026-11-14")
    assert move(theirs, asked, "confirm")["terms_changed"] is False


def test_an_amendment_that_is_too_much_with_the_other_line_says_what_is_free(program, giver, taker, chairs):
    ours, theirs = program(giver), program(taker)
    body = {"kind": "rental", "lines": [*lines(chairs, 3), *lines(chairs, 3, NEXT_MONDAY, LATER)]}
    asked = theirs.post("/exchanges", body).get_json()
    first = asked["lines"][0]["id"]
    refused = move(ours, asked, "amend", 409, lines=[{"id": first, "to": "2026-11-25"}])
    assert (refused["state"], refused["version"]) == ("requested", asked["version"])
    assert [(one["listing"], one["from"], one["to"], one["free"]) for one in refused["available"]] == [
        (chairs.public_id, MONDAY, NEXT_MONDAY, 4),
        (chairs.public_id, NEXT_MONDAY, "2026-11-25", 1),
    ]
    assert "1 du 23 novembre" in refused["detail"]
    moved = move(ours, asked, "amend", lines=[{"id": first, "to": "2026-11-25", "quantity": 1}])
    assert [(one["quantity"], one["to"]) for one in moved["lines"]] == [(1, "2026-11-25"), (3, LATER)]


def test_a_sale_with_an_offer_amended_and_agreed_to(program, giver, taker, chairs):
    theirs, ours = program(taker), program(giver)
    body = {"kind": "sale", "lines": [{"listing": chairs.public_id, "quantity": 2, "offered_cents": 5000}]}
    asked = theirs.post("/exchanges", body).get_json()
    assert asked["amounts"]["price_cents"] == 10000
    change = {"id": asked["lines"][0]["id"], "quantity": 1, "unit_cents": 7000}
    amended = move(ours, asked, "amend", lines=[change], delivery_cents=1500)
    assert (amended["state"], amended["terms_changed"], amended["amounts"]["to_pay_cents"]) == ("accepted", True, 8500)
    assert theirs.get(f"/exchanges/{asked['id']}").get_json()["moves"] == ["confirm", "cancel"]
    assert move(theirs, asked, "confirm")["terms_changed"] is False
    assert move(ours, asked, "pay_offline", how="card")["state"] == "confirmed"


def test_a_first_and_a_second_option(program, giver, taker, stranger, chairs):
    first, second, ours = program(taker), program(stranger), program(giver)
    one = first.post("/exchanges", rental(chairs, 4, option_days=5)).get_json()
    quote = second.post("/quotes", {"kind": "rental", "lines": lines(chairs, 3)}).get_json()
    assert (quote["is_free"], quote["second_option"]) == (False, True)
    assert [(entry["from"], entry["to"], entry["free"]) for entry in quote["lines"][0]["available"]] == [
        (MONDAY, NEXT_MONDAY, 0)
    ]
    two = second.post("/exchanges", rental(chairs, 3, option_days=3)).get_json()
    assert (one["option_rank"], two["option_rank"], two["option_days"]) == (1, 2, 3)
    move(ours, two, "option")
    refused = move(second, two, "confirm", 409)
    assert (refused["state"], refused["version"]) == ("option", 2)
    move(ours, one, "option", option_days=2)
    move(first, one, "release")
    assert second.get(f"/exchanges/{two['id']}").get_json()["option_rank"] == 1
    assert move(second, two, "confirm")["state"] == "accepted"


def test_a_cart_is_ones_own_and_is_sent_by_a_move(program, giver, taker, chairs):
    theirs, ours = program(taker), program(giver)
    cart = theirs.post("/exchanges", rental(chairs, in_cart=True)).get_json()
    assert (cart["state"], "request" in cart["moves"], cart["waits_for"]) == ("cart", True, "receiver")
    assert ours.get(f"/exchanges/{cart['id']}").status_code == 404
    bob = factories.make_user("Bob")
    factories.add_member(taker, bob, "manager")
    colleague = program(actor=factories.actor_of(bob, taker))
    assert colleague.get("/exchanges?state=cart").get_json()["total"] == 0
    assert theirs.get("/exchanges").get_json()["total"] == 0
    listed = theirs.get("/exchanges?state=cart").get_json()
    assert [one["id"] for one in listed["items"]] == [cart["id"]]
    assert theirs.get("/exchanges?state=cart&page=2").get_json()["items"] == []
    assert theirs.get("/exchanges?state=cart&side=provider").get_json()["total"] == 0
    sent = move(theirs, cart, "request", message="Bonjour", delivery="provider", delivery_address="3 rue du Port")
    assert (sent["state"], sent["delivery"], sent["delivery_address"]) == ("requested", "provider", "3 rue du Port")
    assert ours.get("/exchanges").get_json()["total"] == 1


def test_a_set_has_its_parts_and_what_is_short_is_said_of_them(program, giver, taker, chairs):
    tables = factories.make_listing(giver, "Tables", category_key="chair", modes=["rent"], quantity=Decimal(2))
    dining = factories.make_listing(
        giver, "Bistrot complet", category_key="chair", modes=["rent"], quantity=Decimal(1), weekly_rate_cents=9000
    )
    with transaction() as session:
        session.merge(dining).is_set = True
        for position, (part, each) in enumerate(((chairs, 4), (tables, 1))):
            session.add(SetPart(set_id=dining.id, part_id=part.id, quantity=Decimal(each), position=position))
    theirs = program(taker)
    free = f"/listings/{dining.public_id}/availability?from={MONDAY}&to={LATER}"
    assert [one["free"] for one in theirs.get(free).get_json()["intervals"]] == [1]
    asked = theirs.post("/exchanges", rental(dining, 1)).get_json()
    whole, *parts = asked["lines"]
    assert (whole["part_of"], whole["amount_cents"]) == (None, 9000)
    assert [(one["part_of"], one["quantity"], one["amount_cents"]) for one in parts] == [
        (whole["id"], 4, 0),
        (whole["id"], 1, 0),
    ]
    assert [(one["from"], one["free"]) for one in program().get(free).get_json()["intervals"]] == [
        (MONDAY, 0),
        (NEXT_MONDAY, 1),
    ]
    quote = theirs.post("/quotes", {"kind": "rental", "lines": lines(dining, 1)}).get_json()
    assert (quote["lines"][0]["is_free"], quote["lines"][0]["free"]) == (False, 0)
    refused = theirs.post("/exchanges", rental(dining, 1)).get_json()
    assert {one["listing"] for one in refused["available"]} == {chairs.public_id}


def test_a_refusal_says_what_is_free_and_where_the_exchange_stands(program, giver, taker, stranger, chairs):
    theirs, others, ours = program(taker), program(stranger), program(giver)
    asked = theirs.post("/exchanges", rental(chairs, 3, MONDAY, FRIDAY)).get_json()
    assert others.post("/exchanges", rental(chairs, 4, FRIDAY, NEXT_MONDAY)).status_code == 201
    refused = others.post("/exchanges", rental(chairs, 2, MONDAY, NEXT_MONDAY))
    assert refused.status_code == 409
    assert refused.get_json()["available"] == [
        {"listing": chairs.public_id, "from": MONDAY, "to": FRIDAY, "free": 1},
        {"listing": chairs.public_id, "from": FRIDAY, "to": NEXT_MONDAY, "free": 0},
    ]
    move(ours, asked, "accept")
    move(ours, asked, "pay_offline", how="order")
    longer = move(theirs, asked, "extend", 409, to=NEXT_MONDAY)
    assert (longer["state"], longer["version"], longer["available"][-1]["free"]) == ("confirmed", 3, 0)
    stale = move(theirs, asked, "cancel", 409, reason="Trop tard", version=1)
    assert (stale["state"], stale["version"]) == ("confirmed", 3)
    assert theirs.get(f"/exchanges/{asked['id']}").get_json()["to"] == FRIDAY


def test_what_the_database_refuses_of_a_move_says_what_is_free(program, giver, taker, stranger, chairs, monkeypatch):
    from marketplace.exchanges import stock

    theirs, ours = program(taker), program(giver)
    asked = theirs.post("/exchanges", rental(chairs, 3, MONDAY, FRIDAY)).get_json()
    program(stranger).post("/exchanges", rental(chairs, 4, FRIDAY, NEXT_MONDAY))
    move(ours, asked, "accept")
    move(ours, asked, "pay_offline", how="order")
    monkeypatch.setattr(stock, "free_throughout", lambda *_arguments: 10**6)
    refused = move(theirs, asked, "extend", 409, to=NEXT_MONDAY)
    assert (refused["state"], "guard" in refused) == ("confirmed", False)
    assert [one["free"] for one in refused["available"]][:1] == [4]


def test_lists_between_two_days_by_place_and_by_production(program, giver, taker, chairs):
    theirs, ours = program(taker), program(giver)
    production = factories.make_production(taker)
    place, elsewhere = factories.site_of(giver).public_id, factories.make_site(giver, name="Annexe").public_id
    soon = theirs.post("/exchanges", rental(chairs, 1, MONDAY, FRIDAY, production=production.public_id)).get_json()
    later = theirs.post("/exchanges", rental(chairs, 1, NEXT_MONDAY, LATER)).get_json()
    flats = factories.make_listing(giver)
    theirs.post("/exchanges", {"kind": "donation", "lines": [{"listing": flats.public_id, "quantity": 1}]})

    def found(program, query):
        return {one["id"] for one in program.get(f"/exchanges?{query}").get_json()["items"]}

    assert found(ours, f"from={MONDAY}&to={NEXT_MONDAY}") == {soon["id"]}
    assert found(ours, f"from={FRIDAY}") == {later["id"]}  # the day of return is free again
    assert found(ours, f"to={NEXT_MONDAY}&side=provider&state=requested") == {soon["id"]}
    assert found(ours, f"site={place}&from={MONDAY}") == {soon["id"], later["id"]}
    assert found(ours, f"site={elsewhere}") == set()
    assert found(theirs, f"production={production.public_id}") == {soon["id"]}
    for query in (f"site={place}", f"production={production.public_id[::-1]}"):
        assert theirs.get(f"/exchanges?{query}").status_code == 422
    assert ours.get(f"/exchanges?production={production.public_id}").status_code == 422
    assert ours.get("/exchanges?from=hier").status_code == 422


def test_a_longer_list_asks_the_database_no_more(program, giver, taker, chairs):
    theirs, said = program(taker), []

    def listen(*arguments):
        said.append(arguments[2])

    def statements() -> int:
        said.clear()
        event.listen(db.engine, "before_cursor_execute", listen)
        assert theirs.get("/exchanges?per_page=50").status_code == 200
        event.remove(db.engine, "before_cursor_execute", listen)
        return sum(text.startswith("SELECT") for text in said)

    for _turn in range(2):
        theirs.post("/exchanges", rental(chairs, 1, LATER, "2026-12-07"))
    statements()
    few = statements()
    for turn in range(6):
        days = f"2027-01-{4 + 7 * (turn % 3):02d}", f"2027-01-{8 + 7 * (turn % 3):02d}"
        assert theirs.post("/exchanges", rental(chairs, 1, *days)).status_code == 201
    assert statements() == few


# --- hostile ---------------------------------------------------------------------------------------------------------


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lines": [{"from": MONDAY, "to": None}]}, "dates"),
        ({"lines": [{"from": NEXT_MONDAY, "to": MONDAY}]}, "dates"),
        ({"lines": [{"from": "2026-11-21", "to": LATER}]}, "dates"),  # closed on Saturdays
        ({"lines": [{"from": "2020-01-01", "to": LATER}]}, "dates"),
        ({"lines": [{"from": "9999-12-30", "to": "9999-12-31"}]}, "dates"),
        ({"lines": [{"from": "0001-01-01", "to": LATER}]}, "dates"),
        ({"lines": [{"from": [MONDAY], "to": LATER}]}, "lines.0.from"),
        ({"lines": [{"from": {"day": 1}, "to": LATER}]}, "lines.0.from"),
        ({"lines": [{"to": 20261130}]}, "lines.0.to"),
        ({"lines": [{"offered_cents": 5000}]}, "lines.0.offered_cents"),
        ({"lines": [{"offered_cents": "5000"}]}, "lines.0.offered_cents"),
        ({"lines": [{"offered_cents": 10**30}]}, "lines.0.offered_cents"),
        ({"option_days": 0}, "option_days"),
        ({"option_days": 11}, "option_days"),
        ({"option_days": "3"}, "option_days"),
        ({"option_days": [3]}, "option_days"),
        ({"in_cart": "yes"}, "in_cart"),
        ({"delivery": "pigeon"}, "delivery"),
        ({"delivery": ["provider"]}, "delivery"),
        ({"delivery": "provider"}, "delivery_address"),
        ({"delivery_address": "x" * 301}, "delivery_address"),
        ({"message": "x" * 2001}, "message"),
    ],
)
def test_wrong_requests_are_named(program, taker, giver, chairs, change, field):
    if field == "lines.0.offered_cents" and change["lines"][0]["offered_cents"] == 5000:
        field = "offered_cents"
        with transaction() as session:
            session.merge(chairs).takes_offers = False
    body = rental(chairs)
    if "lines" in change:
        body["lines"][0] |= change["lines"][0]
    else:
        body |= change
    answer = program(taker).post("/exchanges", body)
    assert (answer.status_code, list(answer.get_json().get("errors", {}))) == (422, [field])
    assert db.session.query(Exchange).count() == 0


DEEP: object = "x"
for _level in range(28):
    DEEP = [DEEP]


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"move": "accept", "slots": "demain"}, "slots"),
        ({"move": "accept", "slots": [{"starts_at": 5, "ends_at": []}]}, "slots.0.starts_at"),
        ({"move": "accept", "slots": [{"starts_at": "0001-01-01T00:00:00+14:00"}]}, "slots.0.starts_at"),
        ({"move": "accept", "slots": DEEP}, "slots.0"),
        ({"move": "amend", "lines": {"id": "x"}}, "lines"),
        ({"move": "amend", "lines": [3]}, "lines.0"),
        ({"move": "amend", "lines": [{"id": 7}]}, "lines.0.id"),
        ({"move": "amend", "lines": [{"id": "x", "quantity": [1]}]}, "lines.0.quantity"),
        ({"move": "amend", "lines": [{"id": "x", "quantity": 1e300}]}, "lines.0.quantity"),
        ({"move": "amend", "lines": [{"id": "x", "from": 3}]}, "lines.0.from"),
        ({"move": "amend", "lines": [{"id": "x"}]}, "lines"),
        ({"move": "amend", "delivery_cents": 10**12}, "delivery_cents"),
        ({"move": "amend", "reduction_percent": 101}, "reduction_percent"),
        ({"move": "amend", "valid_until": "2026-02-30"}, "valid_until"),
        ({"move": "amend"}, "lines"),
        ({"move": "option", "option_days": {"days": 3}}, "option_days"),
        ({"move": "pay_offline", "amount_cents": 1.5}, "amount_cents"),
        ({"move": "pay_offline", "how": ["cash"]}, "how"),
        ({"move": "pay_offline", "what": "tip"}, "what"),
        ({"move": "pay_offline", "reference": {"a": DEEP}}, "reference"),
        ({"move": "hand_over", "entries": [{"line": ["x"]}]}, "entries.0.line"),
        ({"move": "hand_over", "entries": [{"line": "x", "photo_keys": 5}]}, "entries.0.photo_keys"),
        ({"move": "return", "entries": 5}, "entries"),
        ({"move": "return", "entries": [{"line": "x", "outcome": "stolen"}]}, "entries.0.outcome"),
        ({"move": "return", "entries": [{"line": "x", "amount_cents": -1}]}, "entries.0.amount_cents"),
        ({"move": "extend", "to": "toujours"}, "to"),
        ({"move": "resolve", "waive": "all"}, "waive"),
        ({"move": "resolve", "state": "lost"}, "state"),
        ({"move": "hand_over", "without_deposit": 1}, "without_deposit"),
        ({"move": "hand_over", "code": 42}, "code"),
        ({"move": "decline"}, "reason"),
        ({"move": "decline", "reason": "x" * 401}, "reason"),
        ({"move": "accept", "version": "1"}, "version"),
        ({"move": ["accept"]}, "move"),
    ],
)
def test_wrong_data_of_moves_is_named(program, giver, taker, chairs, data, field):
    asked = program(taker).post("/exchanges", rental(chairs)).get_json()
    ours = program(giver)
    answer = ours.post(f"/exchanges/{asked['id']}/moves", data)
    assert answer.status_code == 422
    assert field in answer.get_json()["errors"]
    assert ours.get(f"/exchanges/{asked['id']}").get_json()["version"] == 1


def test_more_money_than_a_column_holds_is_refused(program, giver, taker):
    gold = factories.make_listing(
        giver,
        "Lingots",
        category_key="chair",
        modes=["rent", "sell"],
        quantity=Decimal(100000),
        weekly_rate_cents=10**8,
        price_cents=10**8,
        deposit_cents=10**8,
    )
    theirs = program(taker)
    for body in (rental(gold, 100000), {"kind": "sale", "lines": [{"listing": gold.public_id, "quantity": 100000}]}):
        for path in ("/exchanges", "/quotes"):
            answer = theirs.post(path, body)
            assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["lines"])


def test_a_quote_needs_what_asking_needs(program, giver, taker, chairs):
    theirs = program(taker)
    draft = factories.make_listing(giver, published=False)
    asked = {"kind": "rental", "lines": lines(chairs)}
    assert program().post("/quotes", asked).status_code == 401
    assert program(taker, "carbon").post("/quotes", asked).status_code == 403
    assert program(giver).post("/quotes", asked).status_code == 422  # their own
    assert theirs.post("/quotes", {"kind": "rental", "lines": lines(draft)}).status_code == 404
    assert theirs.post("/quotes", {"kind": "donation", "lines": lines(chairs)}).status_code == 422
    twice = {"kind": "rental", "lines": lines(chairs, 3) + lines(chairs, 3, FRIDAY, LATER)}
    quote = theirs.post("/quotes", twice).get_json()
    assert [one["is_free"] for one in quote["lines"]] == [True, False]  # each counts for the other
    assert db.session.query(Hold).count() == 0


# --- once only -------------------------------------------------------------------------------------------------------


def test_each_new_call_takes_place_once(program, giver, taker, chairs):
    theirs, ours = program(taker), program(giver)
    asked = theirs.post("/exchanges", rental(chairs), key="ask")
    assert theirs.post("/exchanges", rental(chairs), key="ask").get_json() == asked.get_json()
    assert db.session.query(Exchange).count() == 1
    path = f"/exchanges/{asked.get_json()['id']}/moves"
    for name, data in (("accept", {}), ("pay_offline", {"how": "cash", "amount_cents": 100})):
        first = ours.post(path, {"move": name, **data}, key=name)
        again = ours.post(path, {"move": name, **data}, key=name)
        assert (again.status_code, again.get_json()) == (200, first.get_json())
        assert again.headers["Idempotency-Replayed"] == "true"
    assert len(ours.get(path.removesuffix("/moves")).get_json()["payments"]) == 1
    calls = [
        (theirs, "/quotes", {"kind": "rental", "lines": lines(chairs)}),
        (ours, f"/listings/{factories.make_listing(giver, unit='piece').public_id}/pieces", {"codes": ["A-1", "A-2"]}),
    ]
    for program_of, address, body in calls:
        first = program_of.post(address, body, key="k")
        assert program_of.post(address, body, key="k").get_json() == first.get_json()
        other = {**body, "kind": "sale"} if "kind" in body else {"codes": ["A-3"]}
        refused = program_of.post(address, other, key="k")
        assert (refused.status_code, list(refused.get_json()["errors"])) == (422, ["Idempotency-Key"])


def test_while_a_call_is_running_its_key_answers_409(program, taker, chairs):
    theirs = program(taker)
    theirs.post("/exchanges", rental(chairs), key="r")
    with transaction() as session:
        row = session.scalars(select(IdempotencyKey)).one()
        row.status, row.body, row.created_at = None, None, wall() - timedelta(seconds=5)
    answer = theirs.post("/exchanges", rental(chairs), key="r")
    assert answer.status_code == 409
    assert db.session.query(Exchange).count() == 1
