"""Sentences about what is free, for whoever was refused."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from flask_babel import format_decimal
from flask_babel import gettext as _

from marketplace.core import dates
from marketplace.exchanges.availability import Free


def figure(value: Decimal) -> str:
    """A quantity as one reads it, never broken at the end of a line."""
    return format_decimal(value).replace("\u202f", "\u00a0")


def shortage_sentence(
    title: str, asked: Decimal, unit: str, intervals: Sequence[Free], after: Sequence[Free] = ()
) -> str:
    """Why `asked` of a listing cannot be held, and what can: when it is free, and from which day there is enough.

    `intervals` cover the days asked for; `after` what follows them (empty: asked for without end).
    """
    if len(intervals) == 1 and intervals[0].ends_on is None:
        return _for_good(title, intervals[0].quantity, asked)
    free = [one for one in intervals if one.quantity > 0]
    said = [_span(one) for one in free[:4]]
    enough = next((one for one in (*_later(intervals), *after) if one.quantity >= asked), None)
    if enough is not None and not any(one is enough for one in free[:4]):
        said.append(_("%(count)s dès le %(day)s", count=figure(enough.quantity), day=_day(enough.starts_on)))
    if not said:
        return _("« %(title)s » : tout est retenu à ces dates.", title=title)
    return _("« %(title)s » : %(asked)s ne sont pas libres. Sont libres : %(free)s.",
             title=title, asked=figure(asked), free=" ; ".join(said))  # fmt: skip


def _later(intervals: Sequence[Free]) -> Sequence[Free]:
    return [one for one in intervals if one.ends_on is None]


def _for_good(title: str, free: Decimal, asked: Decimal) -> str:
    if free <= 0:
        return _("« %(title)s » : tout est retenu ou parti.", title=title)
    return _(
        "« %(title)s » : il en reste %(free)s, pas %(asked)s. Prenez-en %(free)s.",
        title=title,
        free=figure(free),
        asked=figure(asked),
    )


def _span(one: Free) -> str:
    if one.ends_on is None:
        return _("%(count)s dès le %(day)s", count=figure(one.quantity), day=_day(one.starts_on))
    return _(
        "%(count)s du %(first)s au %(last)s",
        count=figure(one.quantity),
        first=_day(one.starts_on),
        last=_day(one.ends_on),
    )


def _day(day: date) -> str:
    return dates.said(day)
