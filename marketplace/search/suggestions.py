"""What to offer while somebody types: categories, places, words of public listings."""

from bisect import bisect_left
from dataclasses import dataclass
from functools import cache

from sqlalchemy import select

from marketplace.catalogue import taxonomy
from marketplace.core import geo
from marketplace.core.db import db
from marketplace.core.text import clean, fold
from marketplace.search import lexicon
from marketplace.search.models import SearchWord
from marketplace.search.vocabulary import IN_USE, trade_words

SHORTEST, LONGEST = 2, 60  # characters worth looking up
MOST_CATEGORIES, MOST_PLACES = 3, 2
_SCANNED = 300  # lexicon terms that begin alike
_LOOKED_AT = 60  # words that begin alike
_TRADE_HELPS = 10  # times: « châssis » before « chaque », though it stands in fewer listings


@dataclass(frozen=True)
class Suggestion:
    """`kind`: word, category or place. `text` is shown, `parameters` are those of the search it leads to."""

    kind: str
    text: str
    parameters: dict[str, str]


def suggest(typed: str, language: str, limit: int = 8) -> list[Suggestion]:
    """At most `limit` suggestions for what was typed so far, the most useful first; the same for every reader.

    Words complete the last one typed, by the number of public listings that hold them.
    """
    typed = " ".join(clean(typed[: 4 * LONGEST]).split())[:LONGEST]
    start = " ".join(fold(typed).split())
    if len(start) < SHORTEST or limit < 1:
        return []
    categories = _categories(start, language)
    places = _places(typed)
    room = max(limit - len(categories) - len(places), limit // 2)
    found = [*_words(typed, room), *categories, *places]
    return found[:limit]


def _words(typed: str, limit: int) -> list[Suggestion]:
    before, _space, last = typed.rpartition(" ")
    start = fold(last)
    if len(start) < SHORTEST or not start.isalnum():
        return []
    rows = db.session.execute(
        select(SearchWord.word, SearchWord.stem, SearchWord.listings)
        .where(
            SearchWord.word >= start,
            SearchWord.word < f"{start}zzzz",
            SearchWord.listings > 0,
            SearchWord.stem != IN_USE,
        )
        .order_by(SearchWord.listings.desc(), SearchWord.word)
        .limit(_LOOKED_AT)
    ).all()
    by_stem: dict[str, str] = {}
    for word, stem, _listings in sorted(rows, key=lambda row: -row.listings * _weight(row.word)):
        by_stem.setdefault(stem, word)
    texts = (f"{before} {as_written(word)}".strip() for word in by_stem.values())
    return [Suggestion("word", text, {"q": text}) for text in texts][:limit]


def _weight(word: str) -> int:
    return _TRADE_HELPS if word in trade_words() else 1


def _categories(start: str, language: str) -> list[Suggestion]:
    """Categories one of whose names or trade terms begins so; their own names before what else they are called."""
    terms, keys = _terms()
    place = bisect_left(terms, start)
    found: dict[str, int] = {}
    for term, (own, key) in zip(terms[place : place + _SCANNED], keys[place : place + _SCANNED], strict=True):
        if not term.startswith(start):
            break
        found[key] = min(found.get(key, 999), (0 if own else 100) + len(term))
    best = sorted(found, key=lambda key: (found[key], key))[:MOST_CATEGORIES]
    names = {key: taxonomy.categories()[key].name(language) for key in best}
    return [Suggestion("category", name, {"category": key}) for key, name in names.items()]


def _places(typed: str) -> list[Suggestion]:
    if len(typed) < SHORTEST + 1:
        return []
    found: dict[str, Suggestion] = {}
    for place in geo.find_communes(typed, MOST_PLACES):
        text = f"{geo.short_name(place.commune)} ({place.department})"
        near = f"{place.postcode} {place.commune}" if place.insee else place.commune
        found.setdefault(text, Suggestion("place", text, {"near": near}))
    return list(found.values())


@cache
def _terms() -> tuple[list[str], list[tuple[bool, str]]]:
    """Folded terms in order, and for each whether it is the category's own name, and its key."""
    found: dict[tuple[str, str], bool] = {}
    for key, category in taxonomy.categories().items():
        for name in (category.name_fr, category.name_en):
            found[fold(name), key] = True
        for term in lexicon.terms(f"category:{key}"):
            found.setdefault((fold(term), key), False)
    pairs = sorted(found.items())
    return [term for (term, _key), _own in pairs], [(own, key) for (_term, key), own in pairs]


def as_written(word: str) -> str:
    """A folded word with its accents, where the trade has it."""
    return _written().get(word, word)


@cache
def _written() -> dict[str, str]:
    """Folded words of the trade as they are written, with their accents."""
    found: dict[str, str] = {}
    for key, category in taxonomy.categories().items():
        for text in (category.name_fr, *lexicon.terms(f"category:{key}")):
            for word in text.lower().split():
                if word.isalpha() and not word.isascii():
                    found.setdefault(fold(word), word)
    return found
