"""Reads of the factor library: what is in force on a day, one version by name, pages of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask import current_app
from sqlalchemy import func, select

from marketplace.carbon import versions
from marketplace.carbon.bridge import Knowledge
from marketplace.carbon.factors import FactorRow, Library
from marketplace.carbon.models import Factor, Parameter
from marketplace.carbon.parameters import ParameterRow, Parameters
from marketplace.catalogue import taxonomy
from marketplace.core.db import db
from marketplace.core.text import fold


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
    by_day: dict[date, Knowledge]


def _everything() -> _Everything:
    mark_of = select(
        select(func.coalesce(func.max(Factor.id), 0)).scalar_subquery(),
        select(func.coalesce(func.max(Parameter.id), 0)).scalar_subquery(),
    )
    mark = tuple(db.session.execute(mark_of).one())
    kept: _Everything | None = current_app.extensions.get("factor_library")
    if kept is None or kept.mark != mark:
        factors, parameters = db.session.scalars(select(Factor)).all(), db.session.scalars(select(Parameter)).all()
        for row in (*factors, *parameters):
            db.session.expunge(row)
        kept = _Everything(mark, tuple(factors), tuple(parameters), {})
        current_app.extensions["factor_library"] = kept
    return kept


def knowledge_on(day: date) -> Knowledge:
    """Factors and parameters in force on `day`, and the materials."""
    everything = _everything()
    known = everything.by_day.get(day)
    if known is None:
        if len(everything.by_day) > 800:
            everything.by_day.clear()
        known = Knowledge(
            factors=Library(factor_row(row) for row in versions.in_force(everything.factors, day)),
            parameters=Parameters(_parameter_row(row) for row in versions.in_force(everything.parameters, day)),
            materials=taxonomy.materials(),
        )
        everything.by_day[day] = known
    return known


def named_versions(wanted: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], FactorRow]:
    """The rows of these (key, version), whatever is in force now: what an old entry is recomputed with."""
    pairs = set(wanted)
    return {(row.key, row.version): factor_row(row) for row in _everything().factors if (row.key, row.version) in pairs}


def first_versions(used: Sequence[tuple[str, str]]) -> Library:
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
