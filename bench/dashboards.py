"""Dashboards over 100,000 entries against a bare page on the same application server: the time half of the views keep
within, one client, in turns.

Those of all, of the organisation and of the production with most entries; as they open, and narrowed to a year, some
months, a kind, a branch. What a first view costs is said beside: after the start, after an entry, and of a choice that
nobody made before.
"""

import random
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import func, select

from bench.instance import postgresql_server
from bench.ledger_made import KINDS, make_ledger
from bench.measuring import THREADS, Figure, ask, bare_server
from bench.world import World
from marketplace import create_app
from marketplace.accounts.models import Membership, Organisation, Production
from marketplace.carbon import ledger
from marketplace.carbon.models import LedgerEntry, LedgerShare
from marketplace.catalogue import taxonomy
from marketplace.core.clock import now, today
from marketplace.core.db import db, transaction
from marketplace.settings import load
from tests.databases import PostgresqlDatabases
from tests.factories import make_user, sign_in
from tests.live import LiveInstance

ENTRIES = 100_000
ROUNDS, SECONDS = 5, 3.0
TIMES_PAGE = 5.0
CHOICES = 40


class Look(NamedTuple):
    """A dashboard as people call it, its address, and who looks: somebody signed in, or a visitor."""

    name: str
    page: str
    headers: dict[str, str]


def run(world: World) -> list[Figure]:
    figures = _measured("SQLite", None)
    if server := postgresql_server():
        figures += _measured("PostgreSQL", server)
    return figures


def _measured(database: str, server: str | None) -> list[Figure]:
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        databases = PostgresqlDatabases(server) if server else None
        url = databases.make(folder / "made", own=True) if databases else ""
        try:
            chosen = {"DATABASE_URL": url} if url else {}
            with LiveInstance(folder / "live", worker=False, threads=THREADS, migrated=bool(url), **chosen) as live:
                app = create_app(load(live.environment))
                began = time.perf_counter()
                make_ledger(app, ENTRIES)
                print(f"  {database} : {ENTRIES} écritures en {time.perf_counter() - began:.0f} s", flush=True)
                return measured_on(database, live, app)
        finally:
            if databases:
                databases.drop(url)


def measured_on(database: str, live: LiveInstance, app: Flask) -> list[Figure]:
    """The figures of an instance with its ledger."""
    looks = _looks(app)
    figures = []
    with bare_server() as bare:
        ask(bare, ["/"], 1.0)
        for name, page, headers in looks:
            first = _once(live.port, page, headers)
            narrowed = [f"{page}?{urlencode(choice)}" for choice in _choices()]
            fresh = [_once(live.port, address, headers) for address in narrowed]
            with app.app_context(), transaction():
                _take_one_back()
            after = _once(live.port, page, headers)
            for shown, paths in (("", [page]), (", choisi", narrowed)):
                ask(live.port, paths, 2.0, headers=headers)
                rounds = [(_middle(bare, ["/"], None), _middle(live.port, paths, headers)) for _round in range(ROUNDS)]
                ratio = statistics.median(ours / theirs for theirs, ours in rounds)
                print(
                    f"  {database}, {name}{shown} : {statistics.median(ours for _theirs, ours in rounds):.1f} ms,"
                    f" page nue {statistics.median(theirs for theirs, _ours in rounds):.1f} ms",
                    flush=True,
                )
                figures.append(Figure(f"{name}{shown} / page nue, {database}", ratio, "", TIMES_PAGE, False))
            print(
                f"  {database}, {name}, à la première vue : {first:.0f} ms après le démarrage, {after:.0f} ms après une"
                f" écriture, {statistics.median(fresh):.0f} ms pour un choix nouveau",
                flush=True,
            )
    return figures


def _middle(port: int, paths: list[str], headers: dict[str, str] | None) -> float:
    """Milliseconds that half of the answers keep within."""
    return statistics.median(ask(port, paths, SECONDS, headers=headers)[1]) * 1000


def _once(port: int, path: str, headers: dict[str, str]) -> float:
    """Milliseconds of one answer."""
    return ask(port, [path], 0.001, headers=headers)[1][0] * 1000


def _choices() -> list[dict[str, str]]:
    """Ways to narrow a dashboard, all different."""
    draw = random.Random(6)
    found = []
    branches = [key for key in taxonomy.children()[None] if key != "food"]
    for number in range(CHOICES):
        choice = {"annee": str(today().year - number % 3)}
        if number % 2:
            choice = {"de": f"{today().year - 1}-{number % 12 + 1:02}"}
        if number % 3:
            choice["genre"] = draw.choice(KINDS)
        if number % 4 == 0:
            choice["categorie"] = branches[number % len(branches)]
        found.append(choice)
    return found


def _looks(app: Flask) -> list[Look]:
    """All as anybody sees it; the organisation and the production with most entries as their own people do."""
    with app.app_context():
        user = make_user("Lectrice")
        organisation_id = _busiest(LedgerShare.organisation_id, LedgerShare.production_id.is_not(None))
        production_id = _busiest(LedgerShare.production_id, LedgerShare.organisation_id == organisation_id)
        user_id = user.id
        with transaction() as session:
            session.add(Membership(organisation_id=organisation_id, user_id=user_id, role="owner", created_at=now()))
        client = app.test_client()
        sign_in(client, user, db.session.get_one(Organisation, organisation_id))
        cookie = client.get_cookie("session")
        production = db.session.get_one(Production, production_id).public_id
        db.session.remove()
    if cookie is None:
        raise RuntimeError("no session")
    signed_in = {"Cookie": f"session={cookie.value}"}
    return [
        Look("tous", "/carbone/chiffres", {}),
        Look("une organisation", "/tableau-de-bord", signed_in),
        Look("une production", f"/productions/{production}/tableau-de-bord", signed_in),
    ]


def _busiest(column: Any, condition: Any) -> int:
    query = select(column).where(condition).group_by(column).order_by(func.count().desc())
    return int(db.session.scalar(query.limit(1)) or 0)


def _take_one_back() -> None:
    """One more entry: the last that stands is taken back."""
    taken = select(LedgerEntry.reverses_id).where(LedgerEntry.reverses_id.is_not(None))
    query = select(LedgerEntry).where(LedgerEntry.status == "counted", LedgerEntry.id.not_in(taken))
    entry = db.session.scalar(query.order_by(LedgerEntry.position.desc()).limit(1))
    if entry is not None:
        ledger.reverse(entry)
