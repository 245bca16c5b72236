"""The public page where a code, or the file itself, is verified. Names show only where their bearers agreed."""

import hashlib
from decimal import Decimal
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _

from marketplace import csrf
from marketplace.carbon import queries, verification, wording
from marketplace.carbon.canonical import grouped
from marketplace.carbon.forms_reports import CodeForm, code_of
from marketplace.carbon.models import LedgerEntry
from marketplace.exchanges.documents import CARBON, code_key
from marketplace.exchanges.models import Document, Exchange
from marketplace.exchanges.queries import document_by_code
from marketplace.web import report_words
from marketplace.web.access import enter
from marketplace.web.limits import limiter

blueprint = Blueprint("verification", __name__)
LARGEST_FILE = 8 * 1024 * 1024


@blueprint.url_value_preprocessor
def allow_files(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """A report may be larger than a form; this must be known before the form is read."""
    if endpoint == "verification.file":
        request.max_content_length = LARGEST_FILE + 64 * 1024


@blueprint.get("/verifier")
@enter.public
@limiter.limit("60/minute")
def ask() -> Any:
    """Where a code is typed."""
    typed = code_of(request.args)
    if typed:
        return redirect(url_for("verification.code", code=verification.tidy(typed) or "-"), 303)
    return _ask_page()


def _ask_page(sentence: str = "", typed: str = "") -> str:
    return render_template("carbon/verify.html", form=CodeForm(formdata=None, code=typed), sentence=sentence)


@blueprint.get("/verifier/<code>")
@enter.public
@limiter.limit("60/minute")
def code(code: str) -> Any:
    """What a code stands for, and whether it is as it was."""
    wanted = verification.tidy(code)
    found = verification.find(wanted)
    if found is None:
        paper = document_by_code(code_key(wanted)) if len(wanted) == 13 else None
        if paper is not None and paper[0].kind != CARBON:
            return redirect(url_for("exchanges.scanned", code=paper[0].code), 303)
        if paper is not None:
            return _certificate(*paper)
        said = _("Ce code n’est celui d’aucune écriture ni d’aucun rapport. Vérifiez chaque signe.")
        return _ask_page(said, code[:90]), 404
    if isinstance(found, LedgerEntry):
        return _entry_page(found)
    return _report_page(verification.prove_report(found))


def _entry_page(entry: LedgerEntry) -> str:
    return render_template(
        "carbon/verify_entry.html",
        proof=verification.prove_entry(entry),
        entry=entry,
        body=entry.body,
        seal=grouped(entry.hash),
        before=grouped(entry.previous_hash),
        wording=wording,
        factor_name=report_words.factor_name,
    )


def _report_page(proof: verification.ReportProof, file_fits: bool = False) -> str:
    totals = {
        name: {key: _number(value) for key, value in figures.items()}
        for name, figures in proof.said.get("totals", {}).items()
    }
    return render_template(
        "carbon/verify_report.html",
        proof=proof,
        report=proof.report,
        totals=totals,
        period=report_words.period(proof.report),
        code=grouped((proof.report.digest or "")[: verification.SHORTEST]),
        digest=grouped(proof.report.digest or ""),
        head=grouped(proof.report.head_hash),
        file_fits=file_fits,
        changed=report_words.changed(proof.since) if proof.since else "",
        wording=wording,
        factor_name=report_words.factor_name,
    )


def _number(value: Any) -> Any:
    return Decimal(value) if isinstance(value, str) else value


def _certificate(document: Document, exchange: Exchange) -> str:
    """A certificate of avoided emissions: the entries of its exchange, each with its own page."""
    entries = queries.entries_of_exchange(exchange.id)
    taken_back = {entry.reverses_id for entry in entries}
    return render_template(
        "carbon/verify_certificate.html",
        document=document,
        rows=[
            (entry, verification.is_sealed(entry), entry.id in taken_back)
            for entry in entries
            if entry.status != "reversal"
        ],
    )


@blueprint.post("/verifier/fichier")
@csrf.exempt  # nothing is written; a token would give each visitor a cookie. web/headers.py refuses other sites' forms
@enter.public
@limiter.limit("20/minute")
def file() -> Any:
    """Whether a PDF is, byte for byte, a report made here. It is read and forgotten."""
    sent = request.files.get("file")
    digest, length = hashlib.sha256(), 0
    while sent is not None and (piece := sent.stream.read(65536)):
        digest.update(piece)
        length += len(piece)
    if not length:
        return _ask_page(_("Choisissez le fichier PDF du rapport.")), 422
    found = verification.report_of_file(digest.hexdigest())
    if found is None:
        said = _(
            "Ce fichier n’est, à l’octet près, aucun rapport fait ici : il a été changé ou vient d’ailleurs. Son code, "
            "s’il en porte un, dit ce que le rapport disait."
        )
        return _ask_page(said), 404
    return _report_page(verification.prove_report(found), file_fits=True)
