"""The demo's donations: a year of them carried to their end, and some in every state of the table today.

Each goes through the same services as a person's click, at the hour it is said to have happened.
"""

import random
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import select

from marketplace.accounts.models import Production, Site
from marketplace.accounts.permissions import Actor
from marketplace.catalogue.models import Listing
from marketplace.catalogue.services import edit_listing, publish_listing
from marketplace.core.clock import PARIS, now, today
from marketplace.core.db import db, transaction
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.received import list_received
from marketplace.exchanges.services import ExchangeRequest, LineRequest, close_overdue, move, request_exchange
from marketplace.messaging.services import post_message
from marketplace.seeding import pictures, stock
from marketplace.seeding.cast import Cast, add_listing, moving_clock

COMPLETED = 96
# (giver, receiver, receiver's production)
ROADS = (
    ("quai", "contrechamp", None),
    ("contrechamp", "quai", "heures"),
    ("contrechamp", "quai", "heures"),
    ("quai", "ecole", None),
    ("contrechamp", "ecole", None),
    ("contrechamp", "partage", None),
    ("manufacture", "deuxvies", None),
    ("deuxvies", "manufacture", None),
    ("belleville", "manufacture", None),
    ("large", "hangar", None),
    ("ecole", "quai", "heures"),
    ("deuxvies", "large", "maree"),  # six hundred kilometres: some of these do worse than new, and show it
)
WEIGHTS = (10, 10, 10, 8, 6, 5, 8, 10, 6, 8, 5, 1)
VEHICLES = ("van_3m3", "van_12m3", "van_20m3", "van_20m3", "car", None)
WORDS = (
    "Bonjour, nous montons lundi : pouvons-nous passer avant ?",
    "Très intéressés, nous avons un hayon et deux personnes.",
    "C’est pour un décor de commissariat, l’état importe peu.",
    "Nous prenons tout ce qui reste si cela vous arrange.",
)
# by house: what it received and has not put on line again, as (exchange, line, drawing)
Shelves = dict[str, list[tuple[str, str, str]]]

UNDER_WAY = (
    "requested", "requested", "requested", "confirmed", "confirmed", "appointed", "amended", "declined",
    "cancelled", "expired", "disputed",
)  # fmt: skip


