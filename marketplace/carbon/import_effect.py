"""What publishing a file of factors would change in the estimates of published listings: measured, nothing written
but the measure."""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from marketplace.carbon import libraries
from marketplace.carbon.bridge import Knowledge
from marketplace.carbon.doubt import TotalDoubt
from marketplace.carbon.estimates import Alike, Unit, alike_by_row, unit_of
from marketplace.carbon.factor_plan import Plan, plan_of
from marketplace.carbon.models import FactorImport
from marketplace.carbon.numbers import ZERO, exactly, plain, wide
from marketplace.catalogue.models import Listing
from marketplace.core.clock import now, today
from marketplace.core.db import db, transaction

CHUNK = 500
MOST_SHOWN = 10


@dataclass
class _Total:
    """The estimates in use, added up as an entry's figures would be."""

    kgco2e: Decimal = ZERO
    doubt: TotalDoubt = field(default_factory=TotalDoubt)
    count: int = 0

    def take(self, unit: Unit, quantity: Decimal) -> None:
        if unit.result is not None and not unit.result.unverified:
            with wide():
                self.kgco2e += unit.result.total * quantity
            self.doubt.add(unit.result.doubt, quantity)
            self.count += 1

    def shown(self) -> dict[str, str | int]:
        with exactly():
            figure = plain(+self.kgco2e)
        return {"kgco2e": figure, "uncertainty_kgco2e": plain(self.doubt.uncertainty()), "count": self.count}


def measure(import_id: int) -> None:
    """Keep with a file what it would change (the job `carbon.measure_import`). One decided meanwhile is left alone."""
    row = db.session.get(FactorImport, import_id)
    if row is None or row.status != "draft":
        db.session.rollback()
        return
    effect = effect_of(plan_of(row.rows))
    with transaction() as session:
        kept = session.get(FactorImport, import_id, with_for_update=True, populate_existing=True)
        if kept is not None and kept.status == "draft":
            kept.effect = effect


def effect_of(plan: Plan) -> dict[str, Any]:
    """Totals before and after, how many listings change, and those that change most. Both are taken on the day when
    all of the file is in force, so that only the file makes the difference."""
    mark = libraries.mark()
    day = max([today(), *(row.effective_on for row in plan.rows if row.effective_on)])
    before, after = libraries.knowledge_on(day), libraries.knowledge_with(plan.rows, day)
    moved = {row.key for row in plan.rows}
    adds = any(row.key not in before.factors for row in plan.rows)
    known: dict[Alike, tuple[Unit, Unit]] = {}
    totals = _Total(), _Total()
    changed = 0
    most: list[tuple[Decimal, int, dict[str, Any]]] = []
    for row, alike in _published(day):
        pair = known.get(alike)
        if pair is None:
            pair = known[alike] = _pair(alike, before, after, moved, adds)
        quantity = row.quantity or ZERO
        for total, unit in zip(totals, pair, strict=True):
            total.take(unit, quantity)
        if pair[0] is pair[1]:
            continue
        figures = [unit.result.total * quantity if unit.result else None for unit in pair]
        if figures[0] == figures[1]:
            continue
        changed += 1
        difference = abs((figures[1] or ZERO) - (figures[0] or ZERO))
        heapq.heappush(most, (difference, -row.id, _listing(row.id, pair, quantity)))
        if len(most) > MOST_SHOWN:
            heapq.heappop(most)
    return {
        "mark": mark,
        "day": day.isoformat(),
        "measured_at": now().isoformat(),
        "changed": changed,
        "before": totals[0].shown(),
        "after": totals[1].shown(),
        "most": [told for _difference, _id, told in sorted(most, key=lambda one: one[:2], reverse=True)],
    }


def _pair(alike: Alike, before: Knowledge, after: Knowledge, moved: set[str], adds: bool) -> tuple[Unit, Unit]:
    """The unit's figures without and with the file; the same object where the file cannot touch it."""
    old = unit_of(alike, before)
    named = {row.key for row in old.result.factors_used} if old.result else moved
    return (old, old) if not adds and moved.isdisjoint(named) else (old, unit_of(alike, after))


def _listing(listing_id: int, pair: tuple[Unit, Unit], quantity: Decimal) -> dict[str, Any]:
    out: dict[str, Any] = {"listing_id": listing_id}
    for name, unit in zip(("before", "after"), pair, strict=True):
        if unit.result is None:
            out[name] = None
            continue
        with exactly():
            out[name] = [plain(unit.result.total * quantity), plain(unit.result.uncertainty * quantity)]
    return out


def _published(day: Any) -> Iterator[tuple[Any, Alike]]:
    """Every listing that is out, chunk by chunk, so that neither memory nor a lock grows with their number."""
    last = 0
    while True:
        query = select(Listing.id).where(Listing.state == "published", Listing.id > last).order_by(Listing.id)
        ids = list(db.session.scalars(query.limit(CHUNK)))
        if not ids:
            db.session.rollback()
            return
        yield from alike_by_row(ids, day)
        last = ids[-1]
        db.session.rollback()


def titles_of(effect: Mapping[str, Any]) -> dict[int, Any]:
    """Public id and title of the listings that it names."""
    ids = [one["listing_id"] for one in effect["most"]]
    query = select(Listing.id, Listing.public_id, Listing.title).where(Listing.id.in_(ids))
    return {row.id: row for row in db.session.execute(query)}
