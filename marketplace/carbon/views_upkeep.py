"""The page of what an exchange asked for besides transport."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from marketplace.accounts.forms import take_errors
from marketplace.accounts.views_organisations import status_of
from marketplace.carbon import upkeeping
from marketplace.carbon.describing import counted_lines
from marketplace.carbon.forms_records import UpkeepForm, read_number
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("upkeep", __name__)


@blueprint.route("/echanges/<public_id>/soins", methods=["GET", "POST"])
@enter.member
@limiter.limit("60 per hour", methods=["POST"])
def index(public_id: str) -> Any:
    """Cleaning, storage, repair: either side writes it down until the exchange is complete."""
    actor = signed_in_actor()
    exchange = upkeeping.open_exchange(actor, public_id)
    lines = [(line.public_id, line.title) for line in counted_lines(exchange)]
    form = UpkeepForm()
    form.offer(lines)
    if form.validate_on_submit():
        done = upkeeping.Done(
            factor_key=form.work.data or "",
            amount=read_number(form.amount),
            volume_m3=read_number(form.volume_m3),
            months=read_number(form.months),
            line=form.line.data or "",
        )
        try:
            with transaction():
                upkeeping.add_upkeep(actor, public_id, done)
        except Invalid as refusal:
            take_errors(form, refusal)
        else:
            flash(_("C’est noté : cela sera déduit de ce que l’échange évite."), "kept")
            return redirect(url_for("upkeep.index", public_id=public_id), 303)
    rows = upkeeping.upkeep_of(exchange.id)
    titles = {line.id: line.title for line in exchange.lines}
    page = render_template(
        "carbon/upkeep.html",
        exchange=exchange,
        form=form,
        rows=[(row, titles.get(row.line_id or 0, "")) for row in rows],
        names=upkeeping.recorded_by(rows),
        is_open=exchange.state in upkeeping.OPEN,
        storage=upkeeping.STORAGE,
        button=FlaskForm(),
    )
    return page, status_of(form)


@blueprint.post("/echanges/<public_id>/soins/<string(length=13):upkeep_id>/retirer")
@enter.member
def remove(public_id: str, upkeep_id: str) -> Any:
    with transaction():
        upkeeping.remove_upkeep(signed_in_actor(), public_id, upkeep_id)
    flash(_("La ligne est retirée."), "kept")
    return redirect(url_for("upkeep.index", public_id=public_id), 303)
