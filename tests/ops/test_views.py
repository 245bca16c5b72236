"""Health answers whoever asks, and says nothing more than needed."""

import pytest

from marketplace.core.clock import now
from marketplace.core.db import transaction
from marketplace.jobs.models import OutboxRow

pytestmark = pytest.mark.both_databases


def test_the_process_answers(client):
    assert client.get("/healthz").json == {"status": "ok"}


def test_a_fresh_instance_is_ready(client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"status": "ready"})


def test_a_queue_nobody_drains_is_not_ready(client, clock):
    with transaction() as session:
        session.add(OutboxRow(job="jobs.sweep_done", payload={}, created_at=now(), due_at=now()))
    clock.forward(minutes=11)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "not ready"})


def test_a_schema_of_another_release_is_not_ready(client, session):
    from sqlalchemy import text

    with transaction() as work:
        work.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    assert client.get("/readyz").status_code == 503
