"""Listings made of the lines of a wrap plan that are to be given, rented out or sold: drafts, to be looked at first."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts.models import Production
from marketplace.accounts.permissions import require
from marketplace.catalogue import rules, services
from marketplace.core import geo
from marketplace.core.clock import zone_of
from marketplace.core.db import db
from marketplace.core.errors import Invalid, NotAllowed
from marketplace.reclaims.models_plans import WrapLine, WrapPlan
from marketplace.reclaims.plan_moving import move_plan
from marketplace.reclaims.planning import Writer, lock, record
from marketplace.reclaims.plans import MODES

MOST = 40  # drafts on the page that they are finished on


def drafts_from(writer: Writer, public_ids: Sequence[str]) -> list[str]:
    """A draft for each of these lines that has an outcome with a taker and no listing yet, its mode filled in; the
    public ids of the drafts. Lines that have a draft already give theirs, so that twice makes nothing twice.

    Raises `NotAllowed` to bearers of links and to roles that write no draft, `Invalid`, `NotFound`.
    """
    if writer.actor is None:
        raise NotAllowed(_("Un lien d’équipe ne publie pas. Demandez à la production."))
    require(writer.actor, "listing.draft", writer.plan.organisation_id)
    move_plan(writer.plan.id)
    plan = lock(writer.plan)
    asked = list(dict.fromkeys(public_ids))
    query = select(WrapLine).where(
        WrapLine.plan_id == plan.id, WrapLine.public_id.in_(asked), WrapLine.removed_at.is_(None)
    )
    lines = [one for one in db.session.scalars(query.order_by(WrapLine.id)) if one.outcome in MODES]
    if not lines:
        raise Invalid({"line": _("Cochez des lignes à vendre, à louer ou à donner : ce sont elles qu’on publie.")})
    if len(lines) > MOST:
        raise Invalid({"line": _("%(n)s annonces au plus à la fois : cochez-en moins.", n=MOST)})
    production = db.session.get_one(Production, plan.production_id)
    made = []
    for line in lines:
        if line.listing is None:
            listing = services.create_draft(writer.actor, _values(plan, production, line))
            line.listing_id = listing.id
            line.version += 1
            db.session.flush()
            record(writer, line, "edited", {"listing": [None, listing.public_id]})
            made.append(listing.public_id)
        elif line.listing.state == "draft":
            made.append(line.listing.public_id)
    return made


def _values(plan: WrapPlan, production: Production, line: WrapLine) -> dict[str, Any]:
    """The columns of a listing that a line gives: what is known of it, the rest as usual for its category."""
    values: dict[str, Any] = {
        "title": line.title,
        "category_key": line.category_key,
        "quantity": line.quantity,
        "unit": line.unit,
        "modes": [MODES[line.outcome or ""]],
        "condition": "good",
        "origin_production": production.public_id,
    }
    if line.mass_grams is not None:
        values |= {"mass_grams": line.mass_grams, "mass_source": line.mass_source}
    if plan.postcode and geo.locate(plan.postcode):
        values["place"] = plan.postcode
    elif plan.lat is not None and plan.lon is not None:
        values |= {"lat": plan.lat, "lon": plan.lon, "city": plan.city}
    gone_by = plan.skip_at.astimezone(zone_of(plan.postcode)).date()
    values["gone_by"] = gone_by
    usual = rules.fill_guesses({**values, "mass_source": values.get("mass_source", "guessed")})
    if values.get("mass_grams") is not None:  # guessed from what was typed: closer than the category's own
        usual.pop("mass_grams", None)
        usual.pop("mass_source", None)
    return {**usual, **values}
