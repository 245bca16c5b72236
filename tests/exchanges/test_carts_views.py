"""The cart's pages: filled from a listing, changed and sent by plain forms; wrong values, old pages, strangers."""

import re
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from marketplace.accounts.models import User
from marketplace.catalogue.models import Listing
from marketplace.core.db import db, transaction
from marketplace.exchanges.models import Exchange
from marketplace.web.cards import drawing_of
from tests.exchanges.test_carts import Shop, shop_org
from tests.exchanges.test_rentals import NOW, day
from tests.factories import add_member, make_production, make_user, sign_in


@pytest.fixture
def shop(app, clock) -> Shop:
    clock.at(NOW)
    return Shop()


@pytest.fixture
def bob(app, shop):
    return sign_in(app.test_client(), db.session.get_one(User, shop.bob.user_id), shop_org(shop))


def read(client, path="/panier", status=200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code)
    return answer.get_data(as_text=True)


def post(client, path, status=303, **fields):
    answer = client.post(path, data=fields)
    assert answer.status_code == status, (path, answer.status_code, answer.get_data(as_text=True)[:2000])
    return answer.location if status == 303 else answer.get_data(as_text=True)


def adding(listing, **fields):
    usual = {"listing": listing.public_id, "kind": "rental", "quantity": "2", "from": "2027-03-10", "to": "2027-03-17"}
    return {**usual, **fields}


def cart() -> Exchange:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Exchange).where(Exchange.state == "cart")).one()


def sending(page: str, **fields: str) -> dict:
    """Every field of the form that sends, as the page stands."""
    hidden = dict(re.findall(r'<input[^>]*form="envoi"[^>]*name="([^"]+-(?:version|price))"[^>]*value="([^"]*)"', page))
    return {"cart": re.findall(r'name="cart" value="([^"]+)"', page), **hidden, **fields}


# --- putting in -------------------------------------------------------------------------------------------------------


def test_a_listing_is_put_in_and_read_in_the_cart(shop, bob):
    assert "Votre panier est vide" in read(bob)
    assert read(bob, f"/annonces/{shop.chairs.public_id}-chaises-bistro").count("/panier/ajouter") == 1
    values = {"message": "Pour le bar", "vehicle": "van_12m3", "option_days": "", "delivery": "carrier"}
    assert post(bob, "/panier/ajouter", **adding(shop.chairs), **values) == "/panier"
    post(bob, "/panier/ajouter", **adding(shop.lamps, quantity="1", next="/annonces?q=lampe"))
    page = read(bob)
    assert "Ressourcerie Le Contrechamp" in page and "Loueur des Halles" in page
    assert "2\xa0pièces, du 10 mars au 17 mars" in page
    assert "Retenu pour vous jusqu’à 9:30" in page and "encore 30 minutes" in page
    assert "80\xa0€" in page and "caution 10\xa0€" in page
    assert "Envoyer les 2 demandes" in page and "Pour le bar" in page
    assert 'value="van_12m3"' in page and re.search(r'<option selected value="carrier"', page)
    assert re.search(r'<b class="count">2<span class="sr"> lignes', page)
    assert f"img/drawings/{drawing_of(shop.chairs.category_key)}.svg" in page, "nobody has photographed them"


def test_where_one_was_is_where_one_returns_to_and_nowhere_else(shop, bob):
    assert post(bob, "/panier/ajouter", **adding(shop.chairs, next="/annonces?q=chaise")) == "/annonces?q=chaise"
    assert post(bob, "/panier/ajouter", **adding(shop.lamps, next="//ailleurs.fr")) == "/panier"


@pytest.mark.parametrize(
    ("fields", "said", "status"),
    [
        ({"quantity": "beaucoup"}, "en chiffres", 422),
        ({"from": "demain"}, "Écrivez un jour", 422),
        ({"to": "2027-03-10"}, "le lendemain au plus tôt", 422),
        ({"quantity": "5"}, "5 ne sont pas libres", 409),
        ({"production": "aaaaaaaaaaaaa"}, "pas de votre organisation", 422),
        ({"option_days": "12"}, "un à dix jours", 422),
    ],
)
def test_what_cannot_be_put_in_is_said_on_the_form(shop, bob, fields, said, status):
    page = post(bob, "/panier/ajouter", status, **adding(shop.chairs, message="Pour le bar", **fields))
    assert said in page and "Pour le bar" in page
    assert db.session.scalars(select(Exchange)).all() == []


