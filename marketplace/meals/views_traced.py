"""The register of meals: on a page, and as a file."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for
from flask_babel import gettext as _

from marketplace.accounts.views_organisations import page_number
from marketplace.carbon import queries as carbon
from marketplace.catalogue import taxonomy
from marketplace.core.clock import zone_of
from marketplace.core.errors import Invalid
from marketplace.core.tables_out import XLSX, Cell, Sheet, csv_lines, xlsx_of
from marketplace.meals import traced, wording
from marketplace.meals.hours import is_of_our_time
from marketplace.meals.models_traced import MealOutcome
from marketplace.meals.traced import Asked, Traced
from marketplace.meals.wording_traced import PARTS
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.filters import language, number
from marketplace.web.labels import unit_word
from marketplace.web.limits import limiter

blueprint = Blueprint("meal_traces", __name__)

MOST_IN_WORKBOOK = 20_000


@blueprint.get("/repas/suivi")
@enter.member
def index() -> str:
    """What was given and received, and what is still to be said of it."""
    actor, asked, page = signed_in_actor(), asked_of(request.args), page_number()
    organisation_id = actor.organisation_id or 0
    rows, total = traced.page_of(organisation_id, asked, page)
    pages = max(1, -(-total // traced.PAGE))
    kept: dict[str, Any] = {"de": asked.since, "a": asked.until, "sens": asked.way or None}
    return render_template(
        "meals/traced.html",
        rows=rows,
        total=total,
        page=page,
        pages=pages,
        first=(page - 1) * traced.PAGE + 1 if total else 0,
        last=min(page * traced.PAGE, total),
        asked=asked,
        organisation_id=organisation_id,
        unsaid=traced.unsaid(organisation_id) if page == 1 else [],
        figures=_figures(rows),
        years=traced.YEARS_KEPT,
        allergens_of=allergens_of,
        celsius=celsius,
        kept_word=lambda keep: wording.KEPT[keep],
        outcome_words=outcome_words,
        page_url=lambda n: url_for("meal_traces.index", page=n, **kept),
        file_url=lambda extension: url_for("meal_traces.file", extension=extension, **kept),
    )


def _figures(rows: list[Traced]) -> dict[int, Any]:
    """The ledger's present word on each line of a page, in one read."""
    return carbon.standing_by_line([row.line.id for row in rows])


@blueprint.get("/repas/suivi.<any(csv, xlsx):extension>")
@enter.member
@limiter.limit("60 per hour")
def file(extension: str) -> Response:
    """One's own part of the register: what one gave and what one received."""
    return export(signed_in_actor().organisation_id or 0, asked_of(request.args), extension)


def export(organisation_id: int, asked: Asked, extension: str) -> Response:
    """Raises Invalid for a workbook that would hold too much."""
    name = f"repas-suivi.{extension}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    if extension == "xlsx":
        _rows, total = traced.page_of(organisation_id, asked)
        if total > MOST_IN_WORKBOOK:
            said = _("%(n)s lignes sont trop pour un classeur : prenez le CSV, ou une période plus courte.", n=total)
            raise Invalid({"format": said}, said)
        data = xlsx_of([Sheet(_("Repas"), heads(), list(_table(organisation_id, asked)))])
        return Response(data, content_type=XLSX, headers=headers)
    lines = csv_lines(heads(), _table(organisation_id, asked), language())
    first = next(lines, b"")

    def all_of_it() -> Iterator[bytes]:
        yield first
        yield from lines

    return Response(stream_with_context(all_of_it()), content_type="text/csv; charset=utf-8", headers=headers)


def asked_of(given: Any) -> Asked:
    """`?de=`, `?a=`, `?sens=`. Raises Invalid for what is no day."""
    since, until = _day(given, "de"), _day(given, "a")
    if since and until and until < since:
        raise Invalid({"a": _("La fin vient avant le début.")}, _("La fin vient avant le début."))
    way = given.get("sens", "")
    return Asked(since, until, way if way in (traced.GIVEN, traced.RECEIVED) else "")


