"""The demo's listings, from `data/stock.txt`: what such houses really hold, spread among them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zlib import crc32

from marketplace.catalogue import taxonomy

MODES = {"d": "donate", "r": "rent", "s": "sell"}
PUBLISHED = 330
CONDITIONS = ("good", "good", "good", "very_good", "very_good", "to_repair", "new", "for_parts")
COLOURS = ("white", "black", "red", "blue", "green", "brown", "grey", "yellow", "beige")
TAILS = ("", ", autre lot", ", deuxième choix", ", fin de série")
LINES = (
    "Stocké au sec, démonté et filmé.",
    "Chargement possible de plain-pied, prévoir des sangles.",
    "Quelques traces d’usage, visibles sur les photos.",
    "Sert depuis deux tournages, vérifié et nettoyé.",
    "À prendre en une fois de préférence.",
    "Dimensions au centimètre près, à mesurer avant un raccord.",
    "Petites retouches de peinture à prévoir.",
    "Visible sur rendez-vous, on aide à charger.",
)

ROUTES = ("unsorted", "landfill", None)  # what givers know of where a thing would have gone


@dataclass(frozen=True)
class Thing:
    category: str
    drawing: str
    modes: tuple[str, ...]
    quantity: Decimal
    title: str


def things() -> list[Thing]:
    """Every line of the file, one thing a title."""
    found = []
    for line in (Path(__file__).parent / "data" / "stock.txt").read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        category, drawing, letters, quantities, titles = (part.strip() for part in line.split("|"))
        modes = tuple(MODES[letter] for letter in letters)
        for quantity, title in zip(quantities.split(";"), titles.split(";"), strict=True):
            found.append(Thing(category, drawing, modes, Decimal(quantity.strip()), title.strip()))
    return found


def published(seed: random.Random) -> Iterator[tuple[Thing, str]]:
    """(thing, title) of the listings now on line: each thing once, then some of them again."""
    once = things()
    seed.shuffle(once)
    for count in range(PUBLISHED):
        thing = once[count % len(once)]
        yield thing, thing.title + TAILS[count // len(once) * seed.randint(1, 3)]


def values(thing: Thing, title: str, at: datetime, today: date, seed: random.Random) -> dict[str, Any]:
    """Columns of a listing of `thing`; what its house and site add comes from the caller."""
    category = taxonomy.categories()[thing.category]
    usual = category.mass_grams or 1000
    weighed = seed.random() < 0.35
    worth = category.replacement_value_cents or 1000
    found: dict[str, Any] = {
        "title": title[:140],
        "description": f"{title}. {' '.join(seed.sample(LINES, 2))}",
        "category_key": category.key,
        "modes": list(thing.modes),
        "quantity": thing.quantity,
        "unit": category.unit,
        "length_cm": category.length_cm,
        "width_cm": category.width_cm,
        "height_cm": category.height_cm,
        "mass_grams": max(int(usual * seed.uniform(0.85, 1.15)), 1) if weighed else usual,
        "mass_source": "weighed" if weighed else seed.choice(("estimated", "guessed")),
        "materials": [{"key": key, "share": share} for key, share in category.materials],
        "materials_confirmed": weighed,
        "condition": seed.choice(CONDITIONS),
        "colours": [seed.choice(COLOURS)] if seed.random() < 0.5 else [],
        "dismantling": thing.category in ("set_facade", "set_bar_counter", "stair_unit", "kitchen_unit"),
        "handling_people": 2 if usual > 25_000 else None,
        "handling_vehicle": "van_20m3" if usual * float(thing.quantity) > 150_000 else None,
        "replacement_value_cents": worth,
        "route_avoided": ROUTES[crc32(title.encode()) % len(ROUTES)],
        "available_from": today - timedelta(days=seed.randint(0, 60)),
        "created_at": at,
        "updated_at": at,
    }
    if "sell" in thing.modes:
        found["price_cents"] = max(round(worth * seed.uniform(0.15, 0.4) / 100) * 100, 100)
    if "rent" in thing.modes:
        found["weekly_rate_cents"] = max(round(worth * seed.uniform(0.05, 0.12) / 100) * 100, 100)
        found["deposit_cents"] = worth
    if thing.modes == ("donate",) and seed.random() < 0.45:
        found["gone_by"] = today + timedelta(days=seed.randint(2, 45))
    return found
