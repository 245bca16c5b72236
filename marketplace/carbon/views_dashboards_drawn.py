"""The body of a dashboard: worded and drawn. Nothing in it depends on who reads it."""

from dataclasses import dataclass, replace
from typing import Any

from flask import render_template
from markupsafe import Markup

from marketplace.carbon import coming, filed_entries
from marketplace.carbon import views_dashboards_figures as figures
from marketplace.carbon import views_dashboards_words as words
from marketplace.carbon.coming import ToCome
from marketplace.carbon.cubes import Cube
from marketplace.carbon.dashboards import FEWEST, Asked, Summary, saved_for_good, shown_and_hidden, summary
from marketplace.carbon.equivalents import PERSON_SOURCE, equivalents_of
from marketplace.carbon.filed_entries import About
from marketplace.carbon.totals import Scope
from marketplace.carbon.views_dashboards_figures import View
from marketplace.core.clock import today
from marketplace.web import filters, writing
from marketplace.web.labels import label


def body(view: View, cube: Cube, asked: Asked, with_coming: bool) -> Markup:
    """Everything under the filters."""
    found = summary(cube, asked)
    known = filed_entries.about([position for _value, position in (*found.best, *found.worst)])
    if view.public:
        found = _for_everybody(found, known)
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
        charts=figures.drawn(view, found, asked),
        best=_about(view, found.best, known),
        worst=_about(view, found.worst, known),
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


def _for_everybody(found: Summary, known: dict[int, About]) -> Summary:
    """Without what too few organisations stand behind: single exchanges, money and treatments of kinds that are hidden
    in the tables."""
    kinds = {part.code for part in shown_and_hidden(found.kinds)[0]}
    branches = {part.code for part in shown_and_hidden(found.branches)[0]}
    may_show = {at for at, one in known.items() if one.kind in kinds and one.branch in branches}
    return replace(
        found,
        best=[one for one in found.best if one[1] in may_show],
        worst=[one for one in found.worst if one[1] in may_show],
        saved=[one for one in found.saved if one.kind in kinds],
        outcomes=found.outcomes if "reclaim" in kinds else [],
    )


# ── beside the totals ───────────────────────────────────────────────────────────────────────────


def _about(view: View, extremes: list[Any], known: dict[int, About]) -> list[dict[str, Any]]:
    """Exchanges by name to those who take part in them; to others by kind and category alone."""
    out = []
    for value, position in extremes:
        one = known[position]
        category = words.branch_name(one.branch) if one.branch else label("kind", one.kind)
        out.append(
            {
                "title": category if view.public else one.title or category,
                "public_id": None if view.public else one.public_id,
                "kind": label("kind", one.kind),
                "when": words.month_name(one.occurred_on.isoformat()[:7])
                if view.public
                else filters.day(one.occurred_on),
                "mass": filters.mass(one.mass_grams),
                "figure": writing.carbon(abs(value), one.uncertainty_kgco2e, filters.language()),
                "worse": value < 0,
            }
        )
    return out


def _outcomes(view: View, found: Summary, asked: Asked) -> list[tuple[str, int, str | None]]:
    """Mass by what became of it: given, sold, rented, and of sorted matter each treatment."""
    rows = [
        (words.passed_on(part.code), part.total.mass_grams, view.address(replace(asked, kind=part.code)))
        for part in figures.shown_parts(view, found.kinds)[0]
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
