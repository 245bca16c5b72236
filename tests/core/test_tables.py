"""Tables go out without formulas and come in within bounds."""

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest

from marketplace.core import tables_in
from marketplace.core.errors import Invalid
from marketplace.core.tables_in import read_tables
from marketplace.core.tables_out import Sheet, csv_of, xlsx_of

HEADS = ["Poste", "Quantité", "Jour"]
RISKY = ["=1+1", "+33 6", "-2", "@cmd", "\t=1", "\n=1", " =1", "＝1"]


def test_what_goes_out_comes_in_again_and_holds_no_formula(app):
    rows = [[text, Decimal("1234.5"), date(2026, 11, 12)] for text in RISKY] + [["Été & <fils>", Decimal("-3"), None]]
    said = csv_of(HEADS, rows).decode("utf-8-sig")
    assert "Été & <fils>;-3;" in said and "1234,5" in said and "1234.5" in csv_of(HEADS, rows, "en").decode()
    (table,) = read_tables(csv_of(HEADS, rows))
    assert table.decimal_comma and all(str(row[0]).startswith("'") for row in table.rows[1:-1])
    first = xlsx_of([Sheet("Par poste: 1/2", HEADS, rows), Sheet("Vide", HEADS, [])])
    assert first == xlsx_of([Sheet("Par poste: 1/2", HEADS, rows), Sheet("Vide", HEADS, [])])
    table, empty = read_tables(first)
    assert table.name == "Par poste 1 2" and table.rows[0] == HEADS and len(empty.rows) == 1
    assert table.rows[-1] == ["Été & <fils>", -3.0, ""] and table.rows[1] == ["'=1+1", 1234.5, 46338.0]
    assert "<f>" not in zipfile.ZipFile(io.BytesIO(first)).read("xl/worksheets/sheet1.xml").decode()


def rewritten(text: str, **more: str) -> bytes:
    """A workbook whose first sheet is `text`."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx_of([Sheet("A", ["x"], [])]))) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, text if name.endswith("sheet1.xml") else old.read(name))
        for name, content in more.items():
            new.writestr(name, content)
    return out.getvalue()


def sheet(rows: str) -> str:
    return f'<worksheet xmlns="{tables_in._MAIN[1:-1]}"><sheetData>{rows}</sheetData></worksheet>'


def test_of_a_formula_only_its_kept_value_is_taken(app):
    cells = (
        '<c r="A1"><f>1+1</f><v>7</v></c><c r="C1"><f>WEBSERVICE("http://x")</f></c><c r="D1" t="e"><v>#REF!</v></c>'
    )
    (table,) = read_tables(rewritten(sheet(f'<row r="3">{cells}</row>')))
    assert table.rows == [[7.0]] and table.numbers == [3] and table.empty_formulas == 1


def test_what_cannot_be_read_says_so_in_a_sentence(app, monkeypatch):
    entities = '<!DOCTYPE w [<!ENTITY a "aaaa">]>' + sheet("<row><c><v>&a;</v></c></row>")
    wide = sheet("<row>" + "<c><v>1</v></c>" * 41 + "</row>")
    far = sheet('<row><c r="XFD1"><v>1</v></c></row>')
    below = sheet('<row r="3000000000"><c><v>1</v></c></row>')  # no line of a sheet, and more than a column holds
    crowd = sheet("<row>" + "<c/>" * tables_in._MOST_MARKS + "</row>")  # little to send, much to hold
    bad = [rewritten(below), rewritten(crowd)]
    bad += [b"", b"\n\n", b"PK\x03\x04rien", b"\x00\x01\x02", rewritten(entities), rewritten(wide), rewritten(far)]
    bad += [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1...", b"a;b\n" * 2001, b"x" * 2_000_001, rewritten("<worksheet>")]
    for data in bad:
        with pytest.raises(Invalid) as refusal:
            read_tables(data)
        assert refusal.value.errors["file"], data[:20]
    monkeypatch.setattr(tables_in, "_LARGEST_PART", 1000)  # a part that unpacks to more than it should
    with pytest.raises(Invalid):
        read_tables(rewritten(sheet("<row><c><v>1</v></c></row>" * 100)))


def test_old_encodings_and_marks(app):
    for data in ("Poste;kg\nÉnergie;1,5".encode("cp1252"), "Poste\tkg\nÉnergie\t1,5".encode("utf-16")):
        (table,) = read_tables(data)
        assert table.rows[1] == ["Énergie", "1,5"] and table.decimal_comma
