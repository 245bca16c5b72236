"""The method's X of a line: how it travels, what it was cleaned, stored and repaired with. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from marketplace.carbon.numbers import ONE, THOUSAND, ZERO, exactly, short
from marketplace.carbon.parameters import Parameters

BULKY_LORRY = "tr.removal_truck_m3km"


class Vehicle(Protocol):
    """What the bridge reads of `catalogue.taxonomy.Vehicle`: basis 'km' (round trip) or 't.km' (one way, loaded)."""

    @property
    def factor(self) -> str: ...
    @property
    def basis(self) -> str: ...


class Upkeep(Protocol):
    """What the bridge reads of `models.Upkeep`."""

    @property
    def factor_key(self) -> str: ...
    @property
    def amount(self) -> Decimal | None: ...
    @property
    def volume_m3(self) -> Decimal | None: ...
    @property
    def months(self) -> Decimal | None: ...


@dataclass(frozen=True)
class Trip:
    """How it travels. `load_share` is this line's part of the vehicle; `legs` is 2 where it also comes back."""

    vehicle: Vehicle | None = None
    distance_km: Decimal | None = None  # one way, by road
    load_share: Decimal = ONE
    legs: int = 1


def volume_m3(quantity: Decimal, size_cm: Sequence[int | None]) -> Decimal | None:
    """Of so many boxes of a size; None where a side is not known."""
    sides = [Decimal(side) for side in size_cm if side]
    if len(sides) != 3:
        return None
    return quantity * sides[0] * sides[1] * sides[2] / THOUSAND / THOUSAND


def transport(trip: Trip, mass: Decimal, p: Parameters, volume: Decimal | None = None) -> dict[str, Any] | None:
    """The line of X, or None when nobody said with what or how far: then it is not counted, and the entry says so.

    In a lorry, what is lighter than the method's limit takes the place of a heavier load: it is counted by volume.
    """
    if trip.vehicle is None or trip.distance_km is None:
        return None
    line = {"factor": trip.vehicle.factor, "u_quantity_pct": p.get("u.distance").value}
    if trip.vehicle.basis == "km":
        # the empty way back is counted: one leg is a round trip
        return line | {"km": short(trip.distance_km * 2 * trip.legs), "load_share": short(trip.load_share)}
    km = {"km": short(trip.distance_km * trip.legs)}
    if volume and mass < volume * p.number("x.m3km_below_density"):
        return line | {"factor": BULKY_LORRY, "m3": short(volume)} | km
    return line | {"mass_kg": short(mass)} | km


def upkeep_line(done: Upkeep, part: Decimal, p: Parameters) -> dict[str, Any]:
    """Cleaning, storage or repair as a line of X; `part` is this line's share of what was done for several."""
    if done.volume_m3 is not None and done.months is not None:
        return {
            "factor": done.factor_key,
            "m3": short(done.volume_m3 * part),
            "months": short(done.months),
            "u_quantity_pct": p.get("u.storage").value,
        }
    amount = (done.amount or ZERO) * part
    return {
        "factor": done.factor_key,
        "quantity": short(amount),
        "u_quantity_pct": p.get("u.quantity_estimated").value,
    }


def load_shares(masses: Sequence[Decimal | None]) -> list[Decimal]:
    """Each line's part of the one vehicle that carries them all: by mass, equal parts where a mass is missing.

    Millionths; the last line takes the rest, so they add up to 1 exactly.
    """
    if not masses:
        return []
    with exactly():
        known = [m for m in masses if m is not None]
        if len(known) == len(masses) and sum(known, ZERO) > ZERO:
            raw = [m / sum(known, ZERO) for m in known]
        else:
            raw = [ONE / len(masses)] * len(masses)
        shares = [share.quantize(Decimal("0.000001")) for share in raw[:-1]]
        return [*shares, ONE - sum(shares, ZERO)]


def road_distance(great_circle_km: float, p: Parameters) -> Decimal:
    """Kilometres by road from the great circle, to 100 m."""
    with exactly():
        return (Decimal(repr(great_circle_km)) * p.number("x.road_factor")).quantize(Decimal("0.1"))
