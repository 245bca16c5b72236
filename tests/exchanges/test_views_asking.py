"""Asking for a listing by its pages: each way to get it, the price while one fills it in, refusals that keep what was
typed, options behind options."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from marketplace.accounts.models import Organisation
from marketplace.core.db import db, transaction
from marketplace.exchanges.models import Exchange
from tests.exchanges.test_rentals import NOW, Counter, day
from tests.factories import make_listing, make_user, sign_in


@pytest.fixture
def counter(app, clock) -> Counter:
    clock.at(NOW)
    return Counter(deposit_cents=10000)


@pytest.fixture
def browser(app):
    """A signed-in browser of one of the counter's people."""

    def open_for(actor):
        from marketplace.accounts.models import User

        user = db.session.get_one(User, actor.user_id)
        return sign_in(app.test_client(), user, db.session.get_one(Organisation, actor.organisation_id))

    return open_for


def fields(listing, **values: str) -> dict[str, str]:
    usual = {"listing": listing.public_id, "kind": "rental", "quantity": "2", "key": "k" * 22}
    return {**usual, "from": "2027-03-03", "to": "2027-03-12", **values}


def only_exchange() -> Exchange:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Exchange).order_by(Exchange.id.desc())).first()


def text_of(answer) -> str:
    return answer.get_data(as_text=True).replace("\xa0", " ").replace("\u202f", " ")


def test_a_rental_is_asked_for_with_its_days(counter, browser):
    bob = browser(counter.bob)
    shown = text_of(bob.get(f"/annonces/{counter.chairs.public_id}-chaises-bistro"))
    assert "Demander la location" in shown and 'type="date"' in shown and "Demander en don" not in shown
    answer = bob.post(
        "/echanges/demander",
        data=fields(counter.chairs, delivery="provider", delivery_address="3 quai Rambaud", message="Pour le bar"),
    )
    exchange = only_exchange()
    assert (answer.status_code, answer.location) == (303, f"/echanges/{exchange.public_id}")
    assert (exchange.kind, exchange.starts_on, exchange.ends_on) == ("rental", day(3), day(12))
    assert (exchange.delivery, exchange.delivery_address) == ("provider", "3 quai Rambaud")
    page = text_of(bob.get(answer.location))
    assert "Location de 2 pièces" in page and "120 €" in page and "3 quai Rambaud" in page


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"from": ""}, "Dites du quel jour au quel jour"),
        ({"from": "demain"}, "Écrivez un jour"),
        ({"to": "2027-03-03"}, "lendemain"),
        ({"from": "2027-03-06"}, "partez le 8 mars"),
        ({"option_days": "99"}, "de un à dix jours"),
        ({"option_days": "x"}, "de un à dix jours"),
        ({"delivery": "provider"}, "Dites où livrer"),
        ({"delivery": "avion"}, "Vous venez chercher"),
        ({"quantity": "²"}, "en chiffres"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(counter, browser, values, said):
    answer = browser(counter.bob).post("/echanges/demander", data=fields(counter.chairs, message="Au bar", **values))
    shown = text_of(answer)
    assert answer.status_code == 422 and said in shown and "Au bar" in shown
    assert 'aria-invalid="true"' in shown or 'id="delivery-e"' in shown
    assert db.session.query(Exchange).count() == 0


def test_the_price_is_shown_without_a_script_and_nothing_is_asked(counter, browser):
    answer = browser(counter.bob).post(
        "/echanges/demander", data=fields(counter.chairs, only="price", message="Au bar")
    )
    shown = text_of(answer)
    assert answer.status_code == 200 and "Au bar" in shown
    assert "9 jours comptent 2 semaines, au prix de 1,5 semaine (100 % + 50 %)" in shown
    assert "120 €" in shown and "200 €" in shown and "Libre à ces dates : 4 pièces" in shown
    assert db.session.query(Exchange).count() == 0


def test_anybody_reads_a_price_at_its_address(app, counter):
    path = f"/annonces/{counter.chairs.public_id}/prix?kind=rental&quantity=3&from=2027-03-03&to=2027-03-10"
    answer = app.test_client().get(path)
    assert answer.status_code == 200 and "7 jours comptent 1 semaine." in text_of(answer) and "<h1>" in text_of(answer)
    part = text_of(app.test_client().get(path + "&part=1"))
    assert "120 €" in part and "<h1>" not in part


def test_a_school_reads_its_own_price(app, counter, browser):
    with transaction():
        db.session.merge(counter.house).school_reduction_percent = 25
    school = counter.renter("La Fémis", "school")
    path = f"/annonces/{counter.chairs.public_id}/prix?kind=rental&quantity=1&from=2027-03-03&to=2027-03-10&part=1"
    shown = text_of(browser(school).get(path))
    assert "30 €" in shown and "réduction de 25 %" in shown


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("kind=rental", 422),
        ("kind=rental&quantity=1&from=x&to=y", 422),
        ("kind=sale&quantity=1", 422),
        ("kind=reclaim&quantity=1", 422),
        ("kind=rental&quantity=%00&from=2027-03-03&to=2027-03-10", 422),
        ("kind=rental&quantity=1e9&from=2027-03-03&to=2027-03-10", 422),
        ("kind=rental&quantity=1&from=9999-12-30&to=9999-12-31", 422),
        ("", 422),
    ],
)
def test_any_price_address_is_answered(app, counter, query, status):
    client = app.test_client()
    assert client.get(f"/annonces/{counter.chairs.public_id}/prix?{query}").status_code == status
    assert client.get(f"/annonces/{counter.chairs.public_id}/prix?{query}&part=1").status_code == 200


