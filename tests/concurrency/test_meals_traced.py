"""A recall while everybody claims, and one meal reported on from many phones: real processes, both databases."""

from collections import Counter
from decimal import Decimal

import pytest
from sqlalchemy import select

from marketplace.accounts.permissions import Actor
from marketplace.carbon import checking
from marketplace.carbon.models import LedgerEntry
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, MarketplaceError, NotFound
from marketplace.exchanges import services
from marketplace.exchanges.models import Exchange, Hold
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from marketplace.meals.models_traced import MealOutcome, MealRecall, MealRecallNotice
from marketplace.meals.recalls import open_recall
from marketplace.meals.reporting_eaten import Said, report_eaten
from tests.concurrency.test_stock import insist
from tests.factories import make_organisation, owner_of
from tests.meals.made_traced import TONIGHT, handed_over, make_leftover

pytestmark = pytest.mark.both_databases


@pytest.fixture
def quai(app, clock):
    clock.at(TONIGHT.isoformat())
    return make_organisation("Les Films du Quai", "production_company")


def charity(n: int):
    return make_organisation(f"Maraude {n}", "food_charity", verified_at=TONIGHT)


def act(actor: Actor, what: str, name: str, times: int) -> list[str]:
    """So many claims of one portion, one recall, or so many reports; what became of each."""
    outcomes = []
    for _time in range(times):
        try:
            insist(lambda: _once(actor, what, name))
            outcomes.append(f"{what}ed")
        except (Conflict, Invalid) as refusal:
            outcomes.append(type(refusal).__name__)
        except NotFound:  # what is called back is out of sight
            outcomes.append("NotFound")
        except MarketplaceError as error:
            outcomes.append(f"! {type(error).__name__}")
    return outcomes


def _once(actor: Actor, what: str, name: str) -> None:
    if what == "claim":
        services.request_exchange(actor, ExchangeRequest("meal", [LineRequest(name, Decimal(1))]))
    elif what == "recall":
        open_recall(actor, name, "Chaîne du froid rompue.", "Ne servez plus.")
    else:
        report_eaten(actor, name, Said(None))


def test_whoever_got_some_before_the_recall_is_told_and_nobody_gets_any_after(quai, at_once):
    dish = make_leftover(quai, quantity=400, keep="ambient")
    claims = [(owner_of(charity(n)), "claim", dish.public_id, 12) for n in range(3)]
    recalls = [(owner_of(quai), "recall", dish.public_id, 1)] * 2
    answers = Counter(outcome for found in at_once(act, [*claims, *recalls]) for outcome in found)
    assert answers["recalled"] == 1 and not [outcome for outcome in answers if outcome.startswith("!")]
    db.session.rollback()
    recall = db.session.query(MealRecall).one()
    claimed = set(db.session.scalars(select(Exchange.id).where(Exchange.kind == "meal")))
    told = set(db.session.scalars(select(MealRecallNotice.exchange_id).where(MealRecallNotice.recall_id == recall.id)))
    assert told == claimed and len(claimed) == answers["claimed"]
    assert set(db.session.scalars(select(Exchange.state).where(Exchange.kind == "meal"))) <= {"cancelled"}
    assert db.session.query(Hold).filter_by(listing_id=dish.id, state="active").count() == 0


def test_one_meal_reported_from_many_phones_is_counted_once(quai, at_once):
    maraude = charity(1)
    exchange = handed_over(make_leftover(quai), maraude)
    answers = at_once(act, [(owner_of(maraude), "report", exchange.public_id, 2) for _phone in range(4)])
    assert Counter(outcome for found in answers for outcome in found) == {"reported": 1, "Invalid": 7}
    db.session.rollback()
    assert db.session.query(MealOutcome).count() == 1
    states = list(db.session.scalars(select(LedgerEntry.status).order_by(LedgerEntry.position)))
    assert states == ["provisional", "reversal", "counted"]
    with transaction():
        checking.check()
