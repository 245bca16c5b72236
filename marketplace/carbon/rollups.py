"""The sums that dashboards are read from, moved on with each entry under the head's lock; a ledger from before them is
rolled up from its first entry on, batch by batch."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from operator import itemgetter

from sqlalchemy import Table, and_, bindparam, exists, insert, select, update
from sqlalchemy.orm import aliased

from marketplace.carbon.cells import Cell, Filed, Key, is_public
from marketplace.carbon.doubt import Doubt
from marketplace.carbon.filing import COUNTED, filings_of
from marketplace.carbon.models import LedgerEntry, LedgerHead, LedgerShare
from marketplace.carbon.models_rollups import LedgerFiling, LedgerRollup
from marketplace.core.db import db

BATCH = 2000

_rows: Table = LedgerRollup.__table__  # type: ignore[assignment]
_IN_MONTH = select(_rows).where(
    _rows.c.month == bindparam("of_month"),
    _rows.c.kind == bindparam("of_kind"),
    _rows.c.branch == bindparam("of_branch"),
    _rows.c.scope_id.in_(bindparam("of_scope_ids", expanding=True)),
)
_MOVED_ON = update(_rows).where(and_(*(_rows.c[name] == bindparam(f"of_{name}") for name in Key._fields)))


def add_to_rollups(
    head: LedgerHead, entry: LedgerEntry, shares: Sequence[LedgerShare], doubt: Doubt, reversed_status: str | None
) -> None:
    """File a new entry and move its cells on. The caller holds the head's lock.

    Where earlier entries still wait to be rolled up, this one waits too: `catch_up` takes them in order.
    """
    if head.rolled_up_to != entry.position - 1:
        return
    filing = filings_of([entry])[entry.id]
    db.session.add(filing)
    db.session.flush()
    _roll_up([Filed(entry, filing, shares, doubt, reversed_status)])
    head.rolled_up_to = entry.position


def behind() -> int:
    """How many entries are not in the rollups yet; 0 but after an upgrade."""
    head = db.session.get(LedgerHead, 1, populate_existing=True)
    return head.position - head.rolled_up_to if head else 0


def catch_up(most: int = BATCH) -> int:
    """Roll up the next `most` entries that wait, inside a transaction; how many still do."""
    head = db.session.get(LedgerHead, 1, with_for_update=True, populate_existing=True)
    if head is None or head.rolled_up_to >= head.position:
        return 0
    query = select(LedgerEntry).where(LedgerEntry.position > head.rolled_up_to).order_by(LedgerEntry.position)
    entries = list(db.session.scalars(query.limit(most)))
    filings = filings_of(entries)
    db.session.add_all(filings.values())
    db.session.flush()
    _roll_up(list(filed(entries, filings)))
    head.rolled_up_to = entries[-1].position
    db.session.flush()
    return head.position - head.rolled_up_to


def filed(entries: Sequence[LedgerEntry], filings: Mapping[int, LedgerFiling]) -> Iterable[Filed]:
    """Entries with what their cells take of them, as read again from the tables."""
    shares: dict[int, list[LedgerShare]] = {}
    query = select(LedgerShare).where(LedgerShare.entry_id.in_([e.id for e in entries])).order_by(LedgerShare.id)
    for share in db.session.scalars(query):
        shares.setdefault(share.entry_id, []).append(share)
    for entry in entries:
        body = entry.body
        doubt = Doubt.from_json(body["doubt"]) if body["doubt"] else Doubt()
        yield Filed(entry, filings[entry.id], shares.get(entry.id, []), doubt, body.get("reversed_status"))


def _roll_up(taken: Sequence[Filed]) -> None:
    """Entries in the order of the chain, filed already."""
    parts = {one.entry.position: one.keys() for one in taken}
    cells = _Cells()
    cells.load({key for keys in parts.values() for key in keys})
    for one in taken:
        for key, part in parts[one.entry.position].items():
            cells.of(key).take(one, part, is_public(key.scope))
    reversals = [one for one in taken if one.reversed_status in COUNTED]
    if reversals:
        _leave_extremes(cells, reversals, taken[-1].entry.position)
    cells.write()


class _Cells:
    """Cells read, moved on and written back."""

    def __init__(self) -> None:
        self.known: dict[Key, Cell] = {}
        self.stored: set[Key] = set()

    def load(self, keys: Iterable[Key]) -> None:
        """Read those that have a row and were not read yet."""
        wanted = sorted(set(keys) - self.known.keys(), key=itemgetter(2, 3, 4))
        for (month, kind, branch), group in groupby(wanted, key=itemgetter(2, 3, 4)):
            asked = set(group)
            given = {
                "of_month": month, "of_kind": kind, "of_branch": branch, "of_scope_ids": [k.scope_id for k in asked],
            }  # fmt: skip
            for row in db.session.execute(_IN_MONTH, given):
                key = Key(row.scope, row.scope_id, month, kind, branch)
                if key in asked:
                    self.known[key] = Cell.of_row(row)
                    self.stored.add(key)

    def of(self, key: Key) -> Cell:
        return self.known.setdefault(key, Cell())

    def write(self) -> None:
        old, new = [], []
        for key, cell in sorted(self.known.items()):
            if key in self.stored:
                old.append({f"of_{name}": value for name, value in key._asdict().items()} | cell.as_row())
            else:
                new.append(key._asdict() | cell.as_row())
        if old:
            db.session.connection().execute(_MOVED_ON, old)
        if new:
            db.session.connection().execute(insert(_rows), new)


# ── extremes ────────────────────────────────────────────────────────────────────────────────────


def _leave_extremes(cells: _Cells, reversals: Sequence[Filed], last: int) -> None:
    """Entries taken back are no longer the best or worst of their cell: the next ones are looked for, up to the
    `last` position taken."""
    query = (
        select(LedgerEntry.id, LedgerEntry.position, LedgerFiling.month)
        .join(LedgerFiling, LedgerFiling.entry_id == LedgerEntry.id)
        .where(LedgerEntry.id.in_([one.entry.reverses_id for one in reversals]))
    )
    taken_back = {row.id: row for row in db.session.execute(query)}
    for one in reversals:
        row = taken_back[one.entry.reverses_id or 0]
        keys = one.keys(month=row.month)
        cells.load(keys)
        for key in keys:
            cell = cells.of(key)
            if cell.holds(row.position):
                cell.best, cell.worst = [], []
                cell.put_among_extremes(list(_live_results(key, last)))
                cell.position = max(cell.position, one.entry.position)


def _live_results(key: Key, until: int) -> Iterable[tuple[Decimal, int]]:
    """Results that count in a cell among the entries up to position `until`, without those taken back by then."""
    reversal = aliased(LedgerEntry)
    query = (
        select(LedgerEntry.result_kgco2e, LedgerEntry.position)
        .join(LedgerFiling, LedgerFiling.entry_id == LedgerEntry.id)
        .outerjoin(reversal, and_(reversal.reverses_id == LedgerEntry.id, reversal.position <= until))
        .where(
            LedgerFiling.month == key.month, LedgerFiling.kind == key.kind, LedgerFiling.branch == key.branch,
            LedgerEntry.position <= until, LedgerEntry.status.in_(COUNTED), reversal.id.is_(None),
        )
    )  # fmt: skip
    if key.scope == "region":
        query = query.where(LedgerFiling.region == f"{key.scope_id:02}")
    elif key.scope != "all":
        column = LedgerShare.organisation_id if key.scope == "organisation" else LedgerShare.production_id
        query = query.where(exists().where(LedgerShare.entry_id == LedgerEntry.id, column == key.scope_id))
    return ((row.result_kgco2e, row.position) for row in db.session.execute(query) if row.result_kgco2e is not None)
