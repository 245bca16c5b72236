"""An intake over the API: weighings, outcomes, corrections, by the same verbs as the pages.

A collection is named by its call or by its exchange; it is closed by the exchange's move `complete`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response
from flask_babel import lazy_gettext as _l

from marketplace.accounts.permissions import Actor
from marketplace.api import auth
from marketplace.api.answers import answer
from marketplace.api.auth import enter
from marketplace.api.blueprint import Blueprint
from marketplace.api.idempotency import unit_of_work
from marketplace.api.schemas.intake import (
    OUTCOMES_EXAMPLE,
    WEIGHING_EXAMPLE,
    IntakeSchema,
    OutcomesRequestSchema,
    WeighingRequestSchema,
)
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.reclaims import correcting_intake, intake, masses, queries_intake
from marketplace.reclaims.models_intake import Weighing, WeighingOutcome
from marketplace.reclaims.streams import OBLIGED
from marketplace.reclaims.views_intake_words import check_route

blueprint = Blueprint("api_intake", __name__, description=_l("Collectes : pesées et devenirs"))


@blueprint.route("/reclaims/<reclaim_id>/weighings", methods=["GET"])
@enter.token("read", "exchanges")
@blueprint.response(200, IntakeSchema)
@blueprint.doc(
    operationId="readIntake",
    summary=_l("Ce qui est pesé d’une collecte, et ce que chaque part devient"),
    refuses=[404],
)
def read_intake(reclaim_id: str) -> Response:
    return answer(_shown(auth.actor(), reclaim_id))


@blueprint.route("/reclaims/<reclaim_id>/weighings", methods=["POST"])
@enter.token("exchanges")
@blueprint.arguments(WeighingRequestSchema, example=WEIGHING_EXAMPLE)
@blueprint.response(201, IntakeSchema)
@blueprint.doc(
    operationId="weighReclaim",
    summary=_l("Peser un flux ; après la clôture, corriger une pesée par une autre"),
    refuses=[404, 409],
)
def weigh(asked: dict[str, Any], reclaim_id: str) -> Response:
    actor = auth.actor()
    raw = {name: value for name, value in asked.items() if name not in ("replaces", "outcomes")}
    check_route(raw)
    with unit_of_work() as work:
        try:
            if asked["replaces"] is not None:
                correcting_intake.correct(actor, reclaim_id, asked["replaces"], raw, _parts(asked["outcomes"]))
            else:
                made = intake.weigh(actor, reclaim_id, raw)
                if asked["outcomes"]:
                    intake.attribute(actor, reclaim_id, made.public_id, _parts(asked["outcomes"]))
        except Invalid as refusal:
            raise _as_sent(refusal) from refusal
        return work.answer(201, _written(actor, reclaim_id))


@blueprint.route("/reclaims/<reclaim_id>/outcomes", methods=["POST"])
@enter.token("exchanges")
@blueprint.arguments(OutcomesRequestSchema, example=OUTCOMES_EXAMPLE)
@blueprint.response(200, IntakeSchema)
@blueprint.doc(
    operationId="sayOutcomes",
    summary=_l("Dire ce que devient une pesée, part par part"),
    refuses=[404, 409],
)
def say_outcomes(asked: dict[str, Any], reclaim_id: str) -> Response:
    actor = auth.actor()
    with unit_of_work() as work:
        try:
            intake.attribute(actor, reclaim_id, asked["weighing"], _parts(asked["outcomes"]))
        except Invalid as refusal:
            raise _as_sent(refusal) from refusal
        return work.answer(200, _written(actor, reclaim_id))


def _parts(parts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """As a form sends them: what is not said is empty."""
    return [{name: value for name, value in part.items() if value is not None} for part in parts]


def _as_sent(refusal: Invalid) -> Invalid:
    """The refusal under the names of this API."""
    found = {
        (f"outcomes{name.removeprefix('parts')}" if name.split(".")[0] == "parts" else name): sentences
        for name, sentences in refusal.errors.items()
    }
    return Invalid(found, message=refusal.message)


def _written(actor: Actor, reclaim_id: str) -> dict[str, Any]:
    db.session.flush()
    db.session.expire_all()
    return _shown(actor, reclaim_id)


def _shown(actor: Actor, reclaim_id: str) -> dict[str, Any]:
    exchange, view = queries_intake.reclaim_for(actor, reclaim_id)
    every = queries_intake.weighings_of(exchange.id)
    live = queries_intake.live_of(every)
    ids = {one.id: one.public_id for one in every}
    weighed, given = sum(one.net_grams for one in live), sum(masses.given_of(one) for one in live)
    standing = {one.id for one in live}
    return {
        "exchange": exchange.public_id,
        "state": view.state,
        "version": exchange.version,
        "weighed_kg": _kg(weighed),
        "given_kg": _kg(given),
        "left_kg": _kg(weighed - given),
        "weighings": [_weighing(one, one.id in standing, ids, view.side == "receiver") for one in every],
    }


def _kg(grams: int) -> str:
    """Kilograms as a decimal text, to the gram where there is one."""
    whole, rest = divmod(grams, 1000)
    return f"{whole}.{rest:03d}".rstrip("0") if rest else str(whole)


def _weighing(one: Weighing, live: bool, ids: Mapping[int, str], own: bool) -> dict[str, Any]:
    same = ("stream", "material", "what", "contaminated_percent", "contamination_note", "slip", "waste_code", "note",
            "weighed_at", "sealed_at")  # fmt: skip
    return {
        "id": one.public_id,
        **{name: getattr(one, name) for name in same},
        "obliged": one.stream in OBLIGED,
        "route": one.route_key,
        "gross_kg": _kg(one.gross_grams),
        "tare_kg": _kg(one.tare_grams),
        "net_kg": _kg(one.net_grams),
        "left_kg": _kg(masses.left_of(one)),
        "live": live,
        "replaces": ids.get(one.replaces_id) if one.replaces_id is not None else None,
        "reason": one.replaced_for,
        "outcomes": [_part(part, own) for part in one.outcomes],
    }


def _part(part: WeighingOutcome, own: bool) -> dict[str, Any]:
    return {
        "id": part.public_id,
        "outcome": part.outcome,
        "mass_kg": _kg(part.mass_grams),
        "destination": part.destination,
        "treatment": part.treatment,
        "title": part.title,
        "count": part.draft_count,
        "taker": part.taker,
        "listings": [row.listing.public_id for row in part.drafts] if own else [],  # drafts are the collector's own
    }
