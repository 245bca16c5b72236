"""What the lines of a wrap plan would avoid in kgCO2e: things used again and materials recycled, never on one line.

A listing's figure is the one that carbon keeps for it; a line that was typed is estimated by its category, as the
estimate of the API does. Doubts are added up as they are: the widest they can be together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from marketplace.carbon.bridge import Knowledge, Thing, bridge
from marketplace.carbon.libraries import knowledge_on
from marketplace.carbon.method import compute
from marketplace.carbon.models import ListingEstimate
from marketplace.carbon.numbers import short
from marketplace.carbon.owned import Own
from marketplace.carbon.reasons import NotQuantified
from marketplace.carbon.routes import family_of
from marketplace.catalogue import taxonomy
from marketplace.core.clock import today
from marketplace.core.db import db
from marketplace.reclaims.plans import COMPOST, GIVE, MATERIAL, RENT_OUT, REUSE, SELL
from marketplace.reclaims.queries_plans import Shown

_KINDS = {GIVE: "donation", SELL: "sale", RENT_OUT: "rental"}
_GUESS_PCT = "20"  # of a mass nobody weighed
ZERO = Decimal(0)


@dataclass
class Sum:
    """Figures added up: those of `lines`, and how many `without` one."""

    result: Decimal = ZERO
    doubt: Decimal = ZERO
    lines: int = 0
    without: int = 0

    def add(self, figure: tuple[Decimal, Decimal] | None) -> None:
        if figure is None:
            self.without += 1
            return
        self.result += figure[0]
        self.doubt += figure[1]
        self.lines += 1


@dataclass
class Figures:
    """What a plan would avoid. `done` is what of it is done."""

    reuse: Sum
    material: Sum
    reuse_done: Sum
    material_done: Sum


def figures_of(lines: Sequence[Shown]) -> Figures:
    """Two queries at most. Lines alike are computed once."""
    found = Figures(Sum(), Sum(), Sum(), Sum())
    knowledge = knowledge_on(today())
    kept = _kept({line.listing_id for line in lines if line.listing_id is not None and line.outcome in REUSE})
    known: dict[tuple[object, ...], tuple[Decimal, Decimal] | None] = {}
    for line in lines:
        if line.outcome not in REUSE | MATERIAL:
            continue
        unit = kept.get((line.listing_id or 0, _KINDS.get(line.outcome or "", ""))) if line.outcome in REUSE else None
        if unit is None:
            key = (line.category_key, line.unit, line.mass_grams, line.mass_source, line.outcome)
            if key not in known:
                known[key] = _of_one(line, knowledge)
            unit = known[key]
        figure = (unit[0] * line.quantity, unit[1] * line.quantity) if unit is not None else None
        whole, done = (
            (found.reuse, found.reuse_done) if line.outcome in REUSE else (found.material, found.material_done)
        )
        whole.add(figure)
        if line.done_at is not None:
            done.add(figure)
    return found


def _kept(listing_ids: Iterable[int]) -> dict[tuple[int, str], tuple[Decimal, Decimal]]:
    """Carbon's own figure of one unit, by listing and kind."""
    ids = set(listing_ids)
    if not ids:
        return {}
    rows = db.session.scalars(
        select(ListingEstimate).where(ListingEstimate.listing_id.in_(ids), ListingEstimate.status == "counted")
    )
    return {
        (row.listing_id, row.kind or ""): (row.unit_kgco2e, row.unit_uncertainty_kgco2e or ZERO)
        for row in rows
        if row.unit_kgco2e is not None
    }


def _of_one(line: Shown, knowledge: Knowledge) -> tuple[Decimal, Decimal] | None:
    """The figure of one unit of a line and its doubt, None where there is none."""
    category = taxonomy.categories().get(line.category_key or "")
    thing = Thing(
        category=category, quantity=Decimal(1), unit=line.unit,
        mass_kg=Decimal(line.mass_grams) / 1000 if line.mass_grams else None, weighed=line.mass_source == "weighed",
    )  # fmt: skip
    try:
        if line.outcome in REUSE:
            kind = _KINDS[line.outcome or ""]
            own = [Own("bought_new")] if kind == "rental" else []
            made = bridge(kind, thing, "production", knowledge, own=own)
            result = compute(kind, made.inputs, knowledge.factors, made.displacement_key)
        else:
            streams = _streams(line, category, knowledge)
            if not streams:
                return None
            result = compute("reclaim", {"streams": streams, "extra": []}, knowledge.factors)
    except NotQuantified:
        return None
    return result.total, result.uncertainty


def _streams(line: Shown, category: taxonomy.Category | None, knowledge: Knowledge) -> list[dict[str, str]]:
    """The materials of one unit as a reclaim's streams: recycled (composted) against the skip; empty where one of them
    has no row, since half a thing cannot be counted."""
    if category is None or not category.materials or not line.mass_grams:
        return []
    kilos, whole = Decimal(line.mass_grams) / 1000, Decimal(sum(share for _key, share in category.materials))
    streams = []
    for key, share in category.materials:
        material = knowledge.materials.get(key)
        if material is None or material.eol_unsorted_factor is None:
            continue
        family = family_of(material.eol_unsorted_factor)
        names = (key, family, "steel" if family == "metal" else family)
        routes = ("composting",) if line.outcome == COMPOST else ("recycling", "average")
        rows = [f"eol.{route}.{name}" for route in routes for name in names]
        row = next((one for one in rows if one in knowledge.factors), None)
        if row is None or material.eol_unsorted_factor not in knowledge.factors:
            return []
        streams.append(
            {
                "what": key,
                "mass_kg": short(kilos * share / whole),
                "counterfactual": material.eol_unsorted_factor,
                "outcome": row,
                "u_quantity_pct": _GUESS_PCT,
            }
        )
    return streams
