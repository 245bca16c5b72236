"""Exchanges over the API: asked for, read and moved on by the same services as the pages."""

from collections.abc import Sequence
from typing import Any

from flask import Response
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from marketplace.accounts.models import Production, Site
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
)
from marketplace.api.schemas.moves import MOVE_EXAMPLE, MoveRequestSchema
from marketplace.catalogue.models import Listing
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.exchanges import carts, queries, services
from marketplace.exchanges.api_shown import shown, shown_many
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.exchanges.states import PROVIDER

blueprint = Blueprint("api_exchanges", __name__, description=_l("Échanges"))


def written(actor: Actor, public_id: str) -> dict[str, Any]:
    """The exchange as it stands after this unit of work."""
    db.session.flush()
    db.session.expire_all()
    return shown(actor, queries.exchange_for(actor, public_id))


def line_requests(lines: Sequence[dict[str, Any]]) -> list[services.LineRequest]:
    """Lines of a body, as asking takes them."""
    return [
        services.LineRequest(line["listing"], line["quantity"], line["from_"], line["to"], line["offered_cents"])
        for line in lines
    ]


@blueprint.route("/exchanges", methods=["POST"])
@enter.token("exchanges")
@blueprint.arguments(ExchangeRequestSchema, example=EXCHANGE_EXAMPLE)
@blueprint.response(201, ExchangeSchema)
@blueprint.doc(
    operationId="createExchange",
    summary=_l("Demander un don, une location ou une vente ; poser une option ; mettre au panier"),
    refuses=[404],
    links={"exchange_id": ("/id", ["readExchange", "moveExchange", "readExchangeCarbon"])},
)
def create_exchange(asked: dict[str, Any]) -> Response:
    actor = auth.actor()
    request = services.ExchangeRequest(
        asked["kind"],
        lines=line_requests(asked["lines"]),
        production_public_id=asked["production"],
        message=asked["message"] or "",
        vehicle=asked["vehicle"],
        distance_km=asked["distance_km"],
        delivery=asked["delivery"],
        delivery_address=asked["delivery_address"] or "",
        option_days=asked["option_days"],
        in_cart=asked["in_cart"],
    )
    try:
        with unit_of_work() as work:
            exchange = services.request_exchange(actor, request)
            return work.answer(201, written(actor, exchange.public_id))
    except Conflict as refusal:
        wanted = Listing.public_id.in_([line.listing for line in request.lines])
        raise _with_available(refusal, select(Listing).where(wanted)) from refusal


def _with_available(refusal: Conflict, listings: Any) -> Conflict:
    """The refusal with what is free now: a guard of the database knows only that it is too much."""
    if "guard" in refusal.data and "available" not in refusal.data:
        refusal.data["available"] = queries.available_now(db.session.scalars(listings))
    return refusal


@blueprint.route("/exchanges", methods=["GET"])
@enter.token("read", "exchanges")
@blueprint.arguments(ExchangeListArgs, location="query")
@blueprint.response(200, paging.page_of(ExchangeSchema))
@blueprint.doc(
    operationId="listExchanges",
    summary=_l("Vos échanges, ceux qui vous attendent d’abord ; entre deux jours, un calendrier"),
)
def list_exchanges(asked: dict[str, Any]) -> Response:
    actor = auth.actor()
    number, size = asked["page"], asked["per_page"]
    if asked.get("state") == "cart":
        return answer(_carts(actor, asked.get("side"), number, size))
    found = queries.exchanges_of(
        actor,
        side=asked.get("side"),
        state=asked.get("state"),
        production_id=_own(actor, Production, asked.get("production"), "production"),
        site_id=_own(actor, Site, asked.get("site"), "site"),
        since=asked.get("from_"),
        until=asked.get("to"),
        page=number,
        per_page=size,
    )
    ids = [row.public_id for row in found.rows] if found.page == number else []
    return answer(paging.page(shown_many(actor, ids), found.total, number, size))


def _carts(actor: Actor, side: str | None, number: int, size: int) -> dict[str, Any]:
    """One's own carts: few, and never anybody else's. A provider sees none."""
    if actor.organisation_id is None:
        raise NotFound
    mine = carts.carts_of(actor.organisation_id, actor.user_id) if side != PROVIDER else []
    ids = [one.public_id for one in mine]
    return paging.page(shown_many(actor, ids[(number - 1) * size : number * size]), len(ids), number, size)


def _own(actor: Actor, table: type[Any], public_id: str | None, field: str) -> int | None:
    """The row of a place or a production of one's own organisation; None when none is named."""
    if public_id is None:
        return None
    mine = select(table.id).where(table.public_id == public_id, table.organisation_id == actor.organisation_id)
    found = db.session.scalar(mine)
    if found is None:
        raise Invalid({field: _("Rien de tel dans votre organisation.")})
    return int(found)


@blueprint.route("/exchanges/<exchange_id>", methods=["GET"])
@enter.token("read", "exchanges")
@blueprint.response(200, ExchangeSchema)
@blueprint.doc(operationId="readExchange", summary=_l("Un échange : état, lignes, gestes possibles"), refuses=[404])
def read_exchange(exchange_id: str) -> Response:
    actor = auth.actor()
    return answer(shown(actor, queries.exchange_for(actor, exchange_id)))


@blueprint.route("/exchanges/<exchange_id>/moves", methods=["POST"])
@enter.token("exchanges")
@blueprint.arguments(MoveRequestSchema, example=MOVE_EXAMPLE)
@blueprint.response(200, ExchangeSchema)
@blueprint.doc(
    operationId="moveExchange",
    summary=_l("Faire un geste : accepter, confirmer, remettre, prolonger, rendre…"),
    refuses=[404],
    links={"exchange_id": ("/id", ["readExchange", "moveExchange", "readExchangeCarbon"])},
)
def move_exchange(asked: dict[str, Any], exchange_id: str) -> Response:
    actor = auth.actor()
    move, version = asked.pop("move"), asked.pop("version")
    try:
        with unit_of_work() as work:
            services.move(actor, exchange_id, move, asked, version)
            return work.answer(200, written(actor, exchange_id))
    except Conflict as refusal:
        raise _as_it_stands(refusal, actor, exchange_id) from refusal


def _as_it_stands(refusal: Conflict, actor: Actor, exchange_id: str) -> Conflict:
    """The refusal with the present state and version, whatever it was that refused, and with what is free."""
    exchange = queries.exchange_for(actor, exchange_id)
    view = queries.view_of(actor, exchange)
    refusal.data.update(state=view.state, version=exchange.version)
    lines = select(ExchangeLine.listing_id).join(Exchange).where(Exchange.public_id == exchange_id)
    return _with_available(refusal, select(Listing).where(Listing.id.in_(lines)))
