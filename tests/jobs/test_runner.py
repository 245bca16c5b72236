"""Work written in a commit is done once, tried again after a failure, and parked when it keeps failing."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.jobs import runner
from marketplace.jobs.models import OutboxRow
from marketplace.jobs.outbox import enqueue

pytestmark = pytest.mark.both_databases


@pytest.fixture
def done(app):
    """What the job `test.note` was called with."""
    calls: list[dict] = []

    def note(**payload):
        calls.append(payload)
        if payload.get("fails"):
            raise RuntimeError("the printer is on fire")

    app.extensions["jobs"] = {**app.extensions["jobs"], "test.note": note}
    return calls


def write(**payload):
    with transaction():
        enqueue("test.note", payload)


def row() -> OutboxRow:
    db.session.rollback()
    return db.session.scalars(select(OutboxRow)).one()


def test_committed_work_is_done_once(done, run_jobs):
    write(listing=3)
    assert (run_jobs(), run_jobs()) == (1, 0)
    assert done == [{"listing": 3}]


def test_work_of_an_undone_transaction_never_existed(done, run_jobs):
    with pytest.raises(ZeroDivisionError), transaction():
        enqueue("test.note", {})
        raise ZeroDivisionError
    assert run_jobs() == 0


def test_an_unknown_job_is_refused_when_written(app):
    with pytest.raises(KeyError), transaction():
        enqueue("test.unknown", {})


def test_work_waits_for_its_time(done, run_jobs, clock):
    with transaction():
        enqueue("test.note", {}, due_at=now() + timedelta(hours=1))
    assert run_jobs() == 0
    clock.forward(hours=2)
    assert run_jobs() == 1


def test_a_failure_is_kept_and_tried_again_later(done, run_jobs, monkeypatch):
    write(fails=True)
    run_jobs()
    assert row().last_error == "RuntimeError: the printer is on fire"
    assert run_jobs() == 0  # not at once
    monkeypatch.setattr(runner, "wall", lambda: runner.now() + timedelta(days=9999))
    assert run_jobs() >= 1


def test_work_that_keeps_failing_is_parked(done, run_jobs, monkeypatch):
    write(fails=True)
    with transaction() as session:
        session.scalars(select(OutboxRow)).one().attempts = runner.ATTEMPTS - 1
    run_jobs()
    assert row().parked_at is not None
    monkeypatch.setattr(runner, "wall", lambda: runner.now() + timedelta(days=9999))
    assert run_jobs() == 0


def test_a_claim_of_a_killed_worker_is_taken_over(done, run_jobs, monkeypatch):
    write()
    with transaction() as session:
        session.scalars(select(OutboxRow)).one().claimed_until = runner.wall() + runner.CLAIM
    assert run_jobs() == 0
    monkeypatch.setattr(runner, "wall", lambda: runner.now() + timedelta(days=9999))
    assert run_jobs() == 1


def test_a_periodic_job_has_one_turn(app, monkeypatch):
    turns = []
    app.extensions["jobs"] = {"test.sweep": lambda: turns.append(1)}
    app.extensions["timetable"] = {"test.sweep": 60}
    runner.run_timetable()
    runner.run_timetable()
    assert len(turns) == 1
