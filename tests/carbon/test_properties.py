"""Properties of the method, numbered as in its list of invariants, over drawn inputs."""

import random
from decimal import Decimal
from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from marketplace.carbon import library
from marketplace.carbon.doubt import Doubt, TotalDoubt
from marketplace.carbon.factors import FactorRow, Library
from marketplace.carbon.method import compute
from marketplace.carbon.numbers import display, exactly, wide
from marketplace.carbon.reasons import NotQuantified

FACTORS = library.shipped()
BY_KG = sorted(r.key for r in FACTORS if r.key.startswith("prod.") and r.unit == "kg")
ENDS = sorted(r.key for r in FACTORS if r.key.startswith("eol.") and not r.key.endswith(".credit"))
X = sorted(r.key for r in FACTORS if r.key.startswith("tr.") and r.unit in ("km", "t.km"))

quantities = st.decimals("0", "5000", places=3)
shares = st.decimals("0", "1", places=3)
percents = st.sampled_from(["0", "2", "10", "20", "30"])


def text(value):
    return format(value, "f")


@st.composite
def lines(draw):
    line = {
        "production": draw(st.sampled_from(BY_KG)),
        "quantity": text(draw(quantities)),
        "u_quantity_pct": draw(percents),
    }
    if draw(st.booleans()):
        line["recycled"] = {"factor": "prod.steel_recycled", "share": text(draw(shares))}
    if draw(st.booleans()):
        line["eol_new"] = draw(st.sampled_from(ENDS))
    return line


@st.composite
def trips(draw):
    key = draw(st.sampled_from(X))
    return {
        "factor": key,
        "km": text(draw(quantities)),
        "mass_kg": text(draw(quantities)),
        "load_share": text(draw(shares)),
        "u_quantity_pct": "10",
    }


@st.composite
def transfers(draw):
    return {
        "displacement": text(draw(shares)),
        "u_displacement_pct": draw(percents),
        "lines": draw(st.lists(lines(), min_size=1, max_size=4)),
        "extra": draw(st.lists(trips(), max_size=2)),
        "own_eol": draw(
            st.lists(
                st.fixed_dictionaries(
                    {
                        "mass_kg": quantities.map(text),
                        "now": st.sampled_from(ENDS),
                        "later": st.sampled_from(ENDS),
                        "u_quantity_pct": percents,
                    }
                ),
                max_size=1,
            )
        ),
    }


def run(inputs, kind="donation", **more):
    return compute(kind, inputs, FACTORS, **more)


def scale_of(*results):
    """What « relative » is relative to: the size of the terms, since figures may cancel."""
    return max([abs(t.amount) for r in results for t in r.terms] + [Decimal("1e-12")])


def close(a, b, *results):
    with exactly():
        return abs(a - b) <= scale_of(*results) * Decimal("1e-20")


def scaled(inputs, factor):
    out = {**inputs, "lines": [], "extra": [], "own_eol": []}
    for line in inputs["lines"]:
        out["lines"].append(line | {"quantity": text(Decimal(line["quantity"]) * factor)})
    for line in inputs["extra"]:
        moved = "mass_kg" if FACTORS.get(line["factor"], "").unit == "t.km" else "km"
        out["extra"].append(line | {moved: text(Decimal(line[moved]) * factor)})
    for line in inputs["own_eol"]:
        out["own_eol"].append(line | {"mass_kg": text(Decimal(line["mass_kg"]) * factor)})
    return out


@given(transfers())
def test_1_an_entry_and_its_reversal_leave_nothing(inputs):
    result = run(inputs, displacement_key="d.other")
    assert result.total + -result.total == 0
    total = TotalDoubt()
    total.add(result.doubt)
    total.add(result.doubt.negated(), cancels=True)
    assert total.uncertainty() == 0


@given(transfers(), st.randoms(use_true_random=False))
def test_2_lines_may_come_in_any_order(inputs, chance):
    mixed = list(inputs["lines"])
    chance.shuffle(mixed)
    first, second = run(inputs), run({**inputs, "lines": mixed})
    assert close(first.total, second.total, first)


