"""Sentences without an application: rules write theirs through gettext, which asks for one."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from flask import Flask
from flask_babel import Babel


@cache
def _app() -> Flask:
    app = Flask("plain")
    Babel(app, default_locale="fr")
    return app


@contextmanager
def plainly() -> Iterator[None]:
    with _app().app_context():
        yield
