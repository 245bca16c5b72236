"""Corrections: what was wrong is taken back and written anew, with the reason and who says so (method, rule 6).

Every function is called inside a transaction. Who may correct is the caller's business.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from marketplace.carbon import ledger
from marketplace.carbon.models import LedgerEntry
from marketplace.carbon.numbers import THOUSAND, ZERO
from marketplace.carbon.restating import at_mean_share, restate
from marketplace.core.db import db


def is_standing(entry: LedgerEntry) -> bool:
    """Neither a reversal nor taken back."""
    if entry.status == "reversal":
        return False
    query = select(LedgerEntry.id).where(LedgerEntry.reverses_id == entry.id)
    return db.session.scalar(query.limit(1)) is None


def correct(
    entry: LedgerEntry, inputs: Mapping[str, Any], reason: str, by: str, on: date, **changed: Any
) -> LedgerEntry:
    """`entry` with other `inputs`: same allocation, parameters, factor versions, and shares c of a lot's claim.

    `by` is the public id of whoever corrects; `changed` are other fields of the claim (mass_grams, quantity).
    Raises NotQuantified, ValueError (no longer live).
    """
    old = entry.body["inputs"]
    new = dict(inputs)
    if "claim_parts" in old:
        new = at_mean_share({**new, "claim_parts": old["claim_parts"]})
    if "own_item" in new:
        new["own_item"] = _with_versions(old.get("own_item"), new["own_item"])
    if entry.kind == "reclaim":
        kilograms = sum((Decimal(stream["mass_kg"]) for stream in new.get("streams", ())), ZERO)
        changed.setdefault("mass_grams", int((kilograms * THOUSAND).to_integral_value()))
    return restate(entry, on, inputs=new, correction={"reason": reason, "by": by}, **changed)


def take_back(entry: LedgerEntry, reason: str, by: str, on: date) -> LedgerEntry:
    """`entry` reversed and nothing in its place: what it tells did not happen. Raises ValueError (no longer live)."""
    return ledger.reverse(entry, on=on, correction={"reason": reason, "by": by})


def _with_versions(old: Any, new: Any) -> Any:
    """O keeps the versions settled at the first use."""
    if isinstance(old, Mapping) and isinstance(new, Mapping) and "factor_versions" in old:
        return {**new, "factor_versions": old["factor_versions"]}
    return new
