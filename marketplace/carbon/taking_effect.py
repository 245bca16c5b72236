"""When time alone changes an estimate: a version published before begins to be in force, a maker's figure expires."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from marketplace.carbon import libraries
from marketplace.carbon.models import ListingEstimate, ProductData
from marketplace.core.clock import PARIS, today
from marketplace.core.db import db
from marketplace.jobs.models import OutboxRow

LOOKS_BACK = timedelta(days=30)  # a worker that stood still longer than this finds the rest by hand


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(), PARIS)


def library_moved() -> bool:
    """Whether a version has begun to be in force since some listing was last estimated."""
    begun = [row.effective_on for row in libraries.published() if row.effective_on and row.effective_on <= today()]
    if not begun or (latest := max(begun)) < today() - LOOKS_BACK:
        return False
    older = select(ListingEstimate.listing_id).where(ListingEstimate.estimated_at < _begins(latest))
    return db.session.scalar(older.limit(1)) is not None


def under_way() -> bool:
    """Whether all listings are being estimated anew already, batch by batch."""
    waiting = OutboxRow.done_at.is_(None), OutboxRow.parked_at.is_(None)
    query = select(OutboxRow.id).where(*waiting, OutboxRow.job == "carbon.estimate_all")
    return db.session.scalar(query.limit(1)) is not None


def listings_past_their_data() -> Sequence[int]:
    """Listings whose estimate was made while a declaration still held that holds no longer."""
    query = (
        select(ProductData.listing_id, ProductData.valid_until, ListingEstimate.estimated_at)
        .join(ListingEstimate, ListingEstimate.listing_id == ProductData.listing_id)
        .where(ProductData.valid_until < today(), ProductData.valid_until >= today() - LOOKS_BACK)
    )
    return [
        row.listing_id
        for row in db.session.execute(query)
        if row.estimated_at < _begins(row.valid_until + timedelta(days=1))
    ]
