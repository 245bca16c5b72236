"""The page of a rental or a sale, either side, at each state; every move by its form."""

import re

import pytest
from sqlalchemy import select

from marketplace.accounts.models import Organisation, User
from marketplace.core.db import db
from marketplace.exchanges.jobs import turn_of_the_day
from marketplace.exchanges.models import Charge, ConditionEntry, Exchange, OfflinePayment
from marketplace.messaging.models import Notification
from marketplace.messaging.texts import words
from tests.exchanges.test_rentals import Counter, day, with_pieces
from tests.factories import make_user, sign_in


@pytest.fixture
def counter(app, clock) -> Counter:
    clock.at("2027-03-03T09:00:00+01:00")
    return Counter(deposit_cents=20000)


class Desk:
    """A side's browser on one exchange."""

    def __init__(self, app, actor, exchange: str):
        user = db.session.get_one(User, actor.user_id)
        self.client = sign_in(app.test_client(), user, db.session.get_one(Organisation, actor.organisation_id))
        self.exchange = exchange

    def page(self, end: str = "") -> str:
        answer = self.client.get(f"/echanges/{self.exchange}{end}")
        assert answer.status_code == 200, (end, answer.status_code, answer.location)
        return plain(answer)

    def sends(self, move: str, **fields: str):
        data = {name if name == "all" else f"{move}-{name}": value for name, value in fields.items()}
        return self.client.post(f"/echanges/{self.exchange}/{move}", data=data)

    def does(self, move: str, **fields: str) -> str:
        """A move that is taken; the page it leads to."""
        answer = self.sends(move, **fields)
        assert answer.status_code == 303, plain(answer)
        return self.page()

    def names(self, move: str, what: str) -> list[str]:
        """The fields of a line of things on the screens, by their names without the move."""
        found = re.findall(
            rf'name="{move}-({what}-[^"]+)"', self.page({"return": "/retour", "hand_over": "/remise"}[move])
        )
        assert found
        return list(dict.fromkeys(found))


def plain(answer) -> str:
    return answer.get_data(as_text=True).replace("\xa0", " ").replace("\u202f", " ")


@pytest.fixture
def both(app):
    def desks(counter: Counter, exchange: str) -> tuple[Desk, Desk]:
        return Desk(app, counter.alice, exchange), Desk(app, counter.bob, exchange)

    return desks


def told(actor) -> list[str]:
    """What somebody's notifications say, the latest last."""
    db.session.rollback()
    rows = db.session.scalars(
        select(Notification).where(Notification.user_id == actor.user_id).order_by(Notification.id)
    )
    return [words(row.kind, row.data).sentence.replace("\xa0", " ") for row in rows]


def test_a_whole_rental_by_its_pages(counter, both, clock):
    exchange = counter.ask(counter.bob, 3, day(3), day(10))
    alice, bob = both(counter, exchange)
    shown = alice.page()
    assert "Location de 3 pièces : Chaises bistro" in shown and "vous demande ceci" in shown and "120 €" in shown
    assert "On attend Ressourcerie Le Contrechamp" in bob.page()
    assert "du 3 mars au 10 mars" in told(counter.alice)[-1]

    shown = alice.does("accept", version="1")
    assert "On attend le règlement" in shown and "Noter ce règlement" in shown
    shown = bob.page()
    assert "Réglez 120 €" in shown and "12 rue des Décors" not in shown
    assert "sous 48 heures" in told(counter.bob)[-1]

    shown = alice.does("pay_offline", what="price", how="order", reference="BC 7")
    assert "Confirmé" in shown and "Un bon de commande couvre 120 €" in shown and "Référence : BC 7." in shown
    assert "12 rue des Décors" in bob.page() and "c’est confirmé" in told(counter.bob)[-1]

    condition = alice.names("hand_over", "condition")[0]
    code = counter.get(exchange).hand_over_code
    answer = alice.sends(
        "hand_over", code=code, **{condition: "very_good", condition.replace("condition", "remarks"): "Vernies"}
    )
    assert answer.status_code == 422 and "La caution n’est pas notée" in plain(answer) and "Vernies" in plain(answer)
    shown = alice.does("hand_over", code=code, without_deposit="y", **{condition: "very_good"})
    assert "Retour prévu le 10 mars" in shown and "Noter le retour" in shown
    assert "À rapporter le 10 mars" in bob.page() and "À rapporter le 10 mars." in told(counter.bob)[-1]
    assert db.session.scalars(select(ConditionEntry.condition)).all() == ["very_good"]

    clock.at("2027-03-12T10:00:00+01:00")
    assert "En retard : à rapporter" in bob.page() and "en retard" in alice.page()
    fine = alice.names("return", "fine")[0]
    line = fine.removeprefix("fine-")
    assert alice.sends("return").status_code == 422
    shown = alice.does("return", **{fine: "2"})
    assert "Rendu en partie" in shown and "2 de retour" in shown
    answer = alice.sends("return", **{f"damaged-{line}": "1", f"amount-{line}": "quinze"})
    assert answer.status_code == 422 and 'value="quinze"' in plain(answer)
    shown = alice.does("return", **{f"damaged-{line}": "1", f"amount-{line}": "15", f"remarks-{line}": "Pied fendu"})
    assert "Dégât, 1 pièce de « Chaises bistro » : 15 € (Pied fendu)" in shown
    assert "Retard, 2 pièces de « Chaises bistro » : 40 €" in shown and "195 €" in shown

    shown = alice.does("pay_offline", what="charge", how="card")
    assert "Noter un règlement" in shown
    shown = alice.does("complete")
    assert "La location est terminée" in shown and "Il reste 120 € à régler" in shown
    alice.does("pay_offline", what="price", how="transfer", amount_cents="120,00")
    for desk in (alice, bob):
        assert "<dt>Reste à régler</dt><dd>0 €</dd>" in desk.page()
    total = db.session.scalars(select(OfflinePayment.amount_cents)).all()
    assert total == [12000, 7500, 12000]


