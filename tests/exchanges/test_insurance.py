"""The certificate of insurance: asked for, sent, looked at, kept from everybody else."""

from datetime import date, timedelta
from io import BytesIO

import pytest

from marketplace.accounts.models import Organisation, User
from marketplace.catalogue import photos
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.exchanges import attachments, insurance
from marketplace.exchanges.models import Document
from marketplace.ports import current
from tests.exchanges.papers_world import FAR, PDF, PNG, Papers, day, papers_of
from tests.exchanges.test_rentals import NOW
from tests.factories import sign_in

pytestmark = pytest.mark.both_databases


@pytest.fixture
def counter(app, clock) -> Papers:
    clock.at(NOW)
    return Papers()


@pytest.fixture
def rental(counter) -> str:
    return counter.confirmed(counter.bob, 3, day(3), day(12))


@pytest.fixture
def browsers(app, counter):
    def browser(actor):
        user = db.session.get_one(User, actor.user_id)
        return sign_in(app.test_client(), user, db.session.get_one(Organisation, actor.organisation_id))

    return {name: browser(getattr(counter, name)) for name in ("alice", "bob", "carole")}


def send(counter, exchange, data=PDF, name="attestation.pdf", until=FAR, actor=None) -> Document:
    upload, shown, found = attachments.receive(name, data)
    with transaction():
        made = insurance.add(actor or counter.bob, exchange, upload, shown, found, until.isoformat()).id
    return db.session.get_one(Document, made)


def post(browser, exchange, data=PDF, name="attestation.pdf", until="2027-12-31"):
    form = {"file": (BytesIO(data), name), "valid_until": until}
    return browser.post(f"/echanges/{exchange}/papiers/assurance", data=form, content_type="multipart/form-data")


# --- where it stands ---


def made(until=FAR, *, key="papers/x.pdf", rendered=True) -> Document:
    return Document(valid_until=until, file_key=key, rendered_at=date.min if rendered else None)


@pytest.mark.parametrize(
    ("asked", "document", "state"),
    [
        (False, None, "not_asked"),
        (True, None, "missing"),
        (True, made(key=None, rendered=False), "reading"),
        (True, made(key=None), "unreadable"),
        (True, made(), "valid"),
        (False, made(), "valid"),
        (True, made(day(12)), "valid"),
        (True, made(day(11)), "short"),
        (True, made(day(1)), "short"),
        (True, made(day(28, 2)), "expired"),
        (True, made(None), "expired"),
    ],
)
def test_where_it_stands(asked, document, state):
    assert insurance.state_of(asked, document, day(12), day(1)) == state


# --- asking, sending ---


def test_the_provider_alone_asks_for_it(counter, rental):
    for actor, refused in ((counter.bob, NotAllowed), (counter.carole, NotFound)):
        with pytest.raises(refused), transaction():
            insurance.ask_for(actor, rental, True)
    with transaction():
        insurance.ask_for(counter.alice, rental, True)
    assert counter.get(rental).asks_insurance is True
    with transaction():
        insurance.ask_for(counter.alice, rental, False)
    assert counter.get(rental).asks_insurance is False


def test_a_certificate_is_kept_with_its_date_and_a_newer_one_takes_its_place(counter, rental, run_jobs):
    send(counter, rental, until=day(5))
    send(counter, rental)
    run_jobs()
    old, new = papers_of(counter.get(rental), "insurance")
    assert old.superseded_at and (new.valid_until, new.sent_by, new.superseded_at) == (FAR, "receiver", None)
    assert current("files").open(new.file_key).read() == PDF and new.sha256
    assert insurance.last_of(counter.get(rental)).id == new.id


def test_a_picture_is_kept_clean(counter, rental, run_jobs):
    planted = PNG + b"GPS: 45.7719"
    send(counter, rental, planted, "photo.PNG")
    run_jobs()
    kept = papers_of(counter.get(rental), "insurance")[0]
    data = current("files").open(kept.file_key).read()
    assert kept.media_type == "image/jpeg" and photos.look(data).format == "JPEG" and b"GPS" not in data


