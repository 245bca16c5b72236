"""`ledger check` on a long ledger: every entry computed again, in memory that does not grow with their number."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from flask_migrate import upgrade

from bench.ledger_made import make_ledger
from bench.measuring import Figure
from bench.world import World
from marketplace import create_app
from marketplace.core.db import db
from marketplace.settings import ROOT, load

SHORT, LONG = 10_000, 100_000
MOST_GROWTH = 1.5  # of seconds an entry, from the short ledger to the long one
MOST_MEMORY = 1.5  # of the largest resident size
LEAST_A_SECOND = 200


class Checked(NamedTuple):
    seconds: float
    megabytes: float


def run(world: World) -> list[Figure]:
    short, long = (_checked(world.folder / f"ledger-{count}", count) for count in (SHORT, LONG))
    growth = (long.seconds / LONG) / (short.seconds / SHORT)
    return [
        Figure("ledger check : écritures par seconde", LONG / long.seconds, "/s", LEAST_A_SECOND, True),
        Figure(f"temps par écriture, {LONG} / {SHORT}", growth, "", MOST_GROWTH, False),
        Figure(f"mémoire la plus grande, {LONG} / {SHORT}", long.megabytes / short.megabytes, "", MOST_MEMORY, False),
    ]


def _checked(folder: Path, count: int) -> Checked:
    """Time and largest memory of the command, in a process of its own."""
    folder.mkdir(parents=True)
    settings = {
        "INSTANCE_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'ledger.sqlite3'}",
        "SECRET_KEY": "of a database that nobody serves",
        "DEMO": "0",
    }
    print(f"{count} écritures : préparation…", flush=True)
    app = create_app(load(settings))
    with app.app_context():
        upgrade()
    make_ledger(app, count)
    with app.app_context():
        db.engine.dispose()
    began = time.perf_counter()
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "ledger", "check"]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **settings})
    _pid, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"ledger check ended with {status}")
    return Checked(time.perf_counter() - began, used.ru_maxrss / 1024)
