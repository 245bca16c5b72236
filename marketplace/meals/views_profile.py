"""The page on which a house says how it fetches meals."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from marketplace.accounts.forms import take_errors
from marketplace.accounts.models import Organisation
from marketplace.accounts.permissions import Actor, allows
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid
from marketplace.meals import hours, posting, receiving
from marketplace.meals.forms import ELSEWHERE, ProfileForm
from marketplace.meals.models import MealReceiver
from marketplace.meals.views import blueprint
from marketplace.web.access import enter, signed_in_actor

USUAL_KM = 10


@blueprint.route("/repas/profil", methods=["GET", "POST"])
@enter.member
def profile() -> Any:
    """How the actor's house fetches meals, and whether it is told of them."""
    actor = signed_in_actor()
    row = receiving.profile_of(actor)
    form = ProfileForm()
    if not form.is_submitted():
        form = ProfileForm(formdata=None, data=_data(actor, row))
    sites = posting.own_places(actor.organisation_id or 0)
    form.offer([(one.public_id, f"{one.name}, {one.city}") for one in sites])
    if not form.is_submitted():
        return _page(actor, form, row)
    try:
        given = form.profile()
        with transaction():
            receiving.save_profile(actor, given)
    except Invalid as invalid:
        take_errors(form, _by_day(invalid))
        return _page(actor, form, row), 422
    flash(_("Votre profil est enregistré."), "kept")
    return redirect(url_for("meals.index"), 303)


def _by_day(invalid: Invalid) -> Invalid:
    return Invalid({(f"hours_{name}" if name in hours.DAYS else name): said for name, said in invalid.errors.items()})


def _data(actor: Actor, row: MealReceiver | None) -> dict[str, Any]:
    if row is None:
        sites = posting.own_places(actor.organisation_id or 0)
        return {"site": sites[0].public_id if sites else ELSEWHERE, "range_km": str(USUAL_KM), "alerts": True}
    return {
        "site": row.site.public_id if row.site is not None else ELSEWHERE,
        "place": row.postcode or row.city if row.site is None else "",
        "range_km": str(row.range_km),
        "vehicle": row.vehicle or "",
        "cold_box": row.cold_box,
        "hot_box": row.hot_box,
        "capacity_portions": str(row.capacity_portions or ""),
        "not_taken": list(row.not_taken),
        "alerts": row.alerts,
        **{f"hours_{day}": hours.write_day(row.hours.get(day) or []) for day in hours.DAYS},
    }


def _page(actor: Actor, form: ProfileForm, row: MealReceiver | None) -> str:
    house = db.session.get_one(Organisation, actor.organisation_id)
    return render_template(
        "meals/profile.html",
        form=form,
        profile=row,
        verified=house.verified_at is not None,
        is_person=house.kind == "person",
        may_edit=allows(actor.role, receiving.RIGHT),
        elsewhere=ELSEWHERE,
    )
