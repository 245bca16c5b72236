"""Receivers are reminded to say what was eaten, the next day and once more, and never when it changes nothing."""

from datetime import timedelta

import pytest

from marketplace.carbon.eaten import report_days
from marketplace.core.clock import today
from marketplace.core.db import db, transaction
from marketplace.jobs.models import OutboxRow
from marketplace.meals.jobs_traced import remind_eaten
from marketplace.meals.outcomes import REPORT_DAYS, last_day
from marketplace.meals.reporting_eaten import Said, report_eaten
from marketplace.messaging import texts
from marketplace.messaging.models import Notification
from tests.factories import make_organisation, owner_of
from tests.meals.made_traced import TONIGHT, at, handed_over, later, make_leftover

pytestmark = pytest.mark.both_databases


@pytest.fixture
def maraude(app):
    at(TONIGHT)
    return make_organisation("La Maraude du Rhône", "food_charity")


@pytest.fixture
def exchange(maraude):
    quai = make_organisation("Les Films du Quai", "production_company")
    return handed_over(make_leftover(quai), maraude)


def told():
    return db.session.query(Notification).filter_by(kind="eaten_due").count()


def test_the_days_are_those_of_the_method(app):
    assert report_days(today()) == REPORT_DAYS
    assert last_day(today()) == today() + timedelta(days=REPORT_DAYS)


def test_two_reminders_are_planned_and_mail_says_until_when(exchange, run_jobs, outbox_mail):
    planned = db.session.query(OutboxRow).filter_by(job="meals.remind_eaten").order_by(OutboxRow.due_at).all()
    assert [row.due_at - TONIGHT for row in planned] == [timedelta(hours=18), timedelta(days=5)]
    run_jobs()
    assert told() == 0  # nobody is woken at night
    later(0, 18)
    run_jobs()
    assert told() == 1
    run_jobs()
    (mail,) = [mail for mail in outbox_mail() if "Lasagnes" in str(mail["Subject"])]
    assert "19 novembre" in mail.get_content() and f"/echanges/{exchange.public_id}/mange" in str(
        db.session.query(Notification).filter_by(kind="eaten_due").one().path
    )


def test_nobody_is_reminded_of_what_they_have_said(exchange, maraude, run_jobs):
    actor, public_id = owner_of(maraude), exchange.public_id
    with transaction():
        report_eaten(actor, public_id, Said(None))
    later(5, 1)
    run_jobs()
    assert told() == 0


def test_nor_of_what_would_come_too_late(exchange):
    later(8)
    remind_eaten(exchange.id)
    assert told() == 0
    remind_eaten(10**6)  # an exchange that is not there


@pytest.mark.parametrize("answer", ["read", "destroyed", "consumed"])
def test_what_is_said_of_a_recall_reads_in_both_languages(app, answer):
    from flask_babel import force_locale

    recalled = {
        "title": "Salade", "quantity": "12", "donor": "Traiteur", "reason": "Œuf.", "what_to_do": "Jetez.",
        "fetched": True,
    }  # fmt: skip
    for language, word in (("fr", "Rappel"), ("en", "Recall")):
        with app.test_request_context(), force_locale(language):
            assert word in texts.words("meal_recalled", recalled).subject
            assert texts.words("meal_recalled", recalled | {"fetched": False}).sentence
            data = {"title": "Salade", "other": "Maraude", "answer": answer, "note": "12 jetées"}
            assert "12 jetées" in texts.words("recall_answered", data).sentence
            assert texts.why("meal_recalled")
