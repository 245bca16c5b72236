"""A round on our own ground: the outlines of the departments around it, the way from stop to stop, their numbers."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from marketplace.settings import ROOT

WIDTH, HEIGHT, EDGE = 640, 420, 44  # units of the drawing
SMALLEST = 0.04  # degrees of latitude that a map shows at least: two stops in one street are not the whole world
APART = 20  # units: points nearer than that are drawn beside each other


@dataclass(frozen=True)
class Point:
    """A place on the drawing; `number` 0 is the depot. Where several are one point, they are drawn side by side."""

    number: int
    x: float
    y: float


@dataclass(frozen=True)
class Drawing:
    width: int
    height: int
    land: tuple[str, ...]  # outlines, as paths
    way: str
    points: tuple[Point, ...]


@cache
def _rings() -> tuple[tuple[tuple[float, float], ...], ...]:
    """The outlines of every department, (lon, lat)."""
    found: Any = json.loads((ROOT / "static" / "map" / "departements.json").read_text(encoding="utf-8"))
    rings = []
    for feature in found["features"]:
        geometry = feature["geometry"]
        polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
        rings += [tuple((lon, lat) for lon, lat in polygon[0]) for polygon in polygons]
    return tuple(rings)


def drawing(places: Sequence[tuple[float, float]]) -> Drawing:
    """The depot, then each stop in its order, (lat, lon)."""
    south, north = min(lat for lat, _lon in places), max(lat for lat, _lon in places)
    west, east = min(lon for _lat, lon in places), max(lon for _lat, lon in places)
    narrow = math.cos(math.radians((south + north) / 2))
    high = max(north - south, SMALLEST, (east - west) * narrow * (HEIGHT - 2 * EDGE) / (WIDTH - 2 * EDGE))
    scale = (HEIGHT - 2 * EDGE) / high
    middle_lat, middle_lon = (south + north) / 2, (west + east) / 2

    def at(lat: float, lon: float) -> tuple[float, float]:
        return WIDTH / 2 + (lon - middle_lon) * narrow * scale, HEIGHT / 2 - (lat - middle_lat) * scale

    drawn = [at(lat, lon) for lat, lon in places]
    way = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in [*drawn, drawn[0]])
    return Drawing(WIDTH, HEIGHT, tuple(_land(at)), way, tuple(_points(drawn)))


def _land(at: Any) -> list[str]:
    """The outlines that come into the picture."""
    found = []
    for ring in _rings():
        points = [at(lat, lon) for lon, lat in ring]
        xs, ys = [x for x, _y in points], [y for _x, y in points]
        if max(xs) >= 0 and min(xs) <= WIDTH and max(ys) >= 0 and min(ys) <= HEIGHT:
            # far outside of the picture an outline need not be exact, and huge figures draw badly
            found.append("M" + "L".join(f"{_near(x, WIDTH):.1f} {_near(y, HEIGHT):.1f}" for x, y in points) + "Z")
    return found


def _near(value: float, size: int) -> float:
    return min(max(value, -20.0 * size), 21.0 * size)


def _points(drawn: Sequence[tuple[float, float]]) -> list[Point]:
    found: list[Point] = []
    for number, (x, y) in enumerate(drawn):
        while any(abs(one.x - x) < APART and abs(one.y - y) < APART for one in found):
            x += APART
        found.append(Point(number, round(min(x, WIDTH - EDGE / 2), 1), round(y, 1)))
        if x > WIDTH - EDGE / 2:  # a row of them that reaches the edge goes on over each other
            continue
    return found