def test_a_visitor_signs_in_first_and_a_reader_is_told(app, shop):
    visitor = app.test_client()
    assert "/connexion" in visitor.get("/panier").location
    assert "/connexion" in post(visitor, "/panier/ajouter", **adding(shop.chairs))
    lea = make_user("Lea")
    add_member(shop_org(shop), lea, "viewer")
    reader = sign_in(app.test_client(), lea, shop_org(shop))
    post(reader, "/panier/ajouter", 403, **adding(shop.chairs))
    assert "Votre panier est vide" in read(reader)


# --- changing ---------------------------------------------------------------------------------------------------------


def test_a_line_is_changed_kept_as_typed_when_refused_and_taken_out(shop, bob):
    shop.add(2, day(10), day(17))
    found = cart()
    line = found.lines[0].public_id
    path = f"/panier/{found.public_id}/lignes/{line}"

    def fields(**values):
        usual = {"version": str(cart().version), "quantity": "2", "from": "2027-03-10", "to": "2027-03-17"}
        return {f"{line}-{name}": value for name, value in {**usual, **values}.items()}

    assert post(bob, path, **fields(quantity="3", to="2027-03-24"), go="change") == "/panier"
    assert (cart().lines[0].quantity, cart().lines[0].ends_on) == (3, day(24))
    page = post(bob, path, 422, **fields(quantity="trois", to="2027-03-09"), go="change")
    assert "en chiffres" in page and 'value="trois"' in page and f'id="{line}-quantity-e"' in page
    page = post(bob, path, 409, **fields(quantity="5"), go="change")
    assert "5 ne sont pas libres" in page and 'value="5"' in page
    page = post(bob, path, 409, **fields(version="1"), go="change")
    assert "a changé depuis" in page
    assert post(bob, path, go="remove") == "/panier"
    assert "sortie du panier" in read(bob) and "Votre panier est vide" in read(bob)
    assert post(bob, path, go="remove") == "/panier"  # twice is once


def test_the_same_days_for_all(shop, bob):
    shop.add(2, day(10), day(17))
    shop.add(1, day(11), day(18), listing=shop.lamps)
    shop.add(1, listing=shop.lamps, kind="sale")
    shop.ask(shop.carole, 3, day(22), day(26))
    page = post(bob, "/panier/dates", 409, **{"from": "2027-03-22", "to": "2027-03-29"})
    assert "Une ligne est restée comme elle était" in page and "Chaises bistro" in page and "1 du 22 mars" in page
    page = post(bob, "/panier/dates", 422, **{"from": "", "to": "2027-03-29"})
    assert "Dites du quel jour" in page and 'value="2027-03-29"' in page
    assert post(bob, "/panier/dates", **{"from": "2027-04-05", "to": "2027-04-12"}) == "/panier"
    days = set(db.session.execute(select(Exchange.kind, Exchange.starts_on).where(Exchange.state == "cart")).all())
    assert days == {("rental", day(5, 4)), ("sale", None), ("rental", day(5, 4))}


def test_time_is_asked_for_once_and_what_was_lost_is_held_again(shop, bob, clock):
    shop.add(2, day(10), day(17))
    shop.add(1, day(10), day(17), listing=shop.lamps)
    assert post(bob, "/panier/prolonger") == "/panier"
    assert "demi-heure de plus" in read(bob) and "Garder encore" not in read(bob)
    post(bob, "/panier/prolonger")
    assert "une seule fois" in read(bob)
    clock.at("2027-03-01T09:40:00+01:00")
    shop.ask(shop.carole, 3, day(10), day(17))
    page = read(bob)
    assert "2 lignes ne sont plus retenues" in page and "1 du 10 mars au 17 mars" in page
    assert "Retenir à nouveau ce qui est libre (une ligne)" in page and "Envoyer la demande" in page
    page = post(bob, "/panier/retenir", 409)
    assert "Une ligne est restée" in page and "Retenu pour vous jusqu’à 10:10" in page


# --- sending ----------------------------------------------------------------------------------------------------------


