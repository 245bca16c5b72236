"""The last ten portions, asked for by everybody at once: real processes, both databases (R1, C5)."""

import itertools
from collections import Counter
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from marketplace.accounts.permissions import Actor
from marketplace.catalogue.models import Listing
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, MarketplaceError
from marketplace.exchanges import services
from marketplace.exchanges.models import Exchange, ExchangeLine, Hold
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from marketplace.meals import alerting, jobs
from marketplace.meals.models import MealAlert, MealHandOver
from tests.concurrency.test_stock import insist
from tests.factories import make_organisation, owner_of
from tests.meals.made import a_post, make_evening, make_leftover, make_receiver, verify

pytestmark = pytest.mark.both_databases

PROCESSES, EACH = 8, 25
NUMBERS = itertools.count(1)  # the same post twice within two minutes is one meal


@pytest.fixture
def evening(app, clock):
    clock.at("2026-11-24T23:10:00+01:00")
    return make_evening()


def charities(count: int) -> list[Actor]:
    return [owner_of(verify(make_organisation(f"Maraude {n}", "food_charity"))) for n in range(count)]


def claim(actor: Actor, listing: str, times: int, quantity: str) -> list[str]:
    """What became of so many claims: granted, 409, or the name of something that should not happen."""
    outcomes = []
    request = ExchangeRequest("meal", [LineRequest(listing, quantity)])
    for _time in range(times):
        try:
            insist(lambda: services.request_exchange(actor, request))
            outcomes.append("granted")
        except Conflict as refusal:
            said = refusal.data.get("available") or refusal.data.get("guard")
            outcomes.append("409" if said else "409 without figures")
        except MarketplaceError as error:
            outcomes.append(type(error).__name__)
    return outcomes


def held(listing_id: int) -> Decimal:
    db.session.rollback()
    query = select(func.sum(Hold.quantity)).where(Hold.listing_id == listing_id, Hold.state == "active")
    return db.session.scalar(query) or Decimal(0)


def portions(evening, count: int) -> Listing:
    post = a_post(now(), quantity=Decimal(count))
    return make_leftover(evening.alice, post, title=f"Curry {next(NUMBERS)}").listing


def test_two_charities_at_once_for_the_last_ten_portions(evening, at_once):
    """One of them has them all, and the other reads that nothing is left; ten evenings over."""
    for _evening in range(10):
        meal = portions(evening, 10)
        answers = at_once(claim, [(actor, meal.public_id, 1, "10") for actor in (evening.gina, evening.theo)])
        assert sorted(answer[0] for answer in answers) == ["409", "granted"]
        assert held(meal.id) == 10


def test_two_hundred_claims_for_thirty_seven_portions_grant_exactly_those(evening, at_once):
    meal = portions(evening, 37)
    outcomes = Counter()
    for answer in at_once(claim, [(actor, meal.public_id, EACH, "1") for actor in charities(PROCESSES)]):
        outcomes.update(answer)
    assert outcomes == {"granted": 37, "409": PROCESSES * EACH - 37}
    assert held(meal.id) == 37
    states = Counter(db.session.scalars(select(Exchange.state).where(Exchange.kind == "meal")))
    assert states == {"confirmed": 37}, "each is confirmed in the same breath"
    assert db.session.scalar(select(func.count()).select_from(ExchangeLine)) == 37


def test_portions_that_do_not_divide_the_meal(evening, at_once):
    meal = portions(evening, 20)
    outcomes = Counter()
    for answer in at_once(claim, [(actor, meal.public_id, 5, "3") for actor in charities(6)]):
        outcomes.update(answer)
    assert outcomes["granted"] == 6 and held(meal.id) == 18


def hand_over(actor: Actor, exchange: str, code: str) -> str:
    try:
        data = {"code": code, "temperature_c": "66"}
        insist(lambda: services.move(actor, exchange, "hand_over", data))
        return "done"
    except (Conflict, Invalid) as refusal:
        return type(refusal).__name__


def give_up(actor: Actor, exchange: str) -> str:
    try:
        insist(lambda: services.move(actor, exchange, "cancel", {"reason": "Panne"}))
        return "done"
    except Conflict as refusal:
        return type(refusal).__name__


def test_handed_over_twice_at_once_it_leaves_once(evening, at_once):
    meal = portions(evening, 30)
    exchange = evening.claim(evening.gina, meal.public_id, 18)
    code = evening.code(exchange)
    answers = at_once(hand_over, [(evening.alice, exchange, code)] * 6)
    assert Counter(answers) == {"done": 1, "Conflict": 5}
    assert evening.listing(meal.public_id).quantity == 12
    assert db.session.scalar(select(func.count()).select_from(MealHandOver)) == 1


def mixed(act: str, actor: Actor, exchange: str, code: str) -> str:
    return hand_over(actor, exchange, code) if act == "hand_over" else give_up(actor, exchange)


def test_given_up_and_handed_over_at_once_one_of_the_two_happens(evening, at_once):
    for _round in range(6):
        meal = portions(evening, 18)
        exchange = evening.claim(evening.gina, meal.public_id, 18)
        code = evening.code(exchange)
        acts = [("hand_over", evening.alice, exchange, code), ("cancel", evening.gina, exchange, code)]
        assert Counter(at_once(mixed, acts)) == {"done": 1, "Conflict": 1}
        found = evening.listing(meal.public_id)
        state = evening.exchange(exchange).state
        assert (state, evening.listing(meal.public_id).quantity) in (("completed", 0), ("cancelled", 18))
        assert held(found.id) == 0


def wave(listing_id: int) -> int:
    return insist(lambda: alerting.send_wave(listing_id))


def test_a_wave_sent_by_several_workers_tells_each_once(evening, at_once):
    for number in range(9):
        make_receiver(verify(make_organisation(f"Association {number}", "food_charity")))
    meal = portions(evening, 30)
    assert Counter(at_once(wave, [(meal.id,)] * 6)) == {3: 1, 0: 5}
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(MealAlert)) == 3


def expire(_number: int) -> None:
    jobs.expire()


def test_ended_by_several_workers_it_ends_once(evening, at_once, clock):
    meal = portions(evening, 30)
    evening.claim(evening.gina, meal.public_id, 18)
    clock.forward(minutes=71)
    at_once(expire, [(n,) for n in range(4)])
    leftover = evening.leftover(meal.public_id)
    assert (leftover.end_reason, leftover.left_over) == ("expired", 30)
    assert evening.listing(meal.public_id).version == 3, "draft, published, expired: each once"
