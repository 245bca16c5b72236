"""Time inside the index at 100,000 listings, against the bare statements written here for the same question.

The bare statements match the postings (FTS5, or a tsvector), rank them by the same weights, leave out what a visitor
may not see, and count. Theirs are numbers, ours are whole cards. Ours and theirs take turns; a figure is the median
over rounds of the ratio of times for all questions of a kind. Where no more than 10,000 listings match the answers are
compared too; beyond, ours ranks the latest 10,000 and theirs ranks all. What the postings alone take, for those who
need not know who is asking, is printed beside.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import cos
from typing import Any

from sqlalchemy import select, text

from bench import facets
from bench.asking import request_for
from bench.measuring import Figure, in_turns
from bench.world import World
from marketplace.catalogue import taxonomy
from marketplace.core import geo
from marketplace.core.clock import today
from marketplace.core.db import db
from marketplace.core.text import to_fts5, to_tsquery
from marketplace.search.documents import CONDITIONS, unit_vector
from marketplace.search.models import SearchDocument
from marketplace.search.queries import MAX_COUNT, PER_PAGE, find_listings
from marketplace.search.requests import SearchRequest
from marketplace.seeding import generator

ROUNDS = 5
QUESTIONS = 60
SLOWER = 2.0  # times the bare statement
SLOWER_FACETS = 1.5
PAGE = 50
RADIUS_KM = 100

Answer = tuple[int, list[int]]  # how many there are, numbers of the first ones


@dataclass(frozen=True)
class Bare:
    """The same postings asked directly: `match` and `rank` in the words of one database."""

    words: Callable[[SearchRequest], str]
    source: str
    listing_id: str
    match: str
    rank: str


FTS5 = Bare(
    lambda request: to_fts5(request.words)[0] or "",
    "listing_words",
    "listing_words.rowid",
    "listing_words MATCH :words",
    "bm25(listing_words, 10.0, 5.0, 2.0, 1.0, 0.0)",
)
TSVECTOR = Bare(
    lambda request: to_tsquery(request.words)[0] or "",
    "listing_words",
    "listing_words.listing_id",
    "listing_words.document @@ CAST(:words AS tsquery)",
    "-ts_rank('{0.1, 0.2, 0.5, 1.0}', listing_words.document, CAST(:words AS tsquery))",
)


BARE = {"SQLite": FTS5, "PostgreSQL": TSVECTOR}


def run(world: World) -> list[Figure]:
    """The ratios on each database."""
    figures = []
    for loaded in world.large:
        with loaded.inside():
            figures += _figures(loaded.database, BARE[loaded.database])
    return figures


def _figures(database: str, bare: Bare) -> list[Figure]:
    asked = [query["q"] for query in generator.queries(3000) if "q" in query]
    one = [request_for(q=q) for q in dict.fromkeys(asked) if len(q.split()) == 1][:QUESTIONS]
    three = [request_for(q=q) for q in dict.fromkeys(asked) if len(q.split()) == 3][:QUESTIONS]
    frequent = [request for request in one if _postings(bare, request)[0] > PAGE * PER_PAGE]
    kinds = {
        "un mot": one,
        "trois mots": three,
        "mot et filtres": [_filtered(request, number) for number, request in enumerate(one)],
        "mot et distance": [_placed(request, number) for number, request in enumerate(one)],
        f"page {PAGE}": [replace(request, page=PAGE) for request in frequent],
    }
    found = [_kind(f"{database}, {name}", requests, bare) for name, requests in kinds.items()]
    return [*found, facets.figure(database, bare, one[:20] + three[:20], SLOWER_FACETS, ROUNDS)]


def _kind(name: str, requests: list[SearchRequest], bare: Bare) -> Figure:
    same = comparable = 0
    for request in requests:
        total, numbers = _with_documents(bare, request)
        page = find_listings(request, None)
        if total <= MAX_COUNT:
            comparable += 1
            same += page.total == total and _numbers(page.rows) == sorted(numbers)
    taken = in_turns(requests, lambda one: find_listings(one, None), lambda one: _with_documents(bare, one), ROUNDS)
    began = time.perf_counter()
    for request in requests:
        _postings(bare, request)
    alone = (time.perf_counter() - began) / len(requests) * 1000
    print(
        f"  {name:<28} {len(requests)} questions, nous {taken.ours_ms:.2f} ms, à nu"
        f" {taken.theirs_ms:.2f} ms (postings seules {alone:.2f}), mêmes réponses"
        f" {same} / {comparable}",
        flush=True,
    )
    return Figure(f"index {name} / à nu", taken.ratio, "", SLOWER, False)


def _numbers(rows: list[Any]) -> list[int]:
    names = [row.public_id for row in rows]
    return sorted(db.session.scalars(select(SearchDocument.listing_id).where(SearchDocument.public_id.in_(names))))


def _postings(bare: Bare, request: SearchRequest) -> Answer:
    """The postings alone, whoever may see what, without filters."""
    where, params = bare.match, {"words": bare.words(request)}
    return _answer(bare, bare.source, where, params, f"{bare.rank}, {bare.listing_id} DESC", request)


def _with_documents(bare: Bare, request: SearchRequest) -> Answer:
    source = f"{bare.source} CROSS JOIN search_document AS d"
    where = [bare.match, f"d.listing_id = {bare.listing_id}", "d.is_public"]
    where.append("(d.gone_by IS NULL OR d.gone_by > :day)")
    params: dict[str, Any] = {"words": bare.words(request), "day": today().isoformat()}
    order = f"{bare.rank}, {bare.listing_id} DESC"
    if request.category:
        keys = ", ".join(f"'{key}'" for key in sorted(taxonomy.branch(request.category)))
        where.append(f"d.category_key IN ({keys})")
    if request.modes:
        where.append(
            "("
            + " OR ".join({"donate": "d.gives", "rent": "d.rents", "sell": "d.sells"}[mode] for mode in request.modes)
            + ")"
        )
    if request.condition:
        where.append(f"d.condition_rank <= {CONDITIONS.index(request.condition)}")
    if request.spot:
        south, north, west, east = geo.bounding_box(request.spot.point, request.radius)
        x, y, z = unit_vector(*request.spot.point)
        params |= {"x": x, "y": y, "z": z, "reach": cos(request.radius / geo.EARTH_KM)}
        params |= {"south": south, "north": north, "west": west, "east": east}
        near = "d.x * :x + d.y * :y + d.z * :z"
        where += ["d.lat BETWEEN :south AND :north", "d.lon BETWEEN :west AND :east", f"{near} >= :reach"]
        order = f"{near} DESC, {bare.listing_id} DESC"
    return _answer(bare, source, " AND ".join(where), params, order, request)


def _answer(bare: Bare, source: str, where: str, params: dict[str, Any], order: str, request: SearchRequest) -> Answer:
    bound = {**params, "limit": PER_PAGE, "offset": (request.page - 1) * PER_PAGE}
    rows = f"SELECT {bare.listing_id} FROM {source} WHERE {where} ORDER BY {order} LIMIT :limit OFFSET :offset"  # noqa: S608
    numbers = list(db.session.execute(text(rows), bound).scalars())
    total = db.session.scalar(text(f"SELECT count(*) FROM {source} WHERE {where}"), params)  # noqa: S608
    return total or 0, numbers


def _filtered(request: SearchRequest, number: int) -> SearchRequest:
    tops = [key for key in taxonomy.children()[None] if key not in ("food", "other")]
    return replace(
        request,
        category=tops[number % len(tops)] if number % 2 else None,
        modes=("donate",) if number % 3 else ("rent", "sell"),
        condition="good",
    )


def _placed(request: SearchRequest, number: int) -> SearchRequest:
    city = generator.CITIES[number % len(generator.CITIES)]
    return replace(request, near=city, spot=geo.locate(city), radius=RADIUS_KM, sort="nearest")
