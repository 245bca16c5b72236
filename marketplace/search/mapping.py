"""The results as counted points of a map. What leaves here never tells a place finer than a commune.

Everything is made of squares of 1/50 degree (about 2 km, the size of a commune): a listing is at the middle of its
square, and a part of the map that somebody asks for is widened to whole squares. So neither a point, nor an average,
nor a count over a chosen part can be used to close in on a house.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, text

from marketplace.accounts.permissions import Actor
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.search import queries
from marketplace.search.models import document_table
from marketplace.search.questions import question
from marketplace.search.requests import SearchRequest

SQUARES = 50  # a degree
MOST_CELLS = 300  # of one answer
MIN_ZOOM, MAX_ZOOM = 4, 11  # as Leaflet counts them: closer than 11 there is nothing more to tell apart
CELL_PIXELS = 64
HERE = 24  # listings told one by one for one place
INSET_SQUARES = 25  # of a point of an inset: half a degree, six points for an island and at most fifty for Guyane
_SLIGHT = 1e-6  # of a square: a box of whole squares stays itself
_NUMBER = re.compile(r"-?\d{1,3}(?:\.\d{1,15})?")


class Box(NamedTuple):
    """A part of the map in degrees."""

    south: float
    west: float
    north: float
    east: float


# INSEE's codes: Guadeloupe, Martinique, Guyane, La Réunion, Mayotte
OVERSEAS = {
    "01": Box(15.8, -61.85, 16.55, -60.95),
    "02": Box(14.35, -61.27, 14.92, -60.77),
    "03": Box(2.1, -54.65, 5.8, -51.6),
    "04": Box(-21.43, 55.17, -20.83, 55.88),
    "06": Box(-13.05, 45.0, -12.6, 45.33),
}


class Inset(NamedTuple):
    """What one overseas region holds: how many, and around which points (lat, lon)."""

    count: int  # type: ignore[assignment] # a method of tuples, called by nobody
    points: tuple[tuple[float, float], ...]


class Cell(NamedTuple):
    """So many listings around one point, one of them in `city`. Where there is but one, `public_id`, `slug` and `title`
    say which. `box` holds the squares they are in: where it is one square, they cannot be told apart."""

    lat: float
    lon: float
    count: int  # type: ignore[assignment] # a method of tuples, called by nobody
    box: Box
    city: str = ""
    public_id: str | None = None
    slug: str | None = None
    title: str | None = None

    @property
    def one_place(self) -> bool:
        return self.box.north - self.box.south < 1.5 / SQUARES and self.box.east - self.box.west < 1.5 / SQUARES


class _Group(NamedTuple):
    """A row of the statement: places in squares from the equator and from Greenwich."""

    row: float
    column: float
    count: int  # type: ignore[assignment] # a method of tuples, called by nobody
    lat: float
    lon: float
    south: float
    north: float
    west: float
    east: float
    listing_id: int


# --- rules -----------------------------------------------------------------------------------------------------------


def box_of(text: str) -> Box:
    """« south,west,north,east » in degrees. Raises Invalid."""
    parts = text.split(",")
    if len(parts) != 4 or not all(_NUMBER.fullmatch(part) for part in parts):
        raise Invalid(message="bbox: south,west,north,east")
    south, west, north, east = map(float, parts)
    south, north = max(south, -90.0), min(north, 90.0)
    west, east = max(west, -180.0), min(east, 180.0)
    if south > north or west > east:
        raise Invalid(message="bbox: south,west,north,east")
    return Box(south, west, north, east)


def zoom_of(text: str) -> int:
    """A zoom between the two ends. Raises Invalid for what is no number."""
    if not re.fullmatch(r"\d{1,2}", text):
        raise Invalid(message="zoom")
    return min(max(int(text), MIN_ZOOM), MAX_ZOOM)


def widened(box: Box) -> Box:
    """The whole squares that a box touches."""
    south, west = (math.floor(degrees * SQUARES + 0.5 + _SLIGHT) - 0.5 for degrees in (box.south, box.west))
    north, east = (math.ceil(degrees * SQUARES - 0.5 - _SLIGHT) + 0.5 for degrees in (box.north, box.east))
    return Box(south / SQUARES, west / SQUARES, north / SQUARES, east / SQUARES)


def cell_squares(box: Box, zoom: int) -> tuple[int, int]:
    """How many squares high and wide a cell is: about `CELL_PIXELS` on the screen, more where the box would hold more
    than `MOST_CELLS`."""
    wide = max(1, round(CELL_PIXELS * 360 / (256 * 2**zoom) * SQUARES))
    high = max(1, round(wide * 0.7))  # a degree of latitude is longer by as much at 46° north
    while _cells(box.north - box.south, high) * _cells(box.east - box.west, wide) > MOST_CELLS:
        high, wide = 2 * high, 2 * wide
    return high, wide


def _cells(degrees: float, squares: int) -> int:
    return math.ceil(degrees * SQUARES / squares) + 1


def merged(groups: Iterable[_Group], high: int, wide: int) -> list[_Group]:
    """Groups that would cover each other on the screen as one, the larger taking the smaller in. None is lost."""
    left = {(round(group.row), round(group.column)): group for group in groups}
    kept: list[_Group] = []
    for key in sorted(left, key=lambda key: (-left[key].count, key)):
        group = left.pop(key, None)
        if group is None:
            continue
        for down in (-1, 0, 1):
            for across in (-1, 0, 1):
                near = left.get((key[0] + down, key[1] + across))
                if near and abs(near.lat - group.lat) < high * 0.6 and abs(near.lon - group.lon) < wide * 0.6:
                    group = _together(group, left.pop((key[0] + down, key[1] + across)))
        kept.append(group)
    return kept


def _together(a: _Group, b: _Group) -> _Group:
    count = a.count + b.count
    return a._replace(
        count=count,
        lat=(a.lat * a.count + b.lat * b.count) / count,
        lon=(a.lon * a.count + b.lon * b.count) / count,
        south=min(a.south, b.south),
        north=max(a.north, b.north),
        west=min(a.west, b.west),
        east=max(a.east, b.east),
    )


# --- reads -----------------------------------------------------------------------------------------------------------


def cells(request: SearchRequest, reader: Actor | None, box: Box, zoom: int) -> list[Cell]:
    """What the search finds in a part of the map, as at most `MOST_CELLS` points. Two statements."""
    box = widened(box)
    high, wide = cell_squares(box, zoom)
    asked = question(request, reader)
    statement = _grouped(asked.source, asked.conditions)
    values = {**asked.params, **box_params(box), "squares": float(SQUARES), "high": float(high), "wide": float(wide)}
    groups = merged((_Group._make(row) for row in db.session.execute(statement, values)), high, wide)
    names = _names([group.listing_id for group in groups])
    return [_cell(group, names[group.listing_id]) for group in groups if group.listing_id in names]


def listings_in(request: SearchRequest, reader: Actor | None, box: Box) -> list[queries.Found]:
    """The first `HERE` listings that the search finds in a part of the map, newest first."""
    asked = question(request, reader)
    values = {**asked.params, **box_params(widened(box))}
    inside = asked._replace(conditions=(*asked.conditions, _INSIDE), params=values)
    return queries.latest_of(inside, request.spot, HERE)


def box_params(box: Box) -> dict[str, float]:
    return {f"map_{name}": value for name, value in box._asdict().items()}


_INSIDE = "d.lat BETWEEN :map_south AND :map_north AND d.lon BETWEEN :map_west AND :map_east"


def overseas(request: SearchRequest, reader: Actor | None) -> dict[str, Inset]:
    """What each overseas region has of the results: they are too far for one map. Regions without any are there."""
    asked = question(replace(request, region=None), reader)
    values = {**asked.params, "overseas": tuple(OVERSEAS), "squares": float(SQUARES), "inset": float(INSET_SQUARES)}
    statement = _by_region(asked.source, asked.conditions)
    found = dict.fromkeys(OVERSEAS, Inset(0, ()))
    for region, count, lat, lon in db.session.execute(statement, values):
        point = () if lat is None or lon is None else ((round(lat / SQUARES, 4), round(lon / SQUARES, 4)),)
        found[region] = Inset(found[region].count + count, found[region].points + point)
    return found


@lru_cache(maxsize=500)
def _by_region(source: str, conditions: tuple[str, ...]) -> Any:
    where = " AND ".join((*conditions, "d.region IN :overseas"))
    squares = (
        "SELECT d.region AS region, round(d.lat * :squares) AS lat, round(d.lon * :squares) AS lon"  # noqa: S608
        f" FROM {source} WHERE {where}"
    )
    statement = text(
        f"SELECT region, count(*), avg(lat), avg(lon) FROM ({squares}) AS place"  # noqa: S608
        " GROUP BY region, round(lat / :inset), round(lon / :inset) ORDER BY 1, 3, 4"
    )
    return statement.bindparams(bindparam("overseas", expanding=True))


@lru_cache(maxsize=500)
def _grouped(source: str, conditions: tuple[str, ...]) -> Any:
    where = " AND ".join((*conditions, _INSIDE))
    squares = (
        f"SELECT round(d.lat * :squares) AS lat, round(d.lon * :squares) AS lon, d.listing_id AS id"  # noqa: S608
        f" FROM {source} WHERE {where}"
    )
    return text(
        "SELECT round(lat / :high) AS grid_row, round(lon / :wide) AS grid_column, count(*), avg(lat), avg(lon),"  # noqa: S608
        f" min(lat), max(lat), min(lon), max(lon), min(id) FROM ({squares}) AS place GROUP BY 1, 2"
    )


def _names(ids: Sequence[int]) -> dict[int, Any]:
    table = document_table()
    columns = (table.c.listing_id, table.c.public_id, table.c.slug, table.c.title, table.c.city)
    statement = select(*columns).where(table.c.listing_id.in_(bindparam("ids", expanding=True)))
    return {row.listing_id: row for row in db.session.execute(statement, {"ids": ids})}


def _cell(group: _Group, row: Any) -> Cell:
    """`row` names one of the group's listings."""
    half = 0.5
    box = Box(
        (group.south - half) / SQUARES,
        (group.west - half) / SQUARES,
        (group.north + half) / SQUARES,
        (group.east + half) / SQUARES,
    )
    cell = Cell(round(group.lat / SQUARES, 4), round(group.lon / SQUARES, 4), group.count, box)
    cell = cell._replace(city=row.city)
    if group.count > 1:
        return cell
    return cell._replace(public_id=row.public_id, slug=row.slug, title=row.title)
