"""Asking for a collection: the form, its draft, to whom it goes, its end and its new beginning."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.accounts.queries_organisations import sites_of
from marketplace.accounts.views_organisations import status_of
from marketplace.catalogue.photos import ACCEPT, MAX_BYTES
from marketplace.core.clock import now, zone_of
from marketplace.core.db import db, new_public_id, transaction
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.exchanges.queries import productions_for
from marketplace.exchanges.rules import read_quantity
from marketplace.reclaims import calls, photos, plan_calls, rules, sending
from marketplace.reclaims.forms import CallForm
from marketplace.reclaims.forms_answers import ReasonForm, SendForm
from marketplace.reclaims.forms_parts import typed
from marketplace.reclaims.models import ReclaimCall
from marketplace.reclaims.standing import ASKER, call_for
from marketplace.reclaims.streams import STREAMS
from marketplace.reclaims.views import ID, blueprint, shown
from marketplace.web.access import current_actor, enter, signed_in_actor
from marketplace.web.limits import limiter

MOST_BYTES = rules.MOST_PHOTOS * MAX_BYTES + 1024 * 1024


@blueprint.url_value_preprocessor
def allow_files(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Photos come with the form; this must be known before it is read."""
    if endpoint in ("reclaims.ask", "reclaims.edit") and current_actor():
        request.max_content_length = MOST_BYTES


@blueprint.route("/collectes/demander", methods=["GET", "POST"])
@enter.member
@limiter.limit("60 per hour", methods=["POST"])
def ask() -> Any:
    """One page, usable at a set's door; it is kept as a draft."""
    actor = signed_in_actor()
    form = _form(CallForm(key=new_public_id(), data=_of_plan()) if request.method == "GET" else CallForm())
    if request.method == "GET":
        calls.may_ask(actor, has_productions=len(form.production.choices) > 1)  # said before anything is typed
        if not form.plan.data:
            _prefill(form)
    kept: list[str] = []
    if form.is_submitted():
        try:
            kept = _received()
            if form.validate():
                with transaction():
                    call = calls.make_call(actor, form.sent(), form.key.data)
                    photos.attach(call, photos.read(actor, kept))
                    if form.plan.data:
                        plan_calls.tie(actor, call, form.plan.data)
                flash(_("Le brouillon est gardé. Il reste à l’envoyer."), "kept")
                return redirect(url_for("reclaims.show", public_id=call.public_id), 303)
        except Invalid as refusal:
            form.take(refusal)
            kept = kept or request.form.getlist("kept")
    return _page(form, None, kept)


@blueprint.route(f"/collectes/{ID}/modifier", methods=["GET", "POST"])
@enter.member
@limiter.limit("60 per hour", methods=["POST"])
def edit(public_id: str) -> Any:
    """The same page, of a draft."""
    actor = signed_in_actor()
    standing = call_for(actor, public_id, "reclaim.ask")
    if standing.side != ASKER:
        raise NotFound
    call = standing.call
    if call.state != rules.DRAFT:
        flash(_("Cette demande est déjà partie : elle ne se change plus."), "lost")
        return redirect(url_for("reclaims.show", public_id=public_id), 303)
    form = _form(CallForm(data=CallForm.of(call, zone_of(call.postcode))))
    kept: list[str] = []
    if form.is_submitted():
        typed = form.version.data or ""
        version = int(typed) if typed.isdecimal() and len(typed) < 9 else None
        try:
            kept = _received()
            if form.validate():
                with transaction():
                    done = calls.edit_call(actor, public_id, form.sent(), version)
                    photos.remove(done, request.form.getlist("photo-remove"))
                    photos.attach(done, photos.read(actor, kept))
                flash(_("C’est enregistré. Il reste à l’envoyer."), "kept")
                return redirect(url_for("reclaims.show", public_id=public_id), 303)
        except Invalid as refusal:
            form.take(refusal)
            kept = kept or request.form.getlist("kept")
        except Conflict as conflict:
            db.session.rollback()
            call = db.session.get_one(ReclaimCall, call.id, populate_existing=True)
            form.form_errors.append(str(conflict.message))
            form.version.data = str(call.version)
    return _page(form, call, kept)


def _form(form: CallForm) -> CallForm:
    """With its lists filled for whoever asks."""
    actor = signed_in_actor()
    form.offer(productions_for(actor), sites_of(actor.organisation_id or 0))
    return form


def _prefill(form: CallForm) -> None:
    """What an address may say: the production and the place one comes from, and one stream with its mass and words.
    What it says wrongly is left out."""
    for field in (form.production, form.site):
        asked = request.args.get(field.name, "")
        if asked and asked in {choice[0] for choice in field.iter_choices()}:
            field.data = asked
    stream, kilos = request.args.get("flux", ""), read_quantity(request.args.get("kg", ""))
    if stream in STREAMS:
        note = request.args.get("titre", "")[:200]
        form.contents.data = [(f"stream:{stream}", "", typed(kilos), note)]


