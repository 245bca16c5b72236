"""Who hears of a signature and of a certificate of insurance, by which channel, in which words."""

import pytest
from flask_babel import force_locale

from marketplace.accounts.models import Organisation, User
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.exchanges import attachments, insurance, signing
from marketplace.exchanges.models import Document
from marketplace.messaging import queries, services, texts
from marketplace.messaging.models import Notification
from tests.exchanges.papers_world import FAR, PDF, Papers, day, papers_of
from tests.exchanges.test_rentals import NOW
from tests.factories import actor_of, add_member, make_user, sign_in

pytestmark = pytest.mark.both_databases

BROKEN = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x09\x00\x00\x00\x09\x08\x02\x00\x00\x00" + b"x" * 50


@pytest.fixture
def counter(app, clock) -> Papers:
    clock.at(NOW)
    return Papers()


@pytest.fixture
def rental(counter, run_jobs) -> str:
    """Bob's, confirmed, its agreement to be signed."""
    exchange = counter.confirmed(counter.bob, 3, day(1), day(12))
    run_jobs()
    return exchange


def sign(counter, actor, exchange, document=None, **values) -> Document:
    document = document or papers_of(counter.get(exchange), "agreement")[-1]
    with transaction():
        signing.sign(actor, exchange, document.public_id, **{"name": "Ada Signe", "sha256": document.sha256, **values})
    return document


def send(actor, exchange, data=PDF, name="attestation.pdf", until=FAR) -> None:
    upload, shown, found = attachments.receive(name, data)
    with transaction():
        insurance.add(actor, exchange, upload, shown, found, until.isoformat())


def told(actor, kind) -> list[Notification]:
    """The oldest first."""
    rows = queries.notifications_of(actor.user_id).items
    return [row for row in reversed(rows) if row.kind == kind]


def said(actor, kind, language="fr") -> list[str]:
    with force_locale(language):
        return [texts.words(row.kind, row.data).sentence for row in told(actor, kind)]


def colleague(actor, name="Dora"):
    """Somebody else who decides in the same house."""
    house = db.session.get_one(Organisation, actor.organisation_id)
    user = make_user(name)
    add_member(house, user, "manager")
    return actor_of(db.session.get_one(User, user.id), house)


# --- signatures ---


def test_the_side_that_did_not_sign_hears_of_it_and_finds_the_paper(app, counter, rental, run_jobs, outbox_mail):
    before = len(outbox_mail())
    paper = sign(counter, counter.bob, rental, name="Bob Renaud")
    assert told(counter.bob, "paper_signed") == []
    (row,) = told(counter.alice, "paper_signed")
    assert row.path == f"/echanges/{rental}/papiers/{paper.public_id}/signer"
    (sentence,) = said(counter.alice, "paper_signed")
    assert "Bob Renaud a signé pour Les Films du Quai" in sentence and "Il manque la vôtre" in sentence
    run_jobs()
    (mail,) = outbox_mail()[before:]
    assert mail["To"] == db.session.get_one(User, counter.alice.user_id).email
    assert mail["Subject"] == "Contrat signé : Chaises bistro" and "Il manque la vôtre" in mail.get_content()
    alice = sign_in(app.test_client(), db.session.get_one(User, counter.alice.user_id), counter.house)
    assert alice.post(f"/notifications/{row.public_id}").location == row.path
    assert alice.get(row.path).status_code == 200


def test_the_second_yes_says_that_both_are_there(counter, rental):
    sign(counter, counter.alice, rental)
    sign(counter, counter.bob, rental)
    assert "Il manque la vôtre" in said(counter.bob, "paper_signed")[0]
    assert "Les deux côtés ont dit oui" in said(counter.alice, "paper_signed")[0]
    assert "Both sides have said yes" in said(counter.alice, "paper_signed", "en")[0]


def test_what_was_signed_by_code_at_the_counter_is_told_to_those_who_were_not_there(counter, rental):
    dora = colleague(counter.alice)
    sign(counter, counter.alice, rental, name="Momo", code=counter.get(rental).hand_over_code)
    assert told(counter.alice, "paper_signed") == []
    (sentence,) = said(counter.bob, "paper_signed")
    assert "Momo a signé pour vous" in sentence and "Il manque la signature de" in sentence
    (sentence,) = said(dora, "paper_signed")
    assert "à votre comptoir" in sentence and "Il manque la vôtre" in sentence


