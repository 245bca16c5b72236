"""What could take the place of what is missing of a rental: who sees it, what is on it, and the way to ask for it."""

from decimal import Decimal

import pytest
from sqlalchemy import event, select

from marketplace.core.db import db
from marketplace.exchanges.jobs import turn_of_the_day
from marketplace.exchanges.models import Exchange, ExchangeLine, Shortage
from marketplace.messaging.models import Notification
from tests.exchanges.test_rentals import Counter, day
from tests.exchanges.test_views_rentals import Desk, plain
from tests.factories import make_listing, make_organisation, make_production, make_user

pytestmark = pytest.mark.both_databases

LILLE, PARIS, LYON = (50.63, 3.06), (48.86, 2.35), (45.76, 4.84)


def chairs(owner, title, *, at=PARIS, quantity=4, **values):
    terms = {"modes": ["rent"], "weekly_rate_cents": 3000, "category_key": "chair", "lat": at[0], "lon": at[1]}
    return make_listing(owner, title, quantity=Decimal(quantity), **{**terms, **values})


class Short:
    """Carole counts on three chairs from the 11th until the 18th; Bob is late with three of the four."""

    def __init__(self, app, clock):
        self.app = app
        clock.at("2027-03-03T09:00:00+01:00")
        self.counter = counter = Counter()
        counter.out_without_deposit(counter.bob, 3, day(3), day(10))
        self.exchange = counter.confirmed(counter.carole, 3, day(11), day(18))
        clock.at("2027-03-11T09:00:00+01:00")
        turn_of_the_day()
        self.line = counter.get(self.exchange).lines[0].public_id
        self.path = f"/autres/{self.line}"
        self.address = f"/echanges/{self.exchange}{self.path}"
        db.session.rollback()

    def desk(self, actor) -> Desk:
        return Desk(self.app, actor, self.exchange)


@pytest.fixture
def short(app, clock) -> Short:
    return Short(app, clock)


def test_the_same_house_comes_first_then_the_nearest_others(short):
    counter = short.counter
    chairs(counter.house, "Chaises de bistro vertes")
    make_listing(counter.house, "Tables rondes", category_key="table_dining", modes=["rent"], weekly_rate_cents=9000)
    chairs(counter.house, "Chaise unique", quantity=1)
    far, near = make_organisation("Loin Décors"), make_organisation("Près Décors")
    chairs(far, "Chaises paille", at=LILLE)
    taken = chairs(near, "Chaises prises", at=LYON)
    chairs(near, "Chaises à donner", at=LYON, modes=["donate"])
    chairs(near, "Chaises Thonet", at=LYON, quantity=6)
    held = counter.renter("Déjà Là")
    counter.ask(held, 3, day(12), day(15), listing=taken)

    shown = short.desk(counter.carole).page(short.path)
    order = ["Chez Ressourcerie", "Chaises de bistro vertes", "Ailleurs", "Chaises Thonet", "Chaises paille"]
    places = [shown.index(words) for words in order]
    assert places == sorted(places)
    for absent in ("Chaise unique", "Chaises prises", "Chaises à donner", "Tables rondes"):
        assert absent not in shown
    assert "Libre à ces dates : 6 pièces" in shown and "Près Décors" in shown
    assert "60 €" in shown  # two of them, a week at 30 €
    assert "Il manque 2 pièces de « Chaises bistro » dès le 11 mars" in shown


def test_it_is_asked_for_in_one_step_or_put_in_the_cart(short):
    counter = short.counter
    found = chairs(make_organisation("Près Décors"), "Chaises Thonet", modes=["donate", "rent"])
    carole = short.desk(counter.carole)
    shown = carole.page(short.path)
    link = next(part for part in shown.split('"') if part.startswith("/echanges/demander?")).replace("&amp;", "&")
    form = plain(carole.client.get(link))
    assert 'value="2027-03-11"' in form and 'value="2027-03-18"' in form and 'value="2"' in form
    assert '<details name="way" id="way-rental" open>' in form  # with days, not the gift it could also be

    sent = {"kind": "rental", "listing": found.public_id, "quantity": "2", "from": "2027-03-11", "to": "2027-03-18"}
    for name, value in sent.items():
        assert f'name="{name}" value="{value}"' in shown
    assert carole.client.post("/panier/ajouter", data=sent).status_code == 303
    db.session.rollback()
    query = select(ExchangeLine).join(Exchange).where(Exchange.state == "cart")
    (line,) = db.session.scalars(query)
    assert (line.title, int(line.quantity), line.starts_on, line.ends_on) == ("Chaises Thonet", 2, day(11), day(18))


