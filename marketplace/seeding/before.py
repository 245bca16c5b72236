"""A year of rentals and sales of the demo, carried to their end and into the ledger."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select

from marketplace.catalogue import pieces
from marketplace.catalogue.models import Piece
from marketplace.core.clock import now, today
from marketplace.core.db import db
from marketplace.exchanges.dues import dues_of
from marketplace.exchanges.models import Assignment, Exchange
from marketplace.exchanges.services import LineRequest
from marketplace.seeding import pictures, stock
from marketplace.seeding.cast import add_listing
from marketplace.seeding.keeping import Shelves
from marketplace.seeding.telling import Teller, entries_of, lines_of

RENTALS, SALES = 20, 12
LAST = 26  # days ago: what is under way today begins after
LENGTHS = (5, 7, 7, 14, 14, 21)
LENDERS = (("belleville", 7), ("contrechamp", 3), ("deuxvies", 1), ("manufacture", 1), ("port", 1))
# who rents, for which production, from how many days ago to how many days ago that production runs
RENTERS: tuple[tuple[str, str | None, int, int], ...] = (
    ("quai", "heures", 210, 0),
    ("quai", "heures", 210, 0),
    ("large", "maree", 120, 0),
    ("quai", "tram", 340, 290),
    ("quai", None, 360, 0),
    ("large", None, 360, 0),
    ("ecole", None, 360, 0),
    ("manufacture", None, 360, 0),
    ("partage", None, 360, 0),
)
SELLERS = (("belleville", "manufacture"), ("deuxvies", "manufacture"), ("contrechamp", "ecole"), ("hangar", "large"),
           ("manufacture", "belleville"), ("deuxvies", "quai"), ("contrechamp", "quai"))  # fmt: skip
# houses around one town; things seldom travel from one to another
AROUND = ({"quai", "contrechamp", "ecole", "partage"}, {"deuxvies", "belleville", "manufacture"}, {"large", "hangar"})
FAR = 5  # one rental in so many goes far
DAMAGE = {
    "outcome": "damaged", "condition": "to_repair", "remarks": "Rayures profondes, à reprendre.", "amount_cents": 1500,
}  # fmt: skip
LOSS = {"outcome": "lost", "remarks": "Introuvable au démontage."}
WORST: dict[int, dict[str, Any]] = {5: DAMAGE, 12: LOSS}  # by the rank of the rental
LATE = (3, 9, 18)

Story = tuple[datetime, Callable[[], None]]


def rentals(teller: Teller, shelves: Shelves) -> Iterator[Story]:
    """Rentals that were completed, with the moment of each end, in order. No two of a listing at the same time."""
    draw = random.Random("rentals")
    free_from: dict[str, int] = {}
    for number in range(RENTALS):
        back = -(352 - number * (352 - LAST) // RENTALS)
        lender = draw.choices([key for key, _part in LENDERS], [part for _key, part in LENDERS])[0]
        out = back - draw.choice(LENGTHS)
        free = [title for title in shelves.places[lender] if free_from.get(title, -1000) < out - 2]
        titles = draw.sample(free, min(len(free), draw.choice((1, 1, 2, 2))))
        house = teller.cast.house_of(lender)
        renters = [one for one in RENTERS if one[0] != house and -one[2] <= out and back <= -one[3]]
        around = [one for one in renters if any({house, one[0]} <= town for town in AROUND)]
        renter, production, _first, _last = draw.choice(around if around and number % FAR else renters)
        parts = [(title, draw.uniform(0.3, 0.8)) for title in titles]
        if not titles:
            continue
        days_late = 2 if number in LATE else 0
        free_from |= dict.fromkeys(titles, back + days_late)
        starts_on = teller.worked(lender, out)
        ends_on = teller.worked(lender, back, after=starts_on)
        moment = teller.on(ends_on + timedelta(days=days_late), 16)
        told = Rented(lender, renter, production, parts, starts_on, ends_on, moment, WORST.get(number))
        yield moment, partial(_tell, teller, shelves, told)


@dataclass(frozen=True)
class Rented:
    """A rental of the past: parts of what there is of each thing, its days, when it came back and how."""

    lender: str
    renter: str
    production: str | None
    parts: Sequence[tuple[str, float]]
    starts_on: date
    ends_on: date
    moment: datetime
    worst: dict[str, Any] | None


def _tell(teller: Teller, shelves: Shelves, told: Rented) -> None:
    """Asked for a week before, agreed, paid, out and back; what was damaged or lost is charged and paid."""
    house = teller.cast.house_of(told.lender)
    things = [(title, max(1, int(float(shelves.listing(title).quantity or 1) * part))) for title, part in told.parts]
    lines = lines_of(shelves.listings, things, told.starts_on, told.ends_on)

    def before(days: int, hour: int) -> datetime:
        return teller.on(told.starts_on - timedelta(days=days), hour)

    exchange = teller.ask("rental", told.renter, lines, before(9, 10), production=told.production)
    teller.do(house, exchange, "accept", before(8, 9))
    teller.pay(house, exchange, before(7, 15), "order" if teller.asked % 3 == 0 else "transfer")
    teller.take_deposit(house, exchange, before(0, 12))
    teller.hand_over(house, exchange, before(0, 13))
    teller.do(house, exchange, "return", told.moment, entries=entries_of(exchange, told.worst))
    teller.do(house, exchange, "complete", told.moment + timedelta(minutes=20))
    _settle(teller, house, exchange, told.moment + timedelta(minutes=40))
    _mend(teller, house, exchange, told.moment + timedelta(days=12))


def _settle(teller: Teller, house: str, exchange: Exchange, moment: datetime) -> None:
    """What was ordered is paid, what was charged too, and the deposit goes back."""
    dues = dues_of(exchange)
    if dues.to_pay:
        teller.do(house, exchange, "pay_offline", moment, what="price", how="transfer", reference="Facture réglée")
    if dues.charges_to_pay:
        teller.do(house, exchange, "pay_offline", moment, what="charge", how="transfer", reference="Facture de retour")
    teller.give_deposit_back(house, exchange, moment)


def _mend(teller: Teller, house: str, exchange: Exchange, moment: datetime) -> None:
    """Pieces that came back damaged are repaired."""
    broken = (
        select(Piece.public_id)
        .join(Assignment, Assignment.piece_id == Piece.id)
        .where(Assignment.exchange_id == exchange.id, Piece.state == "repair")
    )
    teller.set_clock(moment)
    for public_id in list(db.session.scalars(broken)):
        pieces.back_from_repair(teller.cast.owner(house), public_id, "good", "Poncé et repris.", 1500)


# --- sales ------------------------------------------------------------------------------------------------------------


def sales(teller: Teller, things: Sequence[stock.Thing], drawings: dict[str, pictures.Drawing]) -> Iterator[Story]:
    """Sales that were completed, with the moment of each end, in order."""
    draw = random.Random("sales")
    sold = [thing for thing in things if "sell" in thing.modes]
    for number in range(SALES):
        seller, buyer = SELLERS[number % len(SELLERS)]
        moment = teller.at(-(340 - number * 325 // SALES), 17)
        yield (
            moment,
            partial(_sold, teller, random.Random(f"sale {number}"), seller, buyer, draw.choice(sold), drawings, moment),
        )


def _sold(
    teller: Teller,
    draw: random.Random,
    seller: str,
    buyer: str,
    thing: stock.Thing,
    drawings: dict[str, pictures.Drawing],
    moment: datetime,
) -> None:
    """Put on line, bought whole and paid within a week; an order is paid by its date."""
    teller.set_clock(moment - timedelta(days=8))
    values = stock.values(thing, thing.title, now(), today(), draw)
    offered = draw.random() < 0.4
    values |= {"gone_by": None, "modes": ["sell"], "takes_offers": offered, "available_from": None}
    listing = add_listing(teller.cast, seller, values, drawings[thing.drawing])
    db.session.flush()
    asks = int(listing.price_cents or 0)
    offer = max(round(asks * 0.85 / 100) * 100, 100) if offered else None
    line = LineRequest(listing.public_id, listing.quantity or 1, offered_cents=offer)
    exchange = teller.ask("sale", buyer, [line], moment - timedelta(days=6))
    teller.do(seller, exchange, "accept", moment - timedelta(days=5))
    how = draw.choice(("transfer", "card", "order", "cheque"))
    teller.pay(seller, exchange, moment - timedelta(days=4), how)
    teller.hand_over(seller, exchange, moment)
    if how == "order":
        teller.pay(seller, exchange, moment + timedelta(hours=2))
