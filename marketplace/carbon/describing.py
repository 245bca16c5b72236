"""A completed line as the method sees it: the thing, who takes it, how it travels, what was done to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import or_, select

from marketplace.accounts.models import Site
from marketplace.carbon import custody, uses
from marketplace.carbon.bridge import Bridged, Knowledge, Thing, bridge, line_mass, receiver_of
from marketplace.carbon.claims import Named, Party, parties, party_of
from marketplace.carbon.eaten import described_meal, fetching
from marketplace.carbon.libraries import knowledge_on
from marketplace.carbon.logistics import Trip, load_shares, road_distance, upkeep_line
from marketplace.carbon.models import Upkeep
from marketplace.carbon.numbers import plain
from marketplace.carbon.parameters import Parameters
from marketplace.carbon.product_data import product_of
from marketplace.carbon.reasons import NotQuantified
from marketplace.carbon.sharing import agreed_giver_share
from marketplace.catalogue import taxonomy
from marketplace.core.clock import PARIS, now
from marketplace.core.db import db
from marketplace.core.geo import Point, great_circle_km
from marketplace.exchanges.models import Exchange, ExchangeLine

# Two places of one country farther apart have a sea between them: whoever knows the way gives the distance.
FARTHEST_BY_ROAD_KM = 1500


@dataclass(frozen=True)
class Facts:
    """What of a line is known without any calculation."""

    occurred_on: date
    parties: list[Party]
    predecessor: Named | None
    receiver: str  # production, public, stock
    knowledge: Knowledge
    parameters: Parameters  # notes those of allocation and distance


# The method's inputs of a line: `described`, or what somebody states who measured each term (`ledger replay`).
Describe = Callable[[Exchange, ExchangeLine, Facts], Bridged]


def day_of(exchange: Exchange) -> date:
    return (exchange.completed_at or now()).astimezone(PARIS).date()


def counted_lines(exchange: Exchange) -> list[ExchangeLine]:
    """Its lines without those that stand for a set, whose parts are lines of their own."""
    sets = {line.parent_line_id for line in exchange.lines}
    return [line for line in exchange.lines if line.id not in sets]


def facts_of(exchange: Exchange, line: ExchangeLine) -> Facts:
    day = day_of(exchange)
    knowledge = knowledge_on(day).knowing(product_of(line.listing_id, day))
    noted = knowledge.parameters.noted()
    giver = party_of("giver", exchange.provider, exchange.provider_production)
    receiver = party_of("receiver", exchange.receiver, exchange.receiver_production)
    rented = exchange.kind == "rental" or uses.rented_before(exchange, line)
    before = custody.brought_in_by(line.listing, exchange.provider, rented)
    bringer = party_of("bringer", before.provider, before.provider_production) if before is not None else None
    return Facts(
        occurred_on=day,
        parties=parties(giver, receiver, bringer, *_shares(exchange, noted)),
        predecessor=custody.predecessor_of(line.listing, day, line.id),
        receiver=receiver_of(exchange.receiver.kind, exchange.receiver_production_id is not None),
        knowledge=knowledge,
        parameters=noted,
    )


def _shares(exchange: Exchange, noted: Parameters) -> tuple[str, str]:
    """The giver's share and the receiver's: as both agreed, else the method's."""
    agreed = agreed_giver_share(exchange.id)
    if agreed is None:
        return noted.get("allocation.giver").value, noted.get("allocation.receiver").value
    return plain(agreed), plain(1 - agreed)


def described(exchange: Exchange, line: ExchangeLine, facts: Facts, thing: Thing | None = None) -> Bridged:
    """The inputs of a line from what was agreed and done; `thing` where it is measured anew. Raises NotQuantified."""
    thing = thing or thing_of(line)
    part = _load_share(exchange, line, facts.knowledge)
    trip = _trip(exchange, line, facts, part)
    if exchange.kind == "meal":
        on_foot = exchange.vehicle is None and (profile := fetching(exchange)) is not None and profile.vehicle is None
        made = described_meal(line, thing, facts.knowledge, None if on_foot else trip)
    else:
        own = uses.of_rental(exchange, line) if exchange.kind == "rental" else ()
        made = bridge(exchange.kind, thing, facts.receiver, facts.knowledge, trip, own)
    more = _upkeep(exchange, line, facts, part)
    if more:
        made.inputs["extra"] = [*made.inputs.get("extra", []), *more]
    return made


