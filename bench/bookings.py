"""Accepted bookings a second: eight processes asking for rentals, against bare SQL that writes the same rows.

The bare side takes the same lock (SQLite's write lock, or the listing's row on PostgreSQL) and inserts the rows that
one request writes: exchange, line, hold, move, notification's outbox row; the guards of the database stay on. It checks
nothing, reads nothing, indexes nothing. Both sides take turns on the same database; a figure is the median of rounds.
"""

import multiprocessing
import os
import random
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select, text

from bench.instance import application, postgresql_server
from bench.measuring import Figure
from bench.world import World
from marketplace import create_app
from marketplace.accounts.models import Site
from marketplace.accounts.permissions import Actor
from marketplace.core.clock import today
from marketplace.core.db import db, transaction
from marketplace.core.errors import Unavailable
from marketplace.exchanges import services
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from marketplace.settings import ROOT
from tests.databases import settings_for
from tests.factories import make_listing, make_organisation, owner_of

PROCESSES, LISTINGS, SECONDS, ROUNDS = 8, 40, 4.0, 3
SHARE = 1 / 4
TABLES = ("exchange", "exchange_line", "hold", "move", "outbox_row")  # what one request writes, in this order
PATIENCE = 60


def run(world: World) -> list[Figure]:
    figures = [_measured("SQLite", None)]
    server = postgresql_server()
    if server:
        figures.append(_measured("PostgreSQL", server))
    return figures


def _measured(name: str, server: str | None) -> Figure:
    with TemporaryDirectory(prefix="bench-") as folder, application(Path(folder), server) as app:
        url = str(app.config["SQLALCHEMY_DATABASE_URI"])
        listings, actors = _house()
        rows = _rows_of_one(actors[0], listings[0][1])
        ratios = []
        for number in range(ROUNDS):
            db.session.rollback()
            ours = _rate(_ours, [(url, folder, actor, listings, number) for actor in actors])
            bare = _rate(_bare, [(url, rows, [one for one, _public in listings]) for _process in range(PROCESSES)])
            print(f"  {name} : {ours:.0f} réservations/s, à nu {bare:.0f}", flush=True)
            ratios.append(ours / bare)
    return Figure(
        f"réservations acceptées, {PROCESSES} processus / à nu, {name}", statistics.median(ratios), "", SHARE, True
    )


def _house() -> tuple[list[tuple[int, str]], list[Actor]]:
    house = make_organisation("Loueur", "rental_house")
    with transaction() as session:
        session.scalars(select(Site).where(Site.organisation_id == house.id)).one().opening_hours = {}
    made = [
        make_listing(house, f"Lot {n}", modes=["rent"], weekly_rate_cents=1000, quantity=Decimal(900_000))
        for n in range(LISTINGS)
    ]
    renters = [owner_of(make_organisation(f"Studio {n}", "production_company")) for n in range(PROCESSES)]
    return [(one.id, one.public_id) for one in made], renters


def _request(listing: str, draw: random.Random) -> ExchangeRequest:
    starts_on = today() + timedelta(days=draw.randrange(1, 300))
    return ExchangeRequest(
        "rental", [LineRequest(listing, 1, starts_on, starts_on + timedelta(days=draw.randrange(1, 15)))]
    )


def _rows_of_one(actor: Actor, listing: str) -> dict[str, dict[str, Any]]:
    """The last row of each table after one request: what the bare side writes again and again."""
    with transaction():
        services.request_exchange(actor, _request(listing, random.Random(1)))
    found = {}
    for table in TABLES:
        row = db.session.execute(text(f'SELECT * FROM "{table}" ORDER BY id DESC LIMIT 1')).mappings().one()  # noqa: S608
        found[table] = {key: value for key, value in row.items() if key != "id"}
    db.session.rollback()
    return found


