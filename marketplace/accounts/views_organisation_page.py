"""What the page of an organisation shows to anybody: where it is and when it opens, what it has on line."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import text

from marketplace.accounts.forms_organisations import DAY_NAMES
from marketplace.accounts.models import Site, SiteClosing
from marketplace.accounts.opening_hours import DAYS, OpenState, state_at, write_day
from marketplace.accounts.permissions import Actor
from marketplace.catalogue import taxonomy
from marketplace.core.clock import now, today, zone_of
from marketplace.core.db import db
from marketplace.search.visibility import reader_condition
from marketplace.web import filters

MOST_BRANCHES = 8  # the fullest; the search has all
MOST_CLOSINGS = 6  # the next ones, by place
ONE = timedelta(days=1)


class PublicSite(NamedTuple):
    """A site as strangers read of it: the commune, never its name or street; whether it is open, and its week."""

    place: str
    open: bool | None  # None where no hours were given
    words: str
    week: list[tuple[str, str]]
    closings: list[str]  # « Fermé du 9 au 23 août : congés »


def public_sites(sites: Sequence[Site], closings: Mapping[int, Sequence[SiteClosing]]) -> list[PublicSite]:
    """The sites in use, in words, at this instant of their own clocks. `closings`: by site, the next ones."""
    found = []
    for site in sites:
        if site.closed_at is not None:
            continue
        here = now().astimezone(zone_of(site.postcode))
        state = state_at(site.opening_hours, here)
        coming = closings.get(site.id, ())
        week = [(str(DAY_NAMES[day]), write_day(site.opening_hours.get(day, [])) or _("fermé")) for day in DAYS]
        words = said(state, here.weekday()) if state else ""
        is_open = state.open if state else None
        if last := closed_until(here.date(), state, coming):
            is_open, words = False, _("Fermé jusqu’au %(day)s", day=day_said(last, here.date()))
        place = f"{site.city} ({site.postcode})"
        told = [closing_said(one, here.date()) for one in coming]
        found.append(PublicSite(place, is_open, words, week if state else [], told))
    return sorted(found, key=lambda site: site.place)


def closed_until(day: date, state: OpenState | None, closings: Sequence[SiteClosing]) -> date | None:
    """The last day of the closing that a place is in on `day`, or before which it would not open again; None while the
    week's hours hold. Closings that follow each other are one."""
    if state is not None and not state.open:
        day += ONE * state.days  # it opens then, unless
    last = None
    for closing in closings:
        if closing.starts_on <= day < closing.ends_on:
            day, last = closing.ends_on, closing.ends_on - ONE
    return last


def closing_said(closing: SiteClosing, today: date) -> str:
    """« Fermé du 9 au 23 août : congés »; the year where it is not this one."""
    first, last = closing.starts_on, closing.ends_on - ONE
    if first == last:
        said = _("Fermé le %(day)s", day=day_said(first, today))
    else:
        begins = day_said(first, today) if first.year == last.year else filters.day(first)
        if first.year == last.year:
            begins = begins.removesuffix(f" {first.year}")
            if first.month == last.month:
                begins = begins.split(" ")[0]
        said = _("Fermé du %(first)s au %(last)s", first=begins, last=day_said(last, today))
    return _("%(said)s : %(reason)s", said=said, reason=closing.reason) if closing.reason else said


def day_said(day: date, today: date) -> str:
    """« 9 août », « 9 août 2027 » in another year than today's."""
    text = filters.day(day)
    return text.removesuffix(f" {day.year}") if day.year == today.year else text


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
