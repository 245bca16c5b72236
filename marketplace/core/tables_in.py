"""Tables that somebody sends: CSV or XLSX, read as values within bounds. Formulas are never evaluated: of a cell that
holds one, the value that the spreadsheet kept with it is taken."""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from xml.etree import ElementTree

from flask_babel import gettext as _

from marketplace.core.errors import Invalid

Value = str | float  # a figure of a spreadsheet, or text as it stands

MOST_ROWS, MOST_COLUMNS, LONGEST_CELL = 2000, 40, 300
MOST_BYTES = 2_000_000
_LARGEST_PART = 24_000_000  # bytes of one part of an XLSX, unpacked
_MOST_MARKS = 1_000_000  # of elements opened and closed in one part: each takes memory, however few its letters
_LAST_LINE = 1_048_576  # of a sheet
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_UTF8 = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"']{1,40})[\"']", re.IGNORECASE)
# What a damaged or hostile archive makes the standard library raise: a bad list or checksum (BadZipFile, zlib), a
# missing part (KeyError), what is no XML or no number (ParseError, ValueError), a password (RuntimeError), a way of
# packing that is not known (NotImplementedError), an end too soon (EOFError, OSError).
BROKEN = (
    zipfile.BadZipFile, zlib.error, KeyError, ElementTree.ParseError, ValueError, RuntimeError, NotImplementedError,
    EOFError, OSError,
)  # fmt: skip
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")


@dataclass
class Table:
    """Rows of equal length, empty ones left out; `numbers[i]` is the line of row i in the file, from 1."""

    name: str
    rows: list[list[Value]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    decimal_comma: bool = False  # texts that are figures are likely written with a comma
    empty_formulas: int = 0  # cells whose formula came without its value

    def add(self, number: int, cells: list[Value]) -> None:
        """One more line of the file. Raises `Invalid` beyond the bounds."""
        while cells and cells[-1] == "":
            cells.pop()
        if not cells:
            return
        if len(self.rows) >= MOST_ROWS:
            raise _refused(_("Ce tableau a plus de %(n)s lignes : ne gardez que celles de l’empreinte.", n=MOST_ROWS))
        if len(cells) > MOST_COLUMNS:
            raise _refused(_("Ce tableau a plus de %(n)s colonnes.", n=MOST_COLUMNS))
        self.rows.append(cells)
        self.numbers.append(number)

    def squared(self) -> "Table":
        width = max((len(row) for row in self.rows), default=0)
        for row in self.rows:
            row.extend([""] * (width - len(row)))
        return self


def read_tables(data: bytes) -> list[Table]:
    """The tables of a CSV (one) or XLSX file (one a sheet), those without any line left out.

    Raises `Invalid` (`file`) for what is neither, too large, protected, or empty.
    """
    if len(data) > MOST_BYTES:
        raise _refused(_("Ce fichier dépasse 2 Mo : ne gardez que la feuille de l’empreinte."))
    if data[:4] == b"PK\x03\x04":
        found = list(_sheets(data))
    elif data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise _refused(
            _("Ce fichier est un ancien .xls, ou il est protégé : enregistrez-le en .xlsx ou .csv, sans mot de passe.")
        )
    else:
        found = [_csv_table(data)]
    found = [table.squared() for table in found if table.rows]
    if not found:
        raise _refused(_("Ce fichier ne contient aucune ligne."))
    return found


def _refused(sentence: str) -> Invalid:
    return Invalid({"file": sentence})


def _text(value: str) -> str:
    return " ".join(value.replace("\x00", "").split())[:LONGEST_CELL]


# ── CSV ─────────────────────────────────────────────────────────────────────────────────────────


def _csv_table(data: bytes) -> Table:
    text = _decoded(data)
    if any(ord(letter) < 32 and letter not in "\t\r\n\f" for letter in text[:4000]):
        raise _refused(_("Ce fichier n’est ni un CSV ni un XLSX."))
    sample = text[:20_000]
    delimiter = max(";\t,", key=lambda mark: sample.count(mark))
    table = Table("", decimal_comma=delimiter != ",")
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=delimiter), 1):
            table.add(number, [_text(cell) for cell in row])
    except csv.Error:
        raise _refused(_("Ce fichier n’est ni un CSV ni un XLSX.")) from None
    return table


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")  # what French spreadsheets write by themselves


