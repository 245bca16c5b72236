"""Entries by what dashboards are narrowed to, and what the best and worst of them were about."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, select

from marketplace.carbon.dashboards import Asked
from marketplace.carbon.models import LedgerEntry, LedgerShare
from marketplace.carbon.models_rollups import LedgerFiling, LedgerRollup
from marketplace.carbon.queries import EntryPage
from marketplace.carbon.totals import Scope
from marketplace.core.db import db
from marketplace.exchanges.models import ExchangeLine


def filed_page(scope: Scope, asked: Asked, apart: str | None = None, page: int = 1, size: int = 25) -> EntryPage:
    """Entries that count for an organisation or a production within `asked`, the latest first, reversals included;
    with `apart`, those that are in no sum for that reason."""
    conditions: list[ColumnElement[bool]] = [LedgerFiling.entry_id.in_(_of(scope))]
    if asked.since is not None:
        conditions.append(LedgerFiling.month >= asked.since)
    if asked.until is not None:
        conditions.append(LedgerFiling.month <= asked.until)
    if asked.kind is not None:
        conditions.append(LedgerFiling.kind == asked.kind)
    if asked.branch is not None:
        conditions.append(LedgerFiling.branch == asked.branch)
    if apart is not None:
        conditions.append(LedgerFiling.apart == apart)
    total = db.session.scalar(select(func.count()).select_from(LedgerFiling).where(*conditions)) or 0
    ids = select(LedgerFiling.entry_id).where(*conditions).order_by(LedgerFiling.entry_id.desc())
    query = (
        select(LedgerEntry)
        .where(LedgerEntry.id.in_(list(db.session.scalars(ids.offset((page - 1) * size).limit(size)))))
        .order_by(LedgerEntry.position.desc())
    )
    return EntryPage(list(db.session.scalars(query)), total)


def _of(scope: Scope) -> Select[Any]:
    column = LedgerShare.organisation_id if scope[0] == "organisation" else LedgerShare.production_id
    return select(LedgerShare.entry_id).where(column == scope[1])


@dataclass(frozen=True)
class About:
    """What an entry was about: the title its line had, its branch; and what is said of it beside."""

    position: int
    public_id: str
    kind: str
    occurred_on: date
    mass_grams: int | None
    uncertainty_kgco2e: Decimal | None
    branch: str
    title: str | None


# columns, not entries: the sealed text of an entry is long
_ABOUT = (
    select(
        LedgerEntry.position,
        LedgerEntry.public_id,
        LedgerEntry.kind,
        LedgerEntry.occurred_on,
        LedgerEntry.mass_grams,
        LedgerEntry.uncertainty_kgco2e,
        LedgerFiling.branch,
        ExchangeLine.title,
    )
    .join(LedgerFiling, LedgerFiling.entry_id == LedgerEntry.id)
    .outerjoin(ExchangeLine, ExchangeLine.id == LedgerEntry.line_id)
    .where(LedgerEntry.position.in_(bindparam("positions", expanding=True)))
)


def about(positions: Iterable[int]) -> dict[int, About]:
    """By position."""
    rows = db.session.execute(_ABOUT, {"positions": list(positions)})
    return {row.position: About(*row) for row in rows}


def regions_with_entries() -> list[int]:
    """INSEE's codes, as numbers, of the regions that things left from."""
    query = select(LedgerRollup.scope_id).where(LedgerRollup.scope == "region").distinct()
    return sorted(db.session.scalars(query))
