"""Jinja for our pages."""

from collections.abc import MutableMapping
from typing import Any

from flask.templating import Environment


class Pages(Environment):
    """Templates with their globals in a plain dict.

    Jinja's chain of two shows a global that is added after a template was loaded; ours are all there before. Every
    page, include and import copies and compares them, which takes a chain several times as long.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **(d or {})}
