"""Footprints made with other tools: read, mapped, kept, shown beside what was avoided, given out again."""

import io
import re
from decimal import Decimal

from marketplace.core.db import db, transaction
from marketplace.core.tables_in import Table, read_tables
from marketplace.core.tables_out import Sheet, xlsx_of
from marketplace.footprint import importing
from marketplace.footprint.models import Footprint, FootprintRow
from marketplace.footprint.reading import Reading, guessed, read, unit_of, within
from tests.carbon.made import completed
from tests.factories import make_listing, make_organisation
from tests.footprint.conftest import said

CLAP = (
    "Carbon'Clap;;;\nProduction;Les Heures creuses;;\n;;;\nPoste;Sous-poste;Quantité;Émissions (kgCO2e)\n"
    "Transports;Voitures;1 200 km;260,4\n;Avion;2;1 240\nRestauration;Repas;300;750,5\nSous-total;;;2250,9\n"
    "Moyens techniques;Caméra;;120\nDécors;=Contreplaqué;;900\nÉnergie;Groupe électrogène;;2 000\n"
    "Déchets;Benne;;n. d.\nTotal général;;;5270,9\n"
)
ALBERT = [
    ["Category", "Sub-category", "Data", "Unit", "Total tCO2e"],
    ["Travel", "Flights", Decimal(2), "trips", Decimal("1.24")],
    ["Accommodation", "Hotel", Decimal(12), "nights", Decimal("0.2")],
    ["Production Spaces", "Studio power", Decimal(12), "kWh", Decimal("2.5")],
    ["Misc", "Other", Decimal(1), "x", Decimal("0.5")],
    ["Offsets", "Trees", None, None, Decimal(-3)],
]


def test_columns_are_guessed_from_their_heads():
    (clap,) = read_tables(CLAP.encode())
    reading = guessed([clap])
    assert (reading.post, reading.label, reading.figure, reading.unit) == (0, 1, 3, "kg")
    out = read(reading, clap)
    assert {post: str(kg) for post, kg in out.by_post().items()} == {
        "transport": "1500.4", "meals": "750.5", "equipment": "120", "purchases": "900", "energy": "2000",
    }  # fmt: skip
    assert [(left.line, left.why) for left in out.left] == [(8, "total"), (12, "not_a_figure"), (13, "total")]
    assert out.stated_total == out.total == Decimal("5270.9") and out.agrees() and out.rows[1].label == "Avion"
    note, albert = read_tables(xlsx_of([Sheet("Notes", ["Lisez", "ceci"], []), Sheet("Data", *_split(ALBERT))]))
    reading = guessed([note, albert])
    assert (reading.sheet, reading.post, reading.figure, reading.unit) == (1, 0, 4, "t")
    out = read(reading, albert)
    assert out.unplaced() == ["Production Spaces", "Misc"] and [left.why for left in out.left] == ["negative"]
    plain = Table("", [["Repas", 12.0], ["Vols", 3.0]], [1, 2])
    reading = guessed([plain])
    assert (reading.head, reading.label, reading.post, reading.figure, reading.unit) == (-1, 0, -1, 1, "")
    assert within(Reading(sheet=9, figure=99), [plain]) == reading and within(Reading(figure=7), [plain]).figure == 1
    units = {"kg CO2e": "kg", "tCO2eq": "t", "Tonnes": "t", "Émissions (t eq. CO2)": "t", "CO2": "", "Total": ""}
    assert {text: unit_of(text) for text in units} == units


def _split(rows):
    return rows[0], rows[1:]


def sent(client, address, data, stage="forecast", name="bilan.csv"):
    file = (io.BytesIO(data), name)
    return client.post(f"{address}/empreinte/importer", data={"stage": stage, "file": file})


