"""Where things are: postcodes and communes to points, and distances between points.

`data/places.csv` (La Poste and Base Adresse Nationale, Licence Ouverte) has one line per postcode and commune. It is
read once, when first asked. What bites, and is handled here:

- one postcode may serve 46 communes, and a commune may have several postcodes;
- Paris, Lyon and Marseille exist only by arrondissement: the whole city is made from them;
- Corsica has postcodes in 20, departments 2A and 2B; overseas departments have three digits;
- spreadsheets turn 01000 into 1000;
- CEDEX codes are in no public file.
"""

import csv
import math
import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from marketplace.core.text import fold

EARTH_KM = 6371.0088  # mean radius
_FILE = Path(__file__).parent / "data" / "places.csv"

_CITIES = {"paris": "75", "lyon": "69", "marseille": "13"}
_NOT_NAME = re.compile(r"[^a-z0-9]+")
_ARTICLE = re.compile(r"^(?:le|la|les|l) ")
_POSTCODE = re.compile(r"(?<!\d)(?:f )?(\d ?\d{2} ?\d{2}|\d{2} ?\d{3}|\d{4,5})(?!\d)")
_SAINT = re.compile(r"\bste?\b")
_CEDEX = re.compile(r"\bcedex(?: \d{1,2})?\b")
_ARRONDISSEMENT = re.compile(r"^(paris|lyon|marseille) (\d{1,2})(?: ?(?:e|er|eme|ieme))?(?: arr\w*)?$")
_WITH_DEPARTMENT = re.compile(r"^(.+?) (\d{2,3}|2[ab])$")


class Point(NamedTuple):
    """WGS 84, in degrees."""

    lat: float
    lon: float


class Place(NamedTuple):
    """A commune under one postcode. `precision`: commune, postcode, department, territory (overseas), city, cedex."""

    postcode: str
    commune: str
    insee: str
    point: Point
    precision: str

    @property
    def department(self) -> str:
        return department(self.insee or self.postcode)


class Spot(NamedTuple):
    """What a typed place was taken for. `others` are communes that it might have meant as well."""

    label: str
    point: Point
    precision: str
    others: tuple[Place, ...] = ()


def great_circle_km(a: Point, b: Point) -> float:
    """Distance in km along the great circle (haversine)."""
    lat_a, lat_b = math.radians(a[0]), math.radians(b[0])
    half_lat = math.sin((lat_b - lat_a) / 2)
    half_lon = math.sin(math.radians(b[1] - a[1]) / 2)
    h = half_lat * half_lat + math.cos(lat_a) * math.cos(lat_b) * half_lon * half_lon
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(h)))


def bounding_box(point: Point, km: float) -> tuple[float, float, float, float]:
    """(south, north, west, east) in degrees, around every point within `km`. Near a pole or over the date line the
    box takes all longitudes rather than being wrong."""
    reach = km / EARTH_KM
    south, north = point.lat - math.degrees(reach), point.lat + math.degrees(reach)
    if south <= -90 or north >= 90 or reach >= math.pi / 2:
        return max(south, -90.0), min(north, 90.0), -180.0, 180.0
    width = math.degrees(math.asin(min(1.0, math.sin(reach) / math.cos(math.radians(point.lat)))))
    west, east = point.lon - width, point.lon + width
    if west < -180 or east > 180:
        return south, north, -180.0, 180.0
    return south, north, west, east


def department(code: str) -> str:
    """Department of an INSEE or postal code: « 69 », « 2A », « 974 ». A Corsican postcode tells
    2A (200 and 201) from 2B (202 and up)."""
    if code[:2] in ("97", "98"):
        return code[:3]
    if code[:2] == "20" and len(code) == 5:
        return "2A" if code[2] in "01" else "2B"
    return code[:2].upper()


def name_key(text: str) -> str:
    """A commune's name for comparison: folded, « St » as « saint », no CEDEX, no hyphens."""
    key = _NOT_NAME.sub(" ", fold(text)).strip()
    if "cedex" in key:
        key = _CEDEX.sub("", key).strip()
    return _SAINT.sub(lambda match: "sainte" if match.group() == "ste" else "saint", key) if "st" in key else key


