"""Listings by the thousand for benchmarks and tests at size: the same `seed`, the same listings.

Their words follow Zipf's law as those of real ones do (a few words everywhere, most of them rare), categories and
communes are real, quantities, prices and masses those of their category, and a title says what the fields say. Nothing
here is meant to be read for long.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

from marketplace.catalogue import taxonomy
from marketplace.catalogue.fields import COLOURS, CONDITIONS
from marketplace.core import geo
from marketplace.search import lexicon

CITIES = (
    "Lyon", "Paris", "Marseille", "Villeurbanne", "Montreuil", "Aubervilliers", "Lille", "Bordeaux", "Nantes",
    "Toulouse", "Strasbourg", "Montpellier", "Rennes", "Grenoble", "Dijon", "Angers", "Nice", "Tours", "Metz",
    "Perpignan", "Brest", "Limoges", "Amiens", "Annecy", "Pantin", "Ivry-sur-Seine", "Roubaix", "Bry-sur-Marne",
)  # fmt: skip
SIZES = ("40 cm", "60 cm", "80 × 60 cm", "1 m", "1,20 m", "1,50 m", "1,80 m", "2 m", "2,40 m", "2,50 m", "3 m", "4 m")


def _parts() -> list[str]:
    text = (Path(__file__).parent / "data" / "words.txt").read_text(encoding="utf-8")
    return text.split("\n", 1)[1].split("\n\n")


def _phrases(part: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for line in part.splitlines() for phrase in line.split("|") if phrase.strip())


FUNCTION_WORDS, TRADE_WORDS, PLAIN_WORDS = (tuple(part.split()) for part in _parts()[:3])
SETTINGS, REMARKS = (_phrases(part) for part in _parts()[3:])


def listings(count: int, seed: int = 1, on: date | None = None) -> Iterator[dict[str, Any]]:
    """`count` listings as the API takes them, ready to publish, without their site: `lat`, `lon` and `city` instead.

    With `on`, some are only there from a later day or must be gone by one, counted from it.
    """
    draw = random.Random(seed)
    words, weights = _vocabulary()
    keys = _keys()
    periods, styles = lexicon.keys("period"), lexicon.keys("style")
    for number in range(count):
        category = taxonomy.categories()[keys[int(len(keys) * draw.random() ** 1.6)]]
        colours = draw.sample(COLOURS, draw.choice((0, 1, 1, 1, 2)))
        period = draw.choice(periods) if draw.random() < 0.55 else None
        style = draw.choice(styles) if draw.random() < 0.35 else None
        title = _title(category.key, colours, period, style, draw)
        length = draw.randint(30, 60)
        modes = draw.choice((["donate"], ["donate"], ["sell"], ["rent"], ["rent", "sell"], ["donate", "sell"]))
        worth = category.replacement_value_cents or 2000
        city, point = _place(draw)
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
            "colours": colours,
            "period": period,
            "style": style,
            "price_cents": max(round(worth * draw.uniform(0.1, 0.6)), 100) if "sell" in modes else None,
            "weekly_rate_cents": max(round(worth * draw.uniform(0.05, 0.15)), 100) if "rent" in modes else None,
            "lat": round(point.lat + draw.uniform(-0.05, 0.05), 5),
            "lon": round(point.lon + draw.uniform(-0.07, 0.07), 5),
            "city": city,
            **(_days(on, draw) if on else {}),
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
    name = [word for word in _name(draw.choice(_keys()), draw).split() if len(word) > 3] or ["décor"]
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


def _name(key: str, draw: random.Random) -> str:
    """What such a thing is called, the usual name most often."""
    names = (taxonomy.categories()[key].name_fr, *taxonomy.synonyms().get(key, ()))
    return names[int(len(names) * draw.random() ** 2)]


def _title(key: str, colours: list[str], period: str | None, style: str | None, draw: random.Random) -> str:
    """« Guéridon, fonte, années 30, café parisien » : a name, then three or four things one can tell of it."""
    name = _name(key, draw)
    told = [draw.choice(lexicon.terms(f"colour:{colour}")) for colour in colours[:1]]
    told += [draw.choice(lexicon.terms(f"{kind}:{of}")) for kind, of in (("period", period), ("style", style)) if of]
    others = [
        taxonomy.materials()[draw.choice(taxonomy.categories()[key].materials)[0]].name_fr.lower()
        if taxonomy.categories()[key].materials else draw.choice(PLAIN_WORDS),
        draw.choice(SETTINGS), draw.choice(REMARKS), draw.choice(SIZES), f"lot de {draw.randint(2, 40)}",
    ]  # fmt: skip
    told += draw.sample(others, max(draw.randint(3, 4) - len(told), 1))
    draw.shuffle(told)
    return f"{name[:1].upper()}{name[1:]}, {', '.join(told)}"[:140]


def _place(draw: random.Random) -> tuple[str, geo.Point]:
    """Half of them in the towns of the trade, the first ones most often, the others all over the country."""
    if draw.random() < 0.5:
        return _towns()[int(len(CITIES) * draw.random() ** 2)]
    place = draw.choice(_communes())
    return place.commune, place.point


@cache
def _towns() -> tuple[tuple[str, geo.Point], ...]:
    found = []
    for city in CITIES:
        spot = geo.locate(city)
        if spot is None:
            raise LookupError(f"{city} is not in the gazetteer")
        found.append((city, spot.point))
    return tuple(found)


@cache
def _communes() -> tuple[geo.Place, ...]:
    """A commune for every postcode of the mainland that ends with 0."""
    found = (geo.communes(f"{department:02d}{number:02d}0") for department in range(1, 96) for number in range(100))
    return tuple(places[0] for places in found if places)


def _days(on: date, draw: random.Random) -> dict[str, str]:
    found = {}
    if draw.random() < 0.5:
        found["available_from"] = (on + timedelta(days=draw.randint(-60, 60))).isoformat()
    if draw.random() < 0.2:
        found["gone_by"] = (on + timedelta(days=draw.randint(61, 150))).isoformat()
    return found


@cache
def _vocabulary() -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Words from the most to the least frequent, and their cumulated weights: 1 / (rank + 2.7), after Mandelbrot.

    The long tail is that of real listings: what the lexicon calls things, then names of places.
    """
    draw = random.Random(0)
    trade = [*TRADE_WORDS, *PLAIN_WORDS]
    draw.shuffle(trade)
    names = [category.name_fr for category in taxonomy.categories().values()]
    names += [material.name_fr for material in taxonomy.materials().values()]
    names += [term for terms in taxonomy.synonyms().values() for term in terms]
    rare = sorted({word.strip("(),’'").lower() for name in names for word in name.split() if len(word) > 2})
    draw.shuffle(rare)
    places = sorted({place.commune for place in _communes()})
    draw.shuffle(places)
    words = tuple(dict.fromkeys((*FUNCTION_WORDS, *trade, *rare, *(name.replace(" ", "-") for name in places))))
    return words, tuple(accumulate(1 / (rank + 2.7) for rank in range(1, len(words) + 1)))
