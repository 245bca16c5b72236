"""The register of waste of an organisation: a page with its filters, and the same rows as CSV and XLSX."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts.models import Organisation, Production
from marketplace.accounts.permissions import require
from marketplace.catalogue.reading import Wrong, day
from marketplace.core.db import db
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.tables_out import XLSX, Cell, Sheet, csv_lines, xlsx_of
from marketplace.core.text import slug
from marketplace.exchanges.rules import is_public_id
from marketplace.reclaims import register, wording_intake
from marketplace.reclaims.fitting import COLLECTORS
from marketplace.reclaims.register import CAME, LEFT, Asked, Row
from marketplace.web import filters
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.labels import label
from marketplace.web.limits import limiter

blueprint = Blueprint("register", __name__)
MOST_PRODUCTIONS = 200


@dataclass(frozen=True)
class Wanted:
    """What the address asks for, with the words that were typed and what is wrong with them."""

    asked: Asked
    organisation: Organisation
    production: Production | None
    typed: dict[str, str]
    errors: dict[str, str]


def _wanted() -> Wanted:
    """Raises `NotFound` for a production that is not the organisation's."""
    actor = signed_in_actor()
    require(actor, "exchange.read", actor.organisation_id)
    organisation = db.session.get_one(Organisation, actor.organisation_id)
    side = request.args.get("cote", "")
    if side not in (LEFT, CAME):
        side = CAME if organisation.kind in COLLECTORS else LEFT
    production = _production(organisation, request.args.get("production", ""))
    typed = {name: request.args.get(name, "").strip()[:20] for name in ("du", "au")}
    errors: dict[str, str] = {}
    since, until = _day(typed, "du", errors), _day(typed, "au", errors)
    if since and until and until < since:
        errors["au"] = _("La fin vient avant le début : échangez les deux jours.")
        since = until = None
    asked = Asked(
        organisation.id,
        side,
        production.id if production is not None else None,
        since,
        until,
        waste_only=request.args.get("dechets") == "1",
    )
    return Wanted(asked, organisation, production, typed, errors)


def _production(organisation: Organisation, public_id: str) -> Production | None:
    if not public_id:
        return None
    found = None
    if is_public_id(public_id):
        query = select(Production).where(
            Production.public_id == public_id, Production.organisation_id == organisation.id
        )
        found = db.session.scalar(query)
    if found is None:
        raise NotFound
    return found


def _day(typed: dict[str, str], name: str, errors: dict[str, str]) -> date | None:
    try:
        return day(typed[name]) if typed[name] else None
    except Wrong as wrong:
        errors[name] = str(wrong)
        return None


@blueprint.get("/collectes/registre")
@enter.member
def page() -> Any:
    """What left or came in, filtered, page by page, with its sums by stream."""
    wanted = _wanted()
    total, grams = register.count(wanted.asked)
    pages = max(1, -(-total // register.SIZE))
    typed = request.args.get("page", "1")
    number = min(int(typed) if typed.isdecimal() and 0 < len(typed) < 7 else 1, pages) or 1
    kept: dict[str, Any] = {
        "cote": wanted.asked.side,
        "production": wanted.production.public_id if wanted.production else None,
        "du": wanted.typed["du"] or None,
        "au": wanted.typed["au"] or None,
        "dechets": "1" if wanted.asked.waste_only else None,
    }
    productions = select(Production).where(Production.organisation_id == wanted.organisation.id)
    return render_template(
        "reclaims/register.html",
        wanted=wanted,
        rows=register.rows(wanted.asked, number) if not wanted.errors else [],
        by_stream=register.by_stream(wanted.asked),
        total=total,
        grams=grams,
        page=number,
        pages=pages,
        first=(number - 1) * register.SIZE + 1,
        last=min(number * register.SIZE, total),
        page_url=lambda n: url_for("register.page", **kept, page=n if n > 1 else None),
        csv_url=url_for("register.export", ext="csv", **kept),
        xlsx_url=url_for("register.export", ext="xlsx", **kept),
        productions=list(db.session.scalars(productions.order_by(Production.id.desc()).limit(MOST_PRODUCTIONS))),
        qualifications=wording_intake.QUALIFICATIONS,
        treatments=wording_intake.TREATMENTS,
    ), 422 if wanted.errors else 200


@blueprint.get("/collectes/registre.<any(csv,xlsx):ext>")
@enter.member
@limiter.limit("60 per hour")
def export(ext: str) -> Response:
    """The same rows as a file, one line a part."""
    wanted = _wanted()
    if wanted.errors:
        raise Invalid(dict(wanted.errors))
    name = slug(wanted.production.title if wanted.production else wanted.organisation.name) or "registre"
    heads, lines = heads_of(), _lines(wanted.asked)
    if ext == "csv":
        body: Any = b"".join(csv_lines(heads, lines, filters.language()))
        kind = "text/csv; charset=utf-8"
    else:
        body, kind = xlsx_of([Sheet(_("Registre des déchets"), heads, list(lines))]), XLSX
    answer = Response(body, content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="registre-dechets-{name}.{ext}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def heads_of() -> list[str]:
    """The names of the columns."""
    return [
        _("Date d’enlèvement"),
        _("Document"),
        _("Bon ou bordereau"),
        _("Flux"),
        _("Flux à trier (art. D. 543-281)"),
        _("Dénomination"),
        _("Code déchet (art. R. 541-7)"),
        _("Dangereux"),
        _("Masse, t"),
        _("Masse, kg"),
        _("Part souillée, %"),
        _("Statut"),
        _("Producteur"),
        _("SIRET du producteur"),
        _("Adresse de prise en charge"),
        _("Tournage"),
        _("Transporteur"),
        _("SIRET du transporteur"),
        _("Adresse du transporteur"),
        _("Véhicule"),
        _("Immatriculation"),
        _("Destination"),
        _("Devenir"),
        _("Code de traitement"),
        _("Qualification du traitement"),
        _("Correction"),
    ]


def _lines(asked: Asked) -> Iterator[list[Cell]]:
    for row in register.every(asked):
        yield cells_of(row)


def cells_of(row: Row) -> list[Cell]:
    """One line of the file: figures stay figures."""
    yes, no = _("oui"), _("non")
    return [
        row.day,
        row.reference,
        row.slip,
        wording_intake.stream(row.stream),
        yes if row.obliged else no,
        row.what,
        row.waste_code,
        yes if row.hazardous else no,
        Decimal(row.grams) / 1_000_000,
        Decimal(row.grams) / 1000,
        row.contaminated_percent,
        _("déchet") if row.is_waste else _("réemploi, hors déchet"),
        row.origin.name,
        row.origin.siret or "",
        row.origin.address,
        row.production,
        row.carrier.name,
        row.carrier.siret or "",
        row.carrier.address,
        str(label("vehicle", row.vehicle)) if row.vehicle else "",
        row.plate,
        row.destination,
        wording_intake.outcome(row.outcome),
        row.treatment,
        str(wording_intake.QUALIFICATIONS[row.qualification]),
        yes if row.corrects else no,
    ]
