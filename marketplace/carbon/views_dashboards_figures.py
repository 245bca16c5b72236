"""The three charts of a dashboard: over time, by category, by kind, each with its drawing and its table.

Written here and not in the template: the tables have some hundred cells, and a template takes most of its time to
escape their parts one by one. Names are escaped where they are put in; figures and addresses hold nothing to escape.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from html import escape
from itertools import takewhile

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from marketplace.carbon import charts
from marketplace.carbon import views_dashboards_words as words
from marketplace.carbon.dashboards import Asked, Part, Summary, shown_and_hidden
from marketplace.carbon.numbers import ZERO
from marketplace.carbon.queries import Total
from marketplace.carbon.totals import Scope
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


def shown_parts(view: View, parts: list[Part]) -> tuple[list[Part], list[Part]]:
    """The rows that may be shown, and those hidden from the public."""
    return shown_and_hidden(parts) if view.public else (parts, [])


def drawn(view: View, found: Summary, asked: Asked) -> Markup:
    """All three; one without a row is left out."""
    page = _Drawn(view)
    return Markup(  # noqa: S704 - its texts are escaped below
        page.figure(
            "par-mois", _("Au fil des mois"), _("Mois"), found.months,
            lambda code: (words.month_name(code), replace(asked, since=code, until=code)), page.columns,
        )
        + page.figure(
            "par-categorie", _("Par catégorie"), _("Catégorie"), found.branches,
            lambda code: (words.branch_name(code), replace(asked, branch=code)), page.bars,
        )
        + page.figure(
            "par-sorte", _("Par sorte d’échange"), _("Sorte"), found.kinds,
            lambda code: (label("kind", code), replace(asked, kind=code)), page.bars,
        )
    )  # fmt: skip


Named = list[tuple[str, Part]]


class _Drawn:
    """What all figures of a page share: its language, and words said in each row."""

    def __init__(self, view: View):
        self.view, self.language = view, filters.language()
        share = _("Sa part") if view.scope[0] == "production" else _("Votre part")
        self.heads = [_("Écritures"), _("En usage")]
        self.heads += [_("Évité")] if view.public else [share, _("Échanges entiers")]
        self.heads.append(_("Du total"))
        self.opened = [f'<td role="cell" data-l="{escape(head)}" class="r">' for head in self.heads]
        self.percent = "%" if self.language == "en" else f"{writing.NBSP}%"

    def figure(
        self,
        anchor: str,
        title: str,
        head: str,
        parts: list[Part],
        named: Callable[[str], tuple[str, Asked]],
        drawing: Callable[[Named], str],
    ) -> str:
        shown, hidden = shown_parts(self.view, parts)
        if not shown and not hidden:
            return ""
        title = escape(title)
        if not shown:
            none = escape(_("Aucune ligne ne peut être montrée : trop peu d’organisations prennent part à chacune."))
            inside = f"<p>{none}</p>"
        else:
            rows = [(*named(part.code), part) for part in shown]
            seen = f"{title} : {escape(_('les valeurs sont dans le tableau'))}"
            image = drawing([(name, part) for name, _narrower, part in rows])
            image = image.replace("<svg", f'<svg aria-label="{seen}"', 1)
            said = _("En kgCO2e évités. Le trait fin est l’intervalle.")
            if any(part.total.own_kgco2e < 0 for part in shown):
                said += " " + _("Hachuré : plus que du neuf.")
            inside = (
                f'{image}<p class="small quiet">{escape(said)}</p>'
                f"<details><summary>{escape(_('En tableau'))}</summary>{self.table(title, head, rows, parts)}"
                f"{self.hidden(len(hidden))}</details>"
            )
        return f'<figure class="chart" id="{anchor}"><figcaption>{title}</figcaption>{inside}</figure>\n'

    def hidden(self, count: int) -> str:
        if not count:
            return ""
        text = ngettext(
            "Une ligne n’est pas montrée : trop peu d’organisations y prennent part.",
            "%(num)s lignes ne sont pas montrées : trop peu d’organisations y prennent part.",
            count,
        )
        return f'<p class="small quiet">{escape(text)}</p>'

    # ── tables ──────────────────────────────────────────────────────────────────────────────────

    def table(self, title: str, head: str, rows: list[tuple[str, Asked, Part]], parts: list[Part]) -> str:
        whole = sum((part.total.own_kgco2e for part in parts), ZERO)
        shares = bool(whole) and all(part.total.own_kgco2e >= 0 for part in parts)
        heads = "".join(f'<th role="columnheader" scope="col" class="r">{escape(one)}</th>' for one in self.heads)
        body = "\n".join(self.row(*row, whole if shares else None) for row in rows)
        return (
            f'<div class="table-box"><table class="stack-table" role="table"><caption class="sr">{title}</caption>'
            f'<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">{escape(head)}</th>{heads}</tr>'
            f'</thead><tbody role="rowgroup">\n{body}</tbody></table></div>'
        )

    def row(self, name: str, narrower: Asked, part: Part, whole: Decimal | None) -> str:
        total = part.total
        count = writing.plain(total.entry_count + total.apart_count, self.language)
        if self.view.entries:
            count = f'<a class="nb" href="{escape(self.view.entries(narrower, None))}">{count}</a>'
        cells = [count, writing.mass(total.mass_grams, self.language), self.own(total)]
        if not self.view.public:
            cells.append(writing.carbon(total.whole_kgco2e, total.whole_uncertainty_kgco2e, self.language))
        part_of = round(total.own_kgco2e * 100 / whole, 1) if whole else None
        cells.append("" if part_of is None else writing.plain(part_of, self.language) + self.percent)
        url = escape(self.view.address(narrower))
        return (
            f'<tr role="row"><th role="rowheader" scope="row"><a href="{url}">{escape(name)}</a></th>'
            + "".join(f"{opened}{cell}</td>" for opened, cell in zip(self.opened, cells, strict=True))
            + "</tr>"
        )

    def own(self, total: Total) -> str:
        return writing.carbon(total.own_kgco2e, total.own_uncertainty_kgco2e, self.language)

    # ── drawings ────────────────────────────────────────────────────────────────────────────────

    def bars(self, rows: Named) -> str:
        shown = [row for row in rows if row[1].total.entry_count]
        if len(shown) > MOST_ROWS:  # the largest and the worst
            shown = [*shown[: MOST_ROWS - 2], *shown[-2:]]
        chart = charts.signed_rows(
            [
                (_clip(name), self.own(part.total), part.total.own_kgco2e, part.total.own_uncertainty_kgco2e)
                for name, part in shown
            ]
        )
        inside = "".join(
            f'<text x="0" y="{row.text_y}">{escape(row.label)}</text>'
            f'<text class="v" text-anchor="end" x="{chart.width}" y="{row.text_y}">{row.value}</text>'
            f'<path{_look(row.below)} d="{row.path}"/>{_doubt(row.doubt)}<path class="zero" d="{row.zero}"/>'
            for row in chart.rows
        )
        return f'<svg viewBox="0 0 {chart.width} {chart.height}" role="img">{inside}</svg>'

    def columns(self, rows: Named) -> str:
        by_month = {part.code: part.total for _name, part in rows}
        months = list(_months(min(by_month), max(by_month)))[-MOST_MONTHS:]
        chart = charts.columns(
            [
                (words.month_name(month, short=True), total.own_kgco2e, total.own_uncertainty_kgco2e)
                if (total := by_month.get(month))
                else (words.month_name(month, short=True), ZERO, ZERO)
                for month in months
            ]
        )
        inside = "".join(
            (f'<path{_look(one.below)} d="{one.path}"/>' if one.path else "")
            + _doubt(one.doubt)
            + (
                f'<text class="axis" text-anchor="middle" x="{one.middle}" y="{chart.names_y}">{one.name}</text>'
                if one.name
                else ""
            )
            for one in chart.columns
        )
        zero = f'<path class="zero" d="M0 {chart.zero}H{chart.width}"/>'
        return f'<svg viewBox="0 0 {chart.width} {chart.height}" role="img">{inside}{zero}</svg>'


def _look(below: bool) -> str:
    return ' class="worse" fill="url(#hachures)"' if below else ' class="c3"'


def _doubt(path: str) -> str:
    return f'<path class="doubt" d="{path}"/>' if path else ""


def _months(first: str, last: str) -> Iterable[str]:
    start = int(first[:4]) * 12 + int(first[5:]) - 1
    every = (f"{n // 12:04}-{n % 12 + 1:02}" for n in range(start, start + 2400))
    return takewhile(lambda month: month <= last, every)


def _clip(text: str) -> str:
    return text if len(text) <= 26 else text[:25] + "…"
