"""Loading the library, and figures on demand: what an API or a page asks without writing anything."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select

from marketplace.carbon import food, library
from marketplace.carbon.bridge import Thing, bridge, line_mass
from marketplace.carbon.canonical import FIRST
from marketplace.carbon.combining import combined
from marketplace.carbon.fields import mapping, need, rows
from marketplace.carbon.libraries import knowledge_on, published_versions
from marketplace.carbon.logistics import Trip, load_shares
from marketplace.carbon.method import Result, compute
from marketplace.carbon.models import Factor, LedgerHead, Parameter
from marketplace.carbon.numbers import ONE, ZERO, exactly, quantity, share
from marketplace.carbon.reasons import NotQuantified
from marketplace.carbon.wording import invalid
from marketplace.catalogue import taxonomy
from marketplace.core.clock import today
from marketplace.core.db import db

UNITS = frozenset({"piece", "m2", "m", "kg", "lot", "portion", "l"})


def load_library() -> tuple[int, int]:
    """Add the shipped rows that the database has not yet, inside a transaction; how many factors and parameters.

    Safe to call at every start. Raises RuntimeError when a shipped row differs from the published one of the same key
    and version: a published row never changes, a new value is a new version.
    """
    days = library.versions()
    factors = [
        row | {"effective_on": days[row["version"]], "verified": verified} for row, verified in library.factor_rows()
    ]
    parameters = [row | {"effective_on": days[row["version"]]} for row in library.parameter_rows()]
    if db.session.scalar(select(LedgerHead.id)) is None:  # at any revision: only columns that it always had
        db.session.execute(insert(LedgerHead).values(id=1, position=0, hash=FIRST))
    return _add(Factor, factors), _add(Parameter, parameters)


def _add(model: type[Factor] | type[Parameter], shipped: list[dict[str, Any]]) -> int:
    published_rows: list[Any] = list(db.session.scalars(select(model)))
    known = {(row.key, row.version): row for row in published_rows}
    new = []
    for row in shipped:
        published = known.get((row["key"], row["version"]))
        if published is None:
            new.append(row)
            continue
        for name, value in row.items():
            if getattr(published, name) != value:
                raise RuntimeError(
                    f"{model.__tablename__} {row['key']} {row['version']}: {name} is {getattr(published, name)!r} in "
                    f"the database, {value!r} in the files. A published row never changes: publish a new version."
                )
    if new:
        db.session.execute(insert(model), new)
    return len(new)


def estimate(kind: Any, inputs: Any) -> dict[str, Any]:
    """Figures for `inputs` in the form of the worked examples: steps, factors_used, result, uncertainty, display.

    Decimal strings, exactly as the examples write them; `status` is counted, or estimated when a factor is unverified.
    Raises Invalid (422) naming the field and why.
    """
    try:
        return _shown(compute(kind, inputs, knowledge_on(today()).factors, named=published_versions))
    except NotQuantified as refusal:
        raise invalid(refusal) from None


def estimate_by_category(request: Any) -> dict[str, Any]:
    """Figures for `{kind, lines: [{category, quantity, unit?, mass_kg?, mass_source?, materials?, receiver?}],
    distance_km?, vehicle?}`. `mass_kg` is of one unit; `receiver` is production (default), public or stock.

    As `estimate`, with the `inputs` made of each line and the `notes` an entry would carry.
    Raises Invalid (422) naming the field and why.
    """
    try:
        return _estimate_by_category(mapping(request, "(body)"))
    except NotQuantified as refusal:
        raise invalid(refusal) from None


def _estimate_by_category(request: Mapping[str, Any]) -> dict[str, Any]:
    kind = need(request, "kind", "(body)")
    if not isinstance(kind, str):
        raise NotQuantified("unknown_kind", "kind", kind=str(kind)[:40])
    knowledge = knowledge_on(today())
    vehicle = None
    if request.get("vehicle"):
        vehicle = taxonomy.vehicles().get(str(request["vehicle"]))
        if vehicle is None:
            raise NotQuantified("unknown_vehicle", "vehicle", vehicle=str(request["vehicle"])[:40])
    distance = None
    if request.get("distance_km") not in (None, ""):
        distance = quantity(request["distance_km"], "distance_km")
    things, receivers = [], []
    masses: list[Decimal | None] = []
    for _, line, where in rows(request, "lines", "", required=True):
        thing = _thing(line, where.lstrip("."))
        things.append(thing)
        receivers.append(str(line.get("receiver") or "production"))
        try:
            masses.append(line_mass(thing, knowledge.materials)[0])
        except NotQuantified:
            masses.append(None)
    if not things:
        raise NotQuantified("missing_field", "lines")
    bridged, results = [], []
    for i, (thing, receiver, part) in enumerate(zip(things, receivers, load_shares(masses), strict=True)):
        try:
            trip = Trip(vehicle, distance, part)
            if kind == food.KIND:
                one = food.food_inputs(thing, knowledge, trip, _eaten(request["lines"][i], thing))
            else:
                one = bridge(kind, thing, receiver, knowledge, trip)
            results.append(compute(kind, one.inputs, knowledge.factors, one.displacement_key))
        except NotQuantified as refusal:
            inner = refusal.where.removeprefix("inputs.")
            where = refusal.where if refusal.where == "kind" else f"lines.{i}.{inner}".rstrip(".")
            raise NotQuantified(refusal.code, where, **refusal.data) from None
        bridged.append(one)
    out = _shown(results[0] if len(results) == 1 else combined(results))
    out["inputs"] = bridged[0].inputs if len(bridged) == 1 else [one.inputs for one in bridged]
    out["notes"] = sorted({note for one in bridged for note in one.notes})
    return out


def _eaten(line: Mapping[str, Any], thing: Thing) -> food.Eaten:
    """What of a line of food is eaten: `eaten_share` of the part that can be (`edible_share`; both 1 unless said); the
    rest goes into the bin."""
    s, k = (
        share(line[name], name) if line.get(name) not in (None, "") else ONE for name in ("eaten_share", "edible_share")
    )
    with exactly():
        eaten = thing.quantity * k * s
        return food.Eaten(eaten, ZERO, ZERO, thing.quantity - eaten, k)


def _thing(line: Mapping[str, Any], where: str) -> Thing:
    key = need(line, "category", where)
    category = taxonomy.categories().get(key) if isinstance(key, str) else None
    if category is None:
        raise NotQuantified("unknown_category", f"{where}.category", category=str(key)[:60])
    unit = line.get("unit") or category.unit or "piece"
    if unit not in UNITS:
        raise NotQuantified("wrong_unit", f"{where}.unit", unit=str(unit)[:20])
    mass = quantity(line["mass_kg"], f"{where}.mass_kg") if line.get("mass_kg") not in (None, "") else None
    parts: list[tuple[str, Decimal]] = []
    for _, part, path in rows(line, "materials", where):
        material = need(part, "key", path)
        parts.append((str(material), quantity(need(part, "share", path), f"{path}.share")))
    return Thing(
        category=category,
        quantity=quantity(need(line, "quantity", where), f"{where}.quantity"),
        unit=str(unit),
        mass_kg=mass,
        weighed=line.get("mass_source") == "weighed",
        materials=parts,
    )


def _shown(result: Result) -> dict[str, Any]:
    return {"kind": result.kind, "status": "estimated" if result.unverified else "counted", **result.shown()}
