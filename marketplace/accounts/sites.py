"""Sites of an organisation: where things are kept, when it is open, how a lorry gets in."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts import audit
from marketplace.accounts.memberships import acting_in
from marketplace.accounts.models import Site
from marketplace.accounts.opening_hours import DAYS, parse_day
from marketplace.accounts.organisations import organisation_by
from marketplace.accounts.permissions import Actor, require
from marketplace.core import geo
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Invalid, NotFound

LONGEST = {"name": 120, "street": 200, "access_notes": 2000}


def place_of(postcode: str, insee: str | None) -> tuple[geo.Place | None, dict[str, Any]]:
    """The commune meant by a postcode and, where it serves several, the INSEE code chosen; or errors by field."""
    communes = geo.communes(postcode)
    if not communes:
        town = geo.cedex(postcode)
        if town is not None:
            return town, {}
        return None, {"postcode": _("Ce code postal n’existe pas. Il a cinq chiffres, par exemple 69100.")}
    for place in communes:
        if insee == place.insee:
            return place, {}
    if len(communes) == 1:
        return communes[0], {}
    sentence = _("Le %(code)s sert %(n)s communes : choisissez la vôtre.", code=postcode.strip(), n=len(communes))
    return None, {"commune": sentence}


def checked_values(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a site from what was typed; keys not given are left out.

    Takes name, street, access_notes, has_dock, postcode with commune (its INSEE code), and the hours: either
    `opening_hours` as kept, or one text for each of `hours_mon` … `hours_sun`. Raises `Invalid` by field.
    """
    values: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for field, longest in LONGEST.items():
        if field in raw:
            values[field] = text = str(raw[field] or "").replace("\x00", "").strip()
            if len(text) > longest:
                errors[field] = _("%(n)s caractères au plus.", n=longest)
    if "name" in values and not values["name"]:
        errors["name"] = _("Donnez un nom au lieu, par exemple « Réserve » ou « Atelier ».")
    if "has_dock" in raw:
        values["has_dock"] = bool(raw["has_dock"])
    if "postcode" in raw:
        place, wrong = place_of(str(raw["postcode"] or ""), raw.get("commune") or None)
        errors |= wrong
        if place is not None:
            values |= {
                "postcode": place.postcode,
                "city": geo.short_name(place.commune),
                "insee": place.insee or None,
                "lat": place.point.lat,
                "lon": place.point.lon,
            }
    if "opening_hours" in raw:
        values["opening_hours"] = dict(raw["opening_hours"] or {})
    elif any(f"hours_{day}" in raw for day in DAYS):
        hours = {}
        for day in DAYS:
            try:
                spans = parse_day(str(raw.get(f"hours_{day}") or ""))
            except ValueError:
                errors[f"hours_{day}"] = _("Écrivez par exemple 9:00–12:30, 14:00–18:00, dans l’ordre du jour.")
            else:
                if spans:
                    hours[day] = spans
        values["opening_hours"] = hours
    if errors:
        raise Invalid(errors)
    return values


def create_site(actor: Actor, organisation_public_id: str, values: Mapping[str, Any]) -> Site:
    """Add a site (owners, managers). Raises `NotFound`, `NotAllowed`, `Invalid` by field."""
    organisation = organisation_by(organisation_public_id)
    actor = require(acting_in(actor, organisation.id), "site.edit", organisation.id)
    return add_site(organisation.id, values, by_user_id=actor.user_id)


def add_site(organisation_id: int, values: Mapping[str, Any], *, by_user_id: int | None) -> Site:
    """A site without asking who may: for commands, and for those who asked. Raises `Invalid` by field."""
    checked = checked_values({"name": "", "postcode": "", **values})
    site = Site(organisation_id=organisation_id, **checked)
    db.session.add(site)
    db.session.flush()
    _record("site.create", by_user_id, site)
    return site


def edit_site(actor: Actor, organisation_public_id: str, site_public_id: str, values: Mapping[str, Any]) -> Site:
    """Change a site (owners, managers). Raises `NotFound`, `NotAllowed`, `Invalid` by field."""
    site, actor = site_to_change(actor, organisation_public_id, site_public_id)
    for key, value in checked_values(values).items():
        setattr(site, key, value)
    db.session.flush()
    _record("site.edit", actor.user_id, site)
    return site


def close_site(actor: Actor, organisation_public_id: str, site_public_id: str, closed: bool = True) -> Site:
    """Close a site, or open it again: it is offered no more, and what is kept there stays as it was published."""
    site, actor = site_to_change(actor, organisation_public_id, site_public_id)
    if (site.closed_at is not None) != closed:
        site.closed_at = now() if closed else None
        db.session.flush()
        _record("site.close" if closed else "site.reopen", actor.user_id, site)
    return site


def site_to_change(actor: Actor, organisation_public_id: str, site_public_id: str) -> tuple[Site, Actor]:
    """A site locked until the commit, and who the actor is in its organisation. Raises `NotFound`, `NotAllowed`."""
    organisation = organisation_by(organisation_public_id)
    actor = require(acting_in(actor, organisation.id), "site.edit", organisation.id)
    site = db.session.scalar(
        select(Site)
        .where(Site.public_id == site_public_id, Site.organisation_id == organisation.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if site is None:
        raise NotFound
    return site, actor


def _record(action: str, user_id: int | None, site: Site) -> None:
    audit.record(
        action,
        user_id=user_id,
        organisation_id=site.organisation_id,
        object_kind="site",
        object_public_id=site.public_id,
    )
