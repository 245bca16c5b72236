"""Tables for other programs: CSV and XLSX, in which no text is ever taken for a formula."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

Cell = str | Decimal | int | date | None

# what spreadsheets take for the start of a formula, of a field or of a command
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_DAY_ZERO = date(1899, 12, 30)
_SAME_MOMENT = (1980, 1, 1, 0, 0, 0)  # the same table makes the same file
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name (31 letters at most are kept), its heads and its rows."""

    name: str
    heads: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def harmless(text: str) -> str:
    """`text` as a cell that no spreadsheet evaluates: a quote is put before what looks like a formula."""
    text = _CONTROLS.sub("", text)
    return f"'{text}" if text.lstrip(" \u00a0").startswith(_RISKY) or text.startswith(_RISKY) else text


def csv_of(heads: Sequence[str], rows: Iterable[Sequence[Cell]], language: str = "fr") -> bytes:
    """CSV in UTF-8 with its mark; semicolons and decimal commas in French, commas and points in English."""
    return b"".join(csv_lines(heads, rows, language))


def csv_lines(heads: Sequence[str], rows: Iterable[Sequence[Cell]], language: str = "fr") -> Iterator[bytes]:
    """The same line by line, for tables that memory should not hold."""
    out = io.StringIO("\ufeff", newline="")
    out.seek(1)
    writer = csv.writer(out, delimiter="," if language == "en" else ";", lineterminator="\r\n")
    writer.writerow([harmless(head) for head in heads])
    for row in rows:
        yield out.getvalue().encode()
        out.seek(0)
        out.truncate()
        writer.writerow([_csv_cell(cell, language) for cell in row])
    yield out.getvalue().encode()


def _csv_cell(cell: Cell, language: str) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return harmless(cell)
    if isinstance(cell, date):
        return cell.isoformat()
    text = format(cell, "f") if isinstance(cell, Decimal) else str(cell)
    return text if language == "en" else text.replace(".", ",")


def xlsx_of(sheets: Sequence[Sheet]) -> bytes:
    """The sheets as one XLSX file: heads in bold that stay in sight, figures as figures, days as days."""
    out = io.BytesIO()
    names = _names(sheets)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:

        def put(path: str, text: str) -> None:
            archive.writestr(zipfile.ZipInfo(path, _SAME_MOMENT), _XML + text, zipfile.ZIP_DEFLATED)

        parts = "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
            for n in range(1, len(sheets) + 1)
        )
        put("[Content_Types].xml", _CONTENT_TYPES.format(parts=parts))
        put("_rels/.rels", f'<Relationships xmlns="{_PACKAGE}">{_relation(1, "officeDocument", "xl/workbook.xml")}'
            "</Relationships>")  # fmt: skip
        listed = "".join(f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>' for n, name in names)
        put("xl/workbook.xml", f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{listed}</sheets></workbook>')
        related = "".join(_relation(n, "worksheet", f"worksheets/sheet{n}.xml") for n, _name in names)
        related += _relation(len(sheets) + 1, "styles", "styles.xml")
        put("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_PACKAGE}">{related}</Relationships>')
        put("xl/styles.xml", _STYLES)
        for n, sheet in enumerate(sheets, 1):
            put(f"xl/worksheets/sheet{n}.xml", _sheet_xml(sheet))
    return out.getvalue()


def _names(sheets: Sequence[Sheet]) -> list[tuple[int, str]]:
    return [(n, re.sub(r"[\[\]:*?/\\']", " ", sheet.name)[:31]) for n, sheet in enumerate(sheets, 1)]


def _sheet_xml(sheet: Sheet) -> str:
    rows = [[*sheet.heads], *sheet.rows]
    widths = [8] * len(sheet.heads)
    for row in rows[:500]:
        for i, cell in enumerate(row):
            if i < len(widths):
                widths[i] = min(max(widths[i], len(str(cell if cell is not None else "")) + 2), 60)
    columns = "".join(f'<col min="{i}" max="{i}" width="{w}" customWidth="1"/>' for i, w in enumerate(widths, 1))
    body = "".join(
        f'<row r="{n}">{"".join(_xml_cell(cell, _letters(i) + str(n), n == 1) for i, cell in enumerate(row))}</row>'
        for n, row in enumerate(rows, 1)
    )
    return (
        f'<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2"'
        f' activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>{columns}</cols>'
        f"<sheetData>{body}</sheetData></worksheet>"
    )


def _xml_cell(cell: Cell, place: str, head: bool) -> str:
    if cell is None or cell == "":
        return ""
    if isinstance(cell, str):
        style = ' s="1"' if head else ""
        return f'<c r="{place}" t="inlineStr"{style}><is><t xml:space="preserve">{escape(harmless(cell))}</t></is></c>'
    if isinstance(cell, date):
        day = cell.date() if isinstance(cell, datetime) else cell
        return f'<c r="{place}" s="2"><v>{(day - _DAY_ZERO).days}</v></c>'
    return f'<c r="{place}"><v>{format(cell, "f") if isinstance(cell, Decimal) else cell}</v></c>'


def _letters(column: int) -> str:
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def _relation(n: int, kind: str, target: str) -> str:
    return f'<Relationship Id="rId{n}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{{parts}}</Types>'
)
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
