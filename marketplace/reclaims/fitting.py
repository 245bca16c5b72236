"""Which calls are offered to which collectors, and why not to the others. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from marketplace.core.geo import Point, great_circle_km

# kinds of organisation that may collect; food charities fetch meals, not sets
COLLECTORS = ("reuse_centre", "local_authority", "supplier")
MOST_TOLD = 50  # the nearest of those that fit
ROAD_FACTOR = Decimal("1.3")  # as the carbon method takes it where nobody gives the kilometres

# why a call is not offered, in the order they are said
OWN, NOT_COLLECTOR, NO_PROFILE, PAUSED, NO_PLACE = "own", "not_collector", "no_profile", "paused", "no_place"
FAR, BEYOND, KINDS, HAZARDOUS = "far", "beyond", "kinds", "hazardous"
CAPACITY, VEHICLES, CLOSED, DISMANTLING = "capacity", "vehicles", "closed", "dismantling"
REASONS = (
    OWN,
    NOT_COLLECTOR,
    NO_PROFILE,
    PAUSED,
    NO_PLACE,
    FAR,
    BEYOND,
    KINDS,
    HAZARDOUS,
    CAPACITY,
    VEHICLES,
    CLOSED,
    DISMANTLING,
)


@dataclass(frozen=True)
class Carrier:
    """A vehicle, and how many of it there are."""

    volume_m3: Decimal
    payload_kg: Decimal
    count: int = 1


@dataclass(frozen=True)
class Takes:
    """What a collector takes. `closings`: half-open days on which it is shut, beside its week."""

    point: Point | None
    radius_km: int
    streams: frozenset[str]
    categories: frozenset[str]
    carriers: tuple[Carrier, ...]
    weekdays: frozenset[int]
    closings: tuple[tuple[date, date], ...] = ()
    capacity_m3: Decimal | None = None
    capacity_kg: Decimal | None = None
    can_dismantle: bool = True
    accepts: bool = True


@dataclass(frozen=True)
class Wanted:
    """What a call asks for. `days`: those its window touches; `within_km`: how far it is sent, None: by name."""

    point: Point
    days: tuple[date, ...]
    streams: frozenset[str]
    categories: frozenset[str]
    volume_m3: Decimal
    mass_kg: Decimal | None = None
    hazardous: bool = False
    needs_dismantling: bool = False
    within_km: int | None = None


def misfits(takes: Takes, wanted: Wanted) -> tuple[str, ...]:
    """Every reason why this collector is not offered this call; none: it is."""
    if not takes.accepts:
        return (PAUSED,)
    if takes.point is None:
        return (NO_PLACE,)
    km = great_circle_km(takes.point, wanted.point)
    checks = {
        FAR: km > takes.radius_km,
        BEYOND: wanted.within_km is not None and km > wanted.within_km,
        KINDS: not (wanted.streams <= takes.streams and wanted.categories <= takes.categories),
        HAZARDOUS: wanted.hazardous and "hazardous" not in takes.streams,
        CAPACITY: _over(wanted.volume_m3, takes.capacity_m3) or _over(wanted.mass_kg, takes.capacity_kg),
        VEHICLES: _too_small(takes.carriers, wanted),
        CLOSED: not open_days(wanted.days, takes.weekdays, takes.closings),
        DISMANTLING: wanted.needs_dismantling and not takes.can_dismantle,
    }
    return tuple(reason for reason, is_so in checks.items() if is_so)


def not_taken(takes: Takes, wanted: Wanted) -> tuple[frozenset[str], frozenset[str]]:
    """The streams and the categories of the call that the collector does not take."""
    return wanted.streams - takes.streams, wanted.categories - takes.categories


def open_days(
    days: Iterable[date], weekdays: frozenset[int], closings: Iterable[tuple[date, date]] = ()
) -> tuple[date, ...]:
    """Those of `days` on which somebody collects."""
    shut = tuple(closings)
    return tuple(
        day for day in days if day.isoweekday() in weekdays and not any(starts <= day < ends for starts, ends in shut)
    )


def fleet_m3(carriers: Sequence[Carrier]) -> Decimal:
    """What all the vehicles hold at once."""
    return sum((one.volume_m3 * one.count for one in carriers), Decimal(0))


def _over(amount: Decimal | None, bound: Decimal | None) -> bool:
    return amount is not None and bound is not None and amount > bound


def _too_small(carriers: Sequence[Carrier], wanted: Wanted) -> bool:
    payload = sum((one.payload_kg * one.count for one in carriers), Decimal(0))
    return fleet_m3(carriers) < wanted.volume_m3 or (wanted.mass_kg is not None and payload < wanted.mass_kg)


def road_km(great_circle: float) -> Decimal:
    """About how far it is by road, in whole kilometres, 1 at least."""
    return max(Decimal(1), (Decimal(repr(great_circle)) * ROAD_FACTOR).quantize(Decimal(1)))