def test_other_terms_in_one_form_and_what_changed_in_words(counter, both):
    exchange = counter.ask(counter.bob, 3, day(10), day(17))
    alice, bob = both(counter, exchange)
    line = counter.get(exchange).lines[0].public_id
    same = {f"line-{line}": "3", f"from-{line}": "2027-03-10", f"to-{line}": "2027-03-17", f"price-{line}": "40"}
    answer = alice.sends("amend", **same, delivery_cents="", deposit_cents="600", reduction_percent="0")
    assert answer.status_code == 422 and "Rien ne change" in plain(answer)
    answer = alice.sends("amend", **{**same, f"price-{line}": "beaucoup"})
    assert answer.status_code == 422 and 'value="beaucoup"' in plain(answer)
    changed = {f"line-{line}": "2", f"from-{line}": "2027-03-11", f"to-{line}": "2027-03-18", f"price-{line}": "35,50"}
    shown = alice.does("amend", **changed, delivery_cents="50", deposit_cents="300", valid_until="2027-03-08")
    assert "Vous avez proposé d’autres conditions" in shown
    shown = bob.page()
    assert "propose d’autres conditions" in shown and "121 €" in shown  # 2 × 35,50 and 50 of delivery
    assert "3 demandés au départ" in shown and "Livraison : 50 € au lieu de 0 €" in shown
    assert "du 11 mars au 18 mars (c’était du 10 mars au 17 mars)" in shown
    assert "Réglez 121 €" in bob.does("confirm")


def test_a_new_day_of_validity_alone_is_proposed_and_told(counter, both):
    exchange = counter.ask(counter.bob, 3, day(10), day(17))
    alice, bob = both(counter, exchange)
    line = counter.get(exchange).lines[0].public_id
    same = {f"line-{line}": "3", f"from-{line}": "2027-03-10", f"to-{line}": "2027-03-17", f"price-{line}": "40"}
    assert "Vous avez proposé d’autres conditions" in alice.does("amend", **same, valid_until="2027-03-08")
    assert bob.page().count("Proposition valable jusqu’au 8 mars") == 2  # beside the price, and in the history


def test_days_that_are_not_free_are_refused_and_stay_typed(counter, both):
    counter.ask(counter.carole, 2, day(17), day(24))
    exchange = counter.ask(counter.bob, 3, day(10), day(17))
    alice, _bob = both(counter, exchange)
    line = counter.get(exchange).lines[0].public_id
    answer = alice.sends("amend", **{f"line-{line}": "3", f"to-{line}": "2027-03-19"})
    assert answer.status_code == 409
    assert "2 du 17 mars" in plain(answer) and 'value="2027-03-19"' in plain(answer)


def test_an_option_is_granted_moves_up_and_is_taken(counter, both, app):
    first = counter.ask(counter.bob, 4, day(10), day(17), option_days=5)
    second = counter.ask(counter.carole, 4, day(10), day(17), option_days=4)
    alice, bob = both(counter, first)
    assert "vous demande une option" in alice.page()
    answer = alice.sends("option", option_days="9")
    assert answer.status_code == 422
    shown = alice.does("option", option_days="2")
    assert "Pour 2 jours. Première option." in shown and "Ces dates sont tenues" in shown
    assert "Confirmer la location" in bob.page() and "vous accorde l’option" in told(counter.bob)[-1]

    other, carole = Desk(app, counter.alice, second), Desk(app, counter.carole, second)
    other.does("option")
    shown = carole.page()
    assert "Vous êtes en seconde option" in shown and "Confirmer la location" not in shown
    assert "note votre seconde option" in told(counter.carole)[-1]
    assert "L’option a été levée" in bob.does("release", reason="Tournage décalé")
    shown = carole.page()
    assert "Ces dates sont à vous jusqu’au" in shown and "Passé en première option" in shown
    assert "ces dates sont à vous" in told(counter.carole)[-1] and "passe devant" in told(counter.alice)[-1]
    assert "Réglez 160 €" in carole.does("confirm")


