"""The plan as it is read: the heads of its days, its rows, their bars.

Written here and not in the template: a page has hundreds of bars, and a template takes most of its time to escape their
parts one by one. Each bar says all of itself in words; where days are columns only its beginning is seen.
"""

from datetime import date, timedelta
from functools import lru_cache
from html import escape
from typing import Any

from flask import url_for
from flask_babel import format_date
from flask_babel import gettext as _
from markupsafe import Markup

from marketplace.exchanges.planner import Bar, Plan, Row
from marketplace.web import filters, writing
from marketplace.web.filters import Remembered
from marketplace.web.labels import label

ROOM = timedelta(days=3)  # the columns that a month's name takes
BETWEEN = " : "  # what a bar shows, and what is read out beside
# what stands for a state where there is no room for its word
LETTERS = {
    "cart": "P", "requested": "D", "option": "O", "accepted": "A", "confirmed": "C", "handed_over": "S", "late": "!",
    "disputed": "L", "maintenance": "E", "repair": "R", "missing": "M", "turnaround": "N",
}  # fmt: skip


@lru_cache(maxsize=4)
def words(_language: str) -> dict[str, str]:
    """« Confirmé », « En retard », « Réparation »: of an exchange's state or of a fact, by code."""
    own = {
        "cart": _("Dans un panier"),
        "late": _("En retard"),
        "maintenance": _("Entretien"),
        "repair": _("Réparation"),
        "missing": _("Manquant"),
        "turnaround": _("Remise en état"),
    }
    return {code: own[code] if code in own else label("exchange_state", code) for code in LETTERS}


@lru_cache(maxsize=256)
def heads(first: date, count: int, here: date, _language: str) -> Markup:
    """The heads of `count` columns from `first`: a letter, the day of the month, the month where one begins."""
    found = []
    for day in (first + timedelta(days=n) for n in range(count)):
        named = day.day == 1 or (day == first and (day + ROOM).day > ROOM.days)  # room until the next month's name
        month = f"<i>{format_date(day, 'LLL y')}</i>" if named else ""
        look = ' class="now"' if day == here else ' class="off"' if day.weekday() > 4 else ""
        found.append(f"<span{look}>{month}{format_date(day, 'ccccc')}<br>{day.day}</span>")
    return Markup("".join(found))  # noqa: S704 - names of months and days


def rows(plan: Plan, may_block: bool) -> Markup:
    """A list item for each listing: its name, how many there are, its bars. `may_block`: the reader takes things aside
    for maintenance."""
    drawn = _Drawn(plan, may_block)
    return Markup("".join(map(drawn.row, plan.rows)))  # noqa: S704 - its texts are escaped below


class _Drawn:
    """What all rows of a page share: words in the language of the request, addresses, days and amounts said once."""

    def __init__(self, plan: Plan, may_block: bool):
        language = filters.language()
        self.first, self.last, self.may_block = plan.first, plan.last, may_block
        self.words = {code: word.lower() for code, word in words(language).items()}
        self.from_to, self.from_on = _("du %(first)s au %(last)s"), _("dès le %(first)s")
        self.due, self.missing, self.cannot = (
            _("attendu le %(day)s"), _("Manque %(quantity)s"), _("ne peut pas être tenu")
        )  # fmt: skip
        self.is_set, self.block, self.untitled = _("Ensemble"), _("Mettre de côté"), _("Sans titre")
        self.all_free = f'<p class="bars free"><span class="sr">{escape(_("Tout est libre."))}</span></p>'
        self.exchange_url, self.listing_url, self.block_url = (
            url_for(endpoint, public_id="_").removesuffix("_")
            for endpoint in ("exchanges.show", "catalogue.listing_show", "planner.block")
        )
        self.days: dict[date, str] = Remembered(lambda day: writing.short_day(day, language))
        self.amounts: dict[tuple[Any, str], str] = Remembered(lambda given: filters.quantity(*given))

    def row(self, row: Row) -> str:
        title = escape(row.title or self.untitled)
        about = [escape(self.amounts[row.quantity, row.unit])]
        if row.is_set:
            about.append(escape(self.is_set))
        if row.shelf:
            about.append(escape(row.shelf))
        if self.may_block and not row.is_set:
            words = f'{escape(self.block)}<span class="sr"> {title}</span>'
            about.append(f'<a href="{self.block_url}{row.public_id}">{words}</a>')
        bars = self.bars(row)
        return (
            f'<li><div class="plan-name"><h2><a href="{self.listing_url}{row.public_id}">{title}</a></h2>'
            f"<p>{' · '.join(about)}</p></div>"
            + (f'<ol class="bars">{bars}</ol>' if bars else self.all_free)
            + "</li>\n"
        )

    def bars(self, row: Row) -> str:
        """What is missing first."""
        items = []
        for one in row.missing:
            name = self.missing % {"quantity": self.amounts[one.quantity, row.unit]}
            text = name + BETWEEN + self.when(one.starts_on, one.ends_on)
            items.append(_bar(f"over {self.column(one.starts_on, one.ends_on)}", "!", text))
        for bar in row.bars:
            who = f", {bar.other_name.replace(BETWEEN, ' ')}" if bar.other_name else ""
            text = self.amounts[bar.quantity, row.unit] + who + BETWEEN + self.said(bar)
            look = f"{bar.state}{' short' if bar.short else ''} {self.column(bar.starts_on, bar.ends_on)}"
            url = f"{self.exchange_url}{bar.exchange}" if bar.exchange else ""
            items.append(_bar(look, LETTERS.get(bar.state, "·"), text, url))
        return "".join(items)

    def when(self, starts_on: date, ends_on: date | None) -> str:
        if ends_on is None:
            return self.from_on % {"first": self.days[starts_on]}
        return self.from_to % {"first": self.days[starts_on], "last": self.days[ends_on]}

    def column(self, starts_on: date, ends_on: date | None) -> str:
        """The classes that place a bar: its first column, and how many it takes."""
        begins = max(starts_on, self.first)
        stops = self.last if ends_on is None else min(ends_on, self.last)
        return f"s{(begins - self.first).days + 1} w{(stops - begins).days}"

    def said(self, bar: Bar) -> str:
        parts = [self.when(bar.starts_on, bar.ends_on), self.words[bar.state]]
        if bar.state == "late" and bar.due_on:
            parts.append(self.due % {"day": self.days[bar.due_on]})
        if bar.short:
            parts.append(self.cannot)
        return ", ".join(part for part in (*parts, bar.note, bar.reference) if part)


def _bar(look: str, letter: str, text: str, url: str = "") -> str:
    tag, opened = ("a", f'a href="{url}"') if url else ("span", "span")
    name, _colon, rest = escape(text).partition(BETWEEN)
    inside = f'<b aria-hidden="true">{letter}</b> {name}<i>{BETWEEN}{rest}</i>'
    return f'<li class="bar {look}"><{opened}>{inside}</{tag}></li>'
