"""Rounds: the collections of a day put on vehicles in an order, and ticked off by the driver."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.models import Site
from marketplace.accounts.permissions import Actor, require
from marketplace.catalogue import taxonomy
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.ports import current
from marketplace.reclaims import loads, queries_rounds, routing
from marketplace.reclaims.models_rounds import CollectionRound, RoundStop
from marketplace.reclaims.profiles import profile_of
from marketplace.reclaims.queries_rounds import Left, collections_of, point_of, room_of, stop_of

PLAN, DRIVE = "reclaim.offer", "exchange.follow"
BASE_MINUTES, MINUTES_A_M3 = 15, 3  # of a stop: parking and papers, then loading
LONGEST_STOP = 240
SOLVER_SECONDS = 0.2
MOST_ROUNDS = 40  # of a day
EARLIEST, LATEST = timedelta(days=2), timedelta(minutes=10)  # how old or how new a driver's word may be
STEP = 5  # minutes: hours of leaving are round


def service_minutes(litres: int) -> int:
    """How long a stop is taken to last, to be corrected by whoever knows the place."""
    return min(LONGEST_STOP, BASE_MINUTES + round(MINUTES_A_M3 * Decimal(litres) / 1000))


def propose(actor: Actor, day: date, road_factor: float) -> int:
    """Put every collection of `day` that is on no round yet on one: those agreed with the same vehicle together, as
    many outings as their loads take, each in the order that `routing` proposes. How many rounds were made.

    Raises `NotFound`, `NotAllowed`, `Invalid` when there is nothing to put on a round or no place to leave from.
    """
    organisation_id = _planner(actor)
    depot = _depot(organisation_id)
    _lock(organisation_id)
    left = queries_rounds.left_of(collections_of(organisation_id, day), day)
    if not left:
        raise Invalid({"day": _("Toutes les collectes de ce jour sont déjà en tournée.")})
    made = 0
    by_vehicle: dict[str, list[Left]] = {}
    for one in left:
        vehicle = one.collection.vehicle
        by_vehicle.setdefault(vehicle if vehicle in taxonomy.vehicles() else "van_12m3", []).append(one)
    for vehicle, chosen in by_vehicle.items():
        made += _outings(actor, organisation_id, depot, day, vehicle, chosen, road_factor)
    return made


def _outings(
    actor: Actor, organisation_id: int, depot: Site, day: date, vehicle: str, chosen: Sequence[Left],
    road_factor: float,
) -> int:  # fmt: skip
    zero = min(one.collection.starts_at for one in chosen)
    stops = [
        replace(
            stop_of(one.collection, zero, service_minutes(one.litres), one.collection.exchange.public_id),
            litres=one.litres,
            grams=one.grams,
        )
        for one in chosen
    ]
    start = (depot.lat, depot.lon)
    roads = routing.way(
        [start, *(point_of(one.collection, start) for one in chosen)],
        road_factor,
        queries_rounds.apart,
        routing.SPEED_KMH,
    )
    outings = loads.outings(roads, stops, room_of(vehicle))
    for load in outings:
        numbers = [part.stop for part in load]
        near, here = routing.only(roads, stops, numbers)
        here = [
            routing.Stop(one.key, one.opens, one.closes, service_minutes(part.litres), part.litres, part.grams)
            for one, part in zip(here, load, strict=True)
        ]
        begins = routing.leaving(near, here)
        order = best_order(near, routing.shifted(here, begins))
        leaves_at = _round_down(zero + timedelta(minutes=begins))
        one = _add_round(actor, organisation_id, depot, day, vehicle, leaves_at)
        for position, number in enumerate(order):
            part = load[number]
            left = chosen[part.stop]
            stop = RoundStop(
                round_id=one.id,
                exchange_id=left.collection.exchange.id,
                position=position,
                volume_litres=part.litres or None,
                mass_grams=part.grams or None,
                is_part=not part.whole or left.litres < left.collection.litres,
                service_minutes=service_minutes(part.litres),
            )
            db.session.add(stop)
        db.session.flush()
    return len(outings)


def best_order(roads: routing.Way, stops: Sequence[routing.Stop]) -> list[int]:
    """Our own order, or the solver's where one is installed and does better."""
    own = routing.propose(roads, stops)
    router = current("router")
    if router is None or len(stops) <= routing.EXACT:
        return own
    windows = [(stop.opens, stop.closes) for stop in stops]
    other = router.order(roads.km, roads.speed, windows, [stop.service for stop in stops], SOLVER_SECONDS)
    if other is None or sorted(other) != list(range(len(stops))):
        return own
    return min((own, other), key=lambda order: routing.cost(roads, stops, order))


def add_round(actor: Actor, day: date, vehicle: str) -> CollectionRound:
    """An empty round, to put stops on by hand."""
    organisation_id = _planner(actor)
    depot = _depot(organisation_id)
    _lock(organisation_id)
    if vehicle not in taxonomy.vehicles():
        raise Invalid({"vehicle": _("Choisissez un véhicule de la liste.")})
    begins = queries_rounds.bounds_of(day)[0] + timedelta(hours=8)
    return _add_round(actor, organisation_id, depot, day, vehicle, begins)


