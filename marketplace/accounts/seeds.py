"""Seeds of second factors, encrypted at rest with a key drawn from SECRET_KEY for this use alone."""

import base64
import logging
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

PURPOSE = b"seconde-prise second factor seed 1"
logger = logging.getLogger(__name__)


def sealed(seed: str) -> str:
    """`seed` as a row may hold it."""
    return _box().encrypt(seed.encode()).decode()


def opened(text: str | None) -> str | None:
    """The seed in a row, None for no seed or one that no key of ours opens (SECRET_KEY changed without OLD_SECRET_KEYS:
    recovery codes still let their person in)."""
    if not text:
        return None
    try:
        return _box().decrypt(text.encode()).decode()
    except InvalidToken:
        logger.error("a second factor's seed cannot be read with SECRET_KEY nor OLD_SECRET_KEYS")
        return None


def resealed(text: str) -> str:
    """The same seed under the present key. Raises `InvalidToken`."""
    return _box().rotate(text.encode()).decode()


def _box() -> MultiFernet:
    settings = current_app.extensions["settings"]
    return MultiFernet([_fernet(secret) for secret in (settings.secret_key, *settings.old_secret_keys)])


@lru_cache(8)
def _fernet(secret: str) -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(key))
