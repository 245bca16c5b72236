"""The calendar of a listing that is rented out: what is free each day of a month, for whoever may see the listing."""

import re
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from markupsafe import Markup, escape

from marketplace.catalogue import views_page
from marketplace.core import text
from marketplace.core.clock import today_at
from marketplace.core.errors import NotFound
from marketplace.exchanges.month import Day, Month, month_of
from marketplace.web import filters
from marketplace.web.access import current_actor, enter
from marketplace.web.limits import limiter

blueprint = Blueprint("calendar", __name__)

_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)
MONDAY = date(2027, 3, 1)
SOON = timedelta(days=6)  # hardly anybody rents for sooner
_COUNTED = ("piece", "lot", "portion")


@blueprint.get("/annonces/<string(length=13):public_id>/calendrier")
@enter.public
@limiter.limit("120 per minute")
def month(public_id: str) -> str:
    """A month, `?mois=2027-03`; the present one without. `part`: the month alone, for the script of the page."""
    listing = views_page.page_row(current_actor(), public_id)
    if not has_calendar(listing):
        raise NotFound
    typed = request.args.get("mois", "")
    found = _MONTH.fullmatch(typed)
    if typed and found is None:
        raise NotFound
    try:
        shown = month_of(listing, date(int(found[1]), int(found[2]), 1) if found else None)
    except ValueError:
        raise NotFound from None
    template = "exchanges/_month.html" if request.args.get("part") == "1" else "exchanges/calendar.html"
    return render_template(template, listing=listing, month=shown, slug=text.slug(listing.title))


@blueprint.app_template_global()
def has_calendar(listing: Any) -> bool:
    """Whether days are shown: of what is rented out and can be found."""
    return listing.state == "published" and listing.hidden_at is None and "rent" in (listing.modes or ())


@blueprint.app_template_global()
def month_for(listing: Any) -> Month:
    """The month of a listing that its own page shows: the present one, the next when this one is nearly over."""
    return month_of(listing, (today_at(listing.postcode) + SOON).replace(day=1))


@blueprint.app_template_global()
def month_name(first: date) -> str:
    """« mars 2027 »."""
    return _month_name(first, filters.language())


@lru_cache(maxsize=100)
def _month_name(first: date, _language: str) -> str:
    return format_date(first, "LLLL y")


@blueprint.app_template_global()
def weekdays() -> list[tuple[str, str]]:
    """(« lundi », « lun. ») from Monday on."""
    return _weekdays(filters.language())


@lru_cache(maxsize=4)
def _weekdays(_language: str) -> list[tuple[str, str]]:
    days = [MONDAY.replace(day=1 + n) for n in range(7)]
    return [(format_date(day, "cccc"), format_date(day, "ccc")) for day in days]


@blueprint.app_template_global()
def week_rows(month: Month, unit: str) -> Markup:
    """The weeks of a month as rows of its table: each day with what is free, in words and by its class.

    Written here and not in the template: it takes a fifth of the time of the page it stands on there.
    """
    said: dict[tuple[bool, bool, Decimal], str] = {}
    rows = []
    for week in month.weeks:
        cells = []
        for one in week:
            if one is None:
                cells.append('<td class="other"></td>')
                continue
            alike = one.past, one.open, one.free
            if alike not in said:
                look = "past" if one.past else "none" if one.free <= 0 else "all" if one.free >= month.whole else "some"
                shut = "" if one.open or one.past else " shut"
                hidden = ' class="sr"' if one.past else ""
                said[alike] = (
                    f'<td class="{look}{shut}" data-day="%s"><time datetime="%s">%s</time>'
                    f" <span{hidden}>{escape(day_said(one, unit)).replace('%', '%%')}</span></td>"
                )
            day = one.day.isoformat()
            cells.append(said[alike] % (day, day, one.day.day))
        rows.append(f"<tr>{''.join(cells)}</tr>\n")
    return Markup("".join(rows))  # noqa: S704 - what is said of a day is escaped above


def day_said(day: Day, unit: str) -> str:
    """What one reads in a day: « 3 libres », « complet », « fermé », « complet, fermé »."""
    if day.past:
        return _("passé")
    closed = _("fermé")
    if day.free <= 0:
        return _("complet") if day.open else f"{_('complet')}, {closed}"
    return _free_said(day.free, unit) if day.open else f"{_free_said(day.free, unit)}, {closed}"


def _free_said(free: Decimal, unit: str) -> str:
    if unit in _COUNTED:
        return ngettext("%(n)s libre", "%(n)s libres", int(free), n=filters.number(free))
    return _("%(quantity)s libres", quantity=filters.quantity(free, unit))
