"""How lately a signed-in browser proved who sits there: asked again before what matters (« sudo mode »)."""

from datetime import datetime, timedelta

from sqlalchemy import update

from marketplace.accounts.models import UserSession
from marketplace.core.clock import wall
from marketplace.core.db import db

LASTS = timedelta(minutes=15)


def is_fresh(proved_at: datetime | None) -> bool:
    """Whether a proof given at `proved_at` still counts."""
    return proved_at is not None and timedelta(0) <= wall() - proved_at < LASTS


def note(session_id: int, *, factor: bool) -> None:
    """The browser of this session just gave a password; with `factor`, a code or a passkey."""
    at = wall()
    values = {"proved_at": at, "factor_at": at} if factor else {"proved_at": at}
    db.session.execute(update(UserSession).where(UserSession.id == session_id).values(values))
