"""A rental from the listing to its end, an option taken up, a sale with an offer: each side in its own browser."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from marketplace.core.clock import now, today
from marketplace.core.db import db, transaction
from marketplace.exchanges.models import Exchange, Shortage
from tests.factories import make_listing, site_of
from tests.journeys.conftest import make_side

ALWAYS = {day: [["00:00", "23:45"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


class Counter:
    """Bruno's house rents and sells chairs; Alice and Carole come for them. Open every day: journeys run on any."""

    def __init__(self, enter, stage, word):
        self.enter, self.stage = enter, stage
        giver, self.house = make_side(word, "Bruno")
        with transaction() as session:
            session.get_one(type(site_of(self.house)), site_of(self.house).id).opening_hours = ALWAYS
        asker, asking = make_side(word, "Alice", "production_company")
        self.other, self.other_house = make_side(word, "Carole", "production_company")
        self.bruno = enter("Bruno", app=stage, user=giver, acting=self.house, desk=True)
        self.alice = enter("Alice", app=stage, user=asker, acting=asking)

    def alice_asks(self, title):
        """Alice asks for two of these, from in three days on for a week; the address of her request."""
        self.alice.visits(self.listing(title))
        for field, value in (("#from", on(3)), ("#to", on(10)), ("#quantity", "2")):
            self.alice.page.locator(field).fill(value)
        self.alice.presses("Demander la location")
        self.alice.reads("On attend")
        return self.alice.page.url

    def listing(self, title, **values):
        terms = {"modes": ["rent"], "quantity": Decimal(4), "weekly_rate_cents": 4000, "category_key": "chair"}
        made = make_listing(self.house, title, **{**terms, "replacement_value_cents": 30000, **values})
        return f"/annonces/{made.public_id}"


@pytest.fixture
def counter(enter, stage, word) -> Counter:
    return Counter(enter, stage, word)


def on(days: int) -> str:
    return (today() + timedelta(days=days)).isoformat()


def digits(person) -> str:
    return re.sub(r"\D", "", person.page.locator("p.code").inner_text())


def of_path(address: str) -> Exchange:
    db.session.rollback()
    return db.session.query(Exchange).filter_by(public_id=address.rstrip("/").rsplit("/", 1)[1]).one()


def test_a_whole_rental_late_and_in_two_visits(counter, word):
    path = counter.listing(f"Chaises {word}", deposit_cents=10000)
    alice, bruno = counter.alice, counter.bruno

    # the price follows while one fills the form in; a wrong order of days is said, and nothing typed is lost
    alice.visits(path)
    alice.page.locator("#from").fill(on(0))
    alice.page.locator("#to").fill(on(9))
    expect(alice.page.locator(".cost")).to_contain_text("9 jours comptent 2 semaines")
    alice.page.locator("#quantity").fill("2")
    expect(alice.page.locator(".cost")).to_contain_text(re.compile(r"120\s€"))
    alice.looks()
    alice.types("Votre message", "Pour le bar du deuxième acte.")
    alice.may_be_refused(422)
    alice.page.locator("#to").fill(on(0))
    alice.presses("Demander la location")
    alice.reads("Le retour vient après le départ")
    assert alice.field("Votre message").input_value() == "Pour le bar du deuxième acte."
    alice.page.locator("#to").fill(on(7))
    alice.presses("Demander la location")
    alice.reads("On attend")
    exchange = alice.page.url

    bruno.visits(exchange)
    bruno.reads("Pour le bar du deuxième acte.")
    bruno.presses("Accepter la demande")
    bruno.reads("On attend le règlement")
    bruno.page.locator("#f-pay").get_by_label("Comment").select_option(label="Bon de commande")
    bruno.types("Référence", "BC 2027-114")
    bruno.presses("Noter ce règlement")
    bruno.reads("Un bon de commande couvre")

    alice.visits(exchange)
    alice.reads("12 rue des Décors")
    alice.follows("Afficher mon code")
    code = digits(alice)

    # at the gate: the deposit is missing, then noted as left out
    bruno.visits(exchange)
    bruno.follows("Remettre avec le code")
    bruno.types("Code à six chiffres", code)
    bruno.may_be_refused(422)
    bruno.presses("Confirmer le départ")
    bruno.reads("La caution n’est pas notée")
    bruno.page.get_by_label("Laisser partir sans la caution").check()
    bruno.types("Code à six chiffres", code)
    bruno.presses("Confirmer le départ")
    bruno.reads("Retour prévu le")

    # a week and two days later, as the days of the lines tell it
    with transaction():
        found = of_path(exchange)
        for line in found.lines:
            line.starts_on, line.ends_on = today() - timedelta(days=9), today() - timedelta(days=2)
        found.starts_on, found.ends_on = found.lines[0].starts_on, found.lines[0].ends_on
    alice.visits(exchange)
    alice.reads("En retard : à rapporter")
    bruno.visits(exchange)
    bruno.follows("Noter le retour")
    bruno.page.get_by_text("Rentré en partie, abîmé ou perdu").click()
    bruno.page.get_by_label("En bon ordre").first.fill("1")
    bruno.presses("Noter ce retour")
    bruno.reads("Rendu en partie")
    bruno.follows("Noter le retour")
    bruno.presses("Tout est rentré en ordre")
    bruno.reads("Retard")
    bruno.presses("Terminer la location")
    bruno.reads("La location est terminée")
    for person in (bruno, alice):
        person.visits(exchange)
        person.reads("Terminé")
    alice.visits("/notifications")


