"""Writing work for later into the present transaction."""

from datetime import datetime
from typing import Any

from flask import current_app

from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.jobs.models import OutboxRow


def enqueue(job: str, payload: dict[str, Any], due_at: datetime | None = None) -> OutboxRow:
    """Have `job` (a name in `wiring.JOBS`) called with `payload` as keywords, once, after the commit and `due_at`.

    Must be called inside `transaction()`: if it rolls back, the work never existed. Raises KeyError for an unknown job.
    """
    if job not in current_app.extensions["jobs"]:
        raise KeyError(job)
    row = OutboxRow(job=job, payload=payload, created_at=now(), due_at=due_at or now())
    db.session.add(row)
    db.session.info["nudge"] = current_app.extensions["nudge"]
    return row
