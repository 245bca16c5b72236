"""Reports and yearly statements as files: PDF, CSV and XLSX of the same facts, made by the worker.

The same entries, titles and names make the same bytes: nothing in the files tells when they were made, only up to which
entry of the ledger they go.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import current_app, render_template
from flask_babel import force_locale
from sqlalchemy import select, update

from marketplace.accounts.models import Organisation, Production
from marketplace.carbon import report_facts, reports, wording
from marketplace.carbon.canonical import grouped, seal
from marketplace.carbon.models import LedgerEntry
from marketplace.carbon.models_reports import CarbonReport
from marketplace.carbon.report_facts import Facts, Line
from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.core.tables_out import csv_lines, xlsx_of
from marketplace.ports import current as port
from marketplace.web import papers, report_tables, report_words
from marketplace.web.papers_facts import qr_of

logger = logging.getLogger(__name__)
MOST_PAGES = 6
ROWS_A_PAGE = 16  # of the table of exchanges, about: what is taken from it for each page too many
FEWEST, TURNS = 8, 4  # exchanges shown at the least; how often the paper may be laid out
MOST_IN_WORKBOOK = 20_000  # entries: more are in the CSV


def file_key(digest: str, extension: str) -> str:
    """Where the file of a report is kept."""
    return f"reports/{digest[:2]}/{digest}.{extension}"


def make(report_id: int) -> None:
    """Make a report's files and keep them (the job `carbon.make_report`). Run again, it makes the same or, when they
    are made, nothing. What fails is told on its page, and tried again by the outbox."""
    with transaction() as session:
        report = session.get(CarbonReport, report_id)
        if report is None or report.state == "ready":
            return
        report.state, report.entries_read = "making", 0
    try:
        _make(report_id)
    except Exception:
        db.session.rollback()
        with transaction() as session:
            session.execute(
                update(CarbonReport)
                .where(CarbonReport.id == report_id, CarbonReport.state == "making")
                .values(state="failed")
            )
        raise


def _make(report_id: int) -> None:
    report = db.session.get_one(CarbonReport, report_id)
    made = files_of(report, progress=lambda done: _progress(report_id, done))
    db.session.rollback()
    for extension, data in made.files.items():
        port("files").put(file_key(made.digest, extension), data)
    with transaction() as session:
        kept = session.get(CarbonReport, report_id, with_for_update=True)
        if kept is None or kept.state == "ready":
            return
        kept.content, kept.digest = made.content, made.digest
        for extension, data in made.files.items():
            setattr(kept, f"{extension}_sha256", hashlib.sha256(data).hexdigest())
        kept.state, kept.made_at = "ready", now()


def _progress(report_id: int, done: int) -> None:
    """Tell how far it is, for whoever waits."""
    with transaction() as session:
        session.execute(update(CarbonReport).where(CarbonReport.id == report_id).values(entries_read=done))


def _let_go(chunk: list[Line]) -> None:
    """These rows never change: they stay as they were read, whatever transaction ends."""
    for line in chunk:
        for row in (line.entry, *(party.share for party in line.read.parties)):
            if row in db.session:
                db.session.expunge(row)


@dataclass(frozen=True)
class Made:
    """A report's sealed text, its digest, and its files by extension."""

    content: str
    digest: str
    files: dict[str, bytes]


@dataclass
class _Table:
    """The full table, written while it is read; as many of its rows as a workbook takes."""

    language: str
    csv: bytearray = field(default_factory=bytearray)
    rows: list[list[Any]] = field(default_factory=list)
    done: int = 0

    def take(self, chunk: list[Line]) -> None:
        rows = [report_tables.entry_row(line) for line in chunk]
        written = csv_lines(report_tables.heads(), rows, self.language)
        if self.done:
            next(written)  # the heads stand once
        for piece in written:
            self.csv += piece
        self.rows += rows[: max(0, MOST_IN_WORKBOOK - self.done)]
        self.done += len(chunk)


def files_of(report: CarbonReport, progress: Callable[[int], None] | None = None) -> Made:
    """Everything of a report but its place in the store. Reads; writes nothing by itself."""
    with force_locale(report.language):
        span, subject_id, owner = reports.span_of(report), _subject_id(report), _owner(report)
        recorded = db.session.scalar(
            select(LedgerEntry.recorded_at).where(LedgerEntry.position == report.head_position)
        )
        table = _Table(report.language)

        def seen(chunk: list[Line]) -> None:
            table.take(chunk)
            _let_go(chunk)
            if progress is not None:
                progress(table.done)

        facts = report_facts.gather(span, seen)
        csv = bytes(table.csv)
        content = reports.content_of(report, subject_id, facts, hashlib.sha256(csv).hexdigest())
        digest = seal(content)
        said = report_words.said(report, facts, digest, recorded)
        xlsx = xlsx_of(report_tables.sheets(said, facts, table.rows))
        return Made(content, digest, {"pdf": _pdf(report, facts, said, owner, digest), "csv": csv, "xlsx": xlsx})


def _pdf(report: CarbonReport, facts: Facts, said: Any, owner: dict[str, Any], digest: str) -> bytes:
    """The paper, its table of exchanges shortened until it fits."""
    address = f"{current_app.extensions['settings'].base_url}/verifier/{digest[: reports.CODE]}"
    most = report_facts.MOST_EXCHANGES
    for turn in range(TURNS):
        shown, rest, rest_count = report_facts.shortened(facts, most)
        page = render_template(
            "carbon/report.html",
            report=report,
            facts=facts,
            said=said,
            owner=owner,
            exchanges=[report_words.exchange(line) for line in shown],
            rest=rest,
            rest_count=rest_count,
            silent_count=sum(facts.silent_reasons.values()),
            most_factors=report_facts.MOST_FACTORS,
            note_of=report_words.note,
            factor_name=report_words.factor_name,
            factor_unit=wording.factor_unit,
            reference=grouped(digest[: reports.CODE]),
            digest=grouped(digest),
            verify_url=address.split("://", 1)[1].rsplit("/", 1)[0] + "/",
            verify_code=grouped(digest[: reports.CODE]),
            qr=qr_of(address),
            paper_css=papers.static_file("css/paper.css"),
        )
        try:
            return papers.pdf_within(page, MOST_PAGES if turn + 1 < TURNS else None)
        except papers.TooLong as long:
            logger.info("report %s has %s pages with %s exchanges: fewer", report.public_id, long.pages, most)
            most = max(FEWEST, most - ROWS_A_PAGE * (long.pages - MOST_PAGES))
    raise AssertionError("the last turn takes any length")


def _subject_id(report: CarbonReport) -> str:
    model, key = (
        (Production, report.production_id) if report.scope == "production" else (Organisation, report.organisation_id)
    )
    return db.session.scalars(select(model.public_id).where(model.id == key)).one()


def _owner(report: CarbonReport) -> dict[str, Any]:
    """Who the paper is from."""
    organisation = db.session.get_one(Organisation, report.organisation_id)
    return {"name": organisation.name, "siret": organisation.siret, "rna": organisation.rna}


def opened(report: CarbonReport, extension: str) -> Any:
    """A reader on a file of a report that is ready. Raises FileNotFoundError."""
    return port("files").open(file_key(report.digest or "", extension))
