"""A collector says what it takes."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from marketplace.accounts.queries_organisations import sites_of
from marketplace.accounts.views_organisations import status_of
from marketplace.catalogue import taxonomy
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid
from marketplace.reclaims import profiles
from marketplace.reclaims.forms_profile import ProfileForm
from marketplace.reclaims.models import CollectorProfile
from marketplace.reclaims.views import blueprint
from marketplace.web.access import enter, signed_in_actor


@blueprint.route("/collectes/profil", methods=["GET", "POST"])
@enter.member
def profile() -> Any:
    """What we collect, with what, from where, how far and for how much."""
    actor, organisation = profiles.own_organisation(signed_in_actor(), "collector.edit")
    found = profiles.profile_of(organisation.id)
    form = ProfileForm(data=ProfileForm.of(found))
    form.offer(sites_of(organisation.id))
    vehicles = _vehicles(found)
    if form.validate_on_submit():
        typed = form.version.data or ""
        version = int(typed) if typed.isdecimal() and len(typed) < 9 else None
        try:
            with transaction():
                profiles.save_profile(actor, form.sent(vehicles), version)
        except Invalid as refusal:
            form.take(refusal)
        except Conflict as conflict:
            db.session.rollback()
            form.form_errors.append(str(conflict.message))
            now_there = db.session.get(CollectorProfile, organisation.id)
            form.version.data = str(now_there.version if now_there else 0)
        else:
            flash(_("Votre profil de collecte est enregistré."), "kept")
            return redirect(url_for("reclaims.index"), 303)
    page = render_template(
        "reclaims/profile.html",
        form=form,
        organisation=organisation,
        profile=found,
        vehicles=vehicles,
        known=taxonomy.vehicles().values(),
    )
    return page, status_of(form)


def _vehicles(found: CollectorProfile | None) -> dict[str, str]:
    """How many of each vehicle, as typed or as kept."""
    if request.method == "POST":
        return {key: request.form.get(f"vehicle-{key}", "").strip()[:10] for key in taxonomy.vehicles()}
    kept = found.vehicles if found else {}
    return {key: str(kept.get(key, "")) for key in taxonomy.vehicles()}
