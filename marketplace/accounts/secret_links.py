"""What secret addresses handed to a crew have in common: a name, a role, a last day, a hash, and an end at any time.

Each kind has its own table; whoever has the address reaches the one thing that it is of, and nothing else.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement

from marketplace.accounts.signing_in import hash_secret
from marketplace.core.clock import PARIS, wall
from marketplace.core.errors import Invalid, NotFound

MOST = 50  # living links of one thing
DAYS = (7, 30, 90, 180, 365)
USUAL_DAYS = 90
LONGEST_NAME = 80


def checked_name(name: str, role: str, roles: Collection[str], days: int, living: int) -> str:
    """The name as it is kept. `living`: how many links there are already. Raises `Invalid` by field."""
    errors = {}
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        errors["name"] = _("Écrivez à qui vous le donnez : « Régie », « Équipe déco ».")
    elif len(name) > LONGEST_NAME:
        errors["name"] = _("%(n)s caractères au plus.", n=LONGEST_NAME)
    if role not in roles:
        errors["role"] = _("Choisissez un rôle de la liste.")
    if days not in DAYS:
        errors["days"] = _("Choisissez une durée de la liste.")
    if living >= MOST:
        errors["name"] = _("%(n)s liens au plus : révoquez-en d’abord un.", n=MOST)
    if errors:
        raise Invalid(errors)
    return name


def last_moment(days: int) -> datetime:
    """Midnight in Paris after the last of so many days."""
    there = (wall() + timedelta(days=days)).astimezone(PARIS) + timedelta(days=1)
    return there.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def living(model: Any) -> tuple[ColumnElement[bool], ...]:
    """The links of a table that open something now."""
    return model.revoked_at.is_(None), model.expires_at > wall()


def opened_by(model: Any, secret: str) -> tuple[ColumnElement[bool], ...]:
    """The living link that a secret opens. Raises `NotFound` for what cannot be one."""
    if not 20 <= len(secret) <= 100 or not secret.isascii():
        raise NotFound
    return model.secret_hash == hash_secret(secret), *living(model)
