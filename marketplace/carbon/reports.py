"""Asking for a report, reading those that exist, sealing what one says. The worker makes them (web/report_papers.py).

A report is of a production, or of an organisation (its yearly statement). It says what the ledger held when it was
asked for: entries up to the head of that moment, which never change, so that a worker killed half-way begins again and
makes the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from marketplace.accounts.memberships import acting_in
from marketplace.accounts.models import Organisation, Production
from marketplace.accounts.permissions import Actor, allows, require
from marketplace.accounts.productions import actor_for_production
from marketplace.carbon import method
from marketplace.carbon.canonical import canonical_text, seal
from marketplace.carbon.models import LedgerEntry, LedgerTotal
from marketplace.carbon.models_reports import CarbonReport
from marketplace.carbon.numbers import plain
from marketplace.carbon.queries import Total
from marketplace.carbon.report_facts import Facts
from marketplace.carbon.streaming import Span, count, head, of_span
from marketplace.core.clock import now, today
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.jobs.outbox import enqueue

JOB = "carbon.make_report"
FORM = 1  # of the sealed text
CODE = 16  # digits of the digest that are printed as the code
LANGUAGES = ("fr", "en")
FORMATS = ("pdf", "csv", "xlsx")
MOST_WAITING = 5  # of a scope at a time
SHOWN = 30
FIRST_YEAR = 2000


@dataclass(frozen=True)
class Subject:
    """What a report is about, and who asks."""

    actor: Actor
    organisation: Organisation
    production: Production | None

    @property
    def scope(self) -> tuple[str, int]:
        if self.production is not None:
            return "production", self.production.id
        return "organisation", self.organisation.id

    @property
    def title(self) -> str:
        return self.production.title if self.production is not None else self.organisation.name


def of_production(actor: Actor, public_id: str) -> Subject:
    """A production whose carbon `actor` may read: its organisation's members, its guests. Raises `NotFound`."""
    acting, production = actor_for_production(actor, public_id)
    require(acting, "carbon.read", production.organisation_id, production_id=production.id)
    return Subject(acting, db.session.get_one(Organisation, production.organisation_id), production)


def of_organisation(actor: Actor, organisation_id: int | None) -> Subject:
    """The organisation one acts for. Raises `NotFound`, `NotAllowed`."""
    organisation = db.session.get(Organisation, organisation_id) if organisation_id is not None else None
    if organisation is None:
        raise NotFound
    return Subject(require(actor, "carbon.read", organisation.id), organisation, None)


def checked_days(period: str, year: str, since: date | None, until: date | None) -> tuple[date | None, date | None]:
    """The first and last day of a period: 'all', 'year' or 'days'. Raises `Invalid` by field."""
    if period == "all":
        return None, None
    if period == "year":
        if not (year.isascii() and year.isdecimal() and len(year) == 4 and FIRST_YEAR <= int(year) <= today().year):
            raise Invalid({"year": _("Choisissez une année de %(first)s à %(last)s.", first=FIRST_YEAR,
                                     last=today().year)})  # fmt: skip
        return date(int(year), 1, 1), date(int(year), 12, 31)
    if period != "days":
        raise Invalid({"period": _("Choisissez une période.")})
    errors = {}
    if since is None:
        errors["since"] = _("Donnez le premier jour.")
    if until is None:
        errors["until"] = _("Donnez le dernier jour.")
    if since is not None and until is not None and until < since:
        errors["until"] = _("La fin vient avant le début.")
    if errors:
        raise Invalid(errors)
    return since, until


def may_ask(subject: Subject) -> bool:
    """Whether the actor may have reports made: who only reads may fetch them."""
    return allows(subject.actor.role, "carbon.report")


def _require_asking(subject: Subject) -> None:
    production_id = subject.production.id if subject.production is not None else None
    require(subject.actor, "carbon.report", subject.organisation.id, production_id=production_id)


def ask(subject: Subject, since: date | None, until: date | None, language: str) -> CarbonReport:
    """A report to be made after the commit; the one on its way when it was just asked for.

    Raises `NotAllowed` to who only reads, `Invalid` for a language or a period without entries, `Conflict` while too
    many are being made.
    """
    _require_asking(subject)
    if language not in LANGUAGES:
        raise Invalid({"language": _("Choisissez le français ou l’anglais.")})
    position, digest = head()
    waiting = list(
        db.session.scalars(_of(subject.scope).where(CarbonReport.state.in_(("waiting", "making"))).limit(MOST_WAITING))
    )
    for one in waiting:
        if (one.since, one.until, one.language, one.head_position) == (since, until, language, position):
            return one
    if len(waiting) == MOST_WAITING:
        raise Conflict(_("%(n)s rapports se préparent déjà ici : attendez qu’ils soient faits.", n=MOST_WAITING))
    entries = count(Span(subject.scope, since, until, position))
    if entries == 0:
        raise Invalid({"period": _("Aucune écriture dans cette période : choisissez-en une autre.")})
    report = CarbonReport(
        scope=subject.scope[0],
        organisation_id=subject.organisation.id,
        production_id=subject.production.id if subject.production else None,
        title=subject.title,
        since=since,
        until=until,
        language=language,
        entry_count=entries,
        head_position=position,
        head_hash=digest,
        asked_at=now(),
    )
    db.session.add(report)
    db.session.flush()
    enqueue(JOB, {"report_id": report.id})
    return report


