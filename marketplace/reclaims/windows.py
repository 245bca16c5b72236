"""The window in which a truck may come: clock times of a place as instants, and the days it touches. Pure.

A strike runs past midnight, and the clocks change on a Sunday at two in the morning: everything is counted between
instants, and read and shown in the zone of the place.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHORTEST, LONGEST = timedelta(minutes=30), timedelta(days=14)
FURTHEST = timedelta(days=180)
ANSWER = timedelta(hours=48)  # unless the window opens sooner

ORDER, PAST, FAR, SHORT, LONG = "order", "past", "far", "short", "long"


def instant(day: date, at: time, zone: ZoneInfo, *, ends: bool = False) -> datetime | None:
    """The instant at which clocks in `zone` show `at` on `day`, UTC; None in the hour that spring leaves out.

    The hour that autumn repeats is read as the first, and as the second where a window `ends` with it: a window is
    never shorter than what was said.
    """
    try:
        local = datetime.combine(day, at.replace(fold=1 if ends else 0), tzinfo=zone)
        found = local.astimezone(UTC)
        shown = found.astimezone(zone)
    except OverflowError:
        return None
    return found if (shown.date(), shown.time().replace(fold=0)) == (day, at.replace(fold=0)) else None


def days_of(opens_at: datetime, closes_at: datetime, zone: ZoneInfo) -> tuple[date, ...]:
    """The days at the place that the window touches; one that closes at midnight does not touch the day after."""
    first = opens_at.astimezone(zone).date()
    last = (closes_at - timedelta(microseconds=1)).astimezone(zone).date()
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))


def problem(opens_at: datetime, closes_at: datetime, now: datetime) -> str | None:
    """Why nobody could come in this window: 'order', 'past', 'far', 'short' or 'long'; None when one can."""
    if closes_at <= opens_at:
        return ORDER
    if closes_at <= now:
        return PAST
    if opens_at > now + FURTHEST:
        return FAR
    if closes_at - opens_at < SHORTEST:
        return SHORT
    return LONG if closes_at - opens_at > LONGEST else None


def usual_answer_by(opens_at: datetime, closes_at: datetime, now: datetime) -> datetime:
    """Until when answers are waited for, unless somebody says: two days, or until the window opens, and half of what
    is left of it where it is open already."""
    if opens_at > now:
        return min(now + ANSWER, opens_at)
    return now + min(ANSWER, (closes_at - now) / 2)


def within(starts_at: datetime, ends_at: datetime, opens_at: datetime, closes_at: datetime) -> bool:
    """Whether a visit lies within the window."""
    return opens_at <= starts_at < ends_at <= closes_at
