"""One application a database, lent to one test after another: making one takes longer than most tests.

What a test changes in the configuration and in the extensions is put back. An application whose routes, hooks or
templates it changed is thrown away; so is one whose database connections it listens to.
"""

import shutil
from pathlib import Path
from typing import Any

from flask import Flask, g
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from marketplace import create_app
from marketplace.accounts import sightings
from marketplace.carbon import libraries
from marketplace.core.clock import set_clock, today
from marketplace.core.db import db
from marketplace.jobs import worker
from marketplace.web.limits import limiter
from tests.databases import settings_for

# a Thursday morning; tests that need the real day set the clock themselves
NOON = "2026-11-12T09:00:00+00:00"
REGISTRIES = (
    "after_request_funcs", "before_request_funcs", "blueprints", "error_handler_spec", "teardown_appcontext_funcs",
    "teardown_request_funcs", "template_context_processors", "url_build_error_handlers", "url_default_functions",
    "url_value_preprocessors", "view_functions",
)  # fmt: skip
HEARD = ("before_cursor_execute", "after_cursor_execute", "before_execute", "after_execute", "begin", "commit")


class CompiledTemplates(BytecodeCache):
    """Templates are compiled once a process, whatever number of applications it makes."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


def new_application(folder: Path, database_url: str) -> Flask:
    """An application for tests, its clock fixed at `NOON`."""
    app = create_app(settings_for(folder, database_url, CLOCK=NOON))
    app.config["TESTING"] = True
    app.config["WTF_CSRF_ENABLED"] = False  # tests/web/test_csrf.py turns it on
    app.extensions["nudge"] = lambda: None
    app.before_request_funcs.setdefault(None, []).insert(0, _forget_the_last_request)
    return app


def _forget_the_last_request() -> None:
    """The context that `app` keeps open is shared by every request of a test: who came before must not stay in `g`."""
    for name in list(g):
        g.pop(name)


class Lent:
    """The application on one database."""

    def __init__(self, folder: Path, database_url: str):
        self.folder = folder
        self.app = new_application(folder, database_url)
        with self.app.app_context():
            libraries.knowledge_on(today())  # every fresh database holds the same factors: read once
            db.session.remove()
            db.engine.dispose()
        self.config = dict(self.app.config)
        self.extensions = {name: _copy(held) for name, held in self.app.extensions.items()}
        self.shape = self._shape()

    def is_as_made(self) -> bool:
        return self.shape == self._shape()

    def _shape(self) -> Any:
        app, listened = self.app, {}
        with app.app_context():
            listened = {name: list(getattr(db.engine.dispatch, name)) for name in HEARD}
            listened["connect"] = list(db.engine.pool.dispatch.connect)
        return (
            {name: _shape(getattr(app, name)) for name in REGISTRIES},
            {name: dict(getattr(app.jinja_env, name)) for name in ("globals", "filters", "tests")},
            len(list(app.url_map.iter_rules())),
            app.__dict__.get("wsgi_app"),
            app.session_interface,
            listened,
        )

    def again(self) -> Flask:
        """As it was when it was made, in an empty folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        app, settings = self.app, self.extensions["settings"]
        app.config.clear()
        app.config.update(self.config)
        app.extensions.clear()
        app.extensions.update({name: _copy(held) for name, held in self.extensions.items()})
        app._got_first_request = False  # a test may add its hooks
        sightings.init_app(app)
        worker.init_app(app, settings)
        app.extensions["nudge"] = self.extensions["nudge"]
        set_clock(settings.clock)
        limiter.enabled = settings.rate_limits  # one for all applications: the last made has set it
        return app


def _copy(held: Any) -> Any:
    return dict(held) if type(held) is dict else held


def _shape(held: Any) -> Any:
    if isinstance(held, dict):
        return {name: _shape(one) for name, one in held.items() if one not in ({}, [])}
    return list(held) if isinstance(held, list) else held


class Applications:
    """Those of one test process."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.lent: dict[str, Lent] = {}

    def on(self, database_url: str) -> Flask:
        known = self.lent.get(database_url)
        if known is not None and known.is_as_made():
            return known.again()
        folder = self.folder / f"instance{len(self.lent) if known is None else list(self.lent).index(database_url)}"
        shutil.rmtree(folder, ignore_errors=True)
        self.lent[database_url] = made = Lent(folder, database_url)
        return made.app
