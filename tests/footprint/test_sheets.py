"""The activity sheet: who may, what two people save at once, what a link opens, what goes out."""

import re
from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest

from marketplace.core.clock import today
from marketplace.core.db import db, transaction
from marketplace.core.tables_in import read_tables
from marketplace.footprint import links, sheets
from marketplace.footprint.figures import table_figure, typed_quantity
from marketplace.footprint.kinds import KINDS, POSTS
from marketplace.footprint.models import ActivityLine, CrewLink
from marketplace.footprint.wording import KINDS as WORDS
from tests.carbon.made import completed
from tests.factories import make_listing, make_organisation
from tests.footprint.conftest import said

DAY = "2026-11-11"


def living():
    db.session.rollback()
    rows = db.session.query(ActivityLine).filter(ActivityLine.ended_at.is_(None)).order_by(ActivityLine.id)
    return [(row.kind, str(row.quantity), row.words) for row in rows.populate_existing()]


def write(client, path, version="k1", **typed):
    return client.post(path, data={"day": DAY, "version": version, **typed})


def test_figures_as_people_write_them():
    kinds = {key: typed_quantity(key) for key in ("12,5", "1 240", "0.5", "1\u202f240,5")}
    assert kinds == {"12,5": Decimal("12.5"), "1 240": 1240, "0.5": Decimal("0.5"), "1\u202f240,5": Decimal("1240.5")}
    for text, why in {"x": "figure", "1e9": "figure", "": "figure", "-3": "negative", "0": "zero", "99999999": "large",
                      "0,0001": "zero", "NaN": "figure", "٣": "figure"}.items():  # fmt: skip
        with pytest.raises(ValueError, match=why):
            typed_quantity(text)
    cells = [
        ("1 234,5", True, "1234.5"), ("1.234,5", True, "1234.5"), ("1,234.5", True, "1234.5"), ("1.234", True, "1234"),
        ("1,234", False, "1234"), ("12.5", True, "12.5"), ("12,5", False, "12.5"), ("3,2 tCO2e", True, "3.2"),
        ("1.234.567", True, "1234567"), (2.5, True, "2.5"), ("−4", True, "-4"), ("n. d.", True, None), ("", True, None),
    ]  # fmt: skip
    for text, comma, figure in cells:
        assert table_figure(text, comma) == (None if figure is None else Decimal(figure)), text
    assert set(WORDS) == set(KINDS) and {kind.post for kind in KINDS.values()} == set(POSTS)


def test_who_enters_and_who_writes(scene):
    sheet = f"{scene.address}/activite"
    pages = [sheet, f"{sheet}.csv", f"{sheet}.xlsx", f"{sheet}/corrections", f"{sheet}/liens"]
    for page in pages:
        assert scene.visitor.get(page).status_code in (302, 303), page
        assert scene.charlie.get(page).status_code == 404, page
        assert scene.alice.get(page).status_code == 200, page
        assert scene.vera.get(page).status_code == (403 if "liens" in page else 200), page
    assert f"{sheet}" in said(scene.alice.get(scene.address))
    assert "Garder cette journée" not in said(scene.vera.get(sheet))
    assert write(scene.vera, sheet, q_night="2").status_code == 403
    assert write(scene.charlie, sheet, q_night="2").status_code == 404
    assert scene.bob.post(f"{sheet}/liens", data={"name": "x", "role": "fill", "days": "7"}).status_code == 403
    assert living() == []
    assert write(scene.bob, sheet, q_night="2").status_code == 303
    line = db.session.query(ActivityLine).one().public_id
    for person, status in ((scene.vera, 403), (scene.charlie, 404), (scene.visitor, 303)):
        assert person.post(f"{sheet}/lignes/{line}/retirer").status_code == status
        assert person.get(f"{sheet}/lignes/{line}").status_code in (status, status - 1)
    assert scene.alice.get(f"{sheet}/lignes/aaaaaaaaaaaaa").status_code == 404
    assert scene.alice.get(f"{sheet}.pdf").status_code == 404


