"""The cells of a scope, kept in memory between two views and brought up to date by those that moved since.

A cube is known by the end of the chain it was read at: its position and its hash. The same end, the same cells; a later
end of the same chain, only the cells with a later position are read; another chain, all of them.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from flask import current_app
from sqlalchemy import Table, bindparam, select

from marketplace.carbon.canonical import FIRST
from marketplace.carbon.cells import Cell, is_public
from marketplace.carbon.models import LedgerEntry, LedgerHead
from marketplace.carbon.models_rollups import LedgerRollup
from marketplace.carbon.totals import Scope
from marketplace.core.db import db

MOST_CELLS = 8000  # of all cubes in memory, some 5 kB each; the last one asked for stays whatever its size
MOST_MADE = 200  # pages made of one cube

Place = tuple[str, str, str]  # month, kind, branch

_rows: Table = LedgerRollup.__table__  # type: ignore[assignment]
_head: Table = LedgerHead.__table__  # type: ignore[assignment]
_entries: Table = LedgerEntry.__table__  # type: ignore[assignment]
_END = select(_head.c.position, _head.c.hash, _head.c.rolled_up_to)
_HASH_AT = select(_entries.c.hash).where(_entries.c.position == bindparam("at"))
_MOVED = select(_rows).where(
    _rows.c.scope == bindparam("of_scope"),
    _rows.c.scope_id == bindparam("of_scope_id"),
    _rows.c.position > bindparam("since"),
)


@dataclass
class Cube:
    """What a scope's cells were when the chain ended at `position` with `hash`. `made`: what was worked out of them."""

    position: int
    hash: str
    cells: dict[Place, Cell]
    made: dict[Any, Any] = field(default_factory=dict)

    def keep(self, key: Any, value: Any) -> Any:
        """`value`, kept under `key` as long as the cells stay the same."""
        if len(self.made) >= MOST_MADE:
            self.made.clear()
        self.made[key] = value
        return value


def cube_of(scope: Scope) -> Cube | None:
    """The scope's cells as they stand; None while a ledger from before the rollups is being rolled up."""
    end = db.session.execute(_END).first()
    if end is None:
        return Cube(0, FIRST, {})
    if end.rolled_up_to != end.position:
        return None
    shelf: _Shelf = current_app.extensions.setdefault("ledger_cubes", _Shelf())
    kept = shelf.get(scope)
    if kept is not None and kept.hash == end.hash:
        return kept
    if kept is not None and not _is_on_the_chain(kept):
        kept = None
    given = {"of_scope": scope[0], "of_scope_id": scope[1], "since": kept.position if kept else 0}
    moved = {(row.month, row.kind, row.branch): _cell(row) for row in db.session.execute(_MOVED, given)}
    if kept is not None and not moved:
        cube = Cube(end.position, end.hash, kept.cells, kept.made)
    else:
        cube = Cube(end.position, end.hash, {**kept.cells, **moved} if kept else moved)
    shelf.put(scope, cube)
    return cube


def _is_on_the_chain(cube: Cube) -> bool:
    at = db.session.scalar(_HASH_AT, {"at": cube.position}) if cube.position else FIRST
    return at == cube.hash


def _cell(row: Any) -> Cell:
    cell = Cell.of_row(row)
    if is_public(row.scope):
        cell.sums.own, cell.sums.own_doubt = cell.sums.whole, cell.sums.whole_doubt
    return cell


class _Shelf:
    """The cubes asked for last. A cube is never changed, so threads may read one while another is put."""

    def __init__(self) -> None:
        self.cubes: OrderedDict[Scope, Cube] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, scope: Scope) -> Cube | None:
        with self.lock:
            cube = self.cubes.get(scope)
            if cube is not None:
                self.cubes.move_to_end(scope)
            return cube

    def put(self, scope: Scope, cube: Cube) -> None:
        with self.lock:
            self.cubes[scope] = cube
            self.cubes.move_to_end(scope)
            held = sum(len(one.cells) + 1 for one in self.cubes.values())
            while held > MOST_CELLS and len(self.cubes) > 1:
                held -= len(self.cubes.popitem(last=False)[1].cells) + 1
