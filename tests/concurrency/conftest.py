"""Real processes against one database: each has its own connections and memory, as an application server's have."""

import multiprocessing
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from marketplace.core.db import db

PATIENCE = 60  # seconds for all processes of a test


def _child(work: Callable[..., Any], args: tuple, gate: Any, answers: Any) -> None:
    try:
        db.session.remove()
        db.session.connection()  # connected before the start
        db.session.rollback()
        gate.wait(PATIENCE)
        answers.put(("done", work(*args)))
    except BaseException:
        answers.put(("failed", traceback.format_exc()))


@pytest.fixture
def at_once(app) -> Callable[[Callable[..., Any], list[tuple]], list[Any]]:
    """Call `work` with each tuple of arguments, each in a process of its own, all let go together; the answers."""

    def run(work: Callable[..., Any], arguments: list[tuple]) -> list[Any]:
        # Forked from here, where the application is made and its statements are compiled: processes that begin with
        # nothing spend most of their time on that. No connection may be open, or they would share it.
        context = multiprocessing.get_context("fork")
        gate, answers = context.Barrier(len(arguments)), context.Queue()
        processes = [context.Process(target=_child, args=(work, args, gate, answers)) for args in arguments]
        db.session.rollback()
        db.engine.dispose()
        assert db.engine.pool.checkedin() == 0  # type: ignore[attr-defined]
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
