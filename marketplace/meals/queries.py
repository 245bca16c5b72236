"""Reads: what can be had near whoever looks, what they offer, what they claimed, and one meal as they may see it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from marketplace.accounts.models import Organisation, Site
from marketplace.accounts.permissions import Actor, allows
from marketplace.catalogue.models import Listing
from marketplace.core import geo
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.exchanges.models import Exchange, ExchangeLine, Hold
from marketplace.exchanges.queries import free_quantities
from marketplace.exchanges.rules import is_public_id
from marketplace.meals import claiming, ending
from marketplace.meals.models import Leftover, MealAlert, MealReceiver, MealWait

RADIUS_KM = 40  # beyond, nobody drives for a supper
PER_PAGE = 20
MOST_OPEN = 400  # looked at around one place
LIVE = ("requested", "confirmed")
NO_FIGURE = Decimal(0)


@dataclass(frozen=True)
class Offer:
    """A meal as somebody sees it. `free` is what could be claimed now, `problem` why they may not (None: they may),
    `claim` what they hold of it, `km` None where nobody knows where they are."""

    listing: Listing
    leftover: Leftover
    free: Decimal
    km: float | None
    is_over: bool
    is_own: bool
    problem: str | None
    claim: Exchange | None
    waits: bool = False
    carries: int | None = None  # portions at most, as their profile says


@dataclass(frozen=True)
class Offers:
    rows: list[Offer]
    total: int
    page: int
    pages: int

    @property
    def first(self) -> int:
        return (self.page - 1) * PER_PAGE + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.page * PER_PAGE, self.total)


def place_of(organisation_id: int | None) -> tuple[geo.Point, str] | None:
    """Where a house fetches from, and the town: its profile's place, else its first site; None when it has neither."""
    if organisation_id is None:
        return None
    profile = db.session.get(MealReceiver, organisation_id)
    if profile is not None:
        return geo.Point(profile.lat, profile.lon), profile.city
    site = db.session.scalar(
        select(Site).where(Site.organisation_id == organisation_id, Site.closed_at.is_(None)).order_by(Site.id).limit(1)
    )
    return (geo.Point(site.lat, site.lon), site.city) if site else None


def open_near(actor: Actor | None, point: geo.Point | None, page: int = 1) -> Offers:
    """What can be had now within `RADIUS_KM` of `point`, the nearest first; everywhere, the first to end first, where
    there is no point."""
    at = now()
    return _page(actor, _open(point, at), page, at)


def _open(point: geo.Point | None, at: datetime) -> list[tuple[Leftover, float | None]]:
    where = [
        Leftover.ended_at.is_(None),
        Leftover.pick_up_closes_at > at,
        Listing.state == "published",
        Listing.hidden_at.is_(None),
    ]
    if point is not None:
        south, north, west, east = geo.bounding_box(point, RADIUS_KM)
        where += [Listing.lat.between(south, north), Listing.lon.between(west, east)]
    query = (
        select(Leftover)
        .join(Listing, Listing.id == Leftover.listing_id)
        .where(*where)
        .order_by(Leftover.pick_up_closes_at)
        .options(joinedload(Leftover.listing).joinedload(Listing.organisation))
        .limit(MOST_OPEN)
    )
    found = [(one, _km(point, one.listing)) for one in db.session.scalars(query)]
    if point is not None:
        near = [(one, km) for one, km in found if km is not None and km <= RADIUS_KM]
        found = sorted(near, key=lambda pair: (pair[1], pair[0].pick_up_closes_at))
    return found


def ids_near(point: geo.Point | None) -> list[str]:
    """The public ids of what can be had now, in the order of `open_near`."""
    return [leftover.listing.public_id for leftover, _far in _open(point, now())]


def own_leftovers(actor: Actor, page: int = 1) -> Offers:
    """What the actor's house posted, the newest first."""
    mine = Listing.organisation_id == actor.organisation_id
    base = select(Leftover).join(Listing, Listing.id == Leftover.listing_id).where(mine)
    total = db.session.scalar(select(func.count()).select_from(base.subquery())) or 0
    page = _within(page, total)
    query = (
        base.order_by(Leftover.listing_id.desc())
        .options(joinedload(Leftover.listing).joinedload(Listing.organisation))
        .offset((page - 1) * PER_PAGE)
        .limit(PER_PAGE)
    )
    rows = _offers(actor, [(one, None) for one in db.session.scalars(query)], now())
    return Offers(rows, total, page, _pages(total))


def claims_of(actor: Actor, live: bool = True, limit: int = 30) -> list[Exchange]:
    """The meals that the actor's house claimed: those still to fetch, or the last ones over."""
    states = Exchange.state.in_(LIVE) if live else Exchange.state.not_in(LIVE)
    query = (
        select(Exchange)
        .where(Exchange.receiver_id == actor.organisation_id, Exchange.kind == "meal", states)
        .order_by(Exchange.id.desc())
        .options(joinedload(Exchange.provider), joinedload(Exchange.lines).joinedload(ExchangeLine.listing))
        .limit(limit)
    )
    return list(db.session.scalars(query).unique())


