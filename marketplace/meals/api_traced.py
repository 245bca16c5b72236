"""What became of meals over the API, and the register of meals as a list and as a file."""

from decimal import Decimal
from typing import Any

from flask import Response
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.accounts.permissions import require
from marketplace.api import auth, paging
from marketplace.api.answers import answer
from marketplace.api.auth import enter
from marketplace.api.blueprint import Blueprint
from marketplace.api.idempotency import unit_of_work
from marketplace.api.schemas.meals_traced import (
    EATEN_EXAMPLE,
    EatenRequestSchema,
    EatenSchema,
    RegisterArgs,
    RegisterFileArgs,
    TracedSchema,
)
from marketplace.carbon.numbers import short
from marketplace.carbon.standing import entry_of_line
from marketplace.core.db import db
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.tables_out import XLSX
from marketplace.meals import reporting_eaten, traced
from marketplace.meals.hours import is_of_our_time
from marketplace.meals.models_traced import MealOutcome
from marketplace.meals.outcomes import PARTS, Outcome
from marketplace.meals.reporting_eaten import Said
from marketplace.meals.traced import Asked, Traced
from marketplace.meals.views_traced import export

blueprint = Blueprint("api_meals_traced", __name__, description=_l("Ce que deviennent les repas"))


@blueprint.route("/exchanges/<exchange_id>/eaten", methods=["POST"])
@enter.token("exchanges")
@blueprint.arguments(EatenRequestSchema, example=EATEN_EXAMPLE)
@blueprint.response(201, EatenSchema)
@blueprint.doc(
    operationId="reportEaten",
    summary=_l("Dire ce qu’est devenu un repas reçu : l’écriture provisoire devient définitive"),
    refuses=[404],
)
def report_eaten(asked: dict[str, Any], exchange_id: str) -> Response:
    actor = auth.actor()
    said = _said(asked)
    with unit_of_work() as work:
        row = reporting_eaten.report_eaten(actor, exchange_id, said)
        db.session.flush()
        return work.answer(201, _eaten(row, exchange_id))


def _said(asked: dict[str, Any]) -> Said:
    parts = {name: asked[name] for name in PARTS if asked[name] is not None}
    edible = asked["edible_percent"]
    if asked["everything"] == bool(parts):
        raise Invalid({"everything": _("Dites soit que tout a été mangé, soit ce qu’est devenue chaque part.")})
    outcome = Outcome(**parts, edible_percent=edible) if parts else None
    return Said(outcome, edible, asked["peelings"], asked["why"])


@blueprint.route("/exchanges/<exchange_id>/eaten", methods=["GET"])
@enter.token("read", "exchanges")
@blueprint.response(200, EatenSchema)
@blueprint.doc(operationId="readEaten", summary=_l("Ce qui a été dit d’un repas"), refuses=[404, 409])
def read_eaten(exchange_id: str) -> Response:
    _exchange, line, _side = reporting_eaten.meal_of(auth.actor(), exchange_id)
    row = reporting_eaten.last_report(line.id)
    if row is None:
        raise NotFound
    return answer(_eaten(row, exchange_id))


def _eaten(row: MealOutcome, exchange_id: str) -> dict[str, Any]:
    entry = entry_of_line(row.line_id) if row.line_id is not None else None
    return {
        "id": row.public_id,
        "exchange": exchange_id,
        "quantity": short(row.quantity),
        "unit": row.line.unit if row.line is not None else "",
        **{name: short(getattr(row, name)) for name in PARTS},
        "edible_percent": row.edible_percent,
        "why": row.why,
        "reported_at": row.reported_at,
        "entry": entry.public_id if entry else None,
        "entry_status": entry.status if entry else None,
    }


def _asked(asked: dict[str, Any]) -> Asked:
    since, until = asked.get("from_"), asked.get("to")
    for name, day in (("from", since), ("to", until)):
        if day is not None and not is_of_our_time(day):
            raise Invalid({name: _("Écrivez un jour comme 2026-03-12.")})
    if since and until and until < since:
        raise Invalid({"to": _("La fin vient avant le début.")})
    return Asked(since, until, asked.get("way") or "")


@blueprint.route("/meals/register", methods=["GET"])
@enter.token("read", "exchanges")
@blueprint.arguments(RegisterArgs, location="query")
@blueprint.response(200, paging.page_of(TracedSchema))
@blueprint.doc(
    operationId="listMealRegister", summary=_l("Les repas donnés et reçus : qui a eu quoi, quand, dans quel état")
)
def list_register(asked: dict[str, Any]) -> Response:
    organisation_id = _organisation()
    number, size = asked["page"], asked["per_page"]
    rows, total = traced.page_of(organisation_id, _asked(asked), number, size)
    return answer(paging.page([_shown(row, organisation_id) for row in rows], total, number, size))


@blueprint.route("/meals/register/file", methods=["GET"])
@enter.token("read", "exchanges")
@blueprint.arguments(RegisterFileArgs, location="query")
@blueprint.response(200, {"contentMediaType": "text/csv"}, content_type="text/csv")
@blueprint.response(200, {"contentMediaType": XLSX}, content_type=XLSX)
@blueprint.doc(operationId="exportMealRegister", summary=_l("Le même registre, en CSV ou en classeur"))
def export_register(asked: dict[str, Any]) -> Response:
    return export(_organisation(), _asked(asked), asked["format"])


def _organisation() -> int:
    actor = auth.actor()
    return require(actor, "exchange.read", actor.organisation_id).organisation_id or 0


def _shown(row: Traced, organisation_id: int) -> dict[str, Any]:
    leftover, read, said = row.leftover, row.hand_over, row.outcome
    return {
        "exchange": row.exchange.public_id,
        "reference": row.exchange.reference,
        "way": row.way_for(organisation_id),
        "lot": row.lot,
        "title": row.line.title,
        "category": row.line.category_key,
        "quantity": short(row.line.quantity),
        "unit": row.line.unit,
        "mass_kg": None if row.grams is None else short(Decimal(row.grams) / 1000),
        "handed_over_at": row.at,
        "donor": row.donor,
        "donor_siret": row.donor_siret,
        "receiver": row.receiver,
        "receiver_siret": row.receiver_siret,
        "production": row.production,
        "made_at": leftover.made_at if leftover else None,
        "use_by": leftover.use_by if leftover else None,
        "best_before": leftover.best_before if leftover else None,
        "keep": leftover.keep if leftover else None,
        "temperature_c": _degrees(leftover.temperature_tenths_c if leftover else None),
        "handed_over_temperature_c": _degrees(read.temperature_tenths_c if read else None),
        "allergens": list(leftover.allergens) if leftover else None,
        "recalled": row.recalled,
        **{name: short(getattr(said, name)) if said else None for name in PARTS},
    }


def _degrees(tenths: int | None) -> str | None:
    return None if tenths is None else short(Decimal(tenths) / 10)
