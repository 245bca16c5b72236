"""Facts announced by inner packages to whoever wired a listener, inside the same transaction."""

from collections.abc import Callable
from typing import Any

from flask import current_app


def announce(event: Any) -> None:
    """Call the listeners of `event`'s class in the order of `wiring.LISTENERS`."""
    listeners: list[Callable[[Any], None]] = current_app.extensions["listeners"].get(type(event), [])
    for listener in listeners:
        listener(event)