def _of_plan() -> dict[str, Any]:
    """What the lines of a wrap plan, named in the address, say of a call."""
    plan = request.args.get("plan", "")
    if not plan:
        return {}
    lines = request.args.get("lignes", "").split(".")
    draft = plan_calls.draft_of(signed_in_actor(), plan, lines)
    return CallForm.of_plan(plan, draft, zone_of(draft.postcode)) if draft is not None else {}


def _page(form: CallForm, call: ReclaimCall | None, kept: list[str]) -> Any:
    shown_page = render_template(
        "reclaims/ask.html",
        form=form,
        call=call,
        kept=kept,
        accept=ACCEPT,
        most_photos=rules.MOST_PHOTOS,
        most_rows=rules.MOST_CONTENTS,
    )
    return shown_page, status_of(form)


def _received() -> list[str]:
    """The words of the photos that came, before and now. Raises `Invalid` on `photo`."""
    kept = request.form.getlist("kept")[: rules.MOST_PHOTOS]
    files = [file for file in request.files.getlist("photo") if file.filename]
    if len(kept) + len(files) > rules.MOST_PHOTOS:
        raise Invalid({"photo": _("%(most)s photos au plus par demande.", most=rules.MOST_PHOTOS)})
    found = [(file.filename or "", file.stream.read(MAX_BYTES + 1)) for file in files]
    return [*kept, *photos.receive(signed_in_actor(), found)]


# --- to whom, and its end --------------------------------------------------------------------------------------------


@blueprint.post(f"/collectes/{ID}/envoyer")
@enter.member
@limiter.limit("60 per hour")
def send(public_id: str) -> Any:
    """Send a draft, or an open call to more."""
    actor = signed_in_actor()
    call_for(actor, public_id)  # strangers stop here
    form = SendForm()
    typed = form.version.data or ""
    version = int(typed) if typed.isdecimal() and len(typed) < 9 else None
    try:
        with transaction():
            call = sending.send_call(
                actor,
                public_id,
                reach=form.reach.data or "around",
                radius_km=form.radius_km.data,
                recipients=form.recipients.data or [],
                answer_by=form.answer_by(),
                version=version,
            )
            told = sum(one.told_at is not None for one in call.recipients)
    except Invalid as refusal:
        return _refused_sending(public_id, form, refusal)
    except Conflict as conflict:
        return shown(actor, public_id, conflict=str(conflict.message)), 409
    flash(
        ngettext(
            "Envoyée à %(num)d structure. Vous êtes prévenus dès qu’elle répond.",
            "Envoyée à %(num)d structures. Vous êtes prévenus dès que l’une répond.",
            told,
        ),
        "kept",
    )
    return redirect(url_for("reclaims.show", public_id=public_id), 303)


def _refused_sending(public_id: str, form: SendForm, refusal: Invalid) -> Any:
    """The page again, with what was chosen."""
    actor = signed_in_actor()
    call = call_for(actor, public_id).call
    form.offer([one for one in sending.known_near(call) if one.fits])
    beside = {"answer_by": "answer_on"}
    for name, sentences in refusal.errors.items():
        field = beside.get(name, name)
        if field in form:
            form[field].errors = list(sentences)
        else:
            form.form_errors.extend(sentences)
    if refusal.message:
        form.form_errors.append(refusal.message)
    return shown(actor, public_id, send=form), 422


@blueprint.post(f"/collectes/{ID}/annuler")
@enter.member
def cancel(public_id: str) -> Any:
    """Take a call back."""
    actor = signed_in_actor()
    call_for(actor, public_id)
    form = ReasonForm(prefix="cancel-")
    try:
        with transaction():
            calls.cancel_call(actor, public_id, form.reason.data or "")
    except Invalid as refusal:
        form.reason.errors = list(refusal.errors.get("reason", [refusal.message]))
        return shown(actor, public_id, cancel=form), 422
    except Conflict as conflict:
        return shown(actor, public_id, conflict=str(conflict.message)), 409
    flash(_("La demande est annulée."), "kept")
    return redirect(url_for("reclaims.show", public_id=public_id), 303)


@blueprint.post(f"/collectes/{ID}/recommencer")
@enter.member
@limiter.limit("60 per hour")
def begin_anew(public_id: str) -> Any:
    """A new draft from a call that came to nothing."""
    actor = signed_in_actor()
    call_for(actor, public_id)
    try:
        with transaction():
            call = calls.begin_anew(actor, public_id)
            past = call.closes_at <= now()
    except Conflict as conflict:
        return shown(actor, public_id, conflict=str(conflict.message)), 409
    if past:
        flash(_("Tout est repris, photos comprises. Dites les nouvelles heures."), "kept")
        return redirect(url_for("reclaims.edit", public_id=call.public_id), 303)
    flash(_("Tout est repris, photos comprises. Relisez, puis envoyez."), "kept")
    return redirect(url_for("reclaims.show", public_id=call.public_id), 303)
