"""A meal is called back: everybody who had some or was coming for some is told once, and nobody can have any more."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.exchanges.asking import ExchangeRequest, LineRequest, request_exchange
from marketplace.exchanges.models import Exchange, Hold
from marketplace.meals.models import Leftover
from marketplace.meals.models_traced import MealRecall, MealRecallNotice
from marketplace.meals.queries_recalls import counted, opened_by, recall_for, told_to
from marketplace.meals.recalls import answer_recall, open_recall
from marketplace.messaging.models import Notification
from tests.factories import actor_of, make_organisation, make_user, owner_of
from tests.meals.made_traced import TONIGHT, at, handed_over, make_leftover

pytestmark = pytest.mark.both_databases

REASON = "Une mayonnaise du lot contient de la salmonelle."
WHAT = "Ne servez plus, mettez sous sac et jetez."


class World:
    """A caterer's salad: one charity has fetched 12, one has claimed 10, one knows nothing of it."""

    def __init__(self):
        at(TONIGHT)
        self.caterer = make_organisation("Traiteur Dubois", "caterer")
        self.maraude = make_organisation("La Maraude du Rhône", "food_charity", verified_at=TONIGHT)
        self.restos = make_organisation("Les Tables du Soir", "food_charity", verified_at=TONIGHT)
        self.other = make_organisation("Repas de Quartier", "food_charity", verified_at=TONIGHT)
        self.salad = make_leftover(
            self.caterer, "Salade piémontaise", category="meal_cold", quantity=40, keep="ambient", allergens=("eggs",)
        )
        self.fetched = handed_over(self.salad, self.maraude, 12)
        actor, salad = owner_of(self.restos), self.salad.public_id
        with transaction():
            self.claimed = request_exchange(actor, ExchangeRequest("meal", [LineRequest(salad, Decimal(10))]))

    def recall(self, by=None, **said):
        actor = owner_of(by or self.caterer)
        with transaction():
            return open_recall(actor, self.salad.public_id, *({"reason": REASON, "what": WHAT} | said).values())


@pytest.fixture
def world(app):
    return World()


def told(organisation, kind="meal_recalled"):
    rows = db.session.query(Notification).filter_by(organisation_id=organisation.id, kind=kind)
    return rows.order_by(Notification.id).all()


def test_a_recall_reaches_each_of_them_once(world, run_jobs, outbox_mail):
    recall = world.recall()
    assert [(n.organisation_id, n.quantity, n.fetched) for n in recall.notices] == [
        (world.maraude.id, 12, True), (world.restos.id, 10, False),
    ]  # fmt: skip
    assert [len(told(one)) for one in (world.maraude, world.restos, world.other)] == [1, 1, 0]
    # that the claim is cancelled is in the recall's own message
    assert "cancel" not in [row.data["move"] for row in told(world.restos, "exchange_moved")]
    run_jobs()
    to = [str(mail["To"]) for mail in outbox_mail() if "Rappel" in str(mail["Subject"])]
    assert len(to) == len(set(to)) == 2
    db.session.expire_all()
    claim = db.session.get(Exchange, world.claimed.id)
    assert (claim.state, claim.end_reason) == ("cancelled", REASON)
    assert db.session.query(Hold).filter_by(exchange_id=claim.id, state="active").count() == 0
    assert db.session.get(Exchange, world.fetched.id).state == "completed"


def test_nobody_can_have_any_of_it_any_more(world):
    world.recall()
    actor, salad = owner_of(world.other), world.salad.public_id
    with pytest.raises((Conflict, NotFound)), transaction():
        request_exchange(actor, ExchangeRequest("meal", [LineRequest(salad, Decimal(1))]))
    listing = db.session.get(type(world.salad), world.salad.id)
    assert listing.hidden_at is not None and listing.state == "withdrawn"
    assert db.session.get(Leftover, listing.id).ended_at is not None
    line_id, listing_id = world.claimed.lines[0].id, listing.id
    with transaction() as session:  # put back by mistake: the database still refuses to promise any of it
        back = "UPDATE listing SET state = 'published', hidden_at = NULL WHERE id = :id"
        session.execute(text(back), {"id": listing_id})
    with pytest.raises(Conflict) as refusal, transaction() as session:
        session.execute(text("DELETE FROM hold WHERE line_id = :id"), {"id": line_id})
        session.add(Hold(line_id=line_id, listing_id=listing_id, quantity=Decimal(1), starts_on=TONIGHT.date()))
    assert refusal.value.data["guard"] == "meal_recalled"


