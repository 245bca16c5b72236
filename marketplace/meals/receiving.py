"""How a house fetches meals: its profile, written by who keeps its stock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts.models import Organisation, Site
from marketplace.accounts.permissions import Actor, require
from marketplace.catalogue import taxonomy
from marketplace.core import geo
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.meals import hours, waves
from marketplace.meals.models import MealReceiver
from marketplace.meals.posting import postcode_in

RIGHT = "site.edit"
MOST_PORTIONS = 5000


@dataclass(frozen=True)
class Profile:
    """As it is filled in: `site` is a public id of the house's own; `place` a town, for a house without a site. `hours`
    are typed, by day."""

    site: str = ""
    place: str = ""
    cold_box: bool = False
    hot_box: bool = False
    vehicle: str = ""
    range_km: int | None = None
    hours: Mapping[str, str] = field(default_factory=dict)
    capacity_portions: int | None = None
    not_taken: Sequence[str] = ()
    alerts: bool = True


def profile_of(actor: Actor | None) -> MealReceiver | None:
    """The profile of the actor's house."""
    return db.session.get(MealReceiver, actor.organisation_id) if actor and actor.organisation_id else None


def save_profile(actor: Actor | None, given: Profile) -> MealReceiver:
    """Write it down. Raises `NotAllowed` without the right, `Invalid` by field."""
    actor = require(actor, RIGHT, actor.organisation_id if actor else None)
    errors: dict[str, str] = {}
    place = _place(actor, given, errors)
    if given.range_km is None or not 1 <= given.range_km <= waves.FARTHEST_KM:
        errors["range_km"] = _("Entre 1 et 200 km.")
    if given.capacity_portions is not None and not 0 < given.capacity_portions <= MOST_PORTIONS:
        errors["capacity_portions"] = _("Entre 1 et 5 000 portions, ou rien.")
    if given.vehicle and given.vehicle not in taxonomy.vehicles():
        errors["vehicle"] = _("Ce véhicule n’est pas dans la liste.")
    if any(key not in taxonomy.branch("food") for key in given.not_taken):
        errors["not_taken"] = _("Ce genre n’est pas dans la liste.")
    week = {}
    for day in hours.DAYS:
        try:
            spans = hours.parse_day(given.hours.get(day) or "")
        except ValueError:
            errors[day] = _("Écrivez les heures ainsi : 19h–1h30, ou 7:00–9:00, 19:00–23:00.")
            continue
        if spans:
            week[day] = spans
    if errors or place is None:
        raise Invalid(errors)
    row = db.session.get(MealReceiver, actor.organisation_id)
    if row is None:
        db.session.get_one(Organisation, actor.organisation_id)
        row = MealReceiver(organisation_id=actor.organisation_id, no_shows=0)
        db.session.add(row)
    row.site_id, row.lat, row.lon, row.city, row.postcode = place
    row.cold_box, row.hot_box, row.vehicle = given.cold_box, given.hot_box, given.vehicle or None
    row.range_km, row.hours = given.range_km or 1, week
    row.capacity_portions, row.not_taken, row.alerts = given.capacity_portions, sorted(given.not_taken), given.alerts
    row.updated_at = now()
    db.session.flush()
    return row


def _place(actor: Actor, given: Profile, errors: dict[str, str]) -> tuple[int | None, float, float, str, str] | None:
    if given.site:
        site = db.session.scalar(
            select(Site).where(
                Site.public_id == given.site,
                Site.organisation_id == actor.organisation_id,
                Site.closed_at.is_(None),
            )
        )
        if site is None:
            errors["site"] = _("Ce lieu n’est pas de votre organisation.")
            return None
        return site.id, site.lat, site.lon, site.city, site.postcode
    spot = geo.locate(given.place) if given.place.strip() else None
    if spot is None:
        errors["place"] = _("Dites d’où vous partez : une commune ou un code postal.")
        return None
    return None, spot.point.lat, spot.point.lon, spot.label, postcode_in(given.place) or ""