def ask_again(report: CarbonReport, subject: Subject) -> None:
    """Have a report that failed made once more. Raises `NotAllowed` as `ask`, `Conflict` for one that did not fail."""
    _require_asking(subject)
    report = db.session.get_one(CarbonReport, report.id, with_for_update=True, populate_existing=True)
    if report.state != "failed":
        raise Conflict(_("Ce rapport n’est pas à refaire."), state=report.state)
    report.state, report.entries_read = "waiting", 0
    enqueue(JOB, {"report_id": report.id})


def _of(scope: tuple[str, int]) -> Any:
    kind, number = scope
    column = CarbonReport.production_id if kind == "production" else CarbonReport.organisation_id
    return select(CarbonReport).where(CarbonReport.scope == kind, column == number).order_by(CarbonReport.id.desc())


def years_of(scope: tuple[str, int]) -> list[int]:
    """Years with entries, the latest first."""
    query = select(LedgerTotal.year).where(LedgerTotal.scope == scope[0], LedgerTotal.scope_id == scope[1]).distinct()
    return sorted(db.session.scalars(query), reverse=True)


def reports_of(subject: Subject) -> Sequence[CarbonReport]:
    """Those asked for, the latest first."""
    return list(db.session.scalars(_of(subject.scope).limit(SHOWN)))


def readable(actor: Actor, public_id: str) -> tuple[CarbonReport, Subject]:
    """A report, to whoever may read the carbon it is about. Raises `NotFound`."""
    report = db.session.scalar(select(CarbonReport).where(CarbonReport.public_id == public_id))
    if report is None:
        raise NotFound
    if report.production_id is not None:
        production = db.session.get_one(Production, report.production_id)
        return report, of_production(actor, production.public_id)
    return report, of_organisation(acting_in(actor, report.organisation_id), report.organisation_id)


def span_of(report: CarbonReport) -> Span:
    """The entries a report is about. Raises LookupError when its production is gone."""
    if report.scope == "organisation":
        return Span(("organisation", report.organisation_id), report.since, report.until, report.head_position)
    if report.production_id is None:
        raise LookupError(report.public_id)
    return Span(("production", report.production_id), report.since, report.until, report.head_position)


# ── the seal ────────────────────────────────────────────────────────────────────────────────────


def content_of(report: CarbonReport, subject_id: str, facts: Facts, table_sha256: str) -> str:
    """The text that the code of a report seals: what it is about, the end of the ledger, the totals, the entries (by
    one digest of their own), the factors, and the table of its CSV with every title and name in it."""
    return canonical_text(
        {
            "form": FORM,
            "scope": report.scope,
            "subject": subject_id,
            "since": report.since.isoformat() if report.since else None,
            "until": report.until.isoformat() if report.until else None,
            "language": report.language,
            "method": facts.methods or [method.VERSION],
            "head": {"position": report.head_position, "hash": report.head_hash},
            "entries": {"count": facts.read, "sha256": facts.entries_digest},
            "totals": {name: _sealed(getattr(facts, name)) for name in ("both", "reuse", "reclaim")},
            "factors": [
                {"key": f.factor.key, "version": f.factor.version, "kgco2e_per_unit": f.factor.kgco2e_per_unit}
                for f in sorted(facts.factors, key=lambda f: (f.factor.key, f.factor.version))
            ],
            "table_sha256": table_sha256,
        }
    )


def is_unaltered(report: CarbonReport) -> bool:
    """Whether its text still has its digest, and the ledger's entry of that time its hash."""
    if report.content is None or seal(report.content) != report.digest:
        return False
    kept = db.session.scalar(select(LedgerEntry.hash).where(LedgerEntry.position == report.head_position))
    return kept == report.head_hash


@dataclass(frozen=True)
class Since:
    """What the ledger wrote about a report's days after it: entries taken back, and entries that are new."""

    corrected: int
    added: int

    def __bool__(self) -> bool:
        return bool(self.corrected or self.added)


def changed_since(reports: Sequence[CarbonReport]) -> dict[int, Since]:
    """What the ledger has written since about the days of these reports, all of one scope; those untouched left out."""
    reports = [one for one in reports if one.scope == "organisation" or one.production_id is not None]
    if not reports:
        return {}
    ids = [one.id for one in reports]
    own = of_span(Span(span_of(reports[0]).scope)).with_only_columns(LedgerEntry.id)
    entry, reversal = aliased(LedgerEntry), aliased(LedgerEntry)
    about = and_(
        entry.id.in_(own),
        or_(CarbonReport.since.is_(None), entry.occurred_on >= CarbonReport.since),
        or_(CarbonReport.until.is_(None), entry.occurred_on <= CarbonReport.until),
    )
    counted = select(CarbonReport.id, func.count()).where(CarbonReport.id.in_(ids)).group_by(CarbonReport.id)
    added = counted.join(entry, and_(about, entry.position > CarbonReport.head_position, entry.status != "reversal"))
    corrected = counted.join(entry, and_(about, entry.position <= CarbonReport.head_position)).join(
        reversal, and_(reversal.reverses_id == entry.id, reversal.position > CarbonReport.head_position)
    )
    new, taken_back = ({row[0]: row[1] for row in db.session.execute(query)} for query in (added, corrected))
    return {key: Since(taken_back.get(key, 0), new.get(key, 0)) for key in ids if key in new or key in taken_back}


def _sealed(total: Total) -> dict[str, Any]:
    """One line of the totals as the sealed content names it."""
    return {
        "entries": total.entry_count,
        "apart": total.apart_count,
        "mass_grams": total.mass_grams,
        "own_kgco2e": plain(total.own_kgco2e),
        "own_uncertainty_kgco2e": plain(total.own_uncertainty_kgco2e),
        "whole_kgco2e": plain(total.whole_kgco2e),
        "whole_uncertainty_kgco2e": plain(total.whole_uncertainty_kgco2e),
    }
