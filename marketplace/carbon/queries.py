"""Reads of the ledger: totals with their intervals, entries of a party, what is still to come."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import Select, Table, bindparam, func, select

from marketplace.accounts.models import Organisation
from marketplace.carbon.models import LedgerEntry, LedgerShare, LedgerTotal, ListingEstimate
from marketplace.carbon.numbers import exactly
from marketplace.carbon.standing import standing
from marketplace.carbon.totals import ALL, Scope, Sums, sums_of
from marketplace.core.db import db


@dataclass(frozen=True)
class Total:
    """What a scope's entries add up to. `own` is its share, `whole` that of the transfers it took part in; in kgCO2e,
    at 28 digits, with U by the rule for totals. `apart_count` entries are in no figure (unverified factor, or none)."""

    entry_count: int
    apart_count: int
    mass_grams: int
    own_kgco2e: Decimal
    own_uncertainty_kgco2e: Decimal
    whole_kgco2e: Decimal
    whole_uncertainty_kgco2e: Decimal

    def __bool__(self) -> bool:
        return bool(self.entry_count or self.apart_count)


class Totals:
    """The two lines, never added on a page without saying so (rule 4), and both together; each worked out when asked
    for, since a page shows one of them as a rule."""

    def __init__(self, rows: Sequence[Any]):
        self._rows = rows

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Totals) and (self.reuse, self.reclaim) == (other.reuse, other.reclaim)

    __hash__ = None  # type: ignore[assignment]

    @cached_property
    def _reuse(self) -> Sums:
        return _merged(sums_of(row) for row in self._rows if row.line == "reuse")

    @cached_property
    def _reclaim(self) -> Sums:
        return _merged(sums_of(row) for row in self._rows if row.line == "reclaim")

    @cached_property
    def reuse(self) -> Total:
        return total_of(self._reuse)

    @cached_property
    def reclaim(self) -> Total:
        return total_of(self._reclaim)

    @cached_property
    def both(self) -> Total:
        return total_of(_merged([self._reuse, self._reclaim]))


def total_of(sums: Sums) -> Total:
    """Exact sums at 28 digits, with U."""
    with exactly():
        return Total(
            sums.entry_count,
            sums.apart_count,
            sums.mass_grams,
            +sums.own,
            sums.own_doubt.uncertainty(),
            +sums.whole,
            sums.whole_doubt.uncertainty(),
        )


def _merged(parts: Iterable[Sums]) -> Sums:
    out = Sums()
    for part in parts:
        out.entry_count += part.entry_count
        out.apart_count += part.apart_count
        out.mass_grams += part.mass_grams
        out.add_figures(part)
    return out


# made once, on plain columns: the home page asks at every view
_rows: Table = LedgerTotal.__table__  # type: ignore[assignment]
_OF_SCOPE = select(_rows).where(_rows.c.scope == bindparam("scope"), _rows.c.scope_id == bindparam("scope_id"))
_OF_YEAR = _OF_SCOPE.where(_rows.c.year == bindparam("year"))


def _of(scope: Scope, year: int | None) -> Totals:
    given = {"scope": scope[0], "scope_id": scope[1], "year": year}
    return Totals(list(db.session.execute(_OF_SCOPE if year is None else _OF_YEAR, given)))


def totals_all(year: int | None = None) -> Totals:
    """The platform: transfers added up, never parties' views. All years unless one is named."""
    return _of(ALL, year)


def totals_for_organisation(organisation_id: int, year: int | None = None) -> Totals:
    """An organisation's share, and the whole of what it took part in."""
    return _of(("organisation", organisation_id), year)


def totals_for_production(production_id: int, year: int | None = None) -> Totals:
    """A production's share, and the whole of what it took part in."""
    return _of(("production", production_id), year)


def totals_by_production(production_ids: Iterable[int], year: int | None = None) -> dict[int, Totals]:
    """Totals of several productions in one read; those without entries are left out."""
    query = select(LedgerTotal).where(LedgerTotal.scope == "production", LedgerTotal.scope_id.in_(list(production_ids)))
    if year is not None:
        query = query.where(LedgerTotal.year == year)
    found: dict[int, list[LedgerTotal]] = {}
    for row in db.session.scalars(query):
        found.setdefault(row.scope_id, []).append(row)
    return {production_id: Totals(rows) for production_id, rows in found.items()}