def test_the_second_option_hears_that_the_first_was_taken(counter, both, app):
    first = counter.ask(counter.bob, 4, day(10), day(17), option_days=5)
    second = counter.ask(counter.carole, 4, day(10), day(17), option_days=4)
    for one in (first, second):
        counter.move(counter.alice, one, "option")
    both(counter, first)[1].does("confirm")
    assert "La première option a été confirmée" in Desk(app, counter.carole, second).page()
    assert "la seconde tombe" in told(counter.carole)[-1]


def test_extending_by_the_page(counter, both):
    exchange = counter.out_without_deposit(counter.bob, 2, day(3), day(10))
    _alice, bob = both(counter, exchange)
    answer = bob.sends("extend", to="2027-03-05")
    assert answer.status_code == 422 and "choisissez plus tard" in plain(answer)
    counter.ask(counter.carole, 4, day(15), day(22))
    answer = bob.sends("extend", to="2027-03-16")
    assert answer.status_code == 409 and "réservé la suite" in plain(answer)
    shown = bob.does("extend", to="2027-03-12")
    assert (
        "Jusqu’au 12 mars au lieu du 10 mars." in shown
        and "Prolongation, 2 pièces de « Chaises bistro » : 40 €" in shown
    )
    assert "prolonge la location jusqu’au 12 mars" in told(counter.alice)[-1]


def test_a_shortage_is_shown_to_both_sides_with_the_ways_out(counter, both, clock, app):
    counter.out_without_deposit(counter.bob, 3, day(3), day(10))
    follower = counter.confirmed(counter.carole, 3, day(11), day(18))
    clock.at("2027-03-11T18:00:00+01:00")
    turn_of_the_day()
    alice, carole = Desk(app, counter.alice, follower), Desk(app, counter.carole, follower)
    for desk in (alice, carole):
        shown = desk.page()
        assert "Il manque 2 pièces de « Chaises bistro » dès le 11 mars : une autre location est en retard." in shown
        assert "Voir ce qui est libre à la place" in shown and 'href="#cancel"' in shown
    for actor in (counter.alice, counter.carole):
        assert "Il manque 2 de « Chaises bistro » dès le 11 mars" in told(actor)[-1]
    late = db.session.scalars(select(Exchange).where(Exchange.state == "handed_over")).one().public_id
    clock.at("2027-03-12T09:00:00+01:00")
    counter.move(counter.alice, late, "return")
    assert "Il manque" not in carole.page() and "est de nouveau là" in told(counter.carole)[-1]


def test_pieces_leave_and_come_back_one_by_one(counter, both, clock):
    with_pieces(counter)
    exchange = counter.out_without_deposit(counter.bob, 2, day(3), day(10))
    alice, _bob = both(counter, exchange)
    one, other = alice.names("return", "outcome")
    shown = alice.does("return", **{one: "fine", other: ""})
    assert "Rendu en partie" in shown
    (left,) = alice.names("return", "outcome")
    key = left.removeprefix("outcome-")
    shown = alice.does("return", **{left: "lost", f"remarks-{key}": "Jamais revenue"})
    assert "Perte, 1 pièce de « Chaises bistro » : 300 €" in shown and "Terminer la location" in shown


def test_everything_in_order_in_one_tap(counter, both):
    exchange = counter.out_without_deposit(counter.bob, 2, day(3), day(10))
    alice, bob = both(counter, exchange)
    assert bob.client.get(f"/echanges/{exchange}/retour").status_code == 303
    assert "Terminer la location" in alice.does("return", all="1")
    assert alice.client.get(f"/echanges/{exchange}/retour").status_code == 303


