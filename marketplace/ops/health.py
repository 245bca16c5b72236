"""What readiness means: database, schema, index, storage and the age of the queue."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import cache

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import func, inspect, select, text

from marketplace import ports
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.jobs.models import OutboxRow
from marketplace.settings import ROOT

logger = logging.getLogger(__name__)
OLDEST_WAIT = timedelta(minutes=10)


@cache
def expected_schema() -> str | None:
    """The newest migration of this code."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return ScriptDirectory.from_config(config).get_current_head()


def schema() -> str | None:
    """The migration the database stands at, None where it never saw one."""
    connection = db.session.connection()
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(text("SELECT version_num FROM alembic_version"))


def _database() -> bool:
    return db.session.scalar(text("SELECT 1")) == 1


def _schema() -> bool:
    return schema() == expected_schema()


def _index() -> bool:
    return inspect(db.session.connection()).has_table("listing_words")


def _storage() -> bool:
    files = ports.current("files")
    files.put("health/probe", b"1")
    return files.exists("health/probe")


def _queue() -> bool:
    waiting = select(func.min(OutboxRow.due_at)).where(OutboxRow.done_at.is_(None), OutboxRow.parked_at.is_(None))
    oldest = db.session.scalar(waiting)
    return oldest is None or now() - oldest < OLDEST_WAIT


CHECKS: dict[str, Callable[[], bool]] = {
    "database": _database,
    "schema": _schema,
    "index": _index,
    "storage": _storage,
    "queue": _queue,
}


def readiness() -> dict[str, bool]:
    """Each check by name; one that raises counts as failed and is logged."""
    found = {}
    for name, check in CHECKS.items():
        try:
            found[name] = check()
        except Exception:
            db.session.rollback()
            logger.exception("readiness check %s failed", name)
            found[name] = False
    return found