def years_of_organisation(organisation_id: int) -> list[int]:
    """Years with entries, the latest first."""
    query = select(LedgerTotal.year).where(LedgerTotal.scope == "organisation", LedgerTotal.scope_id == organisation_id)
    return sorted(set(db.session.scalars(query)), reverse=True)


# ── entries ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class EntryPage:
    entries: list[LedgerEntry]
    total: int


def entry_by_public_id(public_id: str) -> LedgerEntry | None:
    return db.session.scalar(select(LedgerEntry).where(LedgerEntry.public_id == public_id))


def entry_at(position: int) -> LedgerEntry | None:
    return db.session.scalar(select(LedgerEntry).where(LedgerEntry.position == position))


def entries_of_exchange(exchange_id: int) -> list[LedgerEntry]:
    """Every entry of an exchange, oldest first, reversals included."""
    query = select(LedgerEntry).where(LedgerEntry.exchange_id == exchange_id).order_by(LedgerEntry.position)
    return list(db.session.scalars(query))


def entries_page(
    organisation_id: int,
    *,
    production_id: int | None = None,
    since: date | None = None,
    until: date | None = None,
    year: int | None = None,
    page: int = 1,
    size: int = 25,
) -> EntryPage:
    """Entries that count for an organisation (as giver, receiver or bringer), the latest first."""
    mine = select(LedgerShare.entry_id).where(LedgerShare.organisation_id == organisation_id)
    if production_id is not None:
        mine = mine.where(LedgerShare.production_id == production_id)
    query: Select[Any] = select(LedgerEntry).where(LedgerEntry.id.in_(mine))
    if year is not None:
        since, until = date(year, 1, 1), date(year, 12, 31)
    if since is not None:
        query = query.where(LedgerEntry.occurred_on >= since)
    if until is not None:
        query = query.where(LedgerEntry.occurred_on <= until)
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    ordered = query.order_by(LedgerEntry.position.desc()).offset((page - 1) * size).limit(size)
    return EntryPage(list(db.session.scalars(ordered)), total)


def shares_of(entry_ids: Iterable[int]) -> dict[int, list[tuple[LedgerShare, str]]]:
    """Shares of each entry with the party's name, in the order giver, bringer, receiver."""
    query = (
        select(LedgerShare, Organisation.name)
        .join(Organisation, Organisation.id == LedgerShare.organisation_id)
        .where(LedgerShare.entry_id.in_(list(entry_ids)))
        .order_by(LedgerShare.entry_id, LedgerShare.id)
    )
    found: dict[int, list[tuple[LedgerShare, str]]] = {}
    for share, name in db.session.execute(query):
        found.setdefault(share.entry_id, []).append((share, name))
    return found


@dataclass(frozen=True)
class Chain:
    """An entry's neighbours: the life before and after, what takes it back or what it replaces."""

    predecessor: LedgerEntry | None
    successors: list[LedgerEntry]
    reverses: LedgerEntry | None
    reversed_by: LedgerEntry | None
    replaces: LedgerEntry | None
    replaced_by: LedgerEntry | None


def chain_of(entry: LedgerEntry) -> Chain:
    def one(entry_id: int | None) -> LedgerEntry | None:
        return db.session.get(LedgerEntry, entry_id) if entry_id else None

    def naming(column: Any) -> list[LedgerEntry]:
        return list(db.session.scalars(select(LedgerEntry).where(column == entry.id).order_by(LedgerEntry.position)))

    reversed_by, replaced_by = naming(LedgerEntry.reverses_id), naming(LedgerEntry.replaces_id)
    return Chain(
        one(entry.predecessor_id),
        [e for e in naming(LedgerEntry.predecessor_id) if e.status != "reversal"],
        one(entry.reverses_id),
        reversed_by[0] if reversed_by else None,
        one(entry.replaces_id),
        replaced_by[0] if replaced_by else None,
    )


# ── listings ────────────────────────────────────────────────────────────────────────────────────


def estimate_of_listing(listing_id: int) -> ListingEstimate | None:
    """What a listing would avoid as it stands."""
    return db.session.get(ListingEstimate, listing_id)


def standing_by_line(line_ids: Iterable[int]) -> dict[int, LedgerEntry]:
    """The ledger's present word on each of these lines: neither reversals nor what they take back."""
    query = standing().where(LedgerEntry.line_id.in_(list(line_ids))).order_by(LedgerEntry.position)
    return {entry.line_id: entry for entry in db.session.scalars(query) if entry.line_id is not None}
