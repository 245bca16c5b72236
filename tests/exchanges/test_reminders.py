"""Reminders: who is told what, on which day at the place, once. Both databases."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from marketplace.catalogue.models import Listing
from marketplace.core.db import db, transaction
from marketplace.exchanges.models import Reminder
from marketplace.exchanges.reminders import DAILY, due_now, remind
from marketplace.messaging.models import Notification
from marketplace.messaging.texts import words
from tests.exchanges.test_rentals import Counter, day
from tests.factories import site_of

TODAY = date(2027, 3, 10)


@pytest.mark.parametrize(
    ("late", "told"), [(1, 1), (2, 2), (3, 3), (4, 3), (9, 3), (10, 10), (16, 10), (17, 17), (31, 31)]
)
def test_what_is_late_is_told_daily_then_weekly(late, told):
    assert due_now(TODAY, TODAY + timedelta(late)) == ("late", TODAY + timedelta(told))


@given(st.integers(-400, 400))
def test_each_day_tells_one_thing_at_most_and_never_of_the_future(offset):
    on = TODAY + timedelta(offset)
    found = due_now(TODAY, on)
    if offset < -1:
        assert found is None
        return
    when, due_on = found
    assert due_on <= on and when == {-1: "before", 0: "today"}.get(offset, "late")
    if offset > DAILY:
        assert (on - due_on).days < 7 and ((due_on - TODAY).days - DAILY) % 7 == 0


@pytest.fixture
def counter(app, clock) -> Counter:
    clock.at("2027-03-01T09:00:00+01:00")
    return Counter()


def told(actor) -> list[str]:
    rows = db.session.scalars(
        select(Notification)
        .where(Notification.user_id == actor.user_id, Notification.kind == "exchange_reminder")
        .order_by(Notification.id)
    ).all()
    found = [words(row.kind, row.data).sentence for row in rows]
    db.session.rollback()
    return found


@pytest.mark.both_databases
def test_the_reminders_of_a_rental(counter, clock, run_jobs, outbox_mail):
    exchange = counter.confirmed(counter.bob, 1, day(8), day(12))
    counter.ask(counter.carole, 1, day(8), day(12))  # not agreed: nobody is reminded
    remind()
    assert told(counter.bob) == []
    clock.at("2027-03-07T06:30:00+01:00")
    remind()
    assert told(counter.bob) == []  # too early in the morning
    clock.at("2027-03-07T07:30:00+01:00")
    remind()
    remind()
    assert [one for one in told(counter.bob) if "À chercher demain, lundi 8 mars" in one] == told(counter.bob)
    assert len(told(counter.bob)) == 1 and len(told(counter.alice)) == 1
    assert "vient demain, lundi 8 mars" in told(counter.alice)[0]
    clock.at("2027-03-08T08:00:00+01:00")
    remind()
    assert "À chercher aujourd’hui" in told(counter.bob)[-1] and len(told(counter.alice)) == 1
    counter.move(counter.alice, exchange, "hand_over", code=counter.get(exchange).hand_over_code)
    remind()
    assert len(told(counter.bob)) == 2
    clock.at("2027-03-11T08:00:00+01:00")
    remind()
    assert "À rendre demain, vendredi 12 mars" in told(counter.bob)[-1]
    clock.at("2027-03-12T08:00:00+01:00")
    remind()
    assert "À rendre aujourd’hui" in told(counter.bob)[-1]
    assert len(told(counter.alice)) == 1
    for late in range(1, 18):
        clock.at(f"2027-03-{12 + late}T12:00:00+01:00")
        remind()
        remind()
    assert len([one for one in told(counter.bob) if "depuis le" in one]) == 3 + 2  # days 1, 2, 3, then 10 and 17
    assert len([one for one in told(counter.alice) if "devait rendre le" in one]) == 5
    counter.move(counter.alice, exchange, "return")
    clock.at("2027-04-20T12:00:00+01:00")
    remind()
    assert len(told(counter.bob)) == 4 + 5
    assert told(counter.carole) == []
    run_jobs()
    assert [mail["Subject"] for mail in outbox_mail() if mail["Subject"].startswith("À rendre demain")]


@pytest.mark.both_databases
def test_a_job_that_was_away_says_what_is_true_now(counter, clock):
    counter.out(counter.bob, 1, day(1), day(3))
    clock.at("2027-03-19T08:00:00+01:00")  # nothing ran for weeks
    remind()
    assert len(told(counter.bob)) == 1 and "depuis le mercredi 3 mars" in told(counter.bob)[0]
    kinds = [(one.kind, one.due_on) for one in db.session.scalars(select(Reminder))]
    assert kinds == [("return_late", day(13))]


@pytest.mark.both_databases
def test_the_day_is_that_of_the_place(counter, clock):
    with transaction() as session:
        site = session.merge(site_of(counter.house))
        site.postcode, site.opening_hours = "97420", {}
        session.get_one(Listing, counter.chairs.id).postcode = "97420"
    counter.confirmed(counter.bob, 1, day(3), day(10))
    clock.at("2027-03-02T02:30:00+00:00")  # half past six in La Réunion
    remind()
    assert told(counter.bob) == []
    clock.at("2027-03-02T03:30:00+00:00")  # half past seven there, half past four in Paris
    remind()
    assert "À chercher demain, mercredi 3 mars" in told(counter.bob)[-1]
    clock.at("2027-03-03T03:30:00+00:00")
    remind()
    assert "À chercher aujourd’hui" in told(counter.bob)[-1]


@pytest.mark.both_databases
def test_the_time_agreed_on_counts_for_more_than_the_dates(counter, clock):
    exchange = counter.confirmed(counter.bob, 1, day(3), day(10))
    slot = "2027-03-04T09:00:00+00:00/2027-03-04T10:00:00+00:00"
    counter.move(counter.bob, exchange, "appoint", slots=[slot])
    pick = counter.get(exchange).appointments[0].public_id
    counter.move(counter.alice, exchange, "appoint", pick=pick)
    clock.at("2027-03-02T09:00:00+01:00")
    remind()
    assert told(counter.bob) == []
    clock.at("2027-03-03T09:00:00+01:00")
    remind()
    assert "À chercher demain, jeudi 4 mars" in told(counter.bob)[-1]


@pytest.mark.both_databases
def test_a_gift_with_a_time_to_meet_is_reminded_too(world, clock):
    clock.at("2027-03-01T09:00:00+01:00")
    exchange = world.confirmed()
    clock.at("2027-03-02T09:00:00+01:00")
    remind()
    assert told(world.bob) == []  # no time agreed: nothing to be reminded of
    slot = "2027-03-04T09:00:00+00:00/2027-03-04T10:00:00+00:00"
    world.move(world.alice, exchange, "appoint", slots=[slot])
    world.move(
        world.bob, exchange, "appoint", pick=world.get(exchange).appointments[-1].public_id, collected_by_name="Paul"
    )
    clock.at("2027-03-03T09:00:00+01:00")
    remind()
    remind()
    assert len(told(world.bob)) == 1 and "À chercher demain, jeudi 4 mars" in told(world.bob)[0]


def test_every_reminder_has_its_words():
    from marketplace.exchanges.reminders import TOLD
    from marketplace.messaging.texts_reminders import REMINDERS, SUBJECTS

    assert set(REMINDERS) == {(what, when, side) for (what, when), sides in TOLD.items() for side in sides}
    assert set(SUBJECTS) == set(TOLD)
