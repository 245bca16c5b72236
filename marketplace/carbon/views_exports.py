"""The ledger and the library as files: streamed, so that a long one takes no memory."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from flask import Blueprint, Response, request, stream_with_context
from flask_babel import gettext as _

from marketplace.carbon import exporting, reports
from marketplace.carbon.reports import Subject
from marketplace.carbon.streaming import Span, count, head
from marketplace.core.errors import Invalid
from marketplace.core.tables_out import XLSX, csv_lines, xlsx_of
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("ledger_exports", __name__)
EXTENSION = "<any(csv, xlsx, json):extension>"


@blueprint.get(f"/productions/<public_id>/registre.{EXTENSION}")
@enter.signed_in
@limiter.limit("60 per hour")
def of_production(public_id: str, extension: str) -> Response:
    """The entries that count for a production."""
    return export(reports.of_production(signed_in_actor(), public_id), extension, *_days())


@blueprint.get(f"/tableau-de-bord/registre.{EXTENSION}")
@enter.member
@limiter.limit("60 per hour")
def of_organisation(extension: str) -> Response:
    """The entries that count for the organisation one acts for."""
    actor = signed_in_actor()
    return export(reports.of_organisation(actor, actor.organisation_id), extension, *_days())


@blueprint.get("/carbone/facteurs.csv")
@enter.public
@limiter.limit("60 per hour")
def factors() -> Response:
    """The public library, every version."""
    lines = csv_lines(exporting.FACTOR_COLUMNS, exporting.factor_table(), "en")
    return _sent(lines, "text/csv; charset=utf-8", "facteurs.csv")


def _days() -> tuple[date | None, date | None]:
    """`?de=` and `?a=`, or `?annee=`, as on the dashboard. Raises `Invalid`."""
    year = request.args.get("annee", "")
    if year:
        return reports.checked_days("year", year, None, None)
    return _day("de"), _day("a")


def _day(name: str) -> date | None:
    text = request.args.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text) if len(text) == 10 else _wrong(name)
    except ValueError:
        return _wrong(name)


def _wrong(name: str) -> Any:
    raise Invalid({name: _("Écrivez un jour comme 2026-03-12.")}, _("Écrivez un jour comme 2026-03-12."))


def export(subject: Subject, extension: str, since: date | None, until: date | None) -> Response:
    """The entries of a subject as a file. Raises `Invalid` for days in the wrong order, or too many for a workbook."""
    if since and until and until < since:
        raise Invalid({"a": _("La fin vient avant le début.")}, _("La fin vient avant le début."))
    position, digest = head()
    span = Span(subject.scope, since, until, position)
    name = f"registre-{_public_id(subject)}.{extension}"
    if extension == "csv":
        rows = csv_lines(exporting.table_heads(), exporting.table_rows(span), "en")
        return _sent(rows, "text/csv; charset=utf-8", name)
    if extension == "xlsx":
        entries = count(span)
        if entries > exporting.MOST_IN_WORKBOOK:
            said = _(
                "%(n)s écritures sont trop pour un classeur, qui en prend %(most)s : prenez le CSV, ou une période "
                "plus courte.",
                n=entries,
                most=exporting.MOST_IN_WORKBOOK,
            )
            raise Invalid({"format": said}, said)
        return _sent(iter([xlsx_of(exporting.workbook_sheets(span))]), XLSX, name)
    about: Mapping[str, Any] = {
        "scope": subject.scope[0],
        "subject": _public_id(subject),
        "from": since.isoformat() if since else None,
        "to": until.isoformat() if until else None,
        "head": {"position": position, "hash": digest},
    }
    return _sent(exporting.json_pieces(span, about), "application/json", name)


def _public_id(subject: Subject) -> str:
    return (subject.production or subject.organisation).public_id


def _sent(pieces: Iterator[bytes], media_type: str, name: str) -> Response:
    first = next(pieces, b"")  # what cannot be read fails here, before the answer has begun

    def all_of_it() -> Iterator[bytes]:
        yield first
        yield from pieces

    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(stream_with_context(all_of_it()), content_type=media_type, headers=headers)