def test_the_price_of_what_one_may_not_see_does_not_exist(app, counter):
    draft = make_listing(counter.house, modes=["rent"], published=False)
    assert app.test_client().get(f"/annonces/{draft.public_id}/prix?kind=rental").status_code == 404
    assert app.test_client().get("/annonces/9999999999999/prix").status_code == 404


def test_a_refusal_says_what_is_free_and_when_and_keeps_what_was_typed(counter, browser):
    counter.ask(counter.carole, 3, day(3), day(10))
    answer = browser(counter.bob).post("/echanges/demander", data=fields(counter.chairs, message="Au bar"))
    shown = text_of(answer)
    assert answer.status_code == 409
    assert "1 du 3 mars au 10 mars" in shown and "4 du 10 mars au 12 mars" in shown
    assert "Au bar" in shown and 'value="2027-03-03"' in shown and "seconde option" not in shown


def test_behind_a_first_option_a_second_is_offered_and_taken(counter, browser):
    first = counter.ask(counter.carole, 4, day(3), day(10), option_days=5)
    bob = browser(counter.bob)
    answer = bob.post("/echanges/demander", data=fields(counter.chairs, message="Au bar"))
    shown = text_of(answer)
    assert answer.status_code == 409 and "Prendre la seconde option" in shown and "Au bar" in shown
    assert '<option selected value="3">' in shown
    answer = bob.post("/echanges/demander", data=fields(counter.chairs, option_days="3"))
    second = only_exchange()
    assert answer.status_code == 303
    assert (second.option_rank, second.behind_id) == (2, counter.get(first).id)


def test_a_sale_takes_an_offer_where_the_price_is_open(app, clock, browser):
    clock.at(NOW)
    counter = Counter(modes=["sell"], price_cents=9000, takes_offers=True)
    bob = browser(counter.bob)
    listing = f"/annonces/{counter.chairs.public_id}-chaises-bistro"
    assert "Votre offre pour la pièce" in text_of(bob.get(listing))
    given = {"listing": counter.chairs.public_id, "kind": "sale", "quantity": "2", "key": "s" * 22}
    answer = bob.post("/echanges/demander", data={**given, "offered": "cent"})
    assert answer.status_code == 422 and "montant en euros" in text_of(answer) and 'value="cent"' in text_of(answer)
    assert bob.post("/echanges/demander", data={**given, "offered": "70,50"}).status_code == 303
    assert only_exchange().lines[0].amount_cents == 14100
    with transaction():
        db.session.merge(counter.chairs).takes_offers = False
    assert "Votre offre" not in text_of(bob.get(listing))
    assert bob.post("/echanges/demander", data={**given, "key": "t" * 22, "offered": "1"}).status_code == 422


def test_each_way_has_its_section_and_its_own_identifiers(app, clock, browser):
    clock.at(NOW)
    counter = Counter(modes=["donate", "rent", "sell"], price_cents=9000)
    shown = text_of(browser(counter.bob).get(f"/annonces/{counter.chairs.public_id}-chaises-bistro"))
    assert "Recevoir en don" in shown and "Louer, 40 € la semaine" in shown and "Acheter, 90 € la pièce" in shown
    for identifier in ("quantity", "rental-quantity", "sale-quantity"):
        assert shown.count(f'id="{identifier}"') == 1
    shown = text_of(app.test_client().get(f"/annonces/{counter.chairs.public_id}-chaises-bistro"))
    assert "Voir un prix de location" in shown and "Se connecter pour demander" in shown


def test_a_person_receives_only_what_is_open_to_the_public_and_rents_nothing(app, clock):
    clock.at(NOW)
    counter = Counter(modes=["donate", "rent"])
    denise = sign_in(app.test_client(), make_user("Denise"))
    path = f"/annonces/{counter.chairs.public_id}-chaises-bistro"
    shown = text_of(denise.get(path))
    assert "Se donne à des structures" in shown and "Les locations vont à des structures" in shown
    assert '<form class="do"' not in shown
    with transaction():
        db.session.merge(counter.chairs).open_to_public = True
    assert "Demander en don" in text_of(denise.get(path))
    given = {"listing": counter.chairs.public_id, "quantity": "1", "key": "d" * 22}
    assert denise.post("/echanges/demander", data=given).status_code == 303
    assert denise.post("/echanges/demander", data=fields(counter.chairs, key="e" * 22)).status_code == 403


def test_days_that_come_with_the_address_stand_in_the_form(counter, browser):
    path = f"/echanges/demander?annonce={counter.chairs.public_id}&from=2027-03-08&to=2027-03-15&quantity=3"
    shown = text_of(browser(counter.bob).get(path))
    assert 'value="2027-03-08"' in shown and 'value="2027-03-15"' in shown and 'value="3"' in shown


def test_a_set_is_priced_whole_and_its_parts_are_counted(counter, app):
    from marketplace.catalogue.models import SetPart

    bistro = make_listing(
        counter.house, "Coin bistro", modes=["rent"], weekly_rate_cents=9000, quantity=Decimal(1), is_set=True
    )
    with transaction() as session:
        session.add(SetPart(set_id=bistro.id, part_id=counter.chairs.id, quantity=Decimal(4)))
    path = f"/annonces/{bistro.public_id}/prix?kind=rental&quantity=1&from=2027-03-03&to=2027-03-10&part=1"
    assert "90 €" in text_of(app.test_client().get(path))
    counter.ask(counter.carole, 1, day(3), day(5))
    assert "Chaises bistro" in text_of(app.test_client().get(path))
