"""Finding listings: one SELECT over the documents for a page, another that counts. Rows, never objects."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from math import cos
from typing import Any, NamedTuple

from sqlalchemy import text

from marketplace.accounts.permissions import Actor
from marketplace.catalogue import taxonomy
from marketplace.core import geo
from marketplace.core.clock import today
from marketplace.core.db import db
from marketplace.ports import WordMatch, current
from marketplace.search.documents import CONDITIONS, unit_vector
from marketplace.search.models import document_table
from marketplace.search.requests import SearchRequest

PER_PAGE = 24
MAX_COUNT = 10_000  # a count stops here, and so do the pages: nobody reads the 418th

_CARD = (
    "public_id", "slug", "title", "branch", "category_key", "gives", "rents", "sells", "condition_rank", "price_cents",
    "weekly_rate_cents", "quantity", "free", "unit", "city", "lat", "lon", "available_from", "gone_by", "published_at",
    "photo_key", "estimate_kgco2e", "uncertainty_kgco2e", "organisation_id",
)  # fmt: skip
_MODE_COLUMNS = {"donate": "d.gives", "rent": "d.rents", "sell": "d.sells"}
_NEWEST = "d.published_at DESC, d.listing_id DESC"
_NEAREST = "d.x * :x + d.y * :y + d.z * :z"  # cosine of the angle between: larger is nearer


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
    nor in the count. A page beyond the last is the last."""
    source, conditions, params, rank = _question(request, reader)
    order = _order(request.sorted_by, rank)
    most_pages = -(-MAX_COUNT // per_page)
    page = min(request.page, most_pages)
    rows = _rows(source, conditions, order, params, per_page, (page - 1) * per_page)
    if rows and len(rows) < per_page:
        total = (page - 1) * per_page + len(rows)
    elif not rows and page == 1:
        total = 0
    else:
        total = _count(source, conditions, params)
    minimum = total > MAX_COUNT
    total = min(total, MAX_COUNT)
    pages = max(-(-total // per_page), 1)
    if page > pages:
        page = pages
        rows = _rows(source, conditions, order, params, per_page, (page - 1) * per_page)
    return SearchPage([_found(row, request.spot) for row in rows], total, minimum, page, pages)


def newest_listings(
    reader: Actor | None, limit: int, near: geo.Point | None = None, radius_km: int = 100
) -> list[Found]:
    """The latest listings, near a place if given: for the home page."""
    spot = geo.Spot("", near, "commune") if near else None
    request = SearchRequest(spot=spot, radius=radius_km, sort="newest")
    source, conditions, params, rank = _question(request, reader)
    return [_found(row, spot) for row in _rows(source, conditions, _order("newest", rank), params, limit, 0)]


def alike_listings(public_id: str, title: str, category_key: str, reader: Actor | None, limit: int = 4) -> list[Found]:
    """Listings of the same category, then of the same branch, the newest first; never the listing itself."""
    found: list[Found] = []
    if category_key not in taxonomy.categories():
        return found
    for key in dict.fromkeys((category_key, taxonomy.path(category_key)[0])):
        source, conditions, params, rank = _question(SearchRequest(category=key), reader)
        rows = _rows(source, conditions, _order("newest", rank), params, 2 * limit + 1, 0)
        known = {public_id, *(row.public_id for row in found)}
        found += [_found(row, None) for row in rows if row.public_id not in known]
        if len(found) >= limit:
            break
    return found[:limit]


def _question(request: SearchRequest, reader: Actor | None) -> tuple[str, tuple[str, ...], dict[str, Any], str | None]:
    """The FROM, the conditions, their parameters and the rank expression."""
    match: WordMatch | None = current("index").match(request.words) if request.words else None
    source = match.source if match else "search_document AS d"
    params: dict[str, Any] = dict(match.params) if match else {}
    conditions = [match.where] if match else []
    if reader is not None and reader.organisation_id is not None:
        conditions.append("(d.is_public OR d.organisation_id = :reader)")
        params["reader"] = reader.organisation_id
    else:
        conditions.append("d.is_public")
    conditions.append("(d.gone_by IS NULL OR d.gone_by > :day)")  # the job that ends them runs by night
    params["day"] = today().isoformat()
    if request.category:
        _in_category(request.category, conditions, params)
    if request.modes:
        conditions.append("(" + " OR ".join(_MODE_COLUMNS[mode] for mode in request.modes) + ")")
    if request.condition:
        conditions.append("d.condition_rank <= :condition")
        params["condition"] = CONDITIONS.index(request.condition)
    if request.organisation:
        conditions.append("d.organisation_id = (SELECT id FROM organisation WHERE public_id = :organisation)")
        params["organisation"] = request.organisation
    if request.from_on or request.to_on:
        _between(request.from_on, request.to_on, conditions, params)
    if request.spot:
        _around(request.spot.point, request.radius, conditions, params)
    return source, tuple(conditions), params, match.rank if match else None


def _in_category(key: str, conditions: list[str], params: dict[str, Any]) -> None:
    if taxonomy.categories()[key].parent is None:
        conditions.append("d.branch = :branch")
        params["branch"] = key
        return
    keys = sorted(taxonomy.branch(key))
    names = [f"category{n}" for n in range(len(keys))]
    conditions.append(f"d.category_key IN ({', '.join(':' + name for name in names)})")
    params.update(zip(names, keys, strict=True))


def _between(from_on: date | None, to_on: date | None, conditions: list[str], params: dict[str, Any]) -> None:
    """Wanted from one day to another: there by the first, not gone before it, and something nobody holds."""
    conditions.append("d.free > 0")
    conditions.append("(d.available_from IS NULL OR d.available_from <= :wanted)")
    params["wanted"] = (from_on or to_on).isoformat()  # type: ignore[union-attr]
    if from_on:
        conditions.append("(d.gone_by IS NULL OR d.gone_by > :wanted)")


def _around(point: geo.Point, radius: int, conditions: list[str], params: dict[str, Any]) -> None:
    """A box the index can walk, then the great circle itself."""
    south, north, west, east = geo.bounding_box(point, radius)
    conditions += ["d.lat BETWEEN :south AND :north", "d.lon BETWEEN :west AND :east", f"{_NEAREST} >= :reach"]
    x, y, z = unit_vector(*point)
    params.update(
        south=south, north=north, west=west, east=east, x=x, y=y, z=z, reach=cos(min(radius / geo.EARTH_KM, 3.14159))
    )


def _order(name: str, rank: str | None) -> str | None:
    """What to sort by before newest first: an expression, smaller is earlier; None for newest alone."""
    if name == "relevance":
        return rank
    return f"-({_NEAREST})" if name == "nearest" else None


@lru_cache(maxsize=1000)
def _select(source: str, conditions: tuple[str, ...], order: str | None) -> Any:
    """Sorted by an index, rows are read as they come. Sorted by rank or distance, only ids go through the sorter,
    which keeps offset + limit of them."""
    table = document_table()
    columns = ", ".join(f"d.{name} AS {name}" for name in _CARD)
    where = " AND ".join(conditions)
    if order is None:
        statement = f"SELECT {columns} FROM {source} WHERE {where} ORDER BY {_NEWEST} LIMIT :limit OFFSET :offset"  # noqa: S608
    else:
        ids = (
            f"SELECT d.listing_id AS listing_id, {order} AS sorted_by FROM {source} WHERE {where}"  # noqa: S608
            f" ORDER BY sorted_by, {_NEWEST} LIMIT :limit OFFSET :offset"
        )
        statement = (
            f"SELECT {columns} FROM ({ids}) AS page JOIN search_document AS d ON d.listing_id = page.listing_id"  # noqa: S608
            f" ORDER BY page.sorted_by, {_NEWEST}"
        )
    return text(statement).columns(*(table.c[name] for name in _CARD))


@lru_cache(maxsize=1000)
def _select_count(source: str, conditions: tuple[str, ...]) -> Any:
    where = " AND ".join(conditions)
    return text(f"SELECT count(*) FROM (SELECT 1 FROM {source} WHERE {where} LIMIT {MAX_COUNT + 1}) AS counted")  # noqa: S608


def _rows(
    source: str, conditions: tuple[str, ...], order: str | None, params: dict[str, Any], limit: int, offset: int
) -> list[Any]:
    statement = _select(source, conditions, order)
    return list(db.session.execute(statement, {**params, "limit": limit, "offset": offset}))


def _count(source: str, conditions: tuple[str, ...], params: dict[str, Any]) -> int:
    return db.session.scalar(_select_count(source, conditions), params) or 0


def _found(row: Any, spot: geo.Spot | None) -> Found:
    distance = None
    if spot is not None and row.lat is not None and row.lon is not None:
        distance = geo.great_circle_km(spot.point, geo.Point(row.lat, row.lon))
    return Found._make((*row, distance))
