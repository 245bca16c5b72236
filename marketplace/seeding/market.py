"""The demo's sales under way, one in every state, and what its people have in their carts."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from marketplace.catalogue.models import Listing
from marketplace.core.clock import PARIS
from marketplace.core.db import db, transaction
from marketplace.exchanges import cart_lines
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.exchanges.services import ExchangeRequest, LineRequest, close_overdue
from marketplace.seeding.keeping import Shelves
from marketplace.seeding.telling import Teller

IN_CART = timedelta(minutes=3)  # before the moment of seeding: a cart holds half an hour

# how far it is told, seller, buyer, days from today it was asked for on
SALES = (
    ("offered", "deuxvies", "large", -1),
    ("requested", "belleville", "quai", -1),
    ("requested", "contrechamp", "ecole", -2),
    ("to_pay", "contrechamp", "quai", -2),
    ("countered", "deuxvies", "hangar", -2),
    ("paid", "belleville", "large", -4),
    ("paid", "contrechamp", "manufacture", -3),
    ("declined", "belleville", "ecole", -3),
    ("expired", "deuxvies", "quai", -5),
    ("refunded", "contrechamp", "large", -6),
    ("disputed", "belleville", "quai", -8),
)

# whose, for which production, days, things to rent (title, quantity)
CARTS = (
    ("quai", "heures", 12, 22, (("Valises carton années 40", 6), ("Portraits d’ancêtres, cadres dorés", 4))),
    ("quai", "heures", 12, 22, (("Feuilles de décor 3 m, contreplaqué peint, ferrures comprises", 4),)),
    ("large", "printemps", 10, 17, (("Palissade de chantier patinée", 8),)),
    ("ecole", None, 26, 40, (("Machines à écrire portatives", 1), ("Postes TSF, années 30 à 50", 2))),
)  # fmt: skip
# whose, for which production, what else lies in it
BESIDE = (
    ("quai", "heures", "sale", "sell", "deuxvies"),
    ("quai", "heures", "donation", "donate", "contrechamp"),
    ("large", "maree", "donation", "donate", "deuxvies"),
)


# --- sales ------------------------------------------------------------------------------------------------------------


def write_sales(teller: Teller) -> int:
    """Sales in every state; how many."""
    for told, seller, buyer, asked in SALES:
        with transaction():
            _TELLING[told](Sold(teller, told, seller, buyer, asked))
    return len(SALES)


class Sold:
    """One sale while it is told."""

    def __init__(self, teller: Teller, told: str, seller: str, buyer: str, asked: int) -> None:
        self.teller, self.seller, self.buyer, self.asked = teller, seller, buyer, asked
        by_offer = told in ("offered", "countered")
        listing = something(teller, seller, "sell", by_offer=by_offer)
        quantity = max(Decimal(int(listing.quantity or 1) // 2), Decimal(1))
        offered = max(round((listing.price_cents or 0) * 0.8 / 100) * 100, 100) if by_offer else None
        line = LineRequest(listing.public_id, quantity, offered_cents=offered)
        self.exchange = teller.ask("sale", buyer, [line], self.after(0, 10))

    def after(self, days: int, hour: int) -> datetime:
        return self.teller.at(self.asked + days, hour)

    def by_seller(self, name: str, moment: datetime, **data: Any) -> None:
        self.teller.do(self.seller, self.exchange, name, moment, **data)

    def by_buyer(self, name: str, moment: datetime, **data: Any) -> None:
        self.teller.do(self.buyer, self.exchange, name, moment, **data)

    def accept(self) -> None:
        """With an hour to come on a coming day."""
        day = self.teller.worked(self.seller, 2)
        begins = datetime.combine(day, time(11, 30), PARIS)
        slot = {"starts_at": begins.isoformat(), "ends_at": (begins + timedelta(minutes=30)).isoformat()}
        self.by_seller("accept", self.after(1, 9), slots=[slot])

    def pay(self) -> None:
        self.accept()
        self.teller.pay(self.seller, self.exchange, self.after(2, 9))


def _countered(sold: Sold) -> None:
    """The seller asks for more than was offered: the buyer has not agreed yet."""
    line = sold.exchange.lines[0]
    unit_cents = round((line.unit_cents or 0) * 1.1 / 100) * 100 + 100
    sold.by_seller("amend", sold.after(1, 9), lines=[{"id": line.public_id, "unit_cents": unit_cents}])


def _declined(sold: Sold) -> None:
    sold.by_seller("decline", sold.after(1, 9), reason="Nous gardons cette pièce à la location.")


def _expired(sold: Sold) -> None:
    sold.teller.set_clock(sold.after(4, 9))
    close_overdue(sold.exchange.id)


def _refunded(sold: Sold) -> None:
    sold.pay()
    sold.by_buyer("cancel", sold.after(3, 10), reason="Le décor est abandonné.")
    sold.by_seller("pay_offline", sold.after(4, 10), what="refund", how="transfer", reference="Virement de retour")


def _disputed(sold: Sold) -> None:
    sold.pay()
    sold.by_buyer("dispute", sold.after(5, 10), reason="Ce n’est pas ce que montrent les photos.")


_TELLING: dict[str, Callable[[Sold], None]] = {
    "offered": lambda sold: None,
    "requested": lambda sold: None,
    "to_pay": Sold.accept,
    "countered": _countered,
    "paid": Sold.pay,
    "declined": _declined,
    "expired": _expired,
    "refunded": _refunded,
    "disputed": _disputed,
}


# --- carts ------------------------------------------------------------------------------------------------------------


def write_carts(teller: Teller, shelves: Shelves) -> int:
    """What is in the carts of the demo's people, held since a moment ago; how many lines."""
    teller.set_clock(teller.start - IN_CART)
    count = 0
    for buyer, production, first, last, things in CARTS:
        for title, quantity in things:
            with transaction():
                place = next(place for place, titles in shelves.places.items() if title in titles)
                starts_on = teller.worked(place, first)
                ends_on = teller.worked(place, last, after=starts_on)
                line = LineRequest(shelves.listings[title], Decimal(quantity), starts_on, ends_on)
                _put(teller, buyer, "rental", line, production)
                count += 1
    for buyer, production, kind, mode, owner in BESIDE:
        with transaction():
            listing = something(teller, owner, mode)
            line = LineRequest(listing.public_id, Decimal(1))
            _put(teller, buyer, kind, line, production)
            count += 1
    teller.set_clock(teller.start)
    return count


def _put(teller: Teller, buyer: str, kind: str, line: LineRequest, production: str | None) -> Exchange:
    request = ExchangeRequest(kind, [line], production_public_id=teller.production(production))
    return cart_lines.add_line(teller.cast.owner(buyer), request)


def something(teller: Teller, house: str, mode: str, *, by_offer: bool | None = None) -> Listing:
    """A listing of a house that goes that way and that nobody asked for yet: the first on line of which there are two
    or more, or the first. `by_offer`: its price is open, or not."""
    asked_for = select(ExchangeLine.id).where(ExchangeLine.listing_id == Listing.id).exists()
    mine = Listing.organisation_id == teller.cast.organisation_ids[house]
    query = select(Listing).where(mine, Listing.state == "published", ~asked_for).order_by(Listing.id)
    found = [one for one in db.session.scalars(query) if mode in one.modes and by_offer in (None, one.takes_offers)]
    found = [one for one in found if one.unit == "piece" and one.visibility == "public"]
    return next((one for one in found if (one.quantity or 0) >= 2), found[0])