def test_each_answers_for_itself_and_the_donor_sees_who_has_not(world):
    recall = world.recall()
    first, second = (notice.public_id for notice in recall.notices)
    with transaction():
        answer_recall(owner_of(world.maraude), first, "read")
    with transaction():
        answer_recall(owner_of(world.maraude), first, "consumed", "Deux barquettes servies à 20 h.")
    with transaction():  # a double click changes nothing
        answer_recall(owner_of(world.maraude), first, "consumed")
    db.session.expire_all()
    found = recall_for(owner_of(world.caterer), recall.public_id)
    assert [[one.answer for one in notice.answers] for notice in found.notices] == [["read", "consumed"], []]
    state = counted(found.notices)
    assert (state.handed_over, state.destroyed, state.consumed, state.silent) == (12, 0, 12, 1)
    assert len(told(world.caterer, "recall_answered")) == 2
    with transaction():  # what says that it is destroyed has been read
        answer_recall(owner_of(world.restos), second, "destroyed")
    db.session.expire_all()
    found = recall_for(owner_of(world.caterer), recall.public_id)
    assert [one.answer for one in found.notices[1].answers] == ["read", "destroyed"]
    assert counted(found.notices).silent == 0


def test_to_others_it_does_not_exist(world):
    with pytest.raises(NotFound):
        world.recall(by=world.maraude)
    recall = world.recall()
    notice = recall.notices[0].public_id
    for stranger in (world.restos, world.other, world.caterer):
        with pytest.raises(NotFound), transaction():
            answer_recall(owner_of(stranger), notice, "read")
    for stranger in (world.maraude, world.other):
        with pytest.raises(NotFound):
            recall_for(owner_of(stranger), recall.public_id)
    assert [one.id for one in opened_by(world.caterer.id)] == [recall.id] and opened_by(world.maraude.id) == []
    assert len(told_to(world.maraude.id)) == 1 and told_to(world.other.id) == []


def test_it_says_why_and_what_to_do_and_is_made_once(world):
    for said in ({"reason": " "}, {"what": ""}, {"reason": "x" * 601}):
        with pytest.raises(Invalid):
            world.recall(**said)
    world.recall()
    with pytest.raises(Conflict):
        world.recall()


def test_a_moderator_calls_back_in_the_donors_place_but_never_of_their_own_house(world):
    moderator = make_user("Modérateur", moderator=True)
    with transaction():
        recall = open_recall(actor_of(moderator), world.salad.public_id, REASON, WHAT, as_moderator=True)
    assert recall.by_moderator
    assert len(told(world.maraude)) == 1 and len(told(world.caterer, "listing_hidden")) == 1
    assert recall_for(actor_of(moderator), recall.public_id).id == recall.id
    owner = owner_of(world.caterer)
    with pytest.raises(NotFound), transaction():
        open_recall(owner, world.salad.public_id, REASON, WHAT, as_moderator=True)


def test_a_moderator_of_that_house_may_not(world):
    moderator = make_user("Modératrice", moderator=True)
    house = make_organisation("Cantine des Studios", "caterer", owner=moderator)
    dish = make_leftover(house, "Gratin", keep="ambient")
    with pytest.raises(NotAllowed), transaction():
        open_recall(actor_of(moderator), dish.public_id, REASON, WHAT, as_moderator=True)


def test_its_facts_are_never_changed(world):
    recall = world.recall()
    with transaction():
        answer_recall(owner_of(world.maraude), recall.notices[0].public_id, "destroyed")
    for table in ("meal_recall", "meal_recall_notice", "meal_recall_answer"):
        with pytest.raises(Conflict), transaction() as session:
            session.execute(text(f"DELETE FROM {table}"))  # noqa: S608
    assert db.session.query(MealRecall).count() == 1 and db.session.query(MealRecallNotice).count() == 2


def test_a_recall_comes_days_later_too(world):
    at(TONIGHT + timedelta(days=3))
    recall = world.recall()
    assert recall.notices[0].fetched
    assert len(told(world.maraude)) == 1
