"""Calls for collections over the API: asked for, sent, answered and decided by the same services as the pages."""

from typing import Any

from flask import Response
from flask_babel import lazy_gettext as _l

from marketplace.accounts.permissions import Actor, require
from marketplace.api import auth, paging
from marketplace.api.answers import answer
from marketplace.api.auth import enter
from marketplace.api.blueprint import Blueprint
from marketplace.api.idempotency import unit_of_work
from marketplace.api.schemas.reclaims import (
    OFFER_EXAMPLE,
    RECLAIM_EXAMPLE,
    ChooseSchema,
    OfferRequestSchema,
    ReasonSchema,
    ReclaimListArgs,
    ReclaimRequestSchema,
    ReclaimSchema,
    SendSchema,
)
from marketplace.core.db import db
from marketplace.reclaims import calls, choosing, offering, queries, sending
from marketplace.reclaims.api_shown import shown
from marketplace.reclaims.standing import call_for

blueprint = Blueprint("api_reclaims", __name__, description=_l("Collectes"))

LINKS = {"reclaim_id": ("/id", ["readReclaim", "sendReclaim", "cancelReclaim"])}


def written(actor: Actor, public_id: str) -> dict[str, Any]:
    """The call as it stands after this unit of work."""
    db.session.flush()
    db.session.expire_all()
    return shown(queries.view_of(call_for(actor, public_id)))


def _send(actor: Actor, public_id: str, how: dict[str, Any]) -> None:
    named = how["recipients"]
    sending.send_call(
        actor,
        public_id,
        reach="chosen" if named else "around",
        radius_km=how["radius_km"],
        recipients=named or [],
        answer_by=how["answer_by"],
    )


@blueprint.route("/reclaims", methods=["POST"])
@enter.token("exchanges")
@blueprint.arguments(ReclaimRequestSchema, example=RECLAIM_EXAMPLE)
@blueprint.response(201, ReclaimSchema)
@blueprint.doc(
    operationId="createReclaim",
    summary=_l("Demander une collecte : un brouillon, ou envoyée tout de suite"),
    links=LINKS,
)
def create_reclaim(asked: dict[str, Any]) -> Response:
    actor, how = auth.actor(), asked.pop("send")
    with unit_of_work() as work:
        call = calls.make_call(actor, asked)
        if how is not None:
            _send(actor, call.public_id, how)
        return work.answer(201, written(actor, call.public_id))


@blueprint.route("/reclaims", methods=["GET"])
@enter.token("read", "exchanges")
@blueprint.arguments(ReclaimListArgs, location="query")
@blueprint.response(200, paging.page_of(ReclaimSchema))
@blueprint.doc(operationId="listReclaims", summary=_l("Vos demandes de collecte, ou celles qu’on vous propose"))
def list_reclaims(asked: dict[str, Any]) -> Response:
    actor = auth.actor()
    organisation_id = require(actor, "reclaim.read", actor.organisation_id).organisation_id or 0
    number, size = asked["page"], asked["per_page"]
    if asked["side"] == "collector":
        found = queries.calls_offered_to(organisation_id, number, size)
    else:
        found = queries.calls_of(actor, number, size)
    items = [shown(view) for view in queries.views_of([row.standing(actor) for row in found.items])]
    return answer(paging.page(items, found.total, number, size))


@blueprint.route("/reclaims/<reclaim_id>", methods=["GET"])
@enter.token("read", "exchanges")
@blueprint.response(200, ReclaimSchema)
@blueprint.doc(operationId="readReclaim", summary=_l("Une demande de collecte : contenu, état, offres"), refuses=[404])
def read_reclaim(reclaim_id: str) -> Response:
    return answer(shown(queries.view_of(call_for(auth.actor(), reclaim_id))))


@blueprint.route("/reclaims/<reclaim_id>/send", methods=["POST"])
@enter.token("exchanges")
@blueprint.arguments(SendSchema, example={"radius_km": 50})
@blueprint.response(200, ReclaimSchema)
@blueprint.doc(
    operationId="sendReclaim", summary=_l("Envoyer un brouillon, ou une demande à d’autres"), refuses=[404], links=LINKS
)
def send_reclaim(asked: dict[str, Any], reclaim_id: str) -> Response:
    actor = auth.actor()
    with unit_of_work() as work:
        _send(actor, reclaim_id, asked)
        return work.answer(200, written(actor, reclaim_id))


@blueprint.route("/reclaims/<reclaim_id>/cancel", methods=["POST"])
@enter.token("exchanges")
@blueprint.arguments(ReasonSchema, example={"reason": "le décor est gardé"})
@blueprint.response(200, ReclaimSchema)
@blueprint.doc(
    operationId="cancelReclaim", summary=_l("Annuler une demande que personne ne sert encore"), refuses=[404]
)
def cancel_reclaim(asked: dict[str, Any], reclaim_id: str) -> Response:
    actor = auth.actor()
    with unit_of_work() as work:
        calls.cancel_call(actor, reclaim_id, asked["reason"])
        return work.answer(200, written(actor, reclaim_id))


@blueprint.route("/reclaims/<reclaim_id>/offers", methods=["POST"])
@enter.token("exchanges")
@blueprint.arguments(OfferRequestSchema, example=OFFER_EXAMPLE)
@blueprint.response(201, ReclaimSchema)
@blueprint.doc(
    operationId="offerReclaim",
    summary=_l("Proposer de venir ; une nouvelle offre remplace la précédente"),
    refuses=[404],
    links=LINKS,
)
def offer_reclaim(asked: dict[str, Any], reclaim_id: str) -> Response:
    actor = auth.actor()
    with unit_of_work() as work:
        offering.offer(actor, reclaim_id, {**asked, "loads": asked["loads_"]})
        return work.answer(201, written(actor, reclaim_id))


@blueprint.route("/reclaims/<reclaim_id>/decline", methods=["POST"])
@enter.token("exchanges")
@blueprint.arguments(ReasonSchema, example={"reason": "camion en panne"})
@blueprint.response(200, ReclaimSchema)
@blueprint.doc(operationId="declineReclaim", summary=_l("Dire qu’on ne viendra pas"), refuses=[404])
def decline_reclaim(asked: dict[str, Any], reclaim_id: str) -> Response:
    actor = auth.actor()
    with unit_of_work() as work:
        offering.decline(actor, reclaim_id, asked["reason"])
        return work.answer(200, written(actor, reclaim_id))


@blueprint.route("/reclaims/<reclaim_id>/choose", methods=["POST"])
@enter.token("exchanges")
@blueprint.arguments(ChooseSchema, example={"offer": "abcdefghijklm"})
@blueprint.response(200, ReclaimSchema)
@blueprint.doc(
    operationId="chooseReclaim",
    summary=_l("Choisir une offre : elle devient un échange confirmé"),
    refuses=[404],
    links={"exchange_id": ("/exchange", ["readExchange"])},
)
def choose_reclaim(asked: dict[str, Any], reclaim_id: str) -> Response:
    actor = auth.actor()
    with unit_of_work() as work:
        choosing.choose(actor, reclaim_id, asked["offer"], asked["version"])
        return work.answer(200, written(actor, reclaim_id))
