"""The tables of a report for other programs: every entry of its days, one a line, and the sheets of its workbook."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from marketplace.carbon import wording
from marketplace.carbon.numbers import HUNDRED
from marketplace.carbon.queries import Total
from marketplace.carbon.report_facts import Facts, Line
from marketplace.catalogue import taxonomy
from marketplace.core.tables_out import Cell, Sheet
from marketplace.web import filters
from marketplace.web.labels import label
from marketplace.web.report_words import Said, factor_name, names, note, state


def heads() -> list[str]:
    """The heads of the table of entries."""
    return [
        _("Écriture"), _("Code"), _("Date"), _("Objet"), _("Catégorie"), _("Échange"), _("Avec"), _("État"),
        _("Masse (kg)"), _("Évité, entier (kgCO2e)"), _("Doute, entier (± kgCO2e)"), _("Part (%)"),
        _("Évité, sa part (kgCO2e)"), _("Doute, sa part (± kgCO2e)"), _("Remarque"), _("Facteurs et versions"),
        _("SHA-256 de l’écriture"),
    ]  # fmt: skip


def entry_row(line: Line) -> list[Any]:
    """One entry, its figures with all their digits."""
    entry, body = line.entry, line.entry.body
    category = taxonomy.categories().get(body["category"] or "")
    return [
        f"E-{entry.position:06d}",
        entry.public_id,
        entry.occurred_on,
        line.read.title,
        category.name(filters.language()) if category else "",
        label("kind", entry.kind),
        names(line.others),
        state(line),
        None if entry.mass_grams is None else Decimal(entry.mass_grams).scaleb(-3),
        entry.result_kgco2e,
        entry.uncertainty_kgco2e,
        (line.share * HUNDRED).normalize() + 0,
        line.own,
        line.own_uncertainty,
        note(line),
        " ; ".join(f"{used['key']} {used['version']}" for used in body["factors_used"]),
        entry.hash,
    ]


def sheets(said: Said, facts: Facts, rows: Sequence[Sequence[Any]]) -> list[Sheet]:
    """The workbook: what the paper says first, the entries, the factors."""
    first: list[list[Cell]] = [
        [_("Période"), said.period],
        [_("Registre"), said.state_of_ledger],
        [_("Code"), said.code],
    ]
    for name, figures in ((_("Réemploi et location"), facts.reuse), (_("Matière triée"), facts.reclaim),
                          (_("En tout"), facts.both)):  # fmt: skip
        first += [[f"{name} : {text}", value] for text, value in _figures(figures)]
    first += [
        [_("Écritures lues"), facts.read],
        [_("Limites"), _("Ces chiffres ne se retranchent d’aucune empreinte.")],
    ]
    if facts.read > len(rows):
        first.append([
            _("Table"),
            _("Les %(n)s premières écritures sont ici ; toutes sont dans le CSV.", n=filters.number(len(rows))),
        ])  # fmt: skip
    used: list[list[Cell]] = [
        [
            one.factor.key,
            one.factor.version,
            factor_name(one.factor),
            Decimal(one.factor.kgco2e_per_unit),
            wording.factor_unit(one.factor.unit),
            Decimal(one.factor.uncertainty_pct),
            one.factor.source,
            one.factor.source_year,
            one.factor.source_url_or_ref,
            one.entries,
        ]
        for one in facts.factors
    ]
    factor_heads = [_("Facteur"), _("Version"), _("Nom"), _("kgCO2e par unité"), _("Unité"), _("Doute (± %)"),
                    _("Source"), _("Année"), _("Référence"), _("Écritures")]  # fmt: skip
    return [
        Sheet(_("Résumé"), [said.title, said.about], first),
        Sheet(_("Écritures"), heads(), rows),
        Sheet(_("Facteurs"), factor_heads, used),
    ]


def _figures(figures: Total) -> list[tuple[str, Any]]:
    return [
        (_("évité, sa part (kgCO2e)"), figures.own_kgco2e),
        (_("doute, sa part (± kgCO2e)"), figures.own_uncertainty_kgco2e),
        (_("évité, échanges entiers (kgCO2e)"), figures.whole_kgco2e),
        (_("doute, échanges entiers (± kgCO2e)"), figures.whole_uncertainty_kgco2e),
        (_("gardé en usage (kg)"), Decimal(figures.mass_grams).scaleb(-3)),
        (_("écritures comptées"), figures.entry_count),
        (_("hors totaux"), figures.apart_count),
    ]