def test_each_house_gets_its_request_and_a_double_click_sends_once(shop, bob):
    film = make_production(shop_org(shop), "Un film")
    shop.add(2, day(10), day(17))
    shop.add(1, day(10), day(17), listing=shop.lamps)
    page = read(bob)
    one, other = re.findall(r'name="cart" value="([^"]+)"', page)
    fields = sending(
        page, **{f"{one}-message": "Pour le bar", f"{one}-production": film.public_id, f"{other}-option_days": "3"}
    )
    place = post(bob, "/panier/envoyer", **fields)
    assert place == f"/panier/envoye?d={one}&d={other}"
    assert post(bob, "/panier/envoyer", **fields) == place  # a double click, or the page from before
    found = db.session.scalars(select(Exchange).order_by(Exchange.id)).all()
    assert [(one.state, one.option_days, one.receiver_production_id) for one in found] == [
        ("requested", None, film.id),
        ("requested", 3, None),
    ]
    assert found[0].moves[-1].data == {"message": "Pour le bar"}
    page = read(bob, place)
    assert "2 demandes sont parties" in page and f"/echanges/{one}" in page and found[1].reference in page
    assert "Votre panier est vide" in read(bob)


def test_one_house_alone_may_be_asked(shop, bob):
    shop.add(2, day(10), day(17))
    shop.add(1, day(10), day(17), listing=shop.lamps)
    page = read(bob)
    one, other = re.findall(r'name="cart" value="([^"]+)"', page)
    assert post(bob, "/panier/envoyer", **sending(page, only=other)) == f"/panier/envoye?d={other}"
    assert cart().public_id == one


def test_one_that_is_refused_stops_no_other_and_keeps_what_was_typed(shop, bob, clock):
    shop.add(2, day(10), day(17))
    shop.add(1, day(10), day(17), listing=shop.lamps)
    page = read(bob)
    one, other = re.findall(r'name="cart" value="([^"]+)"', page)
    clock.at("2027-03-01T09:40:00+01:00")
    shop.ask(shop.carole, 3, day(10), day(17))
    page = post(bob, "/panier/envoyer", 409, **sending(page, **{f"{one}-message": "Pour le bar"}))
    assert "Une demande n’est pas partie" in page and "2 ne sont pas libres" in page
    assert f"/echanges/{other}" in page and "Pour le bar" in page
    assert cart().public_id == one
    page = read(bob)
    assert "Rien de ce panier n’est libre" in page and 'id="envoi"' not in page


def test_what_was_lost_is_said_after_sending_and_kept_as_a_wish(shop, bob, clock):
    shop.add(2, day(10), day(17))
    shop.add(1, day(22), day(26))
    page = read(bob)
    clock.at("2027-03-01T09:40:00+01:00")
    shop.ask(shop.carole, 3, day(10), day(17))
    page = read(bob, post(bob, "/panier/envoyer", **sending(page)))
    assert "Une demande est partie" in page and "Une ligne n’a pas pu partir" in page and "Chaises bistro" in page
    assert cart().lines[0].starts_on == day(10)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("delivery", "provider", "Dites où livrer"),
        ("delivery", "fusée", "Choisissez dans la liste"),
        ("vehicle", "fusée", "pas dans la liste"),
        ("option_days", "12", "un à dix jours"),
        ("message", "x" * 2001, "2000"),
        ("production", "aaaaaaaaaaaaa", "pas de votre organisation"),
        ("price", "1", "Le prix a changé"),
        ("version", "0", "a changé depuis"),
    ],
)
def test_wrong_terms_are_named_and_nothing_leaves(shop, bob, name, value, said):
    shop.add(2, day(10), day(17))
    page = read(bob)
    found = cart()
    fields = sending(page) | {f"{found.public_id}-{name}": value}
    answer = bob.post("/panier/envoyer", data=fields)
    assert answer.status_code == (409 if name in ("price", "version") else 422)
    assert said in answer.get_data(as_text=True)
    assert cart().version == found.version


