"""Loading listings in bulk, against the least it can cost: the same analysis, then bare inserts of the same rows.

The analysis is reading the fields of a line and analysing its texts; what it would avoid is not worked out again.

Both start from the same fresh database and commit every thousand listings. The rows inserted bare are those that the
load wrote, in whichever tables it wrote them, under the same indexes, triggers and postings.
"""

import json
import shutil
import sqlite3
import statistics
import time
from contextlib import closing
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import make_url

from bench.instance import application
from bench.measuring import Figure
from bench.world import World
from marketplace.catalogue.fields import parse_fields
from marketplace.core import text
from marketplace.core.db import db
from marketplace.seeding import bulk, generator

COUNT = 4000
ROUNDS = 3
SHARE = 1 / 3  # of the bare speed
POSTINGS = "listing_words"

Tables = dict[str, tuple[list[str], list[tuple[Any, ...]]]]  # name → columns, rows


def run(world: World) -> list[Figure]:
    """Our speed as a share of the bare one, the median of rounds."""
    lines = [json.dumps(listing, ensure_ascii=False) for listing in generator.listings(COUNT)]
    rounds = [_round(lines) for _number in range(ROUNDS)]
    return [Figure("vitesse de seed listings / à nu", statistics.median(rounds), "", SHARE, True)]


def _round(lines: list[str]) -> float:
    with TemporaryDirectory(prefix="bench-") as name, application(Path(name)):
        path = Path(make_url(str(db.engine.url)).database or "")
        organisation_id = bulk.importing_organisation().id
        db.session.commit()
        fresh = path.with_name("bare.sqlite3")
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(path, fresh)
        text._analyse_word.cache_clear()
        began = time.perf_counter()
        report = bulk.load(lines, organisation_id)
        ours = time.perf_counter() - began
        db.session.rollback()
        if report.added != COUNT:
            raise RuntimeError(f"{report.added} listings loaded of {COUNT}: {report.bad}")
        added = _added(path, fresh)
        theirs = _bare(lines, added, fresh)
    print(f"  {COUNT / ours:.0f} annonces par seconde, {COUNT / theirs:.0f} à nu ; {_said(added)}", flush=True)
    return theirs / ours


def _added(path: Path, fresh: Path) -> Tables:
    """What the load wrote, table by table; the postings' own tables follow from the postings."""
    found: Tables = {}
    with closing(sqlite3.connect(path)) as after, closing(sqlite3.connect(fresh)) as before:
        names = after.execute(
            f"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '{POSTINGS}\\_%' ESCAPE '\\'"  # noqa: S608
            " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        )
        for (name,) in names.fetchall():
            columns = [f'"{row[1]}"' for row in after.execute(f"PRAGMA table_info({name})")]
            if name == POSTINGS:
                columns = ["rowid", *columns]
            ask = f"SELECT {', '.join(columns)} FROM {name}"  # noqa: S608
            known = set(before.execute(ask).fetchall())
            rows = [row for row in after.execute(ask) if row not in known]
            if rows:
                found[name] = columns, rows
    return found


def _bare(lines: list[str], tables: Tables, path: Path) -> float:
    """Seconds for reading the lines, analysing their texts and inserting the rows."""
    text._analyse_word.cache_clear()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = NORMAL")
        began = time.perf_counter()
        left = {name: iter(rows) for name, (_columns, rows) in tables.items()}
        for start in range(0, COUNT, bulk.CHUNK):
            for line in lines[start : start + bulk.CHUNK]:
                raw = json.loads(line)
                parse_fields(raw)
                for words in (raw["title"], f"{raw['description']} {raw['reference']} {raw['city']}"):
                    text.index_text(words)
            connection.execute("BEGIN IMMEDIATE")
            for name, (columns, rows) in tables.items():
                share = -(-len(rows) * bulk.CHUNK // COUNT)
                marks = ", ".join("?" * len(columns))
                statement = f"INSERT OR REPLACE INTO {name} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608
                connection.executemany(statement, list(islice(left[name], share)))
            connection.execute("COMMIT")
        return time.perf_counter() - began


def _said(tables: Tables) -> str:
    return ", ".join(f"{name} {len(rows)}" for name, (_columns, rows) in tables.items())
