"""Starting from what was said before: copies of listings and an organisation's templates."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.accounts.permissions import allows
from marketplace.catalogue import copying, queries, taxonomy
from marketplace.catalogue.models import Listing
from marketplace.catalogue.views import blueprint as blueprint
from marketplace.core.db import transaction
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.web import filters
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.limits import limiter


@blueprint.post("/publier/<public_id>/copier")
@enter.member
@limiter.limit("300 per hour")
def listing_copy(public_id: str) -> Any:
    """A draft that says the same, opened at once."""
    with transaction():
        draft = copying.copy_listing(signed_in_actor(), public_id)
    flash(
        ngettext(
            "Voici la copie, en brouillon : sans photo, sans référence et sans date.",
            "%(num)d copies sont dans vos brouillons : sans photo, sans référence et sans date.",
            1,
        ),
        "kept",
    )
    return _opened(draft)


@blueprint.post("/stock/modeles/<public_id>/commencer")
@enter.member
@limiter.limit("300 per hour")
def template_start(public_id: str) -> Any:
    """A draft with a template's values, opened at once."""
    with transaction():
        draft = copying.start_from(signed_in_actor(), public_id)
    return _opened(draft)


def _opened(draft: Listing) -> Any:
    return redirect(url_for("catalogue.edit", public_id=draft.public_id), 303)


@blueprint.get("/stock/modeles")
@enter.member
def templates() -> Any:
    """The acting organisation's templates."""
    return _page({})


@blueprint.post("/publier/<public_id>/modele")
@enter.member
def template_save(public_id: str) -> Any:
    """Keep what a listing says under a name."""
    name = request.form.get("name", "")
    try:
        with transaction():
            template = copying.save_template(signed_in_actor(), public_id, name)
    except (Invalid, Conflict) as refused:
        return _page({"": _sentence(refused)}), 422
    flash(_("Le modèle « %(name)s » est gardé.", name=template.name), "kept")
    return redirect(url_for("catalogue.templates"), 303)


@blueprint.post("/stock/modeles/<public_id>")
@enter.member
def template_act(public_id: str) -> Any:
    """Rename a template, or forget it."""
    actor, go = signed_in_actor(), request.form.get("go", "")
    if go not in ("rename", "delete"):
        raise NotFound
    try:
        with transaction():
            if go == "rename":
                copying.rename_template(actor, public_id, request.form.get("name", ""))
            else:
                copying.delete_template(actor, public_id)
    except (Invalid, Conflict) as refused:
        return _page({public_id: _sentence(refused)}), 422
    flash(_("Le modèle est renommé.") if go == "rename" else _("Le modèle est effacé."), "kept")
    return redirect(url_for("catalogue.templates"), 303)


def _sentence(refused: Invalid | Conflict) -> str:
    if isinstance(refused, Invalid):
        return " ".join(str(text) for texts in refused.errors.values() for text in texts)
    return str(refused.message)


def _page(errors: dict[str, str]) -> str:
    actor = signed_in_actor()
    known = taxonomy.categories()
    rows = copying.templates_of(actor.organisation_id)
    return render_template(
        "catalogue/templates.html",
        rows=rows,
        names={
            row.public_id: known[key].name(filters.language()) if (key := row.values.get("category")) in known else ""
            for row in rows
        },
        errors=errors,
        may_draft=allows(actor.role, "listing.draft") and queries.may_list(actor.organisation_id),
    )