def test_a_day_that_the_place_is_closed_is_said(short):
    chairs(make_organisation("Près Décors"), "Chaises Thonet", longest_rental_days=3)
    shown = short.desk(short.counter.carole).page(short.path)
    assert "« Chaises Thonet » se loue 3 jours au plus." in shown
    assert "/echanges/demander?" in shown and 'action="/panier/ajouter"' in shown and "Mettre au panier" not in shown


def test_the_provider_sees_their_own_to_propose_and_may_ask_others(short):
    counter = short.counter
    own = chairs(counter.house, "Chaises de bistro vertes")
    other = chairs(make_organisation("Près Décors"), "Chaises Thonet")
    shown = short.desk(counter.alice).page(short.path)
    assert "Chez vous" in shown and "À proposer à Grand Large" in shown
    assert f"annonce={own.public_id}" not in shown and f"annonce={other.public_id}" in shown


def test_the_new_request_is_for_the_same_production(short):
    counter = short.counter
    chairs(make_organisation("Près Décors"), "Chaises Thonet")
    exchange = counter.get(short.exchange)
    production = make_production(exchange.receiver, "Les Heures creuses", base_lat=45.7, base_lon=4.8)
    production_id, public_id = production.id, production.public_id
    exchange.receiver_production_id = production_id
    db.session.commit()
    carole = short.desk(counter.carole)
    link = next(part for part in carole.page(short.path).split('"') if part.startswith("/echanges/demander?"))
    assert f"production={public_id}" in link
    assert f'<option selected value="{public_id}">' in plain(carole.client.get(link.replace("&amp;", "&")))


def test_nothing_else_says_what_to_do(short):
    shown = short.desk(short.counter.carole).page(short.path)
    assert "Rien de ce genre n’est libre à ces dates." in shown
    assert "/annonces?category=chair&amp;mode=rent" in shown and "#messages" in shown


def test_the_exchange_and_the_notification_lead_there(short):
    counter = short.counter
    for actor in (counter.carole, counter.alice):
        assert short.address in short.desk(actor).page()
    paths = {
        row.user_id: row.path
        for row in db.session.scalars(select(Notification).where(Notification.kind == "shortage_changed"))
    }
    assert paths == {
        counter.carole.user_id: short.address,
        counter.alice.user_id: f"/echanges/{short.exchange}",
    }


def test_once_solved_it_leads_back(short):
    shortage = db.session.scalars(select(Shortage)).one()
    late = db.session.scalars(select(Exchange).where(Exchange.state == "handed_over")).one().public_id
    assert shortage.solved_at is None
    db.session.rollback()
    short.counter.move(short.counter.alice, late, "return")
    carole = short.desk(short.counter.carole)
    answer = carole.client.get(short.address)
    assert (answer.status_code, answer.location) == (303, f"/echanges/{short.exchange}")
    assert "rien ne manque plus" in carole.page()


def test_strangers_moderators_and_other_lines_find_nothing(short, app):
    counter = short.counter
    moderator = make_organisation("Modération", owner=make_user("Judith", moderator=True))
    from tests.factories import owner_of

    for actor in (counter.bob, owner_of(moderator)):
        assert short.desk(actor).client.get(short.address).status_code == 404
    carole = short.desk(counter.carole)
    assert carole.client.get(f"/echanges/{short.exchange}/autres/{'0' * 13}").status_code == 404
    assert carole.client.get(f"/echanges/{'0' * 13}/autres/{short.line}").status_code == 404


def test_however_many_there_are_it_keeps_to_its_queries(short):
    counter, seen = short.counter, []
    event.listen(db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))

    def statements() -> int:
        desk = short.desk(counter.carole)
        seen.clear()
        desk.page(short.path)
        return sum(statement.lstrip().startswith(("SELECT", "WITH")) for statement in seen)

    def more(count: int) -> None:
        for n in range(count):
            chairs(counter.house, f"Chaises bistro, lot {n}")
            chairs(make_organisation(f"Maison {count} {n}"), f"Chaises {n}")

    more(1)
    few = statements()
    more(7)
    assert 0 < statements() <= few