def test_a_day_is_written_once_and_nothing_typed_is_lost(scene):
    sheet = f"{scene.address}/activite"
    wrong = write(scene.bob, sheet, q_meal_fish="douze", q_night="3", words_waste="benne du fond", row0_quantity="5")
    page = said(wrong, 422)
    assert 'value="douze"' in page and 'value="3"' in page and 'value="benne du fond"' in page
    assert "Écrivez un nombre, par exemple 12 ou 12,5." in page and "Cette précision n’a pas de quantité" in page
    assert said(write(scene.bob, sheet), 422).count("remplissez au moins une case") >= 1
    late = {"day": (today() + timedelta(days=3)).isoformat(), "version": "k", "q_night": "1"}
    assert "pas encore passé" in said(scene.bob.post(sheet, data=late), 422)
    assert "Écrivez le jour" in said(scene.bob.post(sheet, data={**late, "day": "hier"}), 422)
    assert living() == []
    typed = {
        "q_meal_vegetarian": "46", "q_km_car": "120,5", "words_travel": "=HYPERLINK(1)", "q_waste_wood": "32",
        "row0_kind": "bought_set", "row0_quantity": "250", "row0_unit": "eur", "row0_words": "Contreplaqué",
        "row1_kind": "equipment_rented", "row1_quantity": "900", "row1_unit": "eur",
    }  # fmt: skip
    for _twice in range(2):
        assert write(scene.bob, sheet, **typed).status_code == 303
    assert len(living()) == 5
    assert write(scene.bob, sheet, q_night="4").status_code == 303  # gone back, the same page filled in anew
    assert len(living()) == 6
    page = said(scene.bob.get(f"{sheet}?jour={DAY}"))
    assert "Repas : Végétarien : 46 repas" in page and "Contreplaqué" in page and "Bob" in page
    assert "Rien encore pour ce jour." in said(scene.bob.get(f"{sheet}?jour=2026-11-02"))
    assert scene.bob.get(f"{sheet}?jour=toujours").status_code == 200
    (table,) = read_tables(scene.bob.get(f"{sheet}.csv").data)
    assert [row[0] for row in table.rows[1:]] == ["Transport", "Transport", "Repas", "Matériel", "Achats", "Achats"]
    assert "'=HYPERLINK(1)" in table.rows[1] and table.rows[1][4] == "120,5"
    names = [found.name for found in read_tables(scene.bob.get(f"{sheet}.xlsx").data)]
    assert names == ["Par poste", "Transport", "Repas", "Matériel", "Achats", "Énergie"]


def test_two_who_correct_the_same_line(scene):
    sheet = f"{scene.address}/activite"
    write(scene.bob, sheet, q_meal_fish="40")
    line = f"{sheet}/lignes/{db.session.query(ActivityLine).one().public_id}"
    values = {"day": DAY, "kind": "meal_fish", "unit": "meal", "words": "midi"}
    assert 'value="40"' in said(scene.alice.get(line))
    assert "Écrivez un nombre" in said(scene.alice.post(line, data={**values, "quantity": "x"}), 422)
    assert "l’autre unité" in said(scene.alice.post(line, data={**values, "quantity": "1", "unit": "kg"}), 422)
    assert "dans la liste" in said(scene.alice.post(line, data={**values, "quantity": "1", "kind": "given_away"}), 422)
    assert scene.alice.post(line, data={**values, "quantity": "42"}).status_code == 303
    late = said(scene.bob.post(line, data={**values, "quantity": "44"}), 409)
    assert "Elle dit maintenant : Repas : Poisson, 42 repas" in late and 'value="44"' in late
    after = re.search(r'action="(/productions/[^"]+/lignes/[^"/]+)"', late).group(1)
    assert after != line and scene.bob.post(after, data={**values, "quantity": "44"}).status_code == 303
    assert living() == [("meal_fish", "44", "midi")]
    last = db.session.query(ActivityLine).filter(ActivityLine.ended_at.is_(None)).one().public_id
    assert scene.alice.post(f"{sheet}/lignes/{last}/retirer").status_code == 303
    assert "Elle a été retirée" in said(scene.bob.post(after, data={**values, "quantity": "45"}), 409)
    assert living() == []
    page = said(scene.vera.get(f"{sheet}/corrections"))
    assert page.count("Repas : Poisson") >= 5 and "retirée" in page and "Alice" in page


