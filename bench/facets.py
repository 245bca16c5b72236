"""Counting what each filter would leave, against the same GROUP BYs in bare SQL."""

from typing import TYPE_CHECKING

from sqlalchemy import text

from bench.measuring import Figure, in_turns
from marketplace.core.db import db
from marketplace.search.facets import PRICES, count_facets
from marketplace.search.requests import SearchRequest

if TYPE_CHECKING:
    from bench.index import Bare

# one GROUP BY a group of filters; keys between commas are grouped as they stand and split by the caller
GROUPED = ("category_key", "condition_rank", "materials", "colours", "period", "style", "organisation_id", "region")


def figure(database: str, bare: "Bare", requests: list[SearchRequest], limit: float, rounds: int) -> Figure:
    """The ratio of times over all questions, the two in turns."""
    same = sum(_theirs(bare, request) == _ours(request) for request in requests)
    taken = in_turns(requests, lambda one: count_facets(one, None), lambda one: _theirs(bare, one), rounds)
    name = f"{database}, facettes"
    print(
        f"  {name:<28} {len(requests)} questions, nous {taken.ours_ms:.2f} ms, à nu {taken.theirs_ms:.2f} ms,"
        f" mêmes réponses {same} / {len(requests)}",
        flush=True,
    )
    return Figure(f"index {name} / GROUP BY à nu", taken.ratio, "", limit, False)


def _ours(request: SearchRequest) -> dict[str, dict[str, int]]:
    found = count_facets(request, None)
    return {name: {value.value: value.count for value in found[name] if value.count} for name in ("period", "colour")}


def _theirs(bare: "Bare", request: SearchRequest) -> dict[str, dict[str, int]]:
    source = f"{bare.source} CROSS JOIN search_document AS d"
    where = f"{bare.match} AND d.listing_id = {bare.listing_id} AND d.is_public"
    params = {"words": bare.words(request)}
    found: dict[str, dict[str, int]] = {}
    for column in GROUPED:
        statement = f"SELECT d.{column}, count(*) FROM {source} WHERE {where} GROUP BY d.{column}"  # noqa: S608
        found[column] = {row[0]: row[1] for row in db.session.execute(text(statement), params)}
    sums = ["d.gives", "d.rents", "d.sells", *(f"d.lowest_cents <= {euros * 100}" for euros in PRICES)]
    counts = ", ".join(f"sum(CASE WHEN {one} THEN 1 ELSE 0 END)" for one in sums)
    db.session.execute(text(f"SELECT {counts} FROM {source} WHERE {where}"), params).one()  # noqa: S608
    colours: dict[str, int] = {}
    for keys, number in found["colours"].items():
        for key in filter(None, keys.split(",")):
            colours[key] = colours.get(key, 0) + number
    return {"period": {key: number for key, number in found["period"].items() if key}, "colour": colours}
