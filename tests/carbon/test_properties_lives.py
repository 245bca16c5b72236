"""Properties 11 to 13 and 18 to 24: uses of a rented thing, sorted streams, food and power, over drawn inputs."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.carbon import library
from marketplace.carbon.factors import Library
from marketplace.carbon.method import compute
from marketplace.carbon.numbers import exactly
from tests.carbon.test_properties import ENDS, FACTORS, close, lines, percents, quantities, run, shares, text, trips

SINGLE = sorted(key for key in ENDS if not key.endswith(".mixed"))
FOODS = sorted(row.key for row in FACTORS if row.key.startswith("food.") and row.unit == "kg")
masses = st.decimals("0.001", "2000", places=3)
some_lines = st.lists(lines(), min_size=1, max_size=3)


def rental(some, d="0.5", uses="5", origin="reuse", rank="1", expected="5", extra=()):
    own = {"origin": origin, "use_index": rank, "uses_expected": expected, "lines": some}
    return {
        "displacement": d, "u_displacement_pct": "30", "lines": some, "uses_of_new_item": uses, "own_item": own,
        "extra": list(extra),
    }  # fmt: skip


def steps_of(result):
    return dict(result.steps)


@given(some_lines, shares)
def test_11_one_use_of_a_thing_come_by_reuse_is_a_sale(some, d):
    rented = run(rental(some, text(d), uses="1"), "rental")
    sold = run({"displacement": text(d), "u_displacement_pct": "30", "lines": some}, "sale")
    assert rented.total == sold.total


@given(some_lines, st.integers(1, 20), st.integers(1, 20))
def test_11_more_uses_of_the_new_item_less_of_it_is_not_bought(some, one, other):
    few, many = sorted((one, other))
    a, b = (run(rental(some, uses=str(n)), "rental") for n in (few, many))
    for name in ("substituted_production", "substituted_end_of_life"):
        assert abs(steps_of(a)[name]) >= abs(steps_of(b)[name])


@given(some_lines, st.integers(1, 6), st.integers(0, 8))
@settings(max_examples=50)
def test_12_its_own_production_is_charged_once_also_where_it_leaves_early(some, expected, made):
    """Over N uses, or n of them and the closing entry: Σ[q·P + m·E], never more."""
    charged = [
        -steps_of(run(rental(some, origin="bought_new", rank=str(n), expected=str(expected)), "rental"))[
            "own_production_share"
        ]
        for n in range(1, made + 1)
    ]
    at_once = run(rental(some, origin="bought_new", expected="1"), "rental")
    with exactly():
        total = sum(charged, Decimal(0))
    own = {"origin": "bought_new", "use_index": str(made), "uses_expected": str(expected), "lines": some}
    closing = -run({"own_item": own}, "closing").total
    assert all(share == 0 for share in charged[expected:])
    with exactly():
        assert close(total + closing, -steps_of(at_once)["own_production_share"], at_once)


@given(some_lines, st.integers(1, 5), st.lists(trips(), max_size=2))
@settings(max_examples=50)
def test_13_bought_new_for_those_who_would_have_bought_new_only_the_transport_is_left(some, n, extra):
    results = [
        run(rental(some, "1", str(n), "bought_new", str(rank), str(n), extra), "rental") for rank in range(1, n + 1)
    ]
    with exactly():
        total = sum((one.total for one in results), Decimal(0))
        moved = sum((steps_of(one)["extra"] for one in results), Decimal(0))
        size = sum((abs(value) for one in results for value in steps_of(one).values()), Decimal(1))
        assert abs(total - moved) <= size * Decimal("1e-20")


@st.composite
def streams(draw):
    return {
        "mass_kg": text(draw(masses)),
        "counterfactual": draw(st.sampled_from(SINGLE)),
        "outcome": draw(st.sampled_from(SINGLE)),
        "u_quantity_pct": draw(percents),
    }


@given(st.lists(streams(), min_size=1, max_size=5))
def test_19_20_streams_change_sign_with_their_routes_and_none_is_floored(some):
    there = run({"streams": some}, "reclaim")
    turned = [{**s, "counterfactual": s["outcome"], "outcome": s["counterfactual"]} for s in some]
    assert close(there.total, -run({"streams": turned}, "reclaim").total, there)
    neutral = [{**s, "outcome": s["counterfactual"]} for s in some]
    assert run({"streams": neutral}, "reclaim").total == 0
    with exactly():
        assert sum(dict(there.steps).values(), Decimal(0)) == there.total
    for i, stream in enumerate(some):
        alone = run({"streams": [stream]}, "reclaim").total
        assert dict(there.steps)[f"stream_{i + 1}"] == alone


def test_21_no_single_material_is_set_against_mixed_waste():
    """The defaults of the method, and what the materials of the catalogue take."""
    for row in library.parameter_rows():
        stream = row["key"].removeprefix("eol_default.")
        if stream != row["key"] and stream != "mixed":
            assert row["value"] not in ("eol.unsorted.mixed", "eol.average.mixed"), row["key"]


@st.composite
def meals(draw, eaten=None):
    return {
        "displacement": text(draw(shares)),
        "u_displacement_pct": "30",
        "counterfactual": "eol.incineration.food",
        "spoiled_outcome": draw(st.sampled_from(["eol.composting.food", "eol.digestion.food", "eol.landfill.food"])),
        "lines": [
            {
                "factor": draw(st.sampled_from(FOODS)),
                "quantity": text(draw(quantities)),
                "edible_share": text(draw(shares)),
                "eaten_share": text(draw(shares) if eaten is None else eaten),
                "u_quantity_pct": "10",
            }
        ],
        "extra": draw(st.lists(trips(), max_size=1)),
    }


@given(meals())
def test_22_what_is_eaten_and_what_is_spoiled_make_the_whole(meal):
    result = run(meal, "food")
    (line,) = meal["lines"]
    mass = {role: Decimal(0) for role in ("eaten", "spoiled")}
    for term in result.terms:
        if term.role == "counterfactual" and not term.factor.key.endswith(".credit"):
            mass["eaten" if term.step == "treatment_of_eaten_food" else "spoiled"] += dict(term.parts)["m"]
    assert close(mass["eaten"] + mass["spoiled"], Decimal(line["quantity"]))


@given(meals(eaten=Decimal(0)))
def test_22_23_nothing_eaten_saves_no_production(meal):
    result = run(meal, "food")
    assert dict(result.steps)["food_not_produced"] == 0
    same = run({**meal, "spoiled_outcome": meal["counterfactual"]}, "food")
    assert same.total == dict(same.steps)["extra"]


@given(meals(), shares, shares)
def test_23_affine_in_the_share_eaten(meal, one, other):
    def at(share):
        (line,) = meal["lines"]
        return run({**meal, "lines": [{**line, "eaten_share": text(share)}]}, "food")

    with exactly():
        middle = (one + other) / 2
    a, b, m = at(one), at(other), at(middle)
    with exactly():
        assert close((a.total + b.total) / 2, m.total, a, b, m)


@given(quantities, quantities, st.lists(trips(), max_size=1))
def test_24_power_is_linear_and_the_same_supply_saves_nothing(one, other, extra):
    def at(kwh, baseline="en.genset_kwh"):
        inputs = {"kwh": text(kwh), "u_quantity_pct": "2", "baseline": baseline, "solution": "en.electricity_fr"}
        return run(inputs | {"extra": extra}, "energy")

    same = at(one, "en.electricity_fr")
    assert same.total == dict(same.steps)["extra"]
    a, b, both = at(one), at(other), at(one + other)
    moved = dict(both.steps)["extra"]
    assert close(both.total - moved, (a.total - moved) + (b.total - moved), a, b, both)


def test_the_closing_of_a_thing_never_used_takes_all_of_it():
    own = {"origin": "bought_new", "use_index": "0", "uses_expected": "4", "lines": []}
    assert compute("closing", {"own_item": own}, Library(FACTORS)).total == 0
