"""The demo's table: leftovers and claims in every state, and how its houses fetch, told by the services of the pages.

What is to be had now has long windows where food allows it, so that a demo that is looked at the next day still has a
table.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from marketplace.accounts.models import Production, Site
from marketplace.core.clock import PARIS
from marketplace.core.db import db, transaction
from marketplace.exchanges import stock, transitions
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.services import ExchangeRequest, LineRequest, request_exchange
from marketplace.meals import alerting, claiming, ending, posting
from marketplace.meals.models import Leftover
from marketplace.meals.posting import Posting
from marketplace.meals.receiving import Profile, save_profile
from marketplace.meals.rules import Post
from marketplace.seeding.cast import Cast
from marketplace.seeding.telling import Teller

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NIGHTS = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "18h30–1h")

# house → how it fetches
PROFILES: dict[str, dict[str, Any]] = {
    "partage": {"cold_box": True, "hot_box": True, "vehicle": "van_3m3", "range_km": 25, "capacity_portions": 150},
    "contrechamp": {"cold_box": True, "vehicle": "van_12m3", "range_km": 30, "hours": NIGHTS},
    "ecole": {"cold_box": True, "hot_box": True, "vehicle": "car", "range_km": 15, "not_taken": ("meat_fish",)},
    "hangar": {"vehicle": "bike", "range_km": 8},
}


@dataclass(frozen=True)
class Dish:
    """What is left. `lasts`: how long it may be fetched; `keeps`: how long it may be eaten, from its making."""

    title: str
    category: str
    keep: str
    quantity: str
    unit: str = "portion"
    grams: int | None = None
    temperature: int | None = None
    allergens: tuple[str, ...] = ()
    lasts: timedelta = HOUR
    keeps: timedelta = 6 * HOUR
    best_before_days: int | None = None
    packaging: str = "trays"
    more: dict[str, Any] = field(default_factory=dict)


CURRY = Dish("Curry de légumes, riz", "meal_vegetarian", "hot", "30", grams=420, temperature=680,
             allergens=("milk", "nuts"), lasts=2 * HOUR)  # fmt: skip
LASAGNE = Dish("Lasagnes au bœuf", "meal_hot", "hot", "42", grams=450, temperature=660,
               allergens=("gluten", "eggs", "milk", "celery"), lasts=90 * MINUTE)  # fmt: skip
TRAYS = Dish("Plateaux froids, quinoa et légumes", "meal_cold", "cold", "24", grams=350, temperature=32,
             allergens=("mustard", "sesame"), lasts=26 * HOUR, keeps=34 * HOUR, packaging="portions")  # fmt: skip
YOGHURTS = Dish("Yaourts et fromages de la table régie", "dairy", "cold", "8", "kg", temperature=35,
                allergens=("milk",), lasts=30 * HOUR, keeps=60 * HOUR, packaging="sealed")  # fmt: skip
FRUIT = Dish("Fruits, deux cagettes", "fruit_veg", "ambient", "12", "kg", lasts=60 * HOUR, best_before_days=4,
             packaging="bulk", more={"open_to": "crews"})  # fmt: skip
BREAD = Dish("Pains et viennoiseries", "bread", "ambient", "6", "kg", allergens=("gluten", "eggs", "milk"),
             lasts=20 * HOUR, best_before_days=1, packaging="bulk", more={"open_to": "public"})  # fmt: skip
BISCUITS = Dish("Biscuits et barres de la table régie", "snack", "ambient", "5", "kg",
                allergens=("gluten", "soya", "nuts"), lasts=5 * 24 * HOUR, best_before_days=60, packaging="sealed",
                more={"open_to": "public"})  # fmt: skip


# what was fetched: days ago, by whom
FETCHED = ((-24, "partage", LASAGNE), (-17, "partage", CURRY), (-11, "ecole", TRAYS))


def write_profiles(cast: Cast) -> None:
    """How its houses fetch."""
    for house, values in PROFILES.items():
        site = db.session.get_one(Site, cast.site_ids[house])
        save_profile(cast.owner(house), Profile(site=site.public_id, **values))


def suppers(teller: Teller) -> list[tuple[datetime, Callable[[], object]]]:
    """Evenings whose food was eaten, each with the moment it left: to be told among all that enters the ledger."""
    table = _Table(teller)
    found: list[tuple[datetime, Callable[[], object]]] = []
    for days, who, dish in FETCHED:
        at = teller.at(days, 22, 30)
        found.append((at + 31 * MINUTE, partial(_fetched, table, who, dish, at)))
    at = teller.at(-10, 22, 40)
    return [*found, (at + 40 * MINUTE, partial(_two_houses, table, at))]


def _fetched(table: "_Table", who: str, dish: Dish, at: datetime) -> None:
    meal = table.post("quai", dish, at, production="heures")
    claim = table.claim(who, meal, dish.quantity, at + 6 * MINUTE)
    table.hand_over("quai", claim, dish, at + 31 * MINUTE)


def _two_houses(table: "_Table", at: datetime) -> None:
    """Two for one supper: the first gives up, and whoever took its part did not come."""
    meal = table.post("quai", LASAGNE, at, production="heures")
    given_up = table.claim("ecole", meal, "20", at + 3 * MINUTE)
    kept = table.claim("partage", meal, "22", at + 5 * MINUTE)
    table.move("ecole", given_up, "cancel", at + 12 * MINUTE, reason="La camionnette est en panne.")
    table.hand_over("quai", kept, LASAGNE, at + 40 * MINUTE)
    table.claim("ecole", meal, "12", at + 45 * MINUTE)
    table.close(meal, at + LASAGNE.lasts + 15 * MINUTE)


def write_meals(teller: Teller) -> int:
    """What was not eaten, and what is to be had now; how many leftovers there are in all. The clock is the teller's."""
    table = _Table(teller)
    for tell in (_nobodys, _declined, _disputed, _now):
        with transaction():
            tell(table)
    teller.set_clock(teller.start)
    return db.session.query(Leftover).count()


