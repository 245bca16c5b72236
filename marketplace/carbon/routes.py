"""Where a thing would have gone without a taker, and where it went in the end: the method's W (section 2). Pure."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

from marketplace.carbon.factors import Library
from marketplace.carbon.numbers import ZERO, exactly, short
from marketplace.carbon.reasons import NotQuantified

ROUTES = ("unsorted", "landfill", "incineration", "average")


class Material(Protocol):
    """What the routes read of `catalogue.taxonomy.Material`."""

    @property
    def key(self) -> str: ...
    @property
    def eol_unsorted_factor(self) -> str | None: ...


def route_lines(
    shares: Sequence[tuple[str, Decimal]],
    mass_kg: Decimal,
    route: str | None,
    materials: Mapping[str, Material],
    factors: Library,
) -> list[dict[str, str]]:
    """Mass by the row of `route`, for a thing of these materials (key, percent): [{"mass_kg", "now"}].

    Empty where no route was said, or where one of the materials has no row for it: half a thing's end cannot be booked.
    """
    if route is None:
        return []
    whole = sum((share for _, share in shares), ZERO)
    found: dict[str, Decimal] = {}
    for key, share in shares:
        material = materials.get(key)
        if material is None or material.eol_unsorted_factor is None:  # paint dries on the thing: no end of its own
            continue
        row = _row(material, route, factors)
        if row is None:
            return []
        with exactly():
            found[row] = found.get(row, ZERO) + mass_kg * share / whole
    return [{"mass_kg": short(mass), "now": row} for row, mass in found.items()]


def _row(material: Material, route: str, factors: Library) -> str | None:
    unsorted = material.eol_unsorted_factor or ""
    if route == "unsorted":
        return unsorted if unsorted in factors else None
    family = family_of(unsorted)
    names = (material.key, family, "steel" if family == "metal" else family)
    return next((row for row in (f"eol.{route}.{name}" for name in names) if row in factors), None)


def family_of(key: str) -> str:
    """`eol.landfill.wood` → wood."""
    return key.rsplit(".", 1)[-1]


def ends(
    avoided: Iterable[Mapping[str, str]], later: Mapping[str, str], part: Decimal, u_pct: str
) -> list[dict[str, Any]]:
    """`own_eol` for `part` of what the first transfer avoided, by the row of its final route (`later`: row → row).

    Raises NotQuantified (no_final_route) for a row without one.
    """
    out = []
    for line in avoided:
        if line["now"] not in later:
            raise NotQuantified("no_final_route", "later", key=line["now"])
        with exactly():
            mass = Decimal(line["mass_kg"]) * part
        out.append({"mass_kg": short(mass), "now": line["now"], "later": later[line["now"]], "u_quantity_pct": u_pct})
    return out
