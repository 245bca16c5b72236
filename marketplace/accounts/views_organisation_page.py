"""What the page of an organisation shows to anybody: where it is and when it opens, what it has on line."""

from functools import lru_cache
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import text

from marketplace.accounts.forms_organisations import DAY_NAMES
from marketplace.accounts.models import Site
from marketplace.accounts.opening_hours import DAYS, OpenState, state_at, write_day, zone_of
from marketplace.accounts.permissions import Actor
from marketplace.catalogue import taxonomy
from marketplace.core.clock import now, today
from marketplace.core.db import db
from marketplace.search.visibility import reader_condition
from marketplace.web import filters

MOST_BRANCHES = 8  # the fullest; the search has all


class PublicSite(NamedTuple):
    """A site as strangers read of it: the commune, never its name or street; whether it is open, and its week."""

    place: str
    open: bool | None  # None where no hours were given
    words: str
    week: list[tuple[str, str]]


def public_sites(sites: list[Site]) -> list[PublicSite]:
    """The sites in use, in words, at this instant of their own clocks."""
    found = []
    for site in sites:
        if site.closed_at is not None:
            continue
        here = now().astimezone(zone_of(site.postcode))
        state = state_at(site.opening_hours, here)
        week = [(str(DAY_NAMES[day]), write_day(site.opening_hours.get(day, [])) or _("fermé")) for day in DAYS]
        words = said(state, here.weekday()) if state else ""
        place = f"{site.city} ({site.postcode})"
        found.append(PublicSite(place, state.open if state else None, words, week if state else []))
    return sorted(found)


def said(state: OpenState, weekday: int) -> str:
    """« Ouvert jusqu’à 18:00 », « Fermé, ouvre lundi à 9:00 »; `weekday` is today's, Monday 0."""
    if state.at is None:
        return _("Ouvert jour et nuit")
    time = _("minuit") if state.at == "00:00" else state.at.removeprefix("0")
    day = str(DAY_NAMES[DAYS[(weekday + state.days) % 7]]).lower()
    if filters.language() == "en":
        day = day.capitalize()
    if state.open:
        if state.days == 0 or (state.days == 1 and state.at == "00:00"):
            return _("Ouvert jusqu’à %(time)s", time=time)
        return _("Ouvert jusqu’à %(day)s, %(time)s", day=day, time=time)
    if state.days == 0:
        return _("Fermé, ouvre à %(time)s", time=time)
    if state.days == 1:
        return _("Fermé, ouvre demain à %(time)s", time=time)
    return _("Fermé, ouvre %(day)s à %(time)s", day=day, time=time)


def branches(organisation_id: int, reader: Actor | None) -> list[tuple[str, str, int]]:
    """(key, name, how many) by branch of what an organisation has on line for this reader, the fullest first."""
    params: dict[str, Any] = {}
    statement = _count_branches(reader_condition(reader, params))
    rows = db.session.execute(statement, {**params, "house": organisation_id, "day": today().isoformat()})
    known = taxonomy.categories()
    return [(key, known[key].name(filters.language()), count) for key, count in rows if key in known]


@lru_cache(maxsize=200)
def _count_branches(condition: str) -> Any:
    return text(
        "SELECT d.branch, count(*) FROM search_document AS d"  # noqa: S608 our own condition
        f" WHERE d.organisation_id = :house AND {condition} AND (d.gone_by IS NULL OR d.gone_by > :day)"
        f" GROUP BY d.branch ORDER BY count(*) DESC, d.branch LIMIT {MOST_BRANCHES}"
    )