def _nobodys(table: "_Table") -> None:
    at = table.teller.at(-4, 23, 5)
    meal = table.post("quai", CURRY, at, production="heures", fallback_bio_waste=True)
    table.close(meal, at + CURRY.lasts + 15 * MINUTE)


def _declined(table: "_Table") -> None:
    """The donor chose another, then left one without an answer."""
    at = table.teller.at(-3, 21, 50)
    meal = table.post("quai", YOGHURTS, at, production="heures", first_come=False)
    declined = table.claim("contrechamp", meal, "8", at + 10 * MINUTE)
    table.move("quai", declined, "decline", at + 20 * MINUTE, reason="Déjà promis à une association voisine.")
    table.claim("ecole", meal, "3", at + 25 * MINUTE)
    table.close(meal, at + 60 * MINUTE)


def _disputed(table: "_Table") -> None:
    at = table.teller.at(-2, 22, 15)
    meal = table.post("quai", TRAYS, at, production="heures")
    disputed = table.claim("partage", meal, "10", at + 4 * MINUTE)
    table.move("partage", disputed, "dispute", at + 50 * MINUTE, reason="Deux bacs n’avaient pas d’étiquette.")


def _now(table: "_Table") -> None:
    """What is to be had at the moment of seeding."""
    start = table.teller.start
    table.post("quai", CURRY, start - 15 * MINUTE, production="heures", fallback_bio_waste=True)
    meal = table.post("quai", TRAYS, start - 40 * MINUTE, production="heures")
    table.claim("partage", meal, "10", start - 35 * MINUTE)
    meal = table.post("quai", FRUIT, start - 50 * MINUTE, production="heures")
    table.claim("ecole", meal, "12", start - 45 * MINUTE)
    table.wait("partage", meal, start - 30 * MINUTE)
    meal = table.post("quai", BREAD, start - 20 * MINUTE, production="heures", first_come=False)
    table.claim("partage", meal, "4", start - 10 * MINUTE)
    table.post("large", BISCUITS, start - 90 * MINUTE, production="maree")


class _Table:
    """The steps of an evening, each at its moment, in one unit of work."""

    def __init__(self, teller: Teller):
        self.teller = teller
        self.cast = teller.cast

    def post(self, house: str, dish: Dish, at: datetime, *, production: str | None = None, **more: Any) -> str:
        """The public id of the listing. Its first receivers are told at once."""
        made = at - 3 * HOUR
        best = dish.best_before_days
        post = Post(
            quantity=Decimal(dish.quantity),
            unit=dish.unit,
            made_at=made,
            use_by=made + dish.keeps if best is None else None,
            best_before=_day(at) + timedelta(days=best) if best is not None else None,
            keep=dish.keep,
            temperature=dish.temperature,
            out_since=None,
            allergens=dish.allergens,
            allergens_none=not dish.allergens,
            served=False,
            reheated=False,
            opens_at=at,
            closes_at=at + dish.lasts,
            packaging=dish.packaging,
            **dish.more,
        )
        site = db.session.get_one(Site, self.cast.site_ids[house]).public_id
        shoot = self.cast.production_ids[production] if production else None
        title = db.session.get_one(Production, shoot).public_id if shoot else None
        self.teller.set_clock(at)
        leftover = posting.post_leftover(
            self.cast.owner(house),
            Posting(
                post, dish.title, dish.category, dish.grams, site=site, production=title, shooting_day=_day(made),
                contact="la régie, au portail", **more,
            ),
        )  # fmt: skip
        alerting.send_wave(leftover.listing_id)
        return leftover.listing.public_id

    def claim(self, house: str, listing: str, quantity: str, at: datetime) -> str:
        self.teller.set_clock(at)
        request = ExchangeRequest("meal", [LineRequest(listing, quantity)], vehicle=PROFILES[house]["vehicle"])
        return request_exchange(self.cast.owner(house), request).public_id

    def wait(self, house: str, listing: str, at: datetime) -> None:
        self.teller.set_clock(at)
        claiming.wait(self.cast.owner(house), self._leftover(listing).listing_id)

    def move(self, house: str, exchange: str, name: str, at: datetime, **data: Any) -> None:
        self.teller.do(house, self._exchange(exchange), name, at, **data)

    def hand_over(self, house: str, exchange: str, dish: Dish, at: datetime) -> None:
        """With the code that the receiver reads, a degree cooler than when it was posted."""
        read = {"temperature_c": str(Decimal(dish.temperature - 10) / 10)} if dish.temperature is not None else {}
        if dish.keep == "cold":
            read = {"temperature_c": "3,6"}
        code = self._exchange(exchange).hand_over_code
        self.move(house, exchange, "hand_over", at, code=code, **read)

    def close(self, listing: str, at: datetime) -> None:
        """What the product does by itself at the end: late claims fall, the rest is nobody's."""
        self.teller.set_clock(at)
        _listings, late = stock.lock([self._leftover(listing).listing_id])
        for exchange in late:
            transitions.expire(exchange)
        ending.look(self._leftover(listing).listing_id)

    def _leftover(self, listing: str) -> Leftover:
        return db.session.query(Leftover).join(Leftover.listing).filter_by(public_id=listing).one()

    def _exchange(self, public_id: str) -> Exchange:
        return db.session.query(Exchange).filter_by(public_id=public_id).one()


def _day(at: datetime) -> date:
    return at.astimezone(PARIS).date()