def _add_round(
    actor: Actor, organisation_id: int, depot: Site, day: date, vehicle: str, leaves_at: datetime
) -> CollectionRound:
    names = set(
        db.session.scalars(
            select(CollectionRound.name).where(
                CollectionRound.organisation_id == organisation_id, CollectionRound.day == day
            )
        )
    )
    if len(names) >= MOST_ROUNDS:
        raise Invalid({"day": _("%(n)s tournées au plus par jour.", n=MOST_ROUNDS)})
    number = next(n for n in range(1, MOST_ROUNDS + 2) if _("Tournée %(n)s", n=n) not in names)
    one = CollectionRound(
        organisation_id=organisation_id, day=day, name=_("Tournée %(n)s", n=number), vehicle=vehicle, site_id=depot.id,
        lat=depot.lat, lon=depot.lon, leaves_at=leaves_at, speed_kmh=routing.SPEED_KMH, created_by_id=actor.user_id,
        created_at=now(),
    )  # fmt: skip
    db.session.add(one)
    db.session.flush()
    return one


def edit_round(actor: Actor, public_id: str, values: Mapping[str, Any], version: int) -> CollectionRound:
    """Change its name, vehicle, driver, hour of leaving or speed. Raises `Conflict`, `Invalid` by field."""
    one = changing(actor, public_id)
    errors: dict[str, Any] = {}
    found = {name: values[name] for name in ("name", "vehicle", "driver", "leaves_at", "speed_kmh") if name in values}
    for name, longest in (("name", 60), ("driver", 80)):
        if name in found:
            found[name] = " ".join(str(found[name] or "").replace("\x00", "").split())
            if len(found[name]) > longest:
                errors[name] = _("%(n)s caractères au plus.", n=longest)
    if "name" in found and not found["name"]:
        errors["name"] = _("Donnez-lui un nom : « Tournée 1 », « Camion de Samir ».")
    if "vehicle" in found and found["vehicle"] not in taxonomy.vehicles():
        errors["vehicle"] = _("Choisissez un véhicule de la liste.")
    begins, ends = queries_rounds.bounds_of(one.day)
    leaves_at = found.get("leaves_at")
    if "leaves_at" in found and (leaves_at is None or not begins - timedelta(hours=12) <= leaves_at < ends):
        errors["leaves_at"] = _("Écrivez l’heure du départ, ce jour-là ou la veille au soir.")
    if "speed_kmh" in found and (found["speed_kmh"] is None or not 5 <= found["speed_kmh"] <= 110):
        errors["speed_kmh"] = _("Entre 5 et 110 km/h.")
    if errors:
        raise Invalid(errors)
    changed = {name: value for name, value in found.items() if getattr(one, name) != value}
    if not changed:
        return one
    check(one, version)
    try:
        with db.session.begin_nested():
            for name, value in changed.items():
                setattr(one, name, value)
            one.version += 1
            db.session.flush()
    except IntegrityError:
        raise Invalid({"name": _("Une autre tournée du jour porte ce nom.")}) from None
    return one


def drop_round(actor: Actor, public_id: str) -> date:
    """Undo a round that has not begun; its collections wait for another. The day it was on."""
    one = changing(actor, public_id)
    if any(stop.arrived_at or stop.loaded_at for stop in one.stops):
        raise Conflict(_("Cette tournée a commencé : elle reste."))
    day = one.day
    db.session.execute(delete(RoundStop).where(RoundStop.round_id == one.id))
    db.session.execute(delete(CollectionRound).where(CollectionRound.id == one.id))
    db.session.expunge(one)
    return day


def mark(actor: Actor, public_id: str, stop_id: str, what: str, at: datetime | None = None) -> RoundStop:
    """The driver's word: `arrived`, `loaded`, or `undo`. Said twice it is said once; `at` is when, if it was said
    without network. Anybody of the house who follows exchanges may say it; it hands nothing over."""
    one = queries_rounds.round_for(actor, public_id, DRIVE, locked=True)
    stop = one.stops[place(list(one.stops), stop_id)]
    here = now()
    said = at if at is not None and here - EARLIEST < at < here + LATEST else here
    if what == "arrived":
        stop.arrived_at = stop.arrived_at or said
    elif what == "loaded":
        stop.arrived_at = stop.arrived_at or said
        stop.loaded_at = stop.loaded_at or max(said, stop.arrived_at)
    elif what == "undo":
        if stop.loaded_at is not None:
            stop.loaded_at = None
        else:
            stop.arrived_at = None
    else:
        raise NotFound
    db.session.flush()
    return stop


# --- inside ----------------------------------------------------------------------------------------------------------


def _planner(actor: Actor) -> int:
    require(actor, PLAN, actor.organisation_id)
    if actor.organisation_id is None:
        raise NotFound
    return actor.organisation_id


def _depot(organisation_id: int) -> Site:
    profile = profile_of(organisation_id)
    depot = queries_rounds.depot_of(organisation_id, profile.site_id if profile else None)
    if depot is None:
        raise Invalid({"day": _("Ajoutez d’abord un lieu à votre organisation : les camions en partent.")})
    return depot


def _lock(organisation_id: int) -> None:
    """One plans the days of a house at a time: nothing is put on two rounds by two people."""
    db.session.execute(
        select(Site.id).where(Site.organisation_id == organisation_id).order_by(Site.id).with_for_update()
    )


def changing(actor: Actor, public_id: str, version: int | None = None) -> CollectionRound:
    one = queries_rounds.round_for(actor, public_id, PLAN, locked=True)
    db.session.expire(one, ["stops"])
    if version is not None:
        check(one, version)
    return one


def check(one: CollectionRound, version: int) -> None:
    if version != one.version:
        raise Conflict(_("Quelqu’un a changé cette tournée entre-temps : voyez ce qu’elle est maintenant."))


def place(stops: Sequence[RoundStop], public_id: str) -> int:
    for place, stop in enumerate(stops):
        if stop.public_id == public_id:
            return place
    raise NotFound


def _round_down(at: datetime) -> datetime:
    return at - timedelta(minutes=at.minute % STEP, seconds=at.second, microseconds=at.microsecond)
