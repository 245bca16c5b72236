"""Pages of an organisation's members, and of an invitation's link."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from marketplace.accounts import invitations, memberships, organisations
from marketplace.accounts import queries_organisations as reads
from marketplace.accounts.forms import EmptyForm, take_errors
from marketplace.accounts.forms_organisations import InviteForm
from marketplace.accounts.models import Organisation, Production, User
from marketplace.accounts.permissions import OWNER, allows
from marketplace.accounts.views_organisations import blueprint, own, page_number, status_of
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid
from marketplace.web.access import ask_for_proof, current_actor, enter, signed_in_actor
from marketplace.web.labels import label
from marketplace.web.limits import limiter


@blueprint.route("/organisations/<public_id>/membres", methods=["GET", "POST"])
@enter.signed_in
@limiter.limit("60 per hour", methods=["POST"])
def members(public_id: str) -> Any:
    """Who belongs to it; owners invite here."""
    organisation, actor = own(public_id, "organisation.members" if request.method == "POST" else "organisation.read")
    form = InviteForm()
    if form.validate_on_submit():
        if form.role.data == OWNER and (asked := ask_for_proof()):
            return asked
        try:
            with transaction():
                made = invitations.invite(actor, public_id, form.email.data or "", form.role.data or "")
                email = made.email
        except Invalid as refusal:
            take_errors(form, refusal)
        else:
            flash(_("Une invitation part à %(email)s. Elle vaut sept jours.", email=email), "kept")
            return redirect(url_for("organisations.members", public_id=public_id), 303)
    may_change = allows(actor.role, "organisation.members")
    page = render_template(
        "organisations/members.html",
        organisation=organisation,
        form=form,
        button=EmptyForm(),
        people=reads.members_of(organisation.id, page_number()),
        waiting=reads.open_invitations(organisation.id) if may_change else [],
        may_change=may_change,
        me=current_user.user_public_id,
        page_url=lambda n: url_for("organisations.members", public_id=public_id, page=n),
    )
    return page, status_of(form)


def _is_owner(organisation: Organisation, user_public_id: str) -> bool:
    user_id = db.session.scalar(select(User.id).where(User.public_id == user_public_id))
    return user_id is not None and memberships.role_in(organisation.id, user_id) == OWNER


@blueprint.post("/organisations/<public_id>/membres/<user_id>/role")
@enter.signed_in
def change_role(public_id: str, user_id: str) -> Any:
    organisation, actor = own(public_id, "organisation.members")
    role = request.form.get("role", "")[:20]
    about_owner = role == OWNER or _is_owner(organisation, user_id)
    if about_owner and (asked := ask_for_proof()):
        return asked
    with transaction():
        memberships.change_role(actor, public_id, user_id, role)
    flash(_("Le rôle est changé : %(role)s.", role=label("role", role)), "kept")
    return redirect(url_for("organisations.members", public_id=public_id), 303)


@blueprint.post("/organisations/<public_id>/membres/<user_id>/retirer")
@enter.signed_in
def remove_member(public_id: str, user_id: str) -> Any:
    organisation, actor = own(public_id, "organisation.members")
    if _is_owner(organisation, user_id) and (asked := ask_for_proof()):
        return asked
    with transaction():
        memberships.remove_member(actor, public_id, user_id)
    flash(_("L’accès est retiré, dès maintenant."), "kept")
    return redirect(url_for("organisations.members", public_id=public_id), 303)


@blueprint.post("/organisations/<public_id>/quitter")
@enter.signed_in
def leave(public_id: str) -> Any:
    organisation, actor = own(public_id, "organisation.read")
    name = organisation.name
    with transaction():
        memberships.leave(actor, public_id)
    flash(_("Vous ne faites plus partie de %(name)s.", name=name), "kept")
    return redirect(url_for("organisations.index"), 303)


@blueprint.post("/organisations/<public_id>/invitations/<invitation_id>/retirer")
@enter.signed_in
def withdraw_invitation(public_id: str, invitation_id: str) -> Any:
    # owners for the organisation's, managers too for a production's: the service looks at which it is
    with transaction():
        production = invitations.withdraw_invitation(signed_in_actor(), public_id, invitation_id)
    flash(_("L’invitation est retirée : son lien ne sert plus."), "kept")
    if production is not None:
        return redirect(url_for("productions.show", public_id=production), 303)
    return redirect(url_for("organisations.members", public_id=public_id), 303)


@blueprint.get("/invitations/<secret>")
@enter.public
@limiter.limit("60 per hour")
def invitation(secret: str) -> Any:
    """What one is invited to. Looking changes nothing: some mail programs open every link."""
    found = invitations.invitation_for(secret)
    production = db.session.get(Production, found.production_id) if found.production_id else None
    inviter = db.session.get(User, found.invited_by_id)
    actor = current_actor()
    return render_template(
        "organisations/invitation.html",
        secret=secret,
        organisation=db.session.get_one(Organisation, found.organisation_id),
        production=production,
        role=label("production_role" if production else "role", found.role),
        email=found.email,
        inviter=inviter.name if inviter else "",
        expires_at=found.expires_at,
        signed_in=actor is not None,
        right_one=actor is not None and current_user.email == found.email,
        verified=actor is not None and actor.verified,
        button=EmptyForm(),
    )


@blueprint.post("/invitations/<secret>")
@enter.signed_in
@limiter.limit("60 per hour")
def accept(secret: str) -> Any:
    actor = signed_in_actor()
    with transaction():
        accepted = invitations.accept_invitation(actor.user_id, secret)
        organisation = db.session.get_one(Organisation, accepted.organisation_id)
        production = db.session.get(Production, accepted.production_id) if accepted.production_id else None
        if production is None:
            organisations.choose_organisation(current_user.session_id, actor.user_id, organisation.public_id)
        name = production.title if production else organisation.name
    flash(_("Bienvenue. Vous avez rejoint %(name)s.", name=name), "kept")
    if production is not None:
        return redirect(url_for("productions.show", public_id=production.public_id), 303)
    return redirect(url_for("organisations.show", public_id=organisation.public_id), 303)
