"""Pages of a production's power hook-ups."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from marketplace.accounts import productions
from marketplace.accounts.forms import take_errors
from marketplace.accounts.permissions import allows
from marketplace.accounts.views_organisations import page_number, status_of
from marketplace.carbon import hook_ups
from marketplace.carbon.forms_records import HookUpForm, read_number
from marketplace.core.clock import today
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("hook_ups", __name__)


@blueprint.route("/productions/<public_id>/branchements", methods=["GET", "POST"])
@enter.signed_in
@limiter.limit("60 per hour", methods=["POST"])
def index(public_id: str) -> Any:
    """What was used and what it avoided; whoever works on the shoot adds to it."""
    actor, production = productions.actor_for_production(signed_in_actor(), public_id)
    form = HookUpForm(used_on=today()) if request.method == "GET" else HookUpForm()
    form.offer((house.public_id, house.name) for house in hook_ups.suppliers_of(production.organisation_id))
    may_add = allows(actor.role, "activity.fill")
    if form.validate_on_submit():
        said = hook_ups.HookUp(
            used_on=form.used_on.data,
            kwh=read_number(form.kwh) or hook_ups.ZERO,
            solution_key=form.solution.data or "",
            metered=bool(form.metered.data),
            place=form.place.data or "",
            plan_reference=form.plan_reference.data or "",
            supplier=form.supplier.data or "",
            travel_km=read_number(form.travel_km),
            vehicle=form.vehicle.data or "",
        )
        try:
            with transaction():
                _row, entry = hook_ups.record_hook_up(actor, production, said)
                counted = entry is not None
        except Invalid as refusal:
            take_errors(form, refusal)
        else:
            flash(
                _("C’est noté, et compté au registre.")
                if counted
                else _("C’est noté. Rien n’est compté comme évité : le plan ne prévoyait pas de groupe."),
                "kept",
            )
            return redirect(url_for("hook_ups.index", public_id=public_id), 303)
    page = page_number()
    rows = hook_ups.hook_ups_of(production.id, page)
    shown = render_template(
        "carbon/hook_ups.html",
        production=production,
        form=form,
        may_add=may_add,
        may_withdraw=allows(actor.role, "production.edit"),
        rows=rows[: hook_ups.PAGE],
        page=page,
        has_more=len(rows) > hook_ups.PAGE,
    )
    return shown, status_of(form)


@blueprint.post("/productions/<public_id>/branchements/<string(length=13):hook_up_id>/retirer")
@enter.signed_in
def withdraw(public_id: str, hook_up_id: str) -> Any:
    """Take its entry back: it was wrong, or twice."""
    actor, production = productions.actor_for_production(signed_in_actor(), public_id)
    with transaction():
        hook_ups.withdraw(actor, production, hook_up_id)
    flash(_("L’écriture est annulée par une autre. Notez le branchement à nouveau s’il était faux."), "kept")
    return redirect(url_for("hook_ups.index", public_id=public_id), 303)
