"""Keeping the index true: called inside the transaction that changed the listings."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import BindParameter, String, bindparam, cast, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from marketplace.catalogue.models import Listing, SetPart
from marketplace.core.clock import today
from marketplace.core.db import db
from marketplace.exchanges.queries import free_quantities
from marketplace.ports import current
from marketplace.search.documents import documents_of
from marketplace.search.models import SearchDocument, document_table

CHUNK = 500  # SQLite takes 32,766 values a statement; and nobody waits long for the write lock
_ESTIMATES = ("estimate_kgco2e", "uncertainty_kgco2e")


def index_listings(listing_ids: Iterable[int]) -> None:
    """Write what the index keeps of these listings, or forget those that may not be found (any more).

    An estimate already copied stays. Works in bulk: a few statements per 500 listings.
    """
    ids = sorted(set(listing_ids))
    db.session.flush()
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        rows, words = documents_of(chunk)
        found = {row["listing_id"] for row in rows}
        forget([listing_id for listing_id in chunk if listing_id not in found])
        connection = db.session.connection()
        write_documents(connection, document_table(), rows)
        current("index").write(connection, words)


def forget(listing_ids: Sequence[int]) -> None:
    """Take these listings out of the index."""
    if listing_ids:
        connection = db.session.connection()
        connection.execute(delete(SearchDocument).where(SearchDocument.listing_id.in_(listing_ids)))
        current("index").remove(connection, listing_ids)


_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_WITH_SETS = select(Listing.id).where(
    or_(Listing.id.in_(_IDS), Listing.id.in_(select(SetPart.set_id).where(SetPart.part_id.in_(_IDS))))
)
# what can also leave for good is free as long as nobody has it later on either
_NOT_ONLY_RENTED = _WITH_SETS.where(
    or_(*(cast(Listing.modes, String).like(f'%"{mode}"%') for mode in ("donate", "sell")))
)


def record_free(listing_ids: Iterable[int], starts_on: date | None = None) -> None:
    """Copy what is free of these listings, and of the sets they are part of, onto the documents: their words and
    filters are as before. One that has no document is nobody's to find.

    `starts_on`: nothing changed before that day, so what is only rented out is as free today as before.
    """
    given = {"ids": list(listing_ids)}
    if not given["ids"]:
        return
    db.session.flush()
    later = starts_on is not None and starts_on > today() + timedelta(days=1)  # it is tomorrow overseas
    ids = list(db.session.scalars(_NOT_ONLY_RENTED if later else _WITH_SETS, given))
    if not ids:
        return
    at = datetime.now(UTC)  # the machine's: see SearchDocument
    rows = [{"id": listing_id, "free": free, "at": at} for listing_id, free in sorted(free_quantities(ids).items())]
    table = document_table()
    statement = update(table).where(table.c.listing_id == bindparam("id"))
    db.session.connection().execute(statement.values(free=bindparam("free"), indexed_at=bindparam("at")), rows)


def record_estimates(estimates: Iterable[tuple[int, Decimal | None, Decimal | None]]) -> None:
    """Copy carbon's estimates (listing id, kgCO2e, its uncertainty) onto the documents.

    A listing whose document is not there yet, though it may be found, is indexed first: the order of listeners
    does not matter.
    """
    rows: list[dict[str, Any]] = [{"id": i, "estimate": estimate, "doubt": doubt} for i, estimate, doubt in estimates]
    if not rows:
        return
    table = document_table()
    ids = [row["id"] for row in rows]
    there = set(db.session.scalars(select(SearchDocument.listing_id).where(SearchDocument.listing_id.in_(ids))))
    missing = [listing_id for listing_id in ids if listing_id not in there]
    if missing:
        index_listings(missing)
    statement = (
        update(table)
        .where(table.c.listing_id == bindparam("id"))
        .values(estimate_kgco2e=bindparam("estimate"), uncertainty_kgco2e=bindparam("doubt"))
    )
    db.session.connection().execute(statement, rows)


def write_documents(connection: Any, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Insert or replace rows of a table shaped like `search_document`; estimates only where a row brings them."""
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table)
    changed = {name: statement.excluded[name] for name in rows[0] if name != "listing_id"}
    connection.execute(statement.on_conflict_do_update(index_elements=[table.c.listing_id], set_=changed), list(rows))
