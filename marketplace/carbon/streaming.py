"""Entries that count for an organisation or a production, read in the order of the chain without piling up."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select

from marketplace.accounts.models import Organisation
from marketplace.carbon.models import LedgerEntry, LedgerHead, LedgerShare
from marketplace.carbon.totals import Scope
from marketplace.core.db import db
from marketplace.exchanges.models import ExchangeLine

CHUNK = 300


@dataclass(frozen=True)
class Span:
    """Which entries: those of a scope, dated from a day to a day (included), up to a place in the chain."""

    scope: Scope
    since: date | None = None
    until: date | None = None
    head: int | None = None

    def holds(self, day: date) -> bool:
        """Whether a day lies within it."""
        return (self.since is None or day >= self.since) and (self.until is None or day <= self.until)


@dataclass(frozen=True)
class Party:
    """A share of an entry with whose it is."""

    share: LedgerShare
    public_id: str
    name: str
    kind: str


@dataclass(frozen=True)
class Link:
    """Another entry as far as lists name it."""

    position: int
    public_id: str
    occurred_on: date


@dataclass(frozen=True)
class Read:
    """An entry with what lists say of it: whose it is, what it was about, what it takes back and what takes it back."""

    entry: LedgerEntry
    parties: tuple[Party, ...]
    title: str
    reverses: Link | None
    reversed_by: Link | None


def of_span(span: Span) -> Select[Any]:
    """The entries of a span, in no order."""
    kind, number = span.scope
    query = select(LedgerEntry)
    if kind != "all":
        column = LedgerShare.organisation_id if kind == "organisation" else LedgerShare.production_id
        query = query.where(LedgerEntry.id.in_(select(LedgerShare.entry_id).where(column == number)))
    if span.since is not None:
        query = query.where(LedgerEntry.occurred_on >= span.since)
    if span.until is not None:
        query = query.where(LedgerEntry.occurred_on <= span.until)
    if span.head is not None:
        query = query.where(LedgerEntry.position <= span.head)
    return query


def count(span: Span) -> int:
    """How many entries there are to read."""
    return db.session.scalar(select(func.count()).select_from(of_span(span).subquery())) or 0


def head() -> tuple[int, str]:
    """The end of the chain: (position, hash); (0, '') before the first entry."""
    found = db.session.execute(select(LedgerHead.position, LedgerHead.hash)).first()
    return (found.position, found.hash) if found else (0, "")


def chunks(span: Span) -> Iterator[list[Read]]:
    """The entries of a span, oldest first, some hundreds at a time."""
    last = 0
    while True:
        query = of_span(span).where(LedgerEntry.position > last).order_by(LedgerEntry.position).limit(CHUNK)
        found = list(db.session.scalars(query))
        if not found:
            return
        last = found[-1].position
        yield _read(found, span.head)


def _read(found: list[LedgerEntry], until: int | None) -> list[Read]:
    ids = [entry.id for entry in found]
    parties = _parties(ids)
    titles = _titles([entry.line_id for entry in found if entry.line_id])
    named = [entry.reverses_id for entry in found if entry.reverses_id]
    originals = dict(_links(select(LedgerEntry.id, *_LINK).where(LedgerEntry.id.in_(named))))
    query = select(LedgerEntry.reverses_id, *_LINK).where(LedgerEntry.reverses_id.in_(ids))
    if until is not None:
        query = query.where(LedgerEntry.position <= until)
    reversals = dict(_links(query))
    return [
        Read(
            entry,
            tuple(parties.get(entry.id, ())),
            titles.get(entry.line_id or 0, ""),
            originals.get(entry.reverses_id or 0),
            reversals.get(entry.id),
        )
        for entry in found
    ]


_LINK = (LedgerEntry.position, LedgerEntry.public_id, LedgerEntry.occurred_on)


def _links(query: Any) -> Iterator[tuple[int, Link]]:
    for key, position, public_id, occurred_on in db.session.execute(query):
        yield key, Link(position, public_id, occurred_on)


def _parties(ids: list[int]) -> dict[int, list[Party]]:
    query = (
        select(LedgerShare, Organisation.public_id, Organisation.name, Organisation.kind)
        .join(Organisation, Organisation.id == LedgerShare.organisation_id)
        .where(LedgerShare.entry_id.in_(ids))
        .order_by(LedgerShare.entry_id, LedgerShare.id)
    )
    out: dict[int, list[Party]] = {}
    for share, public_id, name, kind in db.session.execute(query):
        out.setdefault(share.entry_id, []).append(Party(share, public_id, name, kind))
    return out


def _titles(line_ids: list[int]) -> dict[int, str]:
    query = select(ExchangeLine.id, ExchangeLine.title).where(ExchangeLine.id.in_(line_ids))
    return {row.id: row.title for row in db.session.execute(query)}