def thing_of(line: ExchangeLine) -> Thing:
    """The line as it was agreed, whatever became of the listing; its size and route are the listing's."""
    listing = line.listing
    return Thing(
        category=taxonomy.categories().get(line.category_key),
        quantity=line.quantity,
        unit=line.unit,
        mass_kg=Decimal(line.mass_grams) / 1000 if line.mass_grams else None,
        weighed=line.mass_source == "weighed",
        materials=[(part["key"], Decimal(str(part["share"]))) for part in line.materials or ()],
        size_cm=(listing.length_cm, listing.width_cm, listing.height_cm),
        route_avoided=listing.route_avoided if listing.origin_line_id is None else None,
    )


def _load_share(exchange: Exchange, line: ExchangeLine, knowledge: Knowledge) -> Decimal:
    """This line's part of the vehicle that carries them all."""
    masses: list[Decimal | None] = []
    lines = counted_lines(exchange)
    for one in lines:
        try:
            masses.append(line_mass(thing_of(one), knowledge.materials)[0])
        except NotQuantified:
            masses.append(None)
    return load_shares(masses)[[one.id for one in lines].index(line.id)]


def _trip(exchange: Exchange, line: ExchangeLine, facts: Facts, part: Decimal) -> Trip:
    """The vehicle, and how far; what is rented also comes back."""
    fetches = fetching(exchange) if exchange.kind == "meal" else None  # a meal is fetched as its receiver always does
    vehicle = taxonomy.vehicles().get(exchange.vehicle or (fetches.vehicle if fetches else None) or "")
    distance = exchange.distance_km
    if vehicle is None:
        return Trip()
    if distance is None:
        start = _start(exchange, line)
        end = Point(fetches.lat, fetches.lon) if fetches and exchange.destination_lat is None else _end(exchange)
        if start and end and (straight := great_circle_km(start, end)) <= FARTHEST_BY_ROAD_KM:
            distance = road_distance(straight, facts.parameters)
    return Trip(vehicle, distance, part, legs=2 if exchange.kind == "rental" else 1)


def _upkeep(exchange: Exchange, line: ExchangeLine, facts: Facts, part: Decimal) -> Sequence[dict[str, Any]]:
    """Cleaning, storage and repair of this line, and its part of what was done for the whole exchange."""
    query = select(Upkeep).where(
        Upkeep.exchange_id == exchange.id, or_(Upkeep.line_id.is_(None), Upkeep.line_id == line.id)
    )
    rows = db.session.scalars(query.order_by(Upkeep.id))
    return [upkeep_line(row, part if row.line_id is None else Decimal(1), facts.parameters) for row in rows]


def _start(exchange: Exchange, line: ExchangeLine) -> Point | None:
    site = db.session.get(Site, exchange.site_id) if exchange.site_id else line.listing.site
    if site is not None:
        return Point(site.lat, site.lon)
    listing = line.listing
    return Point(listing.lat, listing.lon) if listing.lat is not None and listing.lon is not None else None


def _end(exchange: Exchange) -> Point | None:
    """Where it goes: the destination named, else the production's base, else the receiver's first site."""
    if exchange.destination_lat is not None and exchange.destination_lon is not None:
        return Point(exchange.destination_lat, exchange.destination_lon)
    production = exchange.receiver_production
    if production is not None and production.base_lat is not None and production.base_lon is not None:
        return Point(production.base_lat, production.base_lon)
    query = select(Site).where(Site.organisation_id == exchange.receiver_id, Site.closed_at.is_(None)).order_by(Site.id)
    site = db.session.scalar(query.limit(1))
    return Point(site.lat, site.lon) if site else None
