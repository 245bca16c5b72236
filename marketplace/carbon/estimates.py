"""What each listing would avoid, kept as one row a listing: bulk and quick, written anew whenever a listing changes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, delete, insert, select

from marketplace.accounts.models import Organisation
from marketplace.carbon import food
from marketplace.carbon.bridge import Bridged, Knowledge, Thing, bridge
from marketplace.carbon.events import Estimate, EstimateChanged
from marketplace.carbon.libraries import knowledge_on
from marketplace.carbon.makers import Product
from marketplace.carbon.method import Result, compute
from marketplace.carbon.models import ListingEstimate
from marketplace.carbon.numbers import ONE, exactly
from marketplace.carbon.owned import Own
from marketplace.carbon.product_data import products_of
from marketplace.carbon.reasons import NotQuantified
from marketplace.carbon.uses import origin_of
from marketplace.catalogue import taxonomy
from marketplace.catalogue.models import Listing
from marketplace.core.clock import now, today
from marketplace.core.db import db
from marketplace.core.events import announce

CHUNK = 500
RECEIVER = "production"  # the usual taker here; the page says so

_COLUMNS = (
    Listing.id, Listing.category_key, Listing.modes, Listing.quantity, Listing.unit, Listing.mass_grams,
    Listing.mass_source, Listing.materials, Listing.acquired, Listing.uses_expected, Listing.origin_line_id,
    Organisation.kind.label("owner_kind"),
)  # fmt: skip


@dataclass(frozen=True)
class Alike:
    """What the estimate of a listing follows from but its quantity: things alike are computed once."""

    category_key: str | None
    unit: str
    mass_grams: int | None
    weighed: bool
    materials: tuple[tuple[str, str], ...]
    kind: str
    own: Own | None
    product: Product | None

    @property
    def thing(self) -> Thing:
        return Thing(
            category=taxonomy.categories().get(self.category_key or ""),
            quantity=ONE,
            unit=self.unit,
            mass_kg=Decimal(self.mass_grams) / 1000 if self.mass_grams else None,
            weighed=self.weighed,
            materials=[(key, Decimal(share)) for key, share in self.materials],
        )


@dataclass(frozen=True)
class Unit:
    """The figures of one unit of a kind of thing, or why there are none."""

    kind: str
    made: Bridged | None = None
    result: Result | None = None
    refusal: NotQuantified | None = None


def estimate_listings(listing_ids: Iterable[int], announce_changes: bool = True) -> int:
    """Compute anew what these listings would avoid, inside a transaction; how many were.

    A listing that is gone is passed over; one that cannot be quantified keeps a row with the reason. Announces
    `EstimateChanged` unless told not to (a bulk load that writes the index itself).
    """
    ids = sorted(set(listing_ids))
    knowledge, at = knowledge_on(today()), now()
    known: dict[Alike, Unit] = {}
    count = 0
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        rows = [_estimated(row, alike, knowledge, at, known) for row, alike in alike_by_row(chunk, today())]
        db.session.execute(delete(ListingEstimate).where(ListingEstimate.listing_id.in_(chunk)))
        if rows:
            db.session.connection().execute(insert(ListingEstimate.__table__), rows)  # type: ignore[arg-type]
            count += len(rows)
            if announce_changes:
                announce(EstimateChanged(tuple(_announced(row) for row in rows)))
    return count


def _announced(row: dict[str, Any]) -> Estimate:
    if row["status"] != "counted":  # an unverified factor is shown on the page, marked so, and sorts nothing
        return row["listing_id"], None, None
    return row["listing_id"], row["result_kgco2e"], row["uncertainty_kgco2e"]


def _kind(modes: Sequence[str]) -> str | None:
    for mode, kind in (("donate", "donation"), ("sell", "sale"), ("rent", "rental")):
        if mode in modes:
            return kind
    return None


def alike_by_row(listing_ids: Sequence[int], day: date) -> Iterator[tuple[Row[Any], Alike]]:
    """The listings among these that are there, each with what its estimate follows from on `day`."""
    query = select(*_COLUMNS).join(Organisation, Organisation.id == Listing.organisation_id)
    declared = products_of(listing_ids, day)
    for row in db.session.execute(query.where(Listing.id.in_(listing_ids))).all():
        yield row, _alike(row, declared.get(row.id))


def _alike(row: Row[Any], product: Product | None) -> Alike:
    kind = _kind(row.modes or ()) or "donation"
    own = None
    if kind == "rental":
        # a reuse centre's things are taken to come by reuse until it says otherwise: an offer may, an entry may not
        came_by_reuse = row.origin_line_id is not None or row.owner_kind == "reuse_centre"
        own = Own(origin_of(row.acquired, came_by_reuse), uses_expected=row.uses_expected)
    return Alike(
        category_key=row.category_key,
        unit=row.unit or "piece",
        mass_grams=row.mass_grams,
        weighed=row.mass_source == "weighed",
        materials=tuple((part["key"], str(part["share"])) for part in row.materials or ()),
        kind=kind,
        own=own,
        product=product,
    )


def _estimated(
    row: Row[Any], alike: Alike, knowledge: Knowledge, at: datetime, known: dict[Alike, Unit]
) -> dict[str, Any]:
    unit = known.get(alike)
    if unit is None:
        unit = known[alike] = unit_of(alike, knowledge)
    return _row(row.id, row.quantity, unit, at)


def unit_of(alike: Alike, knowledge: Knowledge) -> Unit:
    """The figures of one such thing. A rental: one use, the first. Food: all of it eaten."""
    kind, own = alike.kind, alike.own
    known = knowledge.knowing(alike.product)
    try:
        if _is_food(alike):
            kind, made = food.KIND, food.food_offered(alike.thing, known)
        else:
            made = bridge(kind, alike.thing, RECEIVER, known, own=[own] if own else ())
        return Unit(kind, made, compute(kind, made.inputs, known.factors, made.displacement_key))
    except NotQuantified as refusal:
        return Unit(kind, refusal=refusal)


def _is_food(alike: Alike) -> bool:
    category = taxonomy.categories().get(alike.category_key or "")
    return category is not None and category.displacement_group == "food"


def _row(listing_id: int, quantity: Decimal | None, unit: Unit, at: datetime) -> dict[str, Any]:
    out: dict[str, Any] = {
        "listing_id": listing_id,
        "kind": unit.kind,
        "receiver": RECEIVER,
        "quantity": quantity,
        "estimated_at": at,
        "status": "not_quantified",
        "reason": None,
        "reason_data": {},
        "unit_kgco2e": None,
        "unit_uncertainty_kgco2e": None,
        "result_kgco2e": None,
        "uncertainty_kgco2e": None,
        "displacement_key": None,
        "basis": None,
        "inputs": {},
        "factor_versions": {},
    }
    if unit.made is None or unit.result is None:
        refusal = unit.refusal
        return out | {"reason": refusal.code, "reason_data": refusal.data} if refusal else out
    result = unit.result
    out |= {
        "status": "estimated" if result.unverified else "counted",
        "unit_kgco2e": result.total,
        "unit_uncertainty_kgco2e": result.uncertainty,
        "displacement_key": unit.made.displacement_key,
        "basis": unit.made.basis,
        "inputs": unit.made.inputs,
        "factor_versions": {row.key: row.version for row in result.factors_used},
    }
    if quantity:
        with exactly():  # A and U are of degree one in the quantity (properties 5 and 26)
            out |= {
                "result_kgco2e": result.total * quantity,
                "uncertainty_kgco2e": result.uncertainty * quantity,
            }
    return out


def estimates_by_listing(ids: Iterable[int]) -> dict[int, tuple[Decimal | None, Decimal | None]]:
    """For each of these listings with an estimate in use: the figure of the whole quantity and its uncertainty."""
    columns = ListingEstimate.listing_id, ListingEstimate.result_kgco2e, ListingEstimate.uncertainty_kgco2e
    query = select(*columns).where(ListingEstimate.listing_id.in_(list(ids)), ListingEstimate.status == "counted")
    return {listing_id: (result, doubt) for listing_id, result, doubt in db.session.execute(query)}
