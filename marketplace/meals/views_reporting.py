"""Where a receiver says what was eaten of a meal, and a donor what became of what nobody took."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from marketplace.accounts.forms import take_errors
from marketplace.accounts.permissions import allows
from marketplace.accounts.views_organisations import status_of
from marketplace.carbon.eaten import report_days
from marketplace.carbon.standing import entry_of_line
from marketplace.core.clock import PARIS, today
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.queries import as_party, right
from marketplace.exchanges.states import RECEIVER
from marketplace.meals import reporting_eaten
from marketplace.meals import wording_traced as wording
from marketplace.meals.forms_traced import EatenForm
from marketplace.meals.models_traced import MealOutcome, MealRecallNotice
from marketplace.meals.outcomes import PARTS, RAW, last_day
from marketplace.meals.queries_recalls import notice_of_exchange
from marketplace.meals.receipts import may_have_one
from marketplace.meals.views_traced import outcome_words
from marketplace.web import filters
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("meal_reports", __name__)


@blueprint.route("/echanges/<public_id>/mange", methods=["GET", "POST"])
@enter.member
@limiter.limit("60 per hour", methods=["POST"])
def eaten(public_id: str) -> Any:
    """One button says that all was eaten; four boxes say what became of the rest. The donor reads what was said."""
    actor = signed_in_actor()
    exchange, line, side = reporting_eaten.meal_of(actor, public_id)
    acting, _side = as_party(actor, exchange)
    form = EatenForm()
    if request.method == "POST" and form.validate():
        try:
            said = form.read(everything=request.form.get("go") == "all")
            with transaction():
                reporting_eaten.report_eaten(actor, public_id, said)
        except Invalid as refusal:
            take_errors(form, refusal)
        else:
            flash(_("C’est noté. Merci : le registre tient compte de ce que vous avez dit à temps."), "kept")
            return redirect(url_for("meal_reports.eaten", public_id=public_id), 303)
    standing = reporting_eaten.last_report(line.id)
    handed_over = (exchange.completed_at or exchange.created_at).astimezone(PARIS).date()
    until = last_day(handed_over)
    page = render_template(
        "meals/eaten.html",
        exchange=exchange,
        title=line.title,
        amount=line.quantity,
        unit=line.unit,
        form=form,
        standing=standing,
        said_parts=_parts(standing),
        may_report=side == RECEIVER and allows(acting.role, right(exchange, side)) and acting.verified,
        is_receiver=side == RECEIVER,
        raw=line.category_key in RAW,
        until=until,
        late=standing is None and today() > until,
        days=report_days(handed_over),
        entry=entry_of_line(line.id),
        action=url_for("meal_reports.eaten", public_id=public_id),
    )
    return page, status_of(form)


@blueprint.route("/repas/<string(length=13):public_id>/devenir", methods=["GET", "POST"])
@enter.member
@limiter.limit("60 per hour", methods=["POST"])
def fate(public_id: str) -> Any:
    """What became of what nobody took: nothing is claimed for it, and the next order is the smaller for it."""
    actor = signed_in_actor()
    listing, leftover = reporting_eaten.own_leftover(actor, public_id)
    form = EatenForm()
    if request.method == "POST" and form.validate():
        try:
            said = form.read(everything=request.form.get("go") == "all")
            with transaction():
                reporting_eaten.report_fate(actor, public_id, said)
        except Invalid as refusal:
            take_errors(form, refusal)
        else:
            flash(_("C’est noté."), "kept")
            return redirect(url_for("meal_reports.fate", public_id=public_id), 303)
    standing = reporting_eaten.last_fate(listing.id)
    page = render_template(
        "meals/fate.html",
        listing=listing,
        title=listing.title,
        amount=leftover.left_over or Decimal(0),
        unit=listing.unit or "portion",
        form=form,
        standing=standing,
        said_parts=_parts(standing),
        may_report=bool(leftover.left_over) and allows(actor.role, "exchange.decide") and actor.verified,
        raw=(listing.category_key or "") in RAW,
        action=url_for("meal_reports.fate", public_id=public_id),
    )
    return page, status_of(form)


@dataclass(frozen=True)
class After:
    """What the page of a meal that was handed over says of the time after."""

    report: MealOutcome | None
    words: str
    until: date
    late: bool
    raw: bool
    notice: MealRecallNotice | None
    lot: str
    may_receipt: bool


def meal_after(exchange: Exchange) -> After:
    """For either side of an exchange of kind meal."""
    line = exchange.lines[0]
    report = reporting_eaten.last_report(line.id)
    until = last_day((exchange.completed_at or exchange.created_at).astimezone(PARIS).date())
    return After(
        report=report,
        words=outcome_words(report) if report else "",
        until=until,
        late=today() > until,
        raw=line.category_key in RAW,
        notice=notice_of_exchange(exchange.id),
        lot=line.listing.public_id,
        may_receipt=exchange.state == "completed" and may_have_one(exchange),
    )


blueprint.add_app_template_global(meal_after)


def _parts(row: MealOutcome | None) -> list[tuple[str, str]]:
    """What was said, part by part, without those of which there is nothing."""
    if row is None:
        return []
    return [(str(wording.PARTS[name]), filters.number(getattr(row, name))) for name in PARTS if getattr(row, name)]
