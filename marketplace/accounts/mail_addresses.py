"""Addresses of mail as we keep them: lower case, checked for their form alone (the message sent there is the proof)."""

import hashlib
import unicodedata

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _

from marketplace.core.errors import Invalid

LONGEST = 254


def without_controls(text: str | None) -> str:
    """`text` on one line, without control characters, half characters or spaces around."""
    kept = []
    for c in text or "":
        if c in "\t\n\r":
            kept.append(" ")
        elif unicodedata.category(c) not in ("Cc", "Cs"):
            kept.append(c)
    return " ".join("".join(kept).split())


def checked(text: str | None) -> str:
    """The address to keep. Raises `Invalid` on `email` with what to write."""
    typed = without_controls(text)
    if not typed:
        raise Invalid({"email": _("Écrivez votre adresse.")})
    try:
        if len(typed) > LONGEST:
            raise EmailNotValidError
        found = validate_email(typed, check_deliverability=False, allow_smtputf8=False, globally_deliverable=False)
        address = (found.ascii_email or "").lower()
        if "." not in found.domain or not 0 < len(address) <= LONGEST:
            raise EmailNotValidError
    except (EmailNotValidError, UnicodeError):
        raise Invalid({"email": _("Cette adresse n’est pas entière. Écrivez-la comme nom@exemple.fr.")}) from None
    return address


def as_kept(text: str | None) -> str:
    """What was typed, in the form that would be kept; never refused, so that signing in has one answer for all."""
    try:
        return checked(text)
    except Invalid:
        return without_controls(text).lower()[:LONGEST]


def counted_as(text: str | None) -> str:
    """The address in the counters of attempts: the same for every spelling, and not readable there."""
    return hashlib.sha256(as_kept(text).encode("utf-8", "replace")).hexdigest()[:32]
