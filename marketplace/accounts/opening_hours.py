"""Opening hours as people write them, and as they are kept: {"mon": [["09:00", "12:30"], ["14:00", "18:00"]]}.

Pure. A day left out is closed; spans of a day are in order and do not touch.
"""

import re
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_SPANS = 3
LAST_MINUTE = 24 * 60 - 1  # midnight is kept as 23:59, which every reader of times takes

Hours = dict[str, list[list[str]]]

_TIME = r"(\d{1,2})(?:\s*[h:.]\s*(\d{2})?)?"
_SPAN = re.compile(rf"{_TIME}\s*(?:-|–|—|à|a|to)\s*{_TIME}")
_BETWEEN = re.compile(r"\s*(?:,|;|/|\bet\b|\band\b|\+)\s*")


def parse_day(text: str) -> list[list[str]]:
    """« 9h-12h30, 14:00–18:00 » → [["09:00", "12:30"], ["14:00", "18:00"]]; nothing typed: closed.

    Raises ValueError for what is no time, ends before it begins, overlaps, or has more than three spans.
    """
    text = text.strip().lower().removesuffix(".")
    if text in ("", "fermé", "ferme", "closed"):
        return []
    spans = [_span(piece) for piece in _BETWEEN.split(text)]
    if len(spans) > MOST_SPANS:
        raise ValueError("too many spans")
    for (_start, end), (following, _end) in pairwise(spans):
        if following <= end:
            raise ValueError("spans overlap")
    return spans


def _span(piece: str) -> list[str]:
    match = _SPAN.fullmatch(piece.strip())
    if match is None:
        raise ValueError(f"no span: {piece}")
    start, end = _minute(match[1], match[2]), _minute(match[3], match[4])
    if start >= end:
        raise ValueError("ends before it begins")
    return [_written(start), _written(min(end, LAST_MINUTE))]


def _minute(hour: str, minute: str | None) -> int:
    value = int(hour) * 60 + int(minute or 0)
    if int(minute or 0) > 59 or value > LAST_MINUTE + 1:
        raise ValueError("no such time")
    return value


def _written(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def write_day(spans: list[list[str]]) -> str:
    """[["09:00", "12:30"]] → « 9:00–12:30 », as typed again by `parse_day`."""
    return ", ".join("–".join(time.removeprefix("0") for time in span) for span in spans)


class OpenState(NamedTuple):
    """Whether a place is open at an instant, and when that changes: at `at` (« 18:00 »), `days` days from now.

    `at` is None for a place that never closes within the week. Hours are those of the clock on its wall.
    """

    open: bool
    at: str | None
    days: int


def state_at(hours: Hours, moment: datetime) -> OpenState | None:
    """The state of a place at `moment`, which carries the place's own time zone; None for one without hours."""
    if not any(hours.get(day) for day in DAYS):
        return None
    minute = f"{moment:%H:%M}"
    for ahead in range(8):
        spans = hours.get(DAYS[(moment.weekday() + ahead) % 7], [])
        for start, end in spans:
            if ahead == 0 and (start <= minute < end or minute == end == _written(LAST_MINUTE)):
                return OpenState(True, *_closing(hours, moment.weekday(), end))
            if ahead > 0 or start > minute:
                return OpenState(False, start, ahead)
    return None  # not reached: a week holds the span that `any` found


def _closing(hours: Hours, weekday: int, end: str) -> tuple[str | None, int]:
    """When a place open now closes: hours kept until midnight go on into a day that begins at midnight."""
    for ahead in range(8):
        if end != _written(LAST_MINUTE):
            return end, ahead
        following = hours.get(DAYS[(weekday + ahead + 1) % 7], [])
        if not following or following[0][0] != "00:00":
            return "00:00", ahead + 1
        end = following[0][1]
    return None, 0
