"""The moderators' page that puts an entry of the ledger right: said, looked at, then written."""

from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from marketplace.accounts.forms import take_errors
from marketplace.accounts.views_organisations import status_of
from marketplace.carbon import amending, remeasuring
from marketplace.carbon.forms_records import read_number
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid
from marketplace.moderation import corrections
from marketplace.moderation.forms_corrections import CorrectionForm
from marketplace.web.access import enter, signed_in_actor

blueprint = Blueprint("corrections", __name__)


@blueprint.route("/moderation/ecritures/<string(length=13):public_id>/corriger", methods=["GET", "POST"])
@enter.moderator
def correct(public_id: str) -> Any:
    """What was wrong, the figures before and after, the reason; nothing is written before the second button."""
    actor = signed_in_actor()
    entry = remeasuring.entry_that_stands(public_id)
    form = CorrectionForm()
    after = None
    if form.validate_on_submit():
        act = request.form.get("go", "look")
        try:
            if act == "take_back":
                with transaction():
                    written = corrections.take_entry_back(actor, public_id, form.reason.data or "")
                    written_id = written.public_id
                flash(_("L’écriture est annulée. Ses parties sont prévenues."), "kept")
                return redirect(url_for("carbon.entry", public_id=written_id), 303)
            said = _measured(form)
            if act == "write":
                with transaction():
                    written = corrections.correct_entry(actor, public_id, said, form.reason.data or "")
                    written_id = written.public_id
                flash(_("L’écriture est corrigée. Ses parties sont prévenues."), "kept")
                return redirect(url_for("carbon.entry", public_id=written_id), 303)
            after = remeasuring.amended(entry, said)
        except Invalid as refusal:
            take_errors(form, refusal)
    body = entry.body
    page = render_template(
        "moderation/correction.html",
        entry=entry,
        body=body,
        form=form,
        after=after,
        measurable=remeasuring.can_be_measured(entry),
        kilometres=amending.distance_of(body["inputs"]),
        quantity_now=Decimal(body["quantity"]) if body["quantity"] else None,
    )
    return page, status_of(form)


def _measured(form: CorrectionForm) -> remeasuring.Measured:
    return remeasuring.Measured(
        unit_mass_kg=read_number(form.unit_mass),
        weighed=bool(form.weighed.data),
        quantity=read_number(form.quantity),
        kilometres=read_number(form.kilometres),
    )
