"""Listings by the thousand for benchmarks and tests at size: the same `seed`, the same listings.

Their words follow Zipf's law as those of real ones do (a few words everywhere, most of them rare), categories and
places are real, quantities, prices and masses those of their category. Nothing here is meant to be read for long.
"""

import random
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

from marketplace.catalogue import taxonomy
from marketplace.catalogue.fields import COLOURS, CONDITIONS
from marketplace.core import geo

CITIES = (
    "Lyon", "Paris", "Marseille", "Villeurbanne", "Montreuil", "Aubervilliers", "Lille", "Bordeaux", "Nantes",
    "Toulouse", "Strasbourg", "Montpellier", "Rennes", "Grenoble", "Dijon", "Angers", "Nice", "Tours", "Metz",
    "Perpignan", "Brest", "Limoges", "Amiens", "Annecy", "Pantin", "Ivry-sur-Seine", "Roubaix", "Bry-sur-Marne",
)  # fmt: skip
_ENDINGS = ("age", "ette", "eur", "ier", "oir", "ine", "ade", "ure", "el", "on")


def _words(part: int) -> tuple[str, ...]:
    text = (Path(__file__).parent / "data" / "words.txt").read_text(encoding="utf-8").split("\n", 1)[1]
    return tuple(text.split("\n\n")[part].split())


FUNCTION_WORDS, TRADE_WORDS = _words(0), _words(1)


def listings(count: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """`count` listings as the API takes them, ready to publish, without their site: `lat`, `lon` and `city` instead."""
    draw = random.Random(seed)
    words, weights = _vocabulary()
    keys = _keys()
    for number in range(count):
        category = taxonomy.categories()[keys[int(len(keys) * draw.random() ** 1.6)]]
        title = _title(category.key, draw)
        length = draw.randint(30, 60)
        modes = draw.choice((["donate"], ["donate"], ["sell"], ["rent"], ["rent", "sell"], ["donate", "sell"]))
        worth = category.replacement_value_cents or 2000
        city, point = _places()[int(len(CITIES) * draw.random() ** 2)]
        yield {
            "reference": f"GEN-{number:07d}",
            "title": title,
            "description": " ".join(draw.choices(words, cum_weights=weights, k=length - len(title.split()))),
            "category": category.key,
            "modes": modes,
            "quantity": min(int(draw.paretovariate(1.1)), 400),
            "unit": category.unit,
            "mass_kg": f"{max(int((category.mass_grams or 1000) * draw.uniform(0.8, 1.2)), 1) / 1000:.3f}",
            "mass_source": draw.choice(("weighed", "estimated", "guessed")),
            "materials": [{"key": key, "share": share} for key, share in category.materials],
            "condition": draw.choice(CONDITIONS),
            "colours": draw.sample(COLOURS, draw.randint(0, 2)),
            "price_cents": max(worth // 3, 100) if "sell" in modes else None,
            "weekly_rate_cents": max(worth // 10, 100) if "rent" in modes else None,
            "lat": round(point.lat + draw.uniform(-0.15, 0.15), 5),
            "lon": round(point.lon + draw.uniform(-0.2, 0.2), 5),
            "city": city,
        }


def queries(count: int, seed: int = 2) -> Iterator[dict[str, str]]:
    """Parameters of searches as people make them: 60 % two or three words, 20 % one word, 20 % filters alone."""
    draw = random.Random(seed)
    for number in range(count):
        kind = number % 5
        if kind == 4:
            yield _filters(draw)
        else:
            yield {"q": " ".join(_asked_words(draw, 1 if kind == 3 else draw.choice((2, 2, 3))))}


def _asked_words(draw: random.Random, count: int) -> list[str]:
    """Words one looks for: those of a thing's name first, then what it is like."""
    name = [word for word in _title(draw.choice(_keys()), draw).split() if len(word) > 3] or ["décor"]
    likeness = TRADE_WORDS[: 1 + int(len(TRADE_WORDS) * draw.random() ** 2)]
    asked = [*name[: max(count - 1, 1)], *draw.choices(likeness, k=count)]
    return asked[:count]


def _filters(draw: random.Random) -> dict[str, str]:
    """One to three filters, as somebody who browses puts them."""
    top = draw.choice([key for key in taxonomy.children()[None] if key not in ("food", "other")])
    found = {
        "category": draw.choice((top, draw.choice(_keys()))),
        "mode": draw.choice(("donate", "rent", "sell")),
        "condition": draw.choice(CONDITIONS),
        "near": draw.choice(CITIES),
    }
    return {name: found[name] for name in draw.sample(list(found), draw.randint(1, 3))}


@cache
def _keys() -> tuple[str, ...]:
    """Leaves of the taxonomy in an order of their own, food left out: it is not published yet."""
    found = [key for key, row in taxonomy.categories().items() if row.unit and taxonomy.path(key)[0] != "food"]
    random.Random(0).shuffle(found)
    return tuple(found)


def _title(key: str, draw: random.Random) -> str:
    names = (taxonomy.categories()[key].name_fr, *taxonomy.synonyms().get(key, ()))
    name = names[int(len(names) * draw.random() ** 2)]
    return f"{name[:1].upper()}{name[1:]} {' '.join(draw.choices(TRADE_WORDS, k=draw.randint(1, 4)))}"[:140]


@cache
def _places() -> tuple[tuple[str, geo.Point], ...]:
    found = []
    for city in CITIES:
        spot = geo.locate(city)
        if spot is None:
            raise LookupError(f"{city} is not in the gazetteer")
        found.append((city, spot.point))
    return tuple(found)


@cache
def _vocabulary() -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Words from the most to the least frequent, and their cumulated weights: 1 / (rank + 2.7), after Mandelbrot."""
    draw = random.Random(0)
    trade = list(TRADE_WORDS)
    draw.shuffle(trade)
    terms = {word for words in taxonomy.synonyms().values() for term in words for word in term.split() if len(word) > 2}
    rare = sorted(terms.difference(trade, FUNCTION_WORDS))
    draw.shuffle(rare)
    rare += [f"{word[:-1]}{ending}" for ending in _ENDINGS for word in rare[:900]]  # the long tail: names, coinages
    words = tuple(dict.fromkeys((*FUNCTION_WORDS, *trade, *rare)))
    return words, tuple(accumulate(1 / (rank + 2.7) for rank in range(1, len(words) + 1)))
