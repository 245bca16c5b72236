"""Reads on organisations, their sites, members and productions. All take what the caller was allowed to see."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, func, or_, select

from marketplace.accounts.models import (
    AuditEntry,
    Invitation,
    Membership,
    Organisation,
    Production,
    ProductionMember,
    Site,
    User,
)
from marketplace.accounts.permissions import Actor, allows
from marketplace.core.clock import wall
from marketplace.core.db import db


@dataclass(frozen=True)
class Page:
    """One page of a list, with what `ui.pager` needs."""

    items: list[Any]
    page: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        return (self.page - 1) * self.size + 1 if self.items else 0

    @property
    def last(self) -> int:
        return (self.page - 1) * self.size + len(self.items)


def paged(query: Any, page: int, size: int = 25) -> Page:
    """Page `page` (from 1) of a SELECT that has its order; rows, not scalars."""
    page = min(max(page, 1), 100_000)
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = db.session.execute(query.limit(size).offset((page - 1) * size)).all()
    return Page(list(rows), page, size, total)


def sites_of(organisation_id: int, *, closed: bool = False) -> list[Site]:
    """Sites in use, by name; with `closed` also those closed since. Streets are not for strangers."""
    query = select(Site).where(Site.organisation_id == organisation_id)
    if not closed:
        query = query.where(Site.closed_at.is_(None))
    return list(db.session.scalars(query.order_by(Site.closed_at.is_not(None), Site.name, Site.id)))


def communes_of(organisation_id: int) -> list[tuple[str, str]]:
    """(city, postcode) of the sites in use, each once: all a stranger learns of where things are."""
    rows = db.session.execute(
        select(Site.city, Site.postcode)
        .where(Site.organisation_id == organisation_id, Site.closed_at.is_(None))
        .distinct()
        .order_by(Site.city, Site.postcode)
    )
    return [(city, postcode) for city, postcode in rows]


@dataclass(frozen=True)
class Person:
    user_public_id: str
    name: str
    email: str
    role: str
    since: datetime


def members_of(organisation_id: int, page: int = 1) -> Page:
    """`Person` rows, in the order they came."""
    query = (
        select(User.public_id, User.name, User.email, Membership.role, Membership.created_at)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organisation_id == organisation_id)
        .order_by(Membership.id)
    )
    found = paged(query, page, 50)
    return Page([Person(*row) for row in found.items], found.page, found.size, found.total)


_ROLES = select(Membership.user_id, Membership.role).where(Membership.organisation_id == bindparam("organisation"))


def members_with(organisation_id: int, action: str) -> list[int]:
    """Ids of the members whose role allows `action`."""
    rows = db.session.execute(_ROLES, {"organisation": organisation_id})
    return [user_id for user_id, role in rows if allows(role, action)]


def open_invitations(organisation_id: int, production_id: int | None = None) -> list[Invitation]:
    """Those that wait for an answer, newest first: of the organisation itself, or of one production."""
    return list(
        db.session.scalars(
            select(Invitation)
            .where(
                Invitation.organisation_id == organisation_id,
                Invitation.production_id.is_not_distinct_from(production_id),
                Invitation.accepted_at.is_(None),
                Invitation.withdrawn_at.is_(None),
                Invitation.expires_at > wall(),
            )
            .order_by(Invitation.id.desc())
        )
    )


def guests_of(production_id: int) -> list[Person]:
    """Contributors and viewers of a production, in the order they came."""
    rows = db.session.execute(
        select(User.public_id, User.name, User.email, ProductionMember.role, ProductionMember.created_at)
        .join(ProductionMember, ProductionMember.user_id == User.id)
        .where(ProductionMember.production_id == production_id)
        .order_by(ProductionMember.id)
    )
    return [Person(*row) for row in rows]


@dataclass(frozen=True)
class ProductionRow:
    id: int
    public_id: str
    title: str
    kind: str
    starts_on: date | None
    ends_on: date | None
    base_city: str | None
    organisation_id: int
    organisation_name: str


_PRODUCTION = (
    Production.id,
    Production.public_id,
    Production.title,
    Production.kind,
    Production.starts_on,
    Production.ends_on,
    Production.base_city,
    Production.organisation_id,
    Organisation.name,
)


def productions_for(actor: Actor, page: int = 1) -> Page:
    """`ProductionRow`s that `actor` may see: those of the organisation they act for, and those they are a guest of."""
    guest_of = select(ProductionMember.production_id).where(ProductionMember.user_id == actor.user_id)
    own = Production.organisation_id == actor.organisation_id if actor.role else None
    seen = Production.id.in_(guest_of) if own is None else or_(own, Production.id.in_(guest_of))
    query = (
        select(*_PRODUCTION)
        .join(Organisation, Organisation.id == Production.organisation_id)
        .where(seen)
        .order_by(Production.id.desc())
    )
    found = paged(query, page)
    return Page([ProductionRow(*row) for row in found.items], found.page, found.size, found.total)


def audit_of(organisation_id: int, page: int = 1) -> Page:
    """An organisation's own lines of the audit log, newest first: (at, action, name, object_kind, details)."""
    return paged(
        select(AuditEntry.at, AuditEntry.action, User.name, AuditEntry.object_kind, AuditEntry.details)
        .outerjoin(User, User.id == AuditEntry.user_id)
        .where(AuditEntry.organisation_id == organisation_id)
        .order_by(AuditEntry.id.desc()),
        page,
    )