def test_a_price_that_rose_is_shown_before_it_is_sent(shop, bob):
    shop.add(2, day(10), day(17))
    page = read(bob)
    with transaction() as session:
        session.execute(update(Listing).where(Listing.id == shop.chairs.id).values(weekly_rate_cents=5000))
    page = post(bob, "/panier/envoyer", 409, **sending(page))
    assert "100\xa0€" in page
    post(bob, "/panier/envoyer", **sending(page))
    assert db.session.scalars(select(Exchange)).one().lines[0].amount_cents == 10000


def test_nothing_to_send_leads_back_to_the_cart(bob):
    assert post(bob, "/panier/envoyer") == "/panier"
    assert post(bob, "/panier/prolonger") == "/panier"
    assert post(bob, "/panier/retenir") == "/panier"
    read(bob, "/panier/envoye", 404)
    read(bob, "/panier/envoye?d=aaaaaaaaaaaaa&d=%00", 404)


# --- whose ------------------------------------------------------------------------------------------------------------


def test_colleagues_and_providers_find_nothing(app, shop, bob):
    odile = make_user("Odile")
    add_member(shop_org(shop), odile, "manager")
    colleague = sign_in(app.test_client(), odile, shop_org(shop))
    alice = sign_in(app.test_client(), db.session.get_one(User, shop.alice.user_id))
    shop.add(2, day(10), day(17))
    found = cart()
    place, line = found.public_id, found.lines[0].public_id
    for client in (colleague, alice):
        assert "Votre panier est vide" in read(client)
        read(client, f"/echanges/{place}", 404)
        for go in ("change", "remove"):
            post(client, f"/panier/{place}/lignes/{line}", 404, go=go, **{f"{line}-quantity": "1"})
        post(client, "/panier/envoyer", 404, cart=place)
        post(client, "/panier/envoyer", 404, only=place)
        post(client, "/panier/retenir")
        post(client, "/panier/prolonger")
        post(client, "/panier/dates", **{"from": "2027-04-05", "to": "2027-04-12"})
        assert "Chaises bistro" not in read(client, "/echanges")
    assert (cart().version, cart().lines[0].starts_on) == (found.version, day(10))
    post(bob, "/panier/envoyer", **sending(read(bob)))
    read(colleague, f"/panier/envoye?d={place}", 404)
    page = read(colleague, f"/echanges/{place}")
    assert "put_in_cart" not in page and "Chaises bistro" in page


def test_others_are_told_that_it_is_being_reserved(app, shop, bob):
    carole = sign_in(app.test_client(), db.session.get_one(User, shop.carole.user_id))
    path = f"/annonces/{shop.chairs.public_id}-chaises-bistro"
    assert "En cours de réservation" not in read(carole, path)
    shop.add(2, day(10), day(17))
    for client in (carole, app.test_client()):
        assert "En cours de réservation par d’autres : 2\xa0pièces" in read(client, path)
    assert "En cours de réservation" not in read(bob, path)


def test_a_visitor_s_page_counts_no_cart(app, shop):
    from sqlalchemy import event

    seen: list[str] = []
    listen = lambda *args: seen.append(args[2])  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", listen)
    read(app.test_client(), "/aide")
    assert not [one for one in seen if "exchange" in one]
    bob = sign_in(app.test_client(), db.session.get_one(User, shop.bob.user_id), shop_org(shop))
    seen.clear()
    read(bob, "/aide")
    event.remove(db.engine, "before_cursor_execute", listen)
    assert len([one for one in seen if "exchange_line" in one]) == 1


def test_a_sale_with_an_offer_and_a_gift_stand_beside_a_rental(shop, bob):
    with transaction() as session:
        session.execute(
            update(Listing).where(Listing.id == shop.chairs.id).values(modes=["rent", "donate"], quantity=Decimal(6))
        )
    post(bob, "/panier/ajouter", **adding(shop.lamps, kind="sale", quantity="2", offered="15,50"))
    post(bob, "/panier/ajouter", **adding(shop.chairs, kind="donation", quantity="1"))
    page = read(bob)
    assert "votre offre : 15,50\xa0€" in page and "31\xa0€" in page and "En don" in page
    post(bob, "/panier/envoyer", **sending(page))
    found = db.session.scalars(select(Exchange).order_by(Exchange.id)).all()
    assert [(one.kind, one.state, one.lines[0].amount_cents) for one in found] == [
        ("sale", "requested", 3100),
        ("donation", "requested", 0),
    ]
