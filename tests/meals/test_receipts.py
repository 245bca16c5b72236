"""Papers of a meal: the certificate that grows with what was eaten, and the tax receipt, from value to words."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.exchanges.models import Document
from marketplace.meals.letters import euros_in_words, in_words
from marketplace.meals.models_traced import MealValue
from marketplace.meals.receipts import cents_of, declare_value, issue_receipt
from marketplace.meals.reporting_eaten import Said, report_eaten
from marketplace.meals.valuing import retained_cents, rule_of
from marketplace.web import papers
from tests.factories import make_organisation, make_user, owner_of, sign_in
from tests.meals.made_traced import TONIGHT, at, handed_over, later, make_leftover

# --- what a gift is worth --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_on", "use_by", "saleable", "rule"),
    [
        (date(2026, 11, 12), date(2026, 11, 20), False, "cost"),  # well before its date
        (date(2026, 11, 12), date(2026, 11, 15), False, "cost"),  # the last day but three
        (date(2026, 11, 12), date(2026, 11, 14), True, "use_by_near"),  # the last three days: 12, 13, 14
        (date(2026, 11, 12), date(2026, 11, 12), True, "use_by_near"),
        (date(2026, 11, 12), None, True, "cost"),
        (date(2026, 11, 12), None, False, "unsaleable"),
    ],
)
def test_which_rule_values_it(given_on, use_by, saleable, rule):
    assert rule_of(given_on, use_by, saleable) == rule
    assert retained_cents(8451, rule) == (8451 if rule == "cost" else 4225)


@pytest.mark.parametrize(
    ("cents", "words"),
    [
        (0, "zéro euro"), (100, "un euro"), (101, "un euro et un centime"),
        (8450, "quatre-vingt-quatre euros et cinquante centimes"), (2100, "vingt et un euros"),
        (7100, "soixante et onze euros"), (8000, "quatre-vingts euros"), (8100, "quatre-vingt-un euros"),
        (9100, "quatre-vingt-onze euros"), (9900, "quatre-vingt-dix-neuf euros"), (20000, "deux cents euros"),
        (20100, "deux cent un euros"), (100000, "mille euros"), (200000, "deux mille euros"),
        (8000000, "quatre-vingt mille euros"), (20000000, "deux cent mille euros"), (100000000, "un million d’euros"),
        (123400089, "un million deux cent trente-quatre mille euros et quatre-vingt-neuf centimes"),
    ],
)  # fmt: skip
def test_an_amount_in_words(cents, words):
    assert euros_in_words(cents) == words


@given(st.integers(0, 999_999))
def test_no_two_amounts_are_said_alike(number):
    assert in_words(number) != in_words(number + 1)


@given(st.decimals(0, 10_000, places=2))
def test_euros_typed_become_cents(euros):
    assert cents_of(euros) == int(euros * 100)
    assert cents_of(euros + Decimal("0.001")) is None


# --- papers ----------------------------------------------------------------------------------------------------------


class World:
    def __init__(self):
        at(TONIGHT)
        self.quai = make_organisation("Les Films du Quai", "production_company", siret="73282932000074")
        self.maraude = make_organisation(
            "La Maraude du Rhône", "food_charity", issues_tax_receipts=True, verified_at=TONIGHT, siret="40483304800022"
        )
        self.exchange = handed_over(make_leftover(self.quai), self.maraude)

    def declare(self, cents=8450, form="SAS", saleable=False, by=None):
        actor, public_id = owner_of(by or self.quai), self.exchange.public_id
        with transaction():
            return declare_value(actor, public_id, cents, form, saleable)

    def issue(self, by=None):
        actor, public_id = owner_of(by or self.maraude), self.exchange.public_id
        with transaction():
            return issue_receipt(actor, public_id)


@pytest.fixture
def world(app):
    return World()


def read(document):
    reader = PdfReader(BytesIO(papers.pdf(document)))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split()).replace("\xa0", " ")
    return reader, text


def papers_of(exchange, kind="meal_certificate"):
    db.session.expire_all()
    return db.session.query(Document).filter_by(exchange_id=exchange.id, kind=kind).order_by(Document.id).all()


def test_the_certificate_of_the_hand_over_says_its_state_and_that_the_figure_is_to_come(world):
    (paper,) = papers_of(world.exchange)
    reader, text = read(paper)
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "fr" and b"pdfuaid" in root["/Metadata"].get_data()
    for said in (
        "Certificat de don alimentaire", "Les Films du Quai", "La Maraude du Rhône", "Lasagnes de midi", "30 portions",
        "67 °C", "gluten, lait", "à venir", "n’est pas encore dit", paper.code,
    ):  # fmt: skip
        assert said in text, said


def test_once_it_is_said_a_newer_certificate_takes_its_place(world):
    later(1)
    actor, public_id = owner_of(world.maraude), world.exchange.public_id
    with transaction():
        report_eaten(actor, public_id, Said(None))
    first, second = papers_of(world.exchange)
    assert first.superseded_at is not None and second.superseded_at is None
    _reader, text = read(second)
    assert "mangé 30" in text and "à venir" not in text and "42 ± 25" in text


def test_the_receipt_repeats_what_the_donor_declared_in_figures_and_in_words(world):
    value = world.declare()
    assert (value.rule, value.retained_cents) == ("use_by_near", 4225)  # its use-by date is tomorrow
    paper = world.issue()
    reader, text = read(paper)
    assert b"pdfuaid" in reader.trailer["/Root"]["/Metadata"].get_data()
    for said in (
        "Article 238 bis", "2041-MEC-SD", "La Maraude du Rhône", "404 833 048", "Les Films du Quai", "732 829 320",
        "SAS", "Lasagnes de midi", "30 portions", "84,50 €", "42,25 €",
        "quarante-deux euros et vingt-cinq centimes", "moitié du coût de revient", paper.code,
    ):  # fmt: skip
        assert said in text, said


def test_its_value_is_declared_once_and_the_receipt_issued_once(world):
    with pytest.raises(Conflict):
        world.issue()
    world.declare()
    with pytest.raises(Conflict):
        world.declare(9000)
    world.issue()
    with pytest.raises(Conflict):
        world.issue()
    assert db.session.query(MealValue).count() == 1 and len(papers_of(world.exchange, "food_receipt")) == 1


@pytest.mark.parametrize(("cents", "form"), [(None, "SAS"), (0, "SAS"), (10**10, "SAS"), (100, ""), (100, "x" * 81)])
def test_a_value_that_is_none_is_refused(world, cents, form):
    with pytest.raises(Invalid):
        world.declare(cents, form)


def test_each_side_does_its_own_part(world):
    with pytest.raises(NotAllowed):
        world.declare(by=world.maraude)
    world.declare()
    with pytest.raises(NotAllowed):
        world.issue(by=world.quai)
    with pytest.raises(NotFound):
        world.issue(by=make_organisation("Autre", "caterer"))


def test_where_the_receiver_may_not_issue_there_is_no_receipt(app):
    at(TONIGHT)
    quai = make_organisation("Les Films du Quai", "production_company")
    for unfit in ({"issues_tax_receipts": False, "verified_at": TONIGHT}, {"issues_tax_receipts": True}):
        receiver = make_organisation(f"Association {len(unfit)}", "food_charity", **unfit)
        exchange = handed_over(make_leftover(quai), receiver)
        with pytest.raises(NotFound), transaction():
            declare_value(owner_of(quai), exchange.public_id, 100, "SAS", False)


def test_the_page_from_the_value_to_the_receipt(app, run_jobs):
    at(TONIGHT)
    alice, charlie = make_user("Alice"), make_user("Charlie")
    quai = make_organisation("Les Films du Quai", "production_company", owner=alice)
    maraude = make_organisation(
        "La Maraude", "food_charity", owner=charlie, issues_tax_receipts=True, verified_at=TONIGHT
    )
    exchange = handed_over(make_leftover(quai), maraude)
    path = f"/echanges/{exchange.public_id}/recu-fiscal"
    donor, receiver = sign_in(app.test_client(), alice, quai), sign_in(app.test_client(), charlie, maraude)
    assert "Reçu fiscal de ce don" in donor.get(f"/echanges/{exchange.public_id}").get_data(as_text=True)
    assert donor.post(path, data={"go": "declare", "cost": "beaucoup", "legal_form": "SAS"}).status_code == 422
    assert receiver.post(path, data={"go": "issue"}).status_code == 409
    assert donor.post(path, data={"go": "declare", "cost": "84,50", "legal_form": "SAS"}).status_code == 303
    assert "Émettre le reçu" in receiver.get(path).get_data(as_text=True)
    assert receiver.post(path, data={"go": "issue"}).status_code == 303
    run_jobs()
    page = donor.get(path).get_data(as_text=True)
    assert "Ouvrir le reçu" in page and "42,25" in page
    stranger = make_user("Sacha")
    other = make_organisation("Autre", "caterer", owner=stranger)
    assert sign_in(app.test_client(), stranger, other).get(path).status_code == 404
