"""An application on a fresh database for each test, on both databases where a test says so."""

import email
import email.policy
import os
from collections.abc import Callable, Generator, Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings

from marketplace.core import clock as clock_module
from marketplace.core.db import db
from marketplace.jobs.runner import drain
from tests.applications import NOON as NOON
from tests.applications import Applications, CompiledTemplates, new_application
from tests.databases import PostgresqlDatabases, SqliteFiles, server_url

# Examples take the time they take: a busy machine makes no example wrong.
settings.register_profile("house", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
Flask.jinja_options["bytecode_cache"] = CompiledTemplates()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "both_databases: the test runs on SQLite and on PostgreSQL")
    config.addinivalue_line(
        "markers", "one_database: the test proves a rule of ours, on SQLite alone where its file has both"
    )
    config.addinivalue_line("markers", "on_postgresql: the test runs on PostgreSQL alone")
    config.addinivalue_line("markers", "own_database: the test alters the schema, so it gets a database of its own")


# What takes long begins first where several processes share the work, so that none is left alone with it at the end.
LONG = ("test_live_run.py", "journeys", "concurrency", "security", "search", "api", "test_skips.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        here = Path(__file__).parent
        place = {name: number for number, name in enumerate(LONG)}
        items.sort(key=lambda item: place.get(item.path.relative_to(here).parts[0], len(LONG)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Where CI is set, a test for PostgreSQL, Redis or a browser runs or fails: a skip hides what is wrong."""
    report = yield
    needs = next((name for name in ("postgres", "browser", "redis") if item.get_closest_marker(name)), None)
    if (
        report.skipped
        and needs
        and os.environ.get("CI", "").lower() in ("1", "true")
        and not hasattr(report, "wasxfail")
    ):
        report.outcome = "failed"
        report.longrepr = f"skipped under CI, though it needs only {needs}: {report.longrepr}"
    return report


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_url" not in metafunc.fixturenames:
        return
    marked = metafunc.definition.get_closest_marker
    both = marked("both_databases") and not marked("one_database")
    without = pytest.mark.skipif(server_url() is None, reason="TEST_DATABASE_URL is not set: no PostgreSQL here")
    sqlite, postgresql = "sqlite", pytest.param("postgresql", marks=[pytest.mark.postgres, without])
    alone = marked("on_postgresql")
    names = [sqlite, postgresql] if both else [postgresql] if alone else [sqlite]
    metafunc.parametrize("database_url", names, indirect=True)


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql_databases() -> Iterator[PostgresqlDatabases]:
    databases = PostgresqlDatabases(server_url() or "postgresql://127.0.0.1/test")
    yield databases
    databases.drop_all()


@pytest.fixture(scope="session")
def applications(tmp_path_factory: pytest.TempPathFactory) -> Applications:
    return Applications(tmp_path_factory.mktemp("applications"))


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path, applications: Applications) -> Iterator[str]:
    """The address of a freshly migrated, empty database."""
    maker = request.getfixturevalue("sqlite_files" if request.param == "sqlite" else "postgresql_databases")
    own = _wants_its_own(request)
    url = maker.make(tmp_path if own else applications.folder, own=own)
    yield url
    maker.drop(url)


def _wants_its_own(request: pytest.FixtureRequest) -> bool:
    return request.node.get_closest_marker("own_database") is not None


@pytest.fixture
def app(
    request: pytest.FixtureRequest,
    database_url: str,
    tmp_path: Path,
    applications: Applications,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Flask]:
    """An application on that database, its clock fixed at `NOON`, with an application context pushed."""
    if _wants_its_own(request):
        app = new_application(tmp_path / "instance", database_url)
    else:
        app = applications.on(database_url)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    clock_module.set_clock("system")


@pytest.fixture
def session(app: Flask):
    return db.session


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor's browser."""
    return app.test_client()


@pytest.fixture
def run_jobs(app: Flask) -> Callable[[], int]:
    """Drain the outbox as the worker would; the number of rows run."""

    def run() -> int:
        db.session.rollback()
        return drain()

    return run


class Clock:
    """Moves the product's time."""

    def at(self, text: str) -> None:
        clock_module.set_clock(text)

    def forward(self, **delta: int) -> None:
        clock_module.set_clock((self.now() + timedelta(**delta)).isoformat())

    def now(self) -> datetime:
        return clock_module.now()


@pytest.fixture
def clock(app: Flask) -> Clock:
    return Clock()


@pytest.fixture
def outbox_mail(app: Flask) -> Callable[[], list[EmailMessage]]:
    """The mails written so far, oldest first (run the jobs first)."""
    folder = Path(app.extensions["settings"].mail_url.removeprefix("file://"))

    def read() -> list[EmailMessage]:
        return [
            email.message_from_bytes(path.read_bytes(), policy=email.policy.default)  # type: ignore[misc]
            for path in sorted(folder.glob("*.eml"))
        ]

    return read
