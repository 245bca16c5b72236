"""When nothing of a leftover can be had any more: all gone, its window over, or withdrawn; announced once."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select

from marketplace.catalogue import history
from marketplace.catalogue.events import ListingSaved
from marketplace.catalogue.models import Listing
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.events import announce
from marketplace.exchanges.models import Hold
from marketplace.meals.events import LeftoverExpired
from marketplace.meals.models import Leftover


def held(listing_id: int) -> Decimal:
    """How much of it is promised."""
    total = select(func.coalesce(func.sum(Hold.quantity), 0)).where(
        Hold.listing_id == listing_id, Hold.state == "active", Hold.cause == "promise"
    )
    return Decimal(db.session.scalar(total) or 0)


def is_over(leftover: Leftover, listing_state: str, at: datetime) -> bool:
    """Whether nothing of it can be claimed any more, written down or not."""
    return leftover.ended_at is not None or leftover.pick_up_closes_at <= at or listing_state != "published"


def close(leftover: Leftover, reason: str) -> None:
    """Write down that a leftover, whose listing is locked and offered no more, has ended; announce what is left."""
    left = db.session.get_one(Listing, leftover.listing_id).quantity or Decimal(0)
    leftover.ended_at, leftover.left_over, leftover.next_wave_at = now(), left, None
    leftover.end_reason = reason
    db.session.flush()
    if left > 0:
        announce(LeftoverExpired(leftover.listing_id, left, reason))


def look(listing_id: int) -> bool:
    """Write down that a leftover, whose listing is locked, has ended, where it has; whether it was written now.

    What is claimed and may still be fetched keeps it open.
    """
    leftover = db.session.get(Leftover, listing_id)
    if leftover is None or leftover.ended_at is not None:
        return False
    listing = db.session.get_one(Listing, listing_id)
    left, at = listing.quantity or Decimal(0), now()
    if left > 0 and (not is_over(leftover, listing.state, at) or held(listing_id) > 0):
        return False
    if left > 0 and listing.state == "published":
        listing.state = "expired"
        listing.version += 1
        listing.updated_at = at
        history.record(listing, "expired")
        db.session.flush()
        announce(ListingSaved(listing_id))
    close(leftover, "gone" if left == 0 else "expired" if listing.state == "expired" else "withdrawn")
    return True