def donations(
    cast: Cast,
    draw: random.Random,
    things: list[stock.Thing],
    drawings: dict[str, pictures.Drawing],
    start: datetime,
    set_clock: Callable[[datetime], None],
) -> Iterator[tuple[datetime, Callable[[], None]]]:
    """A year of donations carried to their end, each with its moment, in order."""
    given = [thing for thing in things if "donate" in thing.modes]
    shelves: Shelves = {}

    def tell(moment: datetime) -> None:
        road = draw.choices(ROADS, WEIGHTS)[0]
        _completed(cast, draw, draw.choice(given), drawings, road, moment, set_clock, shelves)

    for number in range(COMPLETED):
        moment = start - timedelta(days=360 - number * 355 // COMPLETED)
        yield moment, partial(tell, moment)


def write_present(cast: Cast, draw: random.Random) -> int:
    """Donations in every other state of the table today, but the cart; how many."""
    start = now()
    with moving_clock() as set_clock:
        for number, state in enumerate(UNDER_WAY):
            with transaction():
                _under_way(cast, draw, state, ROADS[number % len(ROADS)], start, set_clock)
    return len(UNDER_WAY)


def _hour(moment: datetime, hour: int) -> datetime:
    return datetime.combine(moment.astimezone(PARIS).date(), time(hour, 15), PARIS)


def _completed(
    cast: Cast,
    draw: random.Random,
    thing: stock.Thing,
    drawings: dict[str, pictures.Drawing],
    road: tuple[str, str, str | None],
    moment: datetime,
    set_clock: Callable[[datetime], None],
    shelves: Shelves,
) -> None:
    """Listed, asked for, accepted and handed over within a few days; what was given whole is exhausted. What came
    into a stock waits on its shelf, and some of it goes out again with its origin."""
    giver, receiver, production = road
    set_clock(_hour(moment - timedelta(days=6), 9))
    if shelves.get(giver) and draw.random() < 0.6:
        before, line, drawing = shelves[giver].pop(0)
        listing = _again(cast, giver, before, line, drawings[drawing])
    else:
        drawing = thing.drawing
        listing = _first_time(cast, draw, thing, drawings, giver)
    set_clock(_hour(moment - timedelta(days=4), 11))
    exchange = _ask(cast, draw, listing, receiver, production, listing.quantity or Decimal(1))
    set_clock(_hour(moment - timedelta(days=3), 10))
    move(cast.owner(giver), exchange.public_id, "accept", {})
    set_clock(_hour(moment, 15))
    move(cast.owner(giver), exchange.public_id, "hand_over", {"code": exchange.hand_over_code})
    shelves.setdefault(receiver, []).append((exchange.public_id, exchange.lines[0].public_id, drawing))


def _first_time(
    cast: Cast, draw: random.Random, thing: stock.Thing, drawings: dict[str, pictures.Drawing], giver: str
) -> Listing:
    values = stock.values(thing, thing.title, now(), today(), draw)
    values |= {"gone_by": None, "modes": ["donate"]}
    origin = {"quai": "heures", "large": "maree"}.get(giver)
    if origin:
        values["origin_production_id"] = cast.production_ids[origin]
    listing = add_listing(cast, giver, values, drawings[thing.drawing])
    db.session.flush()
    return listing


def _again(cast: Cast, holder: str, exchange: str, line: str, drawing: pictures.Drawing) -> Listing:
    """What an earlier exchange brought to `holder`, on line again."""
    actor = cast.owner(holder)
    listing = list_received(actor, exchange, line)
    site = db.session.get_one(Site, cast.site_ids[holder])
    edit_listing(actor, listing.public_id, {"site": site.public_id, "modes": ["donate"], "gone_by": None})
    photo = pictures.store(drawing)
    photo.alt = listing.title
    listing.photos.append(photo)
    return publish_listing(actor, listing.public_id)


def _ask(
    cast: Cast, draw: random.Random, listing: Listing, receiver: str, production: str | None, quantity: Decimal
) -> Exchange:
    production_public_id = None
    if production is not None:
        production_public_id = db.session.get_one(Production, cast.production_ids[production]).public_id
    return request_exchange(
        cast.owner(receiver),
        ExchangeRequest(
            "donation",
            lines=[LineRequest(listing.public_id, quantity)],
            production_public_id=production_public_id,
            message=draw.choice(WORDS),
            vehicle=draw.choice(VEHICLES),
        ),
    )


def _under_way(
    cast: Cast,
    draw: random.Random,
    state: str,
    road: tuple[str, str, str | None],
    start: datetime,
    set_clock: Callable[[datetime], None],
) -> None:
    """One exchange brought to `state`, from what `road`'s giver has on line."""
    giver, receiver, production = road
    set_clock(start - timedelta(hours=20) if state != "expired" else start - timedelta(days=5))
    listing = _something_to_give(cast, draw, giver)
    whole = listing.quantity or Decimal(1)
    part = max(Decimal(int(whole) // 2), Decimal(1)) if whole >= 2 else whole
    exchange = _ask(cast, draw, listing, receiver, production, part)
    owner: dict[str, Actor] = {"giver": cast.owner(giver), "receiver": cast.owner(receiver)}
    set_clock(start - timedelta(hours=3))
    public_id = exchange.public_id
    if state in ("confirmed", "appointed", "disputed"):
        move(owner["giver"], public_id, "accept", {"slots": _slots(start)})
        post_message(owner["giver"], public_id, "Le quai est au fond de la cour, sonnez à la réserve.")
    if state == "appointed":
        move(
            owner["receiver"], public_id, "appoint",
            {"pick": exchange.appointments[0].public_id, "collected_by_name": "Karim Haddad"},
        )  # fmt: skip
    elif state == "amended":
        lines: list[dict[str, Any]] = [{"id": exchange.lines[0].public_id, "quantity": "1"}]
        if part > 1:
            move(owner["giver"], public_id, "amend", {"lines": lines})
    elif state == "declined":
        move(owner["giver"], public_id, "decline", {"reason": "Finalement gardé pour une reprise de tournage."})
    elif state == "cancelled":
        move(owner["receiver"], public_id, "cancel", {"reason": "Décor modifié, nous n’en avons plus l’usage."})
    elif state == "disputed":
        move(owner["receiver"], public_id, "dispute", {"reason": "Trois pièces manquaient au rendez-vous."})
    elif state == "expired":
        set_clock(start - timedelta(hours=5))
        close_overdue(exchange.id)


def _slots(start: datetime) -> list[dict[str, str]]:
    """Two meetings on the next working days, within opening hours."""
    found: list[dict[str, str]] = []
    day = start.astimezone(PARIS).date()
    while len(found) < 2:
        day += timedelta(days=1)
        if day.weekday() < 5:
            begins = datetime.combine(day, time(10 + 4 * len(found)), PARIS)
            found.append({"starts_at": begins.isoformat(), "ends_at": (begins + timedelta(minutes=30)).isoformat()})
    return found


def _something_to_give(cast: Cast, draw: random.Random, giver: str) -> Listing:
    choices = list(
        db.session.scalars(
            select(Listing)
            .where(
                Listing.organisation_id == cast.organisation_ids[giver], Listing.state == "published",
                Listing.quantity >= 4,
            )
            .order_by(Listing.id)
        )
    )  # fmt: skip
    return draw.choice([listing for listing in choices if "donate" in listing.modes])
