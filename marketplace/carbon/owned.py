"""The rented thing's own production (O): groups of units with the same past, as the method's `own_item`. Pure.

N, the factor versions and what a unit is made of are fixed at the first use: later uses repeat them (`Fixed`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marketplace.carbon.factors import Library
from marketplace.carbon.numbers import ONE, ZERO, exactly, plain
from marketplace.carbon.reasons import NotQuantified

ORIGINS = frozenset({"reuse", "bought_new"})
AMOUNTS = ("quantity", "eol_mass_kg")


@dataclass(frozen=True)
class Fixed:
    """What the first use settled: the lines of `units` units, N, and the factor version of each key."""

    units: Decimal
    lines: tuple[Mapping[str, Any], ...]
    uses_expected: str
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Own:
    """Units of a line that are at the same use of the same life. `units` None: the whole line.

    `use_index` is the rank of this use (rental), or the uses made (closing: a mean, where stock is kept by quantity).
    `uses_expected` None: the default of the category. `pieces` are their public identifiers.
    """

    origin: str | None
    use_index: Decimal = ONE
    units: Decimal | None = None
    uses_expected: int | None = None
    fixed: Fixed | None = None
    pieces: tuple[str, ...] = ()


def ranks(quantity: Decimal, uses_made: Decimal, stock: Decimal) -> list[tuple[Decimal, Decimal]]:
    """(rank, units) of a use of `quantity` out of `stock` units alike, which have made `uses_made` uses in all.

    Which units went is not known, so uses are dealt out evenly: the first `stock` uses are the first of each unit, the
    next ones its second, and so on. Over N uses each unit's production is then charged once, whatever the quantities.
    """
    with exactly():
        stock = max(stock, quantity)
        out = []
        left, made = quantity, uses_made
        while left > ZERO:
            rank = made // stock + ONE
            units = min(left, rank * stock - made)
            out.append((rank, units))
            left, made = left - units, made + units
        return out


def own_items(
    groups: Sequence[Own], quantity: Decimal, lines_of: Callable[[Decimal], list[dict[str, Any]]],
    usual_uses: Callable[[], str], factors: Library,
) -> dict[str, Any] | list[dict[str, Any]]:  # fmt: skip
    """The method's `own_item`. `lines_of` gives the lines of so many units, `usual_uses` the default N.

    Raises NotQuantified (origin_unknown).
    """
    out = []
    for group in groups:
        if group.origin not in ORIGINS:
            raise NotQuantified("origin_unknown", "origin")
        units = quantity if group.units is None else group.units
        item: dict[str, Any] = {"origin": group.origin, "use_index": plain(group.use_index)}
        if group.fixed is None:
            lines = lines_of(units)
            item["uses_expected"] = str(group.uses_expected) if group.uses_expected is not None else usual_uses()
        else:
            item["uses_expected"] = group.fixed.uses_expected
            lines = _as_at_first(group.fixed, units, _today(lines_of, units))
            older = {key: version for key, version in group.fixed.versions.items() if _version(factors, key) != version}
            if older:
                item["factor_versions"] = dict(group.fixed.versions)
        item["lines"] = lines
        if units != quantity or len(groups) > 1:
            item["units"] = plain(units)
        if group.pieces:
            item["pieces"] = list(group.pieces)
        out.append(item)
    return out[0] if len(out) == 1 else out


def _today(lines_of: Callable[[Decimal], list[dict[str, Any]]], units: Decimal) -> list[dict[str, Any]]:
    """The lines of a unit as it is described now; none where that no longer suffices."""
    try:
        return lines_of(units)
    except NotQuantified:
        return []


def _version(factors: Library, key: str) -> str | None:
    row = factors.find(key)
    return row.version if row else None


def _as_at_first(fixed: Fixed, units: Decimal, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Today's lines where a unit is still what it was, else those of the first use for as many units."""
    with exactly():
        same = len(lines) == len(fixed.lines) and all(
            {k: v for k, v in new.items() if k not in AMOUNTS} == {k: v for k, v in old.items() if k not in AMOUNTS}
            and all(Decimal(new.get(n, 0)) * fixed.units == Decimal(old.get(n, 0)) * units for n in AMOUNTS)
            for new, old in zip(lines, fixed.lines, strict=False)
        )
        if same:
            return lines
        return [
            {**line, **{name: plain(Decimal(line[name]) * units / fixed.units) for name in AMOUNTS if name in line}}
            for line in fixed.lines
        ]


def groups_of(inputs: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The rented items of an entry's inputs."""
    given = inputs.get("own_item") or []
    yield from [given] if isinstance(given, Mapping) else given


def fixed_by(
    inputs: Mapping[str, Any], quantity: Decimal, used: Iterable[tuple[str, str]], piece: str | None = None
) -> Fixed | None:
    """What an entry of a first use settled, for `piece` or for a stock kept by quantity; None where it charged no O.

    `used` are its factors, (key, version), in their order.
    """
    for item in groups_of(inputs):
        if item["origin"] != "bought_new" or (piece is not None and piece not in item.get("pieces", ())):
            continue
        versions: dict[str, str] = {}
        for key, version in used:
            versions.setdefault(key, version)
        keys = [k for line in item["lines"] for k in keys_of(line)]
        return Fixed(
            units=Decimal(item.get("units", plain(quantity))),
            lines=tuple(item["lines"]),
            uses_expected=item["uses_expected"],
            versions=item.get("factor_versions") or {key: versions[key] for key in keys if key in versions},
        )
    return None


def keys_of(line: Mapping[str, Any]) -> list[str]:
    """The factors a line takes."""
    recycled = line.get("recycled") or {}
    return [key for key in (line.get("production"), recycled.get("factor"), line.get("eol_new")) if key]