@given(st.lists(transfers(), min_size=1, max_size=4), st.integers())
def test_2_a_total_does_not_depend_on_order(many, seed):
    results = [run(inputs, displacement_key="d.other") for inputs in many]
    mixed = list(results)
    random.Random(seed).shuffle(mixed)
    with wide():
        assert sum(r.total for r in results) == sum(r.total for r in mixed)
    totals = []
    for order in (results, mixed):
        total = TotalDoubt()
        for result in order:
            total.add(result.doubt)
        totals.append(total.uncertainty())
    assert totals[0] == totals[1]


@given(transfers())
def test_3_recomputed_from_what_was_stored_it_is_exactly_the_same(inputs):
    first = run(inputs)
    kept = Library(
        FactorRow(r.key, r.version, r.unit, Decimal(r.text), r.text, r.uncertainty) for r in first.factors_used
    )
    # credits that did not exist then must not appear now, so the library kept is only what was used
    again = compute("donation", inputs, kept)
    assert (again.total, again.uncertainty) == (first.total, first.uncertainty)


@given(transfers())
def test_4_the_steps_add_up(inputs):
    result = run(inputs)
    with exactly():
        assert sum(value for _, value in result.steps) == result.total
        assert close(sum(t.amount for t in result.terms), result.total, result)


@given(transfers(), st.sampled_from(["0", "0.5", "2", "3.25"]))
def test_5_and_26_homogeneous_of_degree_one(inputs, factor):
    factor = Decimal(factor)
    one, other = run(inputs), run(scaled(inputs, factor))
    assert close(other.total, one.total * factor, one, other)
    assert close(other.uncertainty, one.uncertainty * factor, one, other)


@given(transfers(), shares)
def test_5_splitting_a_line_changes_nothing(inputs, part):
    with exactly():
        whole, a, b = run(inputs), run(scaled(inputs, part)), run(scaled(inputs, 1 - part))
        assert close(a.total + b.total, whole.total, whole)
        assert whole.uncertainty <= (a.uncertainty + b.uncertainty) * (1 + Decimal("1e-20")) + Decimal("1e-18")


@given(transfers(), shares, shares)
def test_6_affine_in_d(inputs, low, high):
    at = {d: run({**inputs, "displacement": text(d)}) for d in (Decimal(0), Decimal(1), low, high)}
    slope = at[Decimal(1)].total - at[Decimal(0)].total
    with exactly():
        for d in (low, high):
            assert close(at[d].total, at[Decimal(0)].total + d * slope, *at.values())


@given(transfers())
def test_7_nothing_displaced_nothing_moved(inputs):
    still = run({**inputs, "displacement": "0"})
    steps = dict(still.steps)
    assert steps["substituted_production"] == steps["substituted_end_of_life"] == 0
    assert still.total == steps["own_end_of_life"] + steps["extra"]
    empty = run({"displacement": inputs["displacement"], "lines": [], "extra": []})
    assert (empty.total, empty.uncertainty) == (0, 0)


@given(transfers())
def test_8_sale_and_donation_have_the_same_physics(inputs):
    assert run(inputs).total == run(inputs, kind="sale").total
    assert run({**inputs, "price": "1000000"}).total == run(inputs).total


@given(transfers(), st.sampled_from(ENDS))
def test_9_the_same_route_changes_nothing(inputs, route):
    same = [{"mass_kg": "12.5", "now": route, "later": route}]
    assert dict(run({**inputs, "own_eol": same}).steps)["own_end_of_life"] == 0
    swapped = [line | {"now": line["later"], "later": line["now"]} for line in inputs["own_eol"]]
    a, b = run(inputs), run({**inputs, "own_eol": swapped})
    assert dict(a.steps)["own_end_of_life"] == -dict(b.steps)["own_end_of_life"]


