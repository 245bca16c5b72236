"""Reports and statements: made once by the worker, the same bytes for the same data, left as they are, told apart."""

import hashlib
import json
from datetime import date
from decimal import Decimal

import pytest

from marketplace.carbon import ledger, reports
from marketplace.carbon.canonical import seal
from marketplace.carbon.models import LedgerEntry
from marketplace.carbon.models_reports import CarbonReport
from marketplace.carbon.report_facts import gather, shortened
from marketplace.carbon.streaming import Span
from marketplace.core.db import db, transaction
from marketplace.web import report_papers
from tests.carbon.made import completed, entries
from tests.exchanges.papers_world import missing, read
from tests.factories import (
    actor_of,
    add_member,
    make_listing,
    make_organisation,
    make_production,
    make_user,
    owner_of,
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
    assert "1 écriture retirée ou corrigée." in alice.get(f"/rapports/{report.public_id}").get_data(as_text=True)
    assert stored(report, "pdf") and get(report_id).digest == made.digest


def test_a_statement_sums_what_it_does_not_list_and_fits_its_pages(app):
    quai = make_organisation("Les Films du Quai", "production_company")
    opera = make_organisation("Opéra du Rhône", "venue")
    things = [
        make_listing(opera, f"Chaise {n} " + "à dossier haut, velours vert, pieds tournés " * 2) for n in range(45)
    ]
    completed(things[:44], quai, quantity=2)
    early = completed(things[44], quai, quantity=1, vehicle="truck_12t", distance_km=Decimal(4000))
    with transaction():
        subject = reports.of_organisation(owner_of(quai), quai.id)
        report = reports.ask(subject, date(2026, 1, 1), date(2026, 12, 31), "en")
    made = report_papers.files_of(db.session.get_one(CarbonReport, report.id))
    pdf, text = read(made.files["pdf"])
    assert len(pdf.pages) <= 6
    wanted = ["Carbon statement", "Year 2026", "5 other entries, smaller", "Worse than new", "Chaise 44", "Limits."]
    assert missing(wanted, text) == []
    assert made.files["csv"].startswith(b"\xef\xbb\xbfEntry,Code,Date,")

    facts = gather(reports.span_of(db.session.get_one(CarbonReport, report.id)))
    for most in (40, 12):
        shown, rest, count = shortened(facts, most)
        assert (len(shown), count) == (most, 45 - most)
        assert sum((line.own for line in shown), rest.own_kgco2e) == facts.both.own_kgco2e
    assert [line.entry.exchange_id for line in facts.worse] == [early]
    assert facts.both.own_kgco2e == sum((e.result_kgco2e for e in entries()), Decimal(0)) / 2


def test_what_was_taken_back_shows_once_and_only_where_it_must(app, clock):
    quai = make_organisation("Les Films du Quai", "production_company")
    opera = make_organisation("Opéra du Rhône", "venue")
    first = completed(make_listing(opera), quai)
    clock.at("2027-01-20T12:00:00+01:00")
    with transaction():
        ledger.reverse(entries(first)[0], on=date(2027, 1, 20))
    scope = ("organisation", quai.id)

    def states(since, until):
        facts = gather(Span(scope, since, until, 2))
        return [line.state for line in facts.exchanges], facts.both.own_kgco2e

    before, own = states(date(2026, 1, 1), date(2026, 12, 31))
    after, taken = states(date(2027, 1, 1), date(2027, 12, 31))
    assert (before, after) == (["withdrawn"], ["withdraws"]) and own == -taken > 0
    assert states(None, None) == ([], Decimal(0))


def test_a_report_that_fails_says_so_and_is_made_again(scene, client, monkeypatch):
    report_id = scene.ask(date(2026, 11, 1), date(2026, 11, 30))
    monkeypatch.setattr(report_papers, "_pdf", lambda *_given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        report_papers.make(report_id)
    report = get(report_id)
    alice = sign_in(client, scene.alice, scene.quai)
    page = alice.get(f"/rapports/{report.public_id}").get_data(as_text=True)
    assert "n’a pas pu être fait" in page and alice.get(f"/rapports/{report.public_id}/pdf").status_code == 404
    with transaction() as session:  # as a worker leaves it that is killed half-way
        session.get_one(CarbonReport, report_id).state = "making"
    monkeypatch.setattr(report_papers, "_pdf", lambda *_given: b"%PDF paper")
    report_papers.make(report_id)
    report_papers.make(report_id)
    assert (get(report_id).state, stored(get(report_id), "pdf")) == ("ready", b"%PDF paper")
    assert alice.post(f"/rapports/{report.public_id}/refaire").status_code == 409


def test_what_cannot_be_asked_says_why(scene, client):
    alice = sign_in(client, scene.alice, scene.quai)
    path = f"/productions/{scene.shoot.public_id}/rapports"

    def refused(**values):
        answer = alice.post(path, data={"period": "all", "language": "fr", **values})
        assert answer.status_code == 422
        return answer.get_data(as_text=True)

    assert "Aucune écriture dans cette période" in refused(period="year", year="2020")
    assert "Choisissez une année" in refused(period="year", year="20x0")
    assert "La fin vient avant le début" in refused(period="days", since="2026-02-02", until="2026-02-01")
    assert "Donnez le premier jour" in refused(period="days", until="2026-02-01")
    assert "Choisissez le français" in refused(language="de")
    assert "Choisissez une période" in refused(period="jamais")
    reader = make_user("Lise")
    add_member(scene.quai, reader, "viewer")
    lise = sign_in(client.application.test_client(), reader, scene.quai)
    assert "Faire le rapport" not in lise.get(path).get_data(as_text=True)
    assert lise.post(path, data={"period": "all", "language": "fr"}).status_code == 403
    answer = alice.post("/tableau-de-bord/releves", data={"year": "2026", "language": "fr"})
    assert answer.status_code == 303 and "/rapports/" in answer.headers["Location"]
