"""Telling owners in time that a day they set comes near, while something else can still be done."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from sqlalchemy import func, or_, select

from marketplace.accounts.permissions import Actor, require
from marketplace.catalogue.events import ListingsLeaveSoon
from marketplace.catalogue.models import Listing
from marketplace.catalogue.queries import lock_listings
from marketplace.core.clock import today
from marketplace.core.db import db
from marketplace.core.events import announce

LEAD_DAYS = 7  # a week leaves time to find a truck, a partner or another date
MOST = 200  # listings of one run
PER_PAGE = 50


def due(state: str, gone_by: date | None, warned_for: date | None, on: date) -> bool:
    """Whether the owner is to be told on the day `on`: once for each date set, and never after it."""
    if state != "published" or gone_by is None or gone_by == warned_for:
        return False
    return on < gone_by <= on + timedelta(days=LEAD_DAYS)


def remind_due() -> int:
    """Announce the listings that leave within a week, by organisation and day; how many. Inside a transaction."""
    on = today()
    ids = db.session.scalars(
        select(Listing.id)
        .where(
            Listing.state == "published",
            Listing.gone_by > on,
            Listing.gone_by <= on + timedelta(days=LEAD_DAYS),
            Listing.hidden_at.is_(None),
            or_(Listing.warned_for.is_(None), Listing.warned_for != Listing.gone_by),
        )
        .order_by(Listing.gone_by, Listing.organisation_id, Listing.id)
        .limit(MOST)
    ).all()
    found = [one for one in lock_listings(ids) if due(one.state, one.gone_by, one.warned_for, on)]
    for (organisation_id, gone_by), together in groupby(sorted(found, key=_where), key=_where):
        leaving = list(together)
        for listing in leaving:
            listing.warned_for = gone_by
        db.session.flush()
        announce(ListingsLeaveSoon(organisation_id, gone_by, tuple(one.title for one in leaving)))
    return len(found)


def _where(listing: Listing) -> tuple[int, date]:
    return listing.organisation_id, listing.gone_by or date.max


@dataclass(frozen=True)
class Leaving:
    """A page of own listings that leave within a week, the soonest first."""

    rows: list[Listing]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PER_PAGE))


def leaving_soon(actor: Actor | None, page: int = 1) -> Leaving:
    """The acting organisation's published listings that leave within a week."""
    actor = require(actor, "listing.read", actor.organisation_id if actor else None)
    on = today()
    where = (
        Listing.organisation_id == actor.organisation_id,
        Listing.state == "published",
        Listing.gone_by > on,
        Listing.gone_by <= on + timedelta(days=LEAD_DAYS),
    )
    total = db.session.scalar(select(func.count()).select_from(Listing).where(*where)) or 0
    page = min(max(1, page), max(1, -(-total // PER_PAGE)))
    query = select(Listing).where(*where).order_by(Listing.gone_by, Listing.id)
    rows: Iterable[Listing] = db.session.scalars(query.limit(PER_PAGE).offset((page - 1) * PER_PAGE))
    return Leaving(list(rows), total, page)
