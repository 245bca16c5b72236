"""What the trade calls things: terms towards categories, materials, colours, periods and styles.

Read once from the catalogue's `lexicon.csv`. The synonyms go into the index beside the canonical name, so one spelling
finds the other without the query growing.
"""

import csv
from functools import cache

from marketplace.catalogue.taxonomy import DATA
from marketplace.core.text import index_text


@cache
def _terms() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with (DATA / "lexicon.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            found.setdefault(row["canonical"], []).append(row["term"])
    return found


@cache
def words(canonical: str) -> str:
    """The analysed terms for `category:flat_panel`, `colour:white`…; empty when nothing is known."""
    return " ".join(dict.fromkeys(index_text(term) for term in _terms().get(canonical, ())))
