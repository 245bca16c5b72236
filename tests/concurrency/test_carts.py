"""Carts and requests at the same moment: one last piece, one person's windows, two sendings. Real processes."""

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from marketplace.accounts.permissions import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.exchanges import cart_acts, cart_lines, services
from marketplace.exchanges.cart_acts import Sending
from marketplace.exchanges.models import Exchange, ExchangeLine, Hold, Move
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from tests.concurrency.test_stock import held, insist, takers
from tests.factories import make_listing, make_organisation

pytestmark = pytest.mark.both_databases

DAYS = date(2026, 11, 23), date(2026, 11, 30)  # two Mondays after the clock of these tests


@pytest.fixture
def giver(app):
    return make_organisation()


def rented(giver, title="Lustre", quantity=1):
    return make_listing(giver, title, modes=["rent"], weekly_rate_cents=1000, quantity=Decimal(quantity))


def take(actor: Actor, listing: str, way: str) -> str:
    """One piece, into the cart or asked for at once."""
    request = ExchangeRequest("rental", [LineRequest(listing, 1, *DAYS)])
    try:
        if way == "cart":
            insist(lambda: cart_lines.add_line(actor, request))
        else:
            insist(lambda: services.request_exchange(actor, request))
    except Conflict as refusal:
        return "409" if refusal.data.get("available") else f"409 without figures: {refusal.message}"
    return "granted"


def test_the_last_piece_goes_into_one_cart_or_one_request(giver, at_once):
    listing = rented(giver)
    ways = ("cart", "request", "cart", "request")
    answers = at_once(take, [(actor, listing.public_id, way) for actor, way in zip(takers(4), ways, strict=True)])
    assert Counter(answers) == {"granted": 1, "409": 3}
    assert held(listing.id) == 1
    assert db.session.scalar(select(func.count()).select_from(ExchangeLine)) == 1, "a refused line left rows behind"


def fill(actor: Actor, listings: list[str], key: str) -> str:
    for number, listing in enumerate(listings):
        request = ExchangeRequest("rental", [LineRequest(listing, 1, *DAYS)], key=f"{key}-{number}")
        insist(lambda request=request: cart_lines.add_line(actor, request))
    return "filled"


def test_windows_of_one_person_fill_one_cart(giver, at_once):
    listings = [rented(giver, f"Lampe {number}", 8) for number in range(3)]
    ids = [listing.public_id for listing in listings]
    (bob,) = takers(1)
    # two windows, and the second one's forms sent twice
    answers = at_once(fill, [(bob, ids, "one"), (bob, ids[::-1], "two"), (bob, ids[::-1], "two")])
    assert answers == ["filled"] * 3
    assert db.session.scalar(select(func.count()).select_from(Exchange)) == 1
    lines = db.session.execute(select(ExchangeLine.listing_id, ExchangeLine.quantity)).all()
    assert sorted(lines) == [(listing.id, 2) for listing in listings]
    assert [held(listing.id) for listing in listings] == [2, 2, 2]


def retake(actor: Actor, way: str, target: str) -> str:
    try:
        if way == "send":
            insist(lambda: cart_acts.send_cart(actor, target, Sending()))
        elif way == "again":
            return "409" if insist(lambda: cart_acts.hold_again(actor, target)) else "granted"
        else:
            return take(actor, target, "request")
    except Conflict as refusal:
        return "409" if refusal.data.get("available") else f"409 without figures: {refusal.message}"
    return "granted"


@pytest.mark.parametrize("way", ["send", "again"])
def test_a_cart_whose_time_is_up_takes_again_only_what_is_there(giver, at_once, clock, way):
    listing = rented(giver)
    bob, *others = takers(3)
    clock.at("2026-11-11T09:00:00+00:00")
    request = ExchangeRequest("rental", [LineRequest(listing.public_id, 1, *DAYS)])
    cart = insist(lambda: cart_lines.add_line(bob, request)).public_id
    clock.at("2026-11-12T09:00:00+00:00")
    answers = at_once(retake, [(bob, way, cart), *((actor, "request", listing.public_id) for actor in others)])
    assert Counter(answers) == {"granted": 1, "409": 2}
    assert held(listing.id) == 1


def send(actor: Actor, cart: str) -> str:
    try:
        insist(lambda: cart_acts.send_cart(actor, cart, Sending(message="Pour le bar")))
    except Conflict as refusal:
        return "already" if refusal.data.get("sent") else str(refusal.message)
    return "sent"


def test_a_double_click_sends_once(giver, at_once):
    listing = rented(giver)
    (bob,) = takers(1)
    request = ExchangeRequest("rental", [LineRequest(listing.public_id, 1, *DAYS)])
    cart = insist(lambda: cart_lines.add_line(bob, request)).public_id
    assert Counter(at_once(send, [(bob, cart)] * 4)) == {"sent": 1, "already": 3}
    assert db.session.scalar(select(func.count()).where(Move.move == "request")) == 1
    assert db.session.scalars(select(Hold.state)).all() == ["active"]
