"""Finding listings: one SELECT over the documents for a page, another that counts. Rows, never objects."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import text

from marketplace.accounts.permissions import Actor
from marketplace.catalogue import taxonomy
from marketplace.core import geo
from marketplace.core.db import db
from marketplace.search.models import document_table
from marketplace.search.questions import NEAREST, Question, circle, price, question
from marketplace.search.requests import SearchRequest

PER_PAGE = 24
MAX_COUNT = 10_000  # a count stops here, and so do the pages: nobody reads the 418th

EVERY_MATCH = 10**9
FIRST_RADIUS = 10  # km, of the circle that grows

_CARD = (
    "public_id", "slug", "title", "branch", "category_key", "gives", "rents", "sells", "condition_rank", "price_cents",
    "weekly_rate_cents", "quantity", "free", "unit", "city", "lat", "lon", "available_from", "gone_by", "published_at",
    "photo_key", "estimate_kgco2e", "uncertainty_kgco2e", "organisation_id",
)  # fmt: skip
_NEWEST = "d.published_at DESC, d.listing_id DESC"


class Found(NamedTuple):
    """A search result as its card shows it. `distance_km` is None when no place was given."""

    public_id: str
    slug: str
    title: str
    branch: str
    category_key: str
    gives: bool
    rents: bool
    sells: bool
    condition_rank: int
    price_cents: int | None
    weekly_rate_cents: int | None
    quantity: Decimal
    free: Decimal
    unit: str
    city: str
    lat: float | None
    lon: float | None
    available_from: date | None
    gone_by: date | None
    published_at: datetime
    photo_key: str | None
    estimate_kgco2e: Decimal | None
    uncertainty_kgco2e: Decimal | None
    organisation_id: int
    distance_km: float | None = None


@dataclass(frozen=True)
class SearchPage:
    """One page of results. `total` is exact unless `total_is_minimum`; `page` is at most `pages`."""

    rows: list[Found]
    total: int
    total_is_minimum: bool
    page: int
    pages: int

    @property
    def first(self) -> int:
        """The number of the first row shown, from 1; 0 when there is none."""
        return (self.page - 1) * PER_PAGE + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return (self.page - 1) * PER_PAGE + len(self.rows)


def find_listings(request: SearchRequest, reader: Actor | None, per_page: int = PER_PAGE) -> SearchPage:
    """The page of listings that match, for `reader` (None: a visitor). What they may not see is neither in the rows
    nor in the count. A page beyond the last is the last.

    Where more than `MAX_COUNT` match some words, the latest so many are ranked and paged.
    """
    most_pages = -(-MAX_COUNT // per_page)
    page = min(request.page, most_pages)
    asked = question(request, reader)
    rows, total = _window(asked, request, per_page, page, reader)
    minimum = total > MAX_COUNT
    total = min(total, MAX_COUNT)
    pages = max(-(-total // per_page), 1)
    if page > pages:
        page = pages
        rows, _total = _window(asked, request, per_page, page, reader)
    return SearchPage([_found(row, request.spot) for row in rows], total, minimum, page, pages)


def count_listings(request: SearchRequest, reader: Actor | None) -> int:
    """How many match, up to one more than `MAX_COUNT`."""
    return _count(question(request, reader))


def _window(
    asked: Question, request: SearchRequest, per_page: int, page: int, reader: Actor | None
) -> tuple[list[Any], int]:
    """The rows of a page and how many match, up to one more than `MAX_COUNT`."""
    order, offset = _order(request, asked.rank), (page - 1) * per_page
    if asked.latest is None:
        return _walked(asked, request, order, per_page, offset)
    ranked = asked.rank is not None and request.sorted_by == "relevance"
    most = MAX_COUNT + 1 if ranked or not request.words else EVERY_MATCH
    rows, total = _gathered(asked, order, per_page, offset, most)
    if total > MAX_COUNT and not ranked and most < EVERY_MATCH:
        # so many that the order's own index soon meets a page of them
        return _rows(question(request, reader, by_keys=False), order, per_page, offset), total
    return rows, total


def _gathered(asked: Question, order: str | None, limit: int, offset: int, most: int) -> tuple[list[Any], int]:
    """From the postings: all that match are gathered (the latest `most` of them), then sorted and counted at once."""
    arms = asked.arms or (asked,)
    orders = [arm.rank if order == asked.rank else order for arm in arms]
    statement = _select_gathered(
        tuple((arm.source, arm.conditions, order, arm.latest or "") for arm, order in zip(arms, orders, strict=True))
    )
    bound = {**asked.params, "limit": limit, "offset": offset, "most": most}
    rows = list(db.session.execute(statement, bound))
    total = rows[0].total if rows else 0
    if not rows and offset:
        rows = list(db.session.execute(statement, {**bound, "offset": 0, "limit": 1}))
        return [], rows[0].total if rows else 0
    return rows, min(total, MAX_COUNT + 1)


def _walked(
    asked: Question, request: SearchRequest, order: str | None, limit: int, offset: int
) -> tuple[list[Any], int]:
    """From the documents, along an index where there is one in that order; then a second statement counts."""
    near = _reach(asked, request, offset + limit) if request.sorted_by == "nearest" else asked
    rows = _rows(near, order, limit, offset)
    if rows and len(rows) < limit:
        return rows, offset + len(rows)
    return rows, 0 if not rows and not offset else _count(asked)


def _reach(asked: Question, request: SearchRequest, wanted: int) -> Question:
    """The same question within the shortest distance that has as many as `wanted`: a circle grows until it does, so
    that looking over all of France for the nearest reads a town's worth."""
    spot = request.spot
    if spot is None:
        return asked
    radius = FIRST_RADIUS
    while radius < request.radius:
        narrowed = asked._replace(params=asked.params | circle(spot.point, radius))
        statement = _select_count(asked.source, asked.conditions)
        if (db.session.scalar(statement, {**narrowed.params, "most": wanted}) or 0) >= wanted:
            return narrowed
        radius *= 3
    return asked


