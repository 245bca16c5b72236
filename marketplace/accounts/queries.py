"""Reads about people: who has an address, which organisations are theirs, whether a link sent by mail still lives."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, select

from marketplace.accounts.models import ApiToken, EmailToken, Membership, Organisation, User, UserSession
from marketplace.accounts.rules import browser_name
from marketplace.accounts.signing_in import hash_secret, living_session
from marketplace.core.clock import wall
from marketplace.core.db import db
from marketplace.core.errors import NotFound

HANDLE = 24  # hex digits of a session's hash: 96 random bits


@dataclass(frozen=True)
class Credentials:
    """What signing in compares with."""

    user_id: int
    password_hash: str
    disabled: bool
    second_factor: bool = False


@dataclass(frozen=True)
class OwnOrganisation:
    """An organisation seen by one of its members."""

    public_id: str
    name: str
    kind: str
    role: str
    verified: bool


@dataclass(frozen=True)
class TokenRow:
    """An API token as its list shows it; the secret is not known any more."""

    public_id: str
    name: str
    hint: str
    scopes: list[str]
    holder: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    expired: bool


@dataclass(frozen=True)
class BrowserRow:
    """A browser somebody is signed in with."""

    session_id: int
    handle: str  # names it among this person's, and opens nothing
    name: str  # « Firefox, Linux », empty when it does not say
    address: str
    since: datetime
    last_seen_at: datetime


def credentials_of(email: str) -> Credentials | None:
    """What belongs to `email` (as kept), None for nobody."""
    return _credentials(User.email == email)


def credentials_for(user_id: int) -> Credentials:
    """Those of a signed-in person. Raises `NotFound`."""
    found = _credentials(User.id == user_id)
    if found is None:
        raise NotFound
    return found


def credentials_if_any(user_id: int) -> Credentials | None:
    """Those of a person, None for nobody."""
    return _credentials(User.id == user_id)


def _credentials(whose: ColumnElement[bool]) -> Credentials | None:
    row = db.session.execute(
        select(User.id, User.password_hash, User.disabled_at, User.totp_confirmed_at).where(whose)
    ).first()
    if row is None:
        return None
    return Credentials(row.id, row.password_hash, row.disabled_at is not None, row.totp_confirmed_at is not None)


def user_by_email(email: str) -> User | None:
    return db.session.scalar(select(User).where(User.email == email))


# made once: every page of somebody signed in asks it
_ORGANISATIONS = (
    select(Organisation.public_id, Organisation.name, Organisation.kind, Membership.role, Organisation.verified_at)
    .join(Membership, Membership.organisation_id == Organisation.id)
    .where(Membership.user_id == bindparam("user_id"))
    .order_by(Organisation.kind == "person", Organisation.name, Organisation.id)
    .limit(200)
)


def organisations_of(user_id: int) -> list[OwnOrganisation]:
    """Every organisation of a person, their personal space last."""
    rows = db.session.execute(_ORGANISATIONS, {"user_id": user_id})
    return [OwnOrganisation(row[0], row[1], row[2], row[3], row[4] is not None) for row in rows]


def own_words(user_id: int) -> list[str]:
    """What a password of this person must not consist of: their name, their address, their organisations."""
    user = db.session.get(User, user_id)
    return [user.name, user.email, *(o.name for o in organisations_of(user_id))] if user else []


def link_holder(secret: str, purpose: str) -> int | None:
    """The id of the person for whom a link of `purpose` ('verify' or 'reset') still lives; None once it does not."""
    query = (
        select(EmailToken.user_id)
        .join(User, User.id == EmailToken.user_id)
        .where(*living_link(secret, purpose), User.disabled_at.is_(None))
    )
    if purpose == "reset":
        query = query.where(EmailToken.email == User.email)
    return db.session.scalar(query)


def living_link(secret: str, purpose: str) -> tuple[ColumnElement[bool], ...]:
    """Conditions on `EmailToken` rows: this secret, this purpose, not used, not past."""
    return (
        EmailToken.token_hash == hash_secret(secret[:200].encode("utf-8", "replace").decode()),
        EmailToken.purpose == purpose,
        EmailToken.used_at.is_(None),
        EmailToken.expires_at > wall(),
    )


def tokens_of(organisation_id: int) -> list[TokenRow]:
    """The tokens of an organisation that were not revoked, newest first."""
    at = wall()
    rows = db.session.execute(
        select(ApiToken, User.name)
        .join(User, User.id == ApiToken.user_id)
        .where(ApiToken.organisation_id == organisation_id, ApiToken.revoked_at.is_(None))
        .order_by(ApiToken.id.desc())
        .limit(100)
    )
    return [
        TokenRow(
            t.public_id, t.name, t.hint, list(t.scopes), holder, t.created_at, t.expires_at, t.last_used_at,
            t.expires_at <= at,
        )
        for t, holder in rows
    ]  # fmt: skip


def browsers_of(user_id: int) -> list[BrowserRow]:
    """The browsers somebody is signed in with, the last used first."""
    rows = db.session.execute(
        select(
            UserSession.id,
            UserSession.secret_hash,
            UserSession.agent,
            UserSession.address,
            UserSession.created_at,
            UserSession.last_seen_at,
        )
        .where(UserSession.user_id == user_id, *living_session())
        .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
        .limit(50)
    )
    return [
        BrowserRow(
            row.id, row.secret_hash[:HANDLE], browser_name(row.agent), row.address, row.created_at, row.last_seen_at
        )
        for row in rows
    ]
