"""Recovery codes: eight ways in without one's second factor, each for once, kept as SHA-256.

125 random bits each, so that a plain hash keeps them (OWASP ASVS 6.5.2).
"""

import secrets

from sqlalchemy import delete, func, select, update

from marketplace.accounts.models import RecoveryCode
from marketplace.accounts.signing_in import hash_secret
from marketplace.core.clock import wall
from marketplace.core.db import db

COUNT = 8
FEW = 2  # so many left, and their person is told to make others
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # none that is read for another
_LOOKALIKES = str.maketrans({"o": "0", "i": "1", "l": "1", "u": "v"})
_GROUPS, _GROUP = 5, 5


def renew(user_id: int) -> list[str]:
    """Eight new codes, to be shown once; those of before are worth nothing."""
    codes = [_drawn() for _number in range(COUNT)]
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    at = wall()
    db.session.add_all(RecoveryCode(user_id=user_id, code_hash=_hashed(code), created_at=at) for code in codes)
    db.session.flush()
    return codes


def forget(user_id: int) -> None:
    """End all of them."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def use(user_id: int, typed: str) -> bool:
    """Spend a code; False for one that is wrong or was used. Two browsers at once: one gets in."""
    spent = db.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user_id, RecoveryCode.code_hash == _hashed(typed), RecoveryCode.used_at.is_(None)
        )
        .values(used_at=wall())
    )
    return spent.rowcount == 1  # type: ignore[attr-defined]


def left(user_id: int) -> int:
    """How many still work."""
    query = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return db.session.scalar(query) or 0


def _drawn() -> str:
    return "-".join("".join(secrets.choice(_ALPHABET) for _n in range(_GROUP)) for _m in range(_GROUPS))


def _hashed(code: str) -> str:
    """Of a code however it was typed: capitals, spaces, an O for a zero."""
    bare = "".join(c for c in code[:200].lower() if c.isascii() and c.isalnum())
    return hash_secret(bare.translate(_LOOKALIKES))
