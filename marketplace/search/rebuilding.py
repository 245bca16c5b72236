"""Building the index anew beside the live one, and comparing it with the listings."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, MetaData, Table, func, insert, select

from marketplace.catalogue.models import Listing
from marketplace.core.db import db, transaction
from marketplace.ports import current
from marketplace.search.documents import documents_of, findable
from marketplace.search.models import SearchDocument, document_table
from marketplace.search.services import CHUNK, write_documents

# Named like the postings, so that migrations pass it by should a rebuild be cut short.
NEXT_DOCUMENTS = "listing_words_documents_next"

Estimates = Callable[[list[int]], dict[int, tuple[Decimal | None, Decimal | None]]]


def rebuild(progress: Callable[[int, int], None], estimates: Estimates | None = None) -> int:
    """Build everything anew beside the live index, then swap in one transaction; the number of listings indexed.

    Searches go on over the old index meanwhile, and other writers get their turn between chunks. What they changed
    since the start is indexed again before the swap. `estimates` gives carbon's figures by listing; without it those
    of the live documents are kept. Cut short, it leaves the live index as it was.
    """
    started = datetime.now(UTC)
    index = current("index")
    live = document_table()
    columns = [Column(c.name, c.type, primary_key=c.primary_key, nullable=c.nullable) for c in live.c]
    beside = Table(NEXT_DOCUMENTS, MetaData(), *columns)
    with transaction() as session:
        connection = session.connection()
        beside.drop(connection, checkfirst=True)
        beside.create(connection)
        words_table = index.begin_rebuild(connection)
    total = db.session.scalar(select(func.count()).select_from(Listing).where(findable())) or 0
    done = 0
    for ids in _chunks():
        done += _fill(ids, beside, words_table, estimates)
        progress(min(done, total), total)
    with transaction() as session:
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            # waits for those who are writing documents, and keeps others from it: their change would be lost
            connection.exec_driver_sql("LOCK TABLE search_document IN SHARE ROW EXCLUSIVE MODE")
        changed = list(session.scalars(select(SearchDocument.listing_id).where(SearchDocument.indexed_at >= started)))
        for start in range(0, len(changed), CHUNK):
            rows, words = documents_of(changed[start : start + CHUNK])
            write_documents(connection, beside, _with_estimates(rows, estimates))
            index.write(connection, words, words_table)
        gone = _no_longer_findable(beside)
        if gone:
            connection.execute(beside.delete().where(beside.c.listing_id.in_(gone)))
            index.remove(connection, gone, words_table)
        connection.execute(live.delete())
        connection.execute(insert(live).from_select(list(live.c.keys()), select(beside)))
        index.swap(connection)
        beside.drop(connection)
        return session.scalar(select(func.count()).select_from(live)) or 0


def _chunks() -> Iterator[list[int]]:
    """Ids of findable listings, in order, `CHUNK` at a time."""
    last = 0
    while True:
        db.session.rollback()  # no read transaction is held open over the whole rebuild
        after = select(Listing.id).where(Listing.id > last, findable()).order_by(Listing.id).limit(CHUNK)
        ids = list(db.session.scalars(after))
        if not ids:
            return
        yield ids
        last = ids[-1]


def _fill(ids: list[int], beside: Table, words_table: str, estimates: Estimates | None) -> int:
    rows, words = documents_of(ids)  # the slow part, without any lock
    rows = _with_estimates(rows, estimates)
    with transaction() as session:
        write_documents(session.connection(), beside, rows)
        current("index").write(session.connection(), words, words_table)
    return len(rows)


def _with_estimates(rows: list[dict[str, Any]], estimates: Estimates | None) -> list[dict[str, Any]]:
    ids = [row["listing_id"] for row in rows]
    found = (estimates or _kept_estimates)(ids)
    return [
        {**row, "estimate_kgco2e": estimate, "uncertainty_kgco2e": doubt}
        for row in rows
        for estimate, doubt in [found.get(row["listing_id"], (None, None))]
    ]


def _kept_estimates(ids: list[int]) -> dict[int, tuple[Decimal | None, Decimal | None]]:
    columns = SearchDocument.listing_id, SearchDocument.estimate_kgco2e, SearchDocument.uncertainty_kgco2e
    found = db.session.execute(select(*columns).where(SearchDocument.listing_id.in_(ids)))
    return {listing_id: (estimate, doubt) for listing_id, estimate, doubt in found}


def _no_longer_findable(beside: Table) -> list[int]:
    still = select(Listing.id).where(Listing.id == beside.c.listing_id, findable())
    return list(db.session.scalars(select(beside.c.listing_id).where(~still.exists())))


@dataclass
class Comparison:
    """What `index check` found. `differences` are (listing id, what is wrong), at most `LIMIT` of them."""

    listings: int = 0
    wrong: int = 0
    differences: list[tuple[int, str]] = field(default_factory=list)

    LIMIT = 50

    def add(self, listing_id: int, what: str) -> None:
        self.wrong += 1
        if len(self.differences) < self.LIMIT:
            self.differences.append((listing_id, what))


def compare(estimates: Estimates | None = None) -> Comparison:
    """Listings against documents and postings, both ways."""
    found = Comparison()
    index = current("index")
    for ids in _chunks():
        rows, words = documents_of(ids)
        found.listings += len(rows)
        stored = {
            document.listing_id: document._asdict()
            for document in db.session.execute(select(document_table()).where(SearchDocument.listing_id.in_(ids)))
        }
        for row in _with_estimates(rows, estimates) if estimates else rows:
            document = stored.get(row["listing_id"])
            if document is None:
                found.add(row["listing_id"], "no document")
                continue
            names = [name for name, value in row.items() if name != "indexed_at" and document[name] != value]
            if names:
                found.add(row["listing_id"], f"document differs: {', '.join(names)}")
        for listing_id in index.differing(db.session.connection(), words):
            found.add(listing_id, "words differ")
    gone = select(Listing.id).where(Listing.id == SearchDocument.listing_id, findable())
    for listing_id in db.session.scalars(select(SearchDocument.listing_id).where(~gone.exists())):
        found.add(listing_id, "document of a listing that may not be found")
    for listing_id in index.strangers(db.session.connection(), Comparison.LIMIT):
        found.add(listing_id, "words without a document")
    return found
