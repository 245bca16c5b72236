"""What we ask of the outside, and where to find what answers. `wiring.py` picks the adapters."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, BinaryIO, NamedTuple, Protocol

from flask import current_app
from sqlalchemy import Connection

from marketplace.core.text import Query


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

    def older(self, folder: str, before: datetime) -> Iterator[str]:
        """Keys of a folder last written before a moment, so that what nobody refers to can be swept."""


class Mailer(Protocol):
    """Sends one message; raises when it could not hand it over."""

    def send(self, to: str, subject: str, text: str, html: str | None = None) -> None: ...


class IndexedWords(NamedTuple):
    """A listing's words, analysed (`core.text.index_text`), by how much they say about it. `keys` are the values of
    its filters, each as one word that nobody can type (`m_plywood`): with them a filter walks the postings. What is not
    `public` weighs nothing where everybody's listings are ranked."""

    listing_id: int
    title: str
    category: str
    materials: str
    description: str
    keys: str = ""
    public: bool = True


class WordMatch(NamedTuple):
    """Pieces of a SELECT over `search_document AS d` that match a query's words. `rank` is an expression, lower is
    better, None when nothing can be ranked; every value is a bound parameter of `params`. `latest` orders by the
    postings' own key: the latest listing first, without a sort; None where no postings are walked. `arms`: where
    postings stand in several tables, the same for each; then they are ranked and walked in order, `source` is not."""

    source: str
    where: str
    rank: str | None
    params: dict[str, Any]
    latest: str | None = None
    arms: tuple["WordMatch", ...] = ()


class SearchIndex(Protocol):
    """The postings: analysed words of listings, in the database, written in the caller's transaction."""

    def write(self, connection: Connection, words: Sequence[IndexedWords], table: str = "listing_words") -> None:
        """Put these listings' words in place of what was there."""

    def remove(self, connection: Connection, listing_ids: Iterable[int], table: str = "listing_words") -> None:
        """Forget these listings; unknown ones do not matter."""

    def match(self, query: Query, keys: Sequence[Sequence[str]] = (), *, kept: bool = False) -> WordMatch | None:
        """How to find a query's words and, of each group of `keys`, at least one; None when neither asks for any.
        `kept`: among what is not public too. The rank of what is public is the same either way, whatever is kept."""

    def begin_rebuild(self, connection: Connection) -> str:
        """An empty table beside the live one; its name, for `write` and `remove`."""

    def swap(self, connection: Connection) -> None:
        """Put the table of `begin_rebuild` in the live one's place."""

    def differing(self, connection: Connection, words: Sequence[IndexedWords]) -> list[int]:
        """The listings whose stored words are not these."""

    def strangers(self, connection: Connection, limit: int) -> list[int]:
        """Listings with words but without a search document."""


class Router(Protocol):
    """A solver of rounds, where one is installed. The product has an order of its own without it."""

    def order(
        self,
        km: Sequence[Sequence[float]],
        speed_kmh: float,
        windows: Sequence[tuple[float | None, float | None]],
        service: Sequence[float],
        seconds: float,
    ) -> list[int] | None:
        """An order of the stops, each once: place n + 1 of `km` is stop n, place 0 the depot; windows and service in
        minutes after leaving. None when it finds none within `seconds`."""


def current(name: str) -> Any:
    """The adapter serving a port in this application: 'files', 'mailer', 'index', or 'router', which may be None."""
    return current_app.extensions["ports"][name]
