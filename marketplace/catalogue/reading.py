"""Reading one value from a form or from JSON: plain texts, numbers and days, every bound checked. Pure.

Each reader gives the value or raises `Wrong` with a sentence for the person; an empty value is read as none.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)

_NUMBER = re.compile(r"[0-9]{1,12}(?:[.,][0-9]{1,9})?")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Wrong(ValueError):
    """A value that cannot be taken; its text is the sentence. `where` is a place inside the field, if any."""

    def __init__(self, sentence: str, where: str = ""):
        super().__init__(sentence)
        self.where = where


def text(raw: Any, longest: int, *, lines: bool = False) -> str:
    if raw is None:
        return ""
    if not isinstance(raw, str):
        raise Wrong(_("Un texte est attendu."))
    if len(raw) > 4 * longest:  # before any work on it
        raise Wrong(_("C’est trop long : %(max)s caractères au plus.", max=longest))
    text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n").replace("\r", "\n"))
    for character in "" if text.isprintable() else text:
        kind = unicodedata.category(character)
        if kind == "Cs" or (kind == "Cc" and character not in "\n\t"):
            raise Wrong(_("Ce texte contient un caractère invisible qui ne peut pas être gardé. Retapez-le."))
    text = text.strip() if lines else " ".join(text.split())
    if len(text) > longest:
        raise Wrong(_("C’est trop long : %(max)s caractères au plus.", max=longest))
    return text


def optional_text(raw: Any, longest: int) -> str | None:
    return text(raw, longest) or None


def number(raw: Any) -> Decimal | None:
    """A plain positive number, « 1 200,5 » included. NaN, infinities, signs and exponents are no numbers here."""
    if raw is None:
        return None
    if isinstance(raw, bool):
        raise Wrong(_("Un nombre est attendu."))
    if isinstance(raw, int):
        if abs(raw) >= 10**12:
            raise Wrong(_("Ce nombre est hors de toute mesure."))
        raw = str(raw)
    elif isinstance(raw, float):
        raw = format(Decimal(repr(raw)), "f") if raw == raw and abs(raw) < 1e12 else "?"
    elif isinstance(raw, Decimal):
        raw = format(raw, "f") if raw.is_finite() and raw.adjusted() < 12 and raw.adjusted() > -12 else "?"
    if not isinstance(raw, str):
        raise Wrong(_("Un nombre est attendu."))
    if len(raw) > 40:
        raise Wrong(_("Ce nombre est hors de toute mesure."))
    text = re.sub(r"\s", "", raw)
    if not text:
        return None
    if text.startswith(("-", "−")) and _NUMBER.fullmatch(text[1:]):
        raise Wrong(_("Un nombre négatif n’a pas de sens ici."))
    if not _NUMBER.fullmatch(text):
        raise Wrong(_("Un nombre est attendu, par exemple 12 ou 12,5."))
    return Decimal(text.replace(",", "."))


def whole(raw: Any, low: int, high: int) -> int | None:
    value = number(raw)
    if value is None:
        return None
    if value != value.to_integral_value():
        raise Wrong(_("Un nombre entier est attendu."))
    if not low <= value <= high:
        raise Wrong(_("De %(low)s à %(high)s.", low=low, high=high))
    return int(value)


def day(raw: Any) -> date | None:
    if raw is None or raw == "":
        return None
    if isinstance(raw, date):
        value = raw
    else:
        if not isinstance(raw, str) or not _ISO_DAY.fullmatch(raw.strip()):
            raise Wrong(_("Une date est attendue, comme 2026-03-12."))
        try:
            value = date.fromisoformat(raw.strip())
        except ValueError:
            raise Wrong(_("Ce jour n’existe pas.")) from None
    if not EARLIEST <= value < LATEST:
        raise Wrong(_("Une date de 2000 à 2099 est attendue."))
    return value


def one_of(allowed: Any, empty: Any = None) -> Callable[[Any], Any]:
    def read(raw: Any) -> Any:
        if raw is None or raw == "":
            return empty
        if not isinstance(raw, str) or raw not in allowed:
            raise Wrong(_("Ce choix n’existe pas."))
        return raw

    return read


def yes(raw: Any) -> bool:
    if raw is None or raw == "" or raw is False:
        return False
    if raw is True or raw in ("1", "on", "true", "y"):
        return True
    raise Wrong(_("Oui ou non est attendu."))
