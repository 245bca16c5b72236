"""A file of factors as somebody sends it: its lines as text, each checked alone.

The columns are those of `data/emission_factors.csv` and `effective_on`, the day from which a version is in force.
"""

import csv
import io
import re
from datetime import date
from decimal import Decimal

from flask_babel import gettext as _

from marketplace.core.errors import Invalid
from marketplace.exchanges.rules import is_storable

COLUMNS = (
    "key", "version", "name_fr", "name_en", "category", "unit", "kgco2e_per_unit", "uncertainty_pct", "stage",
    "source", "source_url_or_ref", "source_year", "scope_note", "effective_on",
)  # fmt: skip
MAY_BE_EMPTY = frozenset({"source_year", "scope_note", "effective_on"})
LONGEST = {
    "key": 80, "version": 20, "name_fr": 200, "name_en": 200, "category": 40, "unit": 20, "kgco2e_per_unit": 40,
    "uncertainty_pct": 20, "stage": 60, "source": 200, "source_url_or_ref": 1000, "source_year": 20, "scope_note": 2000,
    "effective_on": 10,
}  # fmt: skip
UNITS = frozenset({"item", "kg", "kWh", "kWh_fuel", "km", "litre", "m3.km", "m3.month", "meal", "t.km"})
MOST_BYTES, MOST_LINES = 2_000_000, 2000
LARGEST = Decimal(10) ** 9
_KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_NUMBER = re.compile(r"-?[0-9]{1,10}(\.[0-9]{1,20})?")
_COMMA = re.compile(r"-?[0-9]+,[0-9]+")

Line = dict[str, str]  # the columns as text, and `line`, its number in the file


def read_file(data: bytes) -> list[Line]:
    """The lines of a CSV, in their order. Raises `Invalid` on `file` for what is no such table."""
    if not data.strip():
        raise _refused(_("Choisissez un fichier : il est vide, ou n’est pas arrivé."))
    if len(data) > MOST_BYTES:
        raise _refused(_("Ce fichier dépasse 2 Mo."))
    text = _text(data)
    if not is_storable(text):
        raise _refused(_("Ce fichier n’est pas un tableau CSV."))
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        names = [name.strip() for name in next(reader)]
        lines = _lines(reader, names)
    except csv.Error:
        raise _refused(_("Ce fichier n’est pas un tableau CSV.")) from None
    if not lines:
        raise _refused(_("Ce fichier ne contient aucune ligne."))
    return lines


def _lines(reader: "csv._reader", names: list[str]) -> list[Line]:  # type: ignore[name-defined]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise _refused(_("Il manque ces colonnes : %(list)s.", list=", ".join(missing)))
    if len(set(names)) != len(names):
        raise _refused(_("Deux colonnes portent le même nom."))
    out: list[Line] = []
    begins = reader.line_num + 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            if len(out) >= MOST_LINES:
                raise _refused(_("%(n)s lignes au plus par fichier.", n=MOST_LINES))
            told = dict(zip(names, cells, strict=False))
            line = {name: " ".join(told.get(name, "").split()) for name in COLUMNS}
            for name in ("kgco2e_per_unit", "uncertainty_pct"):
                if _COMMA.fullmatch(line[name]):
                    line[name] = line[name].replace(",", ".")
            out.append({"line": str(begins), **line})
        begins = reader.line_num + 1
    return out


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _refused(_("Ce fichier n’est pas un tableau CSV."))


def _refused(sentence: str) -> Invalid:
    return Invalid({"file": sentence})


def fault(line: Line) -> str | None:
    """What is wrong with a line whatever the library holds; None for a line that could be published."""
    for name in COLUMNS:
        if not line[name] and name not in MAY_BE_EMPTY:
            return _("%(column)s est vide.", column=name)
        if len(line[name]) > LONGEST[name]:
            return _("%(column)s : %(n)s caractères au plus.", column=name, n=LONGEST[name])
    if not _KEY.fullmatch(line["key"]):
        return _("La clé s’écrit en minuscules, avec des points : prod.plywood.")
    if not _VERSION.fullmatch(line["version"]):
        return _("La version s’écrit comme 2027.1.")
    if line["unit"] not in UNITS:
        return _("L’unité « %(unit)s » n’est pas connue.", unit=line["unit"])
    if number(line["kgco2e_per_unit"]) is None:
        return _("kgco2e_per_unit n’est pas un nombre : « %(text)s ».", text=line["kgco2e_per_unit"])
    doubt = number(line["uncertainty_pct"])
    if doubt is None or not 0 <= doubt <= 500:
        return _("uncertainty_pct n’est pas un pourcentage de 0 à 500 : « %(text)s ».", text=line["uncertainty_pct"])
    if line["effective_on"] and day_of(line) is None:
        return _("effective_on s’écrit comme 2027-01-31 : « %(text)s ».", text=line["effective_on"])
    return None


def number(text: str) -> Decimal | None:
    """A figure as published, None for what is none."""
    value = Decimal(text) if _NUMBER.fullmatch(text) else None
    return value if value is not None and abs(value) < LARGEST else None


def day_of(line: Line) -> date | None:
    """The day from which the version is in force; None where the line says none, or no day."""
    try:
        return date.fromisoformat(line["effective_on"]) if len(line["effective_on"]) == 10 else None
    except ValueError:
        return None
