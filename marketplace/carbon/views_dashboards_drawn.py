"""The body of a dashboard: worded and drawn. Nothing in it depends on who reads it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import takewhile
from typing import Any

from flask import render_template
from flask_babel import gettext as _
from markupsafe import Markup

from marketplace.carbon import charts, coming, filed_entries
from marketplace.carbon import views_dashboards_words as words
from marketplace.carbon.coming import ToCome
from marketplace.carbon.cubes import Cube
from marketplace.carbon.dashboards import FEWEST, Asked, Part, Summary, saved_for_good, shown_and_hidden, summary
from marketplace.carbon.equivalents import PERSON_SOURCE, equivalents_of
from marketplace.carbon.queries import Total
from marketplace.carbon.totals import Scope
from marketplace.core.clock import today
from marketplace.web import filters, writing
from marketplace.web.labels import label

MOST_MONTHS, MOST_ROWS = 36, 8  # drawn; the tables hold all


@dataclass(frozen=True)
class View:
    """Whose dashboard it is. `address` gives that of the same narrowed to `Asked`; `entries` that of the list of
    entries within it, and of those apart for a reason: None where entries are not everybody's to read."""

    scope: Scope
    address: Callable[[Asked], str]
    entries: Callable[[Asked, str | None], str] | None = None

    @property
    def public(self) -> bool:
        return self.entries is None


@dataclass(frozen=True)
class Line:
    """A row of a chart's table. `url` narrows to it, `entries_url` lists what it is made of."""

    name: str
    url: str
    total: Total
    entries_url: str | None
    percent: Decimal | None


def body(view: View, cube: Cube, asked: Asked, with_coming: bool) -> Markup:
    """Everything under the filters."""
    found = summary(cube, asked)
    if view.public:
        found = _for_everybody(found)
    text = render_template(
        "carbon/_dashboard_body.html",
        view=view,
        asked=asked,
        found=found,
        total=found.total,
        known=bool(cube.cells),
        period=words.period(asked),
        hidden_all=view.public and found.few,
        fewest=FEWEST,
        figures=_figures(view, found, asked),
        best=_about(view, found.best),
        worst=_about(view, found.worst),
        outcomes=_outcomes(view, found, asked),
        reasons=[_reason(view, asked, code, count) for code, count in found.reasons],
        kept=saved_for_good(found.saved),
        alike=equivalents_of(found.total),
        about=lambda value: filters.number(writing.significant(value, 2)),
        person_source=PERSON_SOURCE,
        coming=_coming(view.scope, cube) if with_coming else None,
        entries_url=view.entries(asked, None) if view.entries else None,
    )
    return Markup(text)  # noqa: S704 - a template's text, escaped there


def _for_everybody(found: Summary) -> Summary:
    """Without what too few organisations stand behind: single exchanges, money and treatments of kinds that are hidden
    in the tables."""
    kinds = {part.code for part in shown_and_hidden(found.kinds)[0]}
    branches = {part.code for part in shown_and_hidden(found.branches)[0]}
    known = filed_entries.about([position for _value, position in (*found.best, *found.worst)])
    may_show = {at for at, one in known.items() if one.entry.kind in kinds and one.branch in branches}
    return replace(
        found,
        best=[one for one in found.best if one[1] in may_show],
        worst=[one for one in found.worst if one[1] in may_show],
        saved=[one for one in found.saved if one.kind in kinds],
        outcomes=found.outcomes if "reclaim" in kinds else [],
    )


# ── the three charts ────────────────────────────────────────────────────────────────────────────


def _figures(view: View, found: Summary, asked: Asked) -> list[dict[str, Any]]:
    """Over time, by category, by kind: each with its drawing and its table; one that has a single row says nothing."""
    by_month = _rows(view, found.months, lambda code: (words.month_name(code), replace(asked, since=code, until=code)))
    by_branch = _rows(view, found.branches, lambda code: (words.branch_name(code), replace(asked, branch=code)))
    by_kind = _rows(view, found.kinds, lambda code: (label("kind", code), replace(asked, kind=code)))
    return [
        {"title": _("Au fil des mois"), "head": _("Mois"), "columns": _columns(by_month[0]), **_table(by_month)},
        {"title": _("Par catégorie"), "head": _("Catégorie"), "bars": _bars(by_branch[0]), **_table(by_branch)},
        {"title": _("Par sorte d’échange"), "head": _("Sorte"), "bars": _bars(by_kind[0]), **_table(by_kind)},
    ]


Rows = tuple[list[tuple[Part, Line]], list[Part]]


