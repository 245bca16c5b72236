"""The page of a meal's tax receipt: the donor declares what it cost, the receiver issues the paper."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from marketplace.accounts.forms import take_errors
from marketplace.accounts.permissions import allows
from marketplace.accounts.views_organisations import status_of
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.exchanges.queries import as_party
from marketplace.exchanges.rules import read_quantity
from marketplace.exchanges.states import PROVIDER, RECEIVER
from marketplace.meals import receipts, reporting_eaten
from marketplace.meals.forms_traced import ValueForm
from marketplace.meals.models import Leftover
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.limits import limiter
from marketplace.web.papers_meals import RULES

blueprint = Blueprint("meal_receipts", __name__)


@blueprint.route("/echanges/<public_id>/recu-fiscal", methods=["GET", "POST"])
@enter.member
@limiter.limit("30 per hour", methods=["POST"])
def show(public_id: str) -> Any:
    """Where the receiver may issue receipts; elsewhere the page does not exist."""
    actor = signed_in_actor()
    exchange, line, side = reporting_eaten.meal_of(actor, public_id)
    acting, _side = as_party(actor, exchange)
    if not receipts.may_have_one(exchange):
        raise NotFound
    form, conflict = ValueForm(), ""
    if request.method == "POST" and form.validate():
        try:
            with transaction():
                if request.form.get("go") == "issue":
                    receipts.issue_receipt(actor, public_id)
                else:
                    cost = receipts.cents_of(read_quantity(form.cost.data or ""))
                    receipts.declare_value(actor, public_id, cost, form.legal_form.data or "", bool(form.saleable.data))
        except Invalid as refusal:
            take_errors(form, refusal)
        except Conflict as refusal:
            conflict = str(refusal.message)
        else:
            flash(_("C’est fait."), "kept")
            return redirect(url_for("meal_receipts.show", public_id=public_id), 303)
    value = receipts.value_of(exchange.id)
    page = render_template(
        "meals/receipt.html",
        exchange=exchange,
        line=line,
        form=form,
        conflict=conflict,
        value=value,
        rule=RULES[value.rule]() if value else "",
        rule_now=RULES[receipts.rule_for(exchange, True)](),
        has_use_by=_has_use_by(line.listing_id),
        receipt=receipts.receipt_of(exchange.id),
        may_declare=side == PROVIDER and allows(acting.role, "exchange.decide") and acting.verified,
        may_issue=side == RECEIVER and allows(acting.role, "exchange.decide") and acting.verified,
        side=side,
    )
    return page, 409 if conflict else status_of(form)


def _has_use_by(listing_id: int) -> bool:
    leftover = db.session.get(Leftover, listing_id)
    return leftover is not None and leftover.use_by is not None
