"""The words of public listings, as people write them: what typing errors are corrected towards, what is suggested.

Nothing private is in it: what a stranger is offered never changes with what is hidden from them. The trade's own words
are always in it, counted by the listings of their category. Values of filters that are in use stand beside the words
(`material:velvet`, without a stem), so that a filter can be offered at 0.

A word meets its mistyped forms by letters left out: of the first `PREFIX` letters of both, one or two are left out,
and where the rests are equal the whole words are compared (`spelling.py`). So a table lookup finds all candidates.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from itertools import combinations, islice
from typing import Any, cast

from sqlalchemy import Table, Text, and_, bindparam, delete, func, or_, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from marketplace.catalogue import taxonomy
from marketplace.catalogue.models import Listing
from marketplace.core.db import db, transaction
from marketplace.core.text import spoken
from marketplace.search import lexicon, traits
from marketplace.search.documents import MAX_DESCRIPTION, findable
from marketplace.search.models import SearchDeletion, SearchDocument, SearchWord

CHUNK = 500  # listings read at once
WRITTEN = 1000  # words a transaction: the write lock is held for a fraction of a second
PREFIX = 7
SHORTEST, LONGEST = 3, 40  # letters of a word that is corrected towards
IN_USE = ""  # the stem of a filter's value
_COLUMNS = {
    "material": SearchDocument.materials,
    "colour": SearchDocument.colours,
    "period": SearchDocument.period,
    "style": SearchDocument.style,
    "region": SearchDocument.region,
}

Counted = dict[str, tuple[str, int]]  # word → its stem, and in how many public listings it stands


def pieces(word: str, errors: int) -> set[str]:
    """The beginning of a word, with none to `errors` letters left out."""
    start = word[:PREFIX]
    return {
        "".join(start[place] for place in kept)
        for left_out in range(min(errors, len(start) - 1) + 1)
        for kept in combinations(range(len(start)), len(start) - left_out)
    }


def rebuild() -> int:
    """Count every word of public listings anew, and write what differs, in short transactions; how many words."""
    wanted = _trade(_public_categories())
    for word, (stem, listings) in _counted(_public_ids()).items():
        known = wanted.get(word)
        wanted[word] = (stem, max(listings, known[1]) if known else listings)
    wanted |= _values_in_use()
    there = _there()
    _write({word: row for word, row in wanted.items() if there.get(word) != row}, there)
    _forget([word for word in there if word not in wanted])
    return len(wanted)


def learn(since: datetime) -> int:
    """Add the words of public listings indexed since a moment that are not known yet; how many."""
    changed = select(SearchDocument.listing_id).where(SearchDocument.indexed_at >= since, SearchDocument.is_public)
    ids = list(db.session.scalars(changed.order_by(SearchDocument.listing_id)))
    found = _counted(ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
    there: Counted = {}
    for words in _chunks(found, WRITTEN):
        rows = db.session.execute(select(SearchWord).where(SearchWord.word.in_(words))).scalars()
        there |= {row.word: (row.stem, row.listings) for row in rows}
    fresh = {word: row for word, row in found.items() if word not in there}
    _write(fresh, {})
    return len(fresh)


def is_empty() -> bool:
    return db.session.scalar(select(SearchWord.word).limit(1)) is None


def values_in_use() -> dict[str, list[str]]:
    """The values that public listings had when they were last counted, of material, colour, period, style, region."""
    ranges = [and_(SearchWord.word > f"{kind}:", SearchWord.word < f"{kind}:zzzz") for kind in _COLUMNS]
    found: dict[str, list[str]] = {kind: [] for kind in _COLUMNS}
    for word in db.session.scalars(select(SearchWord.word).where(or_(*ranges), SearchWord.stem == IN_USE)):
        kind, _colon, value = word.partition(":")
        found[kind].append(value)
    return found


@cache
def trade_words() -> frozenset[str]:
    """The words that the trade's own names are made of: likelier meant than others."""
    return frozenset(_trade({}))


# --- counting --------------------------------------------------------------------------------------------------------


def _public_ids() -> Iterator[list[int]]:
    last = 0
    while True:
        db.session.rollback()  # no read transaction is held open over the whole count
        after = select(SearchDocument.listing_id).where(SearchDocument.listing_id > last, SearchDocument.is_public)
        ids = list(db.session.scalars(after.order_by(SearchDocument.listing_id).limit(CHUNK)))
        if not ids:
            return
        yield ids
        last = ids[-1]


