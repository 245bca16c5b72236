"""How many results each value of each filter would leave: counted over what the reader may see, and over nothing else.

A group's counts stand under all the other filters, its own left out, so that they tell what choosing would find. They
are read in one pass over the results and counted here, which is quicker than a GROUP BY for each group; one more pass
for each group that is in use. A pass ends at `MOST_ROWS`: beyond it counts are said to be minima.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from operator import itemgetter
from typing import Any

from sqlalchemy import or_, select, text

from marketplace.accounts.models import Organisation
from marketplace.accounts.permissions import Actor
from marketplace.catalogue import taxonomy
from marketplace.core import regions
from marketplace.core.db import db
from marketplace.search import traits
from marketplace.search.documents import CONDITIONS
from marketplace.search.questions import price, question
from marketplace.search.requests import MODES, SearchRequest
from marketplace.search.vocabulary import values_in_use

MOST_ROWS = 10_000
MOST_ORGANISATIONS = 20
PRICES = (0, 20, 50, 100, 200, 500, 1000)  # euros: « gratuit », « 20 € au plus »…


@dataclass(frozen=True)
class FacetValue:
    """A value of a filter: `value` is its parameter's, `count` what choosing it alone would find. `name` is set where
    the value tells nothing by itself (an organisation's)."""

    value: str
    count: int
    count_is_minimum: bool = False
    chosen: bool = False
    name: str = ""


@dataclass(frozen=True)
class _Group:
    columns: tuple[str, ...]
    cleared: dict[str, Any]  # fields of the request without this filter
    count: Callable[[SearchRequest, "_Columns"], "Counter[str]"]
    chosen: Callable[[SearchRequest], Sequence[str]]


_Columns = dict[str, Sequence[Any]]


def count_facets(request: SearchRequest, reader: Actor | None) -> dict[str, list[FacetValue]]:
    """The values of each filter with their counts for `reader` (None: a visitor), in the order to show them in.

    By group: category (what the chosen one holds, or stands beside it), mode, condition (that one or better), material,
    price (that many euros or less), period, style, colour, organisation (the most frequent ones), region.
    """
    in_use = [name for name, group in _GROUPS.items() if group.chosen(request)]
    passes = [(request, [name for name in _GROUPS if name not in in_use])]
    passes += [(replace(request, **_GROUPS[name].cleared), [name]) for name in in_use]
    found: dict[str, list[FacetValue]] = {}
    known = values_in_use()
    for asked, names in filter(itemgetter(1), passes):
        columns, minimum = _columns(asked, reader, names)
        for name in names:
            chosen = _GROUPS[name].chosen(request)
            counts = _GROUPS[name].count(request, columns)
            found[name] = [
                FacetValue(value, counts.get(value, 0), minimum, value in chosen)
                for value in _values(name, request, counts, (*chosen, *known.get(name, ())))
            ]
    found["organisation"] = _named(found["organisation"], request.organisation)
    return {name: found[name] for name in _GROUPS}


def _columns(request: SearchRequest, reader: Actor | None, names: list[str]) -> tuple[_Columns, bool]:
    """The columns of all results that these groups count, and whether there were more."""
    asked = question(request, reader)
    expressions = {
        column: price(request.modes) if column == "price" else f"d.{column}"
        for name in names
        for column in _GROUPS[name].columns
    }
    statement = _select(asked.source, asked.conditions, tuple(expressions.values()))
    rows = db.session.execute(statement, {**asked.params, "most": MOST_ROWS + 1}).all()
    minimum = len(rows) > MOST_ROWS
    columns = zip(*rows[:MOST_ROWS], strict=True) if rows else [()] * len(expressions)
    return dict(zip(expressions, columns, strict=True)), minimum


@lru_cache(maxsize=1000)
def _select(source: str, conditions: tuple[str, ...], expressions: tuple[str, ...]) -> Any:
    return text(f"SELECT {', '.join(expressions)} FROM {source} WHERE {' AND '.join(conditions)} LIMIT :most")  # noqa: S608


# --- counting --------------------------------------------------------------------------------------------------------


def _plain(column: str) -> Callable[[SearchRequest, _Columns], Counter[str]]:
    def count(request: SearchRequest, columns: _Columns) -> Counter[str]:
        found = Counter(columns[column])
        found.pop(None, None)
        return Counter({str(value): number for value, number in found.items()})

    return count


def _listed(column: str) -> Callable[[SearchRequest, _Columns], Counter[str]]:
    """Of keys between commas, each: listings that have the same ones are split once."""

    def count(request: SearchRequest, columns: _Columns) -> Counter[str]:
        found: Counter[str] = Counter()
        for keys, number in Counter(columns[column]).items():
            for key in filter(None, keys.split(",")):
                found[key] += number
        return found

    return count


def _categories(request: SearchRequest, columns: _Columns) -> Counter[str]:
    leaves = Counter(columns["category_key"])
    return Counter({key: sum(leaves[leaf] for leaf in taxonomy.branch(key)) for key in _category_values(request)})


def _modes(request: SearchRequest, columns: _Columns) -> Counter[str]:
    return Counter({mode: sum(map(bool, columns[name])) for mode, name in zip(MODES, _MODE_COLUMNS, strict=True)})


def _conditions(request: SearchRequest, columns: _Columns) -> Counter[str]:
    found = Counter(columns["condition_rank"])
    return Counter(dict(zip(CONDITIONS, accumulate(found[rank] for rank in range(len(CONDITIONS))), strict=True)))


def _prices(request: SearchRequest, columns: _Columns) -> Counter[str]:
    cents = sorted(cents for cents in columns["price"] if cents is not None)
    asked = {f"{euros}": euros * 100 for euros in PRICES}
    if (chosen := request.max_price_cents) is not None:
        asked[_price_chosen(request)[0]] = chosen
    return Counter({value: bisect_right(cents, most) for value, most in sorted(asked.items(), key=lambda one: one[1])})


_MODE_COLUMNS = ("gives", "rents", "sells")


def _one(value: str | None) -> tuple[str, ...]:
    return (value,) if value else ()


def _price_chosen(request: SearchRequest) -> tuple[str, ...]:
    cents = request.max_price_cents
    return () if cents is None else (f"{cents / 100:g}",)


_GROUPS: dict[str, _Group] = {
    "category": _Group(("category_key",), {"category": None}, _categories, lambda r: _one(r.category)),
    "mode": _Group(_MODE_COLUMNS, {"modes": ()}, _modes, lambda r: r.modes),
    "condition": _Group(("condition_rank",), {"condition": None}, _conditions, lambda r: _one(r.condition)),
    "material": _Group(("materials",), {"materials": ()}, _listed("materials"), lambda r: r.materials),
    "price": _Group(("price",), {"max_price_cents": None}, _prices, _price_chosen),
    "period": _Group(("period",), {"periods": ()}, _plain("period"), lambda r: r.periods),
    "style": _Group(("style",), {"styles": ()}, _plain("style"), lambda r: r.styles),
    "colour": _Group(("colours",), {"colours": ()}, _listed("colours"), lambda r: r.colours),
    "organisation": _Group(
        ("organisation_id",), {"organisation": ""}, _plain("organisation_id"), lambda r: _one(r.organisation)
    ),
    "region": _Group(("region",), {"region": None}, _plain("region"), lambda r: _one(r.region)),
}


# --- which values, in which order ------------------------------------------------------------------------------------


def _values(name: str, request: SearchRequest, counts: Counter[str], always: Sequence[str]) -> Iterable[str]:
    if name == "category":
        return _category_values(request)
    if name in ("mode", "condition", "price"):
        return counts
    if name == "organisation":
        return [value for value, _count in counts.most_common(None if always else MOST_ORGANISATIONS)]
    known = list(regions.NAMES) if name == "region" else list(traits.known(name))
    order = {value: place for place, value in enumerate(known)}
    there = {value for value in counts if counts[value]}.union(always)
    return sorted(there, key=lambda value: (-counts[value], order.get(value, len(order)), value))


def _category_values(request: SearchRequest) -> tuple[str, ...]:
    children, chosen = taxonomy.children(), request.category
    if chosen is None:
        return children[None]
    return children.get(chosen) or children[taxonomy.categories()[chosen].parent]


def _named(values: list[FacetValue], chosen: str) -> list[FacetValue]:
    """Organisations by their public identifier and name instead of their row; the chosen one in any case."""
    ids = [int(value.value) for value in values]
    rows = db.session.execute(
        select(Organisation.id, Organisation.public_id, Organisation.name).where(
            or_(Organisation.id.in_(ids), Organisation.public_id == chosen)
        )
    )
    known = {str(row_id): (public_id, name) for row_id, public_id, name in rows}
    there = {value.value for value in values}
    values = values + [FacetValue(row_id, 0) for row_id in known if row_id not in there]
    named = [
        replace(value, value=public_id, name=name, chosen=public_id == chosen)
        for value in values
        if value.value in known
        for public_id, name in [known[value.value]]
    ]
    return [value for place, value in enumerate(named) if place < MOST_ORGANISATIONS or value.chosen]
