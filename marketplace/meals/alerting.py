"""Telling receivers in waves, as long as something is free. The order is that of `waves.py`."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import and_, exists, func, insert, select

from marketplace.accounts.models import Organisation
from marketplace.catalogue.models import Listing
from marketplace.catalogue.queries import lock_listings
from marketplace.core import geo
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.events import announce
from marketplace.exchanges.queries import free_quantities
from marketplace.jobs.outbox import enqueue
from marketplace.meals import ending, waves
from marketplace.meals.events import MealFreed, ReceiversAlerted
from marketplace.meals.models import Leftover, MealAlert, MealReceiver, MealWait
from marketplace.meals.rules import COLD, HOT

_KM_PER_DEGREE = 110.0  # of latitude, a little less than the truth: nobody within their range is left out


def plan(leftover: Leftover, at: datetime) -> None:
    """Have the next wave sent at `at`."""
    leftover.next_wave_at = at
    enqueue("meals.wave", {"listing_id": leftover.listing_id}, due_at=at)


def candidates(meal: waves.Meal, provider_id: int, km: float, listing_id: int | None = None) -> list[waves.Receiver]:
    """Those who want alerts, are about `km` away at most, may reach the meal and have what keeps it; but for its donor
    and those told of this listing."""
    south, north, west, east = geo.bounding_box(geo.Point(meal.lat, meal.lon), km)
    where = [
        MealReceiver.alerts,
        MealReceiver.lat.between(south, north),
        MealReceiver.lon.between(west, east),
        func.abs(MealReceiver.lat - meal.lat) * _KM_PER_DEGREE <= MealReceiver.range_km,
        MealReceiver.organisation_id != provider_id,
    ]
    if meal.keep == HOT:
        where.append(MealReceiver.hot_box)
    elif meal.keep == COLD:
        where.append(MealReceiver.cold_box)
    if listing_id is not None:
        told = exists().where(
            and_(MealAlert.listing_id == listing_id, MealAlert.organisation_id == MealReceiver.organisation_id)
        )
        where.append(~told)
    query = (
        select(
            MealReceiver.organisation_id,
            MealReceiver.lat,
            MealReceiver.lon,
            MealReceiver.range_km,
            Organisation.kind,
            Organisation.verified_at.is_not(None),
            MealReceiver.cold_box,
            MealReceiver.hot_box,
            MealReceiver.vehicle,
            MealReceiver.postcode,
            MealReceiver.hours,
            MealReceiver.not_taken,
            MealReceiver.no_shows,
        )
        .join(Organisation, Organisation.id == MealReceiver.organisation_id)
        .where(*where)
    )
    return [waves.Receiver(*row) for row in db.session.execute(query)]


def ranked(meal: waves.Meal, provider_id: int, listing_id: int, wanted: int, at: datetime) -> list[waves.Ranked]:
    """The first `wanted` of those who can, and one more where there is one: looked for in wider and wider rings until
    nobody beyond could be before them."""
    found: list[waves.Ranked] = []
    for km in waves.RINGS:
        near = waves.rank(meal, candidates(meal, provider_id, km, listing_id), at)
        found = [one for one in near if one.km <= km]
        if waves.settled(found, wanted + 1, meal, km, at):
            break
    return found[: wanted + 1]


def meal_of(leftover: Leftover, listing: Listing) -> waves.Meal:
    return waves.Meal(
        listing.lat or 0.0,
        listing.lon or 0.0,
        leftover.keep,
        leftover.open_to,
        listing.category_key or "food",
        leftover.pick_up_opens_at,
        leftover.pick_up_closes_at,
    )


def send_wave(listing_id: int) -> int:
    """Tell the next few of a leftover, when it is time and something is free; how many. Run twice, the second finds
    that it is not time yet."""
    at = now()
    found = lock_listings([listing_id])
    leftover = db.session.get(Leftover, listing_id, populate_existing=True)
    if not found or leftover is None or leftover.next_wave_at is None or leftover.next_wave_at > at:
        return 0
    listing = found[0]
    leftover.next_wave_at = None
    over = ending.is_over(leftover, listing.state, at) or listing.hidden_at is not None
    if over or free_quantities([listing_id])[listing_id] <= 0:
        return 0  # starts again when some of it is free again
    meal = meal_of(leftover, listing)
    size = waves.size_of(leftover.waves_sent + 1)
    first = ranked(meal, listing.organisation_id, listing_id, size, at)
    told = first[:size]
    if told:
        leftover.waves_sent += 1
        rows = [
            {
                "listing_id": listing_id,
                "organisation_id": one.organisation_id,
                "wave": leftover.waves_sent,
                "distance_km": round(one.km),
                "sent_at": at,
            }
            for one in told
        ]
        db.session.execute(insert(MealAlert), rows)
        announce(
            ReceiversAlerted(
                listing_id, leftover.waves_sent, tuple((one.organisation_id, round(one.km)) for one in told)
            )
        )
    if len(first) > len(told):
        plan(leftover, at + waves.delay(at, leftover.pick_up_closes_at))
    db.session.flush()
    return len(told)


def freed(listing_id: int) -> None:
    """Some of a leftover is free again: those who waited for it are told, and the waves go on."""
    at = now()
    leftover = db.session.get(Leftover, listing_id)
    if leftover is None:
        return
    listing = db.session.get_one(Listing, listing_id)
    if (
        ending.is_over(leftover, listing.state, at)
        or listing.hidden_at is not None
        or (listing.quantity or Decimal(0)) <= ending.held(listing_id)
    ):
        return
    waiting = list(
        db.session.scalars(
            select(MealWait).where(MealWait.listing_id == listing_id, MealWait.told_at.is_(None)).order_by(MealWait.id)
        )
    )
    for one in waiting:
        one.told_at = at
    if waiting:
        db.session.flush()
        announce(MealFreed(listing_id, tuple(one.organisation_id for one in waiting)))
    if leftover.next_wave_at is None:
        plan(leftover, at)


def due_ids(at: datetime, limit: int = 200) -> list[int]:
    """Leftovers whose wave is due, whether or not its job came."""
    query = select(Leftover.listing_id).where(Leftover.next_wave_at <= at).order_by(Leftover.next_wave_at)
    return list(db.session.scalars(query.limit(limit)))
