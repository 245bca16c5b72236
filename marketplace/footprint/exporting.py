"""An activity sheet and a footprint as tables for other tools, by the five posts."""

from collections.abc import Iterator, Sequence

from flask_babel import gettext as _

from marketplace.core.tables_out import Cell, Sheet, csv_of, xlsx_of
from marketplace.footprint import wording
from marketplace.footprint.exchanged import Known
from marketplace.footprint.importing import Kept
from marketplace.footprint.kinds import KINDS, POSTS
from marketplace.footprint.queries import Line, Sum


def sheet_csv(lines: Sequence[Line], known: Sequence[Known], language: str, *, private: bool) -> bytes:
    """One row a line, post after post. `private`: with the names of who wrote, for members alone."""
    rows = [row for post in POSTS for row in _rows(post, lines, known, private)]
    return csv_of(_heads(), rows, language)


def sheet_xlsx(lines: Sequence[Line], known: Sequence[Known], added: Sequence[Sum], *, private: bool) -> bytes:
    """What each kind adds up to, then a sheet for each post with its lines."""
    heads = [_("Poste"), _("Nature"), _("Écrit par l’équipe"), _("Repris des échanges"), _("Total"), _("Unité")]
    totals: list[list[Cell]] = [
        [wording.post(one.post), wording.kind_in_full(one.kind), one.written, one.exchanged, one.total,
         wording.unit(one.unit)]
        for one in added
    ]  # fmt: skip
    posts = [Sheet(wording.post(post), _heads(), list(_rows(post, lines, known, private))) for post in POSTS]
    return xlsx_of([Sheet(_("Par poste"), heads, totals), *posts])


def _heads() -> list[str]:
    return [
        _("Poste"), _("Code"), _("Nature"), _("Jour"), _("Quantité"), _("Unité"), _("Précision"), _("Source"),
    ]  # fmt: skip


def _rows(post: str, lines: Sequence[Line], known: Sequence[Known], private: bool) -> Iterator[list[Cell]]:
    for line in lines:
        if _post_of(line.kind) == post:
            source = _("écrit par %(name)s", name=line.by) if private and line.by else _("écrit par l’équipe")
            yield _row(post, line, source)
    for one in known:
        if _post_of(one.kind) == post:
            yield _row(post, one, _("échange %(reference)s", reference=one.reference) if private else _("échange"))


def _post_of(kind: str) -> str:
    return KINDS[kind].post if kind in KINDS else "purchases"


def _row(post: str, line: Line | Known, source: str) -> list[Cell]:
    return [
        wording.post(post), line.kind, wording.kind_in_full(line.kind), line.day, line.quantity,
        wording.unit(line.unit), line.words, source,
    ]  # fmt: skip


def footprint_tables(kept: Kept, stage: str) -> tuple[list[str], list[list[Cell]]]:
    """A kept footprint, line by line in kgCO2e, with the line of the file it was read from."""
    heads = [_("Bilan"), _("Poste"), _("Libellé"), "kgCO2e", _("Ligne du fichier"), _("Fichier"), _("SHA-256")]
    rows: list[list[Cell]] = [
        [str(wording.STAGES[stage]), wording.post(row.post), row.label, row.kgco2e, row.line,
         kept.footprint.file_name, kept.footprint.sha256]
        for post in POSTS for row in kept.rows if row.post == post
    ]  # fmt: skip
    return heads, rows


def footprint_csv(kept: Kept, stage: str, language: str) -> bytes:
    """The lines of a kept footprint."""
    return csv_of(*footprint_tables(kept, stage), language)


def footprint_xlsx(kept: Kept, stage: str) -> bytes:
    """Its posts with their totals, then its lines."""
    heads, rows = footprint_tables(kept, stage)
    posts: list[list[Cell]] = [[wording.post(post), kept.posts[post]] for post in POSTS if post in kept.posts]
    posts.append([_("Total"), kept.total])
    return xlsx_of([Sheet(_("Par poste"), [_("Poste"), "kgCO2e"], posts), Sheet(_("Lignes"), heads, rows)])
