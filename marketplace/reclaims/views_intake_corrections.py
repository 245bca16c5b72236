"""Correcting a closed collection: a weighing said anew, or taken away by one that weighs nothing."""

import secrets
from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from marketplace.catalogue import photos
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid
from marketplace.exchanges.forms import show_errors
from marketplace.reclaims import correcting_intake, queries_intake, weighing_photos
from marketplace.reclaims.forms_intake import (
    CorrectForm,
    PartRow,
    TakeAwayForm,
    WeighForm,
    fill,
    parts_sent,
    rows_of,
    stored_parts,
)
from marketplace.reclaims.streams import STREAMS
from marketplace.reclaims.views_intake import ONE, one_for, page, sent, weigh_form
from marketplace.reclaims.views_intake import blueprint as blueprint
from marketplace.reclaims.views_intake_parts import shown_parts
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.limits import limiter


@blueprint.get(f"{ONE}/corriger")
@enter.member
def correct(public_id: str, weighing_id: str) -> Any:
    """A sealed weighing said anew: everything of it, and why."""
    return _correct_page(public_id, weighing_id)


@blueprint.post(f"{ONE}/corriger")
@enter.member
@limiter.limit("30 per hour")
def correct_send(public_id: str, weighing_id: str) -> Any:
    actor = signed_in_actor()
    exchange, _view = queries_intake.reclaim_for(actor, public_id)
    form, kept, said = weigh_form(CorrectForm()), request.form.getlist("kept"), parts_sent(request.form)
    if request.form.get("go") == "more":
        return _correct_page(public_id, weighing_id, form, rows_of(said, more=2), kept=kept)
    refusals: list[Invalid] = []

    def write(uploads: list[str]) -> Any:
        try:
            correcting_intake.correct(
                actor, exchange.public_id, weighing_id, form.raw(), said, key=form.key.data, photos=uploads
            )
        except Invalid as refusal:
            refusals.append(refusal)
            raise

    _done, refused = sent(actor, exchange, form, kept, write)
    if refused is not None:
        refusal = refusals[0] if refusals else None
        shown = _correct_page(public_id, weighing_id, form, rows_of(said, refusal), refusal, kept, refused[1])
        return shown, refused[0]
    flash(_("La correction est notée : un nouveau certificat remplace l’ancien."), "kept")
    return redirect(url_for("intake.show", public_id=public_id) + "#pesees", 303)


@blueprint.post(f"{ONE}/annuler")
@enter.member
@limiter.limit("30 per hour")
def take_away(public_id: str, weighing_id: str) -> Any:
    """A sealed weighing that should not have been there at all."""
    form = TakeAwayForm()
    try:
        with transaction():
            raw = {"reason": form.reason.data}
            correcting_intake.take_away(signed_in_actor(), public_id, weighing_id, raw, key=form.key.data)
    except Invalid as refusal:
        show_errors(form, refusal)
        return _correct_page(public_id, weighing_id, away=form), 422
    except Conflict as conflict:
        return _correct_page(public_id, weighing_id, conflict=str(conflict.message)), 409
    flash(_("La pesée est retirée par une contre-pesée : un nouveau certificat remplace l’ancien."), "kept")
    return redirect(url_for("intake.show", public_id=public_id) + "#pesees", 303)


def _correct_page(
    public_id: str,
    weighing_id: str,
    form: WeighForm | None = None,
    rows: Sequence[PartRow] | None = None,
    refusal: Invalid | None = None,
    kept: Sequence[str] = (),
    conflict: str = "",
    away: TakeAwayForm | None = None,
) -> Any:
    db.session.rollback()
    exchange, view, weighing = one_for(public_id, weighing_id)
    every = queries_intake.weighings_of(exchange.id)
    if not queries_intake.may_correct(view) or queries_intake.replacement_of(weighing, every) is not None:
        if conflict:
            return page(public_id, conflict=conflict)
        return redirect(url_for("intake.parts", public_id=public_id, weighing_id=weighing_id), 303)
    if form is None:
        form = weigh_form(CorrectForm(formdata=None))
        fill(form, weighing)
    if away is None:
        away = TakeAwayForm(formdata=None, prefix="")
    away.key.data = away.key.data or secrets.token_urlsafe(12)
    stream = form.stream.data if form.stream.data in STREAMS else weighing.stream
    return render_template(
        "reclaims/intake_correct.html",
        exchange=exchange,
        view=view,
        weighing=weighing,
        form=form,
        away=away,
        rows=rows if rows is not None else rows_of(stored_parts(weighing), more=0),
        kept=list(kept),
        accept=photos.ACCEPT,
        most_photos=weighing_photos.MOST,
        conflict=conflict,
        **shown_parts(exchange, stream, refusal),
    )
