"""From a line as people agree on it (so many feuilles, so heavy, of such wood) to the method's `inputs`. Pure.

What the maker of the very product declares, where somebody recorded it; else the category’s item factor where the
taxonomy names one and the line counts items; else the sum of materials by mass.
Every choice is data: taxonomy, materials and vehicles of the catalogue, parameters of the method.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Protocol

from marketplace.carbon.factors import Library
from marketplace.carbon.logistics import Trip, transport, volume_m3
from marketplace.carbon.makers import Product
from marketplace.carbon.numbers import HUNDRED, ONE, THOUSAND, ZERO, exactly, short
from marketplace.carbon.owned import Own, own_items
from marketplace.carbon.parameters import Parameters
from marketplace.carbon.reasons import NotQuantified
from marketplace.carbon.routes import route_lines

KINDS = frozenset({"donation", "sale", "rental"})
RECEIVERS = frozenset({"production", "public", "stock"})
COUNTED_UNITS = frozenset({"piece", "lot"})

# What a receiving organisation stands for in the method. A stock is one whose own exchanges are recorded here.
RECEIVER_OF_KIND = {
    "reuse_centre": "stock",
    "rental_house": "stock",
    "production_company": "production",
    "venue": "production",  # a theatre's workshop builds and re-dresses as a production does
}


def receiver_of(organisation_kind: str, for_a_production: bool) -> str:
    """'stock', 'production' or 'public'. A school or a town that names its production counts as one."""
    known = RECEIVER_OF_KIND.get(organisation_kind)
    return known or ("production" if for_a_production else "public")


class Category(Protocol):
    """What the bridge reads of `catalogue.taxonomy.Category`."""

    @property
    def key(self) -> str: ...
    @property
    def unit(self) -> str | None: ...
    @property
    def mass_grams(self) -> int | None: ...
    @property
    def materials(self) -> Sequence[tuple[str, int]]: ...
    @property
    def displacement_group(self) -> str | None: ...
    @property
    def comparable_uses_group(self) -> str | None: ...
    @property
    def waste_stream(self) -> str | None: ...
    @property
    def item_factor(self) -> str | None: ...


class Material(Protocol):
    """What the bridge reads of `catalogue.taxonomy.Material`."""

    @property
    def key(self) -> str: ...
    @property
    def density_kg_m3(self) -> Decimal: ...
    @property
    def production_factor(self) -> str | None: ...
    @property
    def eol_unsorted_factor(self) -> str | None: ...
    @property
    def recycled_content(self) -> Decimal: ...


@dataclass(frozen=True)
class Thing:
    """A line: `quantity` of `unit`, `mass_kg` of one unit (None: not said), shares of materials in percent.

    `size_cm` is the box of one unit; `route_avoided` is what would have become of it without a taker (unsorted,
    landfill, incineration, average), said at the first transfer of its chain.
    """

    category: Category | None
    quantity: Decimal
    unit: str
    mass_kg: Decimal | None = None
    weighed: bool = False
    materials: Sequence[tuple[str, Decimal | int]] = ()
    size_cm: tuple[int | None, int | None, int | None] = (None, None, None)
    route_avoided: str | None = None


@dataclass(frozen=True)
class Knowledge:
    """The libraries in force on the day; `product` is what the maker of this very thing declares, if anything."""

    factors: Library
    parameters: Parameters
    materials: Mapping[str, Material]
    product: Product | None = None

    def knowing(self, product: Product | None) -> "Knowledge":
        """The same for a thing of which its maker declares this."""
        return replace(self, factors=self.factors.beside(product.row), product=product) if product else self


@dataclass(frozen=True)
class Bridged:
    """`inputs` for `method.compute`, and what an entry keeps beside them. `mass_kg` is that of the whole line."""

    inputs: dict[str, Any]
    displacement_key: str
    parameters: dict[str, str]
    mass_kg: Decimal
    basis: str  # product, item or materials
    notes: tuple[str, ...] = field(default=())
    uses_key: str | None = None  # the default L of such things
    route_avoided: tuple[dict[str, str], ...] = ()  # mass by the row of the route not taken


def bridge(
    kind: str,
    thing: Thing,
    receiver: str,
    knowledge: Knowledge,
    trip: Trip | None = None,
    own: Sequence[Own] = (),
) -> Bridged:
    """The method's `inputs` for `thing` going by `kind` to `receiver`.

    `trip` None leaves transport out without a note (an offer, before anyone comes for it); a trip without vehicle or
    distance leaves a note. `own` tells a rental where its units come from and how often they have served.
    Raises NotQuantified.
    """
    if kind not in KINDS:
        raise NotQuantified("kind_later", "kind", kind=kind)
    if receiver not in RECEIVERS:
        raise NotQuantified("out_of_range", "receiver")
    if thing.category is None:
        raise NotQuantified("no_category", "category")
    if thing.quantity <= ZERO:
        raise NotQuantified("no_quantity", "quantity")
    if thing.category.displacement_group == "food":
        raise NotQuantified("food_apart", "category")
    p = knowledge.parameters.noted()
    with exactly():
        d = p.displacement(thing.category.displacement_group, kind, receiver)
        mass, weighed = line_mass(thing, knowledge.materials)
        basis, lines = _lines(thing, mass, weighed, knowledge, p)
        inputs: dict[str, Any] = {
            "displacement": d.value,
            "u_displacement_pct": d.uncertainty_pct or "0",
            "lines": lines,
        }
        notes = []
        if kind == "rental":
            _rented(inputs, thing, own, knowledge, p)
        if receiver == "stock":
            notes.append("into_stock")
        if knowledge.product is not None and (unused := _set_aside(thing, knowledge.product)):
            notes.append(unused)
        if trip is not None:
            extra = transport(trip, mass, p, _volume_m3(thing))
            if extra is None:
                notes.append("transport_not_counted")
            else:
                inputs["extra"] = [extra]
        parameters = {key: row.value for key, row in p.used.items()}
        group = thing.category.comparable_uses_group
        avoided = route_lines(shares_of(thing), mass, thing.route_avoided, knowledge.materials, knowledge.factors)
        return Bridged(
            inputs, d.key, parameters, mass, basis, tuple(notes), f"L.{group}" if group else None, tuple(avoided)
        )


def _volume_m3(thing: Thing) -> Decimal | None:
    return volume_m3(thing.quantity, thing.size_cm) if thing.unit in COUNTED_UNITS else None


def line_mass(thing: Thing, materials: Mapping[str, Material]) -> tuple[Decimal, bool]:
    """kg of the whole line, and whether they were weighed. Raises NotQuantified (no_mass)."""
    if thing.unit == "kg":
        return thing.quantity, thing.weighed
    if thing.mass_kg is not None and thing.mass_kg > ZERO:
        return thing.quantity * thing.mass_kg, thing.weighed
    category = thing.category
    if category is not None and category.mass_grams and category.unit == thing.unit:
        return thing.quantity * (Decimal(category.mass_grams) / THOUSAND), False
    if thing.unit == "l" and len(shares_of(thing)) == 1:
        material = materials.get(shares_of(thing)[0][0])
        if material is not None:
            return thing.quantity * material.density_kg_m3 / THOUSAND, False
    raise NotQuantified("no_mass", "mass_kg")


def shares_of(thing: Thing) -> list[tuple[str, Decimal]]:
    """Materials and percents, those of the category where the line says none."""
    given = thing.materials or (thing.category.materials if thing.category else ())
    return [(key, Decimal(share)) for key, share in given if share]


def _lines(
    thing: Thing, mass: Decimal, weighed: bool, knowledge: Knowledge, p: Parameters
) -> tuple[str, list[dict[str, Any]]]:
    product = knowledge.product
    if product is not None and _set_aside(thing, product) is None:
        u_mass = p.get("u.mass_weighed" if weighed else "u.mass_estimated").value
        ends = () if product.to_grave else _ends(thing, knowledge, p)
        return "product", product.lines(thing.quantity, mass, p.get("u.count").value, u_mass, ends)
    item = _item_factor(thing, knowledge.factors)
    if item is not None:
        return "item", [_item_line(thing, item, mass, p)]
    shares = shares_of(thing)
    if not shares:
        raise NotQuantified("no_materials", "materials")
    whole = sum((share for _, share in shares), ZERO)
    if abs(whole - HUNDRED) > ONE:
        raise NotQuantified("shares", "materials")
    u = p.get("u.mass_weighed" if weighed else "u.mass_estimated").value
    lines = []
    for key, share in shares:
        material = knowledge.materials.get(key)
        if material is None:
            raise NotQuantified("unknown_material", "materials", material=key)
        lines.append(new_material_line(material, mass * share / whole, u, knowledge.factors, p))
    return "materials", lines


def _set_aside(thing: Thing, product: Product) -> str | None:
    return product.set_aside(thing.unit in COUNTED_UNITS)


def _ends(thing: Thing, knowledge: Knowledge, p: Parameters) -> list[tuple[str | None, Decimal]]:
    """End of life of the new thing where the maker's figure stops before it, by part of the mass: the row of the
    category's waste stream where it is counted by the item, else those of its materials."""
    category = thing.category
    stream = category.waste_stream if category else None
    default = p.find(f"eol_default.{stream}") if stream else None
    shares = shares_of(thing)
    by_item = category is not None and category.item_factor and thing.unit in COUNTED_UNITS
    if by_item or not shares:
        return [(default.value if default else None, ONE)]
    whole = sum((share for _, share in shares), ZERO)
    ends: dict[str | None, Decimal] = {}
    for key, share in shares:
        material = knowledge.materials.get(key)
        end = material.eol_unsorted_factor if material else None
        ends[end] = ends.get(end, ZERO) + share / whole
    return list(ends.items())