def first_listings(request: SearchRequest, reader: Actor | None, limit: int) -> list[Found]:
    """The first results of `request` in its order, not counted."""
    asked = question(request, reader)
    order = _order(request, asked.rank)
    rows = _gathered(asked, order, limit, 0, EVERY_MATCH)[0] if asked.latest else _rows(asked, order, limit, 0)
    return [_found(row, request.spot) for row in rows]


def nearest_elsewhere(request: SearchRequest, reader: Actor | None, but_of: Collection[int], limit: int) -> list[Found]:
    """The first results of `request`, which asks for no words, of other organisations than `but_of` (their rows' ids);
    the nearest first where it names a place."""
    asked = question(request, reader)
    others = {f"but{number}": organisation_id for number, organisation_id in enumerate(sorted(but_of))}
    if others:
        names = ", ".join(f":{name}" for name in others)
        asked = asked._replace(
            conditions=(*asked.conditions, f"d.organisation_id NOT IN ({names})"), params=asked.params | others
        )
    rows = _rows(_reach(asked, request, limit), _order(request, None), limit, 0)
    return [_found(row, request.spot) for row in rows]


def newest_listings(
    reader: Actor | None, limit: int, near: geo.Point | None = None, radius_km: int = 100
) -> list[Found]:
    """The latest listings, near a place if given: for the home page."""
    spot = geo.Spot("", near, "commune") if near else None
    request = SearchRequest(spot=spot, radius=radius_km, sort="newest")
    asked = question(request, reader)
    return latest_of(asked, spot, limit)


def latest_of(asked: Question, spot: geo.Spot | None, limit: int) -> list[Found]:
    """The latest listings that answer a question, with their distance from a place."""
    return [_found(row, spot) for row in _rows(asked, None, limit, 0)]


def alike_listings(public_id: str, title: str, category_key: str, reader: Actor | None, limit: int = 4) -> list[Found]:
    """Listings of the same category, then of the same branch, the newest first; never the listing itself."""
    found: list[Found] = []
    if category_key not in taxonomy.categories():
        return found
    for key in dict.fromkeys((category_key, taxonomy.path(category_key)[0])):
        asked = question(SearchRequest(category=key), reader)
        rows = _rows(asked, None, 2 * limit + 1, 0)
        known = {public_id, *(row.public_id for row in found)}
        found += [_found(row, None) for row in rows if row.public_id not in known]
        if len(found) >= limit:
            break
    return found[:limit]


