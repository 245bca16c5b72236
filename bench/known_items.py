"""Known items: whoever searches a listing by the words of its title finds it among the first ten.

Five hundred of the 100,000 listings are searched four ways, through the steps of the results page, correction
included. Titles are drawn from names, colours, periods, places and remarks, so that few are alike; a hit counts when a
listing of exactly that title is there, since nobody could tell two such apart by their words.
"""

import random
import string
from collections.abc import Callable

from sqlalchemy import func, select

from bench.asking import first_rows
from bench.measuring import Figure
from bench.world import World
from marketplace.core.db import db
from marketplace.core.text import fold
from marketplace.search.models import SearchDocument

SAMPLE = 500
FIRST = 10
SHORTEST = 4  # letters of a word that is mistyped
_KEYBOARD = ("azertyuiop", "qsdfghjklm", "wxcvbn")


def run(world: World) -> list[Figure]:
    """The share found, by way of writing the title, on each database."""
    figures = []
    for loaded in world.large:
        with loaded.inside():
            titles = _titles()
            figures += [
                Figure(
                    f"retrouvée dans les dix, {loaded.database}, {name}",
                    _share(titles, change), "", 0.85 if change is mistyped else 0.98, True,
                )
                for name, change in WAYS.items()
            ]  # fmt: skip
    return figures


def _titles() -> list[str]:
    newest = db.session.scalar(select(func.max(SearchDocument.listing_id))) or 0
    ids = random.Random(11).sample(range(newest // 100, newest), SAMPLE)
    titles = list(db.session.scalars(select(SearchDocument.title).where(SearchDocument.listing_id.in_(ids))))
    alike = db.session.scalar(select(func.count()).select_from(SearchDocument).where(SearchDocument.title.in_(titles)))
    print(f"{len(titles)} titres cherchés, portés par {alike} annonces")
    return titles


def _share(titles: list[str], change: Callable[[str, random.Random], str]) -> float:
    draw = random.Random(12)
    found = sum(title in [row.title for row in first_rows(change(title, draw), FIRST)] for title in titles)
    return found / len(titles)


def as_written(title: str, draw: random.Random) -> str:
    return title


def without_accents(title: str, draw: random.Random) -> str:
    return fold(title)


def plural(title: str, draw: random.Random) -> str:
    """The first word in the plural, as one looks for several of a thing."""
    first, space, others = title.partition(" ")
    bare = first.rstrip(",")
    return f"{_plural(bare)}{first[len(bare) :]}{space}{others}"


def _plural(word: str) -> str:
    if word[-1:] in ("s", "x", "z") or not word.isalpha():
        return word
    if word.endswith(("au", "eu")):
        return f"{word}x"
    return f"{word[:-2]}aux" if word.endswith("al") else f"{word}s"


def mistyped(title: str, draw: random.Random) -> str:
    """One slip in one word: two letters swapped, one left out, doubled, or the next key struck."""
    words = title.split()
    places = [
        place for place, word in enumerate(words) if len(word.strip(",")) >= SHORTEST and word.strip(",").isalpha()
    ]
    if not places:
        return title
    place = draw.choice(places)
    words[place] = slip(words[place].strip(","), draw)
    return " ".join(words)


def slip(word: str, draw: random.Random) -> str:
    """`word` with one slip of the fingers; always another word."""
    while True:
        at = draw.randrange(len(word))
        kind = draw.choice(("swap", "drop", "double", "neighbour"))
        if kind == "swap" and at + 1 < len(word):
            changed = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        elif kind == "drop":
            changed = word[:at] + word[at + 1 :]
        elif kind == "double":
            changed = word[:at] + word[at] + word[at:]
        else:
            changed = word[:at] + _neighbour(word[at], draw) + word[at + 1 :]
        if changed != word:
            return changed


def _neighbour(letter: str, draw: random.Random) -> str:
    low = fold(letter)[:1]
    for row in _KEYBOARD:
        if low in row:
            at = row.index(low)
            return draw.choice([row[near] for near in (at - 1, at + 1) if 0 <= near < len(row)])
    return draw.choice(string.ascii_lowercase)


WAYS = {
    "mots du titre": as_written,
    "sans accents": without_accents,
    "au pluriel": plural,
    "une faute de frappe": mistyped,
}
