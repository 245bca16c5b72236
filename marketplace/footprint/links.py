"""Secret addresses of an activity sheet: handed to the crew with a role, closed at any time, over after their day.

Only a secret's hash is kept. Whoever has the address fills or reads this one sheet, and nothing else.
"""

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import func, select

from marketplace.accounts import audit, secret_links
from marketplace.accounts.links import new_secret
from marketplace.accounts.models import Production
from marketplace.accounts.permissions import Actor, require
from marketplace.accounts.productions import actor_for_production
from marketplace.accounts.secret_links import DAYS as DAYS
from marketplace.accounts.secret_links import MOST
from marketplace.accounts.secret_links import USUAL_DAYS as USUAL_DAYS
from marketplace.accounts.signing_in import hash_secret
from marketplace.core.clock import wall
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.footprint.models import CrewLink

ROLES = ("fill", "read")


@dataclass(frozen=True)
class Bearer:
    """Whoever holds a living link: the production it is of, and what it allows."""

    link: CrewLink
    production: Production

    @property
    def may_fill(self) -> bool:
        return self.link.role == "fill"


def create_link(actor: Actor, production_public_id: str, role: str, name: str, days: int) -> tuple[CrewLink, str]:
    """A link and its secret, which is not kept. Its last day ends at midnight in Paris.

    Raises `NotFound`, `NotAllowed`, `Invalid` by field.
    """
    acting, production = actor_for_production(actor, production_public_id)
    require(acting, "activity.links", production.organisation_id, production_id=production.id)
    db.session.execute(select(Production.id).where(Production.id == production.id).with_for_update())
    living = select(func.count(CrewLink.id)).where(
        CrewLink.production_id == production.id, *secret_links.living(CrewLink)
    )
    name = secret_links.checked_name(name, role, ROLES, days, db.session.scalar(living) or 0)
    secret = new_secret()
    link = CrewLink(
        production_id=production.id, secret_hash=hash_secret(secret), role=role, name=name, made_by_id=actor.user_id,
        created_at=wall(), expires_at=secret_links.last_moment(days),
    )  # fmt: skip
    db.session.add(link)
    db.session.flush()
    _record("activity.link_create", actor, production, link)
    return link, secret


def revoke_link(actor: Actor, production_public_id: str, link_public_id: str) -> CrewLink:
    """Close a link, at once. Raises `NotFound`, also for one that is closed already, and `NotAllowed`."""
    acting, production = actor_for_production(actor, production_public_id)
    require(acting, "activity.links", production.organisation_id, production_id=production.id)
    query = select(CrewLink).where(CrewLink.public_id == link_public_id, CrewLink.production_id == production.id)
    link = db.session.scalar(query.with_for_update())
    if link is None or link.revoked_at is not None:
        raise NotFound
    link.revoked_at = wall()
    db.session.flush()
    _record("activity.link_revoke", actor, production, link)
    return link


def links_of(production_id: int) -> list[CrewLink]:
    """Living links, the newest first."""
    query = select(CrewLink).where(CrewLink.production_id == production_id, *secret_links.living(CrewLink))
    return list(db.session.scalars(query.order_by(CrewLink.id.desc()).limit(MOST)))


def bearer_of(secret: str) -> Bearer:
    """Whoever comes with this secret. Raises `NotFound`, whether it never was, is revoked or is over."""
    row = db.session.execute(
        select(CrewLink, Production)
        .join(Production, Production.id == CrewLink.production_id)
        .where(*secret_links.opened_by(CrewLink, secret))
    ).first()
    if row is None:
        raise NotFound(_("Ce lien n’ouvre plus rien. Demandez-en un autre à la production."))
    return Bearer(row[0], row[1])


def _record(action: str, actor: Actor, production: Production, link: CrewLink) -> None:
    audit.record(
        action,
        user_id=actor.user_id,
        organisation_id=production.organisation_id,
        object_kind="production",
        object_public_id=production.public_id,
        link=link.public_id,
        role=link.role,
    )
