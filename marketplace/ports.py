"""What we ask of the outside, and where to find what answers. `wiring.py` picks the adapters."""

from collections.abc import Sequence
from typing import Any, BinaryIO, Protocol

from flask import current_app


class FileStore(Protocol):
    """Keeps bytes under generated keys such as `photos/ab/abcd….webp`."""

    def put(self, key: str, data: bytes) -> None:
        """Keep `data`; the whole file appears at once or not at all."""

    def open(self, key: str) -> BinaryIO:
        """A reader on the bytes. Raises FileNotFoundError."""

    def exists(self, key: str) -> bool: ...

    def size(self, key: str) -> int:
        """Bytes held under `key`. Raises FileNotFoundError."""

    def delete(self, key: str) -> None:
        """Forget `key`; nothing happens when it is not there."""


class Mailer(Protocol):
    """Sends one message; raises when it could not hand it over."""

    def send(self, to: str, subject: str, text: str, html: str | None = None) -> None: ...


class SearchIndex(Protocol):
    """The postings: analysed words of listings, in the database, written in the caller's transaction."""

    def write(self, documents: Sequence[Any]) -> None: ...

    def remove(self, listing_ids: Sequence[int]) -> None: ...


def current(name: str) -> Any:
    """The adapter serving a port in this application: 'files', 'mailer' or 'index'."""
    return current_app.extensions["ports"][name]
