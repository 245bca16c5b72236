"""Does search find what is meant: real queries over the demo's listings and those of `data/listings.jsonl`.

`data/queries.jsonl` says for each query which listings answer it well (`best`) and which will do (`fair`), judged by
reading the listings: by reference, or by title for the demo's. About a third of the queries, chosen by a hash of
their first word, is held out: nothing is tuned on them. The peers answer the same queries over the same listings.
"""

import json
import sqlite3
import statistics
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from math import log2
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select
from whoosh import fields
from whoosh.filedb.filestore import RamStorage
from whoosh.qparser import MultifieldParser

from bench.asking import first_rows
from bench.instance import application, postgresql_server
from bench.measuring import Figure
from bench.world import World
from marketplace.accounts.models import Organisation
from marketplace.catalogue.models import Listing
from marketplace.core.db import db
from marketplace.core.text import analyse
from marketplace.search import vocabulary
from marketplace.search.models import SearchDocument
from marketplace.seeding import bulk, demo, stock

DATA = Path(__file__).parent / "data"
FIRST = 10  # results that are judged
BEST, FAIR = 2, 1
PRECISION, NDCG = 0.75, 0.80  # to reach on the queries held out

Search = Callable[[str], list[str]]


@dataclass(frozen=True, eq=False)
class Judged:
    """A query with the grade of each listing that answers it, by name."""

    q: str
    grades: dict[str, int]

    @property
    def held_out(self) -> bool:
        return zlib.crc32(analyse(self.q)[0].encode()) % 3 == 0  # variants of a query stay on one side


@dataclass(frozen=True)
class Entry:
    """A listing that can be found. `name` is what judgements call it; things that live twice share theirs."""

    public_id: str
    name: str
    title: str
    description: str


