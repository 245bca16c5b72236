"""Several people at one call at the same moment: one choice, one exchange; one form, one call. Real processes."""

from collections import Counter

import pytest
from sqlalchemy import func, select

from marketplace.accounts.permissions import Actor
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.exchanges.models import Exchange, Move
from marketplace.reclaims import calls, choosing, offering
from marketplace.reclaims.models import ReclaimCall, ReclaimOffer
from tests.concurrency.test_stock import insist
from tests.factories import actor_of, add_member, make_organisation, make_user, owner_of
from tests.reclaims.trade import make_call, make_collector, offer, send, sent_call, strike, visit

pytestmark = pytest.mark.both_databases


@pytest.fixture
def house(app):
    return make_organisation("Les Films du Quai", "production_company")


def managers(house, count: int) -> list[Actor]:
    found = [owner_of(house)]
    for number in range(count - 1):
        user = make_user(f"Régie {number}")
        add_member(house, user, "manager")
        found.append(actor_of(user, house))
    return found


def choose(actor: Actor, call: str, offer_id: str) -> str:
    try:
        return insist(lambda: choosing.choose(actor, call, offer_id).public_id)
    except Conflict:
        return "409"


def test_two_managers_choose_two_offers_at_once(house, at_once):
    """Four people, two offers: exactly one exchange, and everybody who chose that offer gets it."""
    first, second = make_collector("Le Contrechamp"), make_collector("Le Tri")
    call = sent_call(house)
    ids = [offer(one, call).public_id for one in (first, second)]
    answers = at_once(choose, [(who, call.public_id, ids[n % 2]) for n, who in enumerate(managers(house, 4))])
    exchange = db.session.scalars(select(Exchange)).one()
    assert Counter(answers) == {exchange.public_id: 2, "409": 2}
    states = Counter(db.session.scalars(select(ReclaimOffer.state)))
    assert states == {"chosen": 1, "not_chosen": 1}
    assert db.session.scalar(select(func.count()).select_from(Move)) == 1
    kept = db.session.scalars(select(ReclaimCall)).one()
    assert (kept.state, kept.exchange_id) == ("chosen", exchange.id)


def change(actor: Actor, call: str, cents: int) -> str:
    try:
        return insist(lambda: offering.offer(actor, call, visit(price_cents=cents)).state)
    except Conflict:
        return "409"


def test_an_offer_is_changed_while_it_is_chosen(house, at_once):
    """Either the choice finds the offer as it was, or it is told that it has changed: never both."""
    centre = make_collector()
    call = sent_call(house)
    made = offer(centre, call)
    work = [(owner_of(house), call.public_id, made.public_id), (owner_of(centre), call.public_id, 9900)]
    answers = at_once(_either, work)
    exchanges = db.session.scalars(select(Exchange)).all()
    living = Counter(db.session.scalars(select(ReclaimOffer.state)))
    if exchanges:
        assert answers.count("409") == 1 and living == {"chosen": 1}
    else:
        assert answers.count("409") == 1 and living == {"withdrawn": 1, "offered": 1}


def _either(actor: Actor, call: str, what: str | int) -> str:
    return choose(actor, call, what) if isinstance(what, str) else change(actor, call, what)


def ask(actor: Actor, key: str) -> str:
    return insist(lambda: calls.make_call(actor, strike(), key=key).public_id)


def test_a_form_sent_several_times_at_once_makes_one_call(house, at_once):
    answers = at_once(ask, [(owner_of(house), "formulaire") for _turn in range(4)])
    assert len(set(answers)) == 1
    assert db.session.scalar(select(func.count()).select_from(ReclaimCall)) == 1


def test_two_people_of_one_collector_answer_at_once(house, at_once):
    """Two prices: the later one stands, the other is withdrawn."""
    centre = make_collector()
    call = send(house, make_call(house))
    answers = at_once(change, [(owner_of(centre), call.public_id, cents) for cents in (100, 200, 300)])
    assert answers == ["offered"] * 3
    assert Counter(db.session.scalars(select(ReclaimOffer.state))) == {"offered": 1, "withdrawn": 2}
    with transaction():
        offering.withdraw(owner_of(centre), call.public_id)
