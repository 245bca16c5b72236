"""Rows of public listings for other programs: what a feed says of the latest, where a site map leads."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select

from marketplace.accounts.models import Organisation
from marketplace.catalogue.models import Listing
from marketplace.core.clock import today
from marketplace.core.db import db
from marketplace.search.models import SearchDocument

PER_MAP = 10_000  # addresses of one site map; the protocol allows 50,000 (sitemaps.org)


class Outline(NamedTuple):
    """What a feed adds to a search result."""

    description: str
    updated_at: datetime
    organisation: str


def outlines_of(public_ids: Sequence[str]) -> dict[str, Outline]:
    """By public id. One query for a page of results."""
    rows = db.session.execute(
        select(Listing.public_id, Listing.description, Listing.updated_at, Organisation.name)
        .join(Organisation, Organisation.id == Listing.organisation_id)
        .where(Listing.public_id.in_(set(public_ids)))
    )
    return {row.public_id: Outline(row.description, row.updated_at, row.name) for row in rows}


class Mapped(NamedTuple):
    """One address of a site map."""

    public_id: str
    slug: str
    updated_at: datetime


def _findable_by_all() -> tuple[ColumnElement[bool], ...]:
    gone_by = SearchDocument.gone_by
    return SearchDocument.is_public.is_(True), gone_by.is_(None) | (gone_by > today())


def count_public() -> int:
    """How many listings anybody may find today."""
    return db.session.scalar(select(func.count()).select_from(SearchDocument).where(*_findable_by_all())) or 0


def public_listings(number: int) -> list[Mapped]:
    """Those of the site map `number`, from 1: the oldest first, so that full maps seldom change."""
    ids = (
        select(SearchDocument.listing_id)
        .where(*_findable_by_all())
        .order_by(SearchDocument.published_at, SearchDocument.listing_id)
        .limit(PER_MAP)
        .offset((number - 1) * PER_MAP)
        .subquery()
    )
    rows = db.session.execute(
        select(SearchDocument.public_id, SearchDocument.slug, Listing.updated_at)
        .join(ids, ids.c.listing_id == SearchDocument.listing_id)
        .join(Listing, Listing.id == ids.c.listing_id)
        .order_by(SearchDocument.published_at, SearchDocument.listing_id)
    )
    return [Mapped(*row) for row in rows]