def _day(given: Any, name: str) -> date | None:
    text = given.get(name, "").strip()
    if not text:
        return None
    try:
        found = date.fromisoformat(text) if len(text) == 10 else _wrong(name)
        return found if is_of_our_time(found) else _wrong(name)
    except ValueError:
        return _wrong(name)


def _wrong(name: str) -> Any:
    raise Invalid({name: _("Écrivez un jour comme 2026-03-12.")}, _("Écrivez un jour comme 2026-03-12."))


def heads() -> list[str]:
    return [
        _("Donné ou reçu"),
        _("Remis le"), _("Heure"), _("Échange"), _("Lot"), _("Repas"), _("Catégorie"), _("Quantité"),
        _("Unité"), _("Masse (kg)"), _("Donateur"), _("SIRET du donateur"), _("Production"), _("Receveur"),
        _("SIRET du receveur"), _("Préparé le"), _("DLC"), _("DDM"), _("Tenu"), _("Température annoncée (°C)"),
        _("Relevée le"), _("Température à la remise (°C)"), _("Hors température depuis"), _("Allergènes"),
        _("Emballage"), _("Rappelé"), _("Mangé"), _("Composté"), _("Méthanisé"), _("Jeté"), _("Dit le"),
    ]  # fmt: skip


def _table(organisation_id: int, asked: Asked) -> Iterator[list[Cell]]:
    for row in traced.all_of(organisation_id, asked):
        yield _cells(row, organisation_id)


def _cells(row: Traced, organisation_id: int) -> list[Cell]:
    line, leftover, handed, said = row.line, row.leftover, row.hand_over, row.outcome
    zone = zone_of(line.listing.postcode)

    def moment(at: datetime | None) -> str:
        return at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if at else ""

    at = row.at.astimezone(zone) if row.at else None
    way = _("donné") if row.way_for(organisation_id) == traced.GIVEN else _("reçu")
    return [
        way, at.date() if at else None, at.strftime("%H:%M") if at else "", row.exchange.reference, row.lot, line.title,
        category_word(line.category_key), line.quantity, unit_word(line.unit, line.quantity, language()),
        None if row.grams is None else Decimal(row.grams) / 1000, row.donor, row.donor_siret, row.production,
        row.receiver, row.receiver_siret, moment(leftover.made_at if leftover else None),
        moment(leftover.use_by if leftover else None), leftover.best_before if leftover else None,
        str(wording.KEEPS[leftover.keep]) if leftover else "",
        celsius(leftover.temperature_tenths_c if leftover else None),
        moment(leftover.temperature_read_at if leftover else None),
        celsius(handed.temperature_tenths_c if handed else None),
        moment(handed.out_of_temperature_since if handed else None),
        allergens_of(row), str(wording.PACKAGINGS[leftover.packaging]) if leftover else "",
        _("oui") if row.recalled else "", said.eaten if said else None, said.composted if said else None,
        said.digested if said else None, said.thrown if said else None, moment(said.reported_at if said else None),
    ]  # fmt: skip


def category_word(key: str) -> str:
    """What a branch of food is called; a key that the tree no longer has is shown as it is."""
    found = taxonomy.categories().get(key)
    return found.name(language()) if found else key


def outcome_words(said: MealOutcome) -> str:
    """« Mangé 24, composté 6 »."""
    parts = [(str(PARTS[name]).lower(), getattr(said, name)) for name in PARTS]
    text = ", ".join(f"{word} {number(amount)}" for word, amount in parts if amount)
    return text[:1].upper() + text[1:]


def celsius(tenths: int | None) -> Decimal | None:
    """Degrees; None where none was read."""
    return None if tenths is None else Decimal(tenths) / 10


def allergens_of(row: Traced) -> str:
    """« gluten, lait »; « aucun des quatorze » where that was said."""
    if row.leftover is None:
        return ""
    if row.leftover.allergens_none:
        return _("aucun des quatorze")
    return ", ".join(str(wording.ALLERGENS[code]) for code in row.leftover.allergens)
