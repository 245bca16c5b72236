"""An application of our own inside the bench's process, on a fresh database: what is measured without a server."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from marketplace import create_app
from tests.databases import PostgresqlDatabases, prepare, settings_for


def postgresql_server() -> str | None:
    """The server to measure on (BENCH_DATABASE_URL or TEST_DATABASE_URL); None where none is named."""
    return os.environ.get("BENCH_DATABASE_URL") or os.environ.get("TEST_DATABASE_URL") or None


@contextmanager
def application(folder: Path, postgresql: str | None = None) -> Iterator[Flask]:
    """A migrated application in `folder`, inside its context: on SQLite, or on a database of its own on the server
    `postgresql`, dropped afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    server = PostgresqlDatabases(postgresql) if postgresql else None
    url = server.make(folder, own=True) if server else f"sqlite:///{folder / 'bench.sqlite3'}"
    app = create_app(settings_for(folder, url))
    try:
        if not server:
            prepare(app)
        with app.test_request_context("/annonces"):
            yield app
    finally:
        if server:
            server.drop(url)