def test_a_footprint_from_file_to_page(scene):
    page, send = f"{scene.address}/empreinte", f"{scene.address}/empreinte/importer"
    for path, vera in ((page, 200), (send, 403), (f"{page}/previsionnel", 404), (f"{page}/previsionnel.csv", 404)):
        assert scene.visitor.get(path).status_code in (302, 303) and scene.charlie.get(path).status_code == 404
        assert scene.vera.get(path).status_code == vera, path
    assert "Importer un bilan" in said(scene.alice.get(page)) and "Importer un bilan" not in said(scene.vera.get(page))
    for person, status in ((scene.vera, 403), (scene.bob, 403), (scene.charlie, 404)):
        assert sent(person, scene.address, CLAP.encode()).status_code == status
    assert "Choisissez un fichier" in said(sent(scene.alice, scene.address, b""), 422)
    assert "dépasse 2 Mo" in said(sent(scene.alice, scene.address, b"a;1\n" * 600_000), 422)
    assert "prévisionnel ou le définitif" in said(sent(scene.alice, scene.address, b"a;1", "x"), 422)
    assert db.session.query(Footprint).count() == 0

    first = sent(scene.alice, scene.address, CLAP.encode())
    mapping = first.headers["Location"]
    text = said(scene.alice.get(mapping))
    assert "Le total écrit dans le fichier est le même" in text and "ligne 12 · pas un nombre" in text
    assert scene.charlie.get(mapping).status_code == 404 and scene.vera.get(mapping).status_code == 403
    other = said(scene.alice.post(mapping, data={"do": "read", "figure": "2", "unit": "t", "head": "4"}))
    assert "tCO2e" in other and 'value="t" selected' in other
    back = {"do": "keep", "figure": "3", "unit": "kg", "post": "0", "label": "1", "head": "4"}
    assert scene.alice.post(mapping, data=back).status_code == 303
    assert "déjà gardée" in said(scene.alice.get(mapping), 409)

    albert = xlsx_of([Sheet("Data", *_split(ALBERT))])
    draft = sent(scene.alice, scene.address, albert, "final", "albert.xlsx").headers["Location"]
    refused = said(scene.alice.post(draft, data={"do": "keep"}), 422)
    assert "Choisissez le poste de « Production Spaces »" in refused
    named = {"do": "keep", "name": ["Production Spaces", "Misc"], "as": ["energy", "none"]}
    assert scene.alice.post(draft, data=named).status_code == 303
    posts = dict(db.session.query(FootprintRow.label, FootprintRow.post))
    assert posts["Studio power"] == "energy" and posts["Hotel"] == "transport" and "Other" not in posts

    opera = make_organisation("Opéra du Rhône", "venue")
    completed(make_listing(scene.quai), opera, provider_production=scene.shoot)
    text = said(scene.vera.get(page))
    assert "5 270 kgCO2e" in text and "3 940 kgCO2e" in text
    assert "11,2 ± 4,5 kgCO2e" in text and "sans somme ni différence" in text
    for netted in ("5 260", "5 281", "3 929", "3 951"):  # never a sum or a difference
        assert netted not in text
    assert "SHA-256" in text and "bilan.csv" in text
    rows = said(scene.vera.get(f"{page}/previsionnel"))
    assert "=Contreplaqué" in rows and "260,4" in rows
    (table,) = read_tables(scene.vera.get(f"{page}/previsionnel.csv").data)
    assert any("'=Contreplaqué" in row for row in table.rows) and len(table.rows) == 7
    totals, _lines = read_tables(scene.vera.get(f"{page}/definitif.xlsx").data)
    assert totals.rows[-1] == ["Total", 3940.0]

    again = sent(scene.alice, scene.address, b"Poste;kgCO2e\nRepas;10\n").headers["Location"]
    assert scene.alice.post(again, data={"do": "keep"}).status_code == 303
    states = sorted(db.session.query(Footprint.stage, Footprint.state))
    assert [tuple(one) for one in states] == [("final", "kept"), ("forecast", "kept"), ("forecast", "replaced")]


def test_a_table_that_says_little_is_asked_about(scene):
    unclear = sent(scene.alice, scene.address, b"Quoi;Combien\nRepas;12\nBidule;3\n").headers["Location"]
    assert "en kilos ou en tonnes" in said(scene.alice.post(unclear, data={"do": "keep"}), 422)
    data = {
        "do": "keep",
        "unit": "t",
        "name": ["Bidule"],
        "as": ["equipment"],
        "figure": "9",
        "label": "x",
        "head": "1",
    }
    assert scene.alice.post(unclear, data=data).status_code == 303
    assert {row.post: row.kgco2e for row in db.session.query(FootprintRow)} == {"meals": 12000, "equipment": 3000}
    dropped = sent(scene.alice, scene.address, b"Poste;kg\nRepas;1\n").headers["Location"]
    assert scene.vera.post(f"{dropped}/abandonner").status_code == 403
    assert scene.alice.post(f"{dropped}/abandonner").status_code == 303
    assert scene.alice.get(dropped).status_code == 404
    old = re.search(r"lectures/(\w+)", sent(scene.alice, scene.address, b"a;kg\nb;1\n").headers["Location"]).group(1)
    with transaction() as session:
        session.query(Footprint).filter_by(public_id=old).update({"made_at": Footprint.made_at})
        draft = session.query(Footprint).filter_by(public_id=old).one()
        draft.made_at = draft.made_at - importing.DRAFTS_LAST * 2
    with transaction():
        importing.sweep_drafts()
    assert db.session.query(Footprint).filter_by(public_id=old).count() == 0
