"""The category tree, the materials and the vehicles, read once from `catalogue/data/*.csv`."""

import csv
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"
VERSION = "2026.1"


@dataclass(frozen=True)
class Category:
    """A branch or a leaf of the tree, with what is usual for such a thing. Branches have no usual values."""

    key: str
    parent: str | None
    name_fr: str
    name_en: str
    unit: str | None
    length_cm: int | None
    width_cm: int | None
    height_cm: int | None
    mass_grams: int | None
    mass_basis: str
    materials: tuple[tuple[str, int], ...]  # (material key, share in percent)
    replacement_value_cents: int | None
    displacement_group: str | None
    comparable_uses_group: str | None
    modes: tuple[str, ...]
    waste_stream: str | None
    item_factor: str | None
    main_key: str

    def name(self, language: str) -> str:
        return self.name_en if language == "en" else self.name_fr


@dataclass(frozen=True)
class Material:
    key: str
    name_fr: str
    name_en: str
    density_kg_m3: Decimal
    production_factor: str | None
    eol_unsorted_factor: str | None
    recycled_content: Decimal
    waste_stream: str

    def name(self, language: str) -> str:
        return self.name_en if language == "en" else self.name_fr


@dataclass(frozen=True)
class Vehicle:
    key: str
    name_fr: str
    name_en: str
    factor: str
    basis: str  # 'km' (round trip) or 't.km' (one way, loaded)
    volume_m3: Decimal
    payload_kg: Decimal

    def name(self, language: str) -> str:
        return self.name_en if language == "en" else self.name_fr


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _whole(text: str) -> int | None:
    return int(Decimal(text).to_integral_value()) if text else None


@cache
def categories() -> dict[str, Category]:
    """Every category by key, branches before what they hold."""
    found = {}
    for row in _rows("taxonomy.csv"):
        shares = [part.split(":") for part in row["materials"].split(";") if part]
        value = row["replacement_value_eur"]
        found[row["key"]] = Category(
            key=row["key"],
            parent=row["parent"] or None,
            name_fr=row["name_fr"],
            name_en=row["name_en"],
            unit=row["unit"] or None,
            length_cm=_whole(row["typical_length_cm"]),
            width_cm=_whole(row["typical_width_cm"]),
            height_cm=_whole(row["typical_height_cm"]),
            mass_grams=int(Decimal(row["mass_kg_per_unit"]) * 1000) if row["mass_kg_per_unit"] else None,
            mass_basis=row["mass_basis"],
            materials=tuple((key, int(share)) for key, share in shares),
            replacement_value_cents=int(Decimal(value) * 100) if value else None,
            displacement_group=row["displacement_group"] or None,
            comparable_uses_group=row["comparable_uses_group"] or None,
            modes=tuple(mode for mode in row["modes"].split(";") if mode),
            waste_stream=row["waste_stream"] or None,
            item_factor=row["item_factor"] or None,
            main_key=row["main_key"] or row["key"],
        )
    return found


@cache
def children() -> dict[str | None, tuple[str, ...]]:
    """Keys directly under each branch; under None, the top branches."""
    found: dict[str | None, list[str]] = {}
    for category in categories().values():
        found.setdefault(category.parent, []).append(category.key)
    return {parent: tuple(keys) for parent, keys in found.items()}


@cache
def path(key: str) -> tuple[str, ...]:
    """Keys from the top branch down to `key`, itself included. Raises KeyError."""
    category = categories()[key]
    return (*path(category.parent), key) if category.parent else (key,)


@cache
def branch(key: str) -> frozenset[str]:
    """`key` and every key below it. Raises KeyError."""
    categories()[key]
    return frozenset({key}.union(*(branch(child) for child in children().get(key, ()))))


@cache
def materials() -> dict[str, Material]:
    return {
        row["key"]: Material(
            key=row["key"],
            name_fr=row["name_fr"],
            name_en=row["name_en"],
            density_kg_m3=Decimal(row["density_kg_m3"]),
            production_factor=row["production_factor"] or None,
            eol_unsorted_factor=row["eol_unsorted_factor"] or None,
            recycled_content=Decimal(row["recycled_content"]),
            waste_stream=row["waste_stream"],
        )
        for row in _rows("materials.csv")
    }


@cache
def vehicles() -> dict[str, Vehicle]:
    return {
        row["key"]: Vehicle(
            key=row["key"],
            name_fr=row["name_fr"],
            name_en=row["name_en"],
            factor=row["factor"],
            basis=row["basis"],
            volume_m3=Decimal(row["volume_m3"]),
            payload_kg=Decimal(row["payload_kg"]),
        )
        for row in _rows("vehicles.csv")
    }


@cache
def synonyms() -> dict[str, tuple[str, ...]]:
    """Other words people have for a category, by key."""
    found: dict[str, list[str]] = {}
    for row in _rows("lexicon.csv"):
        kind, _colon, key = row["canonical"].partition(":")
        if kind == "category" and row["lang"] == "fr":
            found.setdefault(key, []).append(row["term"])
    return {key: tuple(terms) for key, terms in found.items()}


@cache
def pickable() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(branch, keys) for a form: about 200 main categories by branch; the branches that hold them come last, for what
    fits nothing finer."""
    known = categories()
    groups = []
    for top in children()[None]:
        inside = [key for key in known if key in branch(top)]
        main = [key for key in inside if known[key].unit and known[key].main_key == key]
        groups.append((top, (*main, *(key for key in inside if not known[key].unit))))
    return tuple(groups)
