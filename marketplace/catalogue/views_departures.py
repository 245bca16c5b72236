"""What leaves within a week, and what else can be done with it."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from marketplace.accounts.permissions import allows
from marketplace.catalogue import queries, reminders, rules, services, takers
from marketplace.catalogue.forms import euros, euros_of
from marketplace.catalogue.views import blueprint as blueprint
from marketplace.core.clock import today
from marketplace.core.db import transaction
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.geo import Point
from marketplace.core.text import slug
from marketplace.web.access import enter, signed_in_actor

ACTS = ("extend", "lower", "donate", "widen", "withdraw")


@blueprint.get("/stock/departs")
@enter.member
def departures() -> str:
    """Own listings that leave within a week."""
    return _page({})


@blueprint.post("/stock/departs/<public_id>")
@enter.member
def departure_act(public_id: str) -> Any:
    """Another date, another price, a gift, more people, or nothing any more."""
    actor, act = signed_in_actor(), request.form.get("go", "")
    if act not in ACTS:
        raise NotFound
    queries.own_listing(actor, public_id, "listing.publish")
    try:
        values = _values(act)
        with transaction():
            if act == "withdraw":
                services.withdraw_listing(actor, public_id)
            else:
                services.edit_listing(actor, public_id, values)
    except Invalid as invalid:
        return _page({public_id: " ".join(str(one) for texts in invalid.errors.values() for one in texts)}), 422
    except Conflict as conflict:
        return _page({public_id: str(conflict.message)}), 409
    flash(_done(act), "kept")
    return redirect(url_for("catalogue.departures"), 303)


def _values(act: str) -> dict[str, Any]:
    """Columns for an act. Raises `Invalid`."""
    if act == "donate":
        return {"modes": ["donate"]}
    if act == "widen":
        return {"visibility": "public"}
    if act == "withdraw":
        return {}
    if act == "extend":
        values, errors = rules.parse_fields({"gone_by": request.form.get("gone_by", "")})
        if not errors and values.get("gone_by") is None:
            errors = {"gone_by": [_("Donnez le nouveau jour.")]}
        if not errors and values["gone_by"] <= today():
            errors = {"gone_by": [_("Ce jour est déjà passé : mettez un jour à venir.")]}
    else:
        raw, errors = euros_of(request.form, {"price": "price_cents", "weekly_rate": "weekly_rate_cents"})
        values, found = rules.parse_fields(raw)
        errors |= found
        if not errors and (not values or None in values.values()):
            errors = {"price_cents": [_("Donnez le nouveau prix.")]}
    if errors:
        raise Invalid(errors)
    return values


def _done(act: str) -> str:
    return {
        "extend": lambda: _("La date est repoussée."),
        "lower": lambda: _("Le prix est changé."),
        "donate": lambda: _("C’est maintenant un don."),
        "widen": lambda: _("Tout le monde voit maintenant cette annonce."),
        "withdraw": lambda: _("L’annonce est retirée. Ce qui est promis reste promis."),
    }[act]()


def _page(errors: dict[str, str]) -> str:
    actor = signed_in_actor()
    page = request.args.get("page", "1")
    found = reminders.leaving_soon(actor, int(page) if page.isdecimal() and len(page) < 7 else 1)
    places = {row.id: Point(row.lat, row.lon) for row in found.rows if row.lat is not None and row.lon is not None}
    return render_template(
        "catalogue/departures.html",
        found=found,
        takers=takers.takers_near(places, actor.organisation_id),
        errors=errors,
        first=(found.page - 1) * reminders.PER_PAGE + 1,
        page_url=lambda number: url_for("catalogue.departures", page=number),
        may_act=allows(actor.role, "listing.publish"),
        slug=slug,
        euros=euros,
    )