def test_what_is_missing_is_found_elsewhere_and_asked_for(counter, word):
    counter.listing(f"Chaises {word}")
    short = of_path(counter.alice_asks(f"Tabourets {word}"))
    line = short.lines[0]
    address, ids = f"/echanges/{short.public_id}/autres/{line.public_id}", (short.id, line.id, line.listing_id)
    with transaction() as session:
        session.add(
            Shortage(
                exchange_id=ids[0], line_id=ids[1], listing_id=ids[2], quantity=Decimal(2), cause="repair",
                starts_on=today() + timedelta(days=3), opened_at=now(),
            )
        )  # fmt: skip
    _carole, house = make_side(word, "Denise")
    terms = {"modes": ["rent"], "weekly_rate_cents": 2500, "category_key": "chair", "quantity": Decimal(9)}
    make_listing(house, f"Chaises d’école {word}", **terms)
    alice = counter.alice
    alice.visits(f"/echanges/{short.public_id}")
    alice.follows("Voir ce qui est libre à la place")
    assert alice.page.url.endswith(address)
    alice.reads(f"Chaises {word}")
    alice.looks()
    alice.follows(re.compile(f"Demander Chaises d’école {word}"))
    assert alice.page.locator("#from").input_value() == on(3) and alice.page.locator("#quantity").input_value() == "2"
    alice.presses("Demander la location")
    alice.reads("On attend")


def test_an_option_is_granted_and_taken_up_and_the_second_is_told(counter, word):
    path = counter.listing(f"Fauteuils {word}")
    alice, bruno = counter.alice, counter.bruno
    alice.visits(path)
    alice.page.locator("#from").fill(on(10))
    alice.page.locator("#to").fill(on(17))
    alice.page.locator("#quantity").fill("4")
    alice.chooses("Tout de suite, ou en option", "Une option de 5 jours")
    alice.presses("Demander la location")
    first = alice.page.url

    carole = counter.enter("Carole", app=counter.stage, user=counter.other, acting=counter.other_house)
    carole.visits(path)
    carole.page.locator("#from").fill(on(12))
    carole.page.locator("#to").fill(on(14))
    expect(carole.page.locator(".cost")).to_contain_text("seconde option")
    carole.may_be_refused(409)
    carole.presses("Demander la location")
    carole.presses("Prendre la seconde option")
    carole.reads("Vous seriez en seconde option")
    second = carole.page.url

    for address in (first, second):
        bruno.visits(address)
        bruno.presses("Accorder l’option")
    carole.visits(second)
    carole.reads("Vous êtes en seconde option")
    alice.visits(first)
    alice.presses("Confirmer la location")
    alice.reads("Réglez")
    carole.visits(second)
    carole.reads("La première option a été confirmée")


