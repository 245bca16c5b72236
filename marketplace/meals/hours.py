"""Times as they are said on a set: « de 23:15 à 0:15 », hours that go on after midnight, nights with 23 or 25 hours.

Pure. Times of day are those of the clock on the wall at the place; instants are UTC.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_SPANS = 3
JUST_PASSED = timedelta(hours=1)
ONE_DAY = timedelta(days=1)

Hours = Mapping[str, Sequence[Sequence[str]]]

_TIME = re.compile(r"(\d{1,2})\s*(?:[h:.]\s*(\d{2})?)?")
_SPAN = re.compile(r"\s*(?:-|–|—|à|a|to)\s*")
_BETWEEN = re.compile(r"\s*(?:,|;|/|\bet\b|\band\b|\+)\s*")

YEARS = range(2000, 2101)  # of any day that is typed here: beyond, it is a slip, and clocks cannot be turned


def is_of_our_time(moment: date) -> bool:
    """Whether a day or an instant can be meant."""
    return moment.year in YEARS


def read_time(text: str) -> time | None:
    """« 23:15 », « 23h15 », « 23h »; 24:00 is midnight. None for what is no time."""
    match = _TIME.fullmatch(text.strip().lower())
    if match is None:
        return None
    hour, minute = int(match[1]), int(match[2] or 0)
    if hour == 24 and minute == 0:
        hour = 0
    return time(hour, minute) if hour < 24 and minute < 60 else None


def at_wall(day: date, moment: time, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The instants at which the clock shows `moment` on `day`: two in the night that has an hour twice; in the night
    that skips it, the one at which it would have been shown."""
    naive = datetime.combine(day, moment, zone)
    folds = (0, 1) if _twice(naive) else (0,)
    return tuple(naive.replace(fold=fold).astimezone(UTC) for fold in folds)


def _twice(naive: datetime) -> bool:
    first, second = naive.replace(fold=0), naive.replace(fold=1)
    if first.utcoffset() == second.utcoffset():
        return False
    shown = first.astimezone(UTC).astimezone(first.tzinfo)
    return shown.replace(tzinfo=None, fold=0) == first.replace(tzinfo=None, fold=0)


def window(opens: time, closes: time, at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """« de 23:15 à 0:15 », said at `at`: the next time that the clock shows the end, and the last time before it that
    it shows the beginning. An end that passed within the hour is that one: a slip, not tomorrow."""
    here = at.astimezone(zone).date()
    ends = [one for ahead in range(-1, 3) for one in at_wall(here + timedelta(days=ahead), closes, zone)]
    passed = [one for one in ends if at - JUST_PASSED <= one <= at]
    end = passed[-1] if passed else next(one for one in ends if one > at)
    day = end.astimezone(zone).date()
    starts = [one for ahead in (-1, 0) for one in at_wall(day + timedelta(days=ahead), opens, zone)]
    return max(one for one in starts if one < end) if opens != closes else end, end


def next_at(moment: time, at: datetime, zone: ZoneInfo) -> datetime:
    """The next time that the clock shows `moment`."""
    here = at.astimezone(zone).date()
    ahead = (one for days in range(3) for one in at_wall(here + timedelta(days=days), moment, zone))
    return next(one for one in ahead if one > at)


def last_at(moment: time, at: datetime, zone: ZoneInfo) -> datetime:
    """The last time that the clock showed `moment`: « préparé à 19:30 », said after midnight, was yesterday."""
    here = at.astimezone(zone).date()
    behind = (one for days in range(3) for one in reversed(at_wall(here - timedelta(days=days), moment, zone)))
    return next(one for one in behind if one <= at)


def parse_day(text: str) -> list[list[str]]:
    """« 19h-1h30, 7:00–9:00 » → [["19:00", "01:30"], …]; nothing typed: not that day. A span that ends before it begins
    goes on after midnight. Raises ValueError for what is no time."""
    text = text.strip().lower()
    if text in ("", "non", "no", "fermé", "closed"):
        return []
    spans = [_SPAN.split(piece) for piece in _BETWEEN.split(text)]
    if len(spans) > MOST_SPANS:
        raise ValueError("too many spans")
    found = []
    for span in spans:
        times = [read_time(one) for one in span]
        if len(times) != 2 or times[0] is None or times[1] is None:
            raise ValueError(f"no span: {text}")
        found.append([f"{one:%H:%M}" for one in times if one is not None])
    return found


def write_day(spans: Sequence[Sequence[str]]) -> str:
    """As `parse_day` reads it again: « 19:00–1:30 »."""
    return ", ".join("–".join(one[1:] if one[0] == "0" else one for one in span) for span in spans)


def first_open(hours: Hours, since: datetime, until: datetime, zone: ZoneInfo) -> datetime | None:
    """The first instant of [since, until) within these hours, None when there is none. No hours at all: `since`."""
    if since >= until:
        return None
    if not any(hours.get(day) for day in DAYS):
        return since
    starts = [max(start, since) for start, end in _spans(hours, since, until, zone) if start < until and end > since]
    return min(starts, default=None)


def _spans(hours: Hours, since: datetime, until: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    day, last = since.astimezone(zone).date() - ONE_DAY, until.astimezone(zone).date()
    while day <= last:
        for opens, closes in hours.get(DAYS[day.weekday()], ()):
            start, end = time.fromisoformat(opens), time.fromisoformat(closes)
            ends_on = day if end > start else day + ONE_DAY
            yield at_wall(day, start, zone)[0], at_wall(ends_on, end, zone)[-1]
        day += ONE_DAY
