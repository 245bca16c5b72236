"""Who is told of a meal, and in which order: the nearest who can come in time with what keeps it warm or cold. Pure.

A few first, so that the nearest has time to answer and nobody drives for what is gone; more every few minutes, as long
as something is free.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from marketplace.core import geo
from marketplace.core.clock import zone_of
from marketplace.meals.hours import first_open
from marketplace.meals.rules import AMBIENT, CHARITIES, COLD, CREWS, HOT

SIZES = (3, 5, 10, 20)  # receivers told by the first wave, the second…; the last size stays
DELAY = timedelta(minutes=4)  # between two waves
LEAST_DELAY = timedelta(minutes=1)
WAVES_WANTED = 6  # that fit before a short window closes
FARTHEST_KM = 200  # the widest range that a profile may say
RINGS = (2, 5, 12, 30, 80, FARTHEST_KM)  # km within which one looks, one after the other: most waves end in the first

ROAD = 1.3  # of the great circle: as the method's road factor
KM_PER_HOUR = {None: 5.0, "bike": 12.0}  # on foot, cargo bike; anything with an engine:
BY_ENGINE = 30.0  # in town, at night, parking included
LOADING = timedelta(minutes=10)
NO_SHOW_MINUTES = 15  # how much later somebody is ranked for each time they did not come, to a limit
MOST_NO_SHOWS = 4


@dataclass(frozen=True, slots=True)
class Meal:
    """What is to be fetched."""

    lat: float
    lon: float
    keep: str
    open_to: str
    category: str
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who could fetch it. `kind` and `verified` are the organisation's."""

    organisation_id: int
    lat: float
    lon: float
    range_km: int
    kind: str = "food_charity"
    verified: bool = True
    cold_box: bool = False
    hot_box: bool = False
    vehicle: str | None = None
    postcode: str = ""
    hours: Mapping[str, Any] = field(default_factory=dict)
    not_taken: Sequence[str] = ()
    no_shows: int = 0


@dataclass(frozen=True, slots=True)
class Ranked:
    """`sorted_at`: when they could be there, put back for each time they did not come."""

    organisation_id: int
    km: float
    arrives_at: datetime
    sorted_at: datetime


def distance_km(meal: Meal, receiver: Receiver) -> float:
    return geo.great_circle_km(geo.Point(meal.lat, meal.lon), geo.Point(receiver.lat, receiver.lon))


def arrival(meal: Meal, receiver: Receiver, km: float, at: datetime) -> datetime | None:
    """When they could be there at the earliest within their hours; None when the window is over by then."""
    leaves = first_open(receiver.hours, at, meal.closes_at, zone_of(receiver.postcode))
    if leaves is None:
        return None
    speed = KM_PER_HOUR.get(receiver.vehicle, BY_ENGINE)
    arrives = max(leaves + LOADING + timedelta(hours=km * ROAD / speed), meal.opens_at)
    return arrives if arrives <= meal.closes_at else None


def may_take(meal: Meal, receiver: Receiver) -> bool:
    """Whether this food is for them at all, wherever they are."""
    if meal.category in receiver.not_taken:
        return False
    if (meal.keep == COLD and not receiver.cold_box) or (meal.keep == HOT and not receiver.hot_box):
        return False
    if receiver.verified:
        return True
    if meal.keep != AMBIENT or meal.open_to == CHARITIES:
        return False
    return not (meal.open_to == CREWS and receiver.kind == "person")


def rank(meal: Meal, receivers: Iterable[Receiver], at: datetime) -> list[Ranked]:
    """Those who can, who is there first before the others. Not having come before puts one back."""
    found = []
    for one in receivers:
        if not may_take(meal, one):
            continue
        km = distance_km(meal, one)
        if km > one.range_km:
            continue
        arrives = arrival(meal, one, km, at)
        if arrives is not None:
            later = timedelta(minutes=NO_SHOW_MINUTES * min(one.no_shows, MOST_NO_SHOWS))
            found.append((arrives + later, km, one.organisation_id, arrives))
    return [Ranked(organisation_id, km, arrives, key) for key, km, organisation_id, arrives in sorted(found)]


def no_sooner(meal: Meal, km: float, at: datetime) -> tuple[datetime, float]:
    """What `rank` sorts by, at the least, of anybody farther than `km`: nobody beyond is before who is under this."""
    return max(at + LOADING + timedelta(hours=km * ROAD / BY_ENGINE), meal.opens_at), km


def settled(ranked: Sequence[Ranked], wanted: int, meal: Meal, km: float, at: datetime) -> bool:
    """Whether the first `wanted` of those within `km` are the first of all, however many there are beyond."""
    if len(ranked) < wanted:
        return False
    last = ranked[wanted - 1]
    return (last.sorted_at, last.km) <= no_sooner(meal, km, at)


def size_of(wave: int) -> int:
    """How many are told by the wave of this number; the first is 1."""
    return SIZES[min(wave, len(SIZES)) - 1]


def delay(at: datetime, closes_at: datetime) -> timedelta:
    """How long until the next wave: a few minutes, less where the window closes soon."""
    return max(LEAST_DELAY, min(DELAY, (closes_at - at) / WAVES_WANTED))


def pick(meal: Meal, receivers: Iterable[Receiver], at: datetime, wave: int) -> list[Ranked]:
    """Whom the wave of this number tells, of those who were not told before."""
    return rank(meal, receivers, at)[: size_of(wave)]