def _counted(chunks: Iterable[list[int]]) -> Counted:
    counts: Counter[str] = Counter()
    stems: dict[str, str] = {}
    columns = Listing.title, Listing.description, Listing.city
    for ids in chunks:
        public = findable() & (Listing.visibility == "public")
        for title, description, city in db.session.execute(select(*columns).where(Listing.id.in_(ids), public)):
            words = dict(spoken(f"{title} {description[:MAX_DESCRIPTION]} {city or ''}"))
            counts.update(words.keys())
            stems |= words
    return {word: (stems[word], number) for word, number in counts.items() if _worth(word)}


def _public_categories() -> dict[str, int]:
    found = select(SearchDocument.category_key, func.count()).where(SearchDocument.is_public)
    return {row[0]: row[1] for row in db.session.execute(found.group_by(SearchDocument.category_key))}


def _trade(listings: dict[str, int]) -> Counted:
    """What the trade calls things, each word counted over the categories that it stands for."""
    stems: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for key in taxonomy.categories():
        words = dict(spoken(" ".join(text for step in taxonomy.path(key) for text in _names(step))))
        stems |= words
        counts.update(dict.fromkeys(words, listings.get(key, 0)))
    for kind in traits.KINDS:
        for key in traits.known(kind):
            stems |= dict(spoken(" ".join(lexicon.terms(f"{kind}:{key}"))))
    return {word: (stem, counts[word]) for word, stem in stems.items() if _worth(word)}


def _names(key: str) -> tuple[str, ...]:
    category = taxonomy.categories()[key]
    said = (term for term in lexicon.terms(f"category:{key}") if term not in lexicon.misspelt())
    return category.name_fr, category.name_en, *said


def _worth(word: str) -> bool:
    return SHORTEST <= len(word) <= LONGEST and word.isalpha()


def _values_in_use() -> Counted:
    found: Counter[str] = Counter()
    for kind, column in _COLUMNS.items():
        counted = select(column, func.count()).where(SearchDocument.is_public).group_by(column)
        for values, number in db.session.execute(counted):
            for value in filter(None, (values or "").split(",")):
                found[f"{kind}:{value}"] += number
    return {word: (IN_USE, number) for word, number in found.items() if len(word) <= 64}


# --- writing ---------------------------------------------------------------------------------------------------------


def _there() -> Counted:
    rows = db.session.execute(select(SearchWord.word, SearchWord.stem, SearchWord.listings))
    return {word: (stem, listings) for word, stem, listings in rows}


def _write(rows: Counted, there: Counted) -> None:
    for words in _chunks(rows, WRITTEN):
        fresh = [word for word in words if word not in there and rows[word][0] != IN_USE]
        links = [(piece, word) for word in fresh for piece in pieces(word, _most_errors(word))]
        with transaction() as session:
            _write_words(session, [{"word": word, "stem": rows[word][0], "listings": rows[word][1]} for word in words])
            if links:
                _write_links(session, links)


# Tens of thousands of rows: statements on the tables, so that no object is made for each.


def _write_words(session: Session, rows: list[dict[str, Any]]) -> None:
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    written: Any = (postgresql if on_postgresql else sqlite).insert(cast(Table, SearchWord.__table__))
    values = {name: written.excluded[name] for name in ("stem", "listings")}
    session.execute(written.on_conflict_do_update(index_elements=["word"], set_=values), rows)


def _write_links(session: Session, links: list[tuple[str, str]]) -> None:
    table = cast(Table, SearchDeletion.__table__)
    if (
        session.get_bind().dialect.name == "postgresql"
    ):  # each of its rows in a message of its own takes ten times longer
        columns = [
            func.unnest(bindparam(name, list(held), postgresql.ARRAY(Text)))
            for name, held in zip(("pieces", "words"), zip(*links, strict=True), strict=True)
        ]
        many = postgresql.insert(table).from_select(["piece", "word"], select(*columns))
        session.execute(many.on_conflict_do_nothing())
    else:
        rows = [{"piece": piece, "word": word} for piece, word in links]
        session.execute(sqlite.insert(table).on_conflict_do_nothing(), rows)


def _forget(words: list[str]) -> None:
    for chunk in _chunks(words, 100):
        linked = tuple_(SearchDeletion.piece, SearchDeletion.word)
        links = [(piece, word) for word in chunk for piece in pieces(word, _most_errors(word))]
        with transaction() as session:
            for some in _chunks(links, WRITTEN):
                session.execute(delete(SearchDeletion).where(linked.in_(some)))
            session.execute(delete(SearchWord).where(SearchWord.word.in_(chunk)))


def _most_errors(word: str) -> int:
    """A mistyped word of eight letters, with two errors, may be one of six."""
    return 2 if len(word) >= 6 else 1


def _chunks(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    left = iter(items)
    while chunk := list(islice(left, size)):
        yield chunk
