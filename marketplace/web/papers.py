"""Papers as tagged PDF (PDF/UA-1), rendered by the worker. Outermost, so that a paper may join what any package knows.

Nothing is fetched but our own static files: no address that a user wrote is ever opened (checklist D6). What the papers
of rentals and sales say is in `papers_facts.py`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import current_app, render_template
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from marketplace.carbon import queries as carbon
from marketplace.carbon import wording
from marketplace.carbon.models import LedgerEntry
from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.exchanges import documents
from marketplace.exchanges.models import ConditionEntry, Document, Exchange, ExchangeLine
from marketplace.exchanges.queries import mass_of
from marketplace.jobs.models import OutboxRow
from marketplace.jobs.outbox import enqueue
from marketplace.ports import current as port
from marketplace.web import papers_facts, papers_meals, papers_reclaims

TEMPLATES = {
    documents.CERTIFICATE: "exchanges/certificate.html",
    documents.QUOTE: "exchanges/paper_quote.html",
    documents.AGREEMENT: "exchanges/paper_agreement.html",
    documents.SALE: "exchanges/paper_sale.html",
    documents.PREPARATION: "exchanges/paper_preparation.html",
    documents.CONDITION: "exchanges/paper_condition.html",
    documents.CARBON: "exchanges/paper_carbon.html",
    documents.RECLAIM: "reclaims/certificate.html",
    documents.MEAL: "meals/paper_certificate.html",
    documents.FOOD_RECEIPT: "meals/paper_receipt.html",
}
LANGUAGES = ("fr", "en")
PHOTOS_TAKE = timedelta(seconds=2)


@dataclass(frozen=True)
class PaperLine:
    """One line of a certificate. `entry` is the ledger's present word on it, None where it has none."""

    title: str
    quantity: Decimal
    unit: str
    mass_grams: int | None
    mass_source: str
    entry: LedgerEntry | None
    note: str  # why there is no figure, or when its saving comes


def render(document_id: int, language: str = "fr") -> None:
    """Render a document and keep its file (the job `papers.render`). Run again, it changes nothing. A paper whose place
    another took before anybody saw it is not made: it would say what the other says."""
    document = db.session.get(Document, document_id)
    if document is None or document.file_key is not None or document.superseded_at is not None:
        db.session.rollback()
        return
    if photos_are_coming(document):
        with transaction():
            again = {"document_id": document_id, "language": language}
            enqueue("papers.render", again, due_at=now() + PHOTOS_TAKE)
        return
    data = pdf(document, language)
    key = f"papers/{document.public_id[:2]}/{document.public_id}.pdf"
    db.session.rollback()
    port("files").put(key, data)
    with transaction() as session:
        kept = session.get_one(Document, document_id)
        if kept.file_key is None:
            kept.file_key, kept.sha256, kept.rendered_at = key, hashlib.sha256(data).hexdigest(), now()


def photos_are_coming(document: Document) -> bool:
    """Whether the worker is still at photos of the condition report that this paper shows: signed, it changes no more.
    Those given up on do not keep it waiting."""
    if document.report_id is None:
        return False
    entries = set(db.session.scalars(select(ConditionEntry.id).where(ConditionEntry.report_id == document.report_id)))
    waiting = select(OutboxRow.payload).where(
        OutboxRow.job == "exchanges.process_condition_photo",
        OutboxRow.done_at.is_(None),
        OutboxRow.parked_at.is_(None),
    )
    return any(payload.get("entry_id") in entries for payload in db.session.scalars(waiting.limit(1000)))


def pdf(document: Document, language: str = "fr") -> bytes:
    """The paper as PDF/UA-1. A certificate of donation is a French paper, whoever asks for it."""
    with force_locale(language if language in LANGUAGES else "fr"):
        exchange = exchange_of(document)
        facts = shared_facts(document, exchange)
        pictures: Mapping[str, bytes] = {}
        if document.kind in (documents.CERTIFICATE, documents.CARBON):
            facts |= certificate_facts(exchange)
            if document.kind == documents.CARBON:  # it tells the ledger's word of the day it was asked for
                facts["issued"] = _day(document.created_at)
        elif document.kind == documents.RECLAIM:
            facts |= papers_reclaims.facts_of(exchange)
        elif document.kind in (documents.MEAL, documents.FOOD_RECEIPT):
            facts |= certificate_facts(exchange) | papers_meals.facts_of(document, exchange)
            facts["issued"] = _day(document.created_at)
        else:
            more, pictures = papers_facts.facts_of(document, exchange)
            facts |= more
        page = render_template(TEMPLATES[document.kind], **facts)
    return to_pdf(page, pictures)


def to_pdf(page: str, pictures: Mapping[str, bytes] | None = None) -> bytes:
    """A whole page of HTML as PDF/UA-1; it may name files below static/, `pictures` by their addresses (`photo:…`), and
    nothing else."""
    return pdf_within(page, None, pictures)


