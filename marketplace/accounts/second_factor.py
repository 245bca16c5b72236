"""The second factor: six digits from an application on somebody's phone (TOTP, RFC 6238), and what goes with it.

Time is the machine's: no setting moves it. A code is taken for its 30 s step and the two beside it, once.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime

import pyotp
from flask_babel import gettext as _
from sqlalchemy import func, select, update

from marketplace.accounts import audit, recovery, seeds
from marketplace.accounts.models import Passkey, User
from marketplace.core.clock import wall
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.jobs.outbox import enqueue

STEP = 30  # seconds
ISSUER = "Seconde Prise"


@dataclass(frozen=True)
class Guard:
    """What guards an account beside its password."""

    since: datetime | None  # of the six digits, None without
    codes_left: int
    passkeys: int

    @property
    def few_codes(self) -> bool:
        return self.since is not None and self.codes_left <= recovery.FEW


def guard_of(user_id: int) -> Guard:
    """What guards the account of `user_id`. Raises `NotFound`."""
    keys = select(func.count()).where(Passkey.user_id == User.id).scalar_subquery()
    row = db.session.execute(select(User.totp_confirmed_at, keys).where(User.id == user_id)).first()
    if row is None:
        raise NotFound
    return Guard(row[0], recovery.left(user_id) if row[0] else 0, row[1])


def begin(user_id: int) -> None:
    """Draw a seed; it counts once `confirm` is given a code of it. Raises `Conflict` where one counts already."""
    user = _locked(user_id)
    if user.totp_confirmed_at is not None:
        raise Conflict(_("Un second facteur est déjà en place. Retirez-le avant d’en mettre un autre."))
    user.totp_seed = seeds.sealed(pyotp.random_base32())
    user.totp_last_step = None


def pending_seed(user_id: int) -> str | None:
    """The seed that waits for its first code, None without."""
    row = db.session.execute(select(User.totp_seed, User.totp_confirmed_at).where(User.id == user_id)).first()
    return seeds.opened(row.totp_seed) if row is not None and row.totp_confirmed_at is None else None


def address_of_seed(seed: str, email: str) -> str:
    """What the square drawing holds (otpauth://…)."""
    return pyotp.TOTP(seed, interval=STEP).provisioning_uri(name=email, issuer_name=ISSUER)


def confirm(user_id: int, code: str) -> list[str]:
    """Put the second factor in place by its first code; the recovery codes, to be shown once.

    Raises `Invalid` (code), `Conflict` without a seed that waits.
    """
    user = _locked(user_id)
    seed = seeds.opened(user.totp_seed)
    if user.totp_confirmed_at is not None:  # the page of the codes, loaded again
        raise Conflict(_("Le second facteur est déjà en place. Codes de secours pas notés ? Faites-en huit nouveaux."))
    if seed is None:
        raise Conflict(_("Recommencez la mise en place : cette clé n’attend plus de code."))
    step = step_of(seed, code, wall())
    if step is None:
        raise Invalid({"code": wrong_code()})
    user.totp_confirmed_at, user.totp_last_step = wall(), step
    codes = recovery.renew(user.id)
    _tell(user, "second_factor_on", "factor.add")
    return codes


def take_code(user_id: int, code: str) -> bool:
    """Whether `code` is one of now, taken for the first time. Of two browsers at once, one is believed."""
    row = db.session.execute(
        select(User.totp_seed, User.totp_confirmed_at, User.public_id).where(User.id == user_id)
    ).first()
    seed = seeds.opened(row.totp_seed) if row is not None and row.totp_confirmed_at is not None else None
    step = step_of(seed, code, wall()) if seed else None
    if step is None:
        return False
    taken = db.session.execute(
        update(User)
        .where(
            User.id == user_id,
            User.totp_confirmed_at.is_not(None),
            User.totp_last_step.is_(None) | (User.totp_last_step < step),
        )
        .values(totp_last_step=step)
        .execution_options(synchronize_session=False)
    )
    return taken.rowcount == 1  # type: ignore[attr-defined]


def take_recovery_code(user_id: int, typed: str) -> bool:
    """Spend a recovery code; its person is told by mail."""
    user = _locked(user_id)
    if user.totp_confirmed_at is None or not recovery.use(user_id, typed):
        return False
    _tell(user, "recovery_used", "factor.recovery_used", left=recovery.left(user_id))
    return True


def renew_codes(user_id: int) -> list[str]:
    """Eight new recovery codes, to be shown once. Raises `Conflict` without a second factor."""
    user = _locked(user_id)
    if user.totp_confirmed_at is None:
        raise Conflict(_("Mettez d’abord un second facteur en place."))
    codes = recovery.renew(user_id)
    _tell(user, "recovery_renewed", "factor.recovery_renewed")
    return codes


def remove(user_id: int, by_user_id: int | None = None) -> None:
    """Take the second factor away, and its recovery codes; nothing where there is none."""
    user = _locked(user_id)
    was = user.totp_confirmed_at
    user.totp_seed = user.totp_confirmed_at = user.totp_last_step = None
    recovery.forget(user_id)
    if was is not None:
        _tell(user, "second_factor_off", "factor.remove", by=by_user_id)


def put(user_id: int, seed: str) -> None:
    """Put `seed` in place without asking for a code (the demo, which prints it)."""
    user = _locked(user_id)
    user.totp_seed, user.totp_confirmed_at, user.totp_last_step = seeds.sealed(seed), wall(), None


def reseal_all() -> int:
    """Put every seed under the present SECRET_KEY; how many were put."""
    rows = db.session.execute(select(User.id, User.totp_seed).where(User.totp_seed.is_not(None))).all()
    for row in rows:
        db.session.execute(update(User).where(User.id == row.id).values(totp_seed=seeds.resealed(row.totp_seed)))
    return len(rows)


def code_of_now(user_id: int) -> str | None:
    """The six digits of this moment (for the demo's command), None without a second factor."""
    seed = seeds.opened(db.session.scalar(select(User.totp_seed).where(User.id == user_id)))
    return pyotp.TOTP(seed, interval=STEP).generate_otp(_step(wall())) if seed else None


def step_of(seed: str, code: str, at: datetime) -> int | None:
    """The step `code` belongs to: that of `at` or one beside it, None for any other text."""
    typed = "".join(code[:20].split()).encode()
    totp, now = pyotp.TOTP(seed, interval=STEP), _step(at)
    steps = [step for step in (now - 1, now, now + 1) if hmac.compare_digest(totp.generate_otp(step).encode(), typed)]
    return max(steps, default=None)


def wrong_code() -> str:
    return _("Ce code ne va pas, ou il a déjà servi. Attendez le suivant et vérifiez l’heure de votre téléphone.")


def wrong_recovery_code() -> str:
    return _("Ce code de secours ne va pas, ou il a déjà servi. Prenez le suivant de votre liste.")


def _step(at: datetime) -> int:
    return int(at.timestamp()) // STEP


def _tell(user: User, kind: str, action: str, by: int | None = None, **facts: int) -> None:
    enqueue("accounts.write_notice", {"kind": kind, "email": user.email, "language": user.language, **facts})
    audit.record(action, user_id=by or user.id, object_kind="user", object_public_id=user.public_id)


def _locked(user_id: int) -> User:
    user = db.session.get(User, user_id, populate_existing=True, with_for_update=True)
    if user is None:
        raise NotFound
    return user
