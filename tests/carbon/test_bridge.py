"""From a line to the method's inputs: a table of cases in the words of the trade."""

from decimal import Decimal

import pytest

from marketplace.carbon import library
from marketplace.carbon.bridge import Knowledge, Thing, bridge, receiver_of
from marketplace.carbon.logistics import Trip, load_shares, road_distance
from marketplace.carbon.method import compute
from marketplace.carbon.numbers import six
from marketplace.carbon.owned import Own
from marketplace.carbon.parameters import ParameterRow, Parameters
from marketplace.carbon.reasons import NotQuantified
from marketplace.catalogue import taxonomy

PARAMETERS = Parameters(ParameterRow.read(row) for row in library.parameter_rows())
KNOWLEDGE = Knowledge(library.shipped(), PARAMETERS, taxonomy.materials())


def thing(category, quantity=1, unit=None, mass=None, weighed=False, materials=()):
    found = taxonomy.categories()[category]
    return Thing(
        category=found,
        quantity=Decimal(str(quantity)),
        unit=unit or found.unit or "piece",
        mass_kg=None if mass is None else Decimal(str(mass)),
        weighed=weighed,
        materials=[(key, Decimal(share)) for key, share in materials],
    )


def made(kind, what, receiver, **more):
    return bridge(kind, what, receiver, KNOWLEDGE, **more)


@pytest.mark.parametrize(
    ("what", "kind", "receiver", "key", "d"),
    [
        ("flat_panel", "donation", "production", "d.set_material.production", "0.60"),
        ("flat_panel", "sale", "production", "d.set_material.production", "0.60"),
        ("flat_panel", "donation", "public", "d.other", "0.28"),
        ("flat_panel", "donation", "stock", "d.into_stock", "0"),
        ("sofa", "donation", "public", "d.furniture_props.donation_public", "0.40"),
        ("sofa", "sale", "public", "d.furniture_props", "0.50"),
        ("sofa", "donation", "production", "d.furniture_props", "0.50"),
        ("dress", "donation", "public", "d.clothes_costumes.public", "0.28"),
        ("dress", "sale", "production", "d.clothes_costumes.production", "0.70"),
        ("tv", "donation", "public", "d.electrical_goods", "0.50"),
        ("video_projector", "sale", "production", "d.technical_gear", "0.50"),
        ("video_projector", "rental", "production", "d.technical_gear.rental_production", "0.80"),
        ("sofa", "sale", "stock", "d.into_stock", "0"),
    ],
)
def test_the_rate_of_purchases_avoided(what, kind, receiver, key, d):
    found = made(kind, thing(what), receiver, own=[Own("reuse")])
    assert (found.displacement_key, found.inputs["displacement"]) == (key, d)
    assert found.inputs["u_displacement_pct"] == ("0" if receiver == "stock" else "30")
    assert found.parameters[key] == d


@pytest.mark.parametrize(
    ("kind", "for_a_production", "receiver"),
    [
        ("reuse_centre", False, "stock"),
        ("rental_house", True, "stock"),
        ("production_company", False, "production"),
        ("venue", False, "production"),
        ("school", False, "public"),
        ("school", True, "production"),
        ("person", False, "public"),
        ("local_authority", False, "public"),
    ],
)
def test_what_a_receiver_stands_for(kind, for_a_production, receiver):
    assert receiver_of(kind, for_a_production) == receiver


def test_a_flat_is_counted_by_its_materials_and_mass():
    found = made("donation", thing("flat_panel", 12, mass="28.5", weighed=True), "production")
    assert (found.basis, found.mass_kg) == ("materials", Decimal("342.0"))
    common = {"u_quantity_pct": "2", "unit": "kg", "quantity": "171", "eol_new": "eol.unsorted.wood"}
    assert found.inputs["lines"] == [{"production": key, **common} for key in ("prod.plywood", "prod.softwood")]


def test_a_mass_from_the_eye_or_the_taxonomy_is_twenty_percent_doubtful():
    for what in (thing("flat_panel", mass="20"), thing("flat_panel")):
        assert made("donation", what, "production").inputs["lines"][0]["u_quantity_pct"] == "20"
    assert made("donation", thing("flat_panel", 2), "production").mass_kg == Decimal("35.8")


