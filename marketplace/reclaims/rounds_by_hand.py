"""A round changed by hand: its order, what goes with another vehicle, what is taken off."""

from collections.abc import Sequence
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import delete, select

from marketplace.accounts.permissions import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.reclaims import queries_rounds, routing
from marketplace.reclaims.models_rounds import CollectionRound, RoundStop
from marketplace.reclaims.queries_rounds import of_exchanges, point_of, stop_of
from marketplace.reclaims.rounds import best_order, changing, check, place, service_minutes


def order_again(actor: Actor, public_id: str, road_factor: float, version: int) -> CollectionRound:
    """Put the stops of a round in the order that is proposed; those that were made already stay first, as they were."""
    one = changing(actor, public_id, version)
    made = [stop for stop in one.stops if stop.loaded_at is not None]
    left = [stop for stop in one.stops if stop.loaded_at is None]
    known = of_exchanges([stop.exchange_id for stop in left], one.day) if left else {}
    depot = (one.lat, one.lon)
    found = [known.get(stop.exchange_id) for stop in left]
    places = [depot, *(point_of(collection, depot) for collection in found)]
    roads = routing.way(places, road_factor, queries_rounds.apart, one.speed_kmh)
    stops = [stop_of(c, one.leaves_at, stop.service_minutes) for c, stop in zip(found, left, strict=True)]
    order = best_order(roads, stops)
    _number([*made, *(left[number] for number in order)])
    one.version += 1
    db.session.flush()
    return one


def move_stop(actor: Actor, public_id: str, stop_id: str, by: int, version: int) -> CollectionRound:
    """One place earlier (`by` -1) or later (1); at an end it stays."""
    one = changing(actor, public_id, version)
    stops = list(one.stops)
    at = place(stops, stop_id)
    to = min(max(at + by, 0), len(stops) - 1)
    if to != at:
        stops.insert(to, stops.pop(at))
        _number(stops)
        one.version += 1
        db.session.flush()
    return one


def send_stop(actor: Actor, public_id: str, stop_id: str, to_public_id: str, version: int) -> CollectionRound:
    """Put a stop on another round of that day, at its end. Raises `Conflict` when that one has it already."""
    one, other = _both(actor, public_id, to_public_id, version)
    stops = list(one.stops)
    stop = stops.pop(place(stops, stop_id))
    _check_not_there(stop)
    there = next((two for two in other.stops if two.exchange_id == stop.exchange_id), None)
    if there is not None:  # the other part of the same collection: one stop again
        _check_not_there(there)
        _join(there, stop)
        db.session.execute(delete(RoundStop).where(RoundStop.id == stop.id))
        db.session.expire(one, ["stops"])
    else:
        stop.round_id, stop.position = other.id, len(other.stops)
    _number(stops)
    one.version += 1
    other.version += 1
    db.session.flush()
    db.session.expire_all()
    return one


def _check_not_there(stop: RoundStop) -> None:
    """Nothing is taken from a stop, nor put on it, once the truck has been there: it would be forgotten."""
    if stop.arrived_at is not None or stop.loaded_at is not None:
        raise Conflict(_("Le camion y est déjà passé : cet arrêt reste sur sa tournée."))


def split_stop(
    actor: Actor, public_id: str, stop_id: str, to_public_id: str, cubic_metres: Decimal | None, version: int
) -> CollectionRound:
    """Leave so many m³ of a stop to another round. Raises `Invalid` for more than there is."""
    one, other = _both(actor, public_id, to_public_id, version)
    stop = one.stops[place(list(one.stops), stop_id)]
    _check_not_there(stop)
    litres = int((cubic_metres or 0) * 1000)
    if stop.volume_litres is None or not 0 < litres < stop.volume_litres:
        most = Decimal(stop.volume_litres or 0) / 1000
        raise Invalid({"m3": _("Écrivez combien de m³ vont sur l’autre : moins que les %(m3)s de l’arrêt.", m3=most)})
    grams = int((stop.mass_grams or 0) * litres // stop.volume_litres)
    there = next((two for two in other.stops if two.exchange_id == stop.exchange_id), None)
    if there is None:
        there = RoundStop(
            round_id=other.id, exchange_id=stop.exchange_id, position=len(other.stops), volume_litres=litres,
            mass_grams=grams or None, is_part=True, service_minutes=service_minutes(litres),
        )  # fmt: skip
        db.session.add(there)
    else:
        _check_not_there(there)
        there.volume_litres, there.is_part = (there.volume_litres or 0) + litres, True
        there.mass_grams = ((there.mass_grams or 0) + grams) or None
    stop.volume_litres, stop.is_part = stop.volume_litres - litres, True
    stop.mass_grams = ((stop.mass_grams or 0) - grams) or None
    stop.service_minutes = service_minutes(stop.volume_litres)
    one.version += 1
    other.version += 1
    db.session.flush()
    db.session.expire_all()
    return one


def set_service(actor: Actor, public_id: str, stop_id: str, minutes: int, version: int) -> CollectionRound:
    """How long a stop lasts, as whoever knows the place says."""
    one = changing(actor, public_id, version)
    if not 0 <= minutes <= 600:
        raise Invalid({"minutes": _("Entre 0 et 600 minutes.")})
    one.stops[place(list(one.stops), stop_id)].service_minutes = minutes
    one.version += 1
    db.session.flush()
    return one


def remove_stop(actor: Actor, public_id: str, stop_id: str, version: int) -> CollectionRound:
    """Take a stop off; its collection waits for a round again."""
    one = changing(actor, public_id, version)
    stops = list(one.stops)
    stop = stops.pop(place(stops, stop_id))
    _check_not_there(stop)
    db.session.execute(delete(RoundStop).where(RoundStop.id == stop.id))
    _number(stops)
    one.version += 1
    db.session.flush()
    db.session.expire_all()
    return one


def _both(actor: Actor, public_id: str, to_public_id: str, version: int) -> tuple[CollectionRound, CollectionRound]:
    """Two rounds of one day, locked in the order of their ids."""
    rows = db.session.execute(
        select(CollectionRound.id, CollectionRound.public_id)
        .where(CollectionRound.public_id.in_((public_id, to_public_id)))
        .order_by(CollectionRound.id)
    ).all()
    if len(rows) != 2:
        raise Invalid({"to": _("Choisissez une autre tournée du jour.")})
    both = {row.public_id: changing(actor, row.public_id) for row in rows}
    one, other = both[public_id], both[to_public_id]
    if one.day != other.day:
        raise Invalid({"to": _("Choisissez une autre tournée du jour.")})
    check(one, version)
    return one, other


def _number(stops: Sequence[RoundStop]) -> None:
    for position, stop in enumerate(stops):
        stop.position = position


def _join(there: RoundStop, more: RoundStop) -> None:
    there.volume_litres = ((there.volume_litres or 0) + (more.volume_litres or 0)) or None
    there.mass_grams = ((there.mass_grams or 0) + (more.mass_grams or 0)) or None
    collection = of_exchanges([there.exchange_id], there.round.day).get(there.exchange_id)
    there.is_part = collection is not None and (there.volume_litres or 0) < collection.litres
    there.service_minutes = service_minutes(there.volume_litres or 0)
