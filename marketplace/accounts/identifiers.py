"""The numbers by which French organisations are known: SIRET, RNA, VAT. Plain functions, no wording.

Each takes what was typed and returns the number as it is kept. Raises `Wrong` with one of the codes of `PROBLEMS`.
"""

import re

from stdnum.eu import vat
from stdnum.exceptions import ValidationError
from stdnum.fr import siret as stdnum_siret

# W, then the prefecture that keeps the register (two digits or 2A/2B and more), nine characters in all: W751234567,
# W2A1234567. Source: arrêté du 14 octobre 2009, Répertoire national des associations.
_RNA = re.compile(r"W(?:\d{9}|2[AB]\d{7}|9[A-Z]\d{7})")
_BETWEEN = re.compile(r"[\s.\-]+")
# Moselle, Bas-Rhin and Haut-Rhin enter their associations at the court (droit local): no RNA number exists there.
WITHOUT_RNA = frozenset({"57", "67", "68"})

PROBLEMS = ("length", "characters", "checksum")


class Wrong(ValueError):
    """Not such a number; `problem` says in what way."""

    def __init__(self, problem: str):
        super().__init__(problem)
        self.problem = problem


def siret(text: str) -> str:
    """Fourteen digits, checked by Luhn; establishments of La Poste by the sum of their digits (INSEE)."""
    digits = _BETWEEN.sub("", text)
    if not (digits.isascii() and digits.isdigit()):
        raise Wrong("characters")
    if len(digits) != 14:
        raise Wrong("length")
    if not stdnum_siret.is_valid(digits) or digits == "0" * 14:
        raise Wrong("checksum")
    return digits


def siren(number: str) -> str:
    """The nine digits of the legal unit that a SIRET belongs to."""
    return number[:9]


def rna(text: str) -> str:
    """« W » and nine characters; without a key, so only its form can be checked."""
    number = _BETWEEN.sub("", text).upper()
    if not number.startswith("W"):
        raise Wrong("characters")
    if len(number) != 10:
        raise Wrong("length")
    if not _RNA.fullmatch(number):
        raise Wrong("characters")
    return number


def vat_number(text: str) -> str:
    """An intra-community VAT number of any member state, with its country letters. Raises `Wrong('checksum')`."""
    number = _BETWEEN.sub("", text).upper()
    if not re.fullmatch(r"[A-Z]{2}[A-Z0-9]{2,13}", number):
        raise Wrong("characters")
    try:
        return str(vat.validate(number))
    except ValidationError:
        raise Wrong("checksum") from None


def vat_matches(number: str, siret_number: str | None) -> bool:
    """Whether a French VAT number belongs to the legal unit of the SIRET; true where there is nothing to compare."""
    if siret_number is None or not number.startswith("FR"):
        return True
    return number[4:] == siren(siret_number)
