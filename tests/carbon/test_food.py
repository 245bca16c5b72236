"""Food from a line of an exchange to the method's figures, against tables worked out by hand; negative ones too."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.carbon.food import Eaten, food_inputs, with_eaten
from marketplace.carbon.logistics import Trip
from marketplace.carbon.method import compute
from marketplace.carbon.numbers import ONE, ZERO, exactly, six
from marketplace.carbon.reasons import NotQuantified
from marketplace.catalogue import taxonomy
from tests.carbon.test_bridge import KNOWLEDGE, thing

NET_OLD = Decimal("0.045") - Decimal("0.126")  # incineration of food, with its credit
NET_COMPOST = Decimal("0.140") - Decimal("0.026")
NET_DIGESTION = Decimal("0.173") - Decimal("0.012")


def ate(eaten=0, composted=0, digested=0, thrown=0, edible="1"):
    return Eaten(*(Decimal(str(part)) for part in (eaten, composted, digested, thrown)), Decimal(edible))


def figures(what, eaten=None, trip=None, **more):
    made = food_inputs(what, KNOWLEDGE, trip, eaten, **more)
    return made, compute("food", made.inputs, KNOWLEDGE.factors, made.displacement_key)


@pytest.mark.parametrize(
    ("what", "eaten", "not_produced", "of_eaten", "of_spoiled"),
    [
        # 30 hot meals at 0.45 kg, 2.04 a meal: all eaten
        (thing("meal_hot", 30), ate(30), "42.84", 30 * Decimal("0.45") * NET_OLD, 0),
        # 24 eaten, 6 composted: 6 × 0.45 × (−0.081 − 0.114)
        (
            thing("meal_hot", 30), ate(24, composted=6), "34.272", 24 * Decimal("0.45") * NET_OLD,
            6 * Decimal("0.45") * (NET_OLD - NET_COMPOST),
        ),
        # what is thrown goes the old way: nothing changes for it
        (thing("meal_hot", 30), ate(24, thrown=6), "34.272", 24 * Decimal("0.45") * NET_OLD, 0),
        # 10 vegetarian meals, 4 eaten, 3 composted, 2 digested, 1 thrown: each part its own route
        (
            thing("meal_vegetarian", 10, mass="0.42"), ate(4, 3, 2, 1), Decimal("0.7") * 4 * Decimal("0.85"),
            4 * Decimal("0.42") * NET_OLD,
            3 * Decimal("0.42") * (NET_OLD - NET_COMPOST) + 2 * Decimal("0.42") * (NET_OLD - NET_DIGESTION),
        ),
        # a batch that is wholly spoiled: the third term alone, and negative
        (thing("meal_hot", 30), ate(0, composted=30), "0", 0, 30 * Decimal("0.45") * (NET_OLD - NET_COMPOST)),
        # by weight there is no factor by the meal: half lasagne with meat, half without
        (
            thing("meal_hot", 10, unit="kg"), ate(10),
            Decimal("0.7") * (6 * Decimal("5.87") + 4 * Decimal("2.57")), 10 * NET_OLD, 0,
        ),
        (thing("bread", 4), ate(3, composted=1), Decimal("0.7") * 3 * Decimal("0.7767"), 3 * NET_OLD,
         NET_OLD - NET_COMPOST),
        # 60 sandwiches of 0.23 kg have no factor of their own: ham sandwich by the kilogram
        (thing("sandwich", 60), ate(60), Decimal("0.7") * Decimal("13.8") * Decimal("4.77"),
         Decimal("13.8") * NET_OLD, 0),
        # raw: 5 kg of fruit and vegetables, 90 % can be eaten, the peelings composted
        (
            thing("fruit_veg", 5), ate("4.5", composted="0.5", edible="0.9"),
            Decimal("3.15") * (Decimal("0.6") * Decimal("0.408195") + Decimal("0.4") * Decimal("0.396066")),
            Decimal("4.5") * NET_OLD, Decimal("0.5") * (NET_OLD - NET_COMPOST),
        ),
        # drinks are counted by the litre, 1 kg a litre: 10 l are 10.3 kg, half water, half soda
        (
            thing("drink_cold", 10), ate(10),
            Decimal("0.7") * (Decimal("5.15") * Decimal("0.320735") + Decimal("5") * Decimal("0.49333")),
            Decimal("10.15") * NET_OLD, 0,
        ),
    ],
)  # fmt: skip
def test_what_was_eaten_and_what_was_not(what, eaten, not_produced, of_eaten, of_spoiled):
    _made, result = figures(what, eaten)
    steps = dict(result.steps)
    assert six(steps["food_not_produced"]) == six(Decimal(not_produced))
    assert six(steps["treatment_of_eaten_food"]) == six(Decimal(of_eaten))
    assert six(steps["treatment_of_spoiled_food"]) == six(Decimal(of_spoiled))
    assert six(result.total) == six(Decimal(not_produced) + Decimal(of_eaten) + Decimal(of_spoiled))


def test_before_anybody_has_said_what_was_eaten_only_transport_is_counted():
    van = taxonomy.vehicles()["van_12m3"]
    made, result = figures(thing("meal_hot", 30), trip=Trip(van, Decimal(6)))
    assert result.total == -12 * Decimal(KNOWLEDGE.factors.get("tr.van_km", "").value)
    assert made.notes == ("not_reported",)
    assert made.inputs["spoiled_outcome"] == made.inputs["counterfactual"] == "eol.incineration.food"
    # and k changes nothing of it: raw food needs none yet
    _raw, of_raw = figures(thing("fruit_veg", 5))
    assert of_raw.total == ZERO


@pytest.mark.parametrize(
    ("vehicle", "cold", "factor", "notes"),
    [
        ("van_12m3", False, "tr.van_km", ()),
        ("van_12m3", True, "tr.van_km", ("cold_not_counted",)),
        ("bike", True, "tr.cargo_bike_km", ()),  # a box with ice
        ("truck_7t5", False, "tr.rigid_3t5_7t5_tkm", ()),
        ("truck_7t5", True, "tr.rigid_refrigerated_tkm", ()),
    ],
)
def test_cold_food_travels_in_a_cold_lorry(vehicle, cold, factor, notes):
    made, _result = figures(thing("meal_cold", 40), ate(40), Trip(taxonomy.vehicles()[vehicle], Decimal(8)), cold=cold)
    assert [line["factor"] for line in made.inputs["extra"]] == [factor]
    assert made.notes == notes


def test_a_route_that_its_giver_named_is_the_one_it_is_set_against():
    made, result = figures(replace(thing("meal_hot", 10), route_avoided="landfill"), ate(10))
    assert made.inputs["counterfactual"] == "eol.landfill.food"
    # 4.5 kg × (0.692 − 0.226): this time what is eaten avoids something at the tip as well
    assert dict(result.steps)["treatment_of_eaten_food"] == Decimal("4.5") * Decimal("0.466")
    other, _ = figures(replace(thing("meal_hot", 10), route_avoided="average"), ate(10))
    assert other.inputs["counterfactual"] == "eol.incineration.food"


def test_portions_carry_ten_percent_and_what_was_weighed_two():
    portions, _ = figures(thing("meal_hot", 30), ate(30))
    weighed, _ = figures(thing("bread", 4, weighed=True), ate(4))
    assert [line["u_quantity_pct"] for line in portions.inputs["lines"]] == ["10"]
    assert [line["u_quantity_pct"] for line in weighed.inputs["lines"]] == ["2"]
    assert (portions.basis, weighed.basis) == ("item", "materials")


@pytest.mark.parametrize(
    ("what", "code"),
    [
        (replace(thing("meal_hot", 30), category=None), "no_category"),
        (thing("meal_hot", 0), "no_quantity"),
        (replace(thing("meal_hot", 3), unit="piece"), "no_mass"),
        (thing("bread", 4, materials=[("food_bread", 50)]), "shares"),
        (thing("bread", 4, materials=[("moonstone", 100)]), "unknown_material"),
    ],
)
def test_what_cannot_be_counted_says_why(what, code):
    with pytest.raises(NotQuantified) as refusal:
        figures(what, None)
    assert refusal.value.code == code


def test_more_cannot_be_eaten_than_can_be_eaten():
    made = food_inputs(thing("fruit_veg", 5), KNOWLEDGE, None, None)
    with pytest.raises(NotQuantified):
        with_eaten(made.inputs, ate(5, edible="0.9"), "eol.incineration.food")


thousandths = st.integers(0, 4000).map(lambda n: Decimal(n) / 1000)


@given(st.tuples(thousandths, thousandths, thousandths, thousandths).filter(any), st.integers(1, 100))
def test_every_gram_is_eaten_or_goes_one_way(parts, percent):
    """Shares stay within 0 and 1 and make a whole; the masses of the terms are those of the report."""
    eaten, composted, digested, thrown = parts
    whole = sum(parts)
    if eaten * 100 > whole * percent:
        percent = 100
    said = Eaten(eaten, composted, digested, thrown, Decimal(percent) / 100)
    made, result = figures(thing("bread", whole), said)
    line = made.inputs["lines"][0]
    assert ZERO <= Decimal(line["eaten_share"]) <= ONE
    outcome = made.inputs["spoiled_outcome"]
    if isinstance(outcome, list):
        assert sum(Decimal(one["share"]) for one in outcome) == ONE
        assert all(ZERO <= Decimal(one["share"]) <= ONE for one in outcome)
    with exactly():
        masses = {}
        for term in result.terms:
            if term.role == "outcome" and not term.factor.key.endswith(".credit"):
                masses[term.factor.key] = masses.get(term.factor.key, ZERO) + dict(term.parts)["m"]
    for key, part in (
        ("eol.composting.food", composted), ("eol.digestion.food", digested), ("eol.incineration.food", thrown),
    ):  # fmt: skip
        assert abs(masses.get(key, ZERO) - part) < Decimal("1e-18")


@given(st.integers(0, 40), st.integers(0, 40))
def test_the_figure_rises_with_what_is_eaten(one, other):
    """Affine in s, and rising: meals were made at a cost that no bin gives back."""
    fewer, more = sorted((one, other))
    low, high = (figures(thing("meal_hot", 40), ate(n, composted=40 - n))[1].total for n in (fewer, more))
    assert low <= high
    at_none = figures(thing("meal_hot", 40), ate(0, composted=40))[1].total
    at_all = figures(thing("meal_hot", 40), ate(40))[1].total
    with exactly():
        assert abs(low - (at_none + (at_all - at_none) * fewer / 40)) < Decimal("1e-18")