def test_two_at_once_and_the_back_button(counter, word):
    path = counter.listing(f"Tabourets {word}")
    alice, bruno = counter.alice, counter.bruno
    carole = counter.enter("Carole", app=counter.stage, user=counter.other, acting=counter.other_house, desk=True)
    for person in (alice, carole):
        person.visits(path)
        person.page.locator("#from").fill(on(3))
        person.page.locator("#to").fill(on(10))
        person.page.locator("#quantity").fill("3")
        expect(person.page.locator(".cost")).to_contain_text("Libre à ces dates")
    alice.presses("Demander la location")
    carole.may_be_refused(409)
    carole.presses("Demander la location")
    carole.reads("ne sont pas libres")
    assert carole.page.locator("#quantity").input_value() == "3"
    carole.page.locator("#quantity").fill("1")
    carole.presses("Demander la location")
    carole.reads("On attend")

    bruno.visits(alice.page.url)
    bruno.presses("Accepter la demande")
    bruno.page.go_back()
    bruno.page.wait_for_load_state("load")
    bruno.reads("On attend le règlement")
    assert bruno.button("Accepter la demande").count() == 0


def test_a_sale_with_an_offer(counter, word):
    path = counter.listing(
        f"Banquettes {word}", modes=["sell", "rent"], price_cents=9000, takes_offers=True, quantity=Decimal(3)
    )
    alice, bruno = counter.alice, counter.bruno
    alice.visits(path)
    alice.page.locator("#way-sale > summary").click()
    alice.page.locator("#sale-offered").fill("70")
    expect(alice.page.locator("#way-sale .cost")).to_contain_text(re.compile(r"70\s€"))
    alice.presses("Demander à acheter")
    exchange = alice.page.url
    bruno.visits(exchange)
    bruno.reads(re.compile(r"offre\s: 70\s€"))
    bruno.page.locator("details#amend > summary").click()
    bruno.page.get_by_label("Prix, la pièce").fill("80")
    bruno.presses("Proposer ces conditions")
    alice.visits(exchange)
    alice.reads("propose d’autres conditions")
    alice.presses("D’accord")
    alice.reads(re.compile(r"Réglez 80\s€"))
    bruno.visits(exchange)
    bruno.presses("Noter ce règlement")
    alice.visits(exchange)
    alice.follows("Afficher mon code")
    code = digits(alice)
    bruno.visits(exchange)
    bruno.follows("Remettre avec le code")
    bruno.types("Code à six chiffres", code)
    bruno.presses("Confirmer la remise")
    bruno.reads("C’est vendu")


def test_a_price_and_a_request_without_a_script(counter, enter, stage, word):
    path = counter.listing(f"Bancs {word}")
    visitor = enter("Vera", script=False)
    visitor.visits(path)
    visitor.page.get_by_text("Voir un prix de location").click()
    visitor.page.locator("#price-from").fill(on(3))
    visitor.page.locator("#price-to").fill(on(10))
    with visitor.leaves():
        visitor.button("Voir le prix").click()
    visitor.reads("7 jours comptent 1 semaine")
    denis = enter("Denis", script=False, app=stage, user=counter.other, acting=counter.other_house)
    denis.visits(path)
    denis.page.locator("#from").fill(on(3))
    denis.page.locator("#to").fill(on(10))
    denis.presses("Voir le prix")
    denis.reads("Libre à ces dates")
    denis.presses("Demander la location")
    denis.reads("On attend")
