"""The worker process: Huey hears the nudge that follows a commit, and a poll finds what no nudge announced."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from huey import Huey, RedisHuey, SqliteHuey
from huey.constants import WORKER_THREAD

from marketplace.jobs.runner import drain, run_timetable
from marketplace.settings import Settings

logger = logging.getLogger(__name__)
POLL_SECONDS = 2.0


def make_huey(settings: Settings) -> Huey:
    """Huey on Redis where there is one, else on a SQLite file of the instance. It carries nudges, never work."""
    if settings.redis_url:
        return RedisHuey("seconde-prise", url=settings.redis_url, results=False)
    path: Path = settings.instance_dir / "nudges.sqlite3"
    return SqliteHuey("seconde-prise", filename=str(path), results=False, timeout=2)


def init_app(app: Flask, settings: Settings) -> None:
    """Attach `nudge()`, called after each commit that wrote outbox rows. Its failure costs at most a poll's pause."""
    lock = threading.Lock()
    made: list[tuple[Huey, Callable[[], object]]] = []

    def task() -> tuple[Huey, Callable[[], object]]:
        with lock:
            if not made:
                huey = make_huey(settings)

                @huey.task()
                def drain_outbox() -> None:
                    with app.app_context():
                        drain()

                made.append((huey, drain_outbox))
            return made[0]

    def nudge() -> None:
        try:
            task()[1]()
        except Exception as error:
            logger.warning("nudge not sent, the poll will find the work: %s", error)

    app.extensions["nudge"] = nudge
    app.extensions["huey"] = lambda: task()[0]


def run(app: Flask) -> None:
    """Serve until SIGINT or SIGTERM; work under way is finished first."""
    consumer = app.extensions["huey"]().create_consumer(
        workers=1, worker_type=WORKER_THREAD, periodic=False, initial_delay=0.05, max_delay=0.5, backoff=1.2
    )
    stopping = threading.Event()

    def poll() -> None:
        while not stopping.wait(POLL_SECONDS):
            try:
                with app.app_context():
                    run_timetable()
                    drain()
            except Exception:
                logger.exception("the poll failed; trying again")

    thread = threading.Thread(target=poll, name="poll", daemon=True)
    thread.start()
    try:
        consumer.run()
    finally:
        stopping.set()
        thread.join(timeout=20)
