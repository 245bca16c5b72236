"""Running totals, moved on with each entry under the head's lock, and the same sums made anew to check them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import select

from marketplace.carbon.doubt import Doubt, TotalDoubt
from marketplace.carbon.models import LedgerEntry, LedgerShare, LedgerTotal
from marketplace.carbon.numbers import ONE, ZERO, plain, wide
from marketplace.core.db import db

Scope = tuple[str, int]
ALL: Scope = ("all", 0)


@dataclass
class Sums:
    """What a scope's entries of one year and line add up to."""

    entry_count: int = 0
    apart_count: int = 0
    mass_grams: int = 0
    whole: Decimal = ZERO
    own: Decimal = ZERO
    whole_doubt: TotalDoubt = field(default_factory=TotalDoubt)
    own_doubt: TotalDoubt = field(default_factory=TotalDoubt)

    def take(
        self, entry: LedgerEntry, part: "Part", doubt: Doubt, reversed_status: str | None, with_own: bool = True
    ) -> None:
        """One more entry. A reversal takes back what the entry it names had added. `with_own` false: there is no share
        apart from the whole, `own` is left alone."""
        back = reversed_status is not None
        sign = -1 if back else 1
        self.mass_grams += sign * part.mass_grams
        if (reversed_status or entry.status) not in ("counted", "provisional"):
            self.apart_count += sign
            return
        self.entry_count += sign
        with wide():
            self.whole += entry.result_kgco2e or ZERO
            if with_own:
                self.own += part.own
        self.whole_doubt.add(doubt, ONE, cancels=back)
        if with_own:
            self.own_doubt.add(doubt, part.share, cancels=back)

    def add_figures(self, other: "Sums") -> None:
        """Another year's or line's figures; its counts are the caller's."""
        with wide():
            self.whole += other.whole
            self.own += other.own
        self.whole_doubt.merge(other.whole_doubt)
        self.own_doubt.merge(other.own_doubt)


@dataclass
class Part:
    """A scope's part of one entry."""

    share: Decimal = ZERO
    own: Decimal = ZERO
    mass_grams: int = 0
    received: bool = False  # whether it is there for what the scope took for its own use


def parts_of(entry: LedgerEntry, shares: Iterable[LedgerShare]) -> dict[Scope, Part]:
    """Who an entry counts for, and how much of it.

    Mass is kept in use once: what enters a recorded stock counts for whoever gave it, then for the stock keeper and the
    platform when it goes out again. Whoever brought a thing into the stock shares the figure, not the mass of its exit.
    """
    mass = entry.mass_grams or 0
    found = {ALL: Part(ONE, entry.result_kgco2e or ZERO, 0 if entry.into_stock else mass, not entry.into_stock)}
    for share in shares:
        scopes = [("organisation", share.organisation_id)]
        if share.production_id is not None:
            scopes.append(("production", share.production_id))
        for scope in scopes:
            part = found.setdefault(scope, Part())
            with wide():
                part.share += share.share
                part.own += share.share_kgco2e or ZERO
            if share.role == "giver" or (share.role == "receiver" and not entry.into_stock):
                part.mass_grams = mass
            part.received |= share.role == "receiver" and not entry.into_stock
    return found


def line_of(kind: str) -> str:
    """The line of the totals: reclaim apart, all others together (rule 4)."""
    return "reclaim" if kind == "reclaim" else "reuse"


def add_to_totals(
    entry: LedgerEntry, shares: Sequence[LedgerShare], doubt: Doubt, reversed_status: str | None = None
) -> None:
    """Move the totals on by one entry. The caller holds the head's lock."""
    for (scope, scope_id), part in sorted(parts_of(entry, shares).items()):
        row = _row(scope, scope_id, entry.occurred_on.year, line_of(entry.kind))
        sums = sums_of(row)
        sums.take(entry, part, doubt, reversed_status)
        row.entry_count, row.apart_count, row.mass_grams = sums.entry_count, sums.apart_count, sums.mass_grams
        row.whole_kgco2e, row.own_kgco2e = plain(sums.whole), plain(sums.own)
        row.whole_doubt, row.own_doubt = sums.whole_doubt.as_json(), sums.own_doubt.as_json()


def _row(scope: str, scope_id: int, year: int, line: str) -> LedgerTotal:
    query = select(LedgerTotal).filter_by(scope=scope, scope_id=scope_id, year=year, line=line)
    row = db.session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        row = LedgerTotal(
            scope=scope, scope_id=scope_id, year=year, line=line, entry_count=0, apart_count=0, mass_grams=0,
            whole_kgco2e="0", own_kgco2e="0", whole_doubt={}, own_doubt={},
        )  # fmt: skip
        db.session.add(row)
    return row


def sums_of(row: LedgerTotal) -> Sums:
    """A stored row, as figures."""
    return Sums(
        row.entry_count,
        row.apart_count,
        row.mass_grams,
        Decimal(row.whole_kgco2e),
        Decimal(row.own_kgco2e),
        TotalDoubt.from_json(row.whole_doubt),
        TotalDoubt.from_json(row.own_doubt),
    )