def judged() -> list[Judged]:
    """The labelled queries."""
    found = []
    for line in (DATA / "queries.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        grades = {**dict.fromkeys(row["fair"], FAIR), **dict.fromkeys(row["best"], BEST)}
        found.append(Judged(row["q"], grades))
    return found


def precision(grades: list[int], good: int) -> float:
    """Share of good answers among the first ten, or among as many as there are."""
    return sum(grade > 0 for grade in grades[:FIRST]) / min(FIRST, good)


def ndcg(grades: list[int], ideal: list[int]) -> float:
    """Normalised discounted gain of the first ten, 2^grade - 1 each."""

    def gain(values: list[int]) -> float:
        return sum((2**value - 1) / log2(place + 2) for place, value in enumerate(values[:FIRST]))

    return gain(grades) / gain(sorted(ideal, reverse=True))


def run(world: World) -> list[Figure]:
    """The figures on SQLite, printed beside those of the peers, and on PostgreSQL where a server is named."""
    server = postgresql_server()
    return [*_on(None), *(_on(server) if server else ())]


def _on(postgresql: str | None) -> list[Figure]:
    with TemporaryDirectory(prefix="bench-") as folder, application(Path(folder), postgresql):
        entries = _load()
        ours = scores(product, entries)
        database = "PostgreSQL" if postgresql else "SQLite"
        print(f"{len(judged())} recherches jugées sur {len(entries)} annonces ({database})")
        _print("Seconde Prise", ours)
        if not postgresql:
            for name, peer in _peers(entries).items():
                _print(name, scores(peer, entries))
    figures = []
    for held_out in (True, False):
        kept = [score for query, score in ours.items() if query.held_out is held_out]
        name = f"{database}, {_label(held_out)}"
        figures.append(Figure(f"bonnes dans les dix, {name}", _mean(p for p, _n in kept), "", PRECISION, True))
        figures.append(Figure(f"nDCG@10, {name}", _mean(n for _p, n in kept), "", NDCG, True))
    return figures


def scores(search: Search, entries: list[Entry]) -> dict[Judged, tuple[float, float]]:
    """(precision, nDCG) of each query. Raises LookupError when judgements name a listing that is not there."""
    names = {entry.public_id: entry.name for entry in entries}
    copies: dict[str, int] = {}
    for entry in entries:
        copies[entry.name] = copies.get(entry.name, 0) + 1
    found = {}
    for query in judged():
        if missing := query.grades.keys() - copies.keys():
            raise LookupError(f"{query.q}: {', '.join(sorted(missing))}")
        ideal = [grade for name, grade in query.grades.items() for _copy in range(copies[name])]
        grades = [query.grades.get(names[public_id], 0) for public_id in search(query.q)]
        found[query] = precision(grades, len(ideal)), ndcg(grades, ideal)
    return found


def product(q: str) -> list[str]:
    """What the search page shows first, by public id."""
    return [row.public_id for row in first_rows(q, FIRST)]


def _load() -> list[Entry]:
    demo.seed()
    organisation = db.session.scalars(select(Organisation.id).filter_by(kind="reuse_centre").order_by("id")).first()
    assert organisation is not None
    with (DATA / "listings.jsonl").open(encoding="utf-8") as lines:
        report = bulk.load(lines, organisation)
    if report.bad_count:
        raise ValueError(f"listings.jsonl: {report.bad}")
    vocabulary.rebuild()  # the worker's: what typing errors are corrected towards
    rows = db.session.execute(
        select(Listing.public_id, Listing.reference, Listing.title, Listing.description)
        .join(SearchDocument, SearchDocument.listing_id == Listing.id)
        .where(SearchDocument.is_public)
        .order_by(Listing.id)
    )
    return [Entry(public_id, _name(reference, title), title, text) for public_id, reference, title, text in rows]


def _name(reference: str | None, title: str) -> str:
    if reference and reference.startswith("BANC-"):
        return reference
    return next((title.removesuffix(tail) for tail in stock.TAILS if tail and title.endswith(tail)), title)


# --- peers -----------------------------------------------------------------------------------------------------------


def _peers(entries: list[Entry]) -> dict[str, Search]:
    return {
        "FTS5 nu, tous les mots": _plain_fts5(entries, " "),
        "FTS5 nu, un des mots": _plain_fts5(entries, " OR "),
        "Whoosh nu, BM25F": _plain_whoosh(entries),
    }


def _plain_fts5(entries: list[Entry], joined: str) -> Search:
    """Title and description under FTS5's usual tokenizer, what a classified-ads site has."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE plain USING fts5(title, description)")
    rows = [(number, entry.title, entry.description) for number, entry in enumerate(entries)]
    connection.executemany("INSERT INTO plain (rowid, title, description) VALUES (?, ?, ?)", rows)

    def search(q: str) -> list[str]:
        words = joined.join('"' + word.replace('"', "") + '"' for word in q.replace("'", " ").split())
        found = connection.execute("SELECT rowid FROM plain WHERE plain MATCH ? ORDER BY rank LIMIT ?", (words, FIRST))
        return [entries[number].public_id for (number,) in found]

    return search


def _plain_whoosh(entries: list[Entry]) -> Search:
    """Whoosh as its tutorial has it."""
    schema = fields.Schema(name=fields.ID(stored=True), title=fields.TEXT, description=fields.TEXT)
    index = RamStorage().create_index(schema)
    writer = index.writer()
    for entry in entries:
        writer.add_document(name=entry.public_id, title=entry.title, description=entry.description)
    writer.commit()
    parser = MultifieldParser(["title", "description"], schema)

    def search(q: str) -> list[str]:
        with index.searcher() as searcher:
            return [hit["name"] for hit in searcher.search(parser.parse(q), limit=FIRST)]

    return search


def _mean(values: object) -> float:
    return statistics.fmean(values)  # type: ignore[arg-type]


def _label(held_out: bool) -> str:
    return "mises de côté" if held_out else "réglage"


def _print(name: str, found: dict[Judged, tuple[float, float]]) -> None:
    parts = []
    for held_out in (False, True):
        kept = [score for query, score in found.items() if query.held_out is held_out]
        p, n = _mean(p for p, _n in kept), _mean(n for _p, n in kept)
        parts.append(f"{_label(held_out)} ({len(kept)}) : bonnes {p:.3f}, nDCG {n:.3f}")
    print(f"  {name:<24} {' · '.join(parts)}", flush=True)
