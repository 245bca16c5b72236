"""API tokens: a user within one organisation, with scopes. Shown once, kept as SHA-256, expiring, revocable."""

import secrets
from collections.abc import Collection
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts import audit, sightings
from marketplace.accounts.models import ApiToken, Membership, User
from marketplace.accounts.permissions import OWNER, Actor, require
from marketplace.accounts.signing_in import hash_secret
from marketplace.core.clock import wall
from marketplace.core.db import db
from marketplace.core.errors import Invalid, NotFound

PREFIX = "sp_"  # so that a leaked token is recognised by those who look for them
SCOPES = ("read", "listings", "exchanges", "carbon", "admin")
LONGEST_DAYS = 366
MOST = 50  # living tokens of one organisation


def create_token(actor: Actor, name: str, scopes: Collection[str], days: int = 90) -> tuple[ApiToken, str]:
    """A token for `actor` within the organisation they act for, and its secret, which is not kept.

    `admin` is for owners. Raises `Invalid` (name, scopes, days), `NotAllowed`, `NotFound`.
    """
    require(actor, "token.manage", actor.organisation_id)
    name = name.strip()
    errors = {}
    if not 0 < len(name) <= 80:
        errors["name"] = _("Donnez-lui un nom de 80 caractères au plus, par exemple celui du programme.")
    if not scopes or not set(scopes) <= set(SCOPES):
        errors["scopes"] = _("Choisissez au moins une portée.")
    elif "admin" in scopes and actor.role != OWNER:
        errors["scopes"] = _("Seul un propriétaire de l’organisation donne la portée « administrer ».")
    if not 1 <= days <= LONGEST_DAYS:
        errors["days"] = _("Un jeton dure de 1 à %(most)s jours.", most=LONGEST_DAYS)
    if not errors and _living(actor.organisation_id) >= MOST:
        errors["name"] = _("Votre organisation a déjà %(most)s jetons : révoquez-en d’abord un.", most=MOST)
    if errors:
        raise Invalid(errors)
    secret = PREFIX + secrets.token_hex(24)  # 192 bits
    at = wall()
    token = ApiToken(
        token_hash=hash_secret(secret),
        hint=secret[-4:],
        name=name,
        user_id=actor.user_id,
        organisation_id=actor.organisation_id,
        scopes=[scope for scope in SCOPES if scope in scopes],
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    db.session.add(token)
    db.session.flush()
    _record("token.create", actor, token, scopes=token.scopes, days=days)
    return token, secret


def revoke_token(actor: Actor, public_id: str) -> ApiToken:
    """End a token of the organisation `actor` acts for; whoever holds it may, and those who manage tokens.

    Raises `NotFound`, `NotAllowed`.
    """
    token = db.session.scalar(select(ApiToken).where(ApiToken.public_id == public_id).with_for_update())
    if token is None or token.organisation_id != actor.organisation_id:
        raise NotFound
    if token.user_id != actor.user_id:
        require(actor, "token.manage", token.organisation_id)
    if token.revoked_at is None:
        token.revoked_at = wall()
        _record("token.revoke", actor, token)
    return token


def actor_for_token(secret: str) -> Actor | None:
    """Who a token speaks for, with the role they have now; None once it expired, was revoked, or its holder left."""
    if not secret.startswith(PREFIX) or len(secret) > 100 or not secret.isascii():
        return None
    row = db.session.execute(
        select(
            ApiToken.id, ApiToken.user_id, ApiToken.organisation_id, ApiToken.scopes, Membership.role, User.verified_at
        )
        .join(User, User.id == ApiToken.user_id)
        .join(
            Membership,
            (Membership.user_id == ApiToken.user_id) & (Membership.organisation_id == ApiToken.organisation_id),
        )
        .where(
            ApiToken.token_hash == hash_secret(secret),
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > wall(),
            User.disabled_at.is_(None),
        )
    ).first()
    if row is None:
        return None
    sightings.token_seen(row.id)
    return Actor(
        row.user_id,
        row.organisation_id,
        row.role,
        is_moderator=False,  # moderation asks for a person
        verified=row.verified_at is not None,
        entry="api",
        scopes=frozenset(row.scopes),
    )


def _living(organisation_id: int | None) -> int:
    query = select(ApiToken.id).where(
        ApiToken.organisation_id == organisation_id, ApiToken.revoked_at.is_(None), ApiToken.expires_at > wall()
    )
    return len(db.session.scalars(query.limit(MOST)).all())


def _record(action: str, actor: Actor, token: ApiToken, **details: object) -> None:
    audit.record(
        action,
        user_id=actor.user_id,
        organisation_id=token.organisation_id,
        object_kind="api_token",
        object_public_id=token.public_id,
        **details,
    )
