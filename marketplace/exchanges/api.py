"""Exchanges over the API: asked for, read and moved on by the same services as the pages."""

from typing import Any

from flask import Response
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from marketplace.accounts.permissions import Actor
from marketplace.api import auth, paging
from marketplace.api.answers import answer
from marketplace.api.auth import enter
from marketplace.api.blueprint import Blueprint
from marketplace.api.idempotency import unit_of_work
from marketplace.api.schemas.exchanges import (
    EXCHANGE_EXAMPLE,
    ExchangeListArgs,
    ExchangeRequestSchema,
    ExchangeSchema,
    MoveRequestSchema,
)
from marketplace.catalogue.models import Listing
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.exchanges import queries, services
from marketplace.exchanges.models import Appointment, Exchange, ExchangeLine
from marketplace.exchanges.states import PROVIDER, RECEIVER

blueprint = Blueprint("api_exchanges", __name__, description=_l("Échanges"))


def shown(actor: Actor, exchange: Exchange) -> dict[str, Any]:
    """The whole exchange, as `queries.view_of` lets this actor see it."""
    view = queries.view_of(actor, exchange)
    sides = {PROVIDER: exchange.provider.public_id, RECEIVER: exchange.receiver.public_id}
    return {
        "id": exchange.public_id,
        "reference": exchange.reference,
        "kind": exchange.kind,
        "state": view.state,
        "version": exchange.version,
        "provider": sides[PROVIDER],
        "receiver": sides[RECEIVER],
        "production": exchange.receiver_production.public_id if exchange.receiver_production else None,
        "lines": [
            {
                "id": line.public_id,
                "listing": line.listing.public_id,
                "title": line.title,
                "quantity": line.quantity,
                "unit": line.unit,
                "from": line.starts_on,
                "to": line.ends_on,
                "amount_cents": line.amount_cents,
            }
            for line in exchange.lines
        ],
        "moves": list(view.moves),
        "waits_for": view.waits_for,
        "deadline_at": view.deadline_at,
        "appointment": _appointment(view.appointment) if view.appointment else None,
        "appointments": [_appointment(one) for one in view.proposals],
        "hand_over_code": view.hand_over_code,
        "history": [
            {
                "move": move.move,
                "by": sides.get(move.side, move.side),
                "side": move.side,
                "at": move.at,
                "to": move.to_state,
            }
            for move in exchange.moves
        ],
        "created_at": exchange.created_at,
        "completed_at": exchange.completed_at,
    }


def _appointment(one: Appointment) -> dict[str, Any]:
    return {
        "id": one.public_id,
        "state": one.state,
        "starts_at": one.starts_at,
        "ends_at": one.ends_at,
        "proposed_by": one.proposed_by,
    }


def _written(actor: Actor, public_id: str) -> dict[str, Any]:
    """The exchange as it stands after this unit of work."""
    db.session.flush()
    db.session.expire_all()
    return shown(actor, queries.exchange_for(actor, public_id))


@blueprint.route("/exchanges", methods=["POST"])
@enter.token("exchanges")
@blueprint.arguments(ExchangeRequestSchema, example=EXCHANGE_EXAMPLE)
@blueprint.response(201, ExchangeSchema)
@blueprint.doc(operationId="createExchange", summary=_l("Demander un don"), refuses=[404])
def create_exchange(asked: dict[str, Any]) -> Response:
    if asked["kind"] != "donation":
        raise Invalid({"kind": _("Seuls les dons (donation) se demandent ici pour l’instant.")})
    actor = auth.actor()
    request = services.ExchangeRequest(
        "donation",
        lines=[services.LineRequest(line["listing"], line["quantity"]) for line in asked["lines"]],
        production_public_id=asked["production"],
        message=asked["message"] or "",
        vehicle=asked["vehicle"],
        distance_km=asked["distance_km"],
    )
    try:
        with unit_of_work() as work:
            exchange = services.request_exchange(actor, request)
            return work.answer(201, _written(actor, exchange.public_id))
    except Conflict as refusal:
        raise _with_available(refusal, [line.listing for line in request.lines]) from refusal


def _with_available(refusal: Conflict, listings: list[str]) -> Conflict:
    """The refusal with what is free now: a guard of the database knows only that it is too much."""
    if "guard" in refusal.data and "available" not in refusal.data:
        rows = db.session.scalars(select(Listing).where(Listing.public_id.in_(listings)))
        refusal.data["available"] = queries.available_now(rows)
    return refusal


@blueprint.route("/exchanges", methods=["GET"])
@enter.token("read", "exchanges")
@blueprint.arguments(ExchangeListArgs, location="query")
@blueprint.response(200, paging.page_of(ExchangeSchema))
@blueprint.doc(operationId="listExchanges", summary=_l("Vos échanges, ceux qui vous attendent d’abord"))
def list_exchanges(asked: dict[str, Any]) -> Response:
    actor = auth.actor()
    number, size = asked["page"], asked["per_page"]
    found = queries.exchanges_of(actor, side=asked.get("side"), state=asked.get("state"), page=number, per_page=size)
    rows = _loaded([row.public_id for row in found.rows]) if found.page == number else []
    return answer(paging.page([shown(actor, row) for row in rows], found.total, number, size))


def _loaded(public_ids: list[str]) -> list[Exchange]:
    """These exchanges with all that `shown` reads, in this order, in a handful of statements."""
    query = (
        select(Exchange)
        .where(Exchange.public_id.in_(public_ids))
        .options(
            joinedload(Exchange.provider),
            joinedload(Exchange.receiver),
            joinedload(Exchange.receiver_production),
            joinedload(Exchange.site),
            selectinload(Exchange.lines).joinedload(ExchangeLine.listing),
            selectinload(Exchange.moves),
            selectinload(Exchange.appointments),
        )
    )
    found = {row.public_id: row for row in db.session.scalars(query)}
    return [found[public_id] for public_id in public_ids]


@blueprint.route("/exchanges/<exchange_id>", methods=["GET"])
@enter.token("read", "exchanges")
@blueprint.response(200, ExchangeSchema)
@blueprint.doc(operationId="readExchange", summary=_l("Un échange : état, lignes, gestes possibles"), refuses=[404])
def read_exchange(exchange_id: str) -> Response:
    actor = auth.actor()
    return answer(shown(actor, queries.exchange_for(actor, exchange_id)))


@blueprint.route("/exchanges/<exchange_id>/moves", methods=["POST"])
@enter.token("exchanges")
@blueprint.arguments(MoveRequestSchema, example={"move": "hand_over", "code": "042137", "version": 3})
@blueprint.response(200, ExchangeSchema)
@blueprint.doc(operationId="moveExchange", summary=_l("Faire un geste : accepter, remettre…"), refuses=[404])
def move_exchange(asked: dict[str, Any], exchange_id: str) -> Response:
    actor = auth.actor()
    move, version = asked.pop("move"), asked.pop("version")
    with unit_of_work() as work:
        services.move(actor, exchange_id, move, asked, version)
        return work.answer(200, _written(actor, exchange_id))
