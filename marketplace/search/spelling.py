"""Typing errors: what was most likely meant, told only where it finds clearly more.

A word is mistyped when no public listing has it, or when one that is spelt nearly so stands in `FAR_MORE` times as
many: somebody who listed a « chasie » must not hide the chairs from those who mistype likewise. Fifty, because a
word's own plural and its trade's neighbours (« marbre » and « arbre ») seldom differ by more than twenty, while errors
of listings were one in hundreds. One error is allowed from four letters, two from eight; letters swapped are one. Short
words, figures, phrases, exclusions and beginnings (`feuil*`) are left as they are.
"""

import re
from dataclasses import dataclass, replace
from math import log

from rapidfuzz.distance import DamerauLevenshtein
from sqlalchemy import bindparam, select

from marketplace.accounts.permissions import Actor
from marketplace.core.db import db
from marketplace.core.text import parse_query, spoken
from marketplace.search.models import SearchDeletion, SearchWord
from marketplace.search.queries import count_listings
from marketplace.search.requests import SearchRequest
from marketplace.search.suggestions import as_written
from marketplace.search.vocabulary import IN_USE, pieces, trade_words

SHORTEST, LONG = 4, 8  # letters from which one error, and two, are put right
FAR_MORE = 50
CLEARLY_MORE = 2  # times the results that were found as typed
MOST_WORDS = 6
_ERROR_COSTS = log(20)  # a word with one error more must be twenty times as frequent to be preferred
_TRADE_HELPS = log(20)
_TOKEN = re.compile(r'"[^"]*"?|\S+')
_PLAIN = re.compile(r"\(*([^\W\d_]+)[),.;:!?]*")


@dataclass(frozen=True)
class Correction:
    """`text` is the search with other words in it, `changes` says which: (typed, meant). `request` asks for it."""

    text: str
    changes: tuple[tuple[str, str], ...]
    request: SearchRequest


def corrected(request: SearchRequest, reader: Actor | None, total: int | None = None) -> Correction | None:
    """What to search instead of `request`; None when it asks to be taken as typed, or when nothing is clearly better.

    `total`: how many results `request` has, where that is known already.
    """
    if request.exact or not request.words.root.parts:
        return None
    changes: list[tuple[str, str]] = []

    def put_right(token: re.Match[str]) -> str:
        plain = _PLAIN.fullmatch(token.group())
        if plain is None or len(changes) >= MOST_WORDS or plain[1] in ("OU", "OR", "ET", "AND", "NOT"):
            return token.group()
        meant = _meant(plain[1])
        if meant is None:
            return token.group()
        changes.append((plain[1], meant))
        return token.group().replace(plain[1], meant)

    text = _TOKEN.sub(put_right, request.q)
    if not changes:
        return None
    instead = replace(request, q=text, words=parse_query(text), page=1)
    found = count_listings(request, reader) if total is None else total
    if count_listings(instead, reader) < max(CLEARLY_MORE * found, found + 1):
        return None
    return Correction(text, tuple(changes), instead)


def meant(request: SearchRequest, reader: Actor | None) -> SearchRequest:
    """The search that answers `request`: put right where that is clearly better, else itself."""
    correction = corrected(request, reader)
    return correction.request if correction else request


_CANDIDATES = (
    select(SearchWord.word, SearchWord.stem, SearchWord.listings)
    .where(
        SearchWord.word.in_(
            select(SearchDeletion.word).where(SearchDeletion.piece.in_(bindparam("pieces", expanding=True)))
        ),
        SearchWord.stem != IN_USE,
    )
    .order_by(SearchWord.word)
)


def _meant(typed: str) -> str | None:
    """The word that was meant, as it is written; None when it is right, or nothing is near."""
    said = spoken(typed)
    if len(said) != 1:
        return None
    [(word, stem)] = said
    if len(word) < SHORTEST:
        return None
    errors = 2 if len(word) >= LONG else 1
    rows = db.session.execute(_CANDIDATES, {"pieces": list(pieces(word, errors))}).all()
    own = max((listings for _word, its_stem, listings in rows if its_stem == stem), default=0)
    allowed = errors if not own else 1
    best: tuple[float, str] | None = None
    for other, its_stem, listings in rows:
        if its_stem == stem or not listings or (own and listings < FAR_MORE * own):
            continue
        distance = DamerauLevenshtein.distance(word, other, score_cutoff=allowed)
        if distance <= allowed:
            score = log(listings) - _ERROR_COSTS * distance + _TRADE_HELPS * (other in trade_words())
            best = max(best, (score, other)) if best else (score, other)
    return as_written(best[1]) if best else None