def test_reports_of_departure_and_return_are_named(counter, run_jobs, clock):
    exchange = counter.out(counter.bob, 3, day(1), day(12))
    run_jobs()
    sign(counter, counter.alice, exchange, papers_of(counter.get(exchange), "condition")[0])
    clock.forward(days=2)
    counter.move(counter.alice, exchange, "return")
    run_jobs()
    sign(counter, counter.alice, exchange, papers_of(counter.get(exchange), "condition")[1])
    subjects = [texts.words(row.kind, row.data).subject for row in told(counter.bob, "paper_signed")]
    assert [subject.split(" : ")[0] for subject in subjects] == [
        "État des lieux de départ signé",
        "État des lieux de retour signé",
    ]


def test_a_yes_that_was_refused_is_nobodys_news(counter, rental):
    sign(counter, counter.bob, rental)
    for values in ({}, {"sha256": "0" * 64}):
        with pytest.raises(Conflict):
            sign(counter, counter.bob, rental, **values)
    assert len(told(counter.alice, "paper_signed")) == 1 and told(counter.carole, "paper_signed") == []


# --- the certificate of insurance ---


def test_a_certificate_that_will_do_is_told_to_both_sides(counter, rental, run_jobs, outbox_mail):
    before = len(outbox_mail())
    send(counter.bob, rental)
    assert told(counter.alice, "insurance_changed") == []  # its file is not opened yet
    run_jobs()
    (row,) = told(counter.alice, "insurance_changed")
    assert row.path == f"/echanges/{rental}/papiers/assurance"
    assert "valable jusqu’au 31 décembre 2027. Échange" in said(counter.alice, "insurance_changed")[0]
    assert "couvre la location jusqu’au retour" in said(counter.bob, "insurance_changed")[0]
    assert "until the return" in said(counter.bob, "insurance_changed", "en")[0]
    run_jobs()
    subjects = {mail["To"]: mail["Subject"] for mail in outbox_mail()[before:]}
    emails = [db.session.get_one(User, actor.user_id).email for actor in (counter.alice, counter.bob)]
    assert subjects == {
        emails[0]: "Attestation d’assurance de Les Films du Quai",
        emails[1]: "Attestation d’assurance acceptée",
    }
    assert told(counter.carole, "insurance_changed") == []


def test_one_that_ends_too_soon_is_refused_and_the_provider_knows(counter, rental, run_jobs):
    send(counter.bob, rental, until=day(11))
    run_jobs()
    (row,) = told(counter.bob, "insurance_changed")
    words = texts.words(row.kind, row.data)
    assert words.subject == "Attestation d’assurance refusée"
    assert "finit le 11 mars 2027, et la location le 12 mars 2027" in words.sentence
    assert "Elle ne couvre pas jusqu’au retour" in said(counter.alice, "insurance_changed")[0]


def test_a_file_that_does_not_open_is_the_senders_news_alone(counter, rental, run_jobs):
    send(counter.bob, rental, BROKEN, "photo.png")
    run_jobs()
    assert "ne s’ouvre pas" in said(counter.bob, "insurance_changed")[0]
    assert told(counter.alice, "insurance_changed") == []


def test_one_opened_the_day_after_it_ended_is_out_of_date(counter, rental, run_jobs, clock):
    send(counter.bob, rental, until=day(1))
    clock.forward(days=1)
    run_jobs()
    assert "a fini le 1 mars 2027" in said(counter.bob, "insurance_changed")[0].replace("1er", "1")


def test_of_two_sent_at_once_the_last_is_told_and_run_twice_once(counter, rental, run_jobs):
    send(counter.bob, rental, until=day(11))
    send(counter.bob, rental)
    run_jobs()
    insurance.take_in(papers_of(counter.get(rental), "insurance")[-1].id, "uploads/aaaaaaaaaaaaaaaaaaaaaaaaaa")
    assert [row.data["found"] for row in told(counter.alice, "insurance_changed")] == ["valid"]


def test_of_an_exchange_that_was_cancelled_meanwhile_nobody_is_told(counter, rental, run_jobs):
    send(counter.bob, rental)
    counter.move(counter.bob, rental, "cancel", reason="Reporté")
    run_jobs()
    assert told(counter.alice, "insurance_changed") == told(counter.bob, "insurance_changed") == []


# --- what each wants ---


def test_each_chooses_the_channels(counter, rental, run_jobs, outbox_mail):
    with transaction():
        services.set_preferences(
            counter.alice.user_id, {("paper_signed", "email"): False, ("insurance_changed", "product"): False}
        )
    run_jobs()
    before = len(outbox_mail())
    sign(counter, counter.bob, rental)
    send(counter.bob, rental)
    run_jobs()
    run_jobs()
    assert len(told(counter.alice, "paper_signed")) == 1 and told(counter.alice, "insurance_changed") == []
    alice = db.session.get_one(User, counter.alice.user_id).email
    mails = [mail["Subject"] for mail in outbox_mail()[before:] if mail["To"] == alice]
    assert mails == ["Attestation d’assurance de Les Films du Quai"]
