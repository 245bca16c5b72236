"""The regions of France: INSEE's codes, their names, their departments."""

from functools import cache, lru_cache
from math import cos, radians

from marketplace.core import geo

_REGIONS = {
    "84": ("Auvergne-Rhône-Alpes", "01 03 07 15 26 38 42 43 63 69 73 74"),
    "27": ("Bourgogne-Franche-Comté", "21 25 39 58 70 71 89 90"),
    "53": ("Bretagne", "22 29 35 56"),
    "24": ("Centre-Val de Loire", "18 28 36 37 41 45"),
    "94": ("Corse", "2A 2B"),
    "44": ("Grand Est", "08 10 51 52 54 55 57 67 68 88"),
    "32": ("Hauts-de-France", "02 59 60 62 80"),
    "11": ("Île-de-France", "75 77 78 91 92 93 94 95"),
    "28": ("Normandie", "14 27 50 61 76"),
    "75": ("Nouvelle-Aquitaine", "16 17 19 23 24 33 40 47 64 79 86 87"),
    "76": ("Occitanie", "09 11 12 30 31 32 34 46 48 65 66 81 82"),
    "52": ("Pays de la Loire", "44 49 53 72 85"),
    "93": ("Provence-Alpes-Côte d’Azur", "04 05 06 13 83 84"),
    "01": ("Guadeloupe", "971"),
    "02": ("Martinique", "972"),
    "03": ("Guyane", "973"),
    "04": ("La Réunion", "974"),
    "06": ("Mayotte", "976"),
}
NAMES = {code: name for code, (name, _departments) in _REGIONS.items()}
_BY_DEPARTMENT = {dept: code for code, (_name, departments) in _REGIONS.items() for dept in departments.split()}
_CELL = 0.1  # degrees; some 11 km, so the nearest commune is in a cell or beside it, but for the emptiest places
_FAR = 3  # cells


def of_department(department: str) -> str | None:
    """INSEE's code of the region a department is in; None for what is in none (975, 977…)."""
    return _BY_DEPARTMENT.get(department)


def of_place(postcode: str | None, lat: float | None, lon: float | None) -> str | None:
    """The region of a postcode, else of the nearest commune; None far from any."""
    code = geo.normal_postcode(postcode) if postcode else None
    if code and (found := of_department(geo.department(code))):
        return found
    return None if lat is None or lon is None else _around(round(lat, 2), round(lon, 2))


@lru_cache(maxsize=50_000)
def _around(lat: float, lon: float) -> str | None:
    row, column = round(lat / _CELL), round(lon / _CELL)
    near = _within(row, column, 1) or _within(row, column, _FAR)
    narrow = cos(radians(lat))  # how much shorter a degree of longitude is here
    nearest = min(near, key=lambda p: (p.point.lat - lat) ** 2 + ((p.point.lon - lon) * narrow) ** 2, default=None)
    return of_department(nearest.department) if nearest else None


def _within(row: int, column: int, cells: int) -> list[geo.Place]:
    grid, reach = _grid(), range(-cells, cells + 1)
    return [place for r in reach for c in reach for place in grid.get((row + r, column + c), ())]


@cache
def _grid() -> dict[tuple[int, int], list[geo.Place]]:
    cells: dict[tuple[int, int], list[geo.Place]] = {}
    for place in geo.every_place():
        cells.setdefault((round(place.point.lat / _CELL), round(place.point.lon / _CELL)), []).append(place)
    return cells
