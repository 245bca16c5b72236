"""« Commander plus juste »: what was left of a production's table, day by day, and what to order next. The view joins
what meals know with what the activity sheet counts and what the ledger says."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from marketplace.accounts import productions
from marketplace.accounts.forms import take_errors
from marketplace.accounts.models import Production
from marketplace.accounts.permissions import allows
from marketplace.accounts.views_organisations import status_of
from marketplace.carbon import dashboards
from marketplace.carbon.cubes import cube_of
from marketplace.carbon.food import KIND
from marketplace.carbon.queries import Total
from marketplace.core.clock import today
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid
from marketplace.exchanges.rules import read_quantity
from marketplace.footprint.meals_counted import meals_by_day
from marketplace.meals import headcounts, ordering, posting, queries_table
from marketplace.meals.drawing_table import chart_of
from marketplace.meals.forms_traced import HeadCountForm
from marketplace.meals.models_traced import HeadCount
from marketplace.meals.ordering import TableDay
from marketplace.meals.views_traced import category_word
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("meal_tables", __name__)

TYPED, SHEET = "typed", "sheet"
SHOWN_DAYS = 31


@blueprint.get("/repas/commander-plus-juste")
@enter.member
def index() -> Any:
    """The productions of the house; the page itself where there is only one."""
    own = posting.own_productions(signed_in_actor().organisation_id or 0)
    if len(own) == 1:
        return redirect(url_for("meal_tables.show", public_id=own[0].public_id), 303)
    return render_template("meals/tables.html", productions=own)


@blueprint.route("/repas/commander-plus-juste/<string(length=13):public_id>", methods=["GET", "POST"])
@enter.signed_in
@limiter.limit("120 per hour", methods=["POST"])
def show(public_id: str) -> Any:
    """Head counts, what was left, what is left again and again, the next order with its reasons and its doubt."""
    actor, production = productions.actor_for_production(signed_in_actor(), public_id)
    form = HeadCountForm(day=today()) if request.method == "GET" else HeadCountForm()
    if form.validate_on_submit():
        try:
            said = form.read()
            with transaction():
                headcounts.write_head_count(actor, production, said)
        except Invalid as refusal:
            take_errors(form, refusal)
        else:
            flash(_("C’est noté."), "kept")
            return redirect(url_for("meal_tables.show", public_id=public_id), 303)
    left = queries_table.left_of(production.id)
    days, sources = table_days(production.id, queries_table.left_by_day(left))
    people = _people(days)
    saved = queries_table.saved_by(production.id)
    page = render_template(
        "meals/table.html",
        production=production,
        form=form,
        may_write=allows(actor.role, "activity.fill"),
        days=days[:SHOWN_DAYS],
        sources=sources,
        chart=chart_of(drawn(days)),
        people=people,
        proposal=ordering.proposal(days, people) if people else None,
        fewest=ordering.FEWEST_DAYS,
        dishes=ordering.most_left((one.title, one.category, one.day, one.portions) for one in left),
        saved=saved,
        saved_portions=sum((one.portions for one in saved), Decimal(0)),
        saved_grams=sum(one.grams for one in saved),
        avoided=avoided_of(production),
        portion_grams=ordering.PORTION_GRAMS,
        one_whole=Decimal(1),
        category_word=category_word,
    )
    return page, status_of(form)


def _people(days: list[TableDay]) -> int:
    """For how many: as asked, else as many as sat there last."""
    asked = read_quantity(request.args.get("personnes", ""))
    if asked is not None and 0 < asked <= headcounts.MOST_PEOPLE:
        return int(asked)
    return next((one.people for one in days if one.people), 0)


def table_days(production_id: int, left: Mapping[date, Decimal]) -> tuple[list[TableDay], dict[date, str]]:
    """The days of a table, the latest first, and where each head count comes from: what somebody wrote here goes before
    the meals that the activity sheet counts."""
    typed: dict[date, HeadCount] = headcounts.head_counts(production_id)
    counted = meals_by_day(production_id)
    days, sources = [], {}
    for day in sorted({*typed, *counted, *left}, reverse=True):
        row = typed.get(day)
        if row is not None:
            people, ordered, sources[day] = row.people, row.ordered, TYPED
        elif counted.get(day):
            people, ordered, sources[day] = int(counted[day]), None, SHEET
        else:
            people, ordered = None, None
        days.append(TableDay(day, people, ordered, left.get(day, Decimal(0))))
    return days, sources


def drawn(days: list[TableDay]) -> list[tuple[date, Decimal, Decimal]]:
    """(day, eaten, left) of the days that add up, the oldest first."""
    return [(one.day, one.eaten, one.left) for one in reversed(days) if one.eaten is not None]


def avoided_of(production: Production) -> Total | None:
    """What its meals avoided, by the ledger as it stands; None while it is being summed up, or where there are none."""
    cube = cube_of(("production", production.id))
    if cube is None:
        return None
    total = dashboards.summary(cube, dashboards.Asked(kind=KIND)).total
    return total or None
