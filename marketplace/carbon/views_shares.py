"""The page where two sides agree how to share what their exchange avoids."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from marketplace.accounts.forms import take_errors
from marketplace.accounts.views_organisations import status_of
from marketplace.carbon import sharing, upkeeping
from marketplace.carbon.forms_records import SharesForm
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("shares", __name__)


@blueprint.route("/echanges/<public_id>/partage", methods=["GET", "POST"])
@enter.member
@limiter.limit("60 per hour", methods=["POST"])
def show(public_id: str) -> Any:
    """By halves unless both say otherwise, until the exchange is complete."""
    actor = signed_in_actor()
    exchange = upkeeping.open_exchange(actor, public_id)
    form = SharesForm()
    if request.method == "POST" and form.validate():
        act, percent = request.form.get("go", "propose"), form.whole()
        try:
            with transaction():
                if act == "agree":
                    sharing.agree(actor, public_id, percent)
                elif act == "decline":
                    sharing.decline(actor, public_id, percent)
                else:
                    sharing.propose(actor, public_id, percent)
        except Invalid as refusal:
            take_errors(form, refusal)
        else:
            said = {"agree": _("C’est convenu."), "decline": _("Le partage reste par moitiés.")}
            flash(said.get(act, _("C’est proposé : l’autre partie doit dire son accord.")), "kept")
            return redirect(url_for("shares.show", public_id=public_id), 303)
    page = render_template(
        "carbon/shares.html",
        exchange=exchange,
        form=form,
        row=sharing.shares_of(exchange.id),
        side=sharing.side_of(actor, exchange),
        is_open=exchange.state in upkeeping.OPEN,
    )
    return page, status_of(form)
