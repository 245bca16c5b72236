"""Papers of rentals and sales: what makes one due, what takes its place, and what each says when it is rendered."""

from decimal import Decimal

import pytest
from sqlalchemy import update

from marketplace.accounts.models import Organisation, User
from marketplace.catalogue.models import Listing
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, NotAllowed, NotFound
from marketplace.exchanges import asking_papers, queries
from marketplace.exchanges.documents import VERIFIED
from marketplace.exchanges.models import ConditionEntry, Document
from marketplace.jobs.models import OutboxRow
from marketplace.ports import current
from marketplace.web import papers, papers_facts
from tests.exchanges.papers_world import WEEK, Papers, day, missing, papers_of, read
from tests.exchanges.test_rentals import NOW
from tests.factories import make_listing, sign_in

pytestmark = pytest.mark.both_databases


@pytest.fixture
def counter(app, clock) -> Papers:
    clock.at(NOW)
    return Papers()


def quote(counter, actor, exchange, language="fr") -> Document:
    with transaction():
        made = asking_papers.ask_quote(actor, exchange, language).id
    return db.session.get_one(Document, made)


# --- what makes a paper due ---


def test_an_agreement_is_opened_once_the_terms_stand(counter):
    exchange = counter.ask(counter.bob, 3, *WEEK)
    assert papers_of(counter.get(exchange)) == []
    first = papers_of(counter.move(counter.alice, exchange, "accept"))
    assert [one.kind for one in first] == ["agreement"]
    counter.move(counter.alice, exchange, "pay_offline", how="order")
    assert len(papers_of(counter.get(exchange))) == 1


def test_terms_that_the_receiver_has_not_agreed_to_make_no_agreement(counter):
    exchange = counter.ask(counter.bob, 3, *WEEK)
    line = counter.get(exchange).lines[0].public_id
    counter.move(counter.alice, exchange, "amend", lines=[{"id": line, "quantity": 2}])
    assert papers_of(counter.get(exchange)) == []
    assert [one.kind for one in papers_of(counter.move(counter.bob, exchange, "confirm"))] == ["agreement"]


def test_an_option_taken_up_has_its_agreement(counter):
    exchange = counter.ask(counter.bob, 3, *WEEK, option_days=3)
    counter.move(counter.alice, exchange, "option")
    assert papers_of(counter.get(exchange)) == []
    assert [one.kind for one in papers_of(counter.move(counter.bob, exchange, "confirm"))] == ["agreement"]


def test_an_extension_makes_a_new_agreement(counter, run_jobs):
    exchange = counter.confirmed(counter.bob, 3, *WEEK)
    run_jobs()
    counter.move(counter.bob, exchange, "extend", to=day(19))
    old, new = papers_of(counter.get(exchange), "agreement")
    assert old.superseded_at is not None and new.superseded_at is None
    assert "du 3 mars 2027 au 12 mars 2027" in read(current("files").open(old.file_key).read())[1]
    assert "du 3 mars 2027 au 19 mars 2027" in read(papers.pdf(new))[1]


def test_a_paper_that_nobody_saw_before_it_was_replaced_is_not_made(counter, run_jobs):
    exchange = counter.confirmed(counter.bob, 3, *WEEK)
    counter.move(counter.bob, exchange, "extend", to=day(19))
    run_jobs()
    assert [one.file_key is None for one in papers_of(counter.get(exchange), "agreement")] == [True, False]


def test_departure_and_each_return_have_their_report(counter):
    exchange = counter.out(counter.bob, 3, day(1), day(12))
    assert len(papers_of(counter.get(exchange), "condition")) == 1
    line = counter.get(exchange).lines[0].public_id
    for quantity in (1, 2):
        counter.move(counter.alice, exchange, "return", entries=[{"line": line, "quantity": quantity}])
    found = papers_of(counter.get(exchange), "condition")
    assert len(found) == 3 and all(one.superseded_at is None and one.report_id for one in found)


def test_a_sale_has_its_receipt_and_a_rental_none(counter):
    assert [one.kind for one in papers_of(counter.get(counter.sold()))] == ["sale_receipt"]
    exchange = counter.out(counter.carole, 1, day(1), day(12))
    counter.move(counter.alice, exchange, "return")
    counter.move(counter.alice, exchange, "complete")
    assert {one.kind for one in papers_of(counter.get(exchange))} == {"agreement", "condition"}


# --- asked for ---


