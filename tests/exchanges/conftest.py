"""A ressourcerie that gives, a production company that asks, and the few acts the tests repeat."""

from dataclasses import dataclass
from typing import Any

import pytest

from marketplace.accounts.models import Organisation
from marketplace.accounts.permissions import Actor
from marketplace.catalogue.models import Listing
from marketplace.core.db import db, transaction
from marketplace.exchanges import services
from marketplace.exchanges.models import Document, Exchange
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from tests.factories import make_listing, make_organisation, make_user, owner_of


@dataclass
class World:
    """Alice's ressourcerie gives six flats; Bob's company asks; Charlie has nothing to do with it."""

    giver: Organisation
    taker: Organisation
    listing: Listing
    alice: Actor
    bob: Actor
    charlie: Actor

    def ask(
        self, quantity: Any = 4, *, actor: Actor | None = None, listing: Listing | None = None, **values: Any
    ) -> str:
        """A request; its public id."""
        lines = [LineRequest((listing or self.listing).public_id, quantity)]
        with transaction():
            return services.request_exchange(actor or self.bob, ExchangeRequest("donation", lines, **values)).public_id

    def move(self, actor: Actor, exchange: str, move: str, **data: Any) -> Exchange:
        version = data.pop("version", None)
        with transaction():
            return services.move(actor, exchange, move, data, version)

    def get(self, exchange: str) -> Exchange:
        """As it is in the database now."""
        db.session.rollback()
        db.session.expire_all()
        return db.session.query(Exchange).filter_by(public_id=exchange).one()

    def get_id(self, document: Document) -> str:
        """The exchange a paper belongs to."""
        return db.session.get_one(Exchange, document.exchange_id).public_id

    def confirmed(self, quantity: Any = 4) -> str:
        """An exchange that was asked for and accepted."""
        exchange = self.ask(quantity)
        self.move(self.alice, exchange, "accept")
        return exchange

    def completed(self, quantity: Any = 4) -> str:
        exchange = self.confirmed(quantity)
        self.move(self.alice, exchange, "hand_over", code=self.get(exchange).hand_over_code)
        return exchange

    def stock(self, listing: Listing | None = None) -> Listing:
        """The listing as it is in the database now."""
        listing_id = (listing or self.listing).id
        db.session.rollback()
        db.session.expire_all()
        return db.session.get_one(Listing, listing_id)


@pytest.fixture
def world(app) -> World:
    giver = make_organisation("Ressourcerie Le Contrechamp", owner=make_user("Alice"))
    taker = make_organisation("Les Films du Quai", "production_company", owner=make_user("Bob"))
    stranger = make_organisation("Studio Ailleurs", "production_company", owner=make_user("Charlie"))
    listing = make_listing(giver)
    return World(giver, taker, listing, owner_of(giver), owner_of(taker), owner_of(stranger))
