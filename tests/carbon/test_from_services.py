"""From the hand-over people really make to the entry, on both databases."""

from decimal import Decimal

import pytest

from marketplace.accounts.permissions import Actor
from marketplace.carbon import checking
from marketplace.carbon.queries import estimate_of_listing, totals_for_organisation
from marketplace.core.db import db, transaction
from marketplace.exchanges import services
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from tests.carbon.made import entries
from tests.factories import make_listing, make_organisation, make_user, owner_of

pytestmark = pytest.mark.both_databases


def handed_over(listing, giver: Actor, taker: Actor, quantity: int) -> int:
    """Asked for, accepted, handed over with the code; the exchange's id."""
    with transaction():
        request = ExchangeRequest("donation", [LineRequest(listing.public_id, quantity)])
        public_id = services.request_exchange(taker, request).public_id
    with transaction():
        services.move(giver, public_id, "accept", {}, None)
    exchange = db.session.query(Exchange).filter_by(public_id=public_id).one()
    with transaction():
        services.move(giver, public_id, "hand_over", {"code": exchange.hand_over_code}, None)
    return exchange.id


def test_a_hand_over_writes_its_entry_and_the_rest_is_estimated_anew(app):
    giver = make_organisation("Ressourcerie Le Contrechamp", owner=make_user("Alice"))
    taker = make_organisation("Les Films du Quai", "production_company", owner=make_user("Bob"))
    listing = make_listing(giver)
    assert estimate_of_listing(listing.id).result_kgco2e == Decimal("22.42512")
    (entry,) = entries(handed_over(listing, owner_of(giver), owner_of(taker), 4))
    assert (entry.status, entry.mass_grams) == ("counted", 71600)
    assert entry.result_kgco2e == Decimal("22.42512") / 6 * 4
    assert estimate_of_listing(listing.id).quantity == 2
    assert totals_for_organisation(taker.id).both.own_kgco2e == entry.result_kgco2e / 2
    assert checking.check().entries == 1