@pytest.mark.parametrize("asker", ["alice", "bob"])
def test_either_side_asks_for_a_quote_and_a_newer_one_takes_its_place(counter, run_jobs, asker):
    exchange = counter.ask(counter.bob, 3, *WEEK)
    first = quote(counter, getattr(counter, asker), exchange)
    assert first.valid_until == day(16)
    assert quote(counter, counter.alice, exchange).id == first.id  # a double click
    run_jobs()
    second = quote(counter, counter.bob, exchange)
    assert second.id != first.id and db.session.get_one(Document, first.id).superseded_at is not None


def test_a_quote_holds_as_long_as_the_provider_says_and_falls_with_its_terms(counter):
    exchange = counter.ask(counter.bob, 3, *WEEK)
    first = quote(counter, counter.bob, exchange).id
    line = counter.get(exchange).lines[0].public_id
    counter.move(counter.alice, exchange, "amend", lines=[{"id": line, "unit_cents": 3000}], valid_until="2027-03-05")
    assert db.session.get_one(Document, first).superseded_at is not None
    assert quote(counter, counter.bob, exchange).valid_until == day(5)


def test_a_cart_may_be_quoted_by_its_owner_alone(counter):
    exchange = counter.ask(counter.bob, 3, *WEEK, in_cart=True)
    made = quote(counter, counter.bob, exchange)
    assert made.kind == "quote"
    for stranger in (counter.alice, counter.carole):
        with pytest.raises(NotFound), transaction():
            asking_papers.ask_quote(stranger, exchange, "fr")


def test_a_cart_offers_a_quote_at_todays_prices_and_shows_it(counter, run_jobs, app):
    exchange = counter.ask(counter.bob, 3, *WEEK, in_cart=True)
    with transaction() as session:
        session.get_one(Listing, counter.chairs.id).weekly_rate_cents = 5000
    house = db.session.get_one(Organisation, counter.bob.organisation_id)
    browser = sign_in(app.test_client(), db.session.get_one(User, counter.bob.user_id), house)
    assert "Faire un devis" in browser.get("/panier").get_data(as_text=True)
    answer = browser.post(f"/echanges/{exchange}/papiers/devis")
    assert answer.status_code == 303 and answer.location == f"/panier#panier-{exchange}"
    assert "Le devis se prépare" in browser.get("/panier").get_data(as_text=True)
    run_jobs()
    path = f"/echanges/{exchange}/papiers/{papers_of(counter.get(exchange), 'quote')[0].public_id}"
    assert path in browser.get("/panier").get_data(as_text=True)
    answer = browser.get(path)
    assert f"devis-{counter.get(exchange).reference}.pdf" in answer.headers["Content-Disposition"]
    assert "225,00 €" in read(answer.data)[1]


def test_there_is_no_quote_of_what_is_agreed_nor_of_a_gift(counter):
    exchange = counter.confirmed(counter.bob, 1, *WEEK)
    with pytest.raises(Conflict), transaction():
        asking_papers.ask_quote(counter.bob, exchange, "fr")


def test_the_list_to_prepare_by_is_the_providers(counter, run_jobs):
    counter.with_pieces()
    exchange = counter.confirmed(counter.bob, 2, *WEEK, listing=counter.armchairs)
    with pytest.raises(NotAllowed), transaction():
        asking_papers.ask_preparation(counter.bob, exchange, "fr")
    with transaction():
        asking_papers.ask_preparation(counter.alice, exchange, "fr")
    run_jobs()
    made = papers_of(counter.get(exchange), "preparation")[0]
    assert queries.document_for(counter.alice, exchange, made.public_id).id == made.id
    with pytest.raises(NotFound):
        queries.document_for(counter.bob, exchange, made.public_id)
    assert queries.document_by_code(made.code) is None


# --- what they say ---


def test_a_quote_explains_its_price(counter):
    with transaction() as session:
        house = session.get_one(Organisation, counter.house.id)
        house.school_reduction_percent = 20
    school = counter.renter("École du Décor", "school")
    exchange = counter.ask(school, 3, *WEEK)
    reader, text = read(papers.pdf(quote(counter, school, exchange)))
    wanted = [
        counter.house.name,
        "École du Décor",
        "Chaises bistro",
        "3 pièces",
        "9 jours dont 1 non compté : 2 semaines (100 % + 50 %) à 40 € la pièce, moins 20 %.",
        "144,00 €",
        "Réduction comprise : 20 % (école)",
        "Valable jusqu’au 16 mars 2027",
        "TVA selon le prestataire",
        "Valeur de remplacement de l’ensemble : 900,00 €",
        "1 / 1",
    ]
    assert missing(wanted, text) == []
    assert "12 rue des Décors" not in text  # where to come is said once it is confirmed
    assert reader.metadata.title == "Devis"


