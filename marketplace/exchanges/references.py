"""References of exchanges, said on the phone and on paper: D-2026-K7M2QX."""

import secrets

from sqlalchemy import bindparam, exists, select

from marketplace.core.clock import today
from marketplace.core.db import db
from marketplace.exchanges.models import Exchange

_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is taken for another on the phone

_TAKEN = select(exists().where(Exchange.reference == bindparam("reference")))


def new_reference(letter: str) -> str:
    """A reference that no exchange has; `letter` is its kind's."""
    while True:
        drawn = "".join(secrets.choice(_LETTERS) for _position in range(6))
        reference = f"{letter}-{today().year}-{drawn}"
        if not db.session.scalar(_TAKEN, {"reference": reference}):
            return reference
