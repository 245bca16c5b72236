"""Secret addresses of an activity sheet: handed to the crew with a role, closed at any time, over after their day.

Only a secret's hash is kept. Whoever has the address fills or reads this one sheet, and nothing else.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, func, select

from marketplace.accounts import audit
from marketplace.accounts.links import new_secret
from marketplace.accounts.models import Production
from marketplace.accounts.permissions import Actor, require
from marketplace.accounts.productions import actor_for_production
from marketplace.accounts.signing_in import hash_secret
from marketplace.core.clock import PARIS, wall
from marketplace.core.db import db
from marketplace.core.errors import Invalid, NotFound
from marketplace.footprint.models import CrewLink

ROLES = ("fill", "read")
MOST = 50  # living links of one production
DAYS = (7, 30, 90, 180, 365)
USUAL_DAYS = 90


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
    errors = {}
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        errors["name"] = _("Écrivez à qui vous le donnez : « Régie », « Équipe déco ».")
    elif len(name) > 80:
        errors["name"] = _("%(n)s caractères au plus.", n=80)
    if role not in ROLES:
        errors["role"] = _("Choisissez un rôle de la liste.")
    if days not in DAYS:
        errors["days"] = _("Choisissez une durée de la liste.")
    living = select(func.count(CrewLink.id)).where(CrewLink.production_id == production.id, *_living())
    if (db.session.scalar(living) or 0) >= MOST:
        errors["name"] = _("%(n)s liens au plus : révoquez-en d’abord un.", n=MOST)
    if errors:
        raise Invalid(errors)
    secret = new_secret()
    link = CrewLink(
        production_id=production.id, secret_hash=hash_secret(secret), role=role, name=name, made_by_id=actor.user_id,
        created_at=wall(), expires_at=_end_of_day(wall() + timedelta(days=days)),
    )  # fmt: skip
    db.session.add(link)
    db.session.flush()
    _record("activity.link_create", actor, production, link)
    return link, secret


def _end_of_day(at: datetime) -> datetime:
    there = at.astimezone(PARIS) + timedelta(days=1)
    return there.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


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
    query = select(CrewLink).where(CrewLink.production_id == production_id, *_living())
    return list(db.session.scalars(query.order_by(CrewLink.id.desc()).limit(MOST)))


def bearer_of(secret: str) -> Bearer:
    """Whoever comes with this secret. Raises `NotFound`, whether it never was, is revoked or is over."""
    if not 20 <= len(secret) <= 100 or not secret.isascii():
        raise NotFound
    row = db.session.execute(
        select(CrewLink, Production)
        .join(Production, Production.id == CrewLink.production_id)
        .where(CrewLink.secret_hash == hash_secret(secret), *_living())
    ).first()
    if row is None:
        raise NotFound(_("Ce lien n’ouvre plus rien. Demandez-en un autre à la production."))
    return Bearer(row[0], row[1])


def _living() -> tuple[ColumnElement[bool], ...]:
    return CrewLink.revoked_at.is_(None), CrewLink.expires_at > wall()


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
