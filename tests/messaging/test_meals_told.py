"""Who hears of a meal, and in which words."""

import pytest

from marketplace.core.db import db
from marketplace.meals import jobs
from marketplace.messaging import texts
from marketplace.messaging.models import Notification
from tests.meals.made import Evening, make_evening


@pytest.fixture
def evening(app, clock) -> Evening:
    clock.at("2026-11-24T23:10:00+01:00")
    return make_evening()


def told(kind: str) -> dict[int, str]:
    """What each house reads, by its row."""
    db.session.rollback()
    rows = db.session.query(Notification).filter_by(kind=kind).order_by(Notification.id)
    return {row.organisation_id or 0: texts.words(row.kind, row.data).sentence.replace("\u00a0", " ") for row in rows}


def test_the_first_wave_says_how_much_where_and_until_when(app, evening, run_jobs):
    evening.post()
    run_jobs()
    with app.test_request_context():
        said = told("meal_offered")
    assert set(said) == {evening.guille.id, evening.gerland.id}
    assert said[evening.guille.id].startswith("30 portions à prendre à Saint-Fons, à ")
    assert "jusqu’à 0:10" in said[evening.guille.id]


def test_a_claim_that_is_served_is_told_once(app, evening):
    evening.claim(evening.gina, evening.post(), 18)
    with app.test_request_context():
        said = told("exchange_requested")
        moved = told("exchange_moved")
    assert said == {evening.donor.id: "Les Paniers de la Guille a retenu 18 portions et vient les chercher d’ici 0:10."}
    assert moved == {}, "who claimed reads it on the page"


def test_where_the_donor_chooses_both_hear_in_turn(app, evening):
    meal = evening.post(first_come=False)
    kept, other = evening.claim(evening.gina, meal, 20), evening.claim(evening.theo, meal, 10)
    evening.move(evening.alice, kept, "accept")
    evening.move(evening.alice, other, "decline")
    with app.test_request_context():
        assert "dans la demi-heure" in told("exchange_requested")[evening.donor.id]
        moved = told("exchange_moved")
    assert "vous a choisi" in moved[evening.guille.id]
    assert "a choisi quelqu’un d’autre" in moved[evening.gerland.id]


def test_who_did_not_come_and_the_donor_hear_of_it(app, evening, clock):
    claim = evening.claim(evening.gina, evening.post(fallback_bio_waste=True), 18)
    clock.forward(minutes=71)
    jobs.expire()
    assert evening.exchange(claim).state == "expired"
    with app.test_request_context():
        moved, over = told("exchange_moved"), told("meal_over")
    assert set(moved) == {evening.donor.id, evening.guille.id}
    assert "compté à qui devait venir" in moved[evening.guille.id]
    assert "30 portions restent sans preneur" in over[evening.donor.id]
    assert "collecte de biodéchets" in over[evening.donor.id]
