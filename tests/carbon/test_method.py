"""The method's figures: the worked examples to six decimals, and what is refused."""

import copy
import json
from decimal import Decimal, getcontext
from pathlib import Path

import pytest

from marketplace.carbon import library
from marketplace.carbon.factors import FactorRow, Library
from marketplace.carbon.method import compute
from marketplace.carbon.numbers import display
from marketplace.carbon.reasons import NotQuantified

EXAMPLES = json.loads((Path(__file__).parent / "data" / "worked_examples.json").read_text(encoding="utf-8"))["examples"]
FACTORS = library.shipped()
FLATS = next(e for e in EXAMPLES if e["id"] == "W01")["inputs"]


@pytest.mark.parametrize("example", EXAMPLES, ids=[e["id"] for e in EXAMPLES])
def test_worked_example(example):
    assert compute(example["kind"], example["inputs"], FACTORS).shown() == example["expected"]


def test_the_library_is_whole_and_its_unverified_rows_are_marked():
    assert len(FACTORS) == 263
    assert sum(1 for row in FACTORS if not row.verified) == 13
    assert FACTORS.get("prod.lamp", "").text == "5.64794563"


def test_the_process_wide_context_is_neither_used_nor_changed():
    before = getcontext().copy()
    getcontext().prec = 4
    try:
        shown = compute("donation", FLATS, FACTORS).shown()
        assert getcontext().prec == 4
    finally:
        getcontext().prec = before.prec
    assert shown["result_kgco2e"] == "131.528788"
    assert shown["uncertainty_kgco2e"] == "49.621902"


def changed(path, value):
    inputs = copy.deepcopy(FLATS)
    *parents, last = path
    place = inputs
    for key in parents:
        place = place[key]
    if value is KeyError:
        del place[last]
    else:
        place[last] = value
    return inputs


@pytest.mark.parametrize(
    ("path", "value", "code", "where"),
    [
        (("lines", 0, "production"), "prod.unobtainium", "missing_factor", "inputs.lines.0.production"),
        (("lines", 0, "production"), ["prod.plywood"], "missing_factor", "inputs.lines.0.production"),
        (("lines", 0, "production"), None, "missing_factor", "inputs.lines.0.production"),
        (("lines", 0, "eol_new"), "eol.nowhere", "missing_factor", "inputs.lines.0.eol_new"),
        (("lines", 0, "production"), "prod.chair_wood", "wrong_unit", "inputs.lines.0.production"),
        (("lines", 0, "eol_new"), "tr.van_km", "wrong_unit", "inputs.lines.0.eol_new"),
        (("lines", 0, "recycled"), {"factor": "prod.sofa_textile", "share": "0.5"}, "wrong_unit", None),
        (("lines", 0, "recycled"), {"factor": "prod.steel_recycled", "share": "1.2"}, "out_of_range", None),
        (("lines", 0, "recycled"), "half", "wrong_shape", None),
        (("displacement",), "1.0001", "out_of_range", "inputs.displacement"),
        (("displacement",), "-0.1", "out_of_range", "inputs.displacement"),
        (("displacement",), KeyError, "missing_field", "inputs.displacement"),
        (("u_displacement_pct",), "-3", "negative", "inputs.u_displacement_pct"),
        (("lines", 1, "quantity"), "-180", "negative", "inputs.lines.1.quantity"),
        (("lines", 1, "quantity"), "NaN", "not_a_number", "inputs.lines.1.quantity"),
        (("lines", 1, "quantity"), "Infinity", "not_a_number", "inputs.lines.1.quantity"),
        (("lines", 1, "quantity"), float("nan"), "not_a_number", "inputs.lines.1.quantity"),
        (("lines", 1, "quantity"), Decimal("sNaN"), "not_a_number", "inputs.lines.1.quantity"),
        (("lines", 1, "quantity"), "1e999999999", "not_a_number", "inputs.lines.1.quantity"),
        (("lines", 1, "quantity"), "1e99", "too_large", "inputs.lines.1.quantity"),
        (("lines", 1, "quantity"), "9" * 30, "too_large", "inputs.lines.1.quantity"),
        (("lines", 1, "quantity"), 10**40, "too_large", "inputs.lines.1.quantity"),
        (("lines", 1, "quantity"), "1_000", "not_a_number", "inputs.lines.1.quantity"),
        (("lines", 1, "quantity"), "١٨٠", "not_a_number", "inputs.lines.1.quantity"),
        (("lines", 1, "quantity"), "180 kg", "not_a_number", "inputs.lines.1.quantity"),
        (("lines", 1, "quantity"), True, "not_a_number", "inputs.lines.1.quantity"),
        (("lines", 1, "quantity"), {"value": 180}, "not_a_number", "inputs.lines.1.quantity"),
        (("lines", 1, "quantity"), "", "missing_field", "inputs.lines.1.quantity"),
        (("lines",), KeyError, "missing_field", "inputs.lines"),
        (("lines",), {"production": "prod.plywood"}, "wrong_shape", "inputs.lines"),
        (("lines",), ["prod.plywood"], "wrong_shape", "inputs.lines.0"),
        (("lines",), [{}] * 501, "too_large", "inputs.lines"),
        (("extra", 0, "km"), KeyError, "missing_field", "inputs.extra.0.km"),
        (("extra", 0, "factor"), "tr.teleport", "missing_factor", "inputs.extra.0.factor"),
        (("allocation",), {"giver": "0.5", "receiver": "0.6"}, "shares", "inputs.allocation"),
        (("allocation",), {"giver": "1.5", "receiver": "-0.5"}, "out_of_range", "inputs.allocation.giver"),
        (("allocation",), ["giver"], "wrong_shape", "inputs.allocation"),
    ],
)
def test_what_cannot_be_used_is_named_and_never_a_zero(path, value, code, where):
    with pytest.raises(NotQuantified) as refusal:
        compute("donation", changed(path, value), FACTORS)
    assert refusal.value.code == code
    if where:
        assert refusal.value.where == where


