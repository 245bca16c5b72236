"""Entries that stand: neither reversals nor what they take back."""

from datetime import date
from typing import Any

from sqlalchemy import Select, select

from marketplace.carbon.models import LedgerEntry
from marketplace.core.db import db


def standing() -> Select[Any]:
    taken_back = select(LedgerEntry.reverses_id).where(LedgerEntry.reverses_id.is_not(None))
    return select(LedgerEntry).where(LedgerEntry.status != "reversal", LedgerEntry.id.not_in(taken_back))


def entry_of_line(line_id: int) -> LedgerEntry | None:
    """The ledger's present word on a line."""
    query = standing().where(LedgerEntry.line_id == line_id)
    return db.session.scalar(query.order_by(LedgerEntry.position.desc()).limit(1))


def entry_of_reclaim(exchange_id: int) -> LedgerEntry | None:
    """The ledger's present word on a collection as a whole."""
    query = standing().where(LedgerEntry.exchange_id == exchange_id, LedgerEntry.subject_kind == "reclaim")
    return db.session.scalar(query.order_by(LedgerEntry.position.desc()).limit(1))


def last_rental(listing_id: int, until: date, but_of_line: int | None = None) -> LedgerEntry | None:
    """The last rental of a listing until a day, another line's than `but_of_line`."""
    query = standing().where(
        LedgerEntry.listing_id == listing_id, LedgerEntry.kind == "rental", LedgerEntry.occurred_on <= until
    )
    if but_of_line is not None:
        query = query.where(LedgerEntry.line_id != but_of_line)
    return db.session.scalar(query.order_by(LedgerEntry.position.desc()).limit(1))
