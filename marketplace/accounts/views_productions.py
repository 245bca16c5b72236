"""Pages of productions: a shoot, who works on it, what it exchanged and what that avoided."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import case, func, or_, select

from marketplace.accounts import invitations, productions
from marketplace.accounts import queries_organisations as reads
from marketplace.accounts.forms import EmptyForm, take_errors
from marketplace.accounts.forms_organisations import GuestForm, ProductionForm
from marketplace.accounts.models import Organisation
from marketplace.accounts.permissions import allows, require
from marketplace.accounts.views_organisations import page_number, status_of
from marketplace.carbon.coming import to_come_for_production
from marketplace.carbon.queries import totals_for_production
from marketplace.catalogue import favourite_lists
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("productions", __name__)


@blueprint.get("/productions")
@enter.signed_in
def index() -> Any:
    actor = signed_in_actor()
    may_create = (
        current_user.organisation_kind != "person" and actor.role is not None and allows(actor.role, "production.edit")
    )
    return render_template(
        "productions/index.html",
        page=reads.productions_for(actor, page_number()),
        page_url=lambda n: url_for("productions.index", page=n),
        may_create=may_create,
    )


@blueprint.route("/productions/nouvelle", methods=["GET", "POST"])
@enter.member
def create() -> Any:
    """A production of the organisation one acts for."""
    actor = signed_in_actor()
    require(actor, "production.edit", actor.organisation_id)
    form = ProductionForm()
    form.offer_communes()
    if form.validate_on_submit():
        try:
            with transaction():
                made = productions.create_production(actor, current_user.organisation_public_id, form.values())
                public_id = made.public_id
        except Invalid as refusal:
            take_errors(form, refusal)
        else:
            flash(_("La production est ouverte."), "kept")
            return redirect(url_for("productions.show", public_id=public_id), 303)
    return render_template("productions/form.html", form=form, production=None), status_of(form)


@blueprint.route("/productions/<public_id>", methods=["GET", "POST"])
@enter.signed_in
@limiter.limit("60 per hour", methods=["POST"])
def show(public_id: str) -> Any:
    """The production; its organisation's owners and managers invite here."""
    actor, production = productions.actor_for_production(signed_in_actor(), public_id)
    organisation = db.session.get_one(Organisation, production.organisation_id)
    form = GuestForm()
    if form.validate_on_submit():
        try:
            with transaction():
                made = invitations.invite(
                    signed_in_actor(), organisation.public_id, form.email.data or "", form.role.data or "", public_id
                )
                email = made.email
        except Invalid as refusal:
            take_errors(form, refusal)
        else:
            flash(_("Une invitation part à %(email)s. Elle vaut sept jours.", email=email), "kept")
            return redirect(url_for("productions.show", public_id=public_id), 303)
    member = actor.production_id is None
    may_invite = member and allows(actor.role, "production.members")
    page = render_template(
        "productions/show.html",
        production=production,
        organisation=organisation,
        actor=actor,
        member=member,
        may_edit=member and allows(actor.role, "production.edit"),
        may_invite=may_invite,
        form=form,
        button=EmptyForm(),
        guests=reads.guests_of(production.id),
        waiting=reads.open_invitations(organisation.id, production.id) if may_invite else [],
        exchanges=_exchanges(production.id, page_number()),
        page_url=lambda n: url_for("productions.show", public_id=public_id, page=n),
        totals=totals_for_production(production.id).both,
        to_come=to_come_for_production(production.id),
        lists=favourite_lists.lists_shared_with(actor.user_id, production.id),
        may_share=allows(actor.role, "favourite.share"),
        may_ask_reclaim=allows(actor.role, "reclaim.ask"),
    )
    return page, status_of(form)


def _exchanges(production_id: int, page: int) -> reads.Page:
    """What the production took or gave, newest first, with the first line's title."""
    taken = func.coalesce(Exchange.receiver_production_id, 0) == production_id
    first_line = (
        select(func.min(ExchangeLine.id)).where(ExchangeLine.exchange_id == Exchange.id).correlate(Exchange)
    ).scalar_subquery()
    query = (
        select(
            Exchange.public_id,
            Exchange.reference,
            Exchange.kind,
            Exchange.state,
            Exchange.created_at,
            taken.label("taken"),
            ExchangeLine.title,
            Organisation.name.label("other_name"),
        )
        .join(Organisation, Organisation.id == case((taken, Exchange.provider_id), else_=Exchange.receiver_id))
        .outerjoin(ExchangeLine, ExchangeLine.id == first_line)
        .where(or_(Exchange.receiver_production_id == production_id, Exchange.provider_production_id == production_id))
        .order_by(Exchange.id.desc())
    )
    return reads.paged(query, page)


@blueprint.route("/productions/<public_id>/modifier", methods=["GET", "POST"])
@enter.signed_in
def edit(public_id: str) -> Any:
    actor, production = productions.actor_for_production(signed_in_actor(), public_id)
    require(actor, "production.edit", production.organisation_id, production_id=production.id)
    form = ProductionForm(data=ProductionForm.of(production))
    form.offer_communes()
    if form.validate_on_submit():
        try:
            with transaction():
                productions.edit_production(signed_in_actor(), public_id, form.values())
        except Invalid as refusal:
            take_errors(form, refusal)
        else:
            flash(_("C’est enregistré."), "kept")
            return redirect(url_for("productions.show", public_id=public_id), 303)
    return render_template("productions/form.html", form=form, production=production), status_of(form)


@blueprint.post("/productions/<public_id>/invites/<user_id>/role")
@enter.signed_in
def change_guest(public_id: str, user_id: str) -> Any:
    with transaction():
        productions.change_guest(signed_in_actor(), public_id, user_id, request.form.get("role", "")[:20])
    flash(_("Le rôle est changé."), "kept")
    return redirect(url_for("productions.show", public_id=public_id), 303)


@blueprint.post("/productions/<public_id>/invites/<user_id>/retirer")
@enter.signed_in
def remove_guest(public_id: str, user_id: str) -> Any:
    with transaction():
        productions.remove_guest(signed_in_actor(), public_id, user_id)
    flash(_("L’accès est retiré, dès maintenant."), "kept")
    return redirect(url_for("productions.show", public_id=public_id), 303)


@blueprint.post("/productions/<public_id>/quitter")
@enter.signed_in
def leave(public_id: str) -> Any:
    with transaction():
        productions.leave_production(signed_in_actor(), public_id)
    flash(_("Vous ne suivez plus cette production."), "kept")
    return redirect(url_for("productions.index"), 303)
