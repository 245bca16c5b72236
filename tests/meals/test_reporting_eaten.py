"""The receiver says what was eaten: what the ledger takes of it, until when, and what is refused; on both databases."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text

from marketplace.carbon import checking, eaten, explaining, queries
from marketplace.carbon.numbers import six
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.jobs.models import OutboxRow
from marketplace.meals.models_traced import MealOutcome
from marketplace.meals.outcomes import Outcome
from marketplace.meals.reporting_eaten import Said, report_eaten, report_fate
from tests.carbon.made import entries
from tests.factories import make_organisation, make_production, owner_of
from tests.meals.made_traced import TONIGHT, at, handed_over, later, make_leftover

pytestmark = pytest.mark.both_databases


@pytest.fixture
def quai(app):
    """A production company that feeds its crew."""
    at(TONIGHT)
    return make_organisation("Les Films du Quai", "production_company")


@pytest.fixture
def maraude(app):
    """A charity that fetches what is left."""
    return make_organisation("La Maraude du Rhône", "food_charity")


def say(organisation, exchange, outcome=None, **more):
    actor, public_id = owner_of(organisation), exchange.public_id
    with transaction():
        return report_eaten(actor, public_id, Said(outcome, **more))


def parts(**given):
    return Outcome(**{name: Decimal(str(value)) for name, value in given.items()})


def test_a_meal_is_provisional_until_its_receiver_has_spoken(quai, maraude):
    production = make_production(quai)
    lasagne = make_leftover(quai, production=production)
    exchange = handed_over(lasagne, maraude, vehicle="van_12m3", distance_km=Decimal(6))
    (entry,) = entries(exchange.id)
    assert (entry.kind, entry.status, entry.mass_grams, entry.into_stock) == ("food", "provisional", 13500, False)
    # van of 12 m³, there and back, all the load: −12 km × 0.24816
    assert six(entry.result_kgco2e) == six(-12 * Decimal(entry.body["factors_used"][-1]["kgco2e_per_unit"]))
    assert entry.body["notes"] == ["not_reported"]
    before = entry.result_kgco2e

    later(2)
    say(maraude, exchange, parts(eaten=24, composted=6))
    first, back, final = entries(exchange.id)
    assert (first.status, back.status, final.status) == ("provisional", "reversal", "counted")
    assert (back.reverses_id, back.result_kgco2e) == (first.id, -before)
    assert final.replaces_id == first.id
    assert back.occurred_on == final.occurred_on == date(2026, 11, 14)
    # 24 × 0.7 × 2.04, less what incineration gave back, less composting, less the van
    by_hand = Decimal("34.272") + Decimal("10.8") * Decimal("-0.081") + Decimal("2.7") * Decimal("-0.195") + before
    assert six(final.result_kgco2e) == six(by_hand) == six(Decimal("32.8707") + before)
    assert final.body["notes"] == []
    assert final.body["parties"][0]["production"] == production.public_id
    totals = queries.totals_for_production(production.id)
    assert totals.reuse.whole_kgco2e == final.result_kgco2e and totals.reuse.own_kgco2e == final.result_kgco2e / 2
    assert totals.reuse.mass_grams == 13500 and totals.reclaim.entry_count == 0
    checking.check()


def test_a_batch_that_was_wholly_spoiled_stays_negative(quai, maraude):
    exchange = handed_over(make_leftover(quai), maraude)
    say(maraude, exchange, parts(composted=30))
    final = entries(exchange.id)[-1]
    # 13.5 kg × (−0.081 − 0.114): composting gives back less than burning did
    assert six(final.result_kgco2e) == "-2.632500"
    assert queries.totals_all().both.whole_kgco2e == final.result_kgco2e
    checking.check()


def test_one_tap_says_that_all_was_eaten(quai, maraude):
    exchange = handed_over(make_leftover(quai), maraude)
    row = say(maraude, exchange)
    assert (row.eaten, row.thrown, row.edible_percent) == (30, 0, 100)
    assert six(entries(exchange.id)[-1].result_kgco2e) == six(Decimal("42.84") + Decimal("13.5") * Decimal("-0.081"))


def test_raw_food_states_what_can_be_eaten_of_it(quai, maraude):
    apples = make_leftover(quai, "Pommes", category="fruit_veg", quantity=5, keep="ambient", allergens=())
    exchange = handed_over(apples, maraude, 5)
    with pytest.raises(Invalid) as refusal:
        say(maraude, exchange)
    assert list(refusal.value.errors) == ["edible_percent"]
    row = say(maraude, exchange, edible_percent=90, peelings="composted")
    assert (row.eaten, row.composted, row.thrown) == (Decimal("4.5"), Decimal("0.5"), 0)
    line = entries(exchange.id)[-1].body["inputs"]["lines"][0]
    assert (line["edible_share"], line["eaten_share"]) == ("0.9", "1")


@pytest.mark.parametrize(("days", "hours", "status"), [(7, 0, "counted"), (7, 2, "provisional"), (8, 0, "provisional")])
def test_the_seventh_day_counts_and_no_day_after_it(quai, maraude, days, hours, status):
    """23:10 in Paris, and two hours after that the eighth day has begun."""
    exchange = handed_over(make_leftover(quai), maraude)
    later(days, hours)
    say(maraude, exchange)
    assert entries(exchange.id)[-1].status == status
    assert db.session.query(MealOutcome).count() == 1  # what is traced is kept either way
    checking.check()


def test_what_was_said_in_time_can_be_put_right_later_and_says_why(quai, maraude):
    exchange = handed_over(make_leftover(quai), maraude)
    say(maraude, exchange)
    later(20)
    with pytest.raises(Invalid) as refusal:
        say(maraude, exchange, parts(eaten=20, thrown=10))
    assert "why" in refusal.value.errors
    say(maraude, exchange, parts(eaten=20, thrown=10), why="Dix barquettes sont revenues.")
    final = entries(exchange.id)[-1]
    assert (final.status, final.body["correction"]["reason"]) == ("counted", "Dix barquettes sont revenues.")
    assert six(final.result_kgco2e) == six(20 * Decimal("1.428") + 9 * Decimal("-0.081"))
    checking.check()


def test_what_came_too_late_stays_out_of_the_ledger_however_often_it_is_said(quai, maraude):
    exchange = handed_over(make_leftover(quai), maraude)
    later(9)
    say(maraude, exchange)
    say(maraude, exchange, parts(eaten=29, thrown=1), why="Une barquette ouverte.")
    assert [entry.status for entry in entries(exchange.id)] == ["provisional"]


@pytest.mark.parametrize(
    ("outcome", "field"),
    [
        (parts(eaten=29), "eaten"),  # one is missing
        (parts(eaten=30, thrown=1), "eaten"),  # one too many
        (parts(eaten=31, thrown=-1), "thrown"),
        (parts(eaten="29.9", thrown="0.1"), "eaten"),  # a tenth of a tray
    ],
)
def test_what_does_not_make_what_was_handed_over_is_refused(quai, maraude, outcome, field):
    exchange = handed_over(make_leftover(quai), maraude)
    with pytest.raises(Invalid) as refusal:
        say(maraude, exchange, outcome)
    assert field in refusal.value.errors
    assert [entry.status for entry in entries(exchange.id)] == ["provisional"]


def test_only_its_receiver_says_it_and_only_once_it_has_it(quai, maraude):
    stranger = make_organisation("Traiteur Dubois", "caterer")
    lasagne = make_leftover(quai)
    exchange = handed_over(lasagne, maraude, 20)
    with pytest.raises(NotAllowed):
        say(quai, exchange)
    with pytest.raises(NotFound):
        say(stranger, exchange)
    claim = handed_over(lasagne, stranger, 5, state="confirmed")
    with pytest.raises(Conflict):
        say(stranger, claim)


def test_the_database_refuses_what_does_not_add_up(quai, maraude):
    exchange = handed_over(make_leftover(quai), maraude)
    row = say(maraude, exchange)
    row_id, values = row.id, {"listing_id": row.listing_id, "line_id": row.line_id, "edible_percent": 100}

    def write(**more):
        with transaction() as session:
            session.add(MealOutcome(**values, reported_at=TONIGHT, replaces_id=row_id, why="Autrement.", **more))

    with pytest.raises(Conflict):  # 12 of 30
        write(quantity=Decimal(12), eaten=Decimal(12), composted=0, digested=0, thrown=0)
    with pytest.raises(Exception, match=r"ck_meal_outcome_whole|CHECK"):
        write(quantity=Decimal(30), eaten=Decimal(12), composted=0, digested=0, thrown=0)
    for statement in ("UPDATE meal_outcome SET thrown = 0", "DELETE FROM meal_outcome"):
        with pytest.raises(Conflict), transaction() as session:
            session.execute(text(statement))


def test_what_the_ledger_could_not_take_is_tried_again(quai, maraude, monkeypatch, run_jobs):
    exchange = handed_over(make_leftover(quai), maraude)
    monkeypatch.setattr(eaten, "take_report", lambda outcome_id: 1 / 0)
    say(maraude, exchange)
    assert [entry.status for entry in entries(exchange.id)] == ["provisional"]
    assert db.session.query(OutboxRow).filter_by(job="carbon.take_report").count() == 1
    monkeypatch.undo()
    run_jobs()
    assert entries(exchange.id)[-1].status == "counted"


def test_a_report_taken_twice_counts_once(quai, maraude):
    exchange = handed_over(make_leftover(quai), maraude)
    row_id = say(maraude, exchange).id
    with transaction():
        assert eaten.take_report(row_id) is None
    assert len(entries(exchange.id)) == 3


def test_each_term_of_the_figure_can_be_read(quai, maraude):
    exchange = handed_over(make_leftover(quai), maraude)
    say(maraude, exchange, parts(eaten=24, composted=4, digested=2))
    found = explaining.explain_entry(entries(exchange.id)[-1])
    keys = {row.factor.key for row in found.terms}
    assert {"cat.meal_avg", "eol.incineration.food", "eol.composting.food", "eol.digestion.food"} <= keys
    assert found.causes[0].code.startswith("factor:cat.meal_avg")


def test_nothing_is_claimed_for_what_nobody_took_and_its_fate_is_kept(quai, maraude):
    soup = make_leftover(quai, "Soupe", category="soup", quantity=12, left_over=12)
    actor, public_id = owner_of(quai), soup.public_id
    with transaction():
        row = report_fate(actor, public_id, Said(parts(eaten=2, composted=10)))
    assert (row.line_id, row.quantity) == (None, 12)
    assert entries() == []
    with pytest.raises(NotFound), transaction():
        report_fate(owner_of(maraude), public_id, Said(None))
