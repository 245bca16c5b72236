"""Invitations by mail, to an organisation or to one production: bound to an address, seven days, single use.

The secret of the link is made by the job that writes the message (`new_secret`): no row of ours ever holds it.
"""

import secrets
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select, update

from marketplace.accounts import audit, mail_addresses
from marketplace.accounts.events import InvitationAccepted, InvitationMade
from marketplace.accounts.memberships import open_to_change, role_in
from marketplace.accounts.models import Invitation, Membership, Organisation, Production, ProductionMember, User
from marketplace.accounts.organisations import lock_organisation
from marketplace.accounts.permissions import PRODUCTION_ROLES, ROLES, Actor
from marketplace.accounts.signing_in import hash_secret
from marketplace.core.clock import now, wall
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.core.events import announce

OPEN_FOR = timedelta(days=7)
MOST_OPEN = 100  # invitations of one organisation waiting for an answer


def invite(actor: Actor, public_id: str, email: str, role: str, production_public_id: str | None = None) -> Invitation:
    """Offer a role to an address, for the organisation (owners) or for one of its productions (owners, managers).

    Whether the address has an account is neither looked at nor told; an earlier invitation of it is withdrawn.
    Raises `NotFound`, `NotAllowed`, `Invalid`, `Conflict` when too many wait for an answer.
    """
    action = "production.members" if production_public_id else "organisation.members"
    organisation, actor = open_to_change(actor, public_id, action)
    production = _production(organisation.id, production_public_id) if production_public_id else None
    errors: dict[str, Any] = {}
    try:
        email = mail_addresses.checked(email)
    except Invalid as refusal:
        errors |= refusal.errors
    if role not in (PRODUCTION_ROLES if production else ROLES):
        errors["role"] = _("Choisissez un rôle de la liste.")
    if not errors and _already_in(organisation.id, production, email):
        errors["email"] = _("Cette personne en fait déjà partie : changez son rôle dans la liste.")
    if errors:
        raise Invalid(errors)
    same = (
        Invitation.organisation_id == organisation.id,
        Invitation.accepted_at.is_(None),
        Invitation.withdrawn_at.is_(None),
    )
    db.session.execute(
        update(Invitation)
        .where(*same, Invitation.email == email, Invitation.production_id.is_not_distinct_from(
            production.id if production else None))
        .values(withdrawn_at=wall())
    )  # fmt: skip
    waiting = select(func.count()).select_from(Invitation).where(*same, Invitation.expires_at > wall())
    if (db.session.scalar(waiting) or 0) >= MOST_OPEN:
        raise Conflict(_("Trop d’invitations attendent une réponse. Retirez-en avant d’en envoyer d’autres."))
    invitation = Invitation(
        organisation_id=organisation.id,
        production_id=production.id if production else None,
        email=email,
        role=role,
        token_hash=secrets.token_hex(32),  # of nothing yet: new_secret() writes the real one
        invited_by_id=actor.user_id,
        created_at=wall(),
        expires_at=wall() + OPEN_FOR,
    )
    db.session.add(invitation)
    db.session.flush()
    _record("invitation.make", actor.user_id, invitation, role=role)
    announce(InvitationMade(invitation.id))
    return invitation


def new_secret(invitation_id: int) -> tuple[Invitation, str] | None:
    """A fresh link for an invitation, voiding any link before; None once it is over. For the job that sends it."""
    invitation = db.session.get(Invitation, invitation_id, populate_existing=True)
    if invitation is None or invitation.accepted_at or invitation.withdrawn_at or invitation.expires_at <= wall():
        return None
    secret = secrets.token_urlsafe(24)  # 192 bits
    invitation.token_hash = hash_secret(secret)
    db.session.flush()
    return invitation, secret


def _production(organisation_id: int, public_id: str) -> Production:
    found = db.session.scalar(
        select(Production).where(Production.public_id == public_id, Production.organisation_id == organisation_id)
    )
    if found is None:
        raise NotFound
    return found