def _rows(view: View, parts: list[Part], named: Callable[[str], tuple[str, Asked]]) -> Rows:
    """Those that may be shown, and those hidden from the public."""
    shown, hidden = shown_and_hidden(parts) if view.public else (parts, [])
    whole = sum((part.total.own_kgco2e for part in parts), Decimal(0))
    all_positive = all(part.total.own_kgco2e >= 0 for part in parts)
    out = []
    for part in shown:
        name, narrower = named(part.code)
        percent = part.total.own_kgco2e * 100 / whole if whole and all_positive else None
        entries = view.entries(narrower, None) if view.entries else None
        out.append((part, Line(name, view.address(narrower), part.total, entries, percent)))
    return out, hidden


def _table(rows: Rows) -> dict[str, Any]:
    shown, hidden = rows
    worse = any(part.total.own_kgco2e < 0 for part, _line in shown)
    return {"lines": [line for _part, line in shown], "hidden": len(hidden), "worse": worse}


def _figure_of(total: Total) -> str:
    return filters.carbon(total.own_kgco2e, total.own_uncertainty_kgco2e)


def _bars(rows: list[tuple[Part, Line]]) -> charts.RowChart:
    drawn = [row for row in rows if row[0].total.entry_count]
    if len(drawn) > MOST_ROWS:  # the largest and the worst
        drawn = [*drawn[: MOST_ROWS - 2], *drawn[-2:]]
    return charts.signed_rows(
        [
            (_clip(line.name), _figure_of(part.total), part.total.own_kgco2e, part.total.own_uncertainty_kgco2e)
            for part, line in drawn
        ]
    )


def _columns(rows: list[tuple[Part, Line]]) -> charts.ColumnChart:
    by_month = {part.code: part.total for part, _line in rows}
    if not by_month:
        return charts.columns([])
    months = list(_months(min(by_month), max(by_month)))[-MOST_MONTHS:]
    zero = Decimal(0)
    return charts.columns(
        [
            (
                words.month_name(month, short=True),
                by_month[month].own_kgco2e if month in by_month else zero,
                by_month[month].own_uncertainty_kgco2e if month in by_month else zero,
            )
            for month in months
        ]
    )


def _months(first: str, last: str) -> Iterable[str]:
    start = int(first[:4]) * 12 + int(first[5:]) - 1
    every = (f"{n // 12:04}-{n % 12 + 1:02}" for n in range(start, start + 2400))
    return takewhile(lambda month: month <= last, every)


def _clip(text: str) -> str:
    return text if len(text) <= 26 else text[:25] + "…"


# ── beside the totals ───────────────────────────────────────────────────────────────────────────


def _about(view: View, extremes: list[Any]) -> list[dict[str, Any]]:
    """Exchanges by name to those who take part in them; to others by kind and category alone."""
    known = filed_entries.about([position for _value, position in extremes])
    out = []
    for value, position in extremes:
        one = known[position]
        entry = one.entry
        category = words.branch_name(one.branch) if one.branch else label("kind", entry.kind)
        out.append(
            {
                "title": category if view.public else one.title or category,
                "public_id": None if view.public else entry.public_id,
                "kind": label("kind", entry.kind),
                "when": words.month_name(entry.occurred_on.isoformat()[:7])
                if view.public
                else filters.day(entry.occurred_on),
                "mass": filters.mass(entry.mass_grams),
                "figure": writing.carbon(abs(value), entry.uncertainty_kgco2e, filters.language()),
                "worse": value < 0,
            }
        )
    return out


def _outcomes(view: View, found: Summary, asked: Asked) -> list[tuple[str, int, str | None]]:
    """Mass by what became of it: given, sold, rented, and of sorted matter each treatment."""
    rows = [
        (words.passed_on(part.code), part.total.mass_grams, view.address(replace(asked, kind=part.code)))
        for part, _line in _rows(view, found.kinds, lambda code: ("", asked))[0]
        if part.code != "reclaim" and part.total.mass_grams
    ]
    return [*rows, *((words.outcome(code), grams, None) for code, grams in found.outcomes)]


def _reason(view: View, asked: Asked, code: str, count: int) -> dict[str, Any]:
    todo = None if view.public else words.what_to_do(code)
    return {
        "text": words.why_apart(code),
        "count": count,
        "url": view.entries(asked, code) if view.entries else None,
        "todo": todo,
    }


@dataclass(frozen=True)
class Coming:
    """What is still to come, or that there is too much of it to be worked out in passing."""

    found: ToCome | None
    too_many: bool


def _coming(scope: Scope, cube: Cube) -> Coming:
    key = ("coming", today())
    known: Coming | None = cube.made.get(key)
    if known is not None:
        return known
    many = coming.gifts_into_stock(scope) > coming.MOST_IN_PASSING
    return cube.keep(key, Coming(None if many else coming.to_come(scope), many))
