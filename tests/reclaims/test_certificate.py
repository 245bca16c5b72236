"""The certificate of a collection: masses by stream and outcome, what was avoided with reuse and material apart, a code
anybody may verify; corrected, another one takes its place and says so."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from marketplace.core.db import db
from marketplace.exchanges.models import Document
from marketplace.web import papers
from tests.reclaims.intake_world import Dock, make_dock, part


@pytest.fixture
def dock(app) -> Dock:
    return make_dock()


def certificates(dock: Dock, exchange: str) -> list[Document]:
    query = db.session.query(Document).filter_by(exchange_id=dock.get(exchange).id, kind="reclaim_certificate")
    return query.order_by(Document.id).all()


def read(document: Document, language: str = "fr") -> tuple[PdfReader, str]:
    reader = PdfReader(BytesIO(papers.pdf(document, language)))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).replace("\xa0", " ").split())
    return reader, text


@pytest.fixture
def exchange(dock) -> str:
    return dock.closed(
        ("wood", "840", {"what": "panneaux peints"}, part("recycling", "500", "Rhône Bois"),
         part("to_stock", "300", ""), part("direct_reuse", None, "Atelier du Quai", taker="production")),
        ("plastic", "45", {"material": "eps"}, part("energy", None, "UVE de Gerland")),
        ("textile", "30", {"contaminated_percent": "10", "contamination_note": "boue"},
         part("recycling", None, "Le Relais")),
    )  # fmt: skip


def test_it_names_streams_outcomes_destinations_and_figures(dock, exchange):
    (document,) = certificates(dock, exchange)
    _reader, text = read(document)
    wanted = [
        dock.company.name, dock.centre.name, "Les Heures creuses", dock.get(exchange).reference,
        "Bois, panneaux peints *", "Recyclage (R3)", "Rhône Bois", "Énergie (R1)", "UVE de Gerland", "915 kg",
        "attribué : 915 kg", "Matière", "Transport", "Stock", "rien encore", "Ines",
        "Aucun facteur publié pour ce que cette matière est devenue", "souillé à 10 %", "D. 543-281",
    ]  # fmt: skip
    assert [part for part in wanted if part not in text] == []
    assert document.code.replace("-", "") in text.replace("-", "").replace(" ", "")
    assert "Plastique −100 kgCO2e" in text


def test_reuse_and_material_are_never_on_one_line(dock):
    exchange = dock.closed(
        ("wood", "100", {"material": "plywood"}, part("direct_reuse", "50", "Atelier", taker="production"),
         part("recycling")), vehicle=None,
    )  # fmt: skip
    _reader, text = read(certificates(dock, exchange)[0])
    # 50 × 0.2838 = 14.19, 50 × 0.374 = 18.7
    assert "Réemploi direct 14,2 ±" in text and "Matière 18,7 ±" in text


def test_it_is_tagged_and_in_both_languages(dock, exchange):
    (document,) = certificates(dock, exchange)
    for language, title in (("fr", "Certificat de collecte"), ("en", None)):
        reader, _text = read(document, language)
        root = reader.trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == language and "/StructTreeRoot" in root
        assert b"pdfuaid" in root["/Metadata"].get_data()
        assert title is None or reader.metadata.title == title


def test_its_code_verifies_it_without_naming_anybody(dock, exchange, client, run_jobs):
    run_jobs()
    (document,) = certificates(dock, exchange)
    db.session.refresh(document)
    assert document.file_key and document.sha256
    page = client.get(f"/q/{document.code}")
    text = page.text.replace("\xa0", " ")
    assert page.status_code == 200 and "authentique" in text and "915 kg" in text and document.sha256 in text
    assert all(word not in text for word in ("Ines", "UVE de Gerland", "Rhône Bois"))


def test_corrected_another_takes_its_place_and_says_so(dock, exchange, client, run_jobs):
    run_jobs()
    eps = next(one for one in dock.live(exchange) if one.stream == "plastic")
    dock.correct(exchange, eps.public_id, "plastic", "54", part("energy", None, "UVE de Gerland"), material="eps")
    run_jobs()
    old, new = certificates(dock, exchange)
    for one in (old, new):
        db.session.refresh(one)
    assert old.superseded_at and not new.superseded_at and new.file_key
    _reader, text = read(new)
    assert "Ce certificat remplace ceux d’avant." in text and "La balance était mal tarée." in text and "924 kg" in text
    page = client.get(f"/q/{old.code}").text
    assert "remplacé" in page and "une pesée a été corrigée" in page
    assert "authentique" in client.get(f"/q/{new.code}").text