@pytest.mark.both_databases
def test_saving_at_once_loses_nothing_and_correcting_at_once_keeps_one(scene):
    app, address, ids = scene.app, scene.shoot.public_id, {}
    with transaction():
        _link, secret = links.create_link(scene.actor, address, "fill", "Régie", 30)
    with transaction():
        sheets.add_lines(sheets.crew_writer(secret), today(), [sheets.Draft("night", Decimal(1), "night")], "first")
    ids["line"] = db.session.query(ActivityLine).one().public_id
    db.session.rollback()
    start, outcomes = Barrier(6), []

    def add(n):
        drafts = [sheets.Draft("meal_fish", Decimal(n + 1), "meal"), sheets.Draft("km_car", Decimal(9), "km")]
        return sheets.add_lines(sheets.crew_writer(secret), today(), drafts, "same" if n < 2 else f"k{n}")

    def correct(n):
        sheets.correct_line(
            sheets.crew_writer(secret), ids["line"], today(), sheets.Draft("night", Decimal(n), "night")
        )

    def act(n):
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    add(n) if n < 4 else correct(n)
                outcomes.append("done")
            except Exception as refusal:
                outcomes.append(type(refusal).__name__)
            db.session.remove()

    threads = [Thread(target=act, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["Conflict", *["done"] * 5]
    assert len(living()) == 1 + 4 * 2


def test_a_link_opens_its_sheet_and_nothing_else(scene):
    sheet = f"{scene.address}/activite"
    give = make_listing(scene.quai, "Feuilles secrètes")
    take = make_listing(make_organisation(), "Table prise", mass_grams=12000)
    opera = make_organisation("Opéra du Rhône", "venue")
    completed(give, opera, provider_production=scene.shoot)
    completed(
        take, scene.quai, receiver_production=scene.shoot, quantity=2, vehicle="van_12m3", distance_km=Decimal("20")
    )
    write(scene.bob, sheet, q_meal_fish="40")
    form = {"name": "Régie", "role": "fill", "days": "30"}
    bad = said(scene.alice.post(f"{sheet}/liens", data={"name": "", "role": "admin", "days": "9999"}), 422)
    assert "à qui vous le donnez" in bad and "Choisissez un rôle" in bad and "Choisissez une durée" in bad
    secrets = {}
    for role in ("fill", "read"):
        page = said(scene.alice.post(f"{sheet}/liens", data={**form, "role": role}))
        secrets[role] = re.search(r'value="http[^"]*?(/fiche/[^"]+)"', page).group(1)
    assert all(link.secret_hash not in secrets["fill"] for link in db.session.query(CrewLink))
    crew, reader = scene.app.test_client(), scene.app.test_client()

    filled = crew.get(f"{secrets['fill']}?jour={DAY}")
    page = said(filled)
    assert filled.headers["X-Robots-Tag"] == "noindex, nofollow" and "no-store" in filled.headers["Cache-Control"]
    assert "Garder cette journée" in page and "Poisson : 40" in page
    for hidden in (
        "Feuilles secrètes",
        "Table prise",
        "Opéra",
        "Bob",
        "/productions/",
        "D-20",
        "export",
        "Films du Quai",
    ):
        assert hidden not in page, hidden
    assert write(crew, secrets["fill"], version="c1", q_night="5").status_code == 303
    row = db.session.query(ActivityLine).filter_by(kind="night").one()
    assert row.user_id is None and row.link_id is not None
    line = f"{secrets['fill']}/lignes/{row.public_id}"
    corrected = {"day": DAY, "kind": "night", "unit": "night", "quantity": "6", "words": ""}
    assert crew.post(line, data=corrected).status_code == 303
    assert crew.get(f"{secrets['fill']}/export.csv").status_code == 404
    assert "Régie" in said(scene.alice.get(f"{sheet}?jour={DAY}"))

    page = said(reader.get(f"{secrets['read']}?jour=2026-11-12"))
    assert "Garder cette journée" not in page and "Table prise" in page and "D-20" not in page
    assert "Achat évité" in page and "Remis en circulation" in page and "Utilitaire 12 m³ : 40 km" in page
    assert write(reader, secrets["read"], q_night="5").status_code == 403
    assert reader.get(line.replace(secrets["fill"], secrets["read"])).status_code == 403
    (table,) = read_tables(reader.get(f"{secrets['read']}/export.csv").data)
    assert not any("Bob" in str(cell) or "D-" in str(cell) for row in table.rows for cell in row)
    sums = said(scene.alice.get(f"{sheet}?jour=2026-11-12"))
    assert "d’après l’échange" in sums and "24 kg" in sums

    assert crew.post(f"{secrets['fill']}/lignes/aaaaaaaaaaaaa", data=corrected).status_code == 404
    link = db.session.query(CrewLink).filter_by(role="fill").one()
    revoke = f"{sheet}/liens/{link.public_id}/revoquer"
    assert scene.bob.post(revoke).status_code == 403 and scene.charlie.post(revoke).status_code == 404
    assert scene.alice.post(revoke).status_code == 303 and scene.alice.post(revoke).status_code == 404
    assert "Demandez-en un autre" in said(crew.get(secrets["fill"]), 404)
    assert write(crew, secrets["fill"], q_night="5").status_code == 404
    with transaction() as session:
        last = session.query(CrewLink).filter_by(role="read").one()
        last.expires_at = last.created_at
    assert reader.get(secrets["read"]).status_code == 404
    assert crew.get("/fiche/" + "é" * 30).status_code == 404 and crew.get("/fiche/x").status_code == 404
