"""Days on which a site is closed beside its week's hours: leave, stock-taking. People say the last day, rows keep the
day it reopens."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Date, and_, bindparam, func, select

from marketplace.accounts import audit
from marketplace.accounts.models import Site, SiteClosing
from marketplace.accounts.permissions import Actor
from marketplace.accounts.sites import site_to_change
from marketplace.core import dates
from marketplace.core.clock import today_at
from marketplace.core.db import db
from marketplace.core.errors import Invalid, NotFound

ONE = timedelta(days=1)
LONGEST = 366  # days of one closing
MOST = 100  # of a site, not over yet
FURTHEST = timedelta(days=3 * 366)
LONGEST_REASON = 120

Closings = tuple[tuple[date, date], ...]


def checked_values(raw: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The columns of a closing from `starts_on`, `last_on` (the last day it is closed) and `reason`.

    `today` is the day at the place. Raises `Invalid` by field.
    """
    starts_on, last_on = raw.get("starts_on"), raw.get("last_on")
    errors: dict[str, Any] = {}
    if not isinstance(starts_on, date):
        errors["starts_on"] = _("Donnez le premier jour de fermeture.")
    elif starts_on > today + FURTHEST:
        errors["starts_on"] = _("C’est trop loin : trois ans à l’avance au plus.")
    if not isinstance(last_on, date):
        errors["last_on"] = _("Donnez le dernier jour de fermeture, le même si elle dure un jour.")
    elif isinstance(starts_on, date):
        if last_on < starts_on:
            errors["last_on"] = _("Le dernier jour tombe avant le premier : mettez un jour plus tard.")
        elif last_on < today:
            errors["last_on"] = _("Ces jours sont passés : dites une fermeture en cours ou à venir.")
        elif (last_on - starts_on).days >= LONGEST:
            errors["last_on"] = _("Une fermeture dure %(n)s jours au plus. Au-delà, fermez le lieu.", n=LONGEST)
    reason = " ".join(str(raw.get("reason") or "").replace("\x00", "").split())
    if len(reason) > LONGEST_REASON:
        errors["reason"] = _("%(n)s caractères au plus.", n=LONGEST_REASON)
    if errors or not isinstance(starts_on, date) or not isinstance(last_on, date):
        raise Invalid(errors)
    return {"starts_on": starts_on, "ends_on": last_on + ONE, "reason": reason}


def add_closing(
    actor: Actor, organisation_public_id: str, site_public_id: str, values: Mapping[str, Any]
) -> SiteClosing:
    """Say that a site is closed some days (owners, managers).

    Raises `NotFound`, `NotAllowed`, `Invalid` by field: also where a closing covers one of these days already, so that
    each day has one reason. What is promised on these days stays promised.
    """
    site, actor = site_to_change(actor, organisation_public_id, site_public_id)
    today = today_at(site.postcode)
    checked = checked_values(values, today)
    living = _living(site.id, today)
    if len(living) >= MOST:
        raise Invalid({"starts_on": _("%(n)s fermetures à venir au plus : retirez-en d’abord une.", n=MOST)})
    for other in living:
        if other.starts_on < checked["ends_on"] and checked["starts_on"] < other.ends_on:
            sentence = _(
                "Une fermeture du %(first)s au %(last)s est déjà dite : retirez-la, ou choisissez d’autres jours.",
                first=dates.said(other.starts_on, dates.DAY_OF_YEAR),
                last=dates.said(other.ends_on - ONE, dates.DAY_OF_YEAR),
            )
            raise Invalid({"starts_on": sentence})
    closing = SiteClosing(site_id=site.id, **checked)
    db.session.add(closing)
    db.session.flush()
    _record("site.closing_add", actor, site, closing)
    return closing


def remove_closing(actor: Actor, organisation_public_id: str, site_public_id: str, closing_public_id: str) -> None:
    """Open a site again on days it was to be closed (owners, managers). Raises `NotFound`, `NotAllowed`."""
    site, actor = site_to_change(actor, organisation_public_id, site_public_id)
    closing = db.session.scalar(
        select(SiteClosing).where(SiteClosing.public_id == closing_public_id, SiteClosing.site_id == site.id)
    )
    if closing is None:
        raise NotFound
    _record("site.closing_remove", actor, site, closing)
    db.session.delete(closing)
    db.session.flush()


def _living(site_id: int, today: date) -> list[SiteClosing]:
    query = select(SiteClosing).where(SiteClosing.site_id == site_id, SiteClosing.ends_on > today)
    return list(db.session.scalars(query.order_by(SiteClosing.starts_on).limit(MOST + 1)))


def coming_closings(sites: Collection[Site], most: int = MOST) -> dict[int, list[SiteClosing]]:
    """By site, the `most` next closings that are not over on that place's own day, the soonest first: one statement."""
    if not sites:
        return {}
    days = {site.id: today_at(site.postcode) for site in sites}
    rank = func.row_number().over(partition_by=SiteClosing.site_id, order_by=SiteClosing.starts_on).label("rank")
    # a day's more than asked for: places overseas are a day ahead or behind
    ranked = (
        select(SiteClosing.id, rank)
        .where(SiteClosing.site_id.in_(days), SiteClosing.ends_on > min(days.values()))
        .subquery()
    )
    query = select(SiteClosing).join(ranked, ranked.c.id == SiteClosing.id).where(ranked.c.rank <= most + 1)
    found: dict[int, list[SiteClosing]] = {site_id: [] for site_id in days}
    for closing in db.session.scalars(query.order_by(SiteClosing.site_id, SiteClosing.starts_on)):
        if closing.ends_on > days[closing.site_id] and len(found[closing.site_id]) < most:
            found[closing.site_id].append(closing)
    return found


_CALENDARS = (
    select(Site.id, Site.opening_hours, SiteClosing.starts_on, SiteClosing.ends_on)
    .outerjoin(SiteClosing, and_(SiteClosing.site_id == Site.id, SiteClosing.ends_on > bindparam("after", type_=Date)))
    .where(Site.id.in_(bindparam("ids", expanding=True)))
    .order_by(Site.id, SiteClosing.starts_on)
)


def calendars_of(site_ids: Collection[int], after: date) -> dict[int, tuple[dict[str, Any], Closings]]:
    """By site: its week's opening hours, and its closings that end after the day `after`, half-open and in order.

    One statement. What no site bears is left out.
    """
    if not site_ids:
        return {}
    rows = db.session.execute(_CALENDARS, {"ids": list(site_ids), "after": after})
    hours: dict[int, dict[str, Any]] = {}
    closings: dict[int, list[tuple[date, date]]] = {}
    for site_id, week, starts_on, ends_on in rows:
        hours[site_id] = week or {}
        days = closings.setdefault(site_id, [])
        if starts_on is not None:
            days.append((starts_on, ends_on))
    return {site_id: (week, tuple(closings[site_id])) for site_id, week in hours.items()}


def _record(action: str, actor: Actor, site: Site, closing: SiteClosing) -> None:
    audit.record(
        action,
        user_id=actor.user_id,
        organisation_id=site.organisation_id,
        object_kind="site",
        object_public_id=site.public_id,
        starts_on=closing.starts_on.isoformat(),
        ends_on=closing.ends_on.isoformat(),
    )
