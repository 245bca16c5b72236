"""The demo's gifts to somebody of the public, who has no organisation: one done, one to be fetched, one to answer."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from functools import partial

from marketplace.catalogue.models import Listing
from marketplace.core.clock import PARIS, now, today
from marketplace.core.db import db, transaction
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.services import ExchangeRequest, LineRequest, request_exchange
from marketplace.seeding import pictures, stock
from marketplace.seeding.cast import add_listing
from marketplace.seeding.market import something
from marketplace.seeding.telling import Teller

WHO = "mia"
GIVEN = (("contrechamp", -48), ("deuxvies", -23))  # by whom, days from today
WORDS = (
    "Bonjour, je meuble la salle commune de mon immeuble et je passe à vélo cargo.",
    "Bonjour, c’est pour l’atelier de quartier : je peux venir quand cela vous arrange.",
)


def gifts(
    teller: Teller, things: Sequence[stock.Thing], drawings: Mapping[str, pictures.Drawing]
) -> Iterator[tuple[datetime, Callable[[], None]]]:
    """Gifts of the past year, each with its moment."""
    draw = random.Random(WHO)
    given = [thing for thing in things if "donate" in thing.modes]
    for house, days in GIVEN:
        moment = teller.at(days, 15)
        yield moment, partial(_given, teller, house, moment, draw.choice(given), drawings, draw)


def _given(
    teller: Teller,
    house: str,
    moment: datetime,
    thing: stock.Thing,
    drawings: Mapping[str, pictures.Drawing],
    draw: random.Random,
) -> None:
    teller.set_clock(moment - timedelta(days=6))
    values = stock.values(thing, thing.title, now(), today(), draw)
    values |= {"gone_by": None, "modes": ["donate"], "open_to_public": True}
    listing = add_listing(teller.cast, house, values, drawings[thing.drawing])
    db.session.flush()
    exchange = _ask(teller, listing, listing.quantity or Decimal(1), moment - timedelta(days=4), WORDS[0])
    teller.do(house, exchange, "accept", moment - timedelta(days=3))
    teller.do(house, exchange, "hand_over", moment, code=exchange.hand_over_code)


def write_asked(teller: Teller) -> int:
    """One gift that was granted and will be fetched, one that waits for its answer; how many."""
    with transaction():
        exchange = _ask(teller, _open_one(teller, "contrechamp"), Decimal(1), teller.at(-2, 18), WORDS[1])
        day = teller.worked("contrechamp", 2)
        begins = datetime.combine(day, time(11), PARIS)
        slot = {"starts_at": begins.isoformat(), "ends_at": (begins + timedelta(minutes=30)).isoformat()}
        teller.do("contrechamp", exchange, "accept", teller.at(-1, 10), slots=[slot])
    with transaction():
        _ask(teller, _open_one(teller, "deuxvies"), Decimal(1), teller.at(-1, 20), WORDS[0])
    return 2


def _open_one(teller: Teller, house: str) -> Listing:
    listing = something(teller, house, "donate")
    listing.open_to_public = True
    return listing


def _ask(teller: Teller, listing: Listing, quantity: Decimal, moment: datetime, words: str) -> Exchange:
    teller.set_clock(moment)
    lines = [LineRequest(listing.public_id, quantity)]
    return request_exchange(teller.cast.owner(WHO), ExchangeRequest("donation", lines, message=words, vehicle="bike"))
