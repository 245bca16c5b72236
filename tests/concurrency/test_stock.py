"""Never more promised than there is, and one effect for one act: real processes, both databases (R1, C5)."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from itertools import chain
from typing import Any

import pytest
from sqlalchemy import func, select

from marketplace.accounts.permissions import Actor
from marketplace.catalogue.models import Listing
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, MarketplaceError, Unavailable
from marketplace.exchanges import services
from marketplace.exchanges.models import Exchange, ExchangeLine, Hold, Move, ReceivedItem
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from tests.factories import make_listing, make_organisation, owner_of

pytestmark = pytest.mark.both_databases

PROCESSES, EACH = 8, 25


@pytest.fixture
def giver(app):
    return make_organisation()


def takers(count: int) -> list[Actor]:
    return [owner_of(make_organisation(f"Studio {number}", "production_company")) for number in range(count)]


def insist(act: Callable[[], Any]) -> Any:
    """Do `act` in a transaction; a database that was busy for five seconds (503) is asked again, as clients do."""
    while True:
        try:
            with transaction():
                return act()
        except Unavailable:
            continue


def ask(actor: Actor, listing: str, times: int, quantity: str) -> list[str]:
    """What became of so many requests: granted, 409, or the name of something that should not happen."""
    outcomes = []
    request = ExchangeRequest("donation", [LineRequest(listing, quantity)])
    for _time in range(times):
        try:
            insist(lambda: services.request_exchange(actor, request))
            outcomes.append("granted")
        except Conflict as refusal:
            outcomes.append(
                "409" if refusal.data.get("available") or refusal.data.get("guard") else "409 without figures"
            )
        except MarketplaceError as error:
            outcomes.append(type(error).__name__)
    return outcomes


def held(listing_id: int) -> Decimal:
    db.session.rollback()
    query = select(func.sum(Hold.quantity)).where(Hold.listing_id == listing_id, Hold.state == "active")
    return db.session.scalar(query) or Decimal(0)


def test_two_hundred_requests_for_what_is_left_grant_exactly_that(giver, at_once):
    listing = make_listing(giver, quantity=Decimal(37))
    outcomes = Counter()
    for answer in at_once(ask, [(actor, listing.public_id, EACH, "1") for actor in takers(PROCESSES)]):
        outcomes.update(answer)
    assert outcomes == {"granted": 37, "409": PROCESSES * EACH - 37}
    assert held(listing.id) == 37
    rows = db.session.scalar(select(func.count()).select_from(ExchangeLine))
    assert rows == 37, "a refused request left rows behind"


def test_quantities_that_do_not_divide_the_stock(giver, at_once):
    listing = make_listing(giver, quantity=Decimal(20))
    answers = at_once(ask, [(actor, listing.public_id, 5, "3") for actor in takers(PROCESSES)])
    assert Counter(chain.from_iterable(answers)) == {"granted": 6, "409": 34}
    assert held(listing.id) == 18


def ask_for_both(actor: Actor, listings: tuple[str, str], times: int) -> list[str]:
    """Two listings in one request, in the order given: the locks are taken in another."""
    outcomes = []
    request = ExchangeRequest("donation", [LineRequest(one, 1) for one in listings])
    for _time in range(times):
        try:
            insist(lambda: services.request_exchange(actor, request))
            outcomes.append("granted")
        except Conflict:
            outcomes.append("409")
    return outcomes


def test_crossed_requests_neither_deadlock_nor_overbook(giver, at_once):
    flats, chairs = make_listing(giver, quantity=Decimal(9)), make_listing(giver, "Chaises", quantity=Decimal(7))
    ways = [(flats.public_id, chairs.public_id), (chairs.public_id, flats.public_id)]
    answers = at_once(ask_for_both, [(actor, ways[n % 2], 5) for n, actor in enumerate(takers(4))])
    assert Counter(chain.from_iterable(answers)) == {"granted": 7, "409": 13}
    assert (held(flats.id), held(chairs.id)) == (7, 7)


def ask_for_what_is_overdue(actor: Actor, listing: str) -> str:
    return ask(actor, listing, 1, "6")[0]


def test_an_overdue_hold_is_given_away_once(giver, at_once, clock):
    listing = make_listing(giver)
    first, *others = takers(5)
    clock.at("2026-11-01T09:00:00+00:00")
    assert ask(first, listing.public_id, 1, "6") == ["granted"]
    clock.at("2026-11-12T09:00:00+00:00")
    answers = at_once(ask_for_what_is_overdue, [(actor, listing.public_id) for actor in others])
    assert Counter(answers) == {"granted": 1, "409": 3}
    assert held(listing.id) == 6
    assert db.session.scalar(select(func.count()).where(Exchange.state == "expired")) == 1
    assert db.session.scalar(select(func.count()).where(Move.move == "expire")) == 1


def hand_over(actor: Actor, exchange: str, code: str, version: int | None) -> str:
    try:
        insist(lambda: services.move(actor, exchange, "hand_over", {"code": code}, version))
        return "done"
    except Conflict as refusal:
        return f"409 {refusal.data['state']}"
    except Invalid:
        return "422"


def confirmed(giver, listing: Listing, quantity: int) -> Exchange:
    receiver = owner_of(make_organisation("Les Films du Quai", "production_company"))
    with transaction():
        exchange = services.request_exchange(
            receiver, ExchangeRequest("donation", [LineRequest(listing.public_id, quantity)])
        ).public_id
    with transaction():
        services.move(owner_of(giver), exchange, "accept")
    return db.session.query(Exchange).filter_by(public_id=exchange).one()


@pytest.mark.parametrize("follows_version", [True, False])
def test_two_people_hand_over_the_same_exchange(giver, at_once, follows_version):
    listing = make_listing(giver)
    exchange = confirmed(giver, listing, 4)
    listing_id, version = listing.id, exchange.version if follows_version else None
    arguments = (owner_of(giver), exchange.public_id, exchange.hand_over_code, version)
    assert sorted(at_once(hand_over, [arguments] * 4)) == ["409 completed"] * 3 + ["done"]
    db.session.expire_all()
    assert db.session.get_one(Listing, listing_id).quantity == 2
    assert held(listing_id) == 0
    assert db.session.scalar(select(func.count()).select_from(ReceivedItem)) == 1
    assert db.session.scalar(select(func.count()).where(Move.move == "hand_over")) == 1


def cancel_or_hand_over(actor: Actor, exchange: str, move: str, code: str) -> str:
    try:
        insist(lambda: services.move(actor, exchange, move, {"code": code, "reason": "Décor supprimé."}))
        return move
    except Conflict:
        return "409"


def test_a_cancellation_and_a_hand_over_cross(giver, at_once):
    listing = make_listing(giver)
    exchange = confirmed(giver, listing, 4)
    listing_id = listing.id
    moves = [(owner_of(giver), exchange.public_id, move, exchange.hand_over_code) for move in ("hand_over", "cancel")]
    answers = sorted(at_once(cancel_or_hand_over, moves))
    db.session.expire_all()
    left = db.session.get_one(Listing, listing_id).quantity
    assert (answers, left) in ((["409", "hand_over"], 2), (["409", "cancel"], 6))
    assert held(listing_id) == 0


def ask_with_key(actor: Actor, listing: str, key: str) -> str:
    request = ExchangeRequest("donation", [LineRequest(listing, 2)], key=key)
    return insist(lambda: services.request_exchange(actor, request).public_id)


def test_a_form_sent_twice_at_once_asks_once(giver, at_once):
    listing = make_listing(giver)
    actor = takers(1)[0]
    answers = at_once(ask_with_key, [(actor, listing.public_id, "one-form")] * 3)
    assert len(set(answers)) == 1
    assert held(listing.id) == 2


def lower(listing_id: int, to: str) -> str:
    def act() -> None:
        db.session.get_one(Listing, listing_id).quantity = Decimal(to)
        db.session.flush()

    try:
        insist(act)
        return "lowered"
    except Conflict:
        return "409"


def ask_or_lower(actor: Actor | None, listing_id: int, listing: str) -> list[str]:
    """Half of the processes ask for one, the others lower the quantity by choice, straight into the table."""
    if actor is not None:
        return ask(actor, listing, 5, "1")
    return [lower(listing_id, "3") for _time in range(3)]


def test_a_quantity_lowered_by_choice_never_passes_under_the_promises(giver, at_once):
    listing = make_listing(giver)
    arguments = [(actor, listing.id, listing.public_id) for actor in (*takers(3), None, None, None)]
    at_once(ask_or_lower, arguments)
    promised = held(listing.id)
    db.session.expire_all()
    assert promised <= db.session.get_one(Listing, listing.id).quantity