@pytest.mark.parametrize("inputs", [None, [], "donation", 3, float("inf")])
def test_inputs_of_the_wrong_shape(inputs):
    with pytest.raises(NotQuantified) as refusal:
        compute("donation", inputs, FACTORS)
    assert refusal.value.code == "wrong_shape"


@pytest.mark.parametrize("kind", ["gift", "", None, ["donation"], 1])
def test_unknown_kind(kind):
    with pytest.raises(NotQuantified) as refusal:
        compute(kind, FLATS, FACTORS)
    assert refusal.value.code == "unknown_kind"


def test_an_item_needs_its_mass_for_its_end_of_life():
    inputs = {
        "displacement": "0.5",
        "lines": [{"production": "prod.television", "quantity": "1", "eol_new": "eol.average.weee"}],
    }
    with pytest.raises(NotQuantified) as refusal:
        compute("sale", inputs, FACTORS)
    assert refusal.value.code == "wrong_unit"


RENTED = {"displacement": "1", "uses_of_new_item": "1", "lines": [{"production": "prod.steel", "quantity": "10"}]}


def own(units, rank, expected="4", origin="bought_new"):
    lines = [{"production": "prod.steel", "quantity": str(units), "u_quantity_pct": "20"}]
    return {"origin": origin, "use_index": rank, "uses_expected": expected, "lines": lines}


def test_units_with_different_pasts_add_up_and_share_the_doubt_of_what_a_unit_is():
    whole = compute("rental", RENTED | {"own_item": own(10, "2")}, FACTORS)
    parts = compute("rental", RENTED | {"own_item": [own(4, "2"), own(6, "4")]}, FACTORS)
    assert (parts.total, parts.uncertainty) == (whole.total, whole.uncertainty)
    old = compute("rental", RENTED | {"own_item": [own(4, "2"), own(6, "5"), own(9, "1", origin="reuse")]}, FACTORS)
    assert dict(old.steps)["own_production_share"] == dict(whole.steps)["own_production_share"] * 4 / 10


@pytest.mark.parametrize(
    ("item", "code", "where"),
    [
        ([], "missing_field", ""),
        ("a chair", "wrong_shape", ""),
        ([own(1, "1"), "a chair"], "wrong_shape", ".1"),
        ([own(1, "1"), own(1, "0")], "below_one", ".1.use_index"),
        ([own(1, "1", origin="found")], "out_of_range", ".0.origin"),
        ([own(1, "1") | {"factor_versions": ["x"]}], "wrong_shape", ".0.factor_versions"),
        ([own(1, "1") | {"factor_versions": {"prod.steel": "0"}}], "missing_factor", ".0.lines.0.production"),
    ],
)
def test_rented_items_that_cannot_be_used_are_named(item, code, where):
    with pytest.raises(NotQuantified) as refusal:
        compute("rental", RENTED | {"own_item": item}, FACTORS, named=lambda pairs: {})
    assert (refusal.value.code, refusal.value.where) == (code, f"inputs.own_item{where}")


def test_what_is_left_of_a_thing_that_leaves_its_stock():
    closed = compute("closing", {"own_item": own(10, "3")}, FACTORS)
    charged = compute("rental", RENTED | {"own_item": own(10, "1")}, FACTORS)
    assert closed.total == dict(charged.steps)["own_production_share"]  # one use of four is left
    assert compute("closing", {"own_item": own(10, "4")}, FACTORS).total == 0


def test_an_unverified_factor_is_marked():
    inputs = {"displacement": "0.5", "lines": [{"production": "prod.pmma", "quantity": "3", "unit": "kg"}]}
    assert compute("sale", inputs, FACTORS).unverified == ("prod.pmma",)
    assert compute("donation", FLATS, FACTORS).unverified == ()


def test_two_versions_of_one_factor_are_one_input_of_the_doubt():
    def steel(version, value):
        return FactorRow("prod.steel", version, "kg", Decimal(value), value, Decimal("0.25"))

    inputs = {
        "displacement": "1",
        "uses_of_new_item": "1",
        "lines": [{"production": "prod.steel", "quantity": "10"}],
        "own_item": {
            "origin": "bought_new",
            "use_index": "1",
            "uses_expected": "1",
            "lines": [{"production": "prod.steel", "quantity": "10"}],
        },
    }
    new, old = Library([steel("2", "2")]), Library([steel("1", "2")])
    result = compute("rental", inputs, new, own_factors=old)
    assert (result.total, result.uncertainty) == (0, 0)
    assert [row.version for row in result.factors_used] == ["2", "1"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [("9.996", "10.0"), ("0.09996", "0.100"), ("1755.4", "1760"), ("0", "0"), ("-3.761926", "-3.76"), ("0.5", "0.500"),
     ("2.345", "2.34"), ("2.355", "2.36"), ("-999.6", "-1000"), ("49.621902", "49.6")],
)  # fmt: skip
def test_display(value, shown):
    assert display(Decimal(value)) == shown


def test_an_integer_longer_than_python_will_write():
    with pytest.raises(NotQuantified) as refusal:
        compute("donation", changed(("lines", 1, "quantity"), 10**5000), FACTORS)
    assert refusal.value.code == "too_large"
