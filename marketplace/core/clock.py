"""The time of deadlines, dates and the ledger, which the setting CLOCK may fix or shift.

Sessions, tokens and limits use `wall()`: no setting moves those.
"""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from marketplace.settings import clock_fixed, clock_shift

PARIS = ZoneInfo("Europe/Paris")
# IANA's zones of the overseas postcodes, by their first three digits
OVERSEAS = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "975": "America/Miquelon",
    "976": "Indian/Mayotte",
    "977": "America/St_Barthelemy",
    "978": "America/Marigot",
    "986": "Pacific/Wallis",
    "987": "Pacific/Tahiti",
    "988": "Pacific/Noumea",
}
_setting = "system"


def set_clock(setting: str) -> None:
    """Obey `setting`: 'system', an ISO time, or a shift such as '+72h'."""
    global _setting
    _setting = setting


def wall() -> datetime:
    """The machine's time, UTC."""
    return datetime.now(UTC)


def now() -> datetime:
    """The product's time, UTC."""
    if _setting == "system":
        return wall()
    shift = clock_shift(_setting)
    return wall() + shift if shift is not None else clock_fixed(_setting)


def today() -> date:
    """The product's day in Paris."""
    return now().astimezone(PARIS).date()


def zone_of(postcode: str | None) -> ZoneInfo:
    """The time zone of a French postcode; Paris when there is none."""
    return ZoneInfo(OVERSEAS.get((postcode or "")[:3], "Europe/Paris"))


def today_at(postcode: str | None) -> date:
    """The product's day at a place, by its postcode."""
    return now().astimezone(zone_of(postcode)).date()


def setting() -> str:
    """What `set_clock` was last told."""
    return _setting
