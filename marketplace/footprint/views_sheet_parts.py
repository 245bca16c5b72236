"""An activity sheet as pages: the same for members of the production and for bearers of a link, who see less."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from flask import Response, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.accounts.forms import EmptyForm, take_errors
from marketplace.accounts.models import Production
from marketplace.core.clock import today, today_at
from marketplace.core.db import db, new_public_id, transaction
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.tables_out import XLSX
from marketplace.core.text import fold
from marketplace.footprint import exchanged, queries, sheets, wording
from marketplace.footprint.exporting import sheet_csv, sheet_xlsx
from marketplace.footprint.forms import DayForm, LineForm, day_asked
from marketplace.footprint.kinds import BOXES
from marketplace.footprint.models import ActivityLine
from marketplace.footprint.sheets import Writer
from marketplace.web import filters


@dataclass
class Access:
    """How somebody came to a sheet. `member`: sees who wrote, and exchanges by name; `reads_all`: all that it adds up
    to; `writer` asks anew, inside the transaction, whether they may write; `url(what, **values)`: its addresses."""

    production: Production
    member: bool
    may_fill: bool
    reads_all: bool
    writer: Callable[[], Writer]
    url: Callable[..., str]
    kept_as: str  # what a browser keeps unsaved typing under
    more: dict[str, Any] = field(default_factory=dict)  # for the template


def day_page(access: Access) -> Any:
    """One day of the sheet, and what is written on it: GET shows, POST adds."""
    production = access.production
    form = DayForm()
    here = today_at(production.base_postcode)
    if request.method == "GET":
        form = DayForm(formdata=None, data={"day": day_asked(request.args.get("jour", "")) or here})
        form.version.data = new_public_id()
    elif access.may_fill and form.validate_on_submit():
        production_id = production.id
        try:
            drafts = form.drafts()
            with transaction():
                written = sheets.add_lines(access.writer(), form.day.data, drafts, (form.version.data or "")[:40])
        except Invalid as refusal:
            take_errors(form, refusal)
            access.production = db.session.get_one(Production, production_id)
        else:
            said = (
                ngettext("%(num)s ligne gardée pour le %(day)s.", "%(num)s lignes gardées pour le %(day)s.", written,
                         day=filters.day(form.day.data))
                if written else _("Déjà gardé : rien n’a été écrit deux fois.")
            )  # fmt: skip
            flash(said, "kept")
            return redirect(access.url("sheet", jour=form.day.data.isoformat()), 303)
    status = 200 if request.method == "GET" else 422
    return _shown(access, form, here), status


def _shown(access: Access, form: DayForm, here: date) -> str:
    production = access.production
    day = form.day.data or here
    known = exchanged.known_of(production.id) if access.reads_all else []
    days = queries.days_of(production.id)
    return render_template(
        "footprint/sheet.html",
        access=access,
        production=production,
        form=form,
        shown=day,
        before=day - timedelta(days=1) if day > date.min else None,
        after=day + timedelta(days=1) if day < here else None,
        here=here,
        lines=queries.lines_of(production.id, day),
        known=[one for one in known if one.day == day],
        sums=queries.sums(queries.written_sums(production.id), known) if access.reads_all else [],
        days=days,
        missing=queries.days_without(production, [one.day for one in days]) if access.reads_all else [],
        boxes=BOXES,
        wording=wording,
        kept_as=access.kept_as,
        **access.more,
    )


def line_page(access: Access, line_public_id: str) -> Any:
    """Correcting a line. When somebody was quicker, what was typed stays and goes to the line as it is now."""
    line = sheets.line_of(access.production.id, line_public_id)
    form = LineForm() if request.method == "POST" else LineForm(formdata=None, data=_of(line))
    form.offer()
    production_id, status, overtaken = access.production.id, 200, line.ended_at is not None
    if request.method == "POST":
        status = 422
        if form.validate_on_submit():
            try:
                draft = form.draft()
                with transaction():
                    sheets.correct_line(access.writer(), line_public_id, form.day.data, draft)
            except Invalid as refusal:
                take_errors(form, refusal)
            except Conflict as refusal:
                status, overtaken = 409, True
                form.form_errors.append(refusal.message)
            else:
                flash(_("La ligne est corrigée."), "kept")
                return redirect(access.url("sheet", jour=form.day.data.isoformat()), 303)
        access.production = db.session.get_one(Production, production_id)
        line = sheets.line_of(production_id, line_public_id)
    now = _latest(line) if overtaken else line
    return render_template(
        "footprint/line.html", access=access, production=access.production, form=form, line=line, now=now,
        overtaken=overtaken, button=EmptyForm(formdata=None), wording=wording, **access.more,
    ), status  # fmt: skip


def _of(line: ActivityLine) -> dict[str, Any]:
    quantity = filters.number(line.quantity).replace("\u00a0", "")
    return {"day": line.day, "kind": line.kind, "quantity": quantity, "unit": line.unit, "words": line.words}


def _latest(line: ActivityLine) -> ActivityLine | None:
    """The line that stands in the place of one that was corrected, however often; None when it was removed."""
    found: ActivityLine | None = line
    for _turn in range(100):
        if found is None or found.ended_at is None:
            return found
        found = db.session.query(ActivityLine).filter_by(replaces_id=found.id).one_or_none()
    return None


def remove(access: Access, line_public_id: str) -> Any:
    try:
        with transaction():
            day = sheets.remove_line(access.writer(), line_public_id).day
    except Conflict as refusal:
        flash(refusal.message, "lost")
        return redirect(access.url("sheet"), 303)
    flash(_("La ligne est retirée."), "kept")
    return redirect(access.url("sheet", jour=day.isoformat()), 303)


def export(access: Access, extension: str) -> Response:
    """The whole sheet by the five posts."""
    if not access.reads_all or extension not in ("csv", "xlsx"):
        raise NotFound
    lines, known = queries.lines_of(access.production.id), exchanged.known_of(access.production.id)
    if extension == "csv":
        body, kind = sheet_csv(lines, known, filters.language(), private=access.member), "text/csv"
    else:
        added = queries.sums(queries.written_sums(access.production.id), known)
        body, kind = sheet_xlsx(lines, known, added, private=access.member), XLSX
    return attached(body, kind, f"fiche-activite-{_named(access.production)}-{today().isoformat()}.{extension}")


def attached(body: bytes, kind: str, name: str) -> Response:
    response = Response(body, mimetype=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _named(production: Production) -> str:
    """The title as part of a file's name."""
    return "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in fold(production.title)).split())[:60]
