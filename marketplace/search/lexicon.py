"""What the trade calls things: terms towards categories, materials, colours, periods and styles.

Read once from the catalogue's `lexicon.csv`. The synonyms go into the index beside the canonical name, so one spelling
finds the other without the query growing.
"""

import csv
from functools import cache

from marketplace.catalogue.taxonomy import DATA
from marketplace.core.text import analyse, index_text


@cache
def _terms() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with (DATA / "lexicon.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            found.setdefault(row["canonical"], []).append(row["term"])
    return found


@cache
def misspelt() -> frozenset[str]:
    """Terms that are there because people write them wrongly so: found, but never offered."""
    with (DATA / "lexicon.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    right = {row["term"] for row in rows if row["kind"] != "spelling"}
    return frozenset(row["term"] for row in rows if row["kind"] == "spelling") - right


def terms(canonical: str) -> tuple[str, ...]:
    """What is said for `category:flat_panel`, `colour:white`…, as people write it; empty when nothing is known."""
    return tuple(_terms().get(canonical, ()))


@cache
def keys(kind: str) -> tuple[str, ...]:
    """What the lexicon has names for among 'category', 'material', 'colour', 'period' and 'style', in its order."""
    return tuple(name.partition(":")[2] for name in _terms() if name.startswith(f"{kind}:"))


@cache
def words(canonical: str) -> str:
    """The analysed terms for `category:flat_panel`, `colour:white`…; empty when nothing is known."""
    return " ".join(dict.fromkeys(index_text(term) for term in terms(canonical)))


@cache
def dated_names() -> frozenset[tuple[str, ...]]:
    """The names of periods and styles in several words, analysed: « années 50 », « Art déco »."""
    kinds = ("period:", "style:")
    found = (tuple(analyse(term)) for name, terms in _terms().items() if name.startswith(kinds) for term in terms)
    return frozenset(words for words in found if len(words) > 1)