class _Gazetteer:
    def __init__(self) -> None:
        self.by_postcode: dict[str, list[Place]] = {}
        by_insee: dict[str, list[Place]] = {}
        with _FILE.open(encoding="utf-8", newline="") as lines:
            rows = csv.reader(lines)
            next(rows)
            for postcode, commune, insee, lat, lon, precision in rows:
                place = Place(postcode, commune, insee, Point(float(lat), float(lon)), precision)
                self.by_postcode.setdefault(postcode, []).append(place)
                by_insee.setdefault(insee, []).append(place)
        self.sharing = {postcode: len(places) for postcode, places in self.by_postcode.items()}
        for postcode, places in self.by_postcode.items():
            if len(places) > 1 and "Arrondissement" in places[0].commune:
                # 13004 is also a corner of the 12th: its own arrondissement comes first
                own = f" {int(postcode[3:])}e"
                places.sort(key=lambda p, own=own: own not in p.commune)  # type: ignore[misc]
        self.names: dict[str, list[Place]] = {}
        for places in by_insee.values():
            main = places[0] if len(places) == 1 else min(places, key=self.smallness)
            self.names.setdefault(name_key(main.commune), []).append(main)
        for name, dept in _CITIES.items():
            parts = {p.insee: p for code, ps in self.by_postcode.items() if code.startswith(dept) for p in ps}
            parts = {k: p for k, p in parts.items() if p.commune.endswith("Arrondissement")}
            whole = Place(f"{dept}001", name.title(), "", _middle(list(parts.values())), "city")
            self.names.setdefault(name, []).insert(0, whole)
        for places in self.names.values():
            if len(places) > 1:
                places.sort(key=self.smallness)
        for key in list(self.names):
            bare = _ARTICLE.sub("", key)
            if bare != key and bare not in self.names:  # « Rochelle » for La Rochelle
                self.names[bare] = self.names[key]
        self.sorted_names = sorted(self.names)
        self.sorted_postcodes = sorted(self.by_postcode)

    def smallness(self, place: Place) -> tuple[bool, bool, int, int, str]:
        """Sorts the better-known first, without population figures: whole cities, then the mainland, then those that
        share their postcode with few (93200 is one town, 30500 twenty villages), then the rounder codes."""
        zeros = len(place.postcode) - len(place.postcode.rstrip("0"))
        shared = self.sharing.get(place.postcode, 0)
        return place.precision != "city", place.precision == "territory", shared, -zeros, place.postcode


def _middle(places: list[Place]) -> Point:
    lat = sum(p.point.lat for p in places) / len(places)
    lon = sum(p.point.lon for p in places) / len(places)
    return Point(round(lat, 4), round(lon, 4))


@lru_cache(maxsize=1)
def _gazetteer() -> _Gazetteer:
    return _Gazetteer()


def normal_postcode(text: str) -> str | None:
    """Five digits, or None: « 69 007 », « F-69007 », « 1000 » (01000 in a spreadsheet)."""
    match = re.fullmatch(r"(?:F-?)?([0-9]{4,5})", re.sub(r"[\s.]", "", text), re.IGNORECASE)
    return match.group(1).zfill(5) if match else None


def communes(postcode: str) -> list[Place]:
    """The communes a postcode serves, its main one first where that is known; empty if there is no such code."""
    code = normal_postcode(postcode)
    return list(_gazetteer().by_postcode.get(code, ())) if code else []


def every_place() -> Iterator[Place]:
    """Each commune under each of its postcodes."""
    for places in _gazetteer().by_postcode.values():
        yield from places


