"""The days that places work, read for many at once."""

from collections.abc import Iterable

from marketplace.accounts import closings
from marketplace.core.clock import today
from marketplace.exchanges.days import ONE, Calendar

# a closing that ended so long ago moves no date any more: work before a rental that begins today starts this far back
_PAST = ONE * 60
ALWAYS = Calendar()
Calendars = dict[int | None, Calendar]


def calendars_of(site_ids: Iterable[int | None]) -> Calendars:
    """The calendar of each place; of None (no place) one that is always open."""
    known = closings.calendars_of({site_id for site_id in site_ids if site_id is not None}, today() - _PAST)
    return {None: ALWAYS} | {site_id: Calendar(hours, closed) for site_id, (hours, closed) in known.items()}
