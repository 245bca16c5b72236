"""The ledger of an organisation or a production for other programs: every entry with every term, all digits kept.

One form for all formats: `records` yields an entry and its terms as plain mappings. In CSV a line is either an entry or
a term (`row`), so that no sum counts twice. Names of columns are those of the API, the same in every language.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from marketplace.carbon.explaining import factor_rows, term_row
from marketplace.carbon.factors import FactorRow, Library
from marketplace.carbon.libraries import named_versions
from marketplace.carbon.method import compute
from marketplace.carbon.models import Factor
from marketplace.carbon.numbers import ZERO, exactly, plain
from marketplace.carbon.reasons import NotQuantified
from marketplace.carbon.streaming import Read, Span, chunks
from marketplace.core.db import db
from marketplace.core.tables_out import Cell, Sheet

FORM = 1
FORMATS = ("csv", "xlsx", "json")
MOST_IN_WORKBOOK = 5_000  # entries; a spreadsheet is made whole, in memory

ENTRY_COLUMNS = (
    "id", "position", "occurred_on", "recorded_at", "kind", "status", "reason", "title", "category", "quantity", "unit",
    "mass_kg", "into_stock", "result_kgco2e", "uncertainty_kgco2e", "share", "share_kgco2e", "giver", "bringer",
    "receiver", "method", "displacement_key", "predecessor", "replaces", "reverses", "reversed_by", "previous_hash",
    "hash",
)  # fmt: skip
TERM_COLUMNS = (
    "step", "term", "product", "factor", "version", "kgco2e_per_unit", "factor_unit", "factor_uncertainty_pct",
    "factor_source", "factor_reference", "amount_kgco2e",
)  # fmt: skip


@dataclass(frozen=True)
class Record:
    """An entry, flat, its terms, and what only JSON holds besides."""

    entry: dict[str, Any]
    terms: list[dict[str, Any]]
    more: dict[str, Any]


def records(span: Span) -> Iterator[Record]:
    """Every entry of a span, oldest first. The terms are computed from the sealed inputs and versions, some hundreds
    of entries at a time."""
    for chunk in chunks(span):
        used = {(row["key"], row["version"]) for read in chunk for row in read.entry.body["factors_used"]}
        versions, sources = named_versions(used), factor_rows(used) if used else {}
        for read in chunk:
            yield Record(_entry(read, span), _terms(read, versions, sources), _more(read))


def _entry(read: Read, span: Span) -> dict[str, Any]:
    entry, body = read.entry, read.entry.body
    column = "organisation_id" if span.scope[0] == "organisation" else "production_id"
    mine = [p.share for p in read.parties if getattr(p.share, column) == span.scope[1]]
    with exactly():
        own = sum((share.share_kgco2e for share in mine if share.share_kgco2e is not None), ZERO)
    sides = {party.share.role: party.name for party in read.parties}
    return {
        "id": entry.public_id,
        "position": entry.position,
        "occurred_on": entry.occurred_on,
        "recorded_at": body["recorded_at"],
        "kind": entry.kind,
        "status": entry.status,
        "reason": entry.reason,
        "title": read.title,
        "category": body["category"],
        "quantity": None if body["quantity"] is None else Decimal(body["quantity"]),
        "unit": body["unit"],
        "mass_kg": None if entry.mass_grams is None else Decimal(entry.mass_grams).scaleb(-3),
        "into_stock": "true" if entry.into_stock else "false",
        "result_kgco2e": entry.result_kgco2e,
        "uncertainty_kgco2e": entry.uncertainty_kgco2e,
        "share": sum((share.share for share in mine), ZERO),
        "share_kgco2e": own if entry.result_kgco2e is not None else None,
        "giver": sides.get("giver"),
        "bringer": sides.get("bringer"),
        "receiver": sides.get("receiver"),
        "method": body["method"],
        "displacement_key": body["displacement_key"],
        "predecessor": body["predecessor"],
        "replaces": body["replaces"],
        "reverses": body["reverses"],
        "reversed_by": read.reversed_by.public_id if read.reversed_by else None,
        "previous_hash": entry.previous_hash,
        "hash": entry.hash,
    }


def _terms(
    read: Read, versions: Mapping[tuple[str, str], FactorRow], sources: Mapping[tuple[str, str], Factor]
) -> list[dict[str, Any]]:
    """Each product of the sum; a reversal's have the sign of what it takes back changed."""
    body = read.entry.body
    used = [(row["key"], row["version"]) for row in body["factors_used"]]
    if not used:
        return []

    def named(wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], FactorRow]:
        return {pair: versions[pair] for pair in wanted if pair in versions}

    library = Library(versions[pair] for pair in reversed(used) if pair in versions)
    try:
        result = compute(body["kind"], body["inputs"], library, body["displacement_key"], named=named)
    except NotQuantified:
        return []
    back = read.entry.status == "reversal"
    found = []
    for term in result.terms:
        factor = sources[term.factor.key, term.factor.version]
        row = term_row(term, factor)
        found.append(
            {
                "step": row.step,
                "term": row.role,
                "parts": [{"symbol": p.symbol, "value": plain(p.value), "unit": p.unit} for p in row.parts],
                "sign": row.sign,
                "factor": factor.key,
                "version": factor.version,
                "kgco2e_per_unit": Decimal(factor.kgco2e_per_unit),
                "factor_unit": factor.unit,
                "factor_uncertainty_pct": Decimal(factor.uncertainty_pct),
                "factor_source": factor.source,
                "factor_reference": factor.source_url_or_ref,
                "amount_kgco2e": row.amount.copy_negate() if back else row.amount,
            }
        )
    return found


