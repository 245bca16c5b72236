"""What comes nearest where few listings hold every word: shown after the results, and told apart from them.

First those that hold some of the words, then things one finds in the set that is named: who looks for « cellule de
prison » may take bars, bricks and bunk beds (`catalogue/data/sets.csv`).
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

from marketplace.accounts.permissions import Actor
from marketplace.catalogue.taxonomy import DATA
from marketplace.core.text import All, Beginning, Node, Query, Words, analyse
from marketplace.core.text import Any as AnyOf
from marketplace.search import lexicon
from marketplace.search.queries import Found, first_listings
from marketplace.search.requests import SearchRequest

ENOUGH = 10  # results with every word: beyond, nothing is added
MOST = 12  # listings added
LONGEST_NAME = 4  # words
SHORTEST = 4  # letters of a lone word that may be the beginning of a longer one


def nearly_listings(request: SearchRequest, found: Sequence[Found], reader: Actor | None) -> list[Found]:
    """What to show after `found`, the first page of `request`, when that is short: the nearest first.

    Empty under any other order than by relevance, and on any other page.
    """
    if len(found) >= ENOUGH or request.page > 1 or request.sorted_by != "relevance" or not request.words.root.parts:
        return []
    known = {row.public_id for row in found}
    added: list[Found] = []
    for words in _wider(request.words):
        wider = replace(request, words=words)
        for row in first_listings(wider, reader, len(known) + MOST):
            if row.public_id not in known:
                known.add(row.public_id)
                added.append(row)
        if len(found) + len(added) >= ENOUGH:
            break
    return added[:MOST]


def _wider(query: Query) -> Iterator[Query]:
    """Ways to ask for less than `query`, from the closest."""
    parts = _grouped(query.root.parts)
    if len(parts) > 2:
        fewer = [All(parts[:left] + parts[left + 1 :]) for left in range(len(parts))]
        yield replace(query, root=All((AnyOf(tuple(fewer)),), query.root.without))
    if len(parts) > 1:
        yield replace(query, root=All((AnyOf(parts),), query.root.without))
    elif isinstance(parts[0], Words) and len(parts[0].words) == 1 and len(parts[0].words[0]) >= SHORTEST:
        start = parts[0].words[0]
        yield replace(query, root=All((Beginning(start, start, parts[0].shown),), query.root.without))
    if things := _things(query):
        yield replace(query, root=All((AnyOf(things),), query.root.without))


def _grouped(parts: tuple[Node, ...]) -> tuple[Node, ...]:
    """Words that are one name together made one part: « années 50 » is not any year and any 50."""
    grouped: list[Node] = []
    at = 0
    while at < len(parts):
        for length in range(min(LONGEST_NAME, len(parts) - at), 1, -1):
            run = [part for part in parts[at : at + length] if isinstance(part, Words)]
            words = tuple(word for part in run for word in part.words)
            if len(run) == length and words in lexicon.dated_names():
                grouped.append(Words(words, " ".join(part.shown for part in run)))
                at += length
                break
        else:
            grouped.append(parts[at])
            at += 1
    return tuple(grouped)


def _things(query: Query) -> tuple[Words, ...]:
    """What belongs to the sets whose names stand in the query."""
    found: dict[tuple[str, ...], Words] = {}
    asked = [word for part in query.root.parts if isinstance(part, Words) for word in part.words]
    for name, things in _sets():
        if any(tuple(asked[at : at + len(name)]) == name for at in range(len(asked))):
            found.update((thing.words, thing) for thing in things)
    return tuple(found.values())


@cache
def _sets() -> tuple[tuple[tuple[str, ...], tuple[Words, ...]], ...]:
    found = []
    with (DATA / "sets.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            things = tuple(Words(tuple(analyse(thing)), thing) for thing in row["words"].split("|"))
            found += [(tuple(analyse(name)), things) for name in row["set"].split("|")]
    return tuple(found)