def test_a_quote_in_english(counter):
    exchange = counter.ask(counter.bob, 3, *WEEK)
    reader, text = read(papers.pdf(quote(counter, counter.bob, exchange, "en"), "en"))
    assert reader.metadata.title == "Quote" and reader.trailer["/Root"]["/Lang"] == "en"
    assert missing(["Valid until", "3 pieces", "€180.00"], text) == []


def test_the_job_renders_in_the_language_of_whoever_asked(counter, run_jobs):
    with transaction() as session:
        session.get_one(User, counter.bob.user_id).language = "en"
    exchange = counter.confirmed(counter.bob, 3, *WEEK)
    run_jobs()
    made = papers_of(counter.get(exchange), "agreement")[0]
    assert read(current("files").open(made.file_key).read())[0].metadata.title == "Rental agreement"


def test_vat_is_said_as_far_as_the_provider_says_it():
    assert "FR12345678901" in papers_facts.vat_note("FR12345678901")
    assert "FR" not in papers_facts.vat_note(None)


def test_an_agreement_says_what_both_accept(counter):
    with transaction() as session:
        house = session.get_one(Organisation, counter.house.id)
        house.rental_terms = "Le sol se protège.\nPas de <b>peinture</b>."
        house.vat_number = "FR12345678901"
    exchange = counter.confirmed(counter.bob, 3, *WEEK)
    with transaction():
        one = counter.get(exchange)
        one.collected_by_name, one.collected_by_phone, one.collected_by_plate = "Momo", "06 12 34 56 78", "AB-123-CD"
        one.deposit_cents, one.asks_insurance = 20000, True
    text = read(papers.pdf(papers_of(counter.get(exchange), "agreement")[0]))[1]
    wanted = [
        "Contrat de location",
        "Loueur",
        "Locataire",
        "Les Films du Quai",
        "12 rue des Décors",
        "180,00 €",
        "300,00 €",
        "900,00 €",
        "Caution, rendue au retour : 200,00 €",
        "Momo, 06 12 34 56 78, AB-123-CD",
        "Retard : les semaines commencées en plus sont dues",
        "attestation d’assurance",
        "Le sol se protège.",
        "Pas de <b>peinture</b>.",
        "FR12345678901",
    ]
    assert missing(wanted, text) == []


def test_a_set_says_its_parts(counter):
    from marketplace.catalogue.models import SetPart

    tables = make_listing(
        counter.house, "Table bistro", category_key="chair", modes=["rent"], quantity=Decimal(2),
        weekly_rate_cents=1000, replacement_value_cents=10000,
    )  # fmt: skip
    terrace = make_listing(
        counter.house, "Terrasse", category_key="chair", modes=["rent"], quantity=Decimal(1), weekly_rate_cents=9000,
        is_set=True,
    )  # fmt: skip
    with transaction() as session:
        for position, (part, each) in enumerate(((tables, 1), (counter.chairs, 2))):
            session.add(SetPart(set_id=terrace.id, part_id=part.id, quantity=Decimal(each), position=position))
    exchange = counter.confirmed(counter.bob, 1, *WEEK, listing=terrace)
    text = read(papers.pdf(papers_of(counter.get(exchange), "agreement")[0]))[1]
    wanted = ["comprend 1 pièce : Table bistro", "comprend 2 pièces : Chaises bistro", "135,00 €", "700,00 €"]
    assert missing(wanted, text) == []


def test_a_list_to_prepare_by_names_pieces_and_shelves(counter):
    counter.with_pieces()
    exchange = counter.confirmed(counter.bob, 2, *WEEK, listing=counter.armchairs)
    from marketplace.catalogue.models import Piece
    from marketplace.exchanges import assigning

    with transaction() as session:
        found = counter.get(exchange)
        piece = session.query(Piece).filter_by(code="FA-1").one()
        assigning.assign(found, found.lines[0], piece)
    with transaction():
        made = asking_papers.ask_preparation(counter.alice, exchange, "fr").id
    text = read(papers.pdf(db.session.get_one(Document, made)))[1]
    assert missing(["Liste de préparation", "FA-1", "B2", "pièces à choisir", "B1", "1 pièce"], text) == []
    assert db.session.get_one(Document, made).code not in text  # nothing to verify: it is for the house alone


def test_a_departure_of_which_nothing_was_said_lists_what_left(counter):
    counter.with_pieces()
    exchange = counter.out(counter.bob, 2, day(1), day(12), listing=counter.armchairs)
    text = read(papers.pdf(papers_of(counter.get(exchange), "condition")[0]))[1]
    assert missing(["État des lieux de départ", "FA-1", "FA-2", "bon"], text) == []


