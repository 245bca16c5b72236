"""The terms that the formulas share: displacement, the new item not bought, treatment of waste, logistics."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marketplace.carbon.factors import FactorRow, Library
from marketplace.carbon.fields import mapping, need, rows
from marketplace.carbon.numbers import ONE, percent, quantity, share
from marketplace.carbon.terms import Cause, Part, Terms, in_unit, kilograms, tonnes


def displacement(source: Mapping[str, Any], where: str) -> tuple[Decimal, Cause]:
    d = share(need(source, "displacement", where), f"{where}.displacement")
    u = percent(source.get("u_displacement_pct", "0") or "0", f"{where}.u_displacement_pct")
    return d, Cause("displacement", u, displacement=True)


def substituted(terms: Terms, inputs: Mapping[str, Any], scale: tuple[Part, ...], causes: tuple[Cause, ...]) -> None:
    """scale × Σ over lines of production and end of life of the new item that is not bought."""
    steps = ("substituted_production", "substituted_end_of_life")
    new_items(terms, inputs, "inputs", scale, causes, ONE, terms.factors, steps, "line")


def new_items(
    terms: Terms, source: Mapping[str, Any], where: str, scale: tuple[Part, ...], causes: tuple[Cause, ...],
    sign: Decimal, factors: Library, steps: tuple[str, str], tag: str,
) -> None:  # fmt: skip
    for step in steps:
        terms.open_step(step)
    for i, line, path in rows(source, "lines", where, required=True):
        row = factors.get(line.get("production"), f"{path}.production")
        unit = line.get("unit")
        if unit is not None:
            in_unit(row, str(unit), f"{path}.production")
        amount = quantity(need(line, "quantity", path), f"{path}.quantity")
        counted = Cause(f"{tag}{i}", percent(line.get("u_quantity_pct", "0"), f"{path}.u_quantity_pct"))
        claim = share(line.get("claim_share", "1"), f"{path}.claim_share")
        parts = (*scale, *((("c", claim),) if claim != ONE else ()))
        own = (counted, *causes)
        produced(terms, line, path, steps[0], i, row, sign, (*parts, ("q", amount)), own, factors)
        if line.get("eol_new"):
            end = kilograms(factors.get(line["eol_new"], f"{path}.eol_new"), f"{path}.eol_new")
            if line.get("eol_mass_kg") is None:
                kilograms(row, f"{path}.eol_mass_kg")
            mass = quantity(line.get("eol_mass_kg", line["quantity"]), f"{path}.eol_mass_kg")
            terms.add(steps[1], "end_of_life", i, end, sign, (*parts, ("m", mass)), own)


def produced(
    terms: Terms, line: Mapping[str, Any], where: str, step: str, i: int, row: FactorRow, sign: Decimal,
    parts: tuple[Part, ...], causes: tuple[Cause, ...], factors: Library | None = None,
) -> None:  # fmt: skip
    """(1 − r)·P + r·P' of one line, or P alone where nothing recycled is in the new product."""
    recycled = line.get("recycled")
    if recycled is None:
        terms.add(step, "production", i, row, sign, parts, causes)
        return
    recycled = mapping(recycled, f"{where}.recycled")
    key = need(recycled, "factor", f"{where}.recycled")
    second = (factors or terms.factors).get(key, f"{where}.recycled.factor")
    in_unit(second, row.unit, f"{where}.recycled.factor")
    r = share(need(recycled, "share", f"{where}.recycled"), f"{where}.recycled.share")
    terms.add(step, "production", i, row, sign, (*parts, ("1−r", ONE - r)), causes)
    terms.add(step, "recycled", i, second, sign, (*parts, ("r", r)), causes)


def treatment(
    terms: Terms, step: str, role: str, i: int, source: Mapping[str, Any], name: str, where: str, sign: Decimal,
    mass: Decimal, causes: tuple[Cause, ...],
) -> None:  # fmt: skip
    """m·(I + C) of the route named in `source[name]`; a `.credit` row that does not exist is C = 0."""
    row = kilograms(terms.factors.get(need(source, name, where), f"{where}.{name}"), f"{where}.{name}")
    terms.add(step, role, i, row, sign, (("m", mass),), causes)
    credit = terms.factors.find(f"{row.key}.credit")
    if credit is not None:
        terms.add(step, role, i, kilograms(credit, f"{where}.{name}"), sign, (("m", mass),), causes)


def own_end_of_life(terms: Terms, inputs: Mapping[str, Any]) -> None:
    """W_now − W_later of the reused thing itself: 0 until both routes are on record."""
    step = "own_end_of_life"
    terms.open_step(step)
    for i, line, where in rows(inputs, "own_eol", "inputs"):
        mass = quantity(need(line, "mass_kg", where), f"{where}.mass_kg")
        cause = Cause(f"own{i}", percent(line.get("u_quantity_pct", "0"), f"{where}.u_quantity_pct"))
        treatment(terms, step, "own_now", i, line, "now", where, ONE, mass, (cause,))
        treatment(terms, step, "own_later", i, line, "later", where, -ONE, mass, (cause,))


def extra(terms: Terms, inputs: Mapping[str, Any]) -> None:
    """X: transport, storage, cleaning, refurbishment, energy. Which fields count follows the factor's unit."""
    terms.open_step("extra")
    for i, line, where in rows(inputs, "extra", "inputs"):
        row = terms.factors.get(need(line, "factor", where), f"{where}.factor")

        def given(name: str, line: Mapping[str, Any] = line, where: str = where) -> Decimal:
            return quantity(need(line, name, where), f"{where}.{name}")

        if row.unit == "t.km":
            parts: tuple[Part, ...] = (("t", tonnes(given("mass_kg"))), ("km", given("km")))
        elif row.unit == "m3.km":
            parts = (("m3", given("m3")), ("km", given("km")))
        elif row.unit == "km":
            load = share(line.get("load_share", "1"), f"{where}.load_share")
            parts = (("km", given("km")), ("load", load))
        elif row.unit == "m3.month":
            parts = (("m3", given("m3")), ("months", given("months")))
        else:
            parts = (("q", given("quantity")),)
        cause = Cause(f"x{i}", percent(line.get("u_quantity_pct", "0"), f"{where}.u_quantity_pct"))
        terms.add("extra", "extra", i, row, -ONE, parts, (cause,))
