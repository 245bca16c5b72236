"""Small decisions on what is asked: quantities, codes, references. Pure."""

import hmac
import re
from decimal import Decimal
from typing import Any

LARGEST = Decimal(1_000_000)
WHOLE_UNITS = frozenset({"piece", "lot", "portion"})
_NUMBER = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{1,9})?")
_CODE = re.compile(r"[0-9]{6}")
_SCANNED = re.compile(r"https?://[^\s/]+/q/([a-z2-7]{13})#([0-9]{6})")

PUBLIC_ID = re.compile(r"[a-z2-7]{13}")
KEY = re.compile(r"[A-Za-z0-9_.-]{1,40}")

TRIES = 10  # wrong codes before a pause
PAUSE_MINUTES = 15

# states in which the receiver knows where to come, and both how to call each other
ADDRESS_SHOWN = frozenset({"confirmed", "handed_over", "returned", "completed", "disputed"})
CODE_SHOWN = frozenset({"confirmed", "disputed"})


def is_public_id(raw: Any) -> bool:
    """Whether this can be an identifier of ours: nothing else is looked up in a database."""
    return isinstance(raw, str) and PUBLIC_ID.fullmatch(raw) is not None


def is_storable(text: str) -> bool:
    """Whether every database can keep this text: no NUL, no half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def read_quantity(raw: Any) -> Decimal | None:
    """A quantity as typed (« 2,5 ») or as JSON; None when it is not a plain number. Sign and exponent are refused."""
    if isinstance(raw, bool):
        return None
    if isinstance(raw, Decimal):
        raw = format(raw, "f") if raw.is_finite() and abs(raw.adjusted()) < 20 else ""
    elif isinstance(raw, int):
        raw = str(raw) if abs(raw) < 10**12 else ""
    elif isinstance(raw, float):
        raw = repr(raw)
    if not isinstance(raw, str):
        return None
    text = re.sub(r"\s", "", raw)
    return Decimal(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None


def quantity_problem(quantity: Decimal | None, unit: str) -> str | None:
    """Why this cannot be asked for: 'number', 'positive', 'large', 'whole' or 'fine'; None when it can."""
    if quantity is None:
        return "number"
    if quantity <= 0:
        return "positive"
    if quantity > LARGEST:
        return "large"
    if unit in WHOLE_UNITS and quantity != quantity.to_integral_value():
        return "whole"
    if quantity * 1000 != (quantity * 1000).to_integral_value():
        return "fine"
    return None


def read_code(raw: Any) -> tuple[str | None, str | None]:
    """(exchange, six digits) from what was typed or scanned; each None when it is not there.

    A hand scanner types the whole address of the QR code: the exchange it names is returned as well.
    """
    if not isinstance(raw, str) or len(raw) > 300:
        return None, None
    scanned = _SCANNED.fullmatch(raw.strip())
    if scanned:
        return scanned[1], scanned[2]
    digits = re.sub(r"[\s.\-]", "", raw)
    return None, digits if _CODE.fullmatch(digits) else None


def same_code(given: str, expected: str) -> bool:
    """Whether the codes are the same, in a time that tells nothing."""
    return hmac.compare_digest(given.encode(), expected.encode())


def pauses_at(wrong_codes: int) -> bool:
    """Whether this many wrong codes start a pause: each tenth."""
    return wrong_codes > 0 and wrong_codes % TRIES == 0
