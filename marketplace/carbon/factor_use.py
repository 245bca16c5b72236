"""How often each version of a factor was used: counted with each entry, read by the factor's page."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select, tuple_, update

from marketplace.carbon.models import FactorUse, LedgerEntry
from marketplace.core.db import db

Pair = tuple[str, str]  # key, version


def counted(body: Mapping[str, Any], status: str) -> Counter[Pair]:
    """What an entry adds: one for each version it names, taken off again by its reversal."""
    step = -1 if status == "reversal" else 1
    return Counter({(row["key"], row["version"]): step for row in body["factors_used"]})


def count(entry: LedgerEntry) -> None:
    """Move the counters by an entry just written, under the lock of the ledger's head."""
    add(counted(entry.body, entry.status))


def add(more: Mapping[Pair, int]) -> None:
    """Move the counters, in one statement for all that move by as much."""
    for step in sorted(set(more.values())):
        _move(sorted(pair for pair, n in more.items() if n == step), step)


def _move(pairs: list[Pair], step: int) -> None:
    named = tuple_(FactorUse.key, FactorUse.version).in_(pairs)
    moved = db.session.execute(
        update(FactorUse).where(named).values(entry_count=FactorUse.entry_count + step),
        execution_options={"synchronize_session": False},
    )
    if moved.rowcount == len(pairs):  # type: ignore[attr-defined]
        return
    found = db.session.execute(select(FactorUse.key, FactorUse.version).where(named))
    there = {(row.key, row.version) for row in found}
    new = [
        {"key": key, "version": version, "entry_count": step} for key, version in pairs if (key, version) not in there
    ]
    db.session.execute(insert(FactorUse.__table__), new)  # type: ignore[arg-type]


def uses_of(key: str) -> dict[str, int]:
    """Entries that stand and name this factor, by version."""
    query = select(FactorUse.version, FactorUse.entry_count).where(FactorUse.key == key, FactorUse.entry_count != 0)
    return {row.version: row.entry_count for row in db.session.execute(query)}


def all_uses() -> dict[Pair, int]:
    """Every counter that is not zero."""
    query = select(FactorUse.key, FactorUse.version, FactorUse.entry_count).where(FactorUse.entry_count != 0)
    return {(key, version): n for key, version, n in db.session.execute(query)}
