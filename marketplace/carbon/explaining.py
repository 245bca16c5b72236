"""A figure opened into its terms: what was multiplied, with which factor and whose doubt weighs most."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select, tuple_

from marketplace.carbon.libraries import first_versions, named_versions
from marketplace.carbon.method import Result, compute
from marketplace.carbon.models import Factor, LedgerEntry, ListingEstimate
from marketplace.carbon.numbers import HUNDRED, ONE, ZERO, exactly, plain
from marketplace.carbon.owned import groups_of
from marketplace.carbon.terms import Term
from marketplace.core.db import db

PART_UNITS = {"m": "kg", "t": "t", "km": "km", "m3": "m³", "months": "months", "kWh": "kWh"}
SILENT_WHEN_ONE = frozenset({"load", "c", "k", "s"})
MOST_CAUSES = 5


@dataclass(frozen=True)
class Multiplied:
    """One number of a product: its symbol in the method, its value, its unit ('' for a ratio)."""

    symbol: str
    value: Decimal
    unit: str


@dataclass(frozen=True)
class TermRow:
    """A line of the table: the product, the factor as published, and the kgCO2e they make."""

    step: str
    role: str
    line: int  # its place in the list of `inputs`
    parts: tuple[Multiplied, ...]
    sign: int
    factor: Factor
    amount: Decimal


@dataclass(frozen=True)
class Cause:
    """A cause of doubt: `code` as `doubt.Doubt.causes` names it, U it would make alone, its percent of U²."""

    code: str
    alone: Decimal
    percent: Decimal


@dataclass(frozen=True)
class Explanation:
    """Everything a page or `ledger explain` shows of one figure. Causes are largest first; `rest` is the others'."""

    result: Result
    steps: tuple[tuple[str, Decimal], ...]
    terms: tuple[TermRow, ...]
    causes: tuple[Cause, ...]
    rest: Decimal


def explain_entry(entry: LedgerEntry) -> Explanation | None:
    """The terms of an entry with the very versions it was computed with; None where it has no figure."""
    body = entry.body
    if not body["factors_used"]:
        return None
    used = [(row["key"], row["version"]) for row in body["factors_used"]]
    return _explain(body["kind"], body["inputs"], used, body["displacement_key"])


def at_other_uses(entry: LedgerEntry) -> list[tuple[Decimal, Decimal]]:
    """(L, A) of a rental if the new thing gave half or twice as many uses: L itself carries no doubt (section 4)."""
    body = entry.body
    if entry.kind != "rental" or entry.status == "reversal" or not body["factors_used"]:
        return []
    used = [(row["key"], row["version"]) for row in body["factors_used"]]
    found = []
    for times in (Decimal("0.5"), Decimal(2)):
        uses = Decimal(body["inputs"]["uses_of_new_item"]) * times
        if uses >= ONE:
            inputs = {**body["inputs"], "uses_of_new_item": plain(uses)}
            found.append((uses, compute("rental", inputs, first_versions(used), named=named_versions).total))
    return found


def explain_estimate(estimate: ListingEstimate) -> Explanation | None:
    """The terms of a listing's estimate, for its whole quantity; None where it has no figure."""
    if estimate.unit_kgco2e is None or estimate.kind is None:
        return None
    inputs = scaled(estimate.inputs, estimate.quantity or ONE)
    return _explain(estimate.kind, inputs, list(estimate.factor_versions.items()), estimate.displacement_key)


def scaled(inputs: Mapping[str, Any], by: Decimal) -> dict[str, Any]:
    """The same inputs for `by` times as many, without logistics."""

    def times(line: Mapping[str, Any]) -> dict[str, Any]:
        with exactly():
            more = {name: plain(Decimal(line[name]) * by) for name in ("quantity", "eol_mass_kg") if name in line}
        return {**line, **more}

    out = {name: value for name, value in inputs.items() if name != "extra"}
    out["lines"] = [times(line) for line in inputs["lines"]]
    if "own_item" in inputs:
        groups = [{**item, "lines": [times(line) for line in item["lines"]]} for item in groups_of(inputs)]
        out["own_item"] = groups[0] if len(groups) == 1 else groups
    return out


def _explain(
    kind: str, inputs: Mapping[str, Any], used: list[tuple[str, str]], displacement_key: str | None
) -> Explanation:
    result = compute(kind, inputs, first_versions(used), displacement_key, named=named_versions)
    factors = factor_rows(used)
    rows = tuple(term_row(term, factors[(term.factor.key, term.factor.version)]) for term in result.terms)
    causes, rest = _causes(result)
    return Explanation(result, result.steps, rows, causes, rest)


def factor_rows(versions: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Factor]:
    """Rows of the library by (key, version)."""
    query = select(Factor).where(tuple_(Factor.key, Factor.version).in_(list(versions)))
    return {(row.key, row.version): row for row in db.session.scalars(query)}


def term_row(term: Term, factor: Factor) -> TermRow:
    """A term of the method with the numbers it multiplies."""
    parts = tuple(
        Multiplied(symbol, value, factor.unit if symbol == "q" else PART_UNITS.get(symbol, ""))
        for symbol, value in term.parts
        if not (symbol in SILENT_WHEN_ONE and value == ONE)
    )
    return TermRow(term.step, term.role, term.line, parts, -1 if term.coefficient < ZERO else 1, factor, term.amount)


def _causes(result: Result) -> tuple[tuple[Cause, ...], Decimal]:
    with exactly():
        square = result.doubt.square()
        if not square:
            return (), ZERO
        found = [Cause(code, abs(term), term * term / square * HUNDRED) for code, term in result.doubt.causes().items()]
        found = sorted((cause for cause in found if cause.alone), key=lambda cause: (-cause.alone, cause.code))
        shown = found[:MOST_CAUSES]
        return tuple(shown), sum((cause.percent for cause in found[MOST_CAUSES:]), ZERO)
