"""The links that mail carries: random, hashed at rest, single use; their address comes from the settings alone."""

import secrets
from datetime import timedelta
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import select, update

from marketplace.accounts.models import EmailToken, User
from marketplace.accounts.queries import living_link
from marketplace.accounts.signing_in import hash_secret
from marketplace.core.clock import wall
from marketplace.core.db import db

LASTS = {"verify": timedelta(days=3), "reset": timedelta(hours=1)}


def new_secret() -> str:
    """256 random bits for an address."""
    return secrets.token_urlsafe(32)


def make_link(user_id: int, purpose: str, email: str) -> str:
    """Keep a new link of `purpose` for `email`; returns its secret, which is written nowhere but in the message."""
    secret = new_secret()
    at = wall()
    db.session.add(
        EmailToken(
            token_hash=hash_secret(secret),
            user_id=user_id,
            purpose=purpose,
            email=email,
            created_at=at,
            expires_at=at + LASTS[purpose],
        )
    )
    db.session.flush()
    return secret


def use_link(secret: str, purpose: str) -> tuple[User, str] | None:
    """Spend a living link: its person and the address it was sent to. None for any other, and for the second use."""
    row = db.session.execute(
        select(EmailToken.id, EmailToken.user_id, EmailToken.email).where(*living_link(secret, purpose))
    ).first()
    if row is None:
        return None
    spent = db.session.execute(
        update(EmailToken).where(EmailToken.id == row.id, EmailToken.used_at.is_(None)).values(used_at=wall())
    )
    user = db.session.get(User, row.user_id, populate_existing=True, with_for_update=True)
    if spent.rowcount != 1 or user is None or user.disabled_at is not None:  # type: ignore[attr-defined]
        return None
    return user, row.email


def void_links(user_id: int, purpose: str) -> None:
    """End every living link of `purpose`."""
    db.session.execute(
        update(EmailToken)
        .where(EmailToken.user_id == user_id, EmailToken.purpose == purpose, EmailToken.used_at.is_(None))
        .values(used_at=wall())
    )


def address_of(endpoint: str, **values: str) -> str:
    """The whole address of a page, from BASE_URL: never from what a request says of itself."""
    base = urlsplit(current_app.extensions["settings"].base_url)
    adapter = current_app.url_map.bind(base.netloc, url_scheme=base.scheme)
    return adapter.build(endpoint, values, force_external=True)
