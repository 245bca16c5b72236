"""On what terms the demo's listings are lent, sold and given: beside what `stock.py` says of each thing."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marketplace.seeding.stock import Thing

# how likely what is rented came by reuse, by the kind of its keeper
BY_REUSE = {"reuse_centre": 1.0, "rental_house": 0.4, "venue": 0.3, "production_company": 0.5}
COEFFICIENTS = [100, 60, 40, 20]
NAMED = {"minimum": "minimum_cents", "grace": "grace_days"}


def terms(thing: Thing, title: str, house_kind: str) -> dict[str, Any]:
    """Columns of a listing of `thing` about how it goes: the same for the same title and house."""
    draw = random.Random(f"{house_kind}/{title}")
    found: dict[str, Any] = {}
    if "rent" in thing.modes:
        found["acquired"] = "reuse" if draw.random() < BY_REUSE.get(house_kind, 0.5) else "bought_new"
        found["turnaround_days"] = draw.choice((0, 0, 0, 1, 1, 2))
        found["prep_days"] = draw.choice((0, 0, 0, 0, 1))
        found["minimum_cents"] = draw.choice((None, None, 1000, 2000))
        found["rental_coefficients"] = draw.choice((None, None, None, COEFFICIENTS))
        if found["acquired"] == "bought_new" and draw.random() < 0.5:
            found["uses_expected"] = draw.choice((20, 30, 40, 60))
    if "sell" in thing.modes:
        found["takes_offers"] = draw.random() < 0.4
    if "donate" in thing.modes:
        found["open_to_public"] = draw.random() < 0.25
    return found


@dataclass(frozen=True)
class Kept:
    """A thing that a house keeps to rent out: where, under which codes (None: by quantity), on what terms."""

    place: str
    title: str
    prefix: str | None
    terms: dict[str, Any]


def kept() -> list[Kept]:
    """Every line of `data/kept.txt`. Raises ValueError for one that is not as its head says."""
    found = []
    for line in (Path(__file__).parent / "data" / "kept.txt").read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        place, title, prefix, shelf, prep, turnaround, acquired, uses, more = (one.strip() for one in line.split("|"))
        columns: dict[str, Any] = {
            "modes": ["rent"],
            "shelf": shelf,
            "prep_days": int(prep),
            "turnaround_days": int(turnaround),
            "acquired": acquired,
            "uses_expected": None if uses == "-" else int(uses),
        }
        for word in more.split():
            name, _equals, value = word.partition("=")
            if name == "insurance":
                columns["asks_insurance"] = True
            elif name == "coefficients":
                columns["rental_coefficients"] = [int(one) for one in value.split("/")]
            else:
                columns[NAMED[name]] = int(value)
        found.append(Kept(place, title, None if prefix == "-" else prefix, columns))
    return found
