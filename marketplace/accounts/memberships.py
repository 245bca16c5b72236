"""Who belongs to an organisation, with which role: changing roles, removing, leaving.

Every change locks the organisation's row and reads roles anew after it, so that two owners who demote each other at
once leave one owner: the second finds that they are none any more.
"""

from dataclasses import replace

from flask_babel import gettext as _
from sqlalchemy import func, select, update

from marketplace.accounts import audit
from marketplace.accounts.events import MembershipChanged
from marketplace.accounts.models import (
    ApiToken,
    Membership,
    Organisation,
    User,
    UserSession,
)
from marketplace.accounts.organisations import lock_organisation, organisation_by
from marketplace.accounts.permissions import OWNER, ROLES, Actor, allows, require
from marketplace.core.clock import wall
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.events import announce


def role_in(organisation_id: int, user_id: int) -> str | None:
    """The role somebody has in an organisation at this instant, None for a stranger."""
    return db.session.scalar(
        select(Membership.role).where(Membership.organisation_id == organisation_id, Membership.user_id == user_id)
    )


def acting_in(actor: Actor, organisation_id: int) -> Actor:
    """`actor` with the role they have in `organisation_id` now, whatever organisation their browser acts for.

    A token stays within its organisation. A stranger comes back without a role: `require` answers `NotFound`.
    """
    if actor.scopes is not None and actor.organisation_id != organisation_id:
        return replace(actor, organisation_id=None, role=None)
    return replace(actor, organisation_id=organisation_id, role=role_in(organisation_id, actor.user_id))


def open_to_change(actor: Actor, public_id: str, action: str) -> tuple[Organisation, Actor]:
    """The organisation, locked, and `actor` with the role read after the lock.

    Raises `NotFound` to strangers and for personal spaces, which have no members, `NotAllowed` where the role does
    not allow `action`.
    """
    found = organisation_by(public_id)
    require(acting_in(actor, found.id), action, found.id)
    organisation = lock_organisation(found.id)
    fresh = require(acting_in(actor, organisation.id), action, organisation.id)
    if organisation.kind == "person":
        raise NotFound
    return organisation, fresh


def _owners(organisation_id: int) -> int:
    return db.session.scalar(
        select(func.count())
        .select_from(Membership)
        .where(Membership.organisation_id == organisation_id, Membership.role == OWNER)
    ) or 0  # fmt: skip


def _membership(organisation_id: int, user_public_id: str) -> Membership:
    found = db.session.scalar(
        select(Membership)
        .join(User, User.id == Membership.user_id)
        .where(Membership.organisation_id == organisation_id, User.public_id == user_public_id)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def _keep_an_owner(membership: Membership) -> None:
    if membership.role == OWNER and _owners(membership.organisation_id) == 1:
        raise Conflict(_("Il faut un responsable : nommez-en d’abord un autre."), reason="last_owner")


def change_role(actor: Actor, public_id: str, user_public_id: str, role: str) -> None:
    """Give a member another role (owners). Tokens of one who may no longer hold any are revoked.

    Raises `NotFound`, `NotAllowed`, `Invalid` for an unknown role, `Conflict` when no owner would be left.
    """
    organisation, actor = open_to_change(actor, public_id, "organisation.members")
    if role not in ROLES:
        raise Invalid({"role": _("Choisissez un rôle de la liste.")})
    membership = _membership(organisation.id, user_public_id)
    if membership.role == role:
        return
    if role != OWNER:
        _keep_an_owner(membership)
    before, membership.role = membership.role, role
    db.session.flush()
    if not allows(role, "token.manage"):
        _revoke_tokens(organisation.id, membership.user_id)
    _record("member.role", actor, organisation, user_public_id, before=before, role=role)
    announce(MembershipChanged(organisation.id, membership.user_id, role, actor.user_id))


def remove_member(actor: Actor, public_id: str, user_public_id: str) -> None:
    """Take somebody out (owners). Their browsers and tokens lose the organisation at the next request.

    Raises `NotFound`, `NotAllowed`, `Conflict` for the last owner.
    """
    organisation, actor = open_to_change(actor, public_id, "organisation.members")
    membership = _membership(organisation.id, user_public_id)
    _end(organisation, membership)
    _record("member.remove", actor, organisation, user_public_id, role=membership.role)
    announce(MembershipChanged(organisation.id, membership.user_id, None, actor.user_id))


def leave(actor: Actor, public_id: str) -> None:
    """Leave an organisation oneself. Raises `NotFound`, `Conflict` for the last owner."""
    organisation, actor = open_to_change(actor, public_id, "organisation.read")
    user_public_id = db.session.scalars(select(User.public_id).where(User.id == actor.user_id)).one()
    membership = _membership(organisation.id, user_public_id)
    _end(organisation, membership)
    _record("member.leave", actor, organisation, user_public_id, role=membership.role)


def _end(organisation: Organisation, membership: Membership) -> None:
    _keep_an_owner(membership)
    db.session.delete(membership)
    db.session.flush()
    _revoke_tokens(organisation.id, membership.user_id)
    # browsers that acted for it fall back to the person's own space
    own_space = (
        select(Organisation.id)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.user_id == membership.user_id, Organisation.kind == "person")
        .limit(1)
        .scalar_subquery()
    )
    db.session.execute(
        update(UserSession)
        .where(
            UserSession.user_id == membership.user_id,
            UserSession.acting_organisation_id == organisation.id,
        )
        .values(acting_organisation_id=own_space)
        .execution_options(synchronize_session=False)
    )


def _revoke_tokens(organisation_id: int, user_id: int) -> None:
    db.session.execute(
        update(ApiToken)
        .where(ApiToken.organisation_id == organisation_id, ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=wall())
    )


def _record(action: str, actor: Actor, organisation: Organisation, public_id: str, **details: object) -> None:
    audit.record(
        action,
        user_id=actor.user_id,
        organisation_id=organisation.id,
        object_kind="user",
        object_public_id=public_id,
        **details,
    )
