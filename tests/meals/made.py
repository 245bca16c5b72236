"""An evening on location: Alice's company has thirty curries left; charities, a crew and a person are around."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import update

from marketplace.accounts.models import Membership, Organisation
from marketplace.accounts.permissions import Actor
from marketplace.catalogue.models import Listing
from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.exchanges import services as exchanges
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from marketplace.meals import posting
from marketplace.meals.models import Leftover, MealReceiver
from marketplace.meals.posting import Posting
from marketplace.meals.rules import Post
from tests.factories import make_organisation, make_user, owner_of

ADDRESS = "Base, parking du stade, 69190 Saint-Fons"


def a_post(at: datetime, **values: Any) -> Post:
    """Thirty portions of curry, hot, made at supper, to be fetched within the hour."""
    usual = Post(
        quantity=Decimal(30),
        unit="portion",
        made_at=at - timedelta(hours=3),
        use_by=at + timedelta(hours=2),
        best_before=None,
        keep="hot",
        temperature=660,
        out_since=None,
        allergens=("milk", "nuts"),
        allergens_none=False,
        served=False,
        reheated=False,
        opens_at=at,
        closes_at=at + timedelta(hours=1),
    )
    return replace(usual, **values)


def bread(at: datetime, **values: Any) -> Post:
    """Six kilos of bread, ambient, until tomorrow."""
    usual: dict[str, Any] = {
        "quantity": Decimal(6),
        "unit": "kg",
        "keep": "ambient",
        "temperature": None,
        "use_by": None,
        "best_before": (at + timedelta(days=1)).date(),
        "allergens": ("gluten",),
    }
    return a_post(at, **{**usual, **values})


def a_posting(post: Post, **values: Any) -> Posting:
    usual: dict[str, Any] = {
        "title": "Curry de légumes, riz",
        "category": "meal_vegetarian",
        "grams": 420,
        "address": ADDRESS,
        "contact": "Sam, 06 39 98 00 01",
    }
    return Posting(post, **{**usual, **values})


def make_leftover(donor: Actor, post: Post | None = None, **values: Any) -> Leftover:
    with transaction():
        return posting.post_leftover(donor, a_posting(post or a_post(now()), **values))


def make_receiver(house: Organisation, **values: Any) -> MealReceiver:
    """With both boxes and a van, at Villeurbanne, 7 km from Saint-Fons."""
    organisation_id = house.id
    usual: dict[str, Any] = {
        "lat": 45.7719,
        "lon": 4.8902,
        "city": "Villeurbanne",
        "postcode": "69100",
        "cold_box": True,
        "hot_box": True,
        "vehicle": "van_3m3",
        "range_km": 15,
        "hours": {},
        "not_taken": [],
        "no_shows": 0,
        "updated_at": now(),
    }
    with transaction() as session:
        row = MealReceiver(organisation_id=organisation_id, **{**usual, **values})
        session.add(row)
    return row


def verify(house: Organisation) -> Organisation:
    with transaction() as session:
        session.execute(update(Organisation).where(Organisation.id == house.id).values(verified_at=now()))
    return house


@dataclass
class Evening:
    donor: Organisation
    guille: Organisation  # verified, with boxes
    gerland: Organisation  # verified, with boxes
    crew: Organisation  # neither
    alice: Actor
    gina: Actor
    theo: Actor
    carl: Actor
    person: Actor

    def post(self, post: Post | None = None, **values: Any) -> str:
        """The public id of the meal's listing."""
        return make_leftover(self.alice, post, **values).listing.public_id

    def claim(self, actor: Actor, listing: str, quantity: Any = 18, **values: Any) -> str:
        """A claim; its public id."""
        with transaction():
            request = ExchangeRequest("meal", [LineRequest(listing, quantity)], **values)
            return exchanges.request_exchange(actor, request).public_id

    def move(self, actor: Actor, exchange: str, move: str, **data: Any) -> Exchange:
        with transaction():
            return exchanges.move(actor, exchange, move, data)

    def exchange(self, public_id: str) -> Exchange:
        db.session.rollback()
        db.session.expire_all()
        return db.session.query(Exchange).filter_by(public_id=public_id).one()

    def code(self, public_id: str) -> str:
        return self.exchange(public_id).hand_over_code or ""

    def listing(self, public_id: str) -> Listing:
        db.session.rollback()
        db.session.expire_all()
        return db.session.query(Listing).filter_by(public_id=public_id).one()

    def leftover(self, public_id: str) -> Leftover:
        return db.session.get_one(Leftover, self.listing(public_id).id)


def make_evening() -> Evening:
    donor = make_organisation("Marée basse production", "production_company", owner=make_user("Alice"))
    guille = verify(make_organisation("Les Paniers de la Guille", "food_charity", owner=make_user("Gina")))
    gerland = verify(make_organisation("Entraide Gerland", "food_charity", owner=make_user("Teo")))
    crew = make_organisation("Les Films du Quai", "production_company", owner=make_user("Carl"))
    pat = make_user("Pat")
    space = next(one.organisation for one in _memberships(pat.id) if one.organisation.kind == "person")
    make_receiver(guille)
    make_receiver(gerland)
    return Evening(
        donor, guille, gerland, crew, owner_of(donor), owner_of(guille), owner_of(gerland), owner_of(crew),
        owner_of(space),
    )  # fmt: skip


def _memberships(user_id: int) -> list[Membership]:
    return list(db.session.query(Membership).filter_by(user_id=user_id))
