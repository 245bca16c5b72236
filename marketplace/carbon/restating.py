"""An entry said anew: a reversal, and a new entry that differs in what is given here and in nothing else (rule 6).

Every function is called inside a transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from marketplace.carbon import ledger
from marketplace.carbon.claims import Claim, Named, Party
from marketplace.carbon.factors import Library
from marketplace.carbon.libraries import first_versions, knowledge_on, named_versions
from marketplace.carbon.method import Result, compute
from marketplace.carbon.models import LedgerEntry, LedgerShare
from marketplace.carbon.numbers import ZERO, exactly, plain
from marketplace.core.db import db


def restate(
    entry: LedgerEntry,
    on: date,
    *,
    inputs: Mapping[str, Any],
    notes: Sequence[str] | None = None,
    correction: Mapping[str, str] | None = None,
    **changed: Any,
) -> LedgerEntry:
    """Take `entry` back and write it anew with these `inputs`, dated `on`; `changed` are other fields of the claim.

    Allocation, parameters and factor versions stay those of the entry. Raises NotQuantified, ValueError (not live).
    """
    result = computed_anew(entry, inputs, changed.get("displacement_key"))
    ledger.reverse(entry, on=on)
    body = entry.body
    same: dict[str, Any] = {
        "kind": entry.kind,
        "subject_kind": entry.subject_kind,
        "subject_id": entry.subject_id,
        "parties": parties_of(entry),
        "exchange": named(entry.exchange_id, body["exchange"]),
        "line": named(entry.line_id, body["line"]),
        "listing": named(entry.listing_id, body["listing"]),
        "category": body["category"],
        "quantity": None if body["quantity"] is None else Decimal(body["quantity"]),
        "unit": body["unit"],
        "mass_grams": entry.mass_grams,
        "into_stock": entry.into_stock,
        "displacement_key": body["displacement_key"],
        "parameters": body["parameters"],
        "basis": body["basis"],
        "notes": body["notes"] if notes is None else notes,
        "predecessor": named(entry.predecessor_id, body["predecessor"]),
        "uses_key": body.get("uses_key"),
        "route_avoided": body.get("route_avoided", ()),
        "region": entry.region if entry.line_id is None else None,
    }
    return ledger.append(
        Claim(
            **{**same, **changed},
            occurred_on=on,
            result=result,
            inputs=inputs,
            replaces=Named(entry.id, entry.public_id),
            correction=correction,
        )
    )


def computed_anew(entry: LedgerEntry, inputs: Mapping[str, Any], displacement_key: str | None = None) -> Result:
    """The figures that other `inputs` would have given then. Raises NotQuantified."""
    key = displacement_key or entry.body["displacement_key"]
    return compute(entry.kind, inputs, versions_of(entry), key, named=named_versions)


def versions_of(entry: LedgerEntry) -> Library:
    """The factors an entry was computed with, and of all others those in force on the day of what it tells."""
    used = [(row["key"], row["version"]) for row in entry.body["factors_used"]]
    return Library([*knowledge_on(first_day(entry)).factors, *first_versions(used)])


def first_day(entry: LedgerEntry) -> date:
    """The day of the transfer itself: what stands for an earlier entry carries the day it was said anew."""
    while entry.replaces_id is not None:
        before = db.session.get(LedgerEntry, entry.replaces_id)
        if before is None:
            break
        entry = before
    return entry.occurred_on


def at_mean_share(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """`inputs` with each line at the mean share c of the units of its lot (`claim_parts`: [units, c])."""
    parts = [(Decimal(n), Decimal(c)) for n, c in inputs["claim_parts"]]
    with exactly():
        mean = sum((n * c for n, c in parts), ZERO) / sum((n for n, _ in parts), ZERO)
    return {**inputs, "lines": [{**line, "claim_share": plain(mean)} for line in inputs["lines"]]}


def named(row_id: int | None, public_id: str | None) -> Named | None:
    return Named(row_id, public_id) if row_id is not None and public_id is not None else None


def parties_of(entry: LedgerEntry) -> list[Party]:
    """The same allocation."""
    rows = db.session.scalars(select(LedgerShare).where(LedgerShare.entry_id == entry.id).order_by(LedgerShare.id))
    return [
        Party(
            row.role,
            Named(row.organisation_id, said["organisation"]),
            named(row.production_id, said["production"]),
            row.share,
        )
        for row, said in zip(rows, entry.body["parties"], strict=True)
    ]