def _order(request: SearchRequest, rank: str | None) -> str | None:
    """What to sort by before newest first: an expression, smaller is earlier; None for newest alone."""
    return {
        "relevance": rank,
        "nearest": f"-({NEAREST})",
        "price": price(request.modes),
        "gone_by": "d.gone_by",
    }.get(request.sorted_by)


@lru_cache(maxsize=1000)
def _select(source: str, conditions: tuple[str, ...], order: str | None) -> Any:
    """Sorted by an index, rows are read as they come. Sorted by distance, only ids go through the sorter, which keeps
    offset + limit of them."""
    columns = ", ".join(f"d.{name} AS {name}" for name in _CARD)
    where = " AND ".join(conditions)
    if order is None:
        statement = f"SELECT {columns} FROM {source} WHERE {where} ORDER BY {_NEWEST} LIMIT :limit OFFSET :offset"  # noqa: S608
    else:
        ids = (
            f"SELECT d.listing_id AS listing_id, {order} AS sorted_by FROM {source} WHERE {where}"  # noqa: S608
            f" ORDER BY {order} NULLS LAST, {_NEWEST} LIMIT :limit OFFSET :offset"
        )
        statement = (
            f"SELECT {columns} FROM ({ids}) AS page JOIN search_document AS d ON d.listing_id = page.listing_id"  # noqa: S608
            f" ORDER BY page.sorted_by NULLS LAST, {_NEWEST}"
        )
    return _typed(statement)


@lru_cache(maxsize=1000)
def _select_gathered(arms: tuple[tuple[str, tuple[str, ...], str | None, str], ...]) -> Any:
    """`arms`: source, conditions, order and latest of each."""
    columns = ", ".join(f"d.{name} AS {name}" for name in _CARD)
    walks = [
        f"SELECT d.listing_id AS listing_id, d.published_at AS published_at, {order or '0'} AS sorted_by"  # noqa: S608
        f" FROM {source} WHERE {' AND '.join(conditions)} ORDER BY {latest} LIMIT :most"
        for source, conditions, order, latest in arms
    ]
    found = walks[0] if len(walks) == 1 else " UNION ALL ".join(f"SELECT * FROM ({walk})" for walk in walks)  # noqa: S608
    sorted_so = "sorted_by NULLS LAST, published_at DESC, listing_id DESC"
    return _typed(
        f"WITH found AS MATERIALIZED ({found})"  # noqa: S608
        f" SELECT {columns}, (SELECT count(*) FROM found) AS total"
        f" FROM (SELECT * FROM found ORDER BY {sorted_so} LIMIT :limit OFFSET :offset) AS page"
        f" JOIN search_document AS d ON d.listing_id = page.listing_id ORDER BY page.sorted_by NULLS LAST, {_NEWEST}"
    )


def _typed(statement: str) -> Any:
    table = document_table()
    return text(statement).columns(*(table.c[name] for name in _CARD))


@lru_cache(maxsize=1000)
def _select_count(source: str, conditions: tuple[str, ...]) -> Any:
    where = " AND ".join(conditions)
    return text(f"SELECT count(*) FROM (SELECT 1 FROM {source} WHERE {where} LIMIT :most) AS counted")  # noqa: S608


def _rows(asked: Question, order: str | None, limit: int, offset: int) -> list[Any]:
    statement = _select(asked.source, asked.conditions, order)
    return list(db.session.execute(statement, {**asked.params, "limit": limit, "offset": offset}))


def _count(asked: Question) -> int:
    statement = _select_count(asked.source, asked.conditions)
    return db.session.scalar(statement, {**asked.params, "most": MAX_COUNT + 1}) or 0


def _found(row: Any, spot: geo.Spot | None) -> Found:
    distance = None
    if spot is not None and row.lat is not None and row.lon is not None:
        distance = geo.great_circle_km(spot.point, geo.Point(row.lat, row.lon))
    return Found._make((*row[: len(_CARD)], distance))
