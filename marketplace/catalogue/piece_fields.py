"""What may be said of a piece: its fields, runs of inventory codes, and what a hand scanner types. Pure."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _

from marketplace.catalogue.fields import CONDITIONS, MAX_CENTS
from marketplace.catalogue.reading import Wrong, day, number, one_of, text

LONGEST_CODE = 40
LONGEST_NOTE = 400
MOST_AT_ONCE = 500  # pieces added in one go
MOST_SCANNED = 300  # characters looked at of what a scanner typed
ACQUIRED = ("bought_new", "reuse")
STATES = ("in_stock", "repair", "withdrawn", "lost", "sold")
COUNTED = ("in_stock", "repair")  # states in which a piece counts in its listing's quantity

_FIRST = re.compile(r"[0-9]{1,9}")
_ADDRESS = re.compile(r"/q/([a-z2-7]{13})(?:[?#/].*)?$")


def read_code(raw: Any) -> str:
    """An inventory code as its keeper writes it. Raises `Wrong` for none, or one too long for a label."""
    code = text(raw, LONGEST_CODE)
    if not code:
        raise Wrong(_("Il manque le code d’inventaire."))
    return code


def run_of(prefix: str, first: str, count: int) -> list[str]:
    """`count` codes that follow each other: FE-001, FE-002… The figures keep the width `first` was typed with.

    Raises `Wrong`, its `where` naming prefix, first or count.
    """
    try:
        start = text(prefix, LONGEST_CODE)
    except Wrong as wrong:
        raise Wrong(str(wrong), "prefix") from None
    if not _FIRST.fullmatch(first.strip()):
        raise Wrong(_("Le premier numéro s’écrit en chiffres, par exemple 1 ou 001."), "first")
    if not 1 <= count <= MOST_AT_ONCE:
        raise Wrong(_("De 1 à %(most)s pièces à la fois.", most=MOST_AT_ONCE), "count")
    width, at = len(first.strip()), int(first)
    codes = [f"{start}{at + step:0{width}d}" for step in range(count)]
    if len(codes[-1]) > LONGEST_CODE:
        raise Wrong(_("Ces codes sont trop longs : %(max)s caractères au plus.", max=LONGEST_CODE), "prefix")
    return codes


def read_scan(typed: str) -> str:
    """What a scanner or a hand typed, as something to look up: an inventory code, or the identifier at the end of one
    of our QR codes' addresses."""
    typed = " ".join(typed[:MOST_SCANNED].replace("\0", "").split())
    found = _ADDRESS.search(typed)
    return found[1] if found else typed


def _cents(raw: Any) -> int | None:
    value = number(raw)
    if value is None:
        return None
    if value != value.to_integral_value() or value > MAX_CENTS:
        raise Wrong(_("Un million d’euros au plus."))
    return int(value)


# field → how it is read; their names are columns of `Piece`
READERS: dict[str, Callable[[Any], Any]] = {
    "code": read_code,
    "shelf": lambda raw: text(raw, 40),
    "condition": one_of(CONDITIONS),
    "acquired": one_of(ACQUIRED),
    "acquired_on": day,
    "purchase_cents": _cents,
    "note": lambda raw: text(raw, LONGEST_NOTE, lines=True),
    "cost_cents": _cents,  # of a repair: a column of `PieceEvent`
}


def read_fields(raw: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """(values, errors) of what was sent, by field; a field with an error has no value. KeyError for another name."""
    values: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for name, given in raw.items():
        try:
            values[name] = READERS[name](given)
        except Wrong as wrong:
            errors[name] = [str(wrong)]
    if values.get("condition", "good") is None:
        del values["condition"]
        errors["condition"] = [_("Dites l’état.")]
    return values, errors
