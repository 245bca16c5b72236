"""`ledger check` of what dashboards are read from: each filing derived again, each cell summed up from its entries.

Entries are read once more, cell by cell, so that memory holds the cells of one month, kind and branch at a time.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import groupby

from sqlalchemy import func, select, tuple_

from marketplace.carbon.cells import Cell, Filed, Key, is_public
from marketplace.carbon.doubt import TotalDoubt
from marketplace.carbon.filing import filings_of
from marketplace.carbon.models import LedgerEntry, LedgerHead
from marketplace.carbon.models_rollups import LedgerFiling, LedgerRollup
from marketplace.carbon.rollups import filed
from marketplace.core.db import db

BATCH = 500
PLACE = ("month", "kind", "branch")
DERIVED = (*PLACE, "region", "apart")  # what was paid is a note of the line, which may be put right afterwards


def first_difference() -> str | None:
    """A sentence on the first filing or cell that its entries do not make; None when all agree, or while a ledger from
    before the rollups is not rolled up to its end."""
    head = db.session.get(LedgerHead, 1)
    if head is None or head.rolled_up_to != head.position:
        return None
    filings = db.session.scalar(select(func.count()).select_from(LedgerFiling)) or 0
    if filings != head.position:
        return f"{filings} entries are filed of {head.position}"
    kept = 0
    try:
        for place, group in groupby(_in_order(), key=lambda one: _place(one.filing)):
            made: dict[Key, Cell] = {}
            for one in group:
                for key, part in one.keys().items():
                    made.setdefault(key, Cell()).take(one, part, is_public(key.scope))
            stored = _stored(place)
            kept += len(stored)
            for key in sorted(made.keys() | stored.keys()):
                _compare(key, stored.get(key, Cell()), made.get(key, Cell()))
    except _Differs as found:
        return str(found)
    rows = db.session.scalar(select(func.count()).select_from(LedgerRollup)) or 0
    return None if rows == kept else f"{rows - kept} rollups have no entries"


class _Differs(Exception):
    """The sentence."""


def _place(filing: LedgerFiling) -> tuple[str, ...]:
    return filing.month, filing.kind, filing.branch


def _in_order() -> Iterator[Filed]:
    """Every entry by month, kind, branch and place in the chain. Raises _Differs for a wrong filing."""
    columns = (LedgerFiling.month, LedgerFiling.kind, LedgerFiling.branch, LedgerFiling.entry_id)
    last: tuple[str | int, ...] = ("", "", "", 0)
    while True:
        query = select(LedgerFiling).where(tuple_(*columns) > tuple_(*last)).order_by(*columns).limit(BATCH)
        filings = {filing.entry_id: filing for filing in db.session.scalars(query)}
        if not filings:
            return
        known = {e.id: e for e in db.session.scalars(select(LedgerEntry).where(LedgerEntry.id.in_(filings)))}
        entries = [known[i] for i in filings if i in known]
        reversed_ids = set(
            db.session.scalars(select(LedgerEntry.reverses_id).where(LedgerEntry.reverses_id.in_(filings)))
        )
        derived = filings_of(entries)
        for entry in entries:
            _compare_filing(entry, filings[entry.id], derived[entry.id])
        for one in filed(entries, filings):
            yield replace(one, stands=one.entry.id not in reversed_ids)
        end = list(filings.values())[-1]
        last = (*_place(end), end.entry_id)
        for row in (*filings.values(), *entries):
            db.session.expunge(row)


def _compare_filing(entry: LedgerEntry, kept: LedgerFiling, derived: LedgerFiling) -> None:
    for name in DERIVED:
        if getattr(kept, name) != getattr(derived, name):
            raise _Differs(
                f"entry {entry.position} is filed under {name} {getattr(kept, name)!r}, "
                f"it says {getattr(derived, name)!r}"
            )


def _stored(place: tuple[str, ...]) -> dict[Key, Cell]:
    conditions = [getattr(LedgerRollup, name) == value for name, value in zip(PLACE, place, strict=True)]
    rows = db.session.execute(select(LedgerRollup.__table__).where(*conditions))
    return {Key(row.scope, row.scope_id, row.month, row.kind, row.branch): Cell.of_row(row) for row in rows}


def _compare(key: Key, kept: Cell, made: Cell) -> None:
    for name in ("entry_count", "apart_count", "mass_grams", "whole", "own", "whole_doubt", "own_doubt"):
        stored, summed = getattr(kept.sums, name), getattr(made.sums, name)
        if name.endswith("_doubt"):
            stored, summed = numbers(stored), numbers(summed)
        if stored != summed:
            raise _Differs(f"rollup {' '.join(map(str, key))}: {name} is {stored}, its entries make {summed}")
    for name in ("reasons", "outcomes", "parties", "money", "best", "worst"):
        if getattr(kept, name) != getattr(made, name):
            raise _Differs(
                f"rollup {' '.join(map(str, key))}: {name} is {getattr(kept, name)}, "
                f"its entries make {getattr(made, name)}"
            )


def numbers(doubt: TotalDoubt) -> tuple[dict[str, Decimal], dict[str, Decimal], Decimal]:
    """Its components as numbers: how many zeros they are written with depends on what was taken back meanwhile."""
    factors = {key: term for key, term in doubt.factors.items() if term}
    return factors, {key: term for key, term in doubt.displacement.items() if term}, doubt.squares