def _item_factor(thing: Thing, factors: Library) -> str | None:
    """The category's item factor, where the line counts the very items the factor is about."""
    category = thing.category
    if category is None or not category.item_factor:
        return None
    if thing.unit not in COUNTED_UNITS or thing.unit != category.unit:
        return None
    row = factors.get(category.item_factor, "category")
    return row.key if row.unit == "item" else None


def _item_line(thing: Thing, factor: str, mass: Decimal, p: Parameters) -> dict[str, Any]:
    line: dict[str, Any] = {
        "production": factor,
        "quantity": short(thing.quantity),
        "unit": "item",
        "u_quantity_pct": p.get("u.count").value,
    }
    stream = thing.category.waste_stream if thing.category else None
    end = p.find(f"eol_default.{stream}") if stream and not _takes_no_end(factor, p) else None
    if end is not None:
        line["eol_new"] = end.value
        line["eol_mass_kg"] = short(mass)
    return line


def new_material_line(material: Material, mass: Decimal, u: str, factors: Library, p: Parameters) -> dict[str, Any]:
    if not material.production_factor:
        raise NotQuantified("missing_factor", "materials", key=material.key, material=material.key)
    row = factors.get(material.production_factor, "materials")
    line: dict[str, Any] = {"production": row.key, "u_quantity_pct": u, "unit": row.unit}
    if row.unit == "kg":
        line["quantity"] = short(mass)
    elif row.unit == "litre":
        line["quantity"] = short(mass * THOUSAND / material.density_kg_m3)
    else:
        raise NotQuantified("wrong_unit", "materials", key=row.key, unit=row.unit, wanted="kg")
    if material.recycled_content and f"{row.key}_recycled" in factors:
        # steel and aluminium: what is not bought new would have held that much recycled metal
        family = row.key.removeprefix("prod.")
        share = (p.find(f"r.{family}") or p.get("r.other")).value
        line["recycled"] = {"factor": f"{row.key}_recycled", "share": share}
    # No factor for E in the materials table is on purpose: paint dries on the thing, carpets count to the grave.
    if material.eol_unsorted_factor and not _takes_no_end(row.key, p):
        line["eol_new"] = material.eol_unsorted_factor
        if row.unit != "kg":
            line["eol_mass_kg"] = short(mass)
    return line


def _takes_no_end(factor: str, p: Parameters) -> bool:
    row = p.rule("E.none_for")
    return row is not None and factor in row.value.split(";")


def _rented(inputs: dict[str, Any], thing: Thing, own: Sequence[Own], knowledge: Knowledge, p: Parameters) -> None:
    group = thing.category.comparable_uses_group if thing.category else None
    inputs["own_item"] = own_items(
        own or [Own(None)],
        thing.quantity,
        lambda units: own_lines(thing, units, knowledge, p),
        lambda: p.get(f"N.{group}").value,
        knowledge.factors,
    )
    inputs["uses_of_new_item"] = p.get(f"L.{group}").value


def own_lines(thing: Thing, units: Decimal, knowledge: Knowledge, p: Parameters) -> list[dict[str, Any]]:
    """Σ[q·P + m·E] of so many units of a rented thing. Raises NotQuantified."""
    part = replace(thing, quantity=units)
    mass, weighed = line_mass(part, knowledge.materials)
    return _lines(part, mass, weighed, knowledge, p)[1]
