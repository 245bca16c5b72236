"""The estimate gives what the worked examples say, to the last figure, and names what is wrong."""

import json

import pytest

from tests.carbon.test_method import EXAMPLES

DONATIONS_AND_SALES = [example for example in EXAMPLES if example["kind"] in ("donation", "sale")]


@pytest.mark.parametrize("example", DONATIONS_AND_SALES, ids=[e["id"] for e in DONATIONS_AND_SALES])
def test_worked_example(program, example):
    answer = program().post("/carbon/estimate", {"kind": example["kind"], "inputs": example["inputs"]})
    assert answer.status_code == 200
    body = answer.get_json()
    assert {name: body[name] for name in example["expected"]} == example["expected"]


def test_there_are_examples_of_both_kinds():
    assert {example["kind"] for example in DONATIONS_AND_SALES} == {"donation", "sale"}
    assert len(DONATIONS_AND_SALES) >= 7


def test_by_category_with_a_vehicle(program):
    body = (
        program()
        .post(
            "/carbon/estimate",
            {
                "kind": "donation",
                "lines": [{"category": "flat_panel", "quantity": 6}],
                "distance_km": 24,
                "vehicle": "van_20m3",
            },
        )
        .get_json()
    )
    assert float(body["result_kgco2e"]) > 0
    assert float(body["uncertainty_kgco2e"]) > 0
    assert body["inputs"]["lines"]
    assert any(used["key"].startswith("tr.") for used in body["factors_used"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (
            {
                "kind": "donation",
                "inputs": {"displacement": "0.6", "lines": [{"production": "prod.nothing", "quantity": "1"}]},
            },
            "inputs.lines.0.production",
        ),
        ({"kind": "donation", "inputs": {"displacement": "6", "lines": []}}, "inputs.displacement"),
        ({"kind": "donation", "lines": [{"category": "nothing", "quantity": 6}]}, "lines.0.category"),
        ({"kind": "donation", "lines": [{"category": "flat_panel", "quantity": 6}], "vehicle": "cart"}, "vehicle"),
        ({"kind": "gift", "inputs": {}}, "kind"),
        ({"kind": "donation"}, "inputs"),
        ({"kind": "donation", "inputs": {}, "lines": []}, "inputs"),
        ({"inputs": {}}, "kind"),
        ({"kind": "donation", "inputs": {}, "colour": "red"}, "colour"),
    ],
)
def test_wrong_values_are_named(program, body, field):
    answer = program().post("/carbon/estimate", body)
    assert answer.status_code == 422
    assert field in answer.get_json()["errors"]


def test_figures_are_texts_and_display_has_three_figures(program):
    example = DONATIONS_AND_SALES[0]
    text = (
        program()
        .post("/carbon/estimate", {"kind": example["kind"], "inputs": example["inputs"]})
        .get_data(as_text=True)
    )
    assert f'"result_kgco2e": {json.dumps(example["expected"]["result_kgco2e"])}' in text
