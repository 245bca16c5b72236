"""From a request and its reader to the pieces of a SELECT over the documents, the same on both databases."""

from math import cos
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from marketplace.accounts.models import Organisation
from marketplace.accounts.permissions import Actor
from marketplace.catalogue import taxonomy
from marketplace.core import geo
from marketplace.core.clock import today
from marketplace.core.db import db
from marketplace.ports import WordMatch, current
from marketplace.search.documents import CONDITIONS, index_key, unit_vector
from marketplace.search.free_dates import free_between
from marketplace.search.requests import SearchRequest
from marketplace.search.visibility import reader_condition

NEAREST = "d.x * :x + d.y * :y + d.z * :z"  # cosine of the angle between: larger is nearer
_MODE_COLUMNS = {"donate": "d.gives", "rent": "d.rents", "sell": "d.sells"}
_PRICES = {
    "rent": "CASE WHEN d.rents THEN d.weekly_rate_cents END",
    "sell": "CASE WHEN d.sells THEN d.price_cents END",
}


class Question(NamedTuple):
    """FROM, conditions, their parameters and the rank (lower is better; None where nothing can be ranked). `latest` is
    set where the postings are walked: their own order, latest listing first. `arms`: what they are walked as, see
    `WordMatch`."""

    source: str
    conditions: tuple[str, ...]
    params: dict[str, Any]
    rank: str | None
    latest: str | None = None
    arms: tuple["Question", ...] = ()


def question(request: SearchRequest, reader: Actor | None, *, by_keys: bool = True) -> Question:
    """What `request` asks, and what `reader` (None: a visitor) may see.

    With words, or filters that few listings meet, the postings are walked; `by_keys=False` has the filters tell by the
    documents' columns alone, so that an index in the order of the results can be walked instead.
    """
    params: dict[str, Any] = {}
    conditions = [reader_condition(reader, params), "(d.gone_by IS NULL OR d.gone_by > :day)"]
    params["day"] = today().isoformat()  # the job that ends those that are gone runs later
    organisation_id = _filters(request, conditions, params)
    keys = _keys(request, organisation_id) if by_keys or request.words else []
    kept = reader is not None and reader.organisation_id is not None
    match: WordMatch | None = current("index").match(request.words, keys, kept=kept) if request.words or keys else None
    if match:
        conditions.insert(0, match.where)
        params |= match.params
    if request.from_on or request.to_on:
        conditions += free_between(request.from_on, request.to_on, request.quantity, params, request.modes)
    elif request.quantity:
        conditions.append("d.free >= :quantity")
        params["quantity"] = int(request.quantity * 1000)
    if request.spot:
        _around(request.spot.point, request.radius, conditions, params)
    source = match.source if match else "search_document AS d"
    rank, latest = (match.rank, match.latest) if match else (None, None)
    arms = tuple(
        Question(arm.source, (arm.where, *conditions[1:]), params, arm.rank, arm.latest)
        for arm in (match.arms if match else ())
    )
    return Question(source, tuple(conditions), params, rank, latest, arms)


def price(modes: tuple[str, ...]) -> str:
    """The least one pays to have a listing in one of these ways (any, when none is named); NULL when unknown."""
    if not modes:
        return "d.lowest_cents"
    asked = [_PRICES[mode] for mode in ("rent", "sell") if mode in modes]
    if len(asked) == 2:
        rent, sell = asked
        asked = [f"CASE WHEN ({sell}) IS NULL OR ({rent}) < ({sell}) THEN ({rent}) ELSE ({sell}) END"]
    if "donate" not in modes:
        return asked[0]
    return f"CASE WHEN d.gives THEN 0 ELSE {asked[0] if asked else 'NULL'} END"


def _filters(request: SearchRequest, conditions: list[str], params: dict[str, Any]) -> int | None:
    """Adds the filters over the document's columns; the row of the organisation asked for."""
    if request.category:
        _in_category(request.category, conditions, params)
    if request.modes:
        conditions.append("(" + " OR ".join(_MODE_COLUMNS[mode] for mode in request.modes) + ")")
    if request.condition:
        conditions.append("d.condition_rank <= :condition")
        params["condition"] = CONDITIONS.index(request.condition)
    if request.max_price_cents is not None:
        conditions.append(f"{price(request.modes)} <= :max_price")
        params["max_price"] = request.max_price_cents
    for column, values in (("materials", request.materials), ("colours", request.colours)):
        _any_of([(f"d.{column} LIKE :", f"%,{value},%") for value in values], column, conditions, params)
    for column, values in (("period", request.periods), ("style", request.styles)):
        _any_of([(f"d.{column} = :", value) for value in values], column, conditions, params)
    if request.region:
        conditions.append("d.region = :region")
        params["region"] = request.region
    if not request.organisation:
        return None
    organisation_id = db.session.scalar(_ORGANISATION, {"public_id": request.organisation})
    conditions.append("d.organisation_id = :organisation")
    params["organisation"] = organisation_id or 0
    return organisation_id


_ORGANISATION = select(Organisation.id).where(Organisation.public_id == bindparam("public_id"))


def _keys(request: SearchRequest, organisation_id: int | None) -> list[list[str]]:
    """The filters as words of the postings, any of each group. A category or a house alone has an index of its own,
    in the order of the results; beside words or other filters it narrows what is walked."""
    groups = [("m", request.materials), ("c", request.colours), ("p", request.periods), ("s", request.styles)]
    groups.append(("r", (request.region,) if request.region else ()))
    found = [[index_key(kind, value) for value in values] for kind, values in groups if values]
    if found or request.words.root.parts:
        owned = (("k", request.category), ("o", organisation_id))
        found += [[index_key(kind, value)] for kind, value in owned if value]
    return found


def _any_of(tests: list[tuple[str, str]], name: str, conditions: list[str], params: dict[str, Any]) -> None:
    if tests:
        conditions.append("(" + " OR ".join(f"{test}{name}{n}" for n, (test, _value) in enumerate(tests)) + ")")
        params.update({f"{name}{n}": value for n, (_test, value) in enumerate(tests)})


def _in_category(key: str, conditions: list[str], params: dict[str, Any]) -> None:
    if taxonomy.categories()[key].parent is None:
        conditions.append("d.branch = :branch")
        params["branch"] = key
        return
    keys = sorted(taxonomy.branch(key))
    names = [f"category{n}" for n in range(len(keys))]
    conditions.append(f"d.category_key IN ({', '.join(':' + name for name in names)})")
    params.update(zip(names, keys, strict=True))


def _around(point: geo.Point, radius: int, conditions: list[str], params: dict[str, Any]) -> None:
    """A box the index can walk, then the great circle itself."""
    conditions += ["d.lat BETWEEN :south AND :north", "d.lon BETWEEN :west AND :east", f"{NEAREST} >= :reach"]
    params |= circle(point, radius)


def circle(point: geo.Point, radius: int) -> dict[str, float]:
    """What a distance in km around a point binds."""
    south, north, west, east = geo.bounding_box(point, radius)
    x, y, z = unit_vector(*point)
    box: dict[str, Any] = {"south": south, "north": north, "west": west, "east": east, "x": x, "y": y, "z": z}
    return box | {"reach": cos(min(radius / geo.EARTH_KM, 3.14159))}