def _rate(work: Callable[..., int], arguments: list[tuple[Any, ...]]) -> float:
    """Bookings a second of all processes together."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["bench.bookings"])
    os.environ["PYTHONPATH"] = str(ROOT)
    gate, answers = context.Barrier(len(arguments)), context.Queue()
    processes = [context.Process(target=_child, args=(work, one, gate, answers)) for one in arguments]
    for process in processes:
        process.start()
    counts = [answers.get(timeout=PATIENCE) for _process in processes]
    for process in processes:
        process.join(10)
    return sum(counts) / SECONDS


def _child(work: Callable[..., int], arguments: tuple[Any, ...], gate: Any, answers: Any) -> None:
    answers.put(work(*arguments, gate))


def _until(gate: Any, act: Callable[[], None]) -> int:
    """How often `act` was done in the time there is, once all have come."""
    gate.wait(PATIENCE)
    ends, done = time.perf_counter() + SECONDS, 0
    while time.perf_counter() < ends:
        act()
        done += 1
    return done


def _ours(url: str, folder: str, actor: Actor, listings: list[tuple[int, str]], seed: int, gate: Any) -> int:
    app = create_app(settings_for(Path(folder) / f"child-{os.getpid()}", url))
    app.extensions["nudge"] = lambda: None
    draw = random.Random(f"{seed}-{os.getpid()}")

    def book() -> None:
        request = _request(draw.choice(listings)[1], draw)
        while True:
            try:
                with transaction():
                    services.request_exchange(actor, request)
            except Unavailable:  # the lock was not had in five seconds: asked again, as clients do
                continue
            return

    with app.test_request_context("/"):
        return _until(gate, book)


def _bare(url: str, rows: dict[str, dict[str, Any]], listing_ids: list[int], gate: Any) -> int:
    """The same rows through the driver alone."""
    draw = random.Random(os.urandom(8))
    sqlite = url.startswith("sqlite")
    connection = _connected(url)
    mark = "?" if sqlite else "%s"
    statements = {
        table: f'INSERT INTO "{table}" ({", ".join(row)}) VALUES ({", ".join([mark] * len(row))}) RETURNING id'  # noqa: S608
        for table, row in rows.items()
    }

    def book() -> None:
        listing_id = draw.choice(listing_ids)
        cursor = connection.cursor()
        cursor.execute("BEGIN IMMEDIATE" if sqlite else "BEGIN")
        if not sqlite:
            cursor.execute("SELECT id FROM listing WHERE id = %s FOR UPDATE", (listing_id,))
        ids: dict[str, int] = {}
        for table, row in rows.items():
            values = dict(row) | _links(table, ids, listing_id, draw)
            cursor.execute(statements[table], [_plain(values[name]) for name in row])
            ids[table] = cursor.fetchone()[0]
        cursor.execute("COMMIT")

    try:
        return _until(gate, book)
    finally:
        connection.close()


def _links(table: str, ids: dict[str, int], listing_id: int, draw: random.Random) -> dict[str, Any]:
    """What differs from one booking to the next."""
    name = f"{draw.getrandbits(65):020x}"[-13:]
    days = {}
    if table in ("exchange", "exchange_line", "hold"):
        starts_on = date(2027, 1, 1) + timedelta(days=draw.randrange(300))
        days = {"starts_on": starts_on, "ends_on": starts_on + timedelta(days=draw.randrange(1, 15))}
    return (
        days
        | {
            "exchange": {"public_id": name, "reference": f"L-{name}"},
            "exchange_line": {"public_id": name, "exchange_id": ids.get("exchange"), "listing_id": listing_id},
            "hold": {"line_id": ids.get("exchange_line"), "exchange_id": ids.get("exchange"), "listing_id": listing_id},
            "move": {"exchange_id": ids.get("exchange")},
            "outbox_row": {},
        }[table]
    )


def _plain(value: Any) -> Any:
    if isinstance(value, date) and not hasattr(value, "hour"):
        return value.isoformat()
    if isinstance(value, dict | list):
        from psycopg.types.json import Json

        return Json(value)
    return value


def _connected(url: str) -> Any:
    if url.startswith("sqlite"):
        import sqlite3

        connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        return connection
    import psycopg

    return psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True)
