"""With REDIS_URL, limits and nudges are shared between processes; without an answer from it, pages and limits go on."""

import os
import socket
import uuid

import pytest
import redis
from sqlalchemy import select

from marketplace import create_app
from marketplace.core.db import db, transaction
from marketplace.jobs.models import OutboxRow
from marketplace.jobs.outbox import enqueue
from marketplace.web.limits import limiter
from tests.databases import settings_for

SERVER = os.environ.get("TEST_REDIS_URL")
WRONG = {"email": "nobody@exemple.fr", "password": "pas le bon mot de passe"}


@pytest.fixture
def redis_url():
    """A database of the tests' own on the server of TEST_REDIS_URL, empty before and after."""
    if SERVER is None:
        pytest.skip("TEST_REDIS_URL is not set: no Redis here")
    server = redis.Redis.from_url(SERVER)
    server.flushdb()
    yield SERVER
    server.flushdb()


def start(tmp_path, database_url: str, url: str):
    """A server process's application, limits on."""
    folder = tmp_path / uuid.uuid4().hex
    app = create_app(settings_for(folder, database_url, REDIS_URL=url, RATE_LIMITS="on"))
    app.config["WTF_CSRF_ENABLED"] = False
    limiter._storage_dead = False  # a new process knows of no outage: the limiter of this one may
    return app


def tries_until_refused(*clients) -> int:
    """How many wrong passwords are answered before the limit, the clients taking turns."""
    for count in range(40):
        if clients[count % len(clients)].post("/connexion", data=WRONG).status_code == 429:
            return count
    raise AssertionError("no limit in forty tries")


@pytest.mark.redis
def test_two_server_processes_count_the_same_tries(tmp_path, database_url, redis_url):
    one, two = (start(tmp_path, database_url, redis_url).test_client() for _ in range(2))
    assert tries_until_refused(one, two) == 10


@pytest.mark.redis
def test_the_nudge_goes_through_redis(tmp_path, database_url, redis_url):
    app = start(tmp_path, database_url, redis_url)
    with app.app_context():
        with transaction():
            enqueue("jobs.sweep_done", {})
        huey = app.extensions["huey"]()
        task = huey.dequeue()
        assert task is not None
        huey.execute(task)
        db.session.rollback()
        assert db.session.scalars(select(OutboxRow)).one().done_at is not None


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_without_an_answer_from_redis_pages_serve_limits_hold_and_no_work_is_lost(tmp_path, database_url):
    app = start(tmp_path, database_url, f"redis://127.0.0.1:{closed_port()}/0")
    client = app.test_client()
    assert client.get("/annonces").status_code == 200
    assert tries_until_refused(client) == 10
    with app.app_context():
        with transaction():
            enqueue("jobs.sweep_done", {})
        assert db.session.scalars(select(OutboxRow)).one().done_at is None
