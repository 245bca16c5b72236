"""A production's footprint beside what it avoided: shown, brought in from another tool, given out again."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from marketplace.accounts.forms import EmptyForm
from marketplace.accounts.models import Organisation
from marketplace.accounts.permissions import allows, require
from marketplace.accounts.productions import actor_for_production
from marketplace.accounts.views_organisations import page_number
from marketplace.carbon.queries import totals_for_production
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.tables_in import MOST_BYTES, Table
from marketplace.core.tables_out import XLSX
from marketplace.core.text import fold
from marketplace.footprint import charts, importing, wording
from marketplace.footprint.exporting import footprint_csv, footprint_xlsx
from marketplace.footprint.kinds import POSTS
from marketplace.footprint.reading import LEAVE_OUT, MOST_NAMES, NONE, Reading, guessed_for
from marketplace.footprint.views_sheet_parts import attached
from marketplace.web import filters
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("footprints", __name__)

ROWS_A_PAGE = 100
SHOWN_ROWS = 6  # of the file, while its columns are chosen


def _reader(public_id: str) -> tuple[Any, Any]:
    acting, production = actor_for_production(signed_in_actor(), public_id)
    return require(acting, "production.read", production.organisation_id, production_id=production.id), production


@blueprint.get("/productions/<public_id>/empreinte")
@enter.signed_in
def show(public_id: str) -> Any:
    """What the shoot emitted, and, apart, what its exchanges avoided: two figures that are never one."""
    acting, production = _reader(public_id)
    kept = importing.kept_of(production.id)
    stages = [stage for stage in importing.STAGES if stage in kept]
    rows = [(wording.post(post), [kept[stage].posts.get(post) for stage in stages]) for post in POSTS]
    chart = charts.pairs(
        [(text, [None if kg is None else (kg, filters.carbon(kg)) for kg in figures]) for text, figures in rows]
    )
    return render_template(
        "footprint/show.html",
        production=production,
        organisation=db.session.get_one(Organisation, production.organisation_id),
        kept=kept,
        stages=stages,
        rows=rows,
        chart=chart,
        totals=totals_for_production(production.id).both,
        may_import=allows(acting.role, "footprint.import"),
        wording=wording,
    )


@blueprint.get("/productions/<public_id>/empreinte/<any(previsionnel, definitif):stage>")
@enter.signed_in
def lines(public_id: str, stage: str) -> Any:
    """Every line of a kept footprint, as read from which line of which file."""
    _acting, production = _reader(public_id)
    found = _kept(production.id, stage)
    page, total = page_number(), len(found.rows)
    first = (page - 1) * ROWS_A_PAGE
    ordered = sorted(found.rows, key=lambda row: (POSTS.index(row.post), row.line))
    return render_template(
        "footprint/lines.html",
        production=production,
        kept=found,
        stage=CODES[stage],
        slug=stage,
        rows=ordered[first : first + ROWS_A_PAGE],
        page=page,
        pages=max(1, -(-total // ROWS_A_PAGE)),
        first=first + 1,
        last=min(first + ROWS_A_PAGE, total),
        page_url=lambda n: url_for("footprints.lines", public_id=public_id, stage=stage, page=n),
        wording=wording,
    )


@blueprint.get("/productions/<public_id>/empreinte/<any(previsionnel, definitif):stage>.<any(csv, xlsx):extension>")
@enter.signed_in
def export(public_id: str, stage: str, extension: str) -> Any:
    _acting, production = _reader(public_id)
    found, code = _kept(production.id, stage), CODES[stage]
    if extension == "csv":
        body, kind = footprint_csv(found, code, filters.language()), "text/csv"
    else:
        body, kind = footprint_xlsx(found, code), XLSX
    return attached(body, kind, f"empreinte-{stage}-{production.public_id}.{extension}")


CODES = {"previsionnel": "forecast", "definitif": "final"}
SLUGS = {code: slug for slug, code in CODES.items()}


def _kept(production_id: int, slug: str) -> importing.Kept:
    found = importing.kept_of(production_id).get(CODES[slug])
    if found is None:
        raise NotFound
    return found


# ── bringing one in ─────────────────────────────────────────────────────────────────────────────


@blueprint.route("/productions/<public_id>/empreinte/importer", methods=["GET", "POST"])
@enter.signed_in
@limiter.limit("30 per hour", methods=["POST"])
def send(public_id: str) -> Any:
    """The file, and whether it is the forecast or the final footprint."""
    if request.method == "POST":
        request.max_content_length = MOST_BYTES * 4  # what is too large is told by the form, not by the shell
    acting, production = actor_for_production(signed_in_actor(), public_id)
    require(acting, "footprint.import", production.organisation_id, production_id=production.id)
    errors: dict[str, Sequence[Any]] = {}
    stage = request.form.get("stage", "final" if importing.kept_of(production.id) else "forecast")[:10]
    if request.method == "POST":
        file = request.files.get("file")
        data = file.stream.read(MOST_BYTES + 1) if file else b""
        try:
            with transaction():
                made = importing.start(signed_in_actor(), public_id, stage, (file.filename or "") if file else "", data)
                draft = made.public_id
        except Invalid as refusal:
            errors = refusal.errors
        else:
            return redirect(url_for("footprints.mapping", public_id=public_id, draft=draft), 303)
        acting, production = actor_for_production(signed_in_actor(), public_id)
    page = render_template(
        "footprint/send.html", production=production, form=EmptyForm(formdata=None), errors=errors, stage=stage,
        wording=wording,
    )  # fmt: skip
    return page, 422 if errors else 200


@blueprint.route("/productions/<public_id>/empreinte/lectures/<draft>", methods=["GET", "POST"])
@enter.signed_in
def mapping(public_id: str, draft: str) -> Any:
    """Which column is what, which name is which post, and what comes of it; then it is kept."""
    errors: dict[str, Sequence[Any]] = {}
    actor = signed_in_actor()
    acting, production = actor_for_production(actor, public_id)
    require(acting, "footprint.import", production.organisation_id, production_id=production.id)
    found = importing.draft_of(production, draft)
    if request.method == "POST":
        reading = _sent(importing.outcome_of(found)[0], importing.tables_of(found))
        with transaction():
            importing.read_again(actor, public_id, draft, reading)
        if request.form.get("do") == "keep":
            try:
                with transaction():
                    stage = importing.keep(actor, public_id, draft).stage
            except Invalid as refusal:
                errors = refusal.errors
            else:
                flash(_("L’empreinte est gardée. Elle reste à côté de ce qui a été évité."), "kept")
                return redirect(url_for("footprints.show", public_id=public_id, _anchor=stage), 303)
        acting, production = actor_for_production(actor, public_id)
        found = importing.draft_of(production, draft)
    return _mapping_page(production, found, errors), 422 if errors else 200


def _mapping_page(production: Any, draft: Any, errors: dict[str, Sequence[Any]]) -> str:
    tables = importing.tables_of(draft)
    reading, outcome = importing.outcome_of(draft)
    table = tables[reading.sheet]
    head = table.rows[reading.head] if reading.head != NONE else [""] * len(table.rows[0])
    columns = [
        (n, _("Colonne %(letter)s : %(head)s", letter=chr(65 + n) if n < 26 else f"A{chr(65 + n - 26)}", head=cell))
        for n, cell in enumerate(head)
    ]
    return render_template(
        "footprint/mapping.html",
        production=production,
        draft=draft,
        form=EmptyForm(formdata=None),
        errors=errors,
        tables=tables,
        table=table,
        reading=reading,
        outcome=outcome,
        names=outcome.names()[:MOST_NAMES],
        columns=columns,
        head=head,
        sample=table.rows[reading.head + 1 : reading.head + 1 + SHOWN_ROWS],
        posts=POSTS,
        leave_out=LEAVE_OUT,
        none=NONE,
        unsaid=importing.unsaid(reading, outcome),
        left=outcome.left[:50],
        wording=wording,
    )


def _sent(before: Reading, tables: Sequence[Table]) -> Reading:
    """The reading that the form says; another sheet starts from its own guess."""

    def number(name: str, otherwise: int) -> int:
        text = request.form.get(name, "")
        return int(text) if re.fullmatch("-?[0-9]{1,5}", text) else otherwise

    sheet = number("sheet", before.sheet)
    if sheet != before.sheet and 0 <= sheet < len(tables):
        return guessed_for(tables, sheet)
    numbers = tables[before.sheet].numbers
    line = number("head", NONE)  # as the file counts its lines; 0: it has no heads
    names = request.form.getlist("name")[:MOST_NAMES]
    chosen = request.form.getlist("as")[:MOST_NAMES]
    return replace(
        before,
        head=before.head if line == NONE else sum(n <= line for n in numbers) - 1,
        label=number("label", before.label),
        post=number("post", before.post),
        figure=number("figure", before.figure),
        unit=request.form.get("unit", before.unit)[:10],
        unit_column=number("unit_column", before.unit_column),
        decimal=request.form.get("decimal", before.decimal)[:10],
        posts={**before.posts, **{fold(name): post for name, post in zip(names, chosen, strict=False) if post}},
    )


@blueprint.post("/productions/<public_id>/empreinte/lectures/<draft>/abandonner")
@enter.signed_in
def discard(public_id: str, draft: str) -> Any:
    with transaction():
        importing.discard(signed_in_actor(), public_id, draft)
    flash(_("Le fichier est oublié. Rien n’a changé."), "kept")
    return redirect(url_for("footprints.show", public_id=public_id), 303)