def _already_in(organisation_id: int, production: Production | None, email: str) -> bool:
    if production is None:
        query = select(Membership.id).where(Membership.organisation_id == organisation_id)
        query = query.join(User, User.id == Membership.user_id)
    else:
        query = select(ProductionMember.id).where(ProductionMember.production_id == production.id)
        query = query.join(User, User.id == ProductionMember.user_id)
    return db.session.scalar(query.where(User.email == email)) is not None


def withdraw_invitation(actor: Actor, public_id: str, invitation_public_id: str) -> str | None:
    """Take an unanswered invitation back; the production it was for, if any. Raises `NotFound`, `NotAllowed`."""
    found = db.session.scalar(
        select(Invitation)
        .join(Organisation, Organisation.id == Invitation.organisation_id)
        .where(Invitation.public_id == invitation_public_id, Organisation.public_id == public_id)
    )
    action = "production.members" if found is not None and found.production_id else "organisation.members"
    _organisation, actor = open_to_change(actor, public_id, action)
    if found is None or found.accepted_at is not None:
        raise NotFound
    if found.withdrawn_at is None:
        found.withdrawn_at = wall()
        db.session.flush()
        _record("invitation.withdraw", actor.user_id, found)
    production = db.session.get(Production, found.production_id) if found.production_id else None
    return production.public_id if production is not None else None


def invitation_for(secret: str) -> Invitation:
    """The open invitation of a link. Raises `NotFound` once it was accepted, withdrawn, or seven days have passed."""
    invitation = None
    if len(secret) <= 100:
        invitation = db.session.scalar(
            select(Invitation)
            .where(
                Invitation.token_hash == hash_secret(secret),
                Invitation.accepted_at.is_(None),
                Invitation.withdrawn_at.is_(None),
                Invitation.expires_at > wall(),
            )
            .execution_options(populate_existing=True)
        )
    if invitation is None:
        raise NotFound(
            _("Cette invitation a déjà servi, a été retirée, ou date de plus de sept jours. Demandez-en une autre.")
        )
    return invitation


def accept_invitation(user_id: int, secret: str) -> Invitation:
    """Take the role offered to one's own, verified address. Single use; a present member keeps the role they have.

    Raises `NotFound` for a link that is over, `NotAllowed` to anybody but the person invited.
    """
    found = invitation_for(secret)
    organisation = lock_organisation(found.organisation_id)
    invitation = invitation_for(secret)  # again, behind the lock: the link works once
    user = db.session.get_one(User, user_id, populate_existing=True)
    if user.email != invitation.email:
        raise NotAllowed(_("Cette invitation est pour une autre adresse. Connectez-vous avec celle qui l’a reçue."))
    if user.verified_at is None:
        raise NotAllowed(_("Confirmez d’abord votre adresse : le lien est dans le message que nous vous avons envoyé."))
    if invitation.production_id is not None:
        _join_production(invitation.production_id, user.id, invitation.role)
    elif role_in(organisation.id, user.id) is None:
        db.session.add(
            Membership(organisation_id=organisation.id, user_id=user.id, role=invitation.role, created_at=now())
        )
    invitation.accepted_at = wall()
    db.session.flush()
    _record("invitation.accept", user.id, invitation, role=invitation.role)
    announce(InvitationAccepted(invitation.id, user.id))
    return invitation


def _join_production(production_id: int, user_id: int, role: str) -> None:
    known = select(ProductionMember.id).where(
        ProductionMember.production_id == production_id, ProductionMember.user_id == user_id
    )
    if db.session.scalar(known) is None:
        db.session.add(ProductionMember(production_id=production_id, user_id=user_id, role=role, created_at=now()))


def _record(action: str, user_id: int, invitation: Invitation, **details: object) -> None:
    audit.record(
        action,
        user_id=user_id,
        organisation_id=invitation.organisation_id,
        object_kind="invitation",
        object_public_id=invitation.public_id,
        **details,
    )
