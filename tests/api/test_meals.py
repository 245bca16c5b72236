"""A supper over the API: a draft with its food, published, found, claimed and handed over with its temperature."""

import pytest

from tests import factories
from tests.meals.made import verify

FOOD = {
    "made_at": "2026-11-24T19:30:00+01:00",
    "use_by": "2026-11-25T01:00:00+01:00",
    "keep": "hot",
    "temperature_c": "66.5",
    "allergens": ["nuts", "milk"],
    "pick_up_to": "2026-11-25T00:15:00+01:00",
    "address": "Parking du stade",
    "contact": "Sam",
}
CURRY = {
    "title": "Curry de légumes, riz",
    "category": "meal_vegetarian",
    "quantity": 30,
    "unit": "portion",
    "place": "69190",
    "mass_kg": "0.42",
    "food": FOOD,
}


@pytest.fixture(autouse=True)
def tonight(app, clock):
    clock.at("2026-11-24T23:10:00+01:00")


@pytest.fixture
def charity(app):
    return verify(factories.make_organisation("Les Paniers de la Guille", "food_charity"))


@pytest.mark.both_databases
def test_from_the_table_to_the_basket(program, giver, taker, charity):
    ours, theirs = program(giver), program(charity)
    made = ours.post("/listings", CURRY)
    assert made.status_code == 201
    draft = made.get_json()
    assert (draft["state"], draft["food"]["keep"], draft["food"]["temperature_c"]) == ("draft", "hot", "66.5")
    published = ours.post(f"/listings/{draft['id']}/publish")
    assert published.status_code == 200
    food = published.get_json()["food"]
    assert food["allergens"] == ["milk", "nuts"], "in the order of the annex"
    assert (food["pick_up_to"], food["address"], food["first_come"]) == (
        "2026-11-24T23:15:00Z", "Parking du stade", True,
    )  # fmt: skip

    (found,) = theirs.get("/meals?near=Lyon").get_json()["items"]
    assert (found["id"], found["free"], found["food"]["address"], found["food"]["contact"]) == (
        draft["id"], 30, None, None,
    )  # fmt: skip
    assert theirs.get("/meals?near=Brest").get_json()["total"] == 0
    assert theirs.get("/meals?near=xyzzy").status_code == 422
    assert program(taker).get("/listings?q=curry").get_json()["total"] == 0, "food is found at the table alone"

    asked = {"kind": "meal", "lines": [{"listing": draft["id"], "quantity": 18}]}
    refused = program(taker).post("/exchanges", asked)
    assert refused.status_code == 403
    claimed = theirs.post("/exchanges", asked)
    assert claimed.status_code == 201
    exchange = claimed.get_json()
    assert (exchange["kind"], exchange["state"], exchange["waits_for"]) == ("meal", "confirmed", "provider")
    assert exchange["deadline_at"] == "2026-11-24T23:25:00+00:00"
    too_much = theirs.post("/exchanges", asked)
    assert (too_much.status_code, too_much.get_json()["available"][0]["free"]) == (409, 12)

    path = f"/exchanges/{exchange['id']}"
    move = {"move": "hand_over", "code": exchange["hand_over_code"]}
    cold = ours.post(f"{path}/moves", {**move, "temperature_c": 58.2})
    assert (cold.status_code, list(cold.get_json()["errors"])) == (422, ["temperature_c"])
    stated = {**move, "temperature_c": 58.2, "out_since": "2026-11-24T22:40:00+01:00"}
    done = ours.post(f"{path}/moves", stated)
    assert (done.status_code, done.get_json()["state"]) == (200, "completed")
    assert ours.get(f"/listings/{draft['id']}").get_json()["quantity"] == 12


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"allergens": []}, "food.allergens"),
        ({"allergens": None}, "food.allergens"),
        ({"temperature_c": "58"}, "food.temperature_c"),
        ({"served": True}, "food.served"),
        ({"reheated": True}, "food.reheated"),
        ({"use_by": "2026-11-24T23:00:00+01:00"}, "food.use_by"),
        ({"use_by": None}, "food.use_by"),
        ({"best_before": "2026-11-26"}, "food.use_by"),
        ({"made_at": None}, "food.made_at"),
        ({"keep": None}, "food.keep"),
        ({"open_to": "public"}, "food.open_to"),
    ],
)
def test_what_may_not_be_given_is_not_published(program, giver, changed, field):
    ours = program(giver)
    draft = ours.post("/listings", {**CURRY, "food": {**FOOD, **changed}}).get_json()
    refused = ours.post(f"/listings/{draft['id']}/publish")
    assert refused.status_code == 422
    assert field in refused.get_json()["errors"], refused.get_json()["errors"]


def test_a_refused_one_is_put_right_and_published(program, giver):
    ours = program(giver)
    draft = ours.post("/listings", {**CURRY, "food": {**FOOD, "allergens": []}}).get_json()
    assert ours.post(f"/listings/{draft['id']}/publish").status_code == 422
    changed = ours.patch(f"/listings/{draft['id']}", {"food": {"allergens": ["none"]}})
    assert changed.get_json()["food"]["allergens"] == ["none"]
    published = ours.post(f"/listings/{draft['id']}/publish")
    assert published.get_json()["food"]["allergens"] == ["none"]
    assert ours.patch(f"/listings/{draft['id']}", {"food": {"keep": "cold"}}).status_code == 409
    assert ours.post(f"/listings/{draft['id']}/publish").status_code == 409
    assert ours.post(f"/listings/{draft['id']}/withdraw").get_json()["food"]["end_reason"] == "withdrawn"


@pytest.mark.parametrize(
    ("food", "field"),
    [
        ({"keep": 3}, "food.keep"),
        ({"made_at": "hier"}, "food.made_at"),
        ({"allergens": ["love"]}, "food.allergens"),
        ({"temperature_c": "chaud"}, "food.temperature_c"),
        ({"taste": "good"}, "food.taste"),
        ("chaud", "food"),
    ],
)
def test_what_cannot_be_read(program, giver, food, field):
    refused = program(giver).post("/listings", {**CURRY, "food": food})
    assert (refused.status_code, list(refused.get_json()["errors"])) == (422, [field])


def test_food_is_said_of_food_alone(program, giver):
    refused = program(giver).post("/listings", {**CURRY, "category": "flat_panel"})
    assert (refused.status_code, list(refused.get_json()["errors"])) == (422, ["food"])


def test_a_draft_of_food_without_anything_names_all_that_is_missing(program, giver):
    ours = program(giver)
    draft = ours.post("/listings", {"category": "meal_hot"}).get_json()
    errors = ours.post(f"/listings/{draft['id']}/publish").get_json()["errors"]
    assert {"title", "quantity", "site", "food.made_at", "food.use_by", "food.keep", "food.allergens"} <= set(errors)