def _more(read: Read) -> dict[str, Any]:
    body = read.entry.body
    return {
        "exchange": body["exchange"],
        "line": body["line"],
        "listing": body["listing"],
        "parties": [
            party | {"name": name}
            for party, name in zip(body["parties"], [one.name for one in read.parties], strict=False)
        ],
        "inputs": body["inputs"],
        "parameters": body["parameters"],
        "notes": body["notes"],
        "steps": body["steps"],
        "doubt": body["doubt"],
        "factors_used": body["factors_used"],
        "sealed_text": read.entry.canonical,
    }


# ── CSV and XLSX ────────────────────────────────────────────────────────────────────────────────


def table_heads() -> list[str]:
    """The columns of the CSV."""
    return ["row", *ENTRY_COLUMNS, *TERM_COLUMNS]


def table_rows(span: Span) -> Iterator[list[Cell]]:
    """Entries and, under each, its terms: a term repeats the entry's `id` and `position` alone."""
    for record in records(span):
        yield ["entry", *(record.entry[name] for name in ENTRY_COLUMNS), *[None] * len(TERM_COLUMNS)]
        place: list[Cell] = [record.entry["id"], record.entry["position"]]
        for term in record.terms:
            yield ["term", *place, *[None] * (len(ENTRY_COLUMNS) - 2), *_term_cells(term)]


def _term_cells(term: dict[str, Any]) -> list[Cell]:
    return [_product(term) if name == "product" else term[name] for name in TERM_COLUMNS]


def _product(term: dict[str, Any]) -> str:
    """« d 0.6 × q 320 kg », with − before what is taken off (it stands in a text: no formula)."""
    product = " × ".join(f"{part['symbol']} {part['value']} {part['unit']}".strip() for part in term["parts"])
    return f"− ({product})" if term["sign"] < 0 else product


def workbook_sheets(span: Span) -> list[Sheet]:
    """Entries, terms, and the factors they name, each once. For at most `MOST_IN_WORKBOOK` entries."""
    entries: list[list[Cell]] = []
    terms: list[list[Cell]] = []
    factors: dict[tuple[str, str], list[Cell]] = {}
    for record in records(span):
        entries.append([record.entry[name] for name in ENTRY_COLUMNS])
        for term in record.terms:
            terms.append([record.entry["id"], record.entry["position"], *_term_cells(term)])
            factors[term["factor"], term["version"]] = [term[name] for name in TERM_COLUMNS[3:-1]]
    return [
        Sheet("entries", ENTRY_COLUMNS, entries),
        Sheet("terms", ("id", "position", *TERM_COLUMNS), terms),
        Sheet("factors", TERM_COLUMNS[3:-1], [factors[key] for key in sorted(factors)]),
    ]


# ── JSON ────────────────────────────────────────────────────────────────────────────────────────


def json_pieces(span: Span, about: Mapping[str, Any]) -> Iterator[bytes]:
    """One JSON object, piece by piece: what it is about, then the entries. Decimals are texts."""
    head = json.dumps({"form": FORM, **about}, ensure_ascii=False)
    yield f'{head[:-1]}, "entries": ['.encode()
    before = ""
    for record in records(span):
        body = {
            **{name: _json(value) for name, value in record.entry.items()},
            "into_stock": record.entry["into_stock"] == "true",
            **record.more,
            "terms": [{name: _json(value) for name, value in term.items()} for term in record.terms],
        }
        yield f"{before}\n{json.dumps(body, ensure_ascii=False)}".encode()
        before = ","
    yield b"\n]}\n"


def _json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


# ── the library ─────────────────────────────────────────────────────────────────────────────────

FACTOR_COLUMNS = (
    "key", "version", "effective_on", "verified", "name_fr", "name_en", "category", "unit", "kgco2e_per_unit",
    "uncertainty_pct", "stage", "source", "source_url_or_ref", "source_year", "scope_note",
)  # fmt: skip


def factor_table() -> Iterator[Sequence[Cell]]:
    """Every version of every public factor, by key; figures as they were published."""
    query = select(Factor).where(Factor.key.not_like("epd.%")).order_by(Factor.key, Factor.id)
    for row in db.session.scalars(query):
        cells = {name: getattr(row, name) for name in FACTOR_COLUMNS}
        cells["verified"] = "true" if row.verified else "false"
        cells |= {name: Decimal(cells[name]) for name in ("kgco2e_per_unit", "uncertainty_pct")}
        yield list(cells.values())
