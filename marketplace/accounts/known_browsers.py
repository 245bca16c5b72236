"""Browsers a person has signed in from before; from another one, they are told.

A browser keeps a random secret of its own for long; for each person, the row keeps its hash.
"""

import secrets
from datetime import timedelta

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import aliased

from marketplace.accounts.models import KnownBrowser
from marketplace.accounts.signing_in import hash_secret
from marketplace.core.clock import wall
from marketplace.core.db import db

MOST = 20  # of one person; the longest unseen goes first
FORGOTTEN_AFTER = timedelta(days=400)


def new_secret() -> str:
    """256 random bits for a browser."""
    return secrets.token_urlsafe(32)


def meet(user_id: int, secret: str) -> bool:
    """Remember that `user_id` signed in from the browser with `secret`; whether it is new to an account that knows
    others. The first one of an account surprises nobody. The person's row is locked by the caller."""
    kept = hash_secret(f"{user_id}:{secret[:100]}")
    known = db.session.execute(
        select(KnownBrowser.id, KnownBrowser.secret_hash)
        .where(KnownBrowser.user_id == user_id)
        .order_by(KnownBrowser.seen_at.desc(), KnownBrowser.id.desc())
    ).all()
    at = wall()
    found = next((row.id for row in known if row.secret_hash == kept), None)
    if found is not None:
        db.session.execute(update(KnownBrowser).where(KnownBrowser.id == found).values(seen_at=at))
        return False
    over = [row.id for row in known[MOST - 1 :]]
    if over:
        db.session.execute(delete(KnownBrowser).where(KnownBrowser.id.in_(over)))
    db.session.add(KnownBrowser(user_id=user_id, secret_hash=kept, seen_at=at))
    return bool(known)


def sweep() -> None:
    """Forget browsers unseen for long, but never the last of a person: then any would be taken for their first."""
    newer = aliased(KnownBrowser)
    db.session.execute(
        delete(KnownBrowser)
        .where(
            KnownBrowser.seen_at < wall() - FORGOTTEN_AFTER,
            exists().where(newer.user_id == KnownBrowser.user_id, newer.seen_at > KnownBrowser.seen_at),
        )
        .execution_options(synchronize_session=False)
    )
