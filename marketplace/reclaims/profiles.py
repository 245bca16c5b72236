"""What a collector says it takes: kept by its owners and managers, read by whoever looks for somebody to come."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from marketplace.accounts import audit
from marketplace.accounts.closings import calendars_of
from marketplace.accounts.models import Organisation, Site
from marketplace.accounts.permissions import Actor, require
from marketplace.catalogue import taxonomy
from marketplace.catalogue.reading import Wrong, whole, yes
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.core.geo import Point, bounding_box
from marketplace.reclaims import fitting, rules
from marketplace.reclaims.fields import Errors, amount, between, branches, line, some_of
from marketplace.reclaims.fitting import COLLECTORS, Carrier, Takes
from marketplace.reclaims.models import CollectorProfile
from marketplace.reclaims.streams import STREAMS

MOST_VEHICLES = 50  # of a kind
MOST_PRICE = 1_000_000


def collects(organisation: Organisation) -> bool:
    """Whether an organisation of this kind may collect."""
    return organisation.kind in COLLECTORS


def profile_of(organisation_id: int) -> CollectorProfile | None:
    return db.session.get(CollectorProfile, organisation_id)


def own_organisation(actor: Actor | None, action: str) -> tuple[Actor, Organisation]:
    """Who acts, and the organisation they act for. Raises `NotFound`, `NotAllowed`; the latter too for a kind of
    organisation that does not collect."""
    if actor is None or actor.organisation_id is None:
        raise NotFound
    acting = require(actor, action, actor.organisation_id)
    organisation = db.session.get_one(Organisation, acting.organisation_id)
    if not collects(organisation):
        raise NotAllowed(
            _("Les collectes sont faites par des ressourceries, des collectivités et des prestataires de déchets.")
        )
    return acting, organisation


def save_profile(actor: Actor | None, raw: Mapping[str, Any], version: int | None = None) -> CollectorProfile:
    """Say what the actor's organisation collects (owners, managers). `version` is that of the page, 0 where there was
    no profile.

    Raises `NotFound`, `NotAllowed`, `Invalid` by field, `Conflict` when somebody else has changed it meanwhile.
    """
    actor, organisation = own_organisation(actor, "collector.edit")
    db.session.execute(select(Organisation.id).where(Organisation.id == organisation.id).with_for_update())
    profile = db.session.get(CollectorProfile, organisation.id, populate_existing=True)
    if version is not None and version != (profile.version if profile else 0):
        raise Conflict(_("Ce profil a changé depuis que vous avez ouvert cette page : relisez-le."))
    values = profile_values(raw, organisation.id)
    if profile is None:
        profile = CollectorProfile(organisation_id=organisation.id, version=0)
        db.session.add(profile)
    for key, value in values.items():
        setattr(profile, key, value)
    profile.version += 1
    profile.updated_at = now()
    db.session.flush()
    audit.record(
        "collector.edit",
        user_id=actor.user_id,
        organisation_id=organisation.id,
        object_kind="organisation",
        object_public_id=organisation.public_id,
        accepts_calls=profile.accepts_calls,
    )
    return profile


def profile_values(raw: Mapping[str, Any], organisation_id: int) -> dict[str, Any]:
    """The columns of a profile. Raises `Invalid` by field."""
    errors = Errors()
    values: dict[str, Any] = {
        "accepts_calls": errors.read(raw, "accepts_calls", yes),
        "radius_km": errors.read(raw, "radius_km", between(1, rules.MOST_RADIUS_KM)),
        "streams": errors.read(raw, "streams", some_of(STREAMS)),
        "categories": errors.read(raw, "categories", some_of(branches())),
        "capacity_m3": errors.read(raw, "capacity_m3", amount(rules.MOST_M3)),
        "capacity_kg": errors.read(raw, "capacity_kg", amount(rules.MOST_KG)),
        "vehicles": errors.read(raw, "vehicles", _vehicles),
        "weekdays": errors.read(raw, "weekdays", some_of(range(1, 8))),
        "base_price_cents": errors.read(raw, "base_price_cents", between(0, MOST_PRICE)),
        "price_per_m3_cents": errors.read(raw, "price_per_m3_cents", between(0, MOST_PRICE)),
        "price_words": errors.read(raw, "price_words", line(400)),
        "can_dismantle": errors.read(raw, "can_dismantle", yes),
        "crew_size": errors.read(raw, "crew_size", between(1, rules.MOST_PEOPLE)),
    }
    site = _site(raw.get("site"), organisation_id)
    values["site_id"] = site.id if site else None
    if values["radius_km"] is None:
        errors.setdefault("radius_km", _("Dites jusqu’où vous allez, en kilomètres."))
    if values["accepts_calls"]:
        if site is None:
            errors["site"] = _("Dites d’où vous partez : sans lieu, aucune demande ne peut vous être proposée.")
        if not values["streams"] and not values["categories"]:
            errors.setdefault("streams", _("Cochez au moins une sorte de choses que vous prenez."))
        if not values["vehicles"]:
            errors.setdefault("vehicles", _("Dites avec quoi vous venez : au moins un véhicule."))
        if not values["weekdays"]:
            errors.setdefault("weekdays", _("Cochez au moins un jour où vous collectez."))
    errors.stop()
    return values


def _vehicles(raw: Any) -> dict[str, int]:
    """How many of which vehicle; none of those left empty or at zero."""
    if raw is None or raw == "":
        return {}
    if not isinstance(raw, Mapping) or any(key not in taxonomy.vehicles() for key in raw):
        raise Wrong(_("Ce véhicule n’est pas dans la liste."))
    read = {key: whole(raw.get(key), 0, MOST_VEHICLES) or 0 for key in taxonomy.vehicles()}
    return {key: count for key, count in read.items() if count}


def _site(public_id: Any, organisation_id: int) -> Site | None:
    if public_id in (None, ""):
        return None
    query = select(Site).where(
        Site.public_id == str(public_id), Site.organisation_id == organisation_id, Site.closed_at.is_(None)
    )
    site = db.session.scalar(query)
    if site is None:
        raise Invalid({"site": _("Ce lieu n’est pas l’un des vôtres.")})
    return site


# --- reads -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Collector:
    """A collector and what it takes; `profile` None: it has not said."""

    organisation: Organisation
    profile: CollectorProfile | None
    takes: Takes | None


def around(point: Point, km: float, after: date) -> list[Collector]:
    """The collectors that take calls and whose place is within `km`, in no order. `after`: closings that end later."""
    south, north, west, east = bounding_box(point, km)
    query = (
        select(CollectorProfile)
        .join(Site, Site.id == CollectorProfile.site_id)
        .where(
            CollectorProfile.accepts_calls,
            Site.closed_at.is_(None),
            Site.lat.between(south, north),
            Site.lon.between(west, east),
        )
        .options(joinedload(CollectorProfile.organisation), joinedload(CollectorProfile.site))
    )
    return _with_takes(list(db.session.scalars(query)), after)


def named(public_ids: Iterable[str], after: date) -> dict[str, Collector]:
    """Organisations by their public ids, collectors or not; those that do not exist are left out."""
    query = select(Organisation).where(Organisation.public_id.in_(list(public_ids)), Organisation.kind != "person")
    organisations = {one.id: one for one in db.session.scalars(query)}
    profiles = db.session.scalars(
        select(CollectorProfile)
        .where(CollectorProfile.organisation_id.in_(organisations))
        .options(joinedload(CollectorProfile.organisation), joinedload(CollectorProfile.site))
    )
    known = {one.organisation.id: one for one in _with_takes(list(profiles), after)}
    return {
        organisation.public_id: known.get(organisation_id, Collector(organisation, None, None))
        for organisation_id, organisation in organisations.items()
    }


def _with_takes(profiles: list[CollectorProfile], after: date) -> list[Collector]:
    calendars = calendars_of([one.site_id for one in profiles if one.site_id is not None], after)
    return [
        Collector(one.organisation, one, takes_of(one, calendars.get(one.site_id or 0, ({}, ()))[1]))
        for one in profiles
        if collects(one.organisation)
    ]


def takes_of(profile: CollectorProfile, closings: tuple[tuple[date, date], ...] = ()) -> Takes:
    """What a profile says, for `fitting`."""
    site, known = profile.site, taxonomy.vehicles()
    return Takes(
        point=Point(site.lat, site.lon) if site is not None and site.closed_at is None else None,
        radius_km=profile.radius_km,
        streams=frozenset(profile.streams),
        categories=frozenset(profile.categories),
        carriers=tuple(
            Carrier(known[key].volume_m3, known[key].payload_kg, count)
            for key, count in profile.vehicles.items()
            if key in known
        ),
        weekdays=frozenset(profile.weekdays),
        closings=closings,
        capacity_m3=profile.capacity_m3,
        capacity_kg=profile.capacity_kg,
        can_dismantle=profile.can_dismantle,
        accepts=profile.accepts_calls,
    )


def fleet_m3(profile: CollectorProfile) -> Decimal:
    """What its vehicles hold at once."""
    return fitting.fleet_m3(takes_of(profile).carriers)
