"""Reports and statements: made once by the worker, the same bytes for the same data, left as they are, told apart."""

import hashlib
import json
from decimal import Decimal

import pytest

from marketplace.carbon import ledger, reports
from marketplace.carbon.canonical import seal
from marketplace.carbon.models import LedgerEntry
from marketplace.carbon.models_reports import CarbonReport
from marketplace.core.db import db, transaction
from marketplace.web import report_papers
from tests.carbon.made import completed, entries
from tests.exchanges.papers_world import missing, read
from tests.factories import (
    actor_of,
    make_listing,
    make_organisation,
    make_production,
    make_user,
    sign_in,
)


class Scene:
    """A production that took flats, gave into a stock, hauled one flat too far, took what has no figure."""

    def __init__(self):
        self.alice = make_user("Alice")
        self.quai = make_organisation("Les Films du Quai", "production_company", owner=self.alice)
        self.shoot = make_production(self.quai, "Les Heures creuses")
        self.opera = make_organisation("Opéra du Rhône", "venue")
        self.centre = make_organisation("Ressourcerie Le Contrechamp", "reuse_centre")
        flats = make_listing(self.opera, "=Feuilles; de décor")
        self.taken = completed(flats, self.quai, receiver_production=self.shoot)
        self.given = completed(
            make_listing(self.quai, "Chaises de bistrot", category_key="chair"), self.centre,
            provider_production=self.shoot,
        )  # fmt: skip
        self.worse = completed(
            make_listing(self.opera, "Une feuille venue de loin"), self.quai, quantity=1,
            receiver_production=self.shoot, vehicle="truck_12t", distance_km=Decimal(4000),
        )  # fmt: skip
        self.silent = completed(
            make_listing(self.opera, "Un mystère", category_key="other", materials=[]),
            self.quai,
            receiver_production=self.shoot,
        )

    @property
    def owner(self):
        return actor_of(self.alice, self.quai)

    def ask(self, since=None, until=None, language="fr") -> int:
        with transaction():
            subject = reports.of_production(self.owner, self.shoot.public_id)
            return reports.ask(subject, since, until, language).id


@pytest.fixture
def scene(app) -> Scene:
    return Scene()


def get(report_id: int) -> CarbonReport:
    db.session.rollback()
    return db.session.get_one(CarbonReport, report_id, populate_existing=True)


def stored(report: CarbonReport, extension: str) -> bytes:
    with report_papers.opened(report, extension) as handle:
        return handle.read()


def test_a_report_is_made_shown_kept_and_told_when_the_ledger_corrects_it(scene, client, run_jobs):
    report_id = scene.ask()
    with transaction():
        again = reports.ask(reports.of_production(scene.owner, scene.shoot.public_id), None, None, "fr")
        assert again.id == report_id  # a double click
    alice = sign_in(client, scene.alice, scene.quai)
    page = alice.get(f"/rapports/{get(report_id).public_id}").get_data(as_text=True)
    assert "0 écritures lues sur 4" in page and "<noscript>" in page
    run_jobs()
    report = get(report_id)
    assert (report.state, report.entries_read) == ("ready", 4)
    assert (
        report.digest == seal(report.content) and report.pdf_sha256 == hashlib.sha256(stored(report, "pdf")).hexdigest()
    )
    said = json.loads(report.content)
    assert said["head"] == {"position": 4, "hash": entries()[-1].hash}
    pdf, text = read(stored(report, "pdf"))
    assert 2 <= len(pdf.pages) <= 6
    wanted = [
        "Rapport carbone", "Les Heures creuses", "=Feuilles; de décor", "Ressourcerie Le Contrechamp",
        "Pire que du neuf",
        "Une feuille venue de loin", "Un mystère", "prod.plywood", "ICE v2.0", "2026.1", "s’en retranchent jamais",
        "Limites.", report.digest[:4],
    ]  # fmt: skip
    assert missing(wanted, text) == []
    csv = stored(report, "csv").decode("utf-8-sig")
    assert csv.count("\r\n") == 5 and '"\'=Feuilles; de décor"' in csv
    for extension in ("pdf", "csv", "xlsx"):
        answer = alice.get(f"/rapports/{report.public_id}/{extension}")
        assert answer.status_code == 200 and answer.data == stored(report, extension)
    # made anew: the same bytes
    made = report_papers.files_of(report)
    assert made.digest == report.digest
    assert {name: hashlib.sha256(data).hexdigest() for name, data in made.files.items()} == {
        "pdf": report.pdf_sha256,
        "csv": report.csv_sha256,
        "xlsx": report.xlsx_sha256,
    }
    # a stranger
    stranger = sign_in(client.application.test_client(), make_user("Charlie"))
    for path in (f"/rapports/{report.public_id}", f"/rapports/{report.public_id}/pdf",
                 f"/productions/{scene.shoot.public_id}/rapports"):  # fmt: skip
        assert stranger.get(path).status_code == 404
    # the ledger corrects
    with transaction():
        ledger.reverse(db.session.query(LedgerEntry).filter_by(exchange_id=scene.taken).one())
    page = alice.get(f"/productions/{scene.shoot.public_id}/rapports").get_data(as_text=True)
    assert "corrigé depuis" in page
    assert "1 écritures retirées ou corrigées" in alice.get(f"/rapports/{report.public_id}").get_data(as_text=True)
    assert stored(report, "pdf") and get(report_id).digest == made.digest
