"""Food as the method counts it (section 2, food and catering): what was handed over, and what became of it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marketplace.carbon.bridge import Bridged, Knowledge, Material, Thing, line_mass, shares_of
from marketplace.carbon.claims import NOT_REPORTED
from marketplace.carbon.factors import Library
from marketplace.carbon.logistics import Trip, transport
from marketplace.carbon.numbers import HUNDRED, ONE, THOUSAND, ZERO, exactly, plain, short
from marketplace.carbon.parameters import Parameters
from marketplace.carbon.reasons import NotQuantified
from marketplace.meals.outcomes import RAW

KIND = "food"  # of the method; `meal` is that of the exchange
DISPLACEMENT = "d.food"
COMPOSTING, DIGESTION = "eol.composting.food", "eol.digestion.food"
REFRIGERATED_LORRY = "tr.rigid_refrigerated_tkm"
ROUTES = ("landfill", "incineration")  # of `catalogue`'s routes, those that have a row for food


@dataclass(frozen=True)
class Eaten:
    """What a receiver reported of a line, in the unit it was handed over in; the four add up to its quantity.

    `edible_share` is k: 1 for prepared food, stated for raw food.
    """

    eaten: Decimal
    composted: Decimal
    digested: Decimal
    thrown: Decimal
    edible_share: Decimal = ONE


def food_inputs(
    thing: Thing, knowledge: Knowledge, trip: Trip | None, eaten: Eaten | None, *, cold: bool = False
) -> Bridged:
    """The method's `inputs` for food that changed hands. Raises NotQuantified.

    `eaten` None: nobody has said yet, so s = 0 and what is not known to be eaten goes the way it would have gone
    anyway: such an entry holds −X alone, whatever k. `cold`: it travels refrigerated.
    """
    if thing.category is None:
        raise NotQuantified("no_category", "category")
    if thing.quantity <= ZERO:
        raise NotQuantified("no_quantity", "quantity")
    p = knowledge.parameters.noted()
    with exactly():
        d = p.get(DISPLACEMENT)
        mass, weighed = line_mass(thing, knowledge.materials)
        portioned = p.get("u.mass_weighed" if weighed and thing.unit == "kg" else "u.food_portioned").value
        basis, lines = _lines(thing, mass, knowledge, portioned)
        inputs: dict[str, Any] = {
            "displacement": d.value,
            "u_displacement_pct": d.uncertainty_pct or "0",
            "counterfactual": _route_avoided(thing.route_avoided, knowledge.factors, p),
            "lines": lines,
        }
        inputs["spoiled_outcome"] = inputs["counterfactual"]
        k = p.get("k.prepared_food").value
        inputs["lines"] = [{**line, "edible_share": k, "eaten_share": "0"} for line in lines]
        if eaten is not None:
            inputs = with_eaten(inputs, eaten, thrown_row(p))
        notes = [] if eaten is not None else [NOT_REPORTED]
        if trip is not None:
            extra = transport(trip, mass, p)
            if extra is None:
                notes.append("transport_not_counted")
            elif cold and trip.vehicle is not None and trip.vehicle.basis == "t.km":
                inputs["extra"] = [{**extra, "factor": REFRIGERATED_LORRY}]
            else:
                inputs["extra"] = [extra]
                if cold and trip.vehicle is not None and trip.vehicle.factor != "tr.cargo_bike_km":
                    notes.append("cold_not_counted")
        parameters = {key: row.value for key, row in p.used.items()}
        return Bridged(inputs, d.key, parameters, mass, basis, tuple(notes))


def food_offered(thing: Thing, knowledge: Knowledge) -> Bridged:
    """The method's `inputs` for food on offer, if all of it is eaten; before anybody comes for it, without transport.
    Raises NotQuantified, of raw food too: how much of it can be eaten, its receiver will say."""
    if thing.category is not None and thing.category.key in RAW:
        raise NotQuantified("food_apart", "category")
    return food_inputs(thing, knowledge, None, Eaten(thing.quantity, ZERO, ZERO, ZERO))


def with_eaten(inputs: Mapping[str, Any], eaten: Eaten, thrown: str) -> dict[str, Any]:
    """The same food once it is known what became of it; `thrown` is the row of what went into the bin.

    s = eaten / (k·q); the rest, in the proportions of the report, is `spoiled_outcome`. Raises NotQuantified when the
    receiver says that more was eaten than can be.
    """
    with exactly():
        handed_over = eaten.eaten + eaten.composted + eaten.digested + eaten.thrown
        edible = handed_over * eaten.edible_share
        if handed_over <= ZERO:
            raise NotQuantified("no_quantity", "quantity")
        if eaten.eaten > edible:
            raise NotQuantified("out_of_range", "eaten_share")
        s = eaten.eaten / edible if edible else ZERO
        routes = [
            (row, part)
            for row, part in ((COMPOSTING, eaten.composted), (DIGESTION, eaten.digested), (thrown, eaten.thrown))
            if part
        ]
        out = {**inputs, "spoiled_outcome": _outcomes(routes) or inputs["counterfactual"]}
        out["lines"] = [
            {**line, "edible_share": short(eaten.edible_share), "eaten_share": short(s)} for line in inputs["lines"]
        ]
        return out


def thrown_row(p: Parameters) -> str:
    """What becomes of food in the ordinary bin."""
    return p.get("eol_default.bio_waste").value


def _outcomes(routes: Sequence[tuple[str, Decimal]]) -> Any:
    """One row, or several with shares of 28 digits of which the last takes the rest: they add up to 1 exactly."""
    if len(routes) <= 1:
        return routes[0][0] if routes else None
    lost = sum((part for _, part in routes), ZERO)
    shares = [part / lost for _, part in routes[:-1]]
    shares.append(ONE - sum(shares, ZERO))
    return [{"factor": row, "share": plain(share)} for (row, _), share in zip(routes, shares, strict=True)]


def _route_avoided(route: str | None, factors: Library, p: Parameters) -> str:
    """Where it would have gone: the route its giver named where the library has a row for it, else the default."""
    if route in ROUTES and f"eol.{route}.food" in factors:
        return f"eol.{route}.food"
    return p.get("eol_default.bio_waste").value


def _lines(thing: Thing, mass: Decimal, knowledge: Knowledge, u: str) -> tuple[str, list[dict[str, Any]]]:
    """One line by the meal where the category has a factor for it and portions are counted, else one a material."""
    category = thing.category
    if category is not None and category.item_factor and thing.unit == category.unit == "portion":
        row = knowledge.factors.get(category.item_factor, "category")
        if row.unit == "meal":
            one = {"factor": row.key, "unit": row.unit, "quantity": short(thing.quantity)}
            return "item", [one | {"kg_per_unit": short(mass / thing.quantity), "u_quantity_pct": u}]
    shares = shares_of(thing)
    if not shares:
        raise NotQuantified("no_materials", "materials")
    whole = sum((share for _, share in shares), ZERO)
    if abs(whole - HUNDRED) > ONE:
        raise NotQuantified("shares", "materials")
    return "materials", [_line(key, mass * share / whole, knowledge, u) for key, share in shares]


def _line(key: str, mass: Decimal, knowledge: Knowledge, u: str) -> dict[str, Any]:
    """A material by mass; what is counted by the litre weighs 1 kg a litre in the method (`w.litre`)."""
    material: Material | None = knowledge.materials.get(key)
    if material is None:
        raise NotQuantified("unknown_material", "materials", material=key)
    if not material.production_factor:
        raise NotQuantified("missing_factor", "materials", key=key, material=key)
    row = knowledge.factors.get(material.production_factor, "materials")
    if row.unit == "kg":
        amount = mass
    elif row.unit == "litre":
        amount = mass * THOUSAND / material.density_kg_m3
    else:
        raise NotQuantified("wrong_unit", "materials", key=row.key, unit=row.unit, wanted="kg")
    return {"factor": row.key, "unit": row.unit, "quantity": short(amount), "u_quantity_pct": u}
