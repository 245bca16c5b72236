"""Carbon over the API: the estimate, the library, and the ledger as each organisation may read it."""

from typing import Any

from flask import Response
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from marketplace.accounts.models import Organisation, Production
from marketplace.accounts.permissions import Actor, require
from marketplace.api import auth, paging
from marketplace.api.answers import answer
from marketplace.api.auth import enter
from marketplace.api.blueprint import Blueprint
from marketplace.api.schemas.carbon import (
    ESTIMATE_EXAMPLES,
    EstimateRequestSchema,
    EstimateSchema,
    ExchangeCarbonSchema,
    FactorArgs,
    FactorListArgs,
    FactorSchema,
    FactorWithVersionsSchema,
    LedgerArgs,
    LedgerPageSchema,
)
from marketplace.carbon import api_figures, factor_use, libraries, product_data, queries, services, versions
from marketplace.carbon.models import Factor
from marketplace.core.clock import today
from marketplace.core.db import db
from marketplace.core.errors import Invalid, NotFound
from marketplace.exchanges.queries import exchange_for

blueprint = Blueprint("api_carbon", __name__, description=_l("Émissions évitées"))

_FACTOR_FIELDS = tuple(FactorSchema().fields)
_VERSION_FIELDS = ("version", "effective_on", "kgco2e_per_unit", "uncertainty_pct", "source")


@blueprint.route("/carbon/estimate", methods=["POST"])
@enter.public()
@blueprint.arguments(EstimateRequestSchema, examples=ESTIMATE_EXAMPLES)
@blueprint.response(200, EstimateSchema)
@blueprint.doc(operationId="estimate", summary=_l("Ce qu’un échange éviterait, terme à terme"))
def estimate(asked: dict[str, Any]) -> Response:
    if ("inputs" in asked) == ("lines" in asked):
        raise Invalid({"inputs": _("Donnez soit inputs, soit lines.")})
    if "inputs" in asked:
        return answer(services.estimate(asked["kind"], asked["inputs"]))
    return answer(services.estimate_by_category(asked))


def _factor(row: Factor) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _FACTOR_FIELDS}


@blueprint.route("/factors", methods=["GET"])
@enter.public()
@blueprint.arguments(FactorListArgs, location="query")
@blueprint.response(200, paging.page_of(FactorSchema))
@blueprint.doc(operationId="listFactors", summary=_l("La bibliothèque de facteurs, dans les versions en vigueur"))
def list_factors(asked: dict[str, Any]) -> Response:
    number, size = asked["page"], asked["per_page"]
    found = libraries.factors_page(
        today(), asked.get("q", ""), asked.get("category", ""), asked.get("stage", ""), number, size
    )
    return answer(paging.page([_factor(row) for row in found.rows], found.total, number, size))


@blueprint.route("/factors/<key>", methods=["GET"])
@enter.public()
@blueprint.arguments(FactorArgs, location="query")
@blueprint.response(200, FactorWithVersionsSchema)
@blueprint.doc(operationId="readFactor", summary=_l("Un facteur, avec sa source"), refuses=[404])
def read_factor(asked: dict[str, Any], key: str) -> Response:
    if key.startswith(libraries.OWN):
        product_data.readable(None, key)  # a maker's own figure is as public as its listing
    rows = libraries.factor_versions(key)
    wanted = asked.get("version")
    chosen = [row for row in rows if row.version == wanted] if wanted else list(versions.in_force(rows, today()))
    if not chosen:
        raise NotFound
    uses = factor_use.uses_of(key)
    history = [
        {name: getattr(row, name) for name in _VERSION_FIELDS} | {"entry_count": uses.get(row.version, 0)}
        for row in rows
    ]
    return answer(_factor(chosen[0]) | {"versions": [row.version for row in rows], "history": history})


@blueprint.route("/exchanges/<exchange_id>/carbon", methods=["GET"])
@enter.token("read", "exchanges", "carbon")
@blueprint.response(200, ExchangeCarbonSchema)
@blueprint.doc(operationId="readExchangeCarbon", summary=_l("Les écritures d’un échange"), refuses=[404])
def read_exchange_carbon(exchange_id: str) -> Response:
    actor = auth.actor()
    exchange = exchange_for(actor, exchange_id)
    rows = queries.entries_of_exchange(exchange.id)
    total = api_figures.sums(rows, ("organisation", actor.organisation_id or 0))
    body = {
        "entries": api_figures.entries(rows, actor.organisation_id),
        "total_kgco2e": total["whole_kgco2e"],
        "uncertainty_kgco2e": total["whole_uncertainty_kgco2e"],
        "total": total,
    }
    return answer(body)


@blueprint.route("/ledger", methods=["GET"])
@enter.token("read", "carbon")
@blueprint.arguments(LedgerArgs, location="query")
@blueprint.response(200, LedgerPageSchema)
@blueprint.doc(
    operationId="readLedger", summary=_l("Le registre de votre organisation, ou d’une production"), refuses=[404]
)
def read_ledger(asked: dict[str, Any]) -> Response:
    actor = auth.actor()
    organisation_id, production_id = own_scope(actor, asked)
    since, until = asked.get("from_"), asked.get("to")
    if since and until and until < since:
        raise Invalid({"to": _("La fin vient avant le début.")})
    number, size = asked["page"], asked["per_page"]
    found = queries.entries_page(
        organisation_id, production_id=production_id, since=since, until=until, page=number, size=size
    )
    scope = ("production", production_id) if production_id else ("organisation", organisation_id)
    if since or until:
        total = api_figures.sums(api_figures.between(organisation_id, production_id, since, until), scope)
    elif production_id:
        total = api_figures.kept_sums(queries.totals_for_production(production_id).both)
    else:
        total = api_figures.kept_sums(queries.totals_for_organisation(organisation_id).both)
    rows = api_figures.entries(found.entries, organisation_id)
    body = paging.page(rows, found.total, number, size) | {
        "entries_total": total,
        "total_kgco2e": total["whole_kgco2e"],
        "uncertainty_kgco2e": total["whole_uncertainty_kgco2e"],
    }
    return answer(body)


def own_scope(actor: Actor, asked: dict[str, Any]) -> tuple[int, int | None]:
    """The organisation and production asked for, both the actor's own. Raises `NotFound` for those of others."""
    own = actor.organisation_id
    require(actor, "carbon.read", own)
    if own is None:
        raise NotFound
    if "organisation" in asked:
        named = db.session.scalar(select(Organisation.id).where(Organisation.public_id == asked["organisation"]))
        if named != own:
            raise NotFound
    if "production" not in asked:
        return own, None
    query = select(Production.id).where(Production.public_id == asked["production"], Production.organisation_id == own)
    production_id = db.session.scalar(query)
    if production_id is None:
        raise NotFound
    return own, production_id
