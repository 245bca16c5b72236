"""What may be done with a call in which state, and what counts as over. Pure."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from math import ceil

DRAFT, OPEN, CHOSEN, CANCELLED, EXPIRED = "draft", "open", "chosen", "cancelled", "expired"
OFFERED, NOT_CHOSEN, WITHDRAWN = "offered", "not_chosen", "withdrawn"

MOST_CONTENTS = 30
MOST_PHOTOS = 12
MOST_M3 = Decimal(2000)
MOST_KG = Decimal(500_000)
MOST_CENTS = 10_000_000  # either way
MOST_LOADS, MOST_PEOPLE = 20, 50
MOST_RADIUS_KM = 1000
USUAL_RADIUS_KM = 50


def is_over(state: str, answer_by: datetime | None, closes_at: datetime, offers: int, now: datetime) -> bool:
    """Whether an open call has run out: nobody offered in time, or the window has passed without a choice."""
    if state != OPEN or answer_by is None:
        return False
    return closes_at <= now or (answer_by <= now and offers == 0)


def takes_offers(state: str, answer_by: datetime | None, closes_at: datetime, now: datetime) -> bool:
    """Whether a collector may still offer."""
    return state == OPEN and answer_by is not None and now < answer_by and now < closes_at


def loads_for(amount: Decimal, capacity: Decimal) -> int:
    """How many loads of a vehicle an amount makes, in m³ or in kg."""
    return max(1, ceil(amount / capacity))


def total_of(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The sum of what was said; None when nothing was."""
    said = [one for one in amounts if one is not None]
    return sum(said, Decimal(0)) if said else None
