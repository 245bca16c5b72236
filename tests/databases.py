"""Freshly migrated databases for tests: made once a process, copied for each test."""

import os
import shutil
import sqlite3
import uuid
from contextlib import closing
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psycopg
from flask_migrate import upgrade
from sqlalchemy import make_url

from marketplace import create_app
from marketplace.core.db import db, transaction
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
    """Migrate the database of `app` and load the factor library, as the first start of an instance does."""
    with app.app_context():
        upgrade()
        if find_spec("marketplace.carbon.services"):
            from marketplace.carbon import services as carbon

            with transaction():
                carbon.load_library()
        db.engine.dispose()


class SqliteFiles:
    """Copies of one migrated file."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.template: Path | None = None

    def make(self, folder: Path) -> str:
        if self.template is None:
            path = self.folder / "template.sqlite3"
            app = create_app(settings_for(self.folder / "instance", f"sqlite:///{path}"))
            prepare(app)
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self.template = path
        copy = folder / "test.sqlite3"
        shutil.copyfile(self.template, copy)
        return f"sqlite:///{copy}"

    def drop(self, url: str) -> None:
        """The test's folder goes with the test."""


class PostgresqlDatabases:
    """Databases of our own on the server of TEST_DATABASE_URL, copied from a template."""

    def __init__(self, server_url: str):
        self.server = make_url(server_url).set(drivername="postgresql")
        self.template: str | None = None
        self.made: list[str] = []

    def _admin(self, statement: str) -> None:
        with psycopg.connect(self.server.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]

    def _url(self, name: str) -> str:
        return self.server.set(drivername="postgresql", database=name).render_as_string(hide_password=False)

    def make(self, folder: Path) -> str:
        if self.template is None:
            name = f"sp_template_{uuid.uuid4().hex[:12]}"
            self._admin(f'CREATE DATABASE "{name}"')
            self.made.append(name)
            prepare(create_app(settings_for(folder / "template", self._url(name))))
            self.template = name
        name = f"sp_test_{uuid.uuid4().hex[:12]}"
        self._admin(f'CREATE DATABASE "{name}" TEMPLATE "{self.template}" STRATEGY FILE_COPY')
        self.made.append(name)
        return self._url(name)

    def drop(self, url: str) -> None:
        name = make_url(url).database
        self._admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        if name in self.made:
            self.made.remove(name)

    def drop_all(self) -> None:
        for name in list(self.made):
            self._admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@cache
def server_url() -> str | None:
    """The PostgreSQL server tests may use, None where there is none."""
    return os.environ.get("TEST_DATABASE_URL") or None
