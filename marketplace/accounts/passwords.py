"""Keeping passwords: Argon2id at the strength OWASP names, and the refusal of those that are tried first."""

import base64
import secrets
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import gettext as _

from marketplace.accounts import rules

# OWASP Password Storage Cheat Sheet: 46 MiB, one pass, one lane
_hasher = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)
_DATA = Path(__file__).parent / "data"
PRODUCT_NAMES = ("Seconde Prise", "secondeprise")


def hash_password(password: str) -> str:
    """Argon2id of `password`, to be kept. Takes some 40 ms and 46 MiB: never call it inside a transaction."""
    return _hasher.hash(_bytes(password))


def verify(password_hash: str | None, password: str) -> bool:
    """Whether `password` is the one hashed; exactly one Argon2 call, also without a hash (an unknown account)."""
    try:
        return _hasher.verify(password_hash or nobodys_hash(), _bytes(password))
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(password_hash: str) -> bool:
    """Whether it was made with lower parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


@cache
def nobodys_hash() -> str:
    """A hash that no password has, with today's parameters: unknown accounts cost the same time as known ones."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(n)).decode().rstrip("=") for n in (_hasher.salt_len, _hasher.hash_len)
    )
    return f"$argon2id$v=19$m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}${salt}${digest}"


def why_refused(password: str, own: Iterable[str] = ()) -> str | None:
    """The sentence that refuses `password`, None for a good one. `own`: the person's address, names, organisations."""
    terms: list[str] = [*PRODUCT_NAMES]
    for term in (term[: rules.LONGEST_TERM] for term in own):
        terms += [term, *term.split("@")[:1], *term.split()] if "@" in term else [term, *term.split()]
    weakness = rules.weakness(password, common(), terms)
    return None if weakness is None else _sentence(weakness, password)


@cache
def common() -> frozenset[str]:
    """The entries of `data/` (its README names the sources)."""
    names = ("common_passwords.txt", "common_words_fr.txt")
    return frozenset(line for name in names for line in (_DATA / name).read_text(encoding="utf-8").splitlines())


def _sentence(weakness: str, password: str) -> str:
    if weakness == rules.TOO_SHORT:
        return _(
            "Il faut au moins %(least)s caractères, celui-ci en a %(count)s. Trois ou quatre mots conviennent bien.",
            least=rules.SHORTEST,
            count=len(rules.normalise(password)),
        )
    if weakness == rules.TOO_LONG:
        return _("Au plus %(most)s caractères.", most=rules.LONGEST)
    if weakness == rules.OWN:
        return _("Il reprend votre nom, votre adresse, celui de votre organisation ou le nôtre. Prenez d’autres mots.")
    if weakness == rules.PATTERN:
        return _("C’est une suite ou une répétition, vite devinée. Prenez plutôt trois ou quatre mots sans lien.")
    return _("Ce mot de passe est de ceux qu’on essaie d’abord. Prenez plutôt trois ou quatre mots sans lien.")


def _bytes(password: str) -> bytes:
    # a form never carries half a character, JSON may: it must be refused as wrong, not fail
    return rules.normalise(password).encode("utf-8", "surrogatepass")