def pdf_within(page: str, most_pages: int | None, pictures: Mapping[str, bytes] | None = None) -> bytes:
    """The same, kept to `most_pages`. Raises `TooLong` where it needs more."""
    from weasyprint import HTML  # half a second to import: only the worker pays it

    options: dict[str, Any] = {"pdf_variant": "pdf/ua-1", "pdf_tags": True}
    html = HTML(string=page, base_url=_static().as_uri() + "/", url_fetcher=_fetcher(pictures or {}))
    laid_out = html.render(**options)
    if most_pages is not None and len(laid_out.pages) > most_pages:
        raise TooLong(len(laid_out.pages))
    data: bytes = laid_out.write_pdf(**options)
    return data


class TooLong(Exception):
    """A paper has more pages than it may: `pages`."""

    def __init__(self, pages: int):
        super().__init__(pages)
        self.pages = pages


def exchange_of(document: Document) -> Exchange:
    """The exchange of a paper, with what papers say of it."""
    exchange = db.session.get(
        Exchange,
        document.exchange_id,
        options=[
            selectinload(Exchange.lines).joinedload(ExchangeLine.listing),
            joinedload(Exchange.provider),
            joinedload(Exchange.receiver),
            joinedload(Exchange.receiver_production),
            joinedload(Exchange.provider_production),
            joinedload(Exchange.site),
        ],
    )
    if exchange is None:
        raise LookupError(document.exchange_id)
    return exchange


def shared_facts(document: Document, exchange: Exchange) -> dict[str, Any]:
    """What every paper's letterhead and foot need."""
    base_url: str = current_app.extensions["settings"].base_url
    address = f"{base_url}/q/{document.code}"
    return {
        "exchange": exchange,
        "document": document,
        "issued": _day(document.created_at),
        "reference": exchange.reference,
        "verify_url": address.split("://", 1)[1].rsplit("/", 1)[0] + "/",
        "verify_code": document.code,
        "qr": papers_facts.qr_of(address),
        "paper_css": (_static() / "css" / "paper.css").as_uri(),
    }


def certificate_facts(exchange: Exchange) -> dict[str, Any]:
    """What the template of a certificate of donation needs."""
    entries = current_entries(exchange.id)
    grams, weighed = mass_of(exchange)
    return {
        "lines": [_line(line, entries.get(line.id)) for line in exchange.lines],
        "mass_grams": grams,
        "mass_source": "weighed" if weighed else "estimated",
        "entries": list(entries.values()),
        "verify_entries": f"{_host()}/verifier",
        "issued": _day(exchange.completed_at),
    }


def _host() -> str:
    base_url: str = current_app.extensions["settings"].base_url
    return base_url.split("://", 1)[1]


def _day(at: Any) -> str:
    return current_app.jinja_env.globals["day"](at)  # type: ignore[operator]


def current_entries(exchange_id: int) -> dict[int, LedgerEntry]:
    """The ledger's present word on each line: neither reversals nor what they take back."""
    every = carbon.entries_of_exchange(exchange_id)
    taken_back = {entry.reverses_id for entry in every}
    return {
        entry.line_id: entry
        for entry in every
        if entry.line_id is not None and entry.status != "reversal" and entry.id not in taken_back
    }


def _line(line: ExchangeLine, entry: LedgerEntry | None) -> PaperLine:
    return PaperLine(
        title=line.title,
        quantity=line.quantity,
        unit=line.unit,
        mass_grams=int(line.quantity * line.mass_grams) if line.mass_grams is not None else None,
        mass_source=line.mass_source,
        entry=entry,
        note=note_of(entry),
    )


def note_of(entry: LedgerEntry | None) -> str:
    """What a reader must know beside the figure, or instead of it."""
    if entry is None:
        return ""
    if entry.into_stock:
        return wording.note("into_stock")
    if entry.status == "not_quantified" and entry.reason:
        return wording.reason(entry.reason)
    return ""


def static_file(path: str) -> str:
    """The address of one of our static files, as a page of `to_pdf` names it."""
    return (_static() / path).as_uri()


@cache
def _static() -> Path:
    return Path(current_app.static_folder or "").resolve()


def _fetcher(pictures: Mapping[str, bytes] | None = None) -> Any:
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    static, given = _static(), pictures or {}

    class OwnFilesOnly(URLFetcher):
        """Opens files below static/ and the pictures handed over, and nothing else, whatever the page names."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url in given:
                return URLFetcherResponse(url, given[url], {"Content-Type": "image/jpeg"})
            parts = urlsplit(url)
            path = Path(unquote(parts.path)).resolve()
            if parts.scheme != "file" or parts.netloc or not path.is_relative_to(static):
                raise ValueError(f"not one of our files: {url[:200]}")
            return super().fetch(path.as_uri(), headers)

    return OwnFilesOnly(allowed_protocols={"file"}, allow_redirects=False)
