"""Pages of organisations: founding, showing and changing them, acting for one."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from marketplace.accounts import organisations, queries
from marketplace.accounts import queries_organisations as reads
from marketplace.accounts.closings import coming_closings
from marketplace.accounts.forms import EmptyForm, take_errors
from marketplace.accounts.forms_organisations import OrganisationForm
from marketplace.accounts.journal import said
from marketplace.accounts.memberships import acting_in
from marketplace.accounts.models import Organisation
from marketplace.accounts.organisations import organisation_by
from marketplace.accounts.partnerships import partnership_between
from marketplace.accounts.permissions import Actor, allows, require
from marketplace.accounts.views_organisation_page import MOST_CLOSINGS, branches, public_sites
from marketplace.carbon.queries import totals_for_organisation
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid, NotFound
from marketplace.search.queries import find_listings
from marketplace.search.requests import SearchRequest
from marketplace.web.access import current_actor, enter, signed_in_actor
from marketplace.web.cards import cards
from marketplace.web.limits import limiter
from marketplace.web.next_address import safe_path

blueprint = Blueprint("organisations", __name__)
NEWEST = 12  # of its listings, on its page


def page_number() -> int:
    """`?page=`, 1 for anything that is no page."""
    asked = request.args.get("page", "1")
    return max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1


def status_of(form: Any) -> int:
    """422 for a form that comes back with errors."""
    return 422 if request.method == "POST" and (form.errors or form.form_errors) else 200


def own(public_id: str, action: str) -> tuple[Organisation, Actor]:
    """The organisation and who the visitor is in it, if they may do `action`. Raises `NotFound`, `NotAllowed`.

    Personal spaces have no pages of this kind.
    """
    organisation = organisation_by(public_id)
    actor = require(acting_in(signed_in_actor(), organisation.id), action, organisation.id)
    if organisation.kind == "person":
        raise NotFound
    return organisation, actor


@blueprint.get("/organisations")
@enter.signed_in
def index() -> Any:
    """One's own organisations, and which of them one acts for."""
    actor = signed_in_actor()
    return render_template(
        "organisations/index.html",
        rows=queries.organisations_of(actor.user_id),
        acting=current_user.organisation_public_id,
        form=EmptyForm(),
    )


@blueprint.post("/organisations/choisir")
@enter.signed_in
def choose() -> Any:
    """Act for another of one's organisations."""
    with transaction():
        chosen = organisations.choose_organisation(
            current_user.session_id, signed_in_actor().user_id, request.form.get("organisation", "")[:40]
        )
        name = chosen.name
    flash(_("Vous agissez maintenant pour %(name)s.", name=name), "kept")
    return redirect(safe_path(request.form.get("next")) or url_for("organisations.index"), 303)


@blueprint.route("/organisations/nouvelle", methods=["GET", "POST"])
@enter.signed_in
@limiter.limit("20 per day", methods=["POST"])
def create() -> Any:
    form = OrganisationForm()
    if form.validate_on_submit():
        actor = signed_in_actor()
        try:
            with transaction():
                made = organisations.create_organisation(actor.user_id, form.values())
                organisations.choose_organisation(current_user.session_id, actor.user_id, made.public_id)
                public_id = made.public_id
        except Invalid as refusal:
            take_errors(form, refusal)
        else:
            flash(_("C’est fait. Dites maintenant où sont vos choses."), "kept")
            return redirect(url_for("organisations.site_new", public_id=public_id), 303)
    return render_template("organisations/form.html", form=form, organisation=None), status_of(form)


@blueprint.get("/organisations/<public_id>")
@enter.public
def show(public_id: str) -> Any:
    """What anybody may know of an organisation; more for its members. A personal space is its person's alone."""
    organisation = organisation_by(public_id)
    visitor = current_actor()
    actor = acting_in(visitor, organisation.id) if visitor is not None else None
    role = actor.role if actor is not None else None
    if organisation.kind == "person" and role is None:
        raise NotFound
    member = role is not None and allows(role, "organisation.read")
    sites = reads.sites_of(organisation.id, closed=member)
    newest = find_listings(SearchRequest(organisation=public_id, sort="newest"), visitor, NEWEST)
    totals = totals_for_organisation(organisation.id)
    return render_template(
        "organisations/show.html",
        organisation=organisation,
        role=role,
        may={action: role is not None and allows(role, action) for action in ("organisation.edit", "site.edit")},
        acting=visitor is not None and visitor.organisation_id == organisation.id,
        communes=reads.communes_of(organisation.id),
        public_sites=public_sites(sites, coming_closings(sites, MOST_CLOSINGS)),
        sites=sites if member else [],
        newest=cards(newest.rows),
        newest_total=newest.total,
        branches=branches(organisation.id, visitor) if newest.total > NEWEST else [],
        reuse=totals.reuse,
        totals=totals.both if role and allows(role, "carbon.read") else None,
        partner=_partner(organisation, visitor),
        form=EmptyForm(),
    )


def _partner(organisation: Organisation, visitor: Actor | None) -> str | None:
    """What those who manage another organisation see of a partnership with this one: 'partners', 'offered', 'asked'
    (an offer of theirs waits for an answer), 'none'; None to everybody else."""
    ours = visitor.organisation_id if visitor is not None else None
    if visitor is None or ours is None or ours == organisation.id or organisation.kind == "person":
        return None
    if not allows(visitor.role, "partnership.manage") or current_user.organisation_kind == "person":
        return None
    found = partnership_between(ours, organisation.id)
    if found is None:
        return "none"
    return "partners" if found.accepted_at else "offered" if found.inviter_id == ours else "asked"


@blueprint.route("/organisations/<public_id>/modifier", methods=["GET", "POST"])
@enter.signed_in
def edit(public_id: str) -> Any:
    organisation, actor = own(public_id, "organisation.edit")
    form = OrganisationForm(obj=organisation)
    if form.validate_on_submit():
        try:
            with transaction():
                organisations.edit_organisation(actor, public_id, form.values())
        except Invalid as refusal:
            take_errors(form, refusal)
        else:
            flash(_("C’est enregistré."), "kept")
            return redirect(url_for("organisations.show", public_id=public_id), 303)
    return render_template("organisations/form.html", form=form, organisation=organisation_by(public_id)), status_of(
        form
    )


@blueprint.get("/organisations/<public_id>/journal")
@enter.signed_in
def journal(public_id: str) -> Any:
    """Who did what in the organisation's name, for its owners."""
    organisation, _actor = own(public_id, "organisation.audit")
    return render_template(
        "organisations/journal.html",
        organisation=organisation,
        page=reads.audit_of(organisation.id, page_number()),
        said=said,
        page_url=lambda n: url_for("organisations.journal", public_id=public_id, page=n),
    )


# the rest of these pages hangs on the same blueprint
from marketplace.accounts import views_closings, views_members, views_sites  # noqa: E402, F401