def test_a_sofa_is_counted_as_an_item_with_its_mass_for_its_end():
    found = made("donation", thing("sofa", 3), "production")
    assert found.basis == "item"
    assert found.inputs["lines"] == [
        {
            "production": "prod.sofa_textile",
            "quantity": "3",
            "unit": "item",
            "u_quantity_pct": "0",
            "eol_new": "eol.unsorted.wood",
            "eol_mass_kg": "188.4",
        }
    ]


def test_a_television_ends_as_electrical_waste():
    (line,) = made("donation", thing("tv"), "public").inputs["lines"]
    assert (line["production"], line["eol_new"], line["eol_mass_kg"]) == ("prod.television", "eol.average.weee", "12")


@pytest.mark.parametrize("unit", ["kg", "lot"])
def test_an_item_factor_only_where_the_line_counts_those_items(unit):
    found = made("donation", thing("sofa", 40, unit=unit, mass=None if unit == "kg" else 40), "production")
    assert found.basis == "materials"
    assert all(line["unit"] == "kg" for line in found.inputs["lines"])


def test_a_garden_set_is_an_item_by_the_lot_but_not_by_the_chair():
    assert made("donation", thing("garden_furniture", 1), "production").basis == "item"
    assert made("donation", thing("garden_furniture", 4, unit="piece", mass=5), "production").basis == "materials"


def test_new_steel_and_aluminium_hold_recycled_metal():
    found = made(
        "donation",
        thing("flat_panel", mass=10, materials=[("steel", 60), ("aluminium", 30), ("stainless", 10)]),
        "production",
    )
    steel, aluminium, stainless = found.inputs["lines"]
    assert steel["recycled"] == {"factor": "prod.steel_recycled", "share": "0.59"}
    assert aluminium["recycled"] == {"factor": "prod.aluminium_recycled", "share": "0.33"}
    assert "recycled" not in stainless
    assert {key: found.parameters[key] for key in ("r.steel", "r.aluminium")} == {
        "r.steel": "0.59",
        "r.aluminium": "0.33",
    }


def test_recycled_contents_of_the_materials_are_those_of_the_parameters():
    for material in taxonomy.materials().values():
        if material.recycled_content:
            family = material.production_factor.removeprefix("prod.")
            assert material.recycled_content == PARAMETERS.number(f"r.{family}")
            assert f"{material.production_factor}_recycled" in library.shipped()


@pytest.mark.parametrize("material", ["carpet", "carpet_wool", "linoleum", "paint_water", "paint_solvent", "varnish"])
def test_what_counts_to_the_grave_or_dries_on_the_thing_has_no_end_of_its_own(material):
    (line,) = made("donation", thing("flat_panel", mass=10, materials=[(material, 100)]), "production").inputs["lines"]
    assert "eol_new" not in line


def test_paint_by_the_litre_is_weighed_by_its_density():
    found = made("donation", thing("paint_can_water", 10, unit="l"), "production")
    (line,) = found.inputs["lines"]
    assert (line["production"], line["unit"], line["quantity"]) == ("prod.paint_water", "kg", "13.5")
    assert line["u_quantity_pct"] == "20"
    assert six(compute("donation", found.inputs, library.shipped()).total) == six(
        Decimal("0.60") * Decimal("13.5") * Decimal("2.54")
    )


def test_timber_by_the_kilo_is_its_own_mass():
    found = made("sale", thing("flat_panel", 250, unit="kg", weighed=True), "production")
    assert found.mass_kg == 250
    assert found.inputs["lines"][0]["u_quantity_pct"] == "2"


@pytest.mark.parametrize(
    ("what", "kind", "code"),
    [
        (thing("flat_panel", mass=5, materials=[("plant_live", 100)]), "donation", "missing_factor"),
        (thing("flat_panel", mass=5, materials=[("plywood", 80), ("plant_dry", 20)]), "donation", "missing_factor"),
        (thing("flat_panel", mass=5, materials=[("kryptonite", 100)]), "donation", "unknown_material"),
        (thing("flat_panel", mass=5, materials=[("plywood", 60)]), "donation", "shares"),
        (thing("flats", mass=5), "donation", "no_materials"),
        (thing("flats", unit="piece"), "donation", "no_mass"),
        (thing("flat_panel", 4, unit="m2"), "donation", "no_mass"),
        (thing("flat_panel", 0), "donation", "no_quantity"),
        (thing("meal_hot", 30), "donation", "food_apart"),
        (thing("sofa"), "rental", "origin_unknown"),
        (thing("sofa"), "reclaim", "kind_later"),
        (thing("sofa"), "meal", "kind_later"),
    ],
)
def test_what_cannot_be_quantified_says_why_and_is_never_a_zero(what, kind, code):
    with pytest.raises(NotQuantified) as refusal:
        made(kind, what, "production")
    assert refusal.value.code == code


