"""The ledger as a file: every term with all its digits, nothing that a spreadsheet runs, nothing of others."""

import csv
import io
import json
import zipfile
from datetime import date
from decimal import Decimal

import pytest

from marketplace.carbon import exporting, ledger
from marketplace.carbon.canonical import seal
from marketplace.carbon.streaming import Span
from marketplace.core.db import transaction
from tests.api.conftest import Description, Program, secret_of
from tests.carbon.made import completed, entries
from tests.factories import make_listing, make_organisation, make_production, make_user, owner_of, sign_in


class Scene:
    """Flats taken by a production and hauled, then taken back; a mystery; another organisation's own gift."""

    def __init__(self):
        self.alice = make_user("Alice")
        self.quai = make_organisation("Les Films du Quai", "production_company", owner=self.alice)
        self.shoot = make_production(self.quai)
        self.opera = make_organisation("=Opéra", "venue")
        haul = {"vehicle": "truck_12t", "distance_km": Decimal(38)}
        self.taken = completed(make_listing(self.opera), self.quai, receiver_production=self.shoot, **haul)
        mystery = make_listing(self.opera, "Un mystère", category_key="other", materials=[])
        completed(mystery, self.quai)
        completed(make_listing(self.opera, "Ailleurs"), make_organisation("Autre", "venue"))
        with transaction():
            ledger.reverse(entries(self.taken)[0])


@pytest.fixture
def scene(app) -> Scene:
    return Scene()


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_each_format_holds_every_term_with_all_its_digits(scene, client):
    alice = sign_in(client, scene.alice, scene.quai)
    taken, mystery, _other, back = entries()
    answer = alice.get("/tableau-de-bord/registre.csv")
    assert answer.headers["Content-Disposition"].startswith("attachment") and answer.is_streamed
    rows = rows_of(answer.data)
    of_entries = [row for row in rows if row["row"] == "entry"]
    assert [row["id"] for row in of_entries] == [taken.public_id, mystery.public_id, back.public_id]
    assert Decimal(of_entries[0]["result_kgco2e"]) == taken.result_kgco2e
    assert len(of_entries[0]["uncertainty_kgco2e"]) > 25
    assert of_entries[0]["giver"] == "'=Opéra" and of_entries[0]["reversed_by"] == back.public_id
    assert of_entries[1]["status"] == "not_quantified" and of_entries[1]["result_kgco2e"] == ""
    terms = [row for row in rows if row["row"] == "term" and row["position"] == "1"]
    made = sum(Decimal(row["amount_kgco2e"]) for row in terms)
    assert abs(made - taken.result_kgco2e) < Decimal("1e-20")
    assert any(row["factor"].startswith("tr.") for row in terms) and "prod.plywood" in {row["factor"] for row in terms}
    assert any(row["product"].startswith("d 0.6") and "kg" in row["product"] for row in terms)
    undone = [row for row in rows if row["row"] == "term" and row["position"] == "4"]
    assert [Decimal(row["amount_kgco2e"]) for row in undone] == [-Decimal(row["amount_kgco2e"]) for row in terms]

    body = alice.get(f"/productions/{scene.shoot.public_id}/registre.json").get_json()
    assert [row["position"] for row in body["entries"]] == [1, 4] and body["head"]["hash"] == back.hash
    first = body["entries"][0]
    assert seal(first["sealed_text"]) == first["hash"] == taken.hash
    assert first["terms"][0]["parts"][0] == {"symbol": "d", "value": "0.60", "unit": ""}
    assert first["share"] == "0.5" and Decimal(first["share_kgco2e"]) == taken.result_kgco2e / 2

    book = zipfile.ZipFile(io.BytesIO(alice.get("/tableau-de-bord/registre.xlsx").data))
    sheets = [book.read(f"xl/worksheets/sheet{n}.xml").decode() for n in (1, 2, 3)]
    assert "<f>" not in "".join(sheets) and "prod.plywood" in sheets[2]
    assert format(taken.result_kgco2e, "f") in sheets[0]

    assert [row["position"] for row in rows_of(alice.get("/tableau-de-bord/registre.csv?de=2026-11-13").data)] == []
    assert len(rows_of(alice.get("/tableau-de-bord/registre.csv?annee=2026").data)) == len(rows)
    for wrong in ("de=hier", "de=2026-02-30", "de=2026-11-02&a=2026-11-01", "annee=12"):
        assert alice.get(f"/tableau-de-bord/registre.csv?{wrong}").status_code == 422
    stranger = sign_in(client.application.test_client(), make_user("Charlie"))
    assert stranger.get(f"/productions/{scene.shoot.public_id}/registre.csv").status_code == 404


def test_a_workbook_too_large_says_what_to_take_instead(scene, client, monkeypatch):
    monkeypatch.setattr(exporting, "MOST_IN_WORKBOOK", 2)
    alice = sign_in(client, scene.alice, scene.quai)
    answer = alice.get("/tableau-de-bord/registre.xlsx")
    assert answer.status_code == 422 and "prenez le CSV" in answer.get_data(as_text=True)


def test_the_library_goes_out_with_credits_as_numbers(app, client):
    rows = rows_of(client.get("/carbone/facteurs.csv").data)
    assert len(rows) > 200 and {row["verified"] for row in rows} == {"true", "false"}
    credits = [row for row in rows if row["key"].endswith(".credit")]
    assert credits and all(Decimal(row["kgco2e_per_unit"]) < 0 for row in credits)


def test_over_the_api(scene, app):
    description = Description(app.test_client().get("/api/v1/openapi.json").get_json())
    ours = Program(app, description, secret_of(owner_of(scene.quai), "carbon"))
    assert [row["position"] for row in ours.get("/ledger/export").get_json()["entries"]] == [1, 2, 4]
    narrowed = ours.get(f"/ledger/export?format=csv&production={scene.shoot.public_id}&from=2026-11-01")
    assert [row["position"] for row in rows_of(narrowed.data) if row["row"] == "entry"] == ["1", "4"]
    assert ours.get("/ledger/export?format=xlsx").data[:2] == b"PK"
    assert ours.get("/ledger/export?from=2026-11-02&to=2026-11-01").status_code == 422
    theirs = make_production(scene.opera, "À eux")
    assert ours.get(f"/ledger/export?production={theirs.public_id}").status_code == 404


def test_a_long_ledger_is_read_in_pieces(scene, monkeypatch):
    from marketplace.carbon import streaming

    monkeypatch.setattr(streaming, "CHUNK", 1)
    span = Span(("organisation", scene.quai.id), date(2026, 1, 1), date(2026, 12, 31), 4)
    assert [record.entry["position"] for record in exporting.records(span)] == [1, 2, 4]
    assert len(json.loads(b"".join(exporting.json_pieces(span, {})))["entries"]) == 3
