"""Times to meet: slots within a site's opening hours, in Paris time. Pure: `now` is given.

Opening hours are the site's: `{"mon": [["09:00", "12:30"], ["14:00", "18:00"]], …}`, a day left out is closed.
A place without any hours is taken as reachable from 8:00 to 20:00 every day: the two sides agree by message.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UNSAID = ((time(8), time(20)),)
MOST = 3  # product.md: up to three
SHORTEST, LONGEST = timedelta(minutes=15), timedelta(hours=8)
FURTHEST = timedelta(days=60)
OFFERED_DAYS = 14
STEP = timedelta(hours=1)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})?", re.ASCII)


@dataclass(frozen=True, order=True)
class Slot:
    """From one instant to another, both UTC."""

    starts_at: datetime
    ends_at: datetime

    def as_text(self) -> str:
        """For a form's value; `read_slot` takes it back."""
        return f"{self.starts_at.isoformat()}/{self.ends_at.isoformat()}"


def openings(hours: Mapping[str, Any] | None, day: date) -> list[tuple[time, time]]:
    """The opening hours of `day`, in order. What cannot be read in `hours` counts as closed."""
    if not hours:
        return list(UNSAID)
    found = []
    for pair in hours.get(DAYS[day.weekday()]) or ():
        try:
            opens, closes = time.fromisoformat(pair[0]), time.fromisoformat(pair[1])
        except (ValueError, TypeError, IndexError, KeyError):
            continue
        if opens < closes:
            found.append((opens, closes))
    return sorted(found)


def is_open(hours: Mapping[str, Any] | None, slot: Slot) -> bool:
    """Whether the place is open during the whole slot."""
    starts, ends = slot.starts_at.astimezone(PARIS), slot.ends_at.astimezone(PARIS)
    if starts.date() != ends.date():
        return False
    return any(opens <= starts.time() and ends.time() <= closes for opens, closes in openings(hours, starts.date()))


def offered(hours: Mapping[str, Any] | None, now: datetime, days: int = OFFERED_DAYS) -> list[Slot]:
    """Slots of an hour to choose from, over the coming days; the last of an opening may be shorter."""
    first = now.astimezone(PARIS).date()
    slots = []
    for day in (first + timedelta(days=n) for n in range(days)):
        for opens, closes in openings(hours, day):
            begins, end = datetime.combine(day, opens), datetime.combine(day, closes)
            while begins + SHORTEST <= end:
                stops = min(begins + STEP, end)
                slot = Slot(_utc(begins), _utc(stops))
                if slot.starts_at > now and slot.ends_at > slot.starts_at:
                    slots.append(slot)
                begins = stops
    return slots


def _utc(local: datetime) -> datetime:
    return local.replace(tzinfo=PARIS).astimezone(UTC)


def read_slot(raw: Any) -> Slot | None:
    """A slot from « start/end » or {"starts_at", "ends_at"}, RFC 3339 (without offset: Paris). None if unreadable."""
    if isinstance(raw, str):
        parts = raw.strip().split("/")
    elif isinstance(raw, Mapping):
        parts = [raw.get("starts_at"), raw.get("ends_at")]  # type: ignore[list-item]
    else:
        return None
    if len(parts) != 2:
        return None
    starts, ends = _instant(parts[0]), _instant(parts[1])
    return Slot(starts, ends) if starts and ends else None


def _instant(raw: Any) -> datetime | None:
    if isinstance(raw, datetime):
        return raw.astimezone(UTC) if raw.tzinfo else _utc(raw)
    if not isinstance(raw, str) or not _ISO.fullmatch(raw.strip()):
        return None
    try:
        read = datetime.fromisoformat(raw.strip())
        return read.astimezone(UTC) if read.tzinfo else _utc(read)
    except (ValueError, OverflowError):
        return None


def problem(slot: Slot, hours: Mapping[str, Any] | None, now: datetime) -> str | None:
    """Why `slot` cannot be proposed: 'past', 'far', 'length' or 'closed'; None when it can."""
    if slot.starts_at <= now:
        return "past"
    if slot.starts_at > now + FURTHEST:
        return "far"
    if not SHORTEST <= slot.ends_at - slot.starts_at <= LONGEST:
        return "length"
    return None if is_open(hours, slot) else "closed"
