"""Reads of rounds: the collections of a day, the rounds they are on, and how a round is driven."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from marketplace.accounts.models import Organisation, Site
from marketplace.accounts.permissions import Actor, require
from marketplace.catalogue import taxonomy
from marketplace.core import geo
from marketplace.core.clock import PARIS
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.exchanges.models import Appointment, Exchange
from marketplace.reclaims import loads, routing
from marketplace.reclaims.models import ReclaimCall
from marketplace.reclaims.models_rounds import CollectionRound, RoundStop
from marketplace.reclaims.plans import moment

READ = "exchange.read"
GONE = ("confirmed", "handed_over", "completed", "disputed")  # states of a collection that a round may still show
MOST = 200  # collections of a day
DAYS_A_PAGE = 25


@dataclass(frozen=True)
class Collection:
    """One collection of a day: its call, when it was agreed, and how much there is."""

    exchange: Exchange
    call: ReclaimCall
    starts_at: datetime
    ends_at: datetime
    vehicle: str
    asker: str

    @property
    def litres(self) -> int:
        return int(self.call.volume_m3 * 1000)

    @property
    def grams(self) -> int:
        return int((self.call.mass_kg or 0) * 1000)


def bounds_of(day: date, zone: ZoneInfo = PARIS) -> tuple[datetime, datetime]:
    """A day of a place as instants: 23 or 25 hours long where the clocks change."""
    return moment(day, time(0), zone), moment(day + timedelta(days=1), time(0), zone)


def collections_of(organisation_id: int, day: date) -> list[Collection]:
    """What an organisation agreed to collect on `day`, the earliest first. One query."""
    begins, ends = bounds_of(day)
    query = (
        select(Exchange, ReclaimCall, Appointment.starts_at, Appointment.ends_at, Organisation.name)
        .join(ReclaimCall, ReclaimCall.exchange_id == Exchange.id)
        .join(Appointment, Appointment.exchange_id == Exchange.id)
        .join(Organisation, Organisation.id == Exchange.provider_id)
        .where(
            Exchange.receiver_id == organisation_id, Exchange.state.in_(GONE), Exchange.kind == "reclaim",
            Appointment.state == "picked", Appointment.starts_at >= begins, Appointment.starts_at < ends,
        )
        .order_by(Appointment.starts_at, Exchange.id)
        .limit(MOST)
    )  # fmt: skip
    return [
        Collection(exchange, call, starts_at, ends_at, exchange.vehicle or "van_12m3", name)
        for exchange, call, starts_at, ends_at, name in db.session.execute(query)
    ]


def of_exchanges(exchange_ids: Sequence[int], day: date) -> dict[int, Collection]:
    """The same by exchange; one that was cancelled, or is on another day now, is not there."""
    begins, ends = bounds_of(day)
    query = (
        select(Exchange, ReclaimCall, Appointment.starts_at, Appointment.ends_at, Organisation.name)
        .join(ReclaimCall, ReclaimCall.exchange_id == Exchange.id)
        .join(Appointment, Appointment.exchange_id == Exchange.id)
        .join(Organisation, Organisation.id == Exchange.provider_id)
        .where(
            Exchange.id.in_(exchange_ids), Exchange.state.in_(GONE), Appointment.state == "picked",
            Appointment.starts_at >= begins, Appointment.starts_at < ends,
        )
        .order_by(Appointment.id)
    )  # fmt: skip
    return {
        exchange.id: Collection(exchange, call, starts_at, ends_at, exchange.vehicle or "van_12m3", name)
        for exchange, call, starts_at, ends_at, name in db.session.execute(query)
    }


def rounds_of(organisation_id: int, day: date) -> list[CollectionRound]:
    """The rounds of a day with their stops, by name."""
    query = (
        select(CollectionRound)
        .where(CollectionRound.organisation_id == organisation_id, CollectionRound.day == day)
        .options(selectinload(CollectionRound.stops), joinedload(CollectionRound.site))
        .order_by(CollectionRound.leaves_at, CollectionRound.id)
    )
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


@dataclass(frozen=True)
class Left:
    """What of a collection is on no round yet."""

    collection: Collection
    litres: int
    grams: int


def left_of(found: Sequence[Collection], day: date) -> list[Left]:
    """Of collections to be made on `day`, those on no round of that day, or of which a part is on none. One query."""
    waiting = [one for one in found if one.exchange.state == "confirmed"]
    rows = db.session.execute(
        select(
            RoundStop.exchange_id, func.coalesce(func.sum(RoundStop.volume_litres), 0),
            func.coalesce(func.sum(RoundStop.mass_grams), 0), func.count(RoundStop.id).filter(RoundStop.is_part),
        )
        .join(CollectionRound, CollectionRound.id == RoundStop.round_id)
        .where(RoundStop.exchange_id.in_([one.exchange.id for one in waiting]), CollectionRound.day == day)
        .group_by(RoundStop.exchange_id)
    ).all()  # fmt: skip
    placed = {row[0]: (int(row[1] or 0), int(row[2] or 0), row[3]) for row in rows}
    left = []
    for one in waiting:
        litres, grams, parts = placed.get(one.exchange.id, (0, 0, 0))
        if one.exchange.id not in placed:
            left.append(Left(one, one.litres, one.grams))
        elif parts and litres < one.litres:
            left.append(Left(one, one.litres - litres, max(0, one.grams - grams)))
    return left


@dataclass(frozen=True)
class Day:
    """A day with collections: how many, and how many of them are on a round."""

    day: date
    collections: int
    rounds: int


def days_of(organisation_id: int, first: date, days: int = 14) -> list[Day]:
    """The days from `first` on that have collections or rounds. Two queries."""
    begins, ends = bounds_of(first)[0], bounds_of(first + timedelta(days=days - 1))[1]
    query = (
        select(Appointment.starts_at)
        .join(Exchange, Exchange.id == Appointment.exchange_id)
        .where(
            Exchange.receiver_id == organisation_id, Exchange.state.in_(GONE), Exchange.kind == "reclaim",
            Appointment.state == "picked", Appointment.starts_at >= begins, Appointment.starts_at < ends,
        )
        .limit(1000)
    )  # fmt: skip
    found: dict[date, int] = {}
    for at in db.session.scalars(query):
        day = at.astimezone(PARIS).date()
        found[day] = found.get(day, 0) + 1
    rounds = dict(
        db.session.execute(
            select(CollectionRound.day, func.count(CollectionRound.id))
            .where(
                CollectionRound.organisation_id == organisation_id, CollectionRound.day >= first,
                CollectionRound.day < first + timedelta(days=days),
            )
            .group_by(CollectionRound.day)
        ).all()
    )  # fmt: skip
    return [Day(day, found.get(day, 0), rounds.get(day, 0)) for day in sorted({*found, *rounds})]


def round_for(actor: Actor, public_id: str, action: str = READ, *, locked: bool = False) -> CollectionRound:
    """A round of the acting organisation. Raises `NotFound` to strangers, `NotAllowed`."""
    query = select(CollectionRound).where(CollectionRound.public_id == public_id)
    if locked:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound
    require(actor, action, found.organisation_id)
    return found


def depot_of(organisation_id: int, site_id: int | None = None) -> Site | None:
    """Where trucks leave from: this site, else the first one in use."""
    query = select(Site).where(Site.organisation_id == organisation_id, Site.closed_at.is_(None)).order_by(Site.id)
    if site_id is not None:
        chosen = db.session.scalar(query.where(Site.id == site_id))
        if chosen is not None:
            return chosen
    return db.session.scalar(query.limit(1))


@dataclass(frozen=True)
class Planned:
    """A stop as it is driven: `arrives_at`, `begins_at` and `leaves_at` follow from the order, `late` minutes for its
    window; the load on board when it is left, and whether that is too much."""

    stop: RoundStop
    collection: Collection | None
    km: float
    arrives_at: datetime
    begins_at: datetime
    leaves_at: datetime
    late: int
    litres: int
    grams: int
    over_litres: int
    over_grams: int


@dataclass(frozen=True)
class Driven:
    """A round as it is driven."""

    round: CollectionRound
    stops: list[Planned]
    km: float
    back_at: datetime
    litres: int
    grams: int
    room: loads.Room
    places: list[tuple[float, float]] = field(default_factory=list)  # the depot, then each stop

    @property
    def late(self) -> list[Planned]:
        return [one for one in self.stops if one.late]

    @property
    def over(self) -> bool:
        return not self.room.takes(self.litres, self.grams)


def room_of(vehicle: str) -> loads.Room:
    """What a vehicle takes. KeyError for an unknown one."""
    known = taxonomy.vehicles()[vehicle]
    return loads.Room(int(known.volume_m3 * 1000), int(known.payload_kg * 1000))


def stop_of(collection: Collection | None, zero: datetime, service: int, key: str = "") -> routing.Stop:
    """A collection as routing sees it, its window in minutes after `zero`."""
    if collection is None:
        return routing.Stop(key, service=0)
    return routing.Stop(
        key,
        (collection.starts_at - zero).total_seconds() / 60,
        (collection.ends_at - zero).total_seconds() / 60,
        service,
        collection.litres,
        collection.grams,
    )


def point_of(collection: Collection | None, depot: tuple[float, float]) -> tuple[float, float]:
    return (collection.call.lat, collection.call.lon) if collection is not None else depot


def driven(one: CollectionRound, road_factor: float, known: dict[int, Collection] | None = None) -> Driven:
    """How a round is driven in the order of its stops. One whose appointment is gone is passed by: it takes no way, no
    time and no room."""
    stops = list(one.stops)
    if known is None:
        known = of_exchanges([stop.exchange_id for stop in stops], one.day) if stops else {}
    found = [known.get(stop.exchange_id) for stop in stops]
    places = [(one.lat, one.lon)]
    for collection in found:
        places.append(point_of(collection, places[-1]))
    roads = routing.way(places, road_factor, apart, one.speed_kmh)
    asked = [stop_of(c, one.leaves_at, stop.service_minutes) for c, stop in zip(found, stops, strict=True)]
    times = routing.timetable(roads, asked, range(len(stops)))
    room, litres, grams, planned = room_of(one.vehicle), 0, 0, []
    for visit, stop, collection in zip(times.visits, stops, found, strict=True):
        if collection is not None:
            litres, grams = litres + (stop.volume_litres or 0), grams + (stop.mass_grams or 0)
        arrives_at, begins_at, leaves_at = (
            one.leaves_at + timedelta(minutes=minutes) for minutes in (visit.arrives, visit.begins, visit.leaves)
        )
        planned.append(
            Planned(
                stop, collection, visit.km, arrives_at, begins_at, leaves_at, round(visit.late), litres, grams,
                max(0, litres - room.litres), max(0, grams - room.grams),
            )
        )  # fmt: skip
    back_at = one.leaves_at + timedelta(minutes=times.back)
    return Driven(one, planned, times.km, back_at, litres, grams, room, places)


def apart(a: Any, b: Any) -> float:
    return geo.great_circle_km(geo.Point(*a), geo.Point(*b))


def smallest_that_takes(litres: int, grams: int) -> str | None:
    """The smallest vehicle that takes this much in one go; None when none does."""
    fits = [key for key in taxonomy.vehicles() if room_of(key).takes(litres, grams)]
    return min(fits, key=lambda key: (room_of(key).litres, room_of(key).grams), default=None)
