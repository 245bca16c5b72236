"""Pages of moderators: a file of factors, what it would change, and its publication."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.accounts.forms import take_errors
from marketplace.accounts.views_organisations import page_number
from marketplace.carbon import factor_plan, import_effect, importing_factors, libraries, wording
from marketplace.carbon.factor_file import COLUMNS, MOST_BYTES
from marketplace.carbon.forms_factors import DecideForm, FactorFileForm, PublishForm
from marketplace.carbon.models import FactorImport
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid
from marketplace.web.access import ask_for_proof, enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("factor_imports", __name__, url_prefix="/moderation/facteurs")

FILES_A_PAGE = 25
MOST_LISTED = 200  # lines of each kind on the page; the file has the rest


@blueprint.url_value_preprocessor
def allow_files(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Known before the form is read."""
    if endpoint == "factor_imports.send_file" and request.method == "POST":
        request.max_content_length = MOST_BYTES + 1024 * 1024


@blueprint.get("")
@enter.moderator
def index() -> str:
    """The files that were sent, and what became of them."""
    page = page_number()
    rows, total = importing_factors.imports(page, FILES_A_PAGE)
    return render_template(
        "carbon/factor_imports.html",
        rows=rows,
        page=page,
        pages=max(1, -(-total // FILES_A_PAGE)),
        first=(page - 1) * FILES_A_PAGE + 1,
        last=min(page * FILES_A_PAGE, total),
        total=total,
        page_url=lambda n: url_for("factor_imports.index", page=n if n > 1 else None),
    )


@blueprint.get("/envoyer")
@enter.moderator
def send() -> Any:
    """Who is there is asked before the file is chosen: a file does not wait on the page that asks."""
    asked = ask_for_proof(factor=True)
    return _send_page(FactorFileForm(formdata=None)) if asked is None else asked


@blueprint.post("/envoyer")
@enter.moderator
@limiter.limit("60 per hour")
def send_file() -> Any:
    form, given = FactorFileForm(), request.files.get("file")
    try:
        data = given.read(MOST_BYTES + 1) if given is not None else b""
        with transaction():
            row = importing_factors.send(signed_in_actor(), (given.filename if given else "") or "", data)
    except Invalid as invalid:
        take_errors(form, invalid)
        return _send_page(form), 422
    return redirect(url_for("factor_imports.show", public_id=row.public_id), 303)


def _send_page(form: FactorFileForm) -> str:
    return render_template("carbon/factor_send.html", form=form, columns=COLUMNS)


@blueprint.get("/<public_id>")
@enter.moderator
def show(public_id: str) -> str:
    """What a file would change: line by line, and in the estimates."""
    return _show_page(importing_factors.import_for(public_id), PublishForm(formdata=None))


@blueprint.post("/<public_id>/publier")
@enter.moderator
def publish(public_id: str) -> Any:
    form = PublishForm()
    count = form.count.data or ""
    number = int(count) if count.isascii() and count.isdecimal() and len(count) < 6 else 0
    try:
        with transaction():
            made = importing_factors.publish(signed_in_actor(), public_id, form.reason.data or "", number)
    except Invalid as invalid:
        db.session.rollback()
        take_errors(form, invalid)
        return _show_page(importing_factors.import_for(public_id), form), 422
    flash(ngettext("%(num)s version est publiée.", "%(num)s versions sont publiées.", made), "kept")
    return redirect(url_for("factor_imports.show", public_id=public_id), 303)


@blueprint.post("/<public_id>/ecarter")
@enter.moderator
def drop(public_id: str) -> Any:
    with transaction():
        importing_factors.drop(signed_in_actor(), public_id)
    flash(_("Le fichier est écarté. Rien n’a été publié."), "kept")
    return redirect(url_for("factor_imports.index"), 303)


@blueprint.post("/<public_id>/mesurer")
@enter.moderator
@limiter.limit("60 per hour")
def measure(public_id: str) -> Any:
    with transaction():
        importing_factors.measure_again(signed_in_actor(), public_id)
    return redirect(url_for("factor_imports.show", public_id=public_id) + "#effet", 303)


def _show_page(row: FactorImport, form: PublishForm) -> str:
    plan = factor_plan.plan_of(row.rows) if row.status == "draft" else None
    if plan is not None:
        form.count.data = str(len(plan.rows))
    effect = row.effect
    return render_template(
        "carbon/factor_import.html",
        row=row,
        plan=plan,
        effect=effect,
        effect_day=date.fromisoformat(effect["day"]) if effect else None,
        effect_old=effect is not None and plan is not None and effect["mark"] != libraries.mark(),
        titles=import_effect.titles_of(effect) if effect else {},
        form=form,
        decide=DecideForm(formdata=None),
        most=MOST_LISTED,
        wording=wording,
    )
