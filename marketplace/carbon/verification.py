"""What a code tells anybody: whether the entry or report it stands for is unaltered, and what became of it.

Never a person's name; an organisation's only where it agreed (`Organisation.named_in_verifications`).
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from marketplace.accounts.models import Organisation
from marketplace.carbon import ledger, queries, reports
from marketplace.carbon.canonical import FIRST, seal
from marketplace.carbon.explaining import factor_rows
from marketplace.carbon.models import Factor, LedgerEntry, LedgerHead, LedgerShare
from marketplace.carbon.models_reports import CarbonReport
from marketplace.core.db import db

SHORTEST = 16  # digits of a hash that name an entry or a report
_IDENTIFIER = re.compile(r"[a-z2-7]{13}", re.ASCII)
_DIGITS = re.compile(r"[0-9a-f]{16,64}", re.ASCII)
_SEPARATORS = re.compile(r"[\s\-–—.:]+")


def tidy(typed: str) -> str:
    """A code as it is looked up: case, spaces and dashes do not matter."""
    return _SEPARATORS.sub("", typed).lower()[:64]


def find(code: str) -> LedgerEntry | CarbonReport | None:
    """The entry or report of a tidy code: an entry's identifier, or the beginning of a hash or digest."""
    if _IDENTIFIER.fullmatch(code):
        found = queries.entry_by_public_id(code)
        if found is not None:
            return found
    if not _DIGITS.fullmatch(code):
        return None
    return _beginning_with(LedgerEntry, LedgerEntry.hash, code) or _beginning_with(
        CarbonReport, CarbonReport.digest, code
    )


def _beginning_with(model: Any, column: Any, code: str) -> Any:
    """By range rather than by LIKE: the index serves it on both databases. « g » comes after every digit."""
    query = select(model).where(column >= code, column < code + "g").order_by(model.id).limit(1)
    return db.session.scalar(query)


def report_of_file(sha256: str) -> CarbonReport | None:
    """The report whose PDF has these bytes."""
    query = select(CarbonReport).where(CarbonReport.pdf_sha256 == sha256, CarbonReport.state == "ready")
    return db.session.scalar(query.order_by(CarbonReport.id).limit(1))


# ── entries ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Side:
    """A party as anybody may know of it: what it is, and its name where it agreed."""

    role: str
    kind: str
    name: str | None
    share: Decimal


@dataclass(frozen=True)
class Used:
    """A factor that an entry used; `row` is None where the library lost it, or where it is an organisation's own."""

    key: str
    version: str
    value: str
    row: Factor | None


@dataclass(frozen=True)
class Successor:
    """An entry that changed what another says."""

    position: int
    public_id: str
    occurred_on: date


@dataclass(frozen=True)
class EntryProof:
    """Everything a verification shows of an entry. `became`: 'stands', 'corrected', 'withdrawn' or 'reversal'."""

    entry: LedgerEntry
    sealed: bool  # its text has its hash, and says what the lists say
    chained: bool  # it names the entry before it, and the one after it (or the end of the chain) names it
    became: str
    by: Successor | None
    head_position: int
    sides: Sequence[Side]
    factors: Sequence[Used]

    @property
    def unaltered(self) -> bool:
        return self.sealed and self.chained


def prove_entry(entry: LedgerEntry) -> EntryProof:
    """Recompute an entry's hash and look at its neighbours in the chain."""
    end = db.session.get(LedgerHead, 1)
    became, by = _became(entry)
    return EntryProof(
        entry=entry,
        sealed=is_sealed(entry),
        chained=_is_chained(entry, end),
        became=became,
        by=by,
        head_position=end.position if end else 0,
        sides=_sides(entry),
        factors=_used(entry.body["factors_used"]),
    )


def is_sealed(entry: LedgerEntry) -> bool:
    """Whether the text has its hash, and the columns say what the text says."""
    if seal(entry.canonical) != entry.hash:
        return False
    body = json.loads(entry.canonical)
    return all(body.get(name) == value for name, value in ledger.place_of(entry).items())


def _is_chained(entry: LedgerEntry, end: LedgerHead | None) -> bool:
    query = select(LedgerEntry.position, LedgerEntry.hash, LedgerEntry.previous_hash).where(
        LedgerEntry.position.in_((entry.position - 1, entry.position + 1))
    )
    near = {row.position: row for row in db.session.execute(query)}
    before, after = near.get(entry.position - 1), near.get(entry.position + 1)
    if entry.previous_hash != (before.hash if before is not None else FIRST) or (before is None) != (
        entry.position == 1
    ):
        return False
    if after is not None:
        return bool(after.previous_hash == entry.hash)
    return end is not None and (end.position, end.hash) == (entry.position, entry.hash)


def _became(entry: LedgerEntry) -> tuple[str, Successor | None]:
    if entry.status == "reversal":
        taken = db.session.get(LedgerEntry, entry.reverses_id)
        return "reversal", _successor(taken)
    chain = queries.chain_of(entry)
    if chain.replaced_by is not None:
        return "corrected", _successor(chain.replaced_by)
    if chain.reversed_by is not None:
        return "withdrawn", _successor(chain.reversed_by)
    return "stands", None


def _successor(entry: LedgerEntry | None) -> Successor | None:
    return Successor(entry.position, entry.public_id, entry.occurred_on) if entry is not None else None


def _sides(entry: LedgerEntry) -> list[Side]:
    query = (
        select(LedgerShare.role, LedgerShare.share, Organisation.kind, Organisation.name,
               Organisation.named_in_verifications)
        .join(Organisation, Organisation.id == LedgerShare.organisation_id)
        .where(LedgerShare.entry_id == entry.id)
        .order_by(LedgerShare.id)
    )  # fmt: skip
    return [
        Side(row.role, row.kind, shown_name(row.kind, row.name, row.named_in_verifications), row.share)
        for row in db.session.execute(query)
    ]


def shown_name(kind: str, name: str, agreed: bool) -> str | None:
    """The name, where it may be read by anybody: a personal space bears a person's."""
    return name if agreed and kind != "person" else None


def _used(rows: Sequence[dict[str, str]]) -> list[Used]:
    pairs = [(row["key"], row["version"]) for row in rows]
    known = factor_rows(pairs) if pairs else {}
    return [
        Used(
            row["key"],
            row["version"],
            row["kgco2e_per_unit"],
            None if row["key"].startswith("epd.") else known.get((row["key"], row["version"])),
        )
        for row in rows
    ]


# ── reports ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class ReportProof:
    """Everything a verification shows of a report. `said` is its sealed text, read."""

    report: CarbonReport
    unaltered: bool
    said: dict[str, Any]
    name: str | None
    kind: str
    since: reports.Since | None
    factors: Sequence[Used]


def prove_report(report: CarbonReport) -> ReportProof:
    """Recompute a report's digest and look up the ledger's entry it ends at."""
    organisation = db.session.get_one(Organisation, report.organisation_id)
    said = json.loads(report.content or "{}")
    agreed = shown_name(organisation.kind, organisation.name, organisation.named_in_verifications)
    return ReportProof(
        report=report,
        unaltered=reports.is_unaltered(report),
        said=said,
        name=agreed,
        kind=organisation.kind,
        since=reports.changed_since([report]).get(report.id),
        factors=_used(said.get("factors", [])),
    )
