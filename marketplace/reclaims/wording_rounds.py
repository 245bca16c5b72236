"""What a round says of itself: loads that are too much, windows that cannot be kept, and what to do about each."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.catalogue import taxonomy
from marketplace.reclaims import loads
from marketplace.reclaims.queries_rounds import Driven, Planned, room_of, smallest_that_takes

Named = Callable[[str], str]  # a vehicle's key → its name
Figure = Callable[[Decimal, int], str]
Clock = Callable[[datetime], str]


def cubic(litres: int, number: Figure) -> str:
    return number(Decimal(litres) / 1000, 1)


def too_much(one: Planned, driven: Driven, named: Named, number: Figure) -> str:
    """Why a stop's load does not go on board, and what else there is; empty when it does."""
    room, vehicle, stop = driven.room, driven.round.vehicle, one.stop
    litres, grams = stop.volume_litres or 0, stop.mass_grams or 0
    if not room.takes(litres, grams):
        trips = loads.trips_for(litres, grams, room)
        larger = smallest_that_takes(litres, grams)
        name = _capital(named(vehicle))
        said = (
            _("%(vehicle)s : il ne prend pas les %(m3)s m³.", vehicle=name, m3=cubic(litres, number))
            if litres > room.litres
            else _("%(vehicle)s : il ne porte pas les %(kg)s kg.", vehicle=name,
                   kg=number(Decimal(grams) / 1000, 0))
        )  # fmt: skip
        ways = ngettext("%(num)d voyage", "%(num)d voyages", trips)
        if larger is not None:
            return f"{said} " + _("Faites %(trips)s, ou prenez : %(larger)s.", trips=ways, larger=named(larger))
        return f"{said} " + _("Faites %(trips)s.", trips=ways)
    if one.over_litres or one.over_grams:
        larger = smallest_that_takes(one.litres, one.grams)
        over = (
            _("À cet arrêt il y a %(m3)s m³ de trop.", m3=cubic(one.over_litres, number))
            if one.over_litres
            else _("À cet arrêt il y a %(kg)s kg de trop.", kg=number(Decimal(one.over_grams) / 1000, 0))
        )
        if larger is not None:
            return f"{over} " + _("Mettez-le sur une autre tournée, ou prenez : %(larger)s.", larger=named(larger))
        return f"{over} " + _("Mettez-le, ou une part, sur une autre tournée.")
    return ""


def part_of(one: Planned, driven: Driven, named: Named, number: Figure) -> str:
    """That this vehicle takes a part only, and what would take all of it."""
    if not one.stop.is_part or one.collection is None:
        return ""
    whole = one.collection
    said = _(
        "%(part)s des %(all)s m³ de cette collecte : le reste part par un autre voyage.",
        part=cubic(one.stop.volume_litres or 0, number), all=cubic(whole.litres, number),
    )  # fmt: skip
    larger = smallest_that_takes(whole.litres, whole.grams)
    if larger is not None and not driven.room.takes(whole.litres, whole.grams):
        said += " " + _("D’un seul coup, il faudrait : %(larger)s.", larger=named(larger))
    return said


def too_late(one: Planned, clock: Clock) -> str:
    """That the window cannot be kept so, and what to do; empty when it is."""
    if not one.late or one.collection is None:
        return ""
    length = (one.collection.ends_at - one.collection.starts_at).total_seconds() / 60
    if one.stop.service_minutes > length:
        return _(
            "Charger dure %(service)s min, le rendez-vous %(length)s : convenez d’un plus long.",
            service=one.stop.service_minutes, length=round(length),
        )  # fmt: skip
    return _(
        "Fini à %(leaves)s, le rendez-vous va jusqu’à %(closes)s : %(late)s min de trop. Partez plus tôt, passez cet "
        "arrêt avant d’autres, ou mettez-le sur une autre tournée.",
        leaves=clock(one.leaves_at), closes=clock(one.collection.ends_at), late=one.late,
    )  # fmt: skip


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def room_words(vehicle: str, number: Figure) -> str:
    """« 45 m³, 5 500 kg »."""
    room = room_of(vehicle)
    return f"{cubic(room.litres, number)}\u00a0m³, {number(Decimal(room.grams) / 1000, 0)}\u00a0kg"


def vehicles() -> list[str]:
    return list(taxonomy.vehicles())