def test_a_line_without_category():
    with pytest.raises(NotQuantified) as refusal:
        made("donation", Thing(None, Decimal(1), "piece"), "production")
    assert refusal.value.code == "no_category"


@pytest.mark.parametrize(
    ("vehicle", "legs", "line"),
    [
        ("car", 1, {"factor": "tr.car_km", "km": "26", "load_share": "1", "u_quantity_pct": "10"}),
        ("van_20m3", 2, {"factor": "tr.van_km", "km": "52", "load_share": "1", "u_quantity_pct": "10"}),
        ("truck_12t", 1, {"factor": "tr.rigid_7t5_12_tkm", "mass_kg": "107.4", "km": "13", "u_quantity_pct": "10"}),
        ("truck_7t5", 2, {"factor": "tr.rigid_3t5_7t5_tkm", "mass_kg": "107.4", "km": "26", "u_quantity_pct": "10"}),
    ],
)
def test_transport_by_the_vehicle_named(vehicle, legs, line):
    """Per km: there and back. Per tonne and km: one way, the factor holds the empty return."""
    trip = Trip(taxonomy.vehicles()[vehicle], Decimal(13), legs=legs)
    found = made("donation", thing("flat_panel", 6), "production", trip=trip)
    assert found.inputs["extra"] == [line]
    assert found.notes == ()


@pytest.mark.parametrize("trip", [Trip(), Trip(taxonomy.vehicles()["car"]), Trip(None, Decimal(3))])
def test_no_vehicle_or_no_distance_is_a_note_and_no_term(trip):
    found = made("donation", thing("flat_panel"), "production", trip=trip)
    assert "extra" not in found.inputs
    assert found.notes == ("transport_not_counted",)


def test_an_offer_nobody_has_come_for_has_no_note():
    assert made("donation", thing("flat_panel"), "production").notes == ()


def test_into_a_stock_the_line_is_whole_and_only_d_is_nil():
    found = made("donation", thing("flat_panel", 6), "stock")
    assert found.notes == ("into_stock",)
    assert compute("donation", found.inputs, library.shipped()).total == 0
    assert found.mass_kg == Decimal("107.4")


def test_one_use_of_a_thing_that_came_by_reuse():
    found = made("rental", thing("sofa", 2), "production", own=[Own("reuse")])
    assert (found.inputs["uses_of_new_item"], found.inputs["own_item"]["uses_expected"]) == ("5", "5")
    sold = compute("sale", made("sale", thing("sofa", 2), "production").inputs, library.shipped())
    rented = compute("rental", found.inputs, library.shipped())
    assert six(rented.total * 5) == six(sold.total)


@pytest.mark.parametrize(
    ("masses", "shares"),
    [
        ([None], ["1"]),
        ([Decimal(30), Decimal(10)], ["0.750000", "0.250000"]),
        ([Decimal(1)] * 3, ["0.333333", "0.333333", "0.333334"]),
        ([Decimal(30), None], ["0.500000", "0.500000"]),
        ([Decimal(0), Decimal(0)], ["0.500000", "0.500000"]),
        ([], []),
    ],
)
def test_lines_share_the_vehicle_by_mass(masses, shares):
    assert [str(share) for share in load_shares(masses)] == shares


def test_road_distance_to_a_hundred_metres():
    assert road_distance(10.04, PARAMETERS) == Decimal("13.1")


@pytest.mark.parametrize("category", [c for c in taxonomy.categories().values() if c.materials], ids=lambda c: c.key)
def test_every_category_of_the_tree_finds_its_factors_or_says_why(category):
    try:
        found = made("donation", thing(category.key, 2), "production")
    except NotQuantified as refusal:
        names = {key for key, _ in category.materials}
        assert refusal.code == "food_apart" or (
            refusal.code == "missing_factor" and names & {"plant_live", "plant_dry"}
        )
    else:
        result = compute("donation", found.inputs, library.shipped(), found.displacement_key)
        assert result.total > 0 and not result.unverified


def test_every_vehicle_has_its_factor_in_the_library():
    for vehicle in taxonomy.vehicles().values():
        assert library.shipped().get(vehicle.factor, "").unit == vehicle.basis