def claims_on(listing_id: int) -> list[Exchange]:
    """Every claim of one meal, those that wait or are to be fetched first."""
    query = (
        select(Exchange)
        .join(ExchangeLine, ExchangeLine.exchange_id == Exchange.id)
        .where(ExchangeLine.listing_id == listing_id, Exchange.kind == "meal")
        .order_by(Exchange.state.not_in(LIVE), Exchange.id)
        .options(joinedload(Exchange.receiver), joinedload(Exchange.lines))
        .limit(200)
    )
    return list(db.session.scalars(query).unique())


def offer_for(actor: Actor | None, public_id: str) -> Offer:
    """One meal. Raises `NotFound` for what was withdrawn, hidden or is over, but to its donor, to who has claimed of
    it, and, of what is over, to who was told of it."""
    if not is_public_id(public_id):
        raise NotFound
    leftover = db.session.scalar(
        select(Leftover)
        .join(Listing, Listing.id == Leftover.listing_id)
        .where(Listing.public_id == public_id)
        .options(joinedload(Leftover.listing).joinedload(Listing.organisation))
    )
    if leftover is None:
        raise NotFound
    place = place_of(actor.organisation_id if actor else None)
    point = place[0] if place else None
    offer = _offers(actor, [(leftover, _km(point, leftover.listing))], now())[0]
    if offer.is_own or offer.claim is not None:
        return offer
    listing = leftover.listing
    open_to_all = listing.hidden_at is None and listing.state == "published"
    if not open_to_all and not (listing.state in ("exhausted", "expired") and _was_told(actor, listing.id)):
        raise NotFound
    return offer


def _was_told(actor: Actor | None, listing_id: int) -> bool:
    if actor is None or actor.organisation_id is None:
        return False
    told = select(MealAlert.id).where(
        MealAlert.listing_id == listing_id, MealAlert.organisation_id == actor.organisation_id
    )
    return db.session.scalar(told) is not None


def waiting_on(listing_id: int) -> int:
    query = select(func.count()).where(MealWait.listing_id == listing_id, MealWait.told_at.is_(None))
    return db.session.scalar(query) or 0


def _km(point: geo.Point | None, listing: Listing) -> float | None:
    if point is None or listing.lat is None or listing.lon is None:
        return None
    return geo.great_circle_km(point, geo.Point(listing.lat, listing.lon))


def _pages(total: int) -> int:
    return max(1, -(-total // PER_PAGE))


def _within(page: int, total: int) -> int:
    return max(1, min(page, _pages(total)))


def _page(actor: Actor | None, found: Sequence[tuple[Leftover, float | None]], page: int, at: datetime) -> Offers:
    total = len(found)
    page = _within(page, total)
    shown = found[(page - 1) * PER_PAGE : page * PER_PAGE]
    return Offers(_offers(actor, shown, at), total, page, _pages(total))


def _offers(actor: Actor | None, found: Iterable[tuple[Leftover, float | None]], at: datetime) -> list[Offer]:
    rows = list(found)
    ids = [leftover.listing_id for leftover, _far in rows]
    free = free_quantities(ids)
    house = db.session.get(Organisation, actor.organisation_id) if actor and actor.organisation_id else None
    claims = _claims(house.id, ids) if house else {}
    waits = _waits(house.id, ids) if house else set()
    profile = db.session.get(MealReceiver, house.id) if house else None
    offers = []
    for leftover, km in rows:
        listing = leftover.listing
        own = house is not None and listing.organisation_id == house.id
        over = ending.is_over(leftover, listing.state, at)
        offers.append(
            Offer(
                listing,
                leftover,
                NO_FIGURE if over else free.get(listing.id, NO_FIGURE),
                km,
                over,
                own,
                claiming.problem_for(house, profile, leftover) if house is not None and not own else None,
                claims.get(listing.id),
                listing.id in waits,
                profile.capacity_portions if profile is not None and listing.unit == "portion" else None,
            )
        )
    return offers


def _claims(organisation_id: int, listing_ids: Sequence[int]) -> dict[int, Exchange]:
    """The last claim of a house on each of these, one that still holds before those that are over."""
    query = (
        select(ExchangeLine.listing_id, Exchange)
        .join(Exchange, Exchange.id == ExchangeLine.exchange_id)
        .where(ExchangeLine.listing_id.in_(listing_ids), Exchange.receiver_id == organisation_id)
        .order_by(Exchange.state.in_(LIVE), Exchange.id)
    )
    rows: list[Any] = list(db.session.execute(query))
    return dict(rows)


def _waits(organisation_id: int, listing_ids: Sequence[int]) -> set[int]:
    query = select(MealWait.listing_id).where(
        MealWait.organisation_id == organisation_id, MealWait.listing_id.in_(listing_ids), MealWait.told_at.is_(None)
    )
    return set(db.session.scalars(query))


def may_claim(actor: Actor | None) -> bool:
    """Whether this person's role lets them ask for something for their house."""
    return actor is not None and actor.organisation_id is not None and allows(actor.role, "exchange.request")


def promised(listing_id: int) -> Decimal:
    """How much of it is claimed and not fetched yet."""
    query = select(func.coalesce(func.sum(Hold.quantity), 0)).where(
        Hold.listing_id == listing_id, Hold.state == "active", Hold.cause == "promise"
    )
    return Decimal(db.session.scalar(query) or 0)
