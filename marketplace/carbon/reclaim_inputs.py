"""From what was weighed of a collection, part by part, to the method's `inputs`. Pure.

What goes to stock is left out: what is listed claims at its own transfer. Reuse without a listing takes the donation's
term. The contaminated share of what is sorted goes the way of what is not. A part without a row is set `apart`, with
its reason: it is in no figure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from marketplace.carbon.bridge import Knowledge, new_material_line
from marketplace.carbon.method import compute
from marketplace.carbon.numbers import THOUSAND, exactly, short
from marketplace.carbon.parameters import Parameters
from marketplace.carbon.reasons import NotQuantified
from marketplace.carbon.reclaim_routes import (
    COMPOSTING,
    DIGESTION,
    ENERGY,
    RECYCLING,
    REUSE,
    counterfactual_row,
    outcome_row,
    refusal,
    rejected_row,
)

TO_STOCK = "to_stock"
DOWNGRADED = frozenset({REUSE, RECYCLING, COMPOSTING, DIGESTION})  # what contamination spoils
# an outcome in the words of the totals by outcome (cells.py)
BECAME = {REUSE: "reuse", ENERGY: "incineration"}
# what is not bought anew, where a thing is used again without a listing: its group of displacement
_GROUPS = {"electricals": "electrical_goods"}
_GROUPS_OF_MATERIAL = {"clothing": "clothes_costumes", "furniture_mixed": "furniture_props"}


@dataclass(frozen=True)
class Part:
    """So many grams of one weighing and what became of them. `slip`: the row of the route named by the hauler."""

    stream: str
    material: str | None
    outcome: str
    grams: int
    contaminated_percent: int = 0
    slip: str | None = None
    taker: str | None = None


@dataclass
class Made:
    """The streams that have a figure, and those that have none: each with its `reason` and what it is `about`."""

    streams: list[dict[str, Any]] = field(default_factory=list)
    apart: list[dict[str, Any]] = field(default_factory=list)
    stocked_grams: int = 0

    @property
    def grams(self) -> int:
        return sum(_grams(line) for line in self.streams)

    @property
    def apart_grams(self) -> int:
        return sum(_grams(line) for line in self.apart)


def _grams(line: Mapping[str, Any]) -> int:
    return int(Decimal(line["mass_kg"]) * THOUSAND)


def made_of(parts: Iterable[Part], knowledge: Knowledge, p: Parameters) -> Made:
    """The lines of every part, in the order given. `p` notes the defaults that were taken."""
    out = Made()
    for part in parts:
        if part.outcome == TO_STOCK:
            out.stocked_grams += part.grams
            continue
        try:
            lines = _lines(part, knowledge, p)
            for line in lines:  # one that the method refuses must not take the others with it
                compute("reclaim", {"streams": [line]}, knowledge.factors)
        except NotQuantified as found:
            out.apart.append(
                _common(part, part.grams, _became(part.outcome))
                | {"outcome": _became(part.outcome), "reason": found.code, "about": str(found.data.get("key", ""))[:80]}
            )
        else:
            out.streams += lines
    return out


def _lines(part: Part, knowledge: Knowledge, p: Parameters) -> list[dict[str, Any]]:
    bad = contaminated_grams(part)
    good = part.grams - bad
    found = []
    if good:
        found.append(_reused(part, good, knowledge, p) if part.outcome == REUSE else _treated(part, good, knowledge, p))
    if bad:
        found.append(_rejected(part, bad, knowledge, p))
    return found


def contaminated_grams(part: Part) -> int:
    """What of a part is too dirty for its outcome; an oven or a landfill takes it as it is."""
    if part.outcome not in DOWNGRADED or not part.contaminated_percent:
        return 0
    with exactly():
        share = Decimal(part.grams) * part.contaminated_percent / 100
        return int(share.to_integral_value(rounding=ROUND_HALF_EVEN))


def _became(outcome: str) -> str:
    return BECAME.get(outcome, outcome)


def _common(part: Part, grams: int, became: str) -> dict[str, Any]:
    """What every line says. Words that somebody typed stay out of the ledger."""
    said = {"stream": part.stream, "became": became, "mass_kg": short(Decimal(grams) / THOUSAND)}
    return said | ({"material": part.material} if part.material else {})


def _treated(part: Part, grams: int, knowledge: Knowledge, p: Parameters) -> dict[str, Any]:
    row = outcome_row(part.stream, part.material, part.outcome, knowledge.factors)
    if row.row is None:
        raise refusal(row)
    return _common(part, grams, _became(part.outcome)) | {
        "counterfactual": _counterfactual(part, knowledge, p),
        "outcome": row.row,
        "u_quantity_pct": p.get("u.mass_weighed").value,
    }


def _rejected(part: Part, grams: int, knowledge: Knowledge, p: Parameters) -> dict[str, Any]:
    against = _counterfactual(part, knowledge, p)
    row = rejected_row(part.stream, part.material, against, knowledge.factors, p)
    if row.row is None:
        raise refusal(row)
    return _common(part, grams, row.row.split(".")[1]) | {
        "contaminated": True,
        "counterfactual": against,
        "outcome": row.row,
        "u_quantity_pct": p.get("u.mass_weighed").value,
    }


def _counterfactual(part: Part, knowledge: Knowledge, p: Parameters) -> str:
    found = counterfactual_row(part.stream, part.material, part.slip, knowledge.factors, p)
    if found.row is None:
        raise refusal(found)
    return found.row


def _reused(part: Part, grams: int, knowledge: Knowledge, p: Parameters) -> dict[str, Any]:
    """m·d·[(1−r)·P + r·P' + E]: what whoever took it would otherwise have bought."""
    material = knowledge.materials.get(part.material or "")
    if material is None:
        raise NotQuantified("no_materials", "streams")
    new = new_material_line(material, Decimal(grams) / THOUSAND, p.get("u.mass_weighed").value, knowledge.factors, p)
    group = _GROUPS_OF_MATERIAL.get(part.material or "") or _GROUPS.get(part.stream, "set_material")
    d = p.displacement(group, "donation", part.taker or "public")
    line = _common(part, grams, "reuse") | {
        "outcome": "reuse",
        "production": new["production"],
        "displacement": d.value,
        "u_displacement_pct": d.uncertainty_pct or "0",
        "u_quantity_pct": p.get("u.mass_weighed").value,
    }
    return line | {name: new[name] for name in ("eol_new", "recycled") if name in new}