def test_a_return_says_what_came_of_each_thing_and_what_it_costs(counter):
    exchange = counter.out(counter.bob, 4, day(1), day(12))
    line = counter.get(exchange).lines[0].public_id
    entries = [
        {"line": line, "quantity": 1, "outcome": "damaged", "amount_cents": 4500, "remarks": "Pied fendu"},
        {"line": line, "quantity": 1, "outcome": "lost"},
        {"line": line, "quantity": 1},
    ]
    counter.move(counter.alice, exchange, "return", entries=entries, remarks="Rendu sous la pluie")
    text = read(papers.pdf(papers_of(counter.get(exchange), "condition")[1]))[1]
    wanted = [
        "État des lieux de retour", "Abîmée", "Perdue", "Pied fendu", "45,00 €", "300,00 €", "Rendu sous la pluie",
        "Encore dehors : 1 pièce Chaises bistro.",
    ]  # fmt: skip
    assert missing(wanted, text) == []


def test_a_receipt_says_what_was_sold_and_paid(counter):
    text = read(papers.pdf(papers_of(counter.get(counter.sold()))[0]))[1]
    wanted = ["Bon de vente", "Lampes", "3 pièces", "37,50 €", "Virement, VIR 7", "Ce bon n’est pas une facture."]
    assert missing(wanted, text) == []


def test_photos_of_a_report_stand_in_it_and_odd_keys_do_no_harm(counter):
    exchange = counter.out(counter.bob, 4, day(1), day(12))
    line = counter.get(exchange).lines[0].public_id
    counter.move(counter.alice, exchange, "return", entries=[{"line": line, "quantity": 4}])
    made = papers_of(counter.get(exchange), "condition")[1].id
    from marketplace.catalogue import photos
    from tests.exchanges.papers_world import PNG

    current("files").put("pieces/abcdefgh-320.jpg", photos.make_sizes("PNG", PNG).files[320, "jpg"])
    without = len(papers.pdf(db.session.get_one(Document, made)))
    with transaction() as session:
        entry = session.query(ConditionEntry).order_by(ConditionEntry.id.desc()).first()
        entry.photo_keys = ["abcdefgh", "../../secret", "http://127.0.0.1:9/x", "none"]
    reader, text = read(papers.pdf(db.session.get_one(Document, made)))
    assert sum(len(page.images) for page in reader.pages) == 1 and without
    assert "secret" not in text


def test_a_report_waits_for_photos_on_their_way(counter, run_jobs, clock):
    exchange = counter.out(counter.bob, 4, day(1), day(12))
    made = papers_of(counter.get(exchange), "condition")[0]
    entry_id = 0
    with transaction() as session:
        entry = ConditionEntry(
            report_id=made.report_id,
            line_id=counter.get(exchange).lines[0].id,
            quantity=Decimal(4),
            condition="good",
            photo_keys=[],
        )
        session.add(entry)
        session.flush()
        entry_id = entry.id
        later = OutboxRow(
            job="exchanges.process_condition_photo",
            payload={"entry_id": entry_id, "upload_key": "uploads/none"},
            created_at=clock.now(),
            due_at=clock.now(),
        )
        session.add(later)
    papers.render(made.id)
    assert db.session.get_one(Document, made.id).file_key is None
    with transaction() as session:
        session.execute(update(OutboxRow).where(OutboxRow.id == later.id).values(done_at=clock.now()))
    clock.forward(seconds=3)
    run_jobs()
    db.session.expire_all()
    assert db.session.get_one(Document, made.id).file_key is not None


OF_OTHER_KINDS = {"donation_certificate", "reclaim_certificate", "meal_certificate", "food_receipt"}


@pytest.mark.one_database
@pytest.mark.parametrize("kind", [*sorted(VERIFIED - OF_OTHER_KINDS), "preparation"])
def test_every_paper_is_tagged_and_carries_its_code(counter, kind):
    if kind == "sale_receipt":
        exchange = counter.sold()
    elif kind == "quote":
        exchange = counter.ask(counter.bob, 3, *WEEK)
        quote(counter, counter.bob, exchange)
    elif kind == "preparation":
        exchange = counter.confirmed(counter.bob, 3, *WEEK)
        with transaction():
            asking_papers.ask_preparation(counter.alice, exchange, "fr")
    elif kind == "carbon_certificate":
        exchange = counter.sold()
        with transaction():
            asking_papers.ask_certificate(counter.bob, exchange, "fr")
    else:
        exchange = counter.out(counter.bob, 3, day(1), day(12))
    made = papers_of(counter.get(exchange), kind)[0]
    reader, text = read(papers.pdf(made))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "fr" and "/StructTreeRoot" in root
    assert b"pdfuaid" in root["/Metadata"].get_data()
    assert counter.get(exchange).reference in text
    assert (made.code in text) == (kind in VERIFIED)
