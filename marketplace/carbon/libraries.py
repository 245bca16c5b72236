"""Reads of the factor library: what is in force on a day, one version by name, pages of it.

An organisation's own figures (`product_data.py`) are in none of these lists, and found by name only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from flask import current_app
from sqlalchemy import func, select, tuple_

from marketplace.carbon import versions
from marketplace.carbon.bridge import Knowledge
from marketplace.carbon.factors import FactorRow, Library
from marketplace.carbon.models import Factor, Parameter
from marketplace.carbon.parameters import ParameterRow, Parameters
from marketplace.catalogue import taxonomy
from marketplace.core.db import db
from marketplace.core.text import fold

OWN = "epd."  # keys that begin so are an organisation's own
_PUBLISHED = Factor.key.not_like(f"{OWN}%")
Pair = tuple[str, str]  # key, version


def factor_row(row: Factor) -> FactorRow:
    return FactorRow.read(
        {
            "key": row.key,
            "version": row.version,
            "unit": row.unit,
            "kgco2e_per_unit": row.kgco2e_per_unit,
            "uncertainty_pct": row.uncertainty_pct,
        },
        row.verified,
    )


def _parameter_row(row: Parameter) -> ParameterRow:
    return ParameterRow(row.key, row.version, row.value, row.uncertainty_pct, row.source_or_assumption)


@dataclass(frozen=True)
class _Everything:
    """The tables as read once: rows never change, so a higher last id is the only news there can be."""

    mark: tuple[int, int]
    factors: tuple[Factor, ...]
    parameters: tuple[Parameter, ...]
    by_name: Mapping[Pair, FactorRow]
    by_day: dict[date, Knowledge] = field(default_factory=dict)


def _everything() -> _Everything:
    mark_of = select(
        select(func.coalesce(func.max(Factor.id), 0)).where(_PUBLISHED).scalar_subquery(),
        select(func.coalesce(func.max(Parameter.id), 0)).scalar_subquery(),
    )
    mark = tuple(db.session.execute(mark_of).one())
    kept: _Everything | None = current_app.extensions.get("factor_library")
    if kept is None or kept.mark != mark:
        factors = db.session.scalars(select(Factor).where(_PUBLISHED)).all()
        parameters = db.session.scalars(select(Parameter)).all()
        for row in (*factors, *parameters):
            db.session.expunge(row)
        by_name = {(row.key, row.version): factor_row(row) for row in factors}
        kept = _Everything(mark, tuple(factors), tuple(parameters), by_name)
        current_app.extensions["factor_library"] = kept
    return kept


def knowledge_on(day: date) -> Knowledge:
    """Factors and parameters in force on `day`, and the materials."""
    everything = _everything()
    known = everything.by_day.get(day)
    if known is None:
        if len(everything.by_day) > 800:
            everything.by_day.clear()
        known = everything.by_day[day] = _knowledge(everything, everything.factors, day)
    return known


def knowledge_with(added: Iterable[Factor], day: date) -> Knowledge:
    """The same as if these rows were published too: what a file would change before anything is written."""
    everything = _everything()
    return _knowledge(everything, (*everything.factors, *added), day)


def _knowledge(everything: _Everything, factors: Iterable[Factor], day: date) -> Knowledge:
    return Knowledge(
        factors=Library(
            everything.by_name.get((row.key, row.version)) or factor_row(row) for row in versions.in_force(factors, day)
        ),
        parameters=Parameters(_parameter_row(row) for row in versions.in_force(everything.parameters, day)),
        materials=taxonomy.materials(),
    )


def published() -> tuple[Factor, ...]:
    """Every version of the library, read once: do not change them."""
    return _everything().factors


def mark() -> list[int]:
    """By which one sees that something was published since."""
    return list(_everything().mark)


def published_versions(wanted: Iterable[Pair]) -> Mapping[Pair, FactorRow]:
    """The rows of these (key, version) of the library alone: for inputs that anybody may send."""
    by_name = _everything().by_name
    return {pair: by_name[pair] for pair in wanted if pair in by_name}


def named_versions(wanted: Iterable[Pair]) -> Mapping[Pair, FactorRow]:
    """The rows of these (key, version), whatever is in force now: what an old entry is recomputed with."""
    pairs = set(wanted)
    found = dict(published_versions(pairs))
    own = {pair for pair in pairs if pair[0].startswith(OWN)}
    return {**found, **_own(own)} if own else found


def _own(pairs: set[Pair]) -> dict[Pair, FactorRow]:
    query = select(Factor).where(tuple_(Factor.key, Factor.version).in_(pairs))
    return {(row.key, row.version): factor_row(row) for row in db.session.scalars(query)}


def first_versions(used: Sequence[Pair]) -> Library:
    """The rows that stand first under their key in an entry's `factors_used`: O may name older versions after them."""
    rows = named_versions(used)
    return Library(rows[pair] for pair in reversed(used) if pair in rows)


@dataclass(frozen=True)
class FactorPage:
    """One page of the library, the version in force of each key."""

    rows: list[Factor]
    total: int


def factors_page(
    day: date, text: str = "", category: str = "", stage: str = "", page: int = 1, size: int = 50
) -> FactorPage:
    """Factors in force on `day` whose key or name holds `text` (any case, accents or not), by key."""
    words = fold(text).split()
    found = [
        row
        for row in versions.in_force(_everything().factors, day)
        if (not category or row.category == category)
        and (not stage or row.stage == stage)
        and all(word in fold(f"{row.key} {row.name_fr} {row.name_en} {row.source}") for word in words)
    ]
    found.sort(key=lambda row: (not row.verified, row.key))
    return FactorPage(found[(page - 1) * size : page * size], len(found))


def categories_and_stages() -> tuple[list[str], list[str]]:
    """What the list can be narrowed by."""
    factors = _everything().factors
    return sorted({row.category for row in factors}), sorted({row.stage for row in factors})


def factor_versions(key: str) -> list[Factor]:
    """Every version of a key, the newest first; empty for an unknown key."""
    query = select(Factor).where(Factor.key == key).order_by(Factor.effective_on.desc().nulls_last(), Factor.id.desc())
    return list(db.session.scalars(query))


def materials_using(key: str) -> list[taxonomy.Material]:
    """Materials of the catalogue whose production or end of life takes this factor."""
    return [m for m in taxonomy.materials().values() if key in (m.production_factor, m.eol_unsorted_factor)]


def categories_using(key: str) -> list[taxonomy.Category]:
    """Categories whose item factor it is."""
    return [c for c in taxonomy.categories().values() if c.item_factor == key]


def parameters_on(day: date) -> list[Parameter]:
    """Every default in force on `day`, by key."""
    return sorted(versions.in_force(_everything().parameters, day), key=lambda row: row.key)
