"""Answers to a call and what follows: offers, a no, the choice, another hour."""

from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _

from marketplace.accounts.permissions import require
from marketplace.core.clock import zone_of
from marketplace.core.db import transaction
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.exchanges import services
from marketplace.reclaims import choosing, offering, views_ask, views_profile  # noqa: F401 on one blueprint
from marketplace.reclaims.fields import Errors, moment
from marketplace.reclaims.forms_answers import HourForm, OfferForm, ReasonForm
from marketplace.reclaims.profiles import profile_of
from marketplace.reclaims.standing import ASKER, call_for
from marketplace.reclaims.views import ID, blueprint, shown
from marketplace.reclaims.views_page import day_after
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.limits import limiter


def _back(public_id: str) -> Any:
    return redirect(url_for("reclaims.show", public_id=public_id), 303)


@blueprint.post(f"/collectes/{ID}/offre")
@enter.member
@limiter.limit("60 per hour")
def offer(public_id: str) -> Any:
    """Offer to come, or change what one offered."""
    actor = signed_in_actor()
    call_for(actor, public_id)
    form = OfferForm()
    try:
        with transaction():
            offering.offer(actor, public_id, form.sent(day_after(form.starts_on.data or "")))
    except Invalid as refusal:
        profile = profile_of(actor.organisation_id or 0)
        form.offer(profile.vehicles if profile else ())
        form.take(refusal)
        return shown(actor, public_id, offer=form), 422
    except Conflict as conflict:
        return shown(actor, public_id, conflict=str(conflict.message)), 409
    flash(_("Votre offre est partie. La production compare, et vous prévient."), "kept")
    return _back(public_id)


@blueprint.post(f"/collectes/{ID}/retirer")
@enter.member
def withdraw(public_id: str) -> Any:
    actor = signed_in_actor()
    call_for(actor, public_id)
    try:
        with transaction():
            offering.withdraw(actor, public_id)
    except Conflict as conflict:
        return shown(actor, public_id, conflict=str(conflict.message)), 409
    flash(_("Votre offre est retirée."), "kept")
    return _back(public_id)


@blueprint.post(f"/collectes/{ID}/refuser")
@enter.member
def decline(public_id: str) -> Any:
    """Say that one will not come."""
    actor = signed_in_actor()
    call_for(actor, public_id)
    form = ReasonForm(prefix="decline-")
    try:
        with transaction():
            offering.decline(actor, public_id, form.reason.data or "")
    except Invalid as refusal:
        form.reason.errors = list(refusal.errors.get("reason", [refusal.message]))
        return shown(actor, public_id, decline=form), 422
    except Conflict as conflict:
        return shown(actor, public_id, conflict=str(conflict.message)), 409
    flash(_("C’est dit : la production sait que vous ne venez pas."), "kept")
    return _back(public_id)


@blueprint.post(f"/collectes/{ID}/choisir/<string(length=13):offer_id>")
@enter.member
@limiter.limit("60 per hour")
def choose(public_id: str, offer_id: str) -> Any:
    """Choose who comes."""
    actor = signed_in_actor()
    call_for(actor, public_id)
    try:
        with transaction():
            exchange = choosing.choose(actor, public_id, offer_id)
            name = exchange.receiver.name
    except Conflict as conflict:
        return shown(actor, public_id, conflict=str(conflict.message)), 409
    flash(_("C’est convenu avec %(name)s. Les autres sont prévenus.", name=name), "kept")
    return _back(public_id)


@blueprint.post(f"/collectes/{ID}/heure")
@enter.member
@limiter.limit("60 per hour")
def hour(public_id: str) -> Any:
    """Propose another hour, take up the one proposed (`pick`), or say who comes."""
    actor = signed_in_actor()
    standing = call_for(actor, public_id)
    call = standing.call
    if call.exchange is None or not (standing.side == ASKER or standing.is_chosen):
        raise NotFound
    require(
        standing.actor,
        "reclaim.send" if standing.side == ASKER else "exchange.follow",
        standing.actor.organisation_id,
        production_id=standing.actor.production_id,
    )
    form = HourForm(prefix="hour-")
    version = form.version.data or ""
    try:
        data = _hour_data(form, call.postcode)
        with transaction():
            services.move(
                actor,
                call.exchange.public_id,
                "appoint",
                data,
                int(version) if version.isdecimal() and len(version) < 9 else None,
            )
    except Invalid as refusal:
        for name, sentences in refusal.errors.items():
            field = {"slots": "starts_on", "ends_at": "ends_time", "starts_at": "starts_on"}.get(name, name)
            if field in form:
                form[field].errors = list(sentences)
            else:
                form.form_errors.extend(sentences)
        return shown(actor, public_id, hour=form), 422
    except Conflict as conflict:
        return shown(actor, public_id, conflict=str(conflict.message)), 409
    flash(_("C’est noté, et dit à l’autre."), "kept")
    return _back(public_id)


def _hour_data(form: HourForm, postcode: str) -> dict[str, Any]:
    """What the move `appoint` takes. Raises `Invalid` by field."""
    who = {
        name: form[name].data
        for name in ("collected_by_name", "collected_by_phone", "collected_by_plate")
        if form[name].data
    }
    picked = form.pick.data
    if picked:
        return {**who, "pick": picked}
    if not (form.starts_time.data or form.ends_time.data) and who:
        return who
    errors, zone = Errors(), zone_of(postcode)
    starts, ends = form.starts_time.data or "", form.ends_time.data or ""
    day = form.starts_on.data or ""
    raw = {
        "starts_at": (day, starts),
        "ends_at": (day_after(day) if starts and ends and ends <= starts else day, ends),
    }
    starts_at, ends_at = moment(raw, "starts_at", zone, errors), moment(raw, "ends_at", zone, errors, ends=True)
    errors.stop()
    return {**who, "slots": [{"starts_at": starts_at, "ends_at": ends_at}]}