def test_what_turns_out_to_be_no_picture_is_said_unreadable(counter, rental, run_jobs):
    header = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x09\x00\x00\x00\x09\x08\x02\x00\x00\x00"
    broken = header + b"x" * 50
    send(counter, rental, broken, "photo.png")
    run_jobs()
    found = papers_of(counter.get(rental), "insurance")[0]
    assert found.file_key is None and insurance.state_of(True, found, day(12), day(1)) == "unreadable"


def test_the_job_may_run_twice(counter, rental):
    one = send(counter, rental)
    key = "uploads/aaaaaaaaaaaaaaaaaaaaaaaaaa"
    current("files").put(key, PDF)
    insurance.take_in(one.id, key)
    first = db.session.get_one(Document, one.id).file_key
    insurance.take_in(one.id, key)
    insurance.take_in(10**6, key)
    db.session.expire_all()
    kept = db.session.get_one(Document, one.id)
    assert kept.file_key == first and current("files").open(first).read() == PDF
    assert not current("files").exists(key)


HOSTILE = {
    "empty": (b"", "a.pdf"),
    "a page called a PDF": (b"<html><script>alert(1)</script>%PDF-1.4", "a.pdf"),
    "a drawing": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg"),
    "a PDF called a picture": (PDF, "a.png"),
    "a picture called a PDF": (PNG, "a.pdf"),
    "a PDF cut short": (PDF[:40], "a.pdf"),
    "a PDF that runs": (PDF.replace(b"/Catalog", b"/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>"), "a.pdf"),
    "a PDF that opens programs": (PDF.replace(b"/Catalog", b"/Catalog/OpenAction<</S/Launch>>"), "a.pdf"),
    "a PDF that carries files": (PDF.replace(b"/Catalog", b"/Catalog/Names<</EmbeddedFiles 1 0 R>>"), "a.pdf"),
    "a program": (b"MZ\x90\x00" + b"\x00" * 100, "a.exe"),
    "a program called a PDF": (b"MZ\x90\x00" + b"\x00" * 100, "a.pdf"),
    "no extension": (PDF, "attestation"),
    "an archive": (b"PK\x03\x04" + b"\x00" * 100, "a.pdf"),
    "a bomb": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\x00\x00\x00\x01\x00\x00\x08\x02\x00\x00\x00", "a.png"),
    "too heavy": (PDF + b" " * attachments.MAX_BYTES, "a.pdf"),
    "WebP is no certificate": (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "a.webp"),
}


@pytest.mark.one_database
@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_are_refused_and_not_kept(counter, rental, browsers, case):
    data, name = HOSTILE[case]
    with pytest.raises(Invalid) as refusal:
        attachments.receive(name, data)
    assert list(refusal.value.errors) == ["file"]
    answer = post(browsers["bob"], rental, data, name)
    assert answer.status_code == 422 and refusal.value.errors["file"][0] in answer.get_data(as_text=True)
    assert papers_of(counter.get(rental), "insurance") == []


def test_far_too_heavy_is_refused_before_it_is_read(counter, rental, browsers):
    assert post(browsers["bob"], rental, b"x" * (attachments.MAX_BYTES + 2 * 1024 * 1024)).status_code == 413


@pytest.mark.one_database
@pytest.mark.parametrize("until", ["", "2027-02-28", "hier", "2099-01-01", "2027-02-30", "9" * 400])
def test_days_that_cannot_be(counter, rental, browsers, until):
    answer = post(browsers["bob"], rental, until=until)
    assert answer.status_code == 422 and papers_of(counter.get(rental), "insurance") == []


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\bob\\a.pdf", "a.pdf"),
        ("a\x00\n‮b.pdf", "ab.pdf"),
        ("é" * 300 + ".pdf", "é" * 150 + "….pdf"),
    ],
)
def test_a_name_is_only_text(given, shown):
    assert attachments.shown_name(given) == shown


