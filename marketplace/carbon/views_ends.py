"""The page where a receiver says what became, in the end, of a thing it got here."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from marketplace.accounts.forms import take_errors
from marketplace.accounts.views_organisations import status_of
from marketplace.carbon import received_ends
from marketplace.carbon.forms_records import EndForm
from marketplace.core.clock import today
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid
from marketplace.web.access import enter, signed_in_actor

blueprint = Blueprint("ends", __name__)


@blueprint.route("/echanges/<public_id>/lignes/<line_id>/fin", methods=["GET", "POST"])
@enter.member
def book(public_id: str, line_id: str) -> Any:
    """Its final route, booked once against the route that the first transfer avoided."""
    actor = signed_in_actor()
    found = received_ends.ending_of(actor, public_id, line_id)
    form = EndForm(on=today()) if request.method == "GET" else EndForm()
    form.offer(found.routes)
    if found.booked is None and form.validate_on_submit():
        try:
            with transaction():
                entry = received_ends.book(
                    actor, public_id, line_id, form.route.data or "", form.on.data, bool(form.weighed.data)
                )
                entry_id = entry.public_id
        except Invalid as refusal:
            take_errors(form, refusal)
        else:
            flash(_("La fin de cette pièce est au registre."), "kept")
            return redirect(url_for("carbon.entry", public_id=entry_id), 303)
    return render_template("carbon/end.html", found=found, form=form, exchange_id=public_id), status_of(form)
