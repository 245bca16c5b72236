"""Preparing a departure over the API: the pieces chosen for each line and those that could go; the same verbs as the
page. It is the provider's alone: to the other side and to strangers it does not exist.
"""

from collections.abc import Callable
from typing import Any

from flask import Response
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.accounts.permissions import Actor
from marketplace.api import auth
from marketplace.api.answers import answer
from marketplace.api.auth import enter
from marketplace.api.blueprint import Blueprint
from marketplace.api.idempotency import unit_of_work
from marketplace.api.schemas.preparation import ACT_EXAMPLE, PreparationActSchema, PreparationSchema
from marketplace.catalogue.models import Piece
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.exchanges import preparation, queries
from marketplace.exchanges.counter import progress_of
from marketplace.exchanges.states import PROVIDER

blueprint = Blueprint("api_preparation", __name__, description=_l("Préparer ce qui part : quelles pièces"))


def _shown(actor: Actor, exchange_id: str) -> dict[str, Any]:
    """What is to be prepared. Raises `NotFound` to all but the provider, `Conflict` when nothing is."""
    exchange = queries.exchange_for(actor, exchange_id)
    view = queries.view_of(actor, exchange)
    if view.side != PROVIDER:
        raise NotFound
    if view.state != "confirmed":
        said = _("Cet échange n’est pas à préparer : il a changé depuis.")
        raise Conflict(said, state=view.state, version=exchange.version)
    progress = progress_of([exchange.id])[exchange.id]
    return {
        "exchange": exchange.public_id,
        "ready": progress.is_ready,
        "wanted": progress.wanted,
        "chosen": progress.chosen,
        "lines": [_line(one) for one in preparation.lines_to_prepare(exchange)],
    }


def _line(one: preparation.LineToPrepare) -> dict[str, Any]:
    return {
        "id": one.line.public_id,
        "listing": one.line.listing.public_id,
        "title": one.line.title,
        "quantity": one.line.quantity,
        "by_piece": one.by_piece,
        "missing": one.missing,
        "chosen": [_piece(piece) for piece in one.chosen],
        "free": [_piece(piece) for piece in one.free],
    }


def _piece(piece: Piece) -> dict[str, Any]:
    return {"id": piece.public_id, **{name: getattr(piece, name) for name in ("code", "shelf", "condition", "lives")}}


@blueprint.route("/exchanges/<exchange_id>/preparation", methods=["GET"])
@enter.token("read", "exchanges")
@blueprint.response(200, PreparationSchema)
@blueprint.doc(
    operationId="readPreparation",
    summary=_l("Ce qui est à préparer : les pièces choisies pour chaque ligne, et celles qui pourraient partir"),
    refuses=[404, 409],
)
def read_preparation(exchange_id: str) -> Response:
    return answer(_shown(auth.actor(), exchange_id))


@blueprint.route("/exchanges/<exchange_id>/preparation", methods=["POST"])
@enter.token("exchanges")
@blueprint.arguments(PreparationActSchema, example=ACT_EXAMPLE)
@blueprint.response(200, PreparationSchema)
@blueprint.doc(
    operationId="prepareExchange",
    summary=_l("Choisir les pièces qui partent, par code ou dans la liste, en laisser une, dire que tout est prêt"),
    refuses=[404],
)
def prepare(asked: dict[str, Any], exchange_id: str) -> Response:
    actor = auth.actor()
    try:
        with unit_of_work() as work:
            ACTS[asked["act"]](actor, exchange_id, asked)
            db.session.flush()
            db.session.expire_all()
            return work.answer(200, _shown(actor, exchange_id))
    except Conflict as refusal:
        raise _as_it_stands(refusal, actor, exchange_id) from refusal


def _as_it_stands(refusal: Conflict, actor: Actor, exchange_id: str) -> Conflict:
    exchange = queries.exchange_for(actor, exchange_id)
    refusal.data.update(state=queries.view_of(actor, exchange).state, version=exchange.version)
    return refusal


def _needed(asked: dict[str, Any], name: str) -> str:
    value: str | None = asked.get(name)
    if value is None or not value.strip():
        raise Invalid({name: _("Ce champ est obligatoire.")})
    return value


def _scan(actor: Actor, exchange_id: str, asked: dict[str, Any]) -> None:
    preparation.assign_by_scan(actor, exchange_id, _needed(asked, "code"))


def _choose(actor: Actor, exchange_id: str, asked: dict[str, Any]) -> None:
    preparation.assign_chosen(actor, exchange_id, _needed(asked, "line"), asked.get("pieces") or [])


def _release(actor: Actor, exchange_id: str, asked: dict[str, Any]) -> None:
    preparation.take_back(actor, exchange_id, _needed(asked, "piece"))


def _choose_rest(actor: Actor, exchange_id: str, _asked: dict[str, Any]) -> None:
    preparation.choose_rest(actor, exchange_id)


def _ready(actor: Actor, exchange_id: str, _asked: dict[str, Any]) -> None:
    preparation.mark(actor, exchange_id, True)


def _not_ready(actor: Actor, exchange_id: str, _asked: dict[str, Any]) -> None:
    preparation.mark(actor, exchange_id, False)


# the acts of PreparationActSchema
ACTS: dict[str, Callable[[Actor, str, dict[str, Any]], None]] = {
    "scan": _scan,
    "choose": _choose,
    "release": _release,
    "choose_rest": _choose_rest,
    "ready": _ready,
    "not_ready": _not_ready,
}
