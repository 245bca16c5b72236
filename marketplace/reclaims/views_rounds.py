"""Rounds: a day's collections on vehicles, in an order, on a map; the driver's sheet."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.accounts.forms import EmptyForm
from marketplace.accounts.permissions import allows, require
from marketplace.carbon.libraries import knowledge_on
from marketplace.core.clock import PARIS, today
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.footprint.figures import typed_quantity
from marketplace.reclaims import queries_rounds, rounds, rounds_by_hand, routing, wording_rounds
from marketplace.reclaims.forms_plans import read_moment
from marketplace.reclaims.views_rounds_map import drawing
from marketplace.web import filters
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.labels import label
from marketplace.web.limits import limiter

blueprint = Blueprint("rounds", __name__)
FIRST, LAST = date(2020, 1, 1), date(2100, 1, 1)


def road_factor() -> float:
    """The method's own figure, where carbon takes a distance that nobody gave."""
    return float(knowledge_on(today()).parameters.number("x.road_factor"))


def _day(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return today()
    return found if FIRST <= found <= LAST else today()


def _named(key: str) -> str:
    return label("vehicle", key)


def _clock(at: datetime) -> str:
    return filters.clock_time(at)


def _number(value: Decimal, decimals: int) -> str:
    return filters.number(value.quantize(Decimal(1).scaleb(-decimals)).normalize() + 0)


@blueprint.get("/collectes/tournees")
@enter.member
def day() -> Any:
    """The collections of a day, and the rounds they are on."""
    return _day_page(_day(request.args.get("jour", "")))


def _day_page(shown: date, said: Any = (), status: int = 200) -> Any:
    actor = signed_in_actor()
    require(actor, queries_rounds.READ, actor.organisation_id)
    organisation_id = actor.organisation_id or 0
    found = queries_rounds.collections_of(organisation_id, shown)
    known = {one.exchange.id: one for one in found}
    factor = road_factor()
    every = queries_rounds.rounds_of(organisation_id, shown)
    return render_template(
        "reclaims/rounds.html", day_shown=shown, here=today(), before=shown - timedelta(days=1),
        after=shown + timedelta(days=1), days=queries_rounds.days_of(organisation_id, today()), collections=found,
        rounds=[queries_rounds.driven(one, factor, known) for one in every], left=queries_rounds.left_of(found, shown),
        may_plan=allows(actor.role, rounds.PLAN), said=said, form=EmptyForm(formdata=None), words=_words(),
        vehicles=[(key, _named(key)) for key in wording_rounds.vehicles()],
    ), status  # fmt: skip


def _words() -> dict[str, Callable[..., str]]:
    return {
        "too_much": lambda one, driven: wording_rounds.too_much(one, driven, _named, _number),
        "part_of": lambda one, driven: wording_rounds.part_of(one, driven, _named, _number),
        "too_late": lambda one: wording_rounds.too_late(one, _clock),
        "room": lambda key: wording_rounds.room_words(key, _number),
        "cubic": lambda litres: wording_rounds.cubic(litres or 0, _number),
        "named": _named,
    }


@blueprint.post("/collectes/tournees")
@enter.member
@limiter.limit("120 per hour")
def day_act() -> Any:
    """Have rounds proposed for what is on none, or begin an empty one."""
    shown, go = _day(request.form.get("jour", "")), request.form.get("go", "propose")
    actor, factor = signed_in_actor(), road_factor()
    try:
        with transaction():
            if go == "propose":
                made = rounds.propose(actor, shown, factor)
                said = ngettext("%(num)d tournée proposée.", "%(num)d tournées proposées.", made)
            elif go == "add":
                rounds.add_round(actor, shown, request.form.get("vehicle", ""))
                said = _("Une tournée de plus, encore vide.")
            else:
                raise NotFound
    except Invalid as refusal:
        return _day_page(shown, [text for texts in refusal.errors.values() for text in texts], 422)
    flash(said, "kept")
    return redirect(url_for("rounds.day", jour=shown.isoformat()), 303)


@blueprint.get("/collectes/tournees/<public_id>")
@enter.member
def show(public_id: str) -> Any:
    """One round: its stops in their order, with hours and loads; the map beside the table."""
    return _round_page(public_id)


def _round_page(public_id: str, said: Any = (), status: int = 200) -> Any:
    db.session.rollback()
    actor = signed_in_actor()
    one = queries_rounds.round_for(actor, public_id)
    driven = queries_rounds.driven(one, road_factor())
    others = [other for other in queries_rounds.rounds_of(one.organisation_id, one.day) if other.public_id != public_id]
    return render_template(
        "reclaims/round.html", round=one, driven=driven, others=others, map=drawing(driven.places), said=said,
        words=_words(), may_plan=allows(actor.role, rounds.PLAN), form=EmptyForm(formdata=None),
        typed=request.form if said else {}, vehicles=[(key, _named(key)) for key in wording_rounds.vehicles()],
        leaves=one.leaves_at.astimezone(PARIS).strftime("%Y-%m-%dT%H:%M"), usual_speed=routing.SPEED_KMH,
        factor=filters.number(Decimal(str(road_factor()))),
    ), status  # fmt: skip


@blueprint.post("/collectes/tournees/<public_id>")
@enter.member
@limiter.limit("600 per hour")
def act(public_id: str) -> Any:
    """What is changed by hand: `go` is a verb, with a stop behind a colon where it is about one."""
    verb, _colon, stop = request.form.get("go", "").partition(":")
    if verb not in VERBS:
        raise NotFound
    queries_rounds.round_for(signed_in_actor(), public_id, rounds.PLAN)  # strangers stop here, whatever they sent
    text = request.form.get("version", "")
    version = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0
    try:
        with transaction():
            gone = VERBS[verb](public_id, stop, version)
    except Invalid as refusal:
        return _round_page(public_id, [text for texts in refusal.errors.values() for text in texts], 422)
    except Conflict as refusal:
        return _round_page(public_id, [refusal.message], 409)
    if isinstance(gone, date):
        flash(_("La tournée est défaite : ses collectes en attendent une autre."), "kept")
        return redirect(url_for("rounds.day", jour=gone.isoformat()), 303)
    return redirect(url_for("rounds.show", public_id=public_id, _anchor=f"arret-{stop}" if stop else None), 303)


def _edit(public_id: str, _stop: str, version: int) -> None:
    speed = request.form.get("speed_kmh", "").strip()
    try:
        leaves_at = read_moment(request.form.get("leaves_at", ""), PARIS, today())
    except ValueError:
        leaves_at = None
    values = {
        "name": request.form.get("name", ""),
        "vehicle": request.form.get("vehicle", ""),
        "driver": request.form.get("driver", ""),
        "leaves_at": leaves_at,
        "speed_kmh": int(speed) if speed.isascii() and speed.isdecimal() and len(speed) < 5 else None,
    }
    rounds.edit_round(signed_in_actor(), public_id, values, version)


def _split(public_id: str, stop: str, version: int) -> None:
    try:
        amount = typed_quantity(request.form.get(f"m3-{stop}", ""))
    except ValueError:
        amount = None
    rounds_by_hand.split_stop(signed_in_actor(), public_id, stop, request.form.get(f"to-{stop}", ""), amount, version)


def _service(public_id: str, stop: str, version: int) -> None:
    text = request.form.get(f"minutes-{stop}", "").strip()
    minutes = int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else -1
    rounds_by_hand.set_service(signed_in_actor(), public_id, stop, minutes, version)


VERBS: dict[str, Callable[[str, str, int], Any]] = {
    "up": lambda one, stop, version: rounds_by_hand.move_stop(signed_in_actor(), one, stop, -1, version) and None,
    "down": lambda one, stop, version: rounds_by_hand.move_stop(signed_in_actor(), one, stop, 1, version) and None,
    "order": lambda one, _stop, version: (
        rounds_by_hand.order_again(signed_in_actor(), one, road_factor(), version) and None
    ),
    "send": lambda one, stop, version: (
        rounds_by_hand.send_stop(signed_in_actor(), one, stop, request.form.get(f"to-{stop}", ""), version) and None
    ),
    "split": _split,
    "service": _service,
    "remove": lambda one, stop, version: rounds_by_hand.remove_stop(signed_in_actor(), one, stop, version) and None,
    "edit": _edit,
    "drop": lambda one, _stop, _version: rounds.drop_round(signed_in_actor(), one),
}


@blueprint.get("/collectes/tournees/<public_id>/chauffeur")
@enter.member
def driver(public_id: str) -> str:
    """The driver's sheet: all stops on one small page, usable without network once it is there."""
    one = queries_rounds.round_for(signed_in_actor(), public_id)
    driven = queries_rounds.driven(one, road_factor())
    return render_template(
        "reclaims/driver.html", round=one, driven=driven, words=_words(), form=EmptyForm(formdata=None),
        language=filters.language(), may_mark=allows(signed_in_actor().role, rounds.DRIVE),
    )  # fmt: skip


@blueprint.post("/collectes/tournees/<public_id>/arrets/<stop_id>")
@enter.member
@limiter.limit("600 per hour")
def mark(public_id: str, stop_id: str) -> Any:
    """The driver's word on a stop. The page's script sends it again until it is heard; `at` is when it was said."""
    try:
        at = datetime.fromisoformat(request.form.get("at", "").replace("Z", "+00:00"))
    except ValueError:
        at = None
    with transaction():
        stop = rounds.mark(
            signed_in_actor(), public_id, stop_id, request.form.get("what", ""), at if at and at.tzinfo else None
        )
        arrived, loaded = stop.arrived_at, stop.loaded_at
    if request.accept_mimetypes.best == "application/json":
        return jsonify(
            arrived=filters.clock_time(arrived) if arrived else None,
            loaded=filters.clock_time(loaded) if loaded else None,
        )
    flash(_("C’est noté."), "kept")
    return redirect(url_for("rounds.driver", public_id=public_id, _anchor=f"arret-{stop_id}"), 303)
