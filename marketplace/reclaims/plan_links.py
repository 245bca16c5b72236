"""Secret addresses of a wrap plan: handed to the crew with a role, closed at any time, over after their day."""

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import func, select

from marketplace.accounts import audit, secret_links
from marketplace.accounts.links import new_secret
from marketplace.accounts.permissions import Actor
from marketplace.accounts.signing_in import hash_secret
from marketplace.core.clock import wall
from marketplace.core.db import db
from marketplace.core.errors import NotAllowed, NotFound
from marketplace.reclaims.models_plans import PlanLink, WrapPlan
from marketplace.reclaims.planning import SHARE, Writer, lock, plan_for

ROLES = ("help", "read")


@dataclass(frozen=True)
class Bearer:
    """Whoever holds a living link: the plan it is of, and what it allows."""

    link: PlanLink
    plan: WrapPlan

    @property
    def may_help(self) -> bool:
        return self.link.role == "help"


def create_link(actor: Actor, plan_public_id: str, role: str, name: str, days: int) -> tuple[PlanLink, str]:
    """A link and its secret, which is not kept. Raises `NotFound`, `NotAllowed`, `Invalid` by field."""
    _acting, plan = plan_for(actor, plan_public_id, SHARE)
    lock(plan, still_open=False)
    living = select(func.count(PlanLink.id)).where(PlanLink.plan_id == plan.id, *secret_links.living(PlanLink))
    name = secret_links.checked_name(name, role, ROLES, days, db.session.scalar(living) or 0)
    secret = new_secret()
    link = PlanLink(
        plan_id=plan.id, secret_hash=hash_secret(secret), role=role, name=name, made_by_id=actor.user_id,
        created_at=wall(), expires_at=secret_links.last_moment(days),
    )  # fmt: skip
    db.session.add(link)
    db.session.flush()
    _record("plan.link_create", actor, plan, link)
    return link, secret


def revoke_link(actor: Actor, plan_public_id: str, link_public_id: str) -> PlanLink:
    """Close a link, at once. Raises `NotFound`, also for one that is closed already, and `NotAllowed`."""
    _acting, plan = plan_for(actor, plan_public_id, SHARE)
    query = select(PlanLink).where(PlanLink.public_id == link_public_id, PlanLink.plan_id == plan.id)
    link = db.session.scalar(query.with_for_update())
    if link is None or link.revoked_at is not None:
        raise NotFound
    link.revoked_at = wall()
    db.session.flush()
    _record("plan.link_revoke", actor, plan, link)
    return link


def links_of(plan_id: int) -> list[PlanLink]:
    """Living links, the newest first."""
    query = select(PlanLink).where(PlanLink.plan_id == plan_id, *secret_links.living(PlanLink))
    return list(db.session.scalars(query.order_by(PlanLink.id.desc()).limit(secret_links.MOST)))


def bearer_of(secret: str) -> Bearer:
    """Whoever comes with this secret. Raises `NotFound`, whether it never was, is revoked or is over."""
    row = db.session.execute(
        select(PlanLink, WrapPlan)
        .join(WrapPlan, WrapPlan.id == PlanLink.plan_id)
        .where(*secret_links.opened_by(PlanLink, secret))
    ).first()
    if row is None:
        raise NotFound(_("Ce lien n’ouvre plus rien. Demandez-en un autre à la production."))
    return Bearer(row[0], row[1])


def crew_writer(secret: str) -> Writer:
    """For the bearer of a link that helps. Raises `NotFound`, `NotAllowed`."""
    bearer = bearer_of(secret)
    if not bearer.may_help:
        raise NotAllowed(_("Ce lien permet de lire seulement. Demandez-en un autre à la production."))
    return Writer(bearer.plan, link_id=bearer.link.id)


def _record(action: str, actor: Actor, plan: WrapPlan, link: PlanLink) -> None:
    audit.record(
        action,
        user_id=actor.user_id,
        organisation_id=plan.organisation_id,
        object_kind="wrap_plan",
        object_public_id=plan.public_id,
        link=link.public_id,
        role=link.role,
    )
