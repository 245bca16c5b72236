"""What a code tells anybody: unaltered or not, what became of it, and no name that did not agree."""

import json
from io import BytesIO

import pytest

from marketplace.accounts.models import Organisation
from marketplace.carbon import ledger, reports, verification
from marketplace.carbon.canonical import canonical_text, seal
from marketplace.core.db import db, transaction
from marketplace.web import report_papers
from tests.api.conftest import Description, Program
from tests.carbon.made import completed, entries
from tests.factories import make_listing, make_organisation, make_production, make_user, owner_of


class Scene:
    """A gift between two organisations, of which one agreed to be named, and one to a person."""

    def __init__(self):
        self.quai = make_organisation("Les Films du Quai", "production_company")
        self.opera = make_organisation("Opéra du Rhône", "venue")
        self.shoot = make_production(self.quai, "Les Heures creuses")
        self.camille = make_organisation("Camille Person", "person", owner=make_user("Camille"))
        self.first = completed(make_listing(self.quai), self.opera, provider_production=self.shoot)
        self.second = completed(make_listing(self.quai, "Autre"), self.camille, provider_production=self.shoot)
        with transaction() as session:
            for one in (self.opera, self.camille):
                session.get_one(Organisation, one.id).named_in_verifications = True


@pytest.fixture
def scene(app) -> Scene:
    return Scene()


def said(answer, status=200):
    assert answer.status_code == status, answer.status
    return answer.get_data(as_text=True).replace("\u00a0", " ")


@pytest.mark.both_databases
@pytest.mark.parametrize("form", ["id", "grouped", "typed"])
def test_an_entry_by_any_of_its_codes(scene, client, form):
    entry = entries(scene.first)[0]
    code = {
        "id": entry.public_id,
        "grouped": f"{entry.hash[:4]} {entry.hash[4:8]} {entry.hash[8:12]} {entry.hash[12:16]}",
        "typed": entry.hash[:18].upper() + "  ",
    }[form]
    page = said(client.get("/verifier", query_string={"code": code}, follow_redirects=True))
    assert "Écriture E-000001" in page and "intacte" in page and "1 sur 2" in page
    assert "Opéra du Rhône" in page and "Les Films du Quai" not in page and "Les Heures creuses" not in page
    assert "Société de production" in page and "prod.plywood" in page


def test_corrected_taken_back_tampered_unknown(scene, client, app):
    first, second = entries()
    assert "Camille" not in said(client.get(f"/verifier/{second.public_id}"))
    with transaction():
        ledger.reverse(first)
    page = said(client.get(f"/verifier/{first.public_id}"))
    assert "Retirée le" in page and "E-000003" in page and "intacte" in page
    assert "Contre-écriture" in said(client.get(f"/verifier/{entries()[-1].public_id}"))
    for code in ("aaaaaaaaaaaaa", "0123456789abcdef", "x", "%", "a" * 400):
        assert "Ce code n’est celui d’aucune écriture" in said(client.get(f"/verifier/{code}"), 404)
    description = Description(app.test_client().get("/api/v1/openapi.json").get_json())
    told = Program(app, description, None).get(f"/verify/{first.hash[:16]}").get_json()
    assert (told["kind"], told["unaltered"], told["state"]) == ("entry", True, "withdrawn")
    assert [side["name"] for side in told["entry"]["sides"]] == [None, "Opéra du Rhône"]
    assert Program(app, description, None).get("/verify/nobody").status_code == 404


@pytest.mark.parametrize("change", ["text", "column", "chain"])
def test_what_was_changed_behind_the_ledgers_back_shows(scene, client, monkeypatch, change):
    """As a hand in the database would leave it: its guards refuse one, so the row is changed on its way."""
    entry = entries()[0]
    db.session.expunge(entry)
    if change == "text":
        entry.canonical = entry.canonical.replace('"status":"counted"', '"status":"provisional"')
    elif change == "column":
        entry.mass_grams += 1
    else:
        entry.previous_hash = "1" * 64
        entry.canonical = canonical_text(json.loads(entry.canonical) | ledger.place_of(entry))
        entry.hash = seal(entry.canonical)
    monkeypatch.setattr(verification, "find", lambda _code: entry)
    page = said(client.get(f"/verifier/{entry.public_id}"))
    assert "altérée" in page and "Ne vous fiez pas" in page
    assert ("n’est plus à sa place" in page) is (change == "chain")


@pytest.fixture
def made(scene, monkeypatch) -> int:
    """A report whose paper is a few bytes: others look at papers."""
    monkeypatch.setattr(report_papers, "_pdf", lambda *_given: b"%PDF-1.7 paper")
    with transaction():
        subject = reports.of_production(owner_of(scene.quai), scene.shoot.public_id)
        report_id = reports.ask(subject, None, None, "fr").id
    report_papers.make(report_id)
    return report_id


@pytest.mark.both_databases
def test_a_report_by_its_code_and_by_its_file(scene, made, client, app):
    report = db.session.get_one(reports.CarbonReport, made, populate_existing=True)
    path = f"/verifier/{report.digest[:16]}"
    page = said(client.get(path))
    assert "intact" in page and "Toutes les écritures" in page and "jusqu’à l’écriture E-000002" in page
    assert "Les Films du Quai" not in page and "Les Heures creuses" not in page
    with transaction() as session:
        session.get_one(Organisation, scene.quai.id).named_in_verifications = True
    assert "Les Films du Quai, Les Heures creuses" in said(client.get(path))
    with transaction():
        ledger.reverse(entries()[0])
    assert "corrigé depuis" in said(client.get(path))
    description = Description(app.test_client().get("/api/v1/openapi.json").get_json())
    told = Program(app, description, None).get(f"/verify/{report.digest}").get_json()
    assert (told["state"], told["report"]["corrected_since"], told["unaltered"]) == ("changed_since", 1, True)

    def send(data: bytes):
        return client.post("/verifier/fichier", data={"file": (BytesIO(data), "rapport.pdf")})

    assert "à l’octet près, celui qui a été fait ici" in said(send(b"%PDF-1.7 paper"))
    assert "aucun rapport fait ici" in said(send(b"%PDF-1.7 papier"), 404)
    assert "Choisissez le fichier" in said(send(b""), 422)
    assert send(b"x" * (9 * 1024 * 1024)).status_code == 413
    with transaction() as session:
        kept = session.get_one(reports.CarbonReport, made)
        kept.content = json.dumps(json.loads(kept.content) | {"language": "en"})
    assert "altéré" in said(client.get(path))
