"""Signed-in browsers: session rows behind Flask-Login, revocable at any time.

The signed cookie carries a random secret; the row keeps its SHA-256. Idle sessions end after 14 days, any session
after 90 (OWASP ASVS 7.3).
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_login import UserMixin
from sqlalchemy import ColumnElement, bindparam, select, update

from marketplace.accounts.models import Membership, Organisation, User, UserSession
from marketplace.accounts.permissions import Actor
from marketplace.core.clock import wall
from marketplace.core.db import db

IDLE = timedelta(days=14)
LONGEST = timedelta(days=90)
SEEN_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class SignedIn(UserMixin):
    """The person behind a request, and the organisation they act for."""

    secret: str
    session_id: int
    user_id: int
    user_public_id: str
    name: str
    email: str
    language: str | None
    verified: bool
    is_moderator: bool
    organisation_id: int | None
    organisation_public_id: str | None
    organisation_name: str | None
    organisation_kind: str | None
    role: str | None
    theme: str | None = None
    proved_at: datetime | None = None  # when this browser last gave a password or code
    factor_at: datetime | None = None  # when it last gave a code or a passkey

    def get_id(self) -> str:
        return self.secret

    def actor(self) -> Actor:
        return Actor(self.user_id, self.organisation_id, self.role, self.is_moderator, self.verified)


def hash_secret(secret: str) -> str:
    """SHA-256 in hex: enough for a random secret of 256 bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def living_session() -> tuple[ColumnElement[bool], ...]:
    """Conditions on `UserSession` rows: not ended, not past, not idle."""
    at = wall()
    return UserSession.ended_at.is_(None), UserSession.expires_at > at, UserSession.last_seen_at > at - IDLE


# made once: every page of somebody signed in asks it, and building a statement takes longer than running it
_SIGNED_IN = (
    select(
        UserSession.id,
        UserSession.user_id,
        User.public_id,
        User.name,
        User.email,
        User.language,
        User.verified_at,
        User.is_moderator,
        Organisation.id.label("organisation_id"),
        Organisation.public_id.label("organisation_public_id"),
        Organisation.name.label("organisation_name"),
        Organisation.kind.label("organisation_kind"),
        Membership.role,
        User.theme,
        UserSession.proved_at,
        UserSession.factor_at,
    )
    .join(User, User.id == UserSession.user_id)
    .outerjoin(
        Membership,
        (Membership.user_id == User.id) & (Membership.organisation_id == UserSession.acting_organisation_id),
    )
    .outerjoin(Organisation, Organisation.id == Membership.organisation_id)
    .where(
        UserSession.secret_hash == bindparam("secret_hash"),
        UserSession.ended_at.is_(None),
        UserSession.expires_at > bindparam("at"),
        UserSession.last_seen_at > bindparam("idle_since"),
        User.disabled_at.is_(None),
    )
)


def load(secret: str) -> SignedIn | None:
    """The person whose live session has this secret, in one query; None once it ended, idled or was disabled."""
    if not isinstance(secret, str) or len(secret) > 100:
        return None
    at = wall()
    given = {"secret_hash": hash_secret(secret), "at": at, "idle_since": at - IDLE}
    row = db.session.execute(_SIGNED_IN, given).first()
    if row is None:
        return None
    return SignedIn(
        secret,
        row.id,
        row.user_id,
        row.public_id,
        row.name,
        row.email,
        row.language,
        row.verified_at is not None,
        row.is_moderator,
        row.organisation_id,
        row.organisation_public_id,
        row.organisation_name,
        row.organisation_kind,
        row.role,
        row.theme,
        row.proved_at,
        row.factor_at,
    )


def open_session(
    user_id: int,
    address: str,
    agent: str,
    organisation_id: int | None = None,
    *,
    proved: bool = False,
    factor: bool = False,
) -> str:
    """A new session row for `user_id`; returns its secret, to be kept by the browser alone.

    `proved`: they just gave a password or more; `factor`: a code or a passkey.
    """
    secret = secrets.token_urlsafe(32)
    at = wall()
    if organisation_id is None:
        # a real organisation first, the personal space where there is none
        organisation_id = db.session.scalar(
            select(Membership.organisation_id)
            .join(Organisation)
            .where(Membership.user_id == user_id)
            .order_by(Organisation.kind == "person", Membership.id)
            .limit(1)
        )
    db.session.add(
        UserSession(
            secret_hash=hash_secret(secret),
            user_id=user_id,
            acting_organisation_id=organisation_id,
            created_at=at,
            last_seen_at=at,
            expires_at=at + LONGEST,
            address=address[:45],
            agent=agent[:200],
            proved_at=at if proved or factor else None,
            factor_at=at if factor else None,
        )
    )
    db.session.flush()
    return secret


def end_session(session_id: int) -> None:
    db.session.execute(update(UserSession).where(UserSession.id == session_id).values(ended_at=wall()))


def end_all_sessions(user_id: int, except_session_id: int | None = None) -> None:
    """Sign `user_id` out everywhere, at the next request of each browser."""
    query = update(UserSession).where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
    if except_session_id is not None:
        query = query.where(UserSession.id != except_session_id)
    db.session.execute(query.values(ended_at=wall()))
