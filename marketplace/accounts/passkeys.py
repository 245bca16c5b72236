"""Passkeys (WebAuthn): keys kept by somebody's device, which opens them by finger, face or code. They count as both
factors: the device must say that it checked who holds it.

A challenge lasts five minutes, is kept by the browser's signed cookie, and is answered once (`SpentChallenge`).
"""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

import webauthn
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from marketplace.accounts import audit
from marketplace.accounts.models import Passkey, SpentChallenge, User
from marketplace.accounts.signing_in import hash_secret
from marketplace.core.clock import wall
from marketplace.core.db import db
from marketplace.core.errors import Invalid, NotFound
from marketplace.jobs.outbox import enqueue

LASTS = timedelta(minutes=5)
MOST = 20  # of one person
LONGEST_ANSWER = 20_000  # characters
LONGEST_NAME = 80


@dataclass(frozen=True)
class PasskeyRow:
    """A passkey as its list shows it."""

    public_id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None


def possible() -> bool:
    """Whether browsers can keep keys for this instance: its address has a name, and is https or localhost."""
    base = urlsplit(current_app.extensions["settings"].base_url)
    name = base.hostname or ""
    try:
        ip_address(name)
    except ValueError:
        return base.scheme == "https" or name == "localhost"
    return False


def new_challenge() -> str:
    """32 random bytes, base64url."""
    return secrets.token_urlsafe(32)


def registration_options(user_id: int, challenge: str) -> str:
    """JSON for `navigator.credentials.create`."""
    user = db.session.get_one(User, user_id)
    kept = db.session.scalars(select(Passkey.credential_id).where(Passkey.user_id == user_id).limit(MOST))
    return webauthn.options_to_json(
        webauthn.generate_registration_options(
            rp_id=_rp_id(),
            rp_name="Seconde Prise",
            user_id=user.public_id.encode(),
            user_name=user.email,
            user_display_name=user.name,
            challenge=base64url_to_bytes(challenge),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in kept],
        )
    )


def authentication_options(challenge: str) -> str:
    """JSON for `navigator.credentials.get`; the device shows the keys it has for us."""
    return webauthn.options_to_json(
        webauthn.generate_authentication_options(
            rp_id=_rp_id(),
            challenge=base64url_to_bytes(challenge),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def register(user_id: int, answer: str, challenge: str | None, name: str) -> Passkey:
    """Keep the key a device just made. Raises `Invalid`."""
    user = _locked(user_id)
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid({"name": _("Donnez-lui un nom de 80 caractères au plus, par exemple celui de l’appareil.")})
    if len(list(db.session.scalars(select(Passkey.id).where(Passkey.user_id == user_id).limit(MOST)))) >= MOST:
        raise Invalid({"name": _("Vous avez déjà %(most)s clés d’accès : retirez-en d’abord une.", most=MOST)})
    refusal = Invalid(message=_("Cet appareil n’a pas donné de clé que nous puissions garder. Recommencez."))
    if challenge is None or len(answer) > LONGEST_ANSWER or not _spend(challenge):
        raise refusal
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=_rp_id(),
            expected_origin=_origin(),
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError, RecursionError):
        raise refusal from None
    passkey = Passkey(
        user_id=user_id,
        credential_id=bytes_to_base64url(made.credential_id),
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        name=name,
        created_at=wall(),
    )
    try:
        with db.session.begin_nested():
            db.session.add(passkey)
    except IntegrityError:
        raise refusal from None
    _tell(user, "passkey_added", "passkey.add", passkey)
    return passkey


def holder(answer: str, challenge: str | None, user_id: int | None = None) -> int | None:
    """The id of whoever a passkey's answer proves to be here (`user_id`: only that person), None for any other answer.

    A counter that did not rise speaks of a copied key: refused.
    """
    if challenge is None or len(answer) > LONGEST_ANSWER:
        return None
    passkey = _named_by(answer)
    if passkey is None or (user_id is not None and passkey.user_id != user_id):
        return None
    try:
        proved = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=_rp_id(),
            expected_origin=_origin(),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError, RecursionError):
        audit.record("passkey.refused", user_id=passkey.user_id)
        return None
    if not _spend(challenge):
        return None
    passkey.sign_count, passkey.last_used_at = proved.new_sign_count, wall()
    return passkey.user_id


def passkeys_of(user_id: int) -> list[PasskeyRow]:
    """The passkeys of a person, newest first."""
    rows = db.session.scalars(select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id.desc()).limit(MOST))
    return [PasskeyRow(row.public_id, row.name, row.created_at, row.last_used_at) for row in rows]


def remove(user_id: int, public_id: str) -> str:
    """Forget a passkey of this person; its name. Raises `NotFound`."""
    user = _locked(user_id)
    passkey = db.session.scalar(select(Passkey).where(Passkey.public_id == public_id, Passkey.user_id == user_id))
    if passkey is None:
        raise NotFound
    db.session.delete(passkey)
    _tell(user, "passkey_removed", "passkey.remove", passkey)
    return passkey.name


def remove_all(user_id: int) -> int:
    """Forget every passkey of a person who lost them; how many there were."""
    rows = passkeys_of(user_id)
    for row in rows:
        remove(user_id, row.public_id)
    return len(rows)


def _named_by(answer: str) -> Passkey | None:
    try:
        sent = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    name = sent.get("id") if isinstance(sent, dict) else None
    if not isinstance(name, str) or not name.isascii() or not 0 < len(name) <= 1400 or "\x00" in name:
        return None
    return db.session.scalar(select(Passkey).where(Passkey.credential_id == name).with_for_update())


def _spend(challenge: str) -> bool:
    """Whether this challenge is answered for the first time."""
    try:
        with db.session.begin_nested():
            db.session.add(SpentChallenge(challenge_hash=hash_secret(challenge), expires_at=wall() + LASTS))
    except IntegrityError:
        return False
    return True


def _rp_id() -> str:
    return urlsplit(current_app.extensions["settings"].base_url).hostname or ""


def _origin() -> str:
    return current_app.extensions["settings"].base_url


def _tell(user: User, kind: str, action: str, passkey: Passkey) -> None:
    enqueue(
        "accounts.write_notice", {"kind": kind, "email": user.email, "language": user.language, "name": passkey.name}
    )
    audit.record(action, user_id=user.id, object_kind="passkey", object_public_id=passkey.public_id)


def _locked(user_id: int) -> User:
    user = db.session.get(User, user_id, populate_existing=True, with_for_update=True)
    if user is None:
        raise NotFound
    return user
