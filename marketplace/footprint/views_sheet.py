"""The activity sheet for those who work on a production with an account, and the links handed to the others."""

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from marketplace.accounts.forms import EmptyForm, take_errors
from marketplace.accounts.models import Production
from marketplace.accounts.permissions import allows, require
from marketplace.accounts.productions import actor_for_production
from marketplace.accounts.views_organisations import page_number
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid
from marketplace.footprint import links, queries, sheets, wording
from marketplace.footprint import views_sheet_parts as parts
from marketplace.footprint.forms import CrewLinkForm
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("activity", __name__)


def _access(public_id: str) -> parts.Access:
    acting, production = actor_for_production(signed_in_actor(), public_id)
    require(acting, "production.read", production.organisation_id, production_id=production.id)

    def url(what: str, **values: Any) -> str:
        return url_for(f"activity.{what}", public_id=public_id, **values)

    return parts.Access(
        production,
        member=True,
        may_fill=allows(acting.role, "activity.fill"),
        reads_all=True,
        writer=lambda: sheets.member_writer(signed_in_actor(), public_id),
        url=url,
        kept_as=f"activity:{public_id}",
        more={"may_link": allows(acting.role, "activity.links")},
    )


@blueprint.route("/productions/<public_id>/activite", methods=["GET", "POST"])
@enter.signed_in
@limiter.limit("120 per minute", methods=["POST"])
def sheet(public_id: str) -> Any:
    access = _access(public_id)
    if request.method == "POST":
        sheets.member_writer(signed_in_actor(), public_id)
    return parts.day_page(access)


@blueprint.route("/productions/<public_id>/activite/lignes/<line_id>", methods=["GET", "POST"])
@enter.signed_in
def line(public_id: str, line_id: str) -> Any:
    access = _access(public_id)
    sheets.member_writer(signed_in_actor(), public_id)
    return parts.line_page(access, line_id)


@blueprint.post("/productions/<public_id>/activite/lignes/<line_id>/retirer")
@enter.signed_in
def remove(public_id: str, line_id: str) -> Any:
    return parts.remove(_access(public_id), line_id)


@blueprint.get("/productions/<public_id>/activite.<extension>")
@enter.signed_in
def export(public_id: str, extension: str) -> Any:
    return parts.export(_access(public_id), extension)


@blueprint.get("/productions/<public_id>/activite/corrections")
@enter.signed_in
def corrections(public_id: str) -> Any:
    """Every line that was corrected or removed: by whom, when, what stands now."""
    access = _access(public_id)
    page = page_number()
    changes, total = queries.changes_of(access.production.id, page)
    size = queries.CHANGES_A_PAGE
    return render_template(
        "footprint/corrections.html", production=access.production, changes=changes, total=total, page=page,
        pages=max(1, -(-total // size)), first=(page - 1) * size + 1, last=min(page * size, total), wording=wording,
        page_url=lambda n: access.url("corrections", page=n),
    )  # fmt: skip


@blueprint.route("/productions/<public_id>/activite/liens", methods=["GET", "POST"])
@enter.signed_in
@limiter.limit("60 per hour", methods=["POST"])
def crew_links(public_id: str) -> Any:
    """Links for the crew. A new one's address is shown in this answer and never again."""
    acting, production = actor_for_production(signed_in_actor(), public_id)
    require(acting, "activity.links", production.organisation_id, production_id=production.id)
    production_id = production.id
    form, address, status = CrewLinkForm(), "", 200
    if request.method == "POST":
        status = 422
        if form.validate_on_submit():
            try:
                with transaction():
                    _link, secret = links.create_link(
                        signed_in_actor(), public_id, form.role.data or "", form.name.data or "", form.chosen_days()
                    )
            except Invalid as refusal:
                take_errors(form, refusal)
            else:
                root = current_app.extensions["settings"].base_url
                address, status = f"{root}{url_for('crew.sheet', secret=secret)}", 200
                form = CrewLinkForm(formdata=None)
    form.offer()
    page = render_template(
        "footprint/links.html", production=db.session.get_one(Production, production_id), form=form, address=address,
        rows=links.links_of(production_id), button=EmptyForm(formdata=None), wording=wording,
    )  # fmt: skip
    return page, status


@blueprint.post("/productions/<public_id>/activite/liens/<link_id>/revoquer")
@enter.signed_in
def revoke(public_id: str, link_id: str) -> Any:
    with transaction():
        links.revoke_link(signed_in_actor(), public_id, link_id)
    flash(_("Ce lien n’ouvre plus rien. Les lignes déjà écrites restent."), "kept")
    return redirect(url_for("activity.crew_links", public_id=public_id), 303)
