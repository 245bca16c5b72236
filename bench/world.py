"""The instances that subjects share: loaded once a run, whoever asks first."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from flask import Flask

from bench.instance import postgresql_server
from bench.measuring import THREADS
from marketplace import create_app
from marketplace.core.db import db
from marketplace.search import vocabulary
from marketplace.seeding import generator
from marketplace.seeding.people import HOUSES
from marketplace.settings import load
from tests.databases import PostgresqlDatabases
from tests.live import LiveInstance

SMALL, LARGE = 10_000, 100_000
SHARES = (0.4, 0.3, 0.2, 0.1)  # of the listings, by house


class Loaded:
    """A served instance with the demo and so many generated listings, spread over several organisations."""

    def __init__(self, database: str, count: int, live: LiveInstance, seconds: float):
        """`database` as people call it: SQLite or PostgreSQL."""
        self.database, self.count, self.live, self.seconds = database, count, live, seconds

    @contextmanager
    def inside(self) -> Iterator[Flask]:
        """The same database in this process, as the server reads it."""
        app = create_app(load(self.live.environment))
        with app.test_request_context("/annonces"):
            yield app


class World(ExitStack):
    """`with World(folder) as world:` what is loaded lives until the block ends."""

    def __init__(self, folder: Path):
        super().__init__()
        self.folder = folder

    @cached_property
    def small(self) -> list[Loaded]:
        """On SQLite, and on PostgreSQL where a server is named."""
        return self._load_each(SMALL)

    @cached_property
    def large(self) -> list[Loaded]:
        """The same with more."""
        return self._load_each(LARGE)

    def _load_each(self, count: int) -> list[Loaded]:
        loaded = [self._load("SQLite", count)]
        if server := postgresql_server():
            databases = PostgresqlDatabases(server)
            url = databases.make(self.folder / f"made-{count}", own=True)
            self.callback(databases.drop, url)
            loaded.append(self._load("PostgreSQL", count, url))
        else:
            print("PostgreSQL : ni BENCH_DATABASE_URL ni TEST_DATABASE_URL, pas de mesure")
        return loaded

    def _load(self, database: str, count: int, url: str = "") -> Loaded:
        print(f"{count} annonces et la démonstration dans {database} : chargement…", flush=True)
        folder = self.folder / f"{database}-{count}"
        chosen = {"DATABASE_URL": url} if url else {}
        live = LiveInstance(folder, worker=False, threads=THREADS, migrated=bool(url), **chosen)
        self.enter_context(live)
        live.flask("seed", "demo")
        listings = generator.listings(count, on=date.today())  # noqa: DTZ011 - days to come for those who look
        seconds = 0.0
        for number, share in enumerate(SHARES):
            file = write_listings(folder / f"{number}.jsonl", islice(listings, round(count * share)))
            began = time.perf_counter()
            said = live.flask("seed", "listings", str(file), "--org", HOUSES[number].name)
            seconds += time.perf_counter() - began
            print(f"  {said.splitlines()[-1]} ({HOUSES[number].name})", flush=True)
        loaded = Loaded(database, count, live, seconds)
        with loaded.inside():
            vocabulary.rebuild()  # the worker's: what typing errors are corrected towards
            if url:  # as autovacuum does within minutes
                db.session.connection().exec_driver_sql("ANALYZE")
                db.session.commit()
        return loaded


def write_listings(file: Path, listings: Iterator[dict[str, Any]]) -> Path:
    """A file of JSON lines for `flask seed listings`."""
    with file.open("w", encoding="utf-8") as out:
        for listing in listings:
            out.write(json.dumps(listing, ensure_ascii=False) + "\n")
    return file
