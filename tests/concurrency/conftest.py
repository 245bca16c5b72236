"""Real processes against one database: each has its own application, connections and memory."""

import multiprocessing
import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from marketplace import create_app
from marketplace.core.db import db
from tests.conftest import NOON
from tests.databases import settings_for

PATIENCE = 60  # seconds for all processes of a test


def _child(work: Callable[..., Any], args: tuple, url: str, folder: str, gate: Any, answers: Any) -> None:
    try:
        app = create_app(settings_for(Path(folder), url, CLOCK=NOON))
        app.extensions["nudge"] = lambda: None
        with app.app_context():
            db.session.connection()  # connected and imported before the start
            db.session.rollback()
            gate.wait(PATIENCE)
            answers.put(("done", work(*args)))
    except BaseException:
        answers.put(("failed", traceback.format_exc()))


@pytest.fixture
def at_once(app, tmp_path) -> Callable[[Callable[..., Any], list[tuple]], list[Any]]:
    """Call `work` with each tuple of arguments, each in a process of its own, all let go together; the answers."""
    url = app.config["SQLALCHEMY_DATABASE_URI"]

    def run(work: Callable[..., Any], arguments: list[tuple]) -> list[Any]:
        db.session.rollback()
        # processes of their own from a server that has imported the code and opened nothing: no second is spent on
        # importing it eight times
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.concurrency.preload"])
        gate, answers = context.Barrier(len(arguments)), context.Queue()
        processes = [
            context.Process(target=_child, args=(work, args, url, str(tmp_path / f"child-{number}"), gate, answers))
            for number, args in enumerate(arguments)
        ]
        # they import this test's module: they find it from here
        os.environ["PYTHONPATH"] = str(Path(__file__).parents[2])
        for process in processes:
            process.start()
        try:
            found = [answers.get(timeout=PATIENCE) for _process in processes]
        finally:
            for process in processes:
                process.join(10)
                if process.is_alive():
                    process.terminate()
        failures = [text for outcome, text in found if outcome == "failed"]
        assert not failures, failures[0]
        return [answer for _outcome, answer in found]

    return run
