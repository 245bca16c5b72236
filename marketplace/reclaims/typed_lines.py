"""What people type of a set that comes down, one thing a line: « 6 feuilles 3x2 m ». Pure.

Nothing that was typed is lost: what is no quantity, unit or mass stays in the title, and a size is read and kept there.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

MOST = 200  # lines typed at once
LONGEST = 140  # characters of a title
LARGEST = Decimal(100_000)  # of a quantity
HEAVIEST = 40_000_000  # grams of one unit
BULKIEST = 500_000  # litres of a line

_SPACES = "[ \u00a0\u202f]"
_NUMBER = rf"\d{{1,3}}(?:{_SPACES}\d{{3}})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?"
_BULLET = re.compile(r"^[\s\-–—*•·▪]+(?=\S)")
_WORDS = {
    "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9,
    "dix": 10, "onze": 11, "douze": 12, "quinze": 15, "vingt": 20, "trente": 30, "a": 1, "one": 1, "two": 2,
    "three": 3, "four": 4, "five": 5, "eight": 8, "ten": 10, "twelve": 12,
}  # fmt: skip
_DOZENS = {"dizaine": 10, "douzaine": 12, "quinzaine": 15, "vingtaine": 20, "trentaine": 30, "centaine": 100}
_UNITS = {
    "m2": "m2", "m²": "m2", "mètres carrés": "m2", "metres carres": "m2", "ml": "m", "m": "m", "mètres": "m",
    "mètre": "m", "metres": "m", "metre": "m", "kg": "kg", "kilos": "kg", "kilo": "kg", "l": "l", "litres": "l",
    "litre": "l", "lots": "lot", "lot": "lot", "pièces": "piece", "pièce": "piece", "pieces": "piece",
    "piece": "piece", "pcs": "piece", "pce": "piece",
}  # fmt: skip
_UNIT = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_SIZE = re.compile(
    r"(?<![\w.,])(\d+(?:[.,]\d+)?)\s*[x×*]\s*(\d+(?:[.,]\d+)?)(?:\s*[x×*]\s*(\d+(?:[.,]\d+)?))?\s*(mm|cm|m)(?![\w²³])",
    re.IGNORECASE,
)
_LEADING = re.compile(
    rf"^(?:environ |env\.? ?|~ ?)?(?P<n>{_NUMBER})(?![\d/:%°.,-])(?:\s*[x×]\s+|\s*[x×](?=[^\W\d_]))?\s*"
    rf"(?:(?P<unit>{_UNIT})(?![\w²³])\.?\s*)?(?:de |d['’]\s*|of )?(?P<rest>.*)$",
    re.IGNORECASE,
)
_TRAILING = re.compile(r"^(?P<rest>.*\S)\s*(?:[x×]\s*(?P<n>\d{1,5})|\((?P<m>\d{1,5})\))$", re.IGNORECASE)
_EACH = r"(?:\s*(?:chacune?|pi[èe]ce|l['’]unit[ée]|each))?"
_MASS = re.compile(rf"(?<![\w.,])(?P<n>{_NUMBER})\s*(?P<unit>kg|kilos?|t|tonnes?)(?![\w²³])(?P<each>{_EACH})", re.I)
_VOLUME = re.compile(rf"(?<![\w.,])(?P<n>{_NUMBER})\s*m(?:3|³)(?!\w)", re.IGNORECASE)
_GLUE = re.compile(r"[\s,;:(\-–]+$|^[\s,;:)\-–]+|^(?:de |d['’])", re.IGNORECASE)


@dataclass(frozen=True)
class Typed:
    """A line as understood. `mass_grams` is of one unit, `volume_litres` of the whole line, `size_cm` of one unit, the
    longest first; None where the line does not say. `zone` is that of the heading it stands under (« Plateau A : »)."""

    text: str
    title: str
    quantity: Decimal = Decimal(1)
    unit: str = "piece"
    counted: bool = False  # whether a quantity was read, rather than taken to be one
    mass_grams: int | None = None
    volume_litres: int | None = None
    size_cm: tuple[int, ...] = ()
    zone: str = ""


@dataclass(frozen=True)
class Read:
    """All that was typed: `lines`, and `left` (number of the line, text) that are too many."""

    lines: tuple[Typed, ...]
    left: tuple[tuple[int, str], ...] = ()


def read_lines(text: str, zone: str = "") -> Read:
    """Every line that says something. One that ends with a colon and holds no figure names the zone of those below."""
    found: list[Typed] = []
    left: list[tuple[int, str]] = []
    for number, raw in enumerate(text.replace("\x00", "").splitlines(), start=1):
        line = " ".join(_BULLET.sub("", raw).split())
        if not line:
            continue
        heading = line.endswith(":") and not any(char.isdigit() for char in line.rstrip(":").split(" ")[0])
        if heading and len(line) <= 61:
            zone = line.rstrip(": ").strip()
            continue
        if len(found) >= MOST:
            left.append((number, line))
            continue
        found.append(replace(read_line(line), zone=zone))
    return Read(tuple(found), tuple(left))


def read_line(text: str) -> Typed:
    """One line, its spaces already single."""
    quantity, unit, rest, counted = _counted(text)
    size = _size(rest)
    mass, rest = _mass(rest, quantity, unit)
    volume, rest = _volume(rest)
    title = _GLUE.sub("", rest)[:LONGEST].strip() or text[:LONGEST]
    title = title[0].upper() + title[1:]
    return Typed(text, title, quantity, unit, counted, mass, volume, size)


def _counted(text: str) -> tuple[Decimal, str, str, bool]:
    """Quantity, unit, what is left, and whether a quantity stood there."""
    if _VOLUME.match(text) or ((mass := _MASS.match(text)) and mass["unit"].lower().startswith("t")):
        return Decimal(1), "lot", text, True  # « 2 t de gravats »: one heap of so much
    if not _SIZE.match(text):
        first, _space, after = text.partition(" ")
        dozen = re.match(rf"^(?:une?|a) ({'|'.join(_DOZENS)})s? (?:de |d['’])?(.+)$", text, re.IGNORECASE)
        if dozen:
            return Decimal(_DOZENS[dozen[1].lower()]), "piece", dozen[2], True
        if first.lower() in _WORDS and after:
            leading = _LEADING.match(f"{_WORDS[first.lower()]} {after}")
        else:
            leading = _LEADING.match(text)
        if leading and leading["rest"].strip():
            quantity = number(leading["n"])
            if 0 < quantity <= LARGEST:
                unit = _UNITS[(leading["unit"] or "piece").lower()]
                return quantity, unit, leading["rest"], True
    trailing = _TRAILING.match(text)
    if trailing and not _SIZE.search(text[trailing.end("rest") - 1 :]):
        quantity = Decimal(trailing["n"] or trailing["m"])
        if quantity > 0:
            return quantity, "piece", trailing["rest"], True
    return Decimal(1), "piece", text, False


def number(text: str) -> Decimal:
    """« 1 200 », « 2,5 », to the thousandth."""
    plain = re.sub(_SPACES, "", text).replace(",", ".")
    return Decimal(plain).quantize(Decimal("0.001"), ROUND_HALF_UP).normalize() + 0


def _size(text: str) -> tuple[int, ...]:
    match = _SIZE.search(text)
    if match is None:
        return ()
    scale = {"mm": Decimal("0.1"), "cm": Decimal(1), "m": Decimal(100)}[match[4].lower()]
    sides = [Decimal(side.replace(",", ".")) * scale for side in match.groups()[:3] if side]
    if not all(Decimal("0.05") <= side <= 10_000 for side in sides):
        return ()
    return tuple(sorted((max(1, int(side.to_integral_value(ROUND_HALF_UP))) for side in sides), reverse=True))


def _mass(text: str, quantity: Decimal, unit: str) -> tuple[int | None, str]:
    """Grams of one unit, from a mass said of the whole line or of each; and the text without it."""
    if unit == "kg":
        return 1000, text
    match = _MASS.search(text)
    if match is None:
        return None, text
    grams = number(match["n"]) * (1_000_000 if match["unit"].lower().startswith("t") else 1000)
    if not match["each"].strip():
        grams /= quantity
    whole = int(grams.to_integral_value(ROUND_HALF_UP))
    if not 0 < whole <= HEAVIEST:
        return None, text
    return whole, _without(text, match)


def _volume(text: str) -> tuple[int | None, str]:
    match = _VOLUME.search(text)
    if match is None:
        return None, text
    litres = int((number(match["n"]) * 1000).to_integral_value(ROUND_HALF_UP))
    if not 0 < litres <= BULKIEST:
        return None, text
    return litres, _without(text, match)


def _without(text: str, match: re.Match[str]) -> str:
    before, after = text[: match.start()], text[match.end() :]
    if before.endswith("(") and after.startswith(")"):
        before, after = before[:-1], after[1:]
    return _GLUE.sub("", f"{before.rstrip(' ,;')} {after.lstrip(' ,;')}".strip())


def shown(lines: Sequence[Typed]) -> str:
    """The text that these lines were typed as, their zones as headings."""
    out: list[str] = []
    zone = ""
    for line in lines:
        if line.zone != zone:
            out.append(f"{line.zone} :")
            zone = line.zone
        out.append(line.text)
    return "\n".join(out)
