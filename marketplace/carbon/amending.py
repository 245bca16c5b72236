"""The inputs of an entry as they should have been: another mass, another quantity, another distance. Pure."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from marketplace.carbon.numbers import exactly, short

BY_MASS = frozenset({"kg", "litre"})  # units of a line that follow the mass; an item stays an item


def with_mass(inputs: Mapping[str, Any], ratio: Decimal, u_pct: str | None = None) -> dict[str, Any]:
    """As if all weighed `ratio` times as much; `u_pct`: how well that is known."""

    def line(old: Mapping[str, Any]) -> dict[str, Any]:
        by_mass = old.get("unit") in BY_MASS
        names = ("quantity", "eol_mass_kg") if by_mass else ("eol_mass_kg", "kg_per_unit")
        return _times(old, ratio, names) | ({"u_quantity_pct": u_pct} if by_mass and u_pct else {})

    return _each(inputs, line, lambda old: _times(old, ratio, ("mass_kg",)))


def with_quantity(inputs: Mapping[str, Any], ratio: Decimal) -> dict[str, Any]:
    """As if there had been `ratio` times as many."""
    return _each(
        inputs,
        lambda old: _times(old, ratio, ("quantity", "eol_mass_kg")),
        lambda old: _times(old, ratio, ("mass_kg", "m3")),
    )


def with_distance(inputs: Mapping[str, Any], km: Decimal) -> dict[str, Any]:
    """The kilometres that its transport counts."""
    found = [{**old, "km": short(km)} if "km" in old else dict(old) for old in inputs.get("extra", [])]
    return {**inputs, "extra": found}


def distance_of(inputs: Mapping[str, Any]) -> Decimal | None:
    """The kilometres counted, where one transport is; None without, or with several."""
    found = [Decimal(line["km"]) for line in inputs.get("extra", []) if "km" in line]
    return found[0] if len(found) == 1 else None


def _each(
    inputs: Mapping[str, Any],
    line: Callable[[Mapping[str, Any]], dict[str, Any]],
    extra: Callable[[Mapping[str, Any]], dict[str, Any]],
) -> dict[str, Any]:
    out = dict(inputs)
    if "lines" in inputs:
        out["lines"] = [line(old) for old in inputs["lines"]]
    if "extra" in inputs:
        out["extra"] = [extra(old) for old in inputs["extra"]]
    if "own_item" in inputs:
        given = inputs["own_item"]
        groups = given if isinstance(given, list) else [given]
        changed = [{**item, "lines": [line(old) for old in item.get("lines", [])]} for item in groups]
        out["own_item"] = changed if isinstance(given, list) else changed[0]
    return out


def _times(old: Mapping[str, Any], ratio: Decimal, names: tuple[str, ...]) -> dict[str, Any]:
    with exactly():
        return {**old, **{name: short(Decimal(old[name]) * ratio) for name in names if name in old}}
