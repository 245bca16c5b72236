"""Weighing, saying what becomes of it and closing at the same moment: real processes, both databases."""

import pytest

from marketplace.carbon import checking
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, MarketplaceError, Unavailable
from marketplace.exchanges import services
from marketplace.exchanges.models import Exchange
from marketplace.reclaims import correcting_intake, intake
from marketplace.reclaims.models_intake import Weighing
from marketplace.reclaims.queries_intake import live_of, weighings_of
from tests.carbon.made import entries
from tests.reclaims.intake_world import make_dock, part

pytestmark = pytest.mark.both_databases


def patiently(act):
    """As clients do when the base is busy."""
    while True:
        try:
            with transaction():
                return act()
        except Unavailable:
            continue


def weigh_and_give(actor, exchange: str, grams: int) -> str:
    """A weighing with all its outcomes in one unit of work; what came of it."""

    def act():
        raw = {"stream": "wood", "gross_kg": str(grams / 1000), "sure": "1"}
        one = intake.weigh(actor, exchange, raw)
        intake.attribute(actor, exchange, one.public_id, [part("recycling")])

    try:
        patiently(act)
        return "weighed"
    except MarketplaceError as refused:
        return type(refused).__name__


def close(actor, exchange: str, _grams: int) -> str:
    try:
        patiently(lambda: services.move(actor, exchange, "complete"))
        return "closed"
    except Conflict as refused:
        return type(refused).__name__


def one_of(verb, *args):
    return {"weigh": weigh_and_give, "close": close, "give": give_more, "correct": correct}[verb](*args)


def give_more(actor, exchange: str, _grams: int) -> str:
    """Half of the first weighing to recycling: two at once must not make more than all of it."""
    try:
        one = weighings_of(db.session.query(Exchange.id).filter_by(public_id=exchange).scalar())[0].public_id
        patiently(lambda: intake.attribute(actor, exchange, one, [part("recycling", "0.6")]))
        return "given"
    except MarketplaceError as refused:
        return type(refused).__name__


def correct(actor, exchange: str, grams: int) -> str:
    one = weighings_of(db.session.query(Exchange.id).filter_by(public_id=exchange).scalar())[0].public_id
    raw = {"stream": "wood", "gross_kg": str(grams / 1000), "reason": "Mal tarée.", "sure": "1"}
    try:
        patiently(lambda: correcting_intake.correct(actor, exchange, one, raw, [part("recycling")]))
        return "corrected"
    except Conflict as refused:
        return type(refused).__name__


@pytest.mark.parametrize("_round", range(3))
def test_weighing_and_closing_at_the_same_moment(app, at_once, _round):
    """Whoever comes first: either the weighing is in the closed collection, sealed and in the ledger, or it is refused;
    never a collection that is closed beside an open weighing."""
    dock = make_dock()
    exchange = dock.loaded()
    dock.weighed(exchange, "wood", "100", part("recycling"))
    work = [("weigh", dock.ines, exchange, 1000 + n) for n in range(3)] + [("close", dock.ines, exchange, 0)] * 2
    answers = at_once(one_of, work)
    assert answers.count("closed") == 1
    found = dock.get(exchange)
    assert found.state == "completed"
    rows = db.session.query(Weighing).filter_by(exchange_id=found.id).all()
    assert all(one.sealed_at for one in rows)
    assert len(rows) == 1 + answers.count("weighed")
    (entry,) = entries(found.id)
    assert entry.mass_grams == sum(one.net_grams for one in rows)
    assert checking.check().entries == 1


def test_outcomes_said_twice_at_once_are_said_once(app, at_once):
    dock = make_dock()
    exchange = dock.loaded()
    dock.weigh(exchange, "wood", "1")
    answers = at_once(one_of, [("give", dock.ines, exchange, 0)] * 4)
    assert answers == ["given"] * 4
    (one,) = dock.live(exchange)
    assert sum(o.mass_grams for o in one.outcomes) <= one.net_grams


def test_two_corrections_of_the_same_weighing_at_once(app, at_once):
    dock = make_dock()
    exchange = dock.closed(("wood", "840", {}, part("recycling")))
    answers = at_once(one_of, [("correct", dock.ines, exchange, 480_000 + n) for n in range(3)])
    assert sorted(answers) == ["Conflict", "Conflict", "corrected"]
    found = dock.get(exchange)
    (live,) = live_of(weighings_of(found.id))
    assert 480_000 <= live.net_grams < 480_003
    assert [entry.status for entry in entries(found.id)] == ["counted", "reversal", "counted"]
    assert checking.check().entries == 3
