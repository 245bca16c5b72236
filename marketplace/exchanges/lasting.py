"""The days a rental may last: checked when it is asked for, changed or extended."""

from datetime import date, timedelta

from flask_babel import gettext as _

from marketplace.catalogue.models import Listing
from marketplace.core import dates
from marketplace.core.clock import today_at
from marketplace.core.errors import Invalid
from marketplace.exchanges.calendars import calendars_of
from marketplace.exchanges.days import Calendar

FURTHEST_DAYS = 730  # how far ahead one may rent


def check_lasting(
    listing: Listing, starts_on: date, ends_on: date, calendar: Calendar | None = None, *, begun: bool = False
) -> None:
    """Whether a rental of `listing` may last these days. Raises `Invalid` under `dates`, with the next day that can be.

    `begun`: it has started already, so that only its end is looked at.
    """
    calendar = calendar or calendars_of([listing.site_id])[listing.site_id]
    problem = _order(listing, starts_on, ends_on, begun) or _there(listing, starts_on, ends_on)
    if problem:
        raise Invalid({"dates": problem})
    for day, is_first in ((starts_on, True), (ends_on, False)):
        if not calendar.works_on(day) and not (is_first and begun):
            raise Invalid({"dates": closed_sentence(day, calendar.next_worked(day), is_first)})


def _order(listing: Listing, starts_on: date, ends_on: date, begun: bool) -> str | None:
    day = today_at(listing.postcode)
    if ends_on <= starts_on:
        return _("Le retour vient après le départ, le lendemain au plus tôt.")
    if starts_on < day and not begun:
        return _("Ce jour est passé.")
    if starts_on > day + timedelta(days=FURTHEST_DAYS):
        return _("Pas plus de deux ans à l’avance.")
    if (ends_on - starts_on).days > listing.longest_rental_days:
        longest = listing.longest_rental_days
        return _("« %(title)s » se loue %(days)s jours au plus.", title=listing.title, days=longest)
    return None


def _there(listing: Listing, starts_on: date, ends_on: date) -> str | None:
    if listing.available_from is not None and starts_on < listing.available_from:
        day = day_text(listing.available_from)
        return _("« %(title)s » n’est pas là avant le %(day)s.", title=listing.title, day=day)
    if listing.gone_by is not None and ends_on > listing.gone_by:
        day = day_text(listing.gone_by)
        return _("« %(title)s » doit être de retour avant le %(day)s.", title=listing.title, day=day)
    return None


def closed_sentence(day: date, reopens: date | None, is_first: bool) -> str:
    """The place is closed on the day of departure or of return."""
    if reopens is None:
        return _("Le lieu est fermé le %(day)s. Choisissez un autre jour.", day=day_text(day))
    if is_first:
        return _("Le lieu est fermé le %(day)s : partez le %(open)s.", day=day_text(day), open=day_text(reopens))
    return _("Le lieu est fermé le %(day)s : rendez le %(open)s.", day=day_text(day), open=day_text(reopens))


def day_text(day: date) -> str:
    """« 3 mars »."""
    return dates.said(day)