def cedex(postcode: str) -> Place | None:
    """The town a CEDEX code most likely belongs to, by its beginning; None if nothing begins so.

    CEDEX codes share their first three digits with the town whose code is that and « 00 » (38317 is Bourgoin-Jallieu,
    38300); those of Paris, Lyon and Marseille do not, and nearly all others belong to the main town.
    """
    code, gazetteer = normal_postcode(postcode), _gazetteer()
    if code is None or code in gazetteer.by_postcode:
        return None
    for name, dept in _CITIES.items():
        if code.startswith(dept):
            return gazetteer.names[name][0]._replace(postcode=code, precision="cedex")
    for known in (code[:3] + "00", code[:2] + "000", code[:3] + "10", code[:2] + "100"):
        if places := gazetteer.by_postcode.get(known):
            return places[0]._replace(postcode=code, precision="cedex")
    return None


def find_communes(text: str, limit: int = 10) -> list[Place]:
    """Communes whose name or postcode is, or begins with, what was typed; the exact ones first."""
    gazetteer = _gazetteer()
    key = name_key(text[:80])
    if not key:
        return []
    if key.replace(" ", "").isdigit():
        digits = key.replace(" ", "")
        if exact := communes(digits):
            return exact[:limit]
        start = bisect_left(gazetteer.sorted_postcodes, digits)
        codes = gazetteer.sorted_postcodes[start : start + limit]
        return [p for code in codes if code.startswith(digits) for p in gazetteer.by_postcode[code]][:limit]
    found = list(_named(key))
    start = bisect_left(gazetteer.sorted_names, key)
    near: dict[str, Place] = {}
    for name in gazetteer.sorted_names[start : start + 200]:
        if not name.startswith(key):
            break
        if name != key:
            near.update((place.insee or place.commune, place) for place in gazetteer.names[name])
    seen = {p.insee for p in found}
    found += [p for p in sorted(near.values(), key=gazetteer.smallness) if p.insee not in seen]
    return found[:limit]


def _named(key: str) -> list[Place]:
    """Communes of exactly this name; « lyon 7 », « vienne 38 » and « saint denis 974 » narrow it down."""
    names = _gazetteer().names
    if match := _ARRONDISSEMENT.match(key):
        city, number = match.group(1), int(match.group(2))
        for suffix in ("er", "e"):
            if places := names.get(f"{city} {number}{suffix} arrondissement"):
                return places
    if places := names.get(key):
        return places
    if match := _WITH_DEPARTMENT.match(key):
        dept = match.group(2).upper()
        return [p for p in names.get(match.group(1), ()) if p.department == dept]
    return []


def locate(text: str) -> Spot | None:
    """The place meant by « Lyon », « 69007 », « 69007 Lyon », « Paris 11e », « St-Denis 974 », « 38054 Grenoble
    CEDEX 9 »; None if nothing is known by that name. A postcode of several communes stands for their middle."""
    key = name_key(text[:80])
    if not key:
        return None
    if match := _POSTCODE.search(key):
        code = match.group(1).replace(" ", "").zfill(5)
        name = (key[: match.start()] + " " + key[match.end() :]).strip()
        return _by_postcode(code, name)
    places = _named(key)
    if not places:
        if len(key) < 3 or key[0].isdigit():
            return None
        places = find_communes(key, 4)
        if not places:
            return None
    first, *others = places
    twins = len(_gazetteer().names.get(name_key(first.commune), ())) > 1
    return Spot(_label(first, twins), first.point, first.precision, tuple(others[:4]))


def _by_postcode(code: str, name: str) -> Spot | None:
    places = communes(code)
    if name:
        same = [p for p in places if f"{name_key(p.commune)} ".startswith(f"{name} ")]
        same = same or [p for p in _named(name) if p.department == department(code)]
        if same:
            return Spot(short_name(same[0].commune), same[0].point, same[0].precision)
    if places:
        if len(places) == 1 or "Arrondissement" in places[0].commune:
            return Spot(_label(places[0]), places[0].point, places[0].precision)
        return Spot(code, _middle(places), "postcode")
    place = cedex(code)
    return Spot(place.commune, place.point, place.precision) if place else None


def short_name(commune: str) -> str:
    """« Lyon 7e Arrondissement » as people say it: « Lyon 7e »."""
    return commune.removesuffix(" Arrondissement")


def _label(place: Place, twins: bool = False) -> str:
    return f"{short_name(place.commune)} ({place.department})" if twins else short_name(place.commune)