@given(transfers(), shares)
def test_10_between_virgin_and_recycled(inputs, r):
    def with_r(value):
        changed = [
            line | {"recycled": {"factor": "prod.steel_recycled", "share": text(value)}} for line in inputs["lines"][:1]
        ]
        return run({**inputs, "lines": changed, "extra": [], "own_eol": []})

    low, mid, high = with_r(Decimal(0)), with_r(r), with_r(Decimal(1))
    slack = scale_of(low, mid, high) * Decimal("1e-20")
    assert min(low.total, high.total) - slack <= mid.total <= max(low.total, high.total) + slack


@given(transfers(), st.lists(st.integers(0, 100), min_size=2, max_size=4))
def test_25_views_add_up_to_the_whole(inputs, weights):
    assume(sum(weights) > 0)
    with exactly():
        parts = [(Decimal(w) / sum(weights)).quantize(Decimal("0.0001")) for w in weights[1:]]
        parts.insert(0, 1 - sum(parts))
    assume(0 <= parts[0] <= 1)
    result = run({**inputs, "allocation": {f"party{i}": text(p) for i, p in enumerate(parts)}})
    with exactly():
        views = [result.total * p for p in result.allocation.values()]
        assert close(sum(views), result.total, result)
        for n in range(len(views)):
            assert abs(sum(views[:n])) <= abs(result.total) * (1 + Decimal("1e-20"))


@given(transfers(), transfers())
def test_26_uncertainty_of_a_total(one, two):
    a, b = run(one, displacement_key="d.other"), run(two, displacement_key="d.other")
    total = TotalDoubt()
    total.add(a.doubt)
    total.add(b.doubt)
    together = total.uncertainty()
    assert 0 <= together <= (a.uncertainty + b.uncertainty) * (1 + Decimal("1e-20"))
    alone = TotalDoubt()
    alone.add(a.doubt)
    assert close(alone.uncertainty(), a.uncertainty, a)


@given(transfers())
def test_26_no_doubt_without_doubtful_inputs_and_never_less_with_more(inputs):
    def all_u(pct):
        out = {**inputs, "u_displacement_pct": pct}
        for name in ("lines", "extra", "own_eol"):
            out[name] = [line | {"u_quantity_pct": pct} for line in inputs[name]]
        return out

    sure = Library(FactorRow(r.key, r.version, r.unit, r.value, r.text, Decimal(0)) for r in FACTORS)
    assert compute("donation", all_u("0"), sure).uncertainty == 0
    grows = [run(all_u(pct)).uncertainty for pct in ("0", "2", "10", "30")]
    assert all(b >= a * (1 - Decimal("1e-20")) for a, b in pairwise(grows))


NAMES = ["displacement", "lines", "extra", "own_eol", "production", "quantity", "factor", "km", "mass_kg", "eol_new",
         "recycled", "share", "allocation", "streams", "outcome", "kwh"]  # fmt: skip
JUNK = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=25,
)


@given(JUNK)
@settings(max_examples=300)
def test_27_anything_else_is_refused_and_nothing_crashes(junk):
    for kind in ("donation", "rental", "reclaim", "food", "energy"):
        try:
            result = compute(kind, junk, FACTORS)
        except NotQuantified:
            continue
        assert result.total.is_finite()


@given(st.decimals("-1e9", "1e9", allow_nan=False, allow_infinity=False))
def test_28_three_figures_read_back_within_half_a_percent(value):
    shown = display(value)
    read = Decimal(shown)
    assert (read < 0) == (value < 0)
    assert abs(read - value) <= abs(value) * Decimal("0.005")


def test_a_doubt_survives_json():
    result = run(
        {"displacement": "0.5", "u_displacement_pct": "30", "lines": [{"production": "prod.steel", "quantity": "7"}]},
        displacement_key="d.other",
    )
    assert Doubt.from_json(result.doubt.as_json()) == result.doubt
    assert set(result.doubt.displacement) == {"d.other|30"}
    total = TotalDoubt()
    total.add(result.doubt, Decimal("0.25"))
    assert TotalDoubt.from_json(total.as_json()).uncertainty() == total.uncertainty()
