"""The certificate: tagged, complete, fetching nothing but our own files."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from marketplace.core.db import db
from marketplace.exchanges.models import Document
from marketplace.web import papers


@pytest.fixture
def certificate(world) -> Document:
    world.completed(4)
    return db.session.query(Document).one()


def read(data: bytes) -> tuple[PdfReader, str]:
    reader = PdfReader(BytesIO(data))
    return reader, " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def test_it_names_parties_lines_masses_and_what_was_avoided(world, certificate):
    from marketplace.carbon.queries import entries_of_exchange
    from marketplace.web.filters import doubt

    _reader, text = read(papers.pdf(certificate))
    exchange = world.get(world.get_id(certificate))
    entry = entries_of_exchange(exchange.id)[0]
    wanted = [
        world.giver.name,
        world.taker.name,
        exchange.reference,
        "Feuilles de décor 3 m",
        "4 pièces",
        "12 novembre 2026",
        entry.public_id,
        *doubt(entry.result_kgco2e, entry.uncertainty_kgco2e).split("\xa0"),
        "1 / 1",
    ]
    assert [part for part in wanted if part not in text.replace("\xa0", " ")] == []
    assert certificate.code.replace("-", "") in text.replace("-", "").replace(" ", "")


def test_it_is_tagged_for_readers_of_all_kinds(certificate):
    reader, _text = read(papers.pdf(certificate))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "fr" and "/StructTreeRoot" in root
    assert b"pdfuaid" in root["/Metadata"].get_data()
    assert reader.metadata.title == "Certificat de don"


def test_the_job_runs_twice_and_renders_once(certificate, run_jobs):
    run_jobs()
    db.session.expire_all()
    kept = db.session.query(Document).one()
    first = (kept.file_key, kept.sha256, kept.rendered_at)
    assert all(first)
    papers.render(kept.id)
    db.session.expire_all()
    kept = db.session.query(Document).one()
    assert (kept.file_key, kept.sha256, kept.rendered_at) == first
    papers.render(10**6)


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/x.css",
        "http://127.0.0.1:9/x",
        "file:///etc/passwd",
        "file://host/etc/passwd",
        "ftp://example.org/x",
        "data:text/css,*{}",
    ],
)
def test_nothing_is_fetched_but_our_own_files(app, address):
    with pytest.raises(ValueError, match="not one of our files"):
        papers._fetcher().fetch(address)


def test_a_path_that_climbs_out_is_refused(app):
    inside = papers._static().as_uri()
    with pytest.raises(ValueError, match="not one of our files"):
        papers._fetcher().fetch(f"{inside}/../pyproject.toml")
    with pytest.raises(ValueError, match="not one of our files"):
        papers._fetcher().fetch(f"{inside}/%2e%2e/pyproject.toml")


def test_what_users_wrote_is_text_in_it(world):
    from tests.factories import make_listing

    odd = make_listing(world.giver, "<img src='http://127.0.0.1:9/x'> <b>gras</b>")
    exchange = world.ask(1, listing=odd)
    world.move(world.alice, exchange, "accept")
    world.move(world.alice, exchange, "hand_over", code=world.get(exchange).hand_over_code)
    _reader, text = read(papers.pdf(db.session.query(Document).one()))
    assert "<b>gras</b>" in text