def test_a_moderator_waives_what_was_contested(counter, both, app, clock):
    exchange = counter.out_without_deposit(counter.bob, 2, day(3), day(10))
    alice, bob = both(counter, exchange)
    line = alice.names("return", "fine")[0].removeprefix("fine-")
    alice.does("return", **{f"fine-{line}": "1", f"lost-{line}": "1"})
    bob.does("dispute", reason="Elle est chez vous")
    assert "contesté" in bob.page()
    client = sign_in(app.test_client(), make_user("Judith", moderator=True))
    shown = plain(client.get(f"/echanges/{exchange}"))
    charge = db.session.scalars(select(Charge)).one().public_id
    assert charge in shown and 'value="returned"' in shown and 'value="cancelled"' not in shown
    answer = client.post(f"/echanges/{exchange}/resolve", data={"resolve-state": "cancelled", "resolve-reason": "Vu"})
    assert answer.status_code == 422
    sent = {"resolve-state": "completed", "resolve-reason": "Retrouvée.", "resolve-waive": charge}
    assert client.post(f"/echanges/{exchange}/resolve", data=sent).status_code == 303
    shown = bob.page()
    assert "pas dû" in shown and "1 somme contestée n’est pas due." in shown


def test_a_sale_with_an_offer_and_a_counter_offer(app, clock, both):
    from marketplace.core.db import transaction
    from marketplace.exchanges import services
    from marketplace.exchanges.services import ExchangeRequest, LineRequest

    clock.at("2027-03-03T09:00:00+01:00")
    counter = Counter(modes=["sell"], price_cents=9000, takes_offers=True)
    with transaction():
        lines = [LineRequest(counter.chairs.public_id, 2, offered_cents=7000)]
        exchange = services.request_exchange(counter.bob, ExchangeRequest("sale", lines)).public_id
    alice, bob = both(counter, exchange)
    assert "Vente de 2 pièces" in alice.page() and "offre : 70 € la pièce" in alice.page()
    line = counter.get(exchange).lines[0].public_id
    alice.does("amend", **{f"line-{line}": "2", f"price-{line}": "80"})
    assert "160 €" in bob.page()
    bob.does("confirm")
    alice.does("pay_offline", what="price", how="card")
    shown = alice.does("hand_over", code=counter.get(exchange).hand_over_code)
    assert "C’est vendu" in shown
    assert "C’est à vous" in bob.page()
    assert "Mettre en annonce à votre tour" in bob.page()


def test_what_is_in_a_cart_is_looked_at_there_and_by_its_owner_alone(counter, both):
    cart = counter.ask(counter.bob, 1, day(10), day(17), in_cart=True)
    alice, bob = both(counter, cart)
    answer = bob.client.get(f"/echanges/{cart}")
    assert (answer.status_code, answer.location) == (303, "/panier")
    assert alice.client.get(f"/echanges/{cart}").status_code == 404


def test_the_page_keeps_to_its_queries(counter, both):
    from decimal import Decimal

    from sqlalchemy import event

    from marketplace.core.db import transaction
    from marketplace.exchanges import services
    from marketplace.exchanges.services import ExchangeRequest, LineRequest
    from tests.factories import make_listing

    def asked(count: int) -> str:
        made = [
            make_listing(counter.house, f"Lampe {n}", modes=["rent"], weekly_rate_cents=500, quantity=Decimal(9))
            for n in range(count)
        ]
        lines = [LineRequest(one.public_id, 1, day(10), day(17)) for one in made]
        with transaction():
            return services.request_exchange(counter.bob, ExchangeRequest("rental", lines)).public_id

    seen: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))

    def statements(exchange: str) -> int:
        desk = both(counter, exchange)[0]
        seen.clear()
        desk.page()
        return sum(statement.startswith("SELECT") for statement in seen)

    assert statements(asked(2)) == statements(asked(12)) > 0


def test_what_the_other_side_did_meanwhile_is_said(counter, both):
    exchange = counter.ask(counter.bob, 2, day(10), day(17))
    alice, bob = both(counter, exchange)
    bob.does("cancel")
    answer = alice.sends("accept", version="1")
    assert answer.status_code == 409 and "L’échange a changé" in plain(answer) and "Annulé" in plain(answer)


@pytest.mark.parametrize(
    ("move", "fields"),
    [
        ("pay_offline", {"what": "zz"}),
        ("pay_offline", {"what": "price", "how": "or"}),
        ("pay_offline", {"amount_cents": "-5"}),
        ("pay_offline", {"amount_cents": "999999999"}),
        ("pay_offline", {"reference": "x" * 81}),
        ("extend", {"to": "demain"}),
        ("extend", {"to": "9999-99-99"}),
        ("cancel", {"reason": ""}),
        ("dispute", {"reason": "x\x00"}),
    ],
)
def test_wrong_values_are_named_and_nothing_moves(counter, both, move, fields):
    exchange = counter.confirmed(counter.bob, 2, day(10), day(17))
    answer = both(counter, exchange)[0].sends(move, **fields)
    assert answer.status_code == 422, plain(answer)
    assert counter.get(exchange).state == "confirmed"
