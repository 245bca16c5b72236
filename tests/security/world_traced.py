"""Meals of the first house: one that was fetched and reported on, one that is called back."""

from decimal import Decimal
from typing import Any

from marketplace.accounts.models import Organisation, Production
from marketplace.core.db import db, transaction
from marketplace.meals.headcounts import Seated, write_head_count
from marketplace.meals.models_traced import MealRecall
from marketplace.meals.outcomes import Outcome
from marketplace.meals.recalls import open_recall
from marketplace.meals.reporting_eaten import Said, report_eaten, report_fate
from tests import factories
from tests.meals.made_traced import handed_over, make_leftover


def traced(world: Any, giver: Organisation, taker: Organisation) -> None:
    """`eaten` is an exchange, `recall` and `notice` what was called back; dishes and reasons are secrets."""
    production = db.session.query(Production).filter_by(public_id=world.ids["production"]).one()
    left = {"keep": "ambient", "left_over": 12, "state": "expired"}
    dish = make_leftover(giver, world.word("dish"), production=production, **left)
    world.ids["meal left"] = dish.public_id
    exchange = handed_over(dish, taker, 30)
    world.ids["eaten"] = exchange.public_id
    taking, giving = factories.owner_of(taker), factories.owner_of(giver)
    whole, less = Said(None), Said(Outcome(Decimal(28), thrown=Decimal(2)), why=world.word("eatenwhy"))
    with transaction():
        report_eaten(taking, world.ids["eaten"], whole)
        report_eaten(taking, world.ids["eaten"], less)
        report_fate(giving, world.ids["meal left"], Said(Outcome(thrown=Decimal(12))))
    production = db.session.query(Production).filter_by(public_id=world.ids["production"]).one()
    with transaction():
        write_head_count(giving, production, Seated(exchange.completed_at.date(), 4321))
    back = make_leftover(giver, world.word("backdish"), keep="ambient", state="expired")
    handed_over(back, taker, 30)
    with transaction():
        open_recall(giving, back.public_id, world.word("recallreason"), world.word("recallwhat"))
    recall = db.session.query(MealRecall).one()
    world.ids["recall"], world.ids["notice"] = recall.public_id, recall.notices[0].public_id