# ── XLSX ────────────────────────────────────────────────────────────────────────────────────────


def _sheets(data: bytes) -> Iterator[Table]:
    broken = _refused(_("Ce fichier XLSX ne se lit pas : ouvrez-le, enregistrez-le à nouveau, puis renvoyez-le."))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            texts = _shared_texts(archive)
            for name, path in _listed(archive):
                yield _sheet(name, _part(archive, path), texts)
    except BROKEN as error:
        raise broken from error


def _part(archive: zipfile.ZipFile, path: str) -> bytes:
    """One part of the file, unpacked within bounds, that declares no entities."""
    with archive.open(path) as handle:
        data = handle.read(_LARGEST_PART + 1)
    encoding = _UTF8.match(data.lstrip(b"\xef\xbb\xbf")[:400])
    odd = b"\x00" in data[:100] or (encoding is not None and encoding.group(1).lower() not in (b"utf-8", b"us-ascii"))
    declares = b"<!DOCTYPE" in data or b"<!ENTITY" in data
    if len(data) > _LARGEST_PART or odd or declares or data.count(b"<") > _MOST_MARKS:
        raise ValueError(path)
    return data


def _shared_texts(archive: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    found = []
    shared = io.BytesIO(_part(archive, "xl/sharedStrings.xml"))
    for _event, element in ElementTree.iterparse(shared):  # noqa: S314 no entities: _part
        if element.tag == f"{_MAIN}si":
            found.append(_text("".join(part.text or "" for part in element.iter(f"{_MAIN}t"))))
            element.clear()
    return found


def _listed(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    """(name, path) of the first sheets, in the order of their tabs."""
    related = ElementTree.fromstring(_part(archive, "xl/_rels/workbook.xml.rels"))  # noqa: S314 no entities: _part
    targets = {one.get("Id", ""): one.get("Target", "") for one in related}
    book = ElementTree.fromstring(_part(archive, "xl/workbook.xml"))  # noqa: S314
    found = []
    for sheet in book.iter(f"{_MAIN}sheet"):
        target = targets.get(sheet.get(f"{_RELATIONS}id", ""), "")
        if "worksheet" in target and sheet.get("state", "visible") == "visible":
            found.append((_text(sheet.get("name", "")), target.lstrip("/") if target[:1] == "/" else f"xl/{target}"))
    return found[:20]


def _sheet(name: str, data: bytes, texts: list[str]) -> Table:
    table = Table(name)
    number = 0
    for _event, element in ElementTree.iterparse(io.BytesIO(data)):  # noqa: S314
        if element.tag != f"{_MAIN}row":
            continue
        number = int(element.get("r") or number + 1)
        if not 0 < number <= _LAST_LINE:
            raise ValueError(name)
        cells: list[Value] = []
        for cell in element.iter(f"{_MAIN}c"):
            column = _column(cell.get("r", ""), len(cells))
            if column > 500:
                raise ValueError(name)
            cells.extend([""] * (column - len(cells)))
            cells.append(_value(cell, texts, table))
        table.add(number, cells)
        element.clear()
    return table


def _column(reference: str, following: int) -> int:
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        return following
    place = 0
    for letter in found.group(1):
        place = place * 26 + ord(letter) - 64
    return max(place - 1, following)


def _value(cell: ElementTree.Element, texts: list[str], table: Table) -> Value:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _text("".join(part.text or "" for part in cell.iter(f"{_MAIN}t")))
    kept = cell.findtext(f"{_MAIN}v")
    if kept is None:
        table.empty_formulas += cell.find(f"{_MAIN}f") is not None
        return ""
    if kind == "s":
        return texts[int(kept)] if 0 <= int(kept) < len(texts) else ""
    if kind != "n":
        return "" if kind == "e" else _text(kept)
    try:
        figure = Decimal(kept.strip()[:40])
    except InvalidOperation:
        return _text(kept)
    return float(figure) if figure.is_finite() and abs(figure) < Decimal("1e15") else ""
