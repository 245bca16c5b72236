"""What a report says in words, in the language of the moment: for its paper and the first sheet of its workbook."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.carbon import wording
from marketplace.carbon.canonical import grouped
from marketplace.carbon.models import Factor
from marketplace.carbon.models_reports import CarbonReport
from marketplace.carbon.report_facts import Facts, Line
from marketplace.carbon.reports import CODE, Since
from marketplace.carbon.streaming import Party
from marketplace.web import filters, writing
from marketplace.web.labels import label


@dataclass(frozen=True)
class Said:
    """The sentences of a report."""

    title: str
    about: str
    period: str
    sentence: str
    whole: str
    mass: str
    state_of_ledger: str
    code: str
    doubtful: bool


def said(report: CarbonReport, facts: Facts, digest: str, recorded: datetime | None) -> Said:
    """The sentences. `recorded`: when the ledger's last entry was written."""
    both = facts.both
    return Said(
        title=_("Rapport carbone") if report.scope == "production" else _("Relevé carbone"),
        about=report.title,
        period=period(report, facts),
        sentence=_sentence(report.title, both.own_kgco2e, both.own_uncertainty_kgco2e),
        whole=_whole(both.whole_kgco2e, both.whole_uncertainty_kgco2e),
        mass=_("%(mass)s sont restés en usage.", mass=filters.mass(both.mass_grams)),
        state_of_ledger=_(
            "D’après le registre au %(day)s, jusqu’à l’écriture E-%(n)s.",
            day=filters.day(recorded),
            n=f"{report.head_position:06d}",
        ),
        code=grouped(digest[:CODE]),
        doubtful=not writing.sign_known(both.own_kgco2e, both.own_uncertainty_kgco2e),
    )


def _sentence(title: str, own: Any, uncertainty: Any) -> str:
    if own < 0:
        figure = filters.carbon(-own, uncertainty)
        return _("Pour sa part, « %(title)s » a coûté %(figure)s de plus que du neuf.", title=title, figure=figure)
    figure = filters.carbon(own, uncertainty)
    return _("Pour sa part, « %(title)s » a évité %(figure)s.", title=title, figure=figure)


def _whole(whole: Any, uncertainty: Any) -> str:
    if whole < 0:
        figure = filters.carbon(-whole, uncertainty)
        return _(
            "Entiers, les échanges auxquels elle a pris part ont coûté %(figure)s de plus que du neuf.", figure=figure
        )
    figure = filters.carbon(whole, uncertainty)
    return _("Entiers, les échanges auxquels elle a pris part ont évité %(figure)s.", figure=figure)


def period(report: CarbonReport, facts: Facts | None = None) -> str:
    """« Année 2026 », « Du 1er mars 2026 au 3 avril 2026 »."""
    since, until = report.since, report.until
    if since is None or until is None:
        if facts is None or facts.first_on is None:
            return _("Toutes les écritures")
        if facts.first_on == facts.last_on:
            return _("Toutes les écritures, du %(day)s", day=filters.day(facts.first_on))
        return _("Toutes les écritures, du %(first)s au %(last)s", first=filters.day(facts.first_on),
                 last=filters.day(facts.last_on))  # fmt: skip
    if (since.month, since.day, until.month, until.day, until.year) == (1, 1, 12, 31, since.year):
        return _("Année %(year)s", year=since.year)
    return _("Du %(first)s au %(last)s", first=filters.day(since), last=filters.day(until))


def exchange(line: Line) -> dict[str, Any]:
    """A line of the table of exchanges."""
    entry = line.entry
    return {
        "line": line,
        "entry": entry,
        "reference": f"E-{entry.position:06d}",
        "title": line.read.title or label("kind", entry.kind),
        "kind": label("kind", entry.kind),
        "with": names(line.others),
        "note": note(line),
    }


def names(parties: tuple[Party, ...]) -> str:
    """The other sides; a person's own space is nobody's business but theirs."""
    return ", ".join(dict.fromkeys(_("une personne") if one.kind == "person" else one.name for one in parties))


def note(line: Line) -> str:
    """What one must know beside a figure, or instead of it."""
    entry, read = line.entry, line.read
    if line.state == "cancelled" and read.reverses is not None:
        return _("Annule l’écriture E-%(n)s.", n=f"{read.reverses.position:06d}")
    if line.state == "withdraws" and read.reverses is not None:
        return _("Retire l’écriture E-%(n)s du %(day)s.", n=f"{read.reverses.position:06d}",
                 day=filters.day(read.reverses.occurred_on))  # fmt: skip
    if line.state in ("cancelled", "withdrawn") and read.reversed_by is not None:
        return _("Retirée le %(day)s par l’écriture E-%(n)s.", n=f"{read.reversed_by.position:06d}",
                 day=filters.day(read.reversed_by.occurred_on))  # fmt: skip
    if entry.reason:
        return wording.reason(entry.reason, entry.body["reason_data"])
    if line.state == "apart":
        return _("Estimation : un facteur n’a pas été vérifié à sa source. Hors des totaux.")
    return wording.note("into_stock") if entry.into_stock else ""


def state(line: Line) -> str:
    """Whether and how a line counts."""
    return {
        "stands": lambda: label("entry_status", line.entry.status),
        "cancelled": lambda: _("annulée ou annulation"),
        "withdrawn": lambda: _("comptée, retirée depuis"),
        "withdraws": lambda: _("retrait"),
        "apart": lambda: _("estimation, hors totaux"),
        "none": lambda: _("non chiffrée"),
    }[line.state]()


def changed(since: Since) -> str:
    """What the ledger has written since about the days of a report."""
    told = []
    if since.corrected:
        told.append(
            ngettext("%(num)s écriture retirée ou corrigée", "%(num)s écritures retirées ou corrigées", since.corrected)
        )
    if since.added:
        told.append(ngettext("%(num)s nouvelle écriture", "%(num)s nouvelles écritures", since.added))
    return _("Depuis ce rapport, le registre a changé pour ses jours : %(what)s.", what=", ".join(told))


def factor_name(factor: Factor) -> str:
    """In the language of the moment."""
    return factor.name_en if filters.language() == "en" else factor.name_fr
