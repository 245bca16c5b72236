"""What became of meals over the API: the report that makes an entry final, the register, its files; and estimates of
food. Every answer is held against the description."""

import csv
import io
from decimal import Decimal

import pytest

from marketplace.carbon.numbers import six
from tests.carbon.test_method import EXAMPLES
from tests.factories import make_organisation
from tests.meals.made_traced import TONIGHT, at, handed_over, later, make_leftover

pytestmark = pytest.mark.both_databases


@pytest.fixture
def quai(app):
    at(TONIGHT)
    return make_organisation("Les Films du Quai", "production_company", siret="73282932000074")


@pytest.fixture
def maraude(app, quai):
    return make_organisation("La Maraude du Rhône", "food_charity")


@pytest.fixture
def exchange(quai, maraude):
    return handed_over(make_leftover(quai), maraude)


def test_a_report_makes_the_entry_final(program, quai, maraude, exchange):
    receiver, donor = program(maraude), program(quai)
    path = f"/exchanges/{exchange.public_id}"
    (entry,) = receiver.get(f"{path}/carbon").get_json()["entries"]
    assert (entry["kind"], entry["status"], entry["notes"]) == (
        "food", "provisional", ["not_reported", "transport_not_counted"],
    )  # fmt: skip
    assert receiver.get(f"{path}/eaten").status_code == 404
    answer = receiver.post(f"{path}/eaten", {"eaten": 24, "composted": "6"})
    assert answer.status_code == 201
    body = answer.get_json()
    assert (body["eaten"], body["composted"], body["entry_status"]) == ("24", "6", "counted")
    assert donor.get(f"{path}/eaten").get_json()["id"] == body["id"]
    carbon = donor.get(f"{path}/carbon").get_json()
    assert [one["status"] for one in carbon["entries"]] == ["provisional", "reversal", "counted"]
    assert carbon["total_kgco2e"] == six(Decimal("34.272") - Decimal("0.8748") - Decimal("0.5265"))
    assert carbon["total"]["mass_kg"] == "13.5"


def test_all_of_it_or_part_by_part_but_not_both(program, maraude, exchange):
    receiver, path = program(maraude), f"/exchanges/{exchange.public_id}/eaten"
    for wrong in ({}, {"everything": True, "eaten": 30}, {"eaten": 29}, {"eaten": 30, "thrown": 1}, {"eaten": -1}):
        assert receiver.post(path, wrong).status_code == 422, wrong
    assert receiver.post(path, {"everything": True}).status_code == 201
    assert receiver.post(path, {"everything": True}).status_code == 422  # a correction says what was wrong
    assert receiver.post(path, {"eaten": 28, "thrown": 2, "why": "Deux sont revenues."}).status_code == 201


def test_the_same_call_twice_is_one_report(program, maraude, exchange):
    receiver, path = program(maraude), f"/exchanges/{exchange.public_id}/eaten"
    first = receiver.post(path, {"everything": True}, key="ce-soir")
    again = receiver.post(path, {"everything": True}, key="ce-soir")
    assert first.get_json() == again.get_json()


def test_a_report_that_comes_late_leaves_the_entry_as_it_is(program, maraude, exchange):
    later(8)
    body = program(maraude).post(f"/exchanges/{exchange.public_id}/eaten", {"everything": True}).get_json()
    assert body["entry_status"] == "provisional"


def test_the_donor_may_not_say_it_and_strangers_find_nothing(program, quai, exchange):
    path = f"/exchanges/{exchange.public_id}/eaten"
    stranger = program(make_organisation("Traiteur Dubois", "caterer"))
    assert program(quai).post(path, {"everything": True}).status_code == 403
    assert stranger.post(path, {"everything": True}).status_code == 404
    assert stranger.get(path).status_code == 404


def test_the_register_as_a_list_and_as_files(program, quai, maraude, exchange):
    donor = program(quai, "read")
    body = donor.get("/meals/register").get_json()
    (row,) = body["items"]
    assert (row["way"], row["receiver"], row["quantity"], row["mass_kg"]) == (
        "given", "La Maraude du Rhône", "30", "13.5",
    )  # fmt: skip
    assert (row["allergens"], row["handed_over_temperature_c"], row["eaten"]) == (["gluten", "milk"], "67", None)
    assert program(maraude, "read").get("/meals/register?way=received").get_json()["total"] == 1
    assert donor.get("/meals/register?way=received").get_json()["items"] == []
    assert donor.get("/meals/register?from=2026-11-13").get_json()["total"] == 0
    assert donor.get("/meals/register?from=2026-11-13&to=2026-11-01").status_code == 422
    file = donor.client.get(
        "/api/v1/meals/register/file?format=csv", headers={"Authorization": f"Bearer {donor.secret}"}
    )
    assert file.status_code == 200
    (line,) = csv.DictReader(io.StringIO(file.get_data().decode("utf-8-sig")), delimiter=";")
    assert line["Repas"] == "Lasagnes de midi"
    book = donor.client.get(
        "/api/v1/meals/register/file?format=xlsx", headers={"Authorization": f"Bearer {donor.secret}"}
    )
    assert book.get_data()[:2] == b"PK"


# --- estimates -------------------------------------------------------------------------------------------------------


def test_the_worked_example_of_a_supper(program):
    (example,) = [one for one in EXAMPLES if one["kind"] == "food"]
    body = program().post("/carbon/estimate", {"kind": "food", "inputs": example["inputs"]}).get_json()
    assert {name: body[name] for name in example["expected"]} == example["expected"]


def test_food_by_category_as_its_entry_would_count_it(program):
    lines = [{"category": "meal_hot", "quantity": 30, "eaten_share": "0.8"}]
    body = program().post("/carbon/estimate", {"kind": "food", "lines": lines}).get_json()
    # what is not eaten goes into the bin: as without anybody, so it makes no difference
    assert body["result_kgco2e"] == six(Decimal("34.272") - Decimal("0.8748"))
    assert body["notes"] == ["transport_not_counted"]
    whole = program().post("/carbon/estimate", {"kind": "food", "lines": [{"category": "fruit_veg", "quantity": 5}]})
    assert whole.status_code == 200


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"category": "meal_hot", "quantity": 30, "eaten_share": 1.5}, "lines.0.eaten_share"),
        ({"category": "meal_hot", "quantity": 30, "edible_share": -1}, "lines.0.edible_share"),
        ({"category": "meal_hot", "quantity": 0}, "lines.0.quantity"),
    ],
)
def test_a_wrong_share_is_named(program, line, field):
    answer = program().post("/carbon/estimate", {"kind": "food", "lines": [line]})
    assert answer.status_code == 422 and field in answer.get_json()["errors"]


def test_several_outcomes_of_what_is_lost_make_a_whole(program):
    (example,) = [one for one in EXAMPLES if one["kind"] == "food"]
    parts = [{"factor": "eol.composting.food", "share": "0.4"}, {"factor": "eol.digestion.food", "share": "0.6"}]
    inputs = example["inputs"] | {"spoiled_outcome": parts}
    body = program().post("/carbon/estimate", {"kind": "food", "inputs": inputs}).get_json()
    assert {"eol.composting.food", "eol.digestion.food"} <= {one["key"] for one in body["factors_used"]}
    for wrong in ([parts[0]], [{**parts[0], "share": "1.4"}], [{"share": "1"}], []):
        bad = program().post("/carbon/estimate", {"kind": "food", "inputs": inputs | {"spoiled_outcome": wrong}})
        assert bad.status_code == 422, wrong
