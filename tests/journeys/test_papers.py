"""Papers of a rental: a quote, an agreement that both sign on one phone or their own, a certificate of insurance."""

import os
import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from marketplace.core.clock import today
from marketplace.core.db import db, transaction
from marketplace.exchanges import services
from marketplace.exchanges.models import Document, Exchange
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from tests.exchanges.papers_world import PDF
from tests.factories import make_listing, owner_of, site_of
from tests.journeys.conftest import make_side
from tests.journeys.test_rental import ALWAYS, digits


class Rented:
    """Bruno's house rents chairs to Alice, who asks for an insurance that covers them."""

    def __init__(self, enter, stage, word):
        giver, self.house = make_side(word, "Bruno")
        asker, self.asking = make_side(word, "Alice", "production_company")
        with transaction() as session:
            session.get_one(type(site_of(self.house)), site_of(self.house).id).opening_hours = ALWAYS
        self.bruno = enter("Bruno", app=stage, user=giver, acting=self.house, desk=True)
        self.alice = enter("Alice", app=stage, user=asker, acting=self.asking)
        self.keeper, self.renter = owner_of(self.house), owner_of(self.asking)
        terms = {"modes": ["rent"], "quantity": Decimal(4), "weekly_rate_cents": 4000, "category_key": "chair"}
        chairs = make_listing(
            self.house, f"Chaises {word}", replacement_value_cents=30000, asks_insurance=True, **terms
        )
        self.listing = chairs.public_id
        lines = [LineRequest(self.listing, 3, today(), today() + timedelta(days=9))]
        with transaction():
            self.exchange = services.request_exchange(self.renter, ExchangeRequest("rental", lines)).public_id
        self.path = f"/echanges/{self.exchange}"

    def move(self, move: str, **data: object) -> None:
        with transaction():
            services.move(self.keeper, self.exchange, move, data)

    def get(self) -> Exchange:
        db.session.rollback()
        db.session.expire_all()
        return db.session.query(Exchange).filter_by(public_id=self.exchange).one()

    def made(self, kind: str) -> Document | None:
        """The paper of a kind once the worker has made it."""
        query = db.session.query(Document).filter_by(exchange_id=self.get().id, kind=kind, superseded_at=None)
        found = query.order_by(Document.id.desc()).first()
        return found if found is not None and found.file_key else None


@pytest.fixture
def rented(enter, stage, word) -> Rented:
    return Rented(enter, stage, word)


def shoots(person, name: str) -> None:
    """A picture of the page for whoever asks for pictures (SHOTS, a folder)."""
    folder = os.environ.get("SHOTS")
    if folder:
        person.page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_a_quote_then_an_agreement_signed_by_both(rented, tmp_path: Path):
    alice, bruno = rented.alice, rented.bruno
    alice.visits(rented.path)
    alice.presses("Faire un devis")
    alice.reads("Le devis se prépare")
    alice.waits_until(lambda: rented.made("quote"), "a quote")
    alice.visits(rented.path)
    shoots(alice, "exchange-360")
    with alice.page.expect_download() as coming:
        alice.page.get_by_role("link", name="Devis").click()
    assert coming.value.suggested_filename == f"devis-{rented.get().reference}.pdf"

    rented.move("accept")
    rented.move("pay_offline", how="order")
    alice.waits_until(lambda: rented.made("agreement"), "an agreement")
    agreement = rented.made("agreement")
    bruno.visits(rented.path)
    bruno.presses("Faire la liste de préparation")
    bruno.reads("La liste se prépare")
    bruno.waits_until(lambda: rented.made("preparation"), "a list")
    bruno.visits(rented.path)
    bruno.reads("Liste de préparation")
    shoots(bruno, "exchange-1280")

    # the driver signs on the keeper's screen, with the code that Alice gave them
    code = rented.get().hand_over_code
    bruno.follows("Lire et signer")
    shoots(bruno, "sign-1280")
    bruno.may_be_refused(422)
    bruno.types("Votre nom", "Momo Diallo")
    bruno.types("Code à six chiffres", "12")
    bruno.page.get_by_role("button", name="J’accepte ce contrat").nth(1).click()
    bruno.reads("six chiffres")
    bruno.looks()
    shoots(bruno, "sign-refused-1280")
    assert bruno.field("Votre nom").input_value() == "Momo Diallo"
    bruno.types("Code à six chiffres", code)
    bruno.page.get_by_role("button", name="J’accepte ce contrat").nth(1).click()
    bruno.reads(re.compile("signé par Momo Diallo.*avec un code, au comptoir"))
    bruno.types("Nom de qui signe", "Bruno Keller")
    bruno.presses("J’accepte ce contrat")
    bruno.reads("signé par Bruno Keller")

    # Alice reads who signed; whoever holds the paper reads that it is signed
    alice.visits(rented.path)
    alice.reads("Signé par Momo Diallo pour")
    alice.visits(f"/q/{agreement.code}")
    alice.reads("authentique")
    alice.reads("Signé pour Bruno")
    shoots(alice, "verify-360")
    assert "Momo" not in alice.page.content()


def test_the_receiver_signs_on_their_own_phone_and_reads_the_code_for_a_driver(rented):
    alice = rented.alice
    rented.move("accept")
    alice.waits_until(lambda: rented.made("agreement"), "an agreement")
    alice.visits(rented.path)
    alice.follows("Lire et signer")
    assert len(digits(alice)) == 6
    shoots(alice, "sign-360")
    alice.presses("J’accepte ce contrat")
    alice.reads("C’est signé")
    assert alice.page.locator("p.code").count() == 0


def test_a_certificate_of_insurance_is_sent_and_warned_about(rented, tmp_path: Path):
    alice, bruno = rented.alice, rented.bruno
    rented.move("accept")
    file = tmp_path / "attestation.pdf"
    file.write_bytes(PDF)
    alice.visits(rented.path)
    alice.reads("Manque encore")
    alice.follows("Envoyer l’attestation")
    alice.may_be_refused(422)
    alice.presses("Envoyer l’attestation")
    alice.reads("Dites jusqu’à quand l’attestation vaut")
    shoots(alice, "insurance-360")
    alice.page.get_by_label("Attestation", exact=True).set_input_files(file)
    alice.types("Valable jusqu’au", (today() + timedelta(days=5)).isoformat())
    alice.presses("Envoyer l’attestation")
    alice.waits_until(lambda: rented.made("insurance"), "a certificate")
    bruno.visits(rented.path)
    bruno.reads("Finit avant la location")
    bruno.follows("Voir ce qu’il en est")
    bruno.reads("il en faut une qui couvre jusqu’au retour")
    shoots(bruno, "insurance-1280")
    bruno.presses("Ne plus la demander")
    bruno.reads("Vous n’en demandez pas pour cette location.")
    alice.visits(f"{rented.path}/papiers/assurance?lang=en")
    alice.reads("Certificate of insurance")


def test_a_cart_is_quoted_before_it_is_sent(rented):
    alice = rented.alice
    lines = [LineRequest(rented.listing, 1, today() + timedelta(days=20), today() + timedelta(days=27))]
    with transaction():
        rented.exchange = services.request_exchange(
            rented.renter, ExchangeRequest("rental", lines, in_cart=True)
        ).public_id
    alice.visits("/panier")
    alice.presses("Faire un devis")
    alice.waits_until(lambda: rented.made("quote"), "a quote")
    alice.visits("/panier")
    shoots(alice, "cart-360")
    with alice.page.expect_download() as coming:
        alice.page.get_by_role("link", name="Devis").click()
    assert coming.value.suggested_filename.startswith("devis-")