def test_so_many_files_and_no_more(counter, rental):
    for _file in range(insurance.MOST_FILES):
        send(counter, rental)
    with pytest.raises(Invalid):
        send(counter, rental)


def test_it_has_no_place_outside_a_living_rental(counter, rental):
    sold = counter.sold()
    counter.move(counter.bob, rental, "cancel", reason="Reporté")
    for exchange in (sold, rental):
        with pytest.raises(Conflict):
            send(counter, exchange)


def test_the_other_side_and_strangers_send_none(counter, rental, browsers):
    for actor, refused in ((counter.alice, NotAllowed), (counter.carole, NotFound)):
        with pytest.raises(refused):
            send(counter, rental, actor=actor)
    assert [post(browsers[name], rental).status_code for name in ("alice", "carole")] == [404, 404]
    assert papers_of(counter.get(rental), "insurance") == []


# --- pages ---


def test_the_page_warns_when_it_ends_before_the_rental(counter, rental, browsers, run_jobs):
    with transaction():
        insurance.ask_for(counter.alice, rental, True)
    page = f"/echanges/{rental}/papiers/assurance"
    assert "Manque encore" in browsers["alice"].get(page).get_data(as_text=True)
    assert "Envoyer l’attestation" in browsers["bob"].get(f"/echanges/{rental}").get_data(as_text=True)
    assert post(browsers["bob"], rental, until="2027-03-11").status_code == 303
    run_jobs()
    for name in ("alice", "bob"):
        shown = browsers[name].get(page).get_data(as_text=True)
        assert "Elle finit le 11 mars 2027, et la location le 12 mars 2027" in shown
    assert post(browsers["bob"], rental, until="2027-03-12").status_code == 303
    run_jobs()
    assert "Valable" in browsers["alice"].get(page).get_data(as_text=True)
    assert browsers["carole"].get(page).status_code == 404


def test_it_is_served_to_both_sides_to_be_saved_and_to_nobody_else(counter, rental, browsers, run_jobs, app):
    post(browsers["bob"], rental, name="<img src=x>.pdf")
    run_jobs()
    one = papers_of(counter.get(rental), "insurance")[0]
    path = f"/echanges/{rental}/papiers/{one.public_id}"
    for name in ("alice", "bob"):
        answer = browsers[name].get(path)
        assert answer.status_code == 200 and answer.data == PDF and answer.mimetype == "application/pdf"
        said = answer.headers["Content-Disposition"]
        assert said.startswith("attachment") and "img" not in said and "assurance-" in said
        assert (
            answer.headers["X-Content-Type-Options"] == "nosniff"
            and "sandbox" in answer.headers["Content-Security-Policy"]
        )
        assert answer.headers["Cache-Control"] == "no-store"
    assert browsers["carole"].get(path).status_code == 404
    assert app.test_client().get(path).status_code == 303
    assert "<img src=x>" not in browsers["alice"].get(f"/echanges/{rental}").get_data(as_text=True)
    assert app.test_client().get(f"/q/{one.code}").status_code == 404  # its code is printed nowhere


def test_a_moderator_of_a_dispute_does_not_see_it(counter, rental, run_jobs, app):
    from tests.factories import make_user

    send(counter, rental)
    run_jobs()
    counter.move(counter.bob, rental, "dispute", reason="Rien ne va")
    moderator = sign_in(app.test_client(), make_user("Modo", moderator=True))
    one = papers_of(counter.get(rental), "insurance")[0]
    assert moderator.get(f"/echanges/{rental}").status_code == 200
    assert moderator.get(f"/echanges/{rental}/papiers/{one.public_id}").status_code == 404
    assert moderator.get(f"/echanges/{rental}/papiers/assurance").status_code == 404


def test_the_day_is_that_of_the_place(counter):
    assert insurance.state_of(True, made(day(1)), None, day(1)) == "valid"
    assert insurance.state_of(True, made(day(1)), None, day(1) + timedelta(days=1)) == "expired"
