"""Claiming due outbox rows and running them, each by one worker at a time."""

import logging
import os
import secrets
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, or_, select, update

from marketplace.core.clock import now, wall
from marketplace.core.db import db, transaction
from marketplace.jobs.models import OutboxRow, TimetableRun

logger = logging.getLogger(__name__)

CLAIM = timedelta(minutes=5)  # a worker killed half-way loses its claim after this
ATTEMPTS = 8
PAUSES = [timedelta(seconds=s) for s in (5, 30, 120, 600, 1800, 7200, 21600)]


def drain(limit: int = 100) -> int:
    """Run up to `limit` due rows; the number of rows tried."""
    worker = f"{os.getpid()}-{secrets.token_hex(4)}"
    tried = 0
    while tried < limit:
        row = _claim_one(worker)
        if row is None:
            break
        _run(row)
        tried += 1
    return tried


def run_timetable() -> None:
    """Start every periodic job that is due. A conditional update lets one worker win."""
    for job, every_seconds in current_app.extensions["timetable"].items():
        if _take_turn(job, wall(), timedelta(seconds=every_seconds)):
            try:
                current_app.extensions["jobs"][job]()
            except Exception:
                db.session.rollback()
                logger.exception("periodic job %s failed", job)


def _take_turn(job: str, at: datetime, every: timedelta) -> bool:
    last = db.session.scalar(select(TimetableRun.started_at).where(TimetableRun.job == job))
    if last is not None and last + every > at:
        db.session.rollback()
        return False
    with transaction() as session:
        if session.get(TimetableRun, job, with_for_update=True) is None:
            session.add(TimetableRun(job=job, started_at=at))
            return True
        won = session.execute(
            update(TimetableRun)
            .where(TimetableRun.job == job, TimetableRun.started_at <= at - every)
            .values(started_at=at)
        )
        return won.rowcount == 1  # type: ignore[attr-defined]


def _waiting(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        OutboxRow.done_at.is_(None),
        OutboxRow.parked_at.is_(None),
        OutboxRow.due_at <= at,
        or_(OutboxRow.claimed_until.is_(None), OutboxRow.claimed_until < wall()),
    )


def _claim_one(worker: str) -> OutboxRow | None:
    """The oldest due row, now ours. Another worker that was faster leaves us the next one."""
    for _attempt in range(20):
        row_id = db.session.scalar(
            select(OutboxRow.id).where(*_waiting(now())).order_by(OutboxRow.due_at, OutboxRow.id)
        )
        db.session.rollback()
        if row_id is None:
            return None
        with transaction() as session:
            won = session.execute(
                update(OutboxRow)
                .where(OutboxRow.id == row_id, *_waiting(now()))
                .values(claimed_by=worker, claimed_until=wall() + CLAIM, attempts=OutboxRow.attempts + 1)
            )
            if won.rowcount == 1:  # type: ignore[attr-defined]
                return session.get(OutboxRow, row_id, populate_existing=True)
    return None


def _run(row: OutboxRow) -> None:
    row_id, job, payload, attempts = row.id, row.job, dict(row.payload), row.attempts
    try:
        current_app.extensions["jobs"][job](**payload)
    except Exception as error:
        db.session.rollback()
        logger.exception("job %s (row %s) failed at try %s", job, row_id, attempts)
        with transaction() as session:
            kept = session.get(OutboxRow, row_id)
            if kept is None:
                return
            kept.last_error = f"{type(error).__name__}: {error}"[:2000]
            kept.claimed_by = None
            if attempts >= ATTEMPTS:
                kept.parked_at = wall()
            else:
                kept.claimed_until = wall() + PAUSES[min(attempts, len(PAUSES)) - 1]
    else:
        with transaction() as session:
            session.execute(update(OutboxRow).where(OutboxRow.id == row_id).values(done_at=wall(), claimed_by=None))


def sweep_done() -> None:
    """Forget rows done more than a week ago (a periodic job)."""
    with transaction() as session:
        session.execute(OutboxRow.__table__.delete().where(OutboxRow.done_at < wall() - timedelta(days=7)))  # type: ignore[attr-defined]
