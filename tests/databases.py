"""Freshly migrated databases for tests: made once a process, copied for each test."""

import os
import shutil
import sqlite3
import uuid
from contextlib import closing
from functools import cache
from pathlib import Path

import psycopg
from flask_migrate import upgrade
from psycopg.types.json import Json
from sqlalchemy import create_engine, make_url

from marketplace import create_app
from marketplace.core import guards
from marketplace.core.db import db
from marketplace.settings import Settings, load

SECRET = "for tests only, long enough to be accepted"


def settings_for(folder: Path, database_url: str, **environment: str) -> Settings:
    """Settings of a throw-away instance in `folder`."""
    return load(
        {
            "INSTANCE_DIR": str(folder),
            "DATABASE_URL": database_url,
            "SECRET_KEY": SECRET,
            "DEMO": "0",
            "RATE_LIMITS": "off",
            "BASE_URL": "http://localhost",
            "THREADS": "8",
            **environment,
        }
    )


def prepare(app) -> None:
    """Migrate the database of `app`, factor library included, as the first start of an instance does."""
    with app.app_context():
        upgrade()
        db.engine.dispose()


class SqliteFiles:
    """Copies of one migrated file."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.template: Path | None = None

    def make(self, folder: Path, own: bool = False) -> str:
        if self.template is None:
            path = self.folder / "template.sqlite3"
            app = create_app(settings_for(self.folder / "instance", f"sqlite:///{path}"))
            prepare(app)
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self.template = path
        folder.mkdir(parents=True, exist_ok=True)
        copy = folder / "test.sqlite3"
        for left in ("", "-wal", "-shm", "-journal"):  # of the test before
            copy.with_name(copy.name + left).unlink(missing_ok=True)
        shutil.copyfile(self.template, copy)
        return f"sqlite:///{copy}"

    def drop(self, url: str) -> None:
        """The test's folder goes with the test."""


class PostgresqlDatabases:
    """Databases of our own on the server of TEST_DATABASE_URL: one that is emptied between tests, which takes a
    tenth of the time of a new one, and new ones for tests that alter the schema."""

    def __init__(self, server_url: str):
        self.server = make_url(server_url).set(drivername="postgresql")
        self.shared: str | None = None
        self.made: list[str] = []
        self.tables: list[str] = []
        self.rows: dict[str, tuple[list[str], list[tuple]]] = {}  # what a fresh instance holds: columns, rows
        self.versions: dict[str, str] = {}  # which versions of those rows stand in their tables

    def _admin(self, statement: str) -> None:
        with psycopg.connect(self.server.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]

    def _url(self, name: str) -> str:
        return self.server.set(drivername="postgresql", database=name).render_as_string(hide_password=False)

    def _create(self, folder: Path) -> str:
        name = f"sp_test_{uuid.uuid4().hex[:12]}"
        self._admin(f'CREATE DATABASE "{name}"')
        self._admin(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
        self.made.append(name)
        prepare(create_app(settings_for(folder / "template", self._url(name))))
        return name

    def make(self, folder: Path, own: bool = False) -> str:
        if own:
            return self._url(self._create(folder))
        if self.shared is None:
            self.shared = self._create(folder)
            self._remember()
        else:
            self._empty()
        return self._url(self.shared)

    def _remember(self) -> None:
        with psycopg.connect(self._url(self.shared or "")) as connection:
            found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            self.tables = [row[0] for row in found]
            for table in self.tables:
                cursor = connection.execute(f'SELECT * FROM "{table}"')  # type: ignore[arg-type]  # noqa: S608
                rows = cursor.fetchall()
                if rows:
                    self.rows[table] = ([column.name for column in cursor.description or ()], rows)
            self.versions = self._versions(connection)

    def _versions(self, connection: psycopg.Connection) -> dict[str, str]:
        """Another for each table whose rows were written to since."""
        each = " UNION ALL ".join(
            f"SELECT '{table}', count(*) || ' ' || max(xmin::text::bigint) FROM \"{table}\""  # noqa: S608
            for table in self.rows
        )
        return dict(connection.execute(each).fetchall())  # type: ignore[arg-type]

    def _empty(self) -> None:
        """Back to what a fresh instance holds. Triggers and foreign keys sleep meanwhile; guards a test took away
        or sent to sleep are put back."""
        url = self._url(self.shared or "")
        with psycopg.connect(url) as connection:
            present = self._versions(connection)
            written = {table: kept for table, kept in self.rows.items() if present[table] != self.versions[table]}
            empty = [table for table in self.tables if table in written or table not in self.rows]
            deletes = "".join(f'DELETE FROM "{table}";' for table in empty)  # noqa: S608
            numbers = "SELECT setval(format('%I', sequencename), 1, false) FROM pg_sequences"
            # in one go: most of the time went on waiting for so many answers
            connection.execute(f"SET session_replication_role = replica; {deletes} {numbers}")  # type: ignore[arg-type]
            for table, (columns, rows) in written.items():
                names = ", ".join(f'"{name}"' for name in columns)
                with connection.cursor().copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:  # type: ignore[arg-type]
                    for row in rows:
                        copy.write_row([Json(value) if isinstance(value, dict | list) else value for value in row])
            for table, (columns, _rows) in self.rows.items():
                if "id" in columns:
                    last = f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM \"{table}\""  # noqa: S608
                    connection.execute(last)  # type: ignore[arg-type]
            if written:
                self.versions = self._versions(connection)
            awake = "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'guard\\_%' AND tgenabled = 'O'"
            live = {row[0] for row in connection.execute(awake)}
        if live == {guard.name for guard in guards.GUARDS if guard.postgresql_when}:
            return
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        with engine.begin() as connection:
            guards.install(connection)
        engine.dispose()

    def drop(self, url: str) -> None:
        name = make_url(url).database
        if name != self.shared:
            self._drop(str(name))

    def _drop(self, name: str) -> None:
        self._admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self.made.remove(name)

    def drop_all(self) -> None:
        for name in list(self.made):
            self._drop(name)


@cache
def server_url() -> str | None:
    """The PostgreSQL server tests may use, None where there is none."""
    return os.environ.get("TEST_DATABASE_URL") or None
