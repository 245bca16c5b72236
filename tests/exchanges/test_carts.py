"""Filling, changing and sending a cart: what it holds, for how long, what it loses and says."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select, text, update

from marketplace.accounts.models import ProductionMember, User
from marketplace.catalogue.models import Listing, SetPart
from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.exchanges import cart_acts, cart_lines, facts, queries, services, stock
from marketplace.exchanges.cart_acts import Sending
from marketplace.exchanges.cart_reading import carts_for, held_in_carts, sent_from_cart
from marketplace.exchanges.carts import carts_of, count_lines, is_cart_of
from marketplace.exchanges.jobs import close_overdue
from marketplace.exchanges.models import Exchange, ExchangeLine, Hold, Shortage
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from marketplace.messaging.models import Notification
from tests.exchanges.test_rentals import NOW, Counter, day
from tests.factories import (
    actor_of,
    add_member,
    make_listing,
    make_organisation,
    make_production,
    make_user,
)

pytestmark = pytest.mark.both_databases
BOB = object()


class Shop(Counter):
    """Two houses rent, one of them sells and gives too; Bob fills a cart."""

    def __init__(self, **values):
        super().__init__(**values)
        self.other = make_organisation("Loueur des Halles", "rental_house")
        self.lamps = make_listing(
            self.other, "Lampes", modes=["rent", "sell"], weekly_rate_cents=500, price_cents=2000, quantity=Decimal(4),
            deposit_cents=1000, takes_offers=True,
        )  # fmt: skip

    def _who(self, actor):
        return self.bob if actor is BOB else actor

    def add(self, quantity, starts=None, ends=None, *, listing=None, kind="rental", actor=BOB, **values) -> str:
        offered = values.pop("offered", None)
        line = LineRequest((listing or self.chairs).public_id, quantity, starts, ends, offered)
        with transaction():
            return cart_lines.add_line(self._who(actor), ExchangeRequest(kind, [line], **values)).public_id

    def change(self, cart, quantity, starts=None, ends=None, line=0, version=None, actor=BOB) -> None:
        line_id = self.get(cart).lines[line].public_id
        with transaction():
            cart_lines.change_line(self._who(actor), cart, line_id, quantity, starts, ends, version)

    def remove(self, cart, line=0, actor=BOB) -> None:
        line_id = self.get(cart).lines[line].public_id
        with transaction():
            cart_lines.remove_line(self._who(actor), cart, line_id)

    def send(self, cart, version=None, actor=BOB, **values) -> Exchange:
        with transaction():
            cart_acts.send_cart(self._who(actor), cart, Sending(**values), version)
        return self.get(cart)

    def seen(self, actor=BOB):
        found = carts_for(self._who(actor))
        db.session.rollback()
        return found

    def lines(self, cart) -> list[tuple[str, int, date | None, date | None]]:
        return [(one.title, int(one.quantity), one.starts_on, one.ends_on) for one in self.get(cart).lines]


@pytest.fixture
def shop(app, clock) -> Shop:
    clock.at(NOW)
    return Shop()


def held(cart: Exchange) -> list[tuple[int, date, date | None]]:
    query = select(Hold).where(Hold.exchange_id == cart.id, Hold.state == "active").order_by(Hold.line_id)
    return [(int(hold.quantity), hold.starts_on, hold.ends_on) for hold in db.session.scalars(query)]


# --- putting in -------------------------------------------------------------------------------------------------------


def test_things_of_one_house_and_place_go_into_one_cart_and_are_held_until_its_deadline(shop, clock):
    stools = make_listing(shop.house, "Tabourets", modes=["rent"], weekly_rate_cents=1000, quantity=Decimal(6))
    cart = shop.add(2, day(10), day(17))
    clock.at("2027-03-01T09:10:00+01:00")
    assert shop.add(1, day(10), day(17), listing=stools) == cart
    other = shop.add(1, day(10), day(17), listing=shop.lamps)
    assert other != cart
    found = shop.get(cart)
    assert found.state == "cart" and found.deadline_at.isoformat() == "2027-03-01T08:30:00+00:00"
    assert {hold.expires_at for hold in db.session.scalars(select(Hold).where(Hold.exchange_id == found.id))} == {
        found.deadline_at
    }
    assert [(line.title, line.amount_cents) for line in found.lines] == [("Chaises bistro", 8000), ("Tabourets", 1000)]
    assert (found.starts_on, found.ends_on) == (day(10), day(17))
    assert count_lines(shop.bob.organisation_id, shop.bob.user_id) == 3
    with pytest.raises(Conflict) as refusal:
        shop.ask(shop.carole, 3, day(12), day(15))
    assert refusal.value.data["available"][0]["free"] == 2


def test_kinds_productions_and_places_do_not_mix(shop):
    film, series = (make_production(db.session.merge(shop_org(shop)), title) for title in ("Un film", "Une série"))
    carts = [
        shop.add(1, day(10), day(17), listing=shop.lamps),
        shop.add(1, listing=shop.lamps, kind="sale"),
        shop.add(1, day(18), day(24), listing=shop.lamps, production_public_id=film.public_id),
        shop.add(1, day(26), day(29), listing=shop.lamps, production_public_id=series.public_id),
    ]
    assert len(set(carts)) == 4
    assert shop.add(1, day(18), day(24), listing=shop.lamps, production_public_id=film.public_id) == carts[2]


def shop_org(shop):
    from marketplace.accounts.models import Organisation

    return db.session.get_one(Organisation, shop.bob.organisation_id)


def test_the_same_thing_twice_adds_up_and_never_beyond_what_is_there(shop):
    cart = shop.add(2, day(10), day(17))
    shop.add(1, day(10), day(17))
    shop.add(1, day(18), day(24))
    assert shop.lines(cart) == [("Chaises bistro", 3, day(10), day(17)), ("Chaises bistro", 1, day(18), day(24))]
    with pytest.raises(Conflict) as refusal:
        shop.add(2, day(10), day(17))
    assert "5 ne sont pas libres" in refusal.value.message
    assert held(shop.get(cart)) == [(3, day(10), day(17)), (1, day(18), day(24))]


def test_own_lines_over_the_same_days_count_for_each_other(shop):
    cart = shop.add(3, day(10), day(17))
    shop.add(1, day(12), day(16))
    with pytest.raises(Conflict) as refusal:
        shop.add(1, day(15), day(18))
    assert refusal.value.data["available"][0]["free"] == 0
    with pytest.raises(Conflict):
        shop.change(cart, 4, day(10), day(17))
    shop.change(cart, 4, day(17), day(24))
    assert shop.lines(cart)[0] == ("Chaises bistro", 4, day(17), day(24))


def test_a_form_sent_twice_adds_once(shop):
    keys = [letter * 22 for letter in "ab"]
    cart = shop.add(1, day(10), day(17), key=keys[0])
    shop.add(1, day(10), day(17), key=keys[0])
    shop.add(1, day(10), day(17), key=keys[1])
    shop.add(1, day(10), day(17), key=keys[1])
    assert shop.lines(cart) == [("Chaises bistro", 2, day(10), day(17))]
    with pytest.raises(Invalid):
        shop.add(1, day(10), day(17), key="clé")


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("quantity", "starts", "ends", "kind", "field"),
    [
        ("beaucoup", day(10), day(17), "rental", "quantity"),
        ("1,5", day(10), day(17), "rental", "quantity"),
        (1, None, None, "rental", "dates"),
        (1, day(17), day(10), "rental", "dates"),
        (1, day(13), day(17), "rental", "dates"),  # a Saturday
        (1, None, None, "donation", "lines"),  # not given
        (1, None, None, "meal", "kind"),
    ],
)
@pytest.mark.parametrize("joined", [False, True])
def test_wrong_values_are_named_whether_a_cart_is_there_or_not(shop, quantity, starts, ends, kind, field, joined):
    if joined:
        shop.add(1, day(18), day(24))
    with pytest.raises(Invalid) as refusal:
        shop.add(quantity, starts, ends, kind=kind)
    assert field in refusal.value.errors


def test_what_one_may_not_ask_for_does_not_go_into_a_cart(shop):
    draft = make_listing(shop.house, published=False)
    with pytest.raises(NotFound):
        shop.add(1, day(10), day(17), listing=draft)
    with pytest.raises(Invalid):
        shop.add(1, day(10), day(17), actor=shop.alice)
    reader = make_user("Lea")
    add_member(shop_org(shop), reader, "viewer")
    with pytest.raises(NotAllowed):
        shop.add(1, day(10), day(17), actor=actor_of(reader, shop_org(shop)))
    with pytest.raises(NotFound):
        shop.add(1, day(10), day(17), listing=type("Gone", (), {"public_id": "a" * 13}))


def test_a_cart_is_full_at_a_hundred_lines(shop, monkeypatch):
    monkeypatch.setattr(cart_lines, "MOST_IN_CARTS", 2)
    shop.add(1, day(10), day(17))
    shop.add(1, day(10), day(17), listing=shop.lamps)
    with pytest.raises(Invalid):
        shop.add(1, day(18), day(24))
    shop.add(1, day(10), day(17))  # more of what is there


def test_a_sale_keeps_the_latest_offer(shop):
    cart = shop.add(1, listing=shop.lamps, kind="sale")
    assert shop.get(cart).lines[0].amount_cents == 2000
    shop.add(1, listing=shop.lamps, kind="sale", offered=1500)
    assert (shop.lines(cart)[0][1], shop.get(cart).lines[0].amount_cents) == (2, 3000)
    assert shop.send(cart).lines[0].offered_cents == 1500


def test_a_set_holds_its_parts_and_lets_them_go(shop):
    parts = [make_listing(shop.house, name, modes=["rent"], quantity=Decimal(4)) for name in ("Table", "Banc")]
    dining = make_listing(shop.house, "Salle à manger", modes=["rent"], weekly_rate_cents=9000, quantity=Decimal(2))
    with transaction() as session:
        session.execute(update(Listing).where(Listing.id == dining.id).values(is_set=True))
        for position, (part, each) in enumerate(zip(parts, (1, 2), strict=True)):
            session.add(SetPart(set_id=dining.id, part_id=part.id, quantity=Decimal(each), position=position))
    cart = shop.add(1, day(10), day(17), listing=dining)
    shop.add(1, day(10), day(17), listing=dining)
    assert held(shop.get(cart)) == [(2, day(10), day(17)), (4, day(10), day(17))]
    assert held_in_carts([dining.id, parts[0].id]) == {dining.id: 2, parts[0].id: 2}
    with pytest.raises(Conflict):
        shop.ask(shop.carole, 1, day(10), day(17), listing=parts[1])
    shop.change(cart, 1, day(10), day(17))
    assert held(shop.get(cart)) == [(1, day(10), day(17)), (2, day(10), day(17))]
    shop.add(1, day(10), day(17))
    assert [one.line.title for one in shop.seen()[0].lines] == ["Salle à manger", "Chaises bistro"]
    shop.remove(cart)
    assert shop.lines(cart) == [("Chaises bistro", 1, day(10), day(17))]
    assert db.session.scalars(select(Hold.listing_id).where(Hold.state == "active")).all() == [shop.chairs.id]


# --- changing ---------------------------------------------------------------------------------------------------------


def test_a_line_is_changed_or_stays_whole(shop):
    cart = shop.add(2, day(10), day(17))
    shop.change(cart, 4, day(11), day(18))
    assert held(shop.get(cart)) == [(4, day(11), day(18))]
    assert shop.get(cart).lines[0].amount_cents == 16000
    shop.ask(shop.carole, 2, day(22), day(26))
    for values, error in (
        ((3, day(22), day(26)), Conflict), ((5, day(11), day(18)), Conflict), ((0, day(11), day(18)), Invalid),
        ((1, day(18), day(11)), Invalid), ((1, None, None), Invalid),
    ):  # fmt: skip
        with pytest.raises(error):
            shop.change(cart, *values)
        assert (shop.lines(cart), held(shop.get(cart))) == (
            [("Chaises bistro", 4, day(11), day(18))],
            [(4, day(11), day(18))],
        )
    shop.change(cart, "1", day(11), day(18))
    assert held(shop.get(cart)) == [(1, day(11), day(18))]


def test_a_line_moved_onto_the_days_of_another_joins_it(shop):
    cart = shop.add(1, day(10), day(17))
    shop.add(2, day(18), day(24))
    shop.change(cart, 1, day(18), day(24))
    assert shop.lines(cart) == [("Chaises bistro", 3, day(18), day(24))]
    assert held(shop.get(cart)) == [(3, day(18), day(24))]


def test_an_old_page_changes_nothing(shop):
    cart = shop.add(1, day(10), day(17))
    version = shop.get(cart).version
    shop.add(1, day(10), day(17))
    with pytest.raises(Conflict):
        shop.change(cart, 1, day(10), day(17), version=version)
    with pytest.raises(Conflict):
        shop.send(cart, version=version)
    assert shop.get(cart).state == "cart"


def test_the_last_line_taken_out_ends_the_cart_and_twice_is_once(shop):
    cart = shop.add(1, day(10), day(17))
    line_id = shop.get(cart).lines[0].public_id
    for _time in range(2):
        with transaction():
            cart_lines.remove_line(shop.bob, cart, line_id)
    assert shop.get(cart).state == "cancelled" and held(shop.get(cart)) == []
    assert shop.seen() == []
    with pytest.raises(Conflict) as refusal:
        shop.send(cart)
    assert refusal.value.data["sent"] is False
    for actor in (shop.alice, shop.bob):
        assert queries.exchanges_of(actor).total == 0


def test_the_same_days_for_all_refuses_line_by_line(shop):
    stools = make_listing(shop.house, "Tabourets", modes=["rent"], weekly_rate_cents=1000, quantity=Decimal(6))
    short = make_listing(
        shop.house, "Lustre", modes=["rent"], weekly_rate_cents=1000, quantity=Decimal(1), longest_rental_days=5
    )
    shop.ask(shop.carole, 5, day(22), day(26), listing=stools)
    cart = shop.add(2, day(10), day(17))
    shop.add(1, day(15), day(17))
    shop.add(2, day(10), day(17), listing=stools)
    shop.add(1, day(10), day(12), listing=short)
    with transaction():
        refused = cart_acts.set_dates(shop.bob, cart, day(22), day(29))
    assert [(one.title, said in one.why) for one, said in zip(refused, ("6 du 26 mars", "5 jours"), strict=True)] == [
        ("Tabourets", True),
        ("Lustre", True),
    ]
    assert shop.lines(cart) == [
        ("Chaises bistro", 3, day(22), day(29)),
        ("Tabourets", 2, day(10), day(17)),
        ("Lustre", 1, day(10), day(12)),
    ]
    assert held(shop.get(cart)) == [(3, day(22), day(29)), (2, day(10), day(17)), (1, day(10), day(12))]
    with pytest.raises(Invalid), transaction():
        cart_acts.set_dates(shop.bob, cart, None, day(29))
    sale = shop.add(1, listing=shop.lamps, kind="sale")
    with transaction():
        assert cart_acts.set_dates(shop.bob, sale, day(22), day(29)) == []


# --- time -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_job", [True, False])
def test_what_time_took_is_a_wish_and_is_held_again_where_it_is_free(shop, clock, by_job):
    cart = shop.add(4, day(10), day(17))
    shop.add(2, day(18), day(24))
    version = shop.get(cart).version
    with transaction():
        assert cart_acts.extend(shop.bob, cart)
    with transaction():
        assert not cart_acts.extend(shop.bob, cart)
    version = shop.get(cart).version
    clock.at("2027-03-01T09:30:00+01:00")
    if by_job:
        close_overdue()
    found = shop.seen()[0]
    assert (found.until, found.seconds_left, found.may_extend) == (None, 0, False)
    assert [(one.held, one.why_not) for one in found.lines] == [(False, None), (False, None)]
    shop.ask(shop.carole, 1, day(10), day(17))
    found = shop.seen()[0]
    assert [one.why_not is None for one in found.lines] == [False, True]
    assert "Sont libres : 3 du 10 mars au 17 mars" in found.lines[0].why_not
    assert (found.amount_cents, found.sum_cents) == (8000, 24000)
    with transaction():
        assert not cart_acts.extend(shop.bob, cart)
    with transaction():
        refused = cart_acts.hold_again(shop.bob, cart)
    assert [one.title for one in refused] == ["Chaises bistro"]
    assert held(shop.get(cart)) == [(2, day(18), day(24))]
    assert shop.get(cart).deadline_at.isoformat() == "2027-03-01T09:00:00+00:00"
    shop.change(cart, 3, day(10), day(17))
    assert held(shop.get(cart)) == [(3, day(10), day(17)), (2, day(18), day(24))]
    assert shop.get(cart).version > version


def test_a_page_opened_before_the_time_was_up_still_sends(shop, clock):
    cart = shop.add(4, day(10), day(17))
    version = shop.get(cart).version
    clock.at("2027-03-01T09:31:00+01:00")
    close_overdue()
    assert shop.send(cart, version=version, message="Pour le bar").state == "requested"
    assert held(shop.get(cart)) == [(4, day(10), day(17))]


def test_something_added_to_a_cart_whose_time_is_up_is_held_beside_the_wishes(shop, clock):
    cart = shop.add(1, day(10), day(17))
    clock.at("2027-03-01T09:31:00+01:00")
    assert shop.add(1, day(18), day(24)) == cart
    assert held(shop.get(cart)) == [(1, day(18), day(24))]
    assert [one.held for one in shop.seen()[0].lines] == [False, True]


def test_what_a_fact_breaks_leaves_the_cart_quietly(shop):
    cart = shop.add(4, day(10), day(17))
    with transaction():
        listings, _late = stock.lock([shop.chairs.id])
        facts.set_aside(listings[shop.chairs.id], Decimal(1), "missing")
        facts.review(listings.values())
    assert db.session.scalars(select(Shortage)).all() == []
    assert held(shop.get(cart)) == [] and shop.seen()[0].lines[0].why_not
    shop.change(cart, 3, day(10), day(17))
    assert held(shop.get(cart)) == [(3, day(10), day(17))]


def test_what_is_no_longer_offered_is_said_and_stays_behind(shop):
    cart = shop.add(1, day(10), day(17))
    shop.add(1, day(18), day(24))
    stools = make_listing(shop.house, "Tabourets", modes=["rent"], weekly_rate_cents=1000, quantity=Decimal(6))
    shop.add(2, day(10), day(17), listing=stools)
    with transaction() as session:
        session.execute(update(Listing).where(Listing.id == stools.id).values(state="withdrawn"))
    assert [one.why_not for one in shop.seen()[0].lines] == [None, None, "« Tabourets » n’est plus proposé."]
    sent = shop.send(cart)
    assert [line.title for line in sent.lines] == ["Chaises bistro"] * 2
    assert sent.moves[-1].data["lost"] == ["Tabourets"]
    wish = shop.seen()[0]
    assert [one.line.title for one in wish.lines] == ["Tabourets"] and held(wish.exchange) == []
    with transaction():
        assert [one.why for one in cart_acts.hold_again(shop.bob, wish.exchange.public_id)] == [
            "« Tabourets » n’est plus proposé."
        ]
    with pytest.raises(Conflict):
        shop.send(wish.exchange.public_id)
    shop.remove(wish.exchange.public_id)


def test_days_that_have_passed_are_said_and_not_sent(shop, clock):
    cart = shop.add(1, day(3), day(10))
    clock.at("2027-03-04T09:00:00+01:00")
    assert "Ce jour est passé" in shop.seen()[0].lines[0].why_not
    with pytest.raises(Conflict, match="Ce jour est passé"):
        shop.send(cart)
    with transaction():
        assert cart_acts.set_dates(shop.bob, cart, day(8), day(12)) == []
    assert shop.send(cart).state == "requested"


# --- sending ----------------------------------------------------------------------------------------------------------


def test_it_is_sent_with_its_terms_and_the_provider_hears_of_it_only_then(shop, clock):
    film = make_production(shop_org(shop), "Un film")
    cart = shop.add(2, day(10), day(17))
    with transaction():
        cart_acts.extend(shop.bob, cart)
    assert db.session.scalars(select(Notification)).all() == []
    with pytest.raises(Invalid) as refusal:
        shop.send(cart, delivery="provider")
    assert "delivery_address" in refusal.value.errors
    sent = shop.send(
        cart, version=shop.get(cart).version, message="Pour le bar", production_public_id=film.public_id,
        delivery="provider", delivery_address="3 quai Perrache, Lyon", vehicle="van_12m3", seen_cents=8000,
    )  # fmt: skip
    assert (sent.state, sent.waits_for, sent.receiver_production_id) == ("requested", "provider", film.id)
    assert (sent.delivery, sent.delivery_address, sent.vehicle) == ("provider", "3 quai Perrache, Lyon", "van_12m3")
    assert sent.deadline_at.isoformat() == "2027-03-04T08:00:00+00:00"
    assert {hold.expires_at for hold in db.session.scalars(select(Hold))} == {sent.deadline_at}
    told = db.session.scalars(select(Notification)).all()
    assert [(one.user_id, one.kind) for one in told] == [(shop.alice.user_id, "exchange_requested")]
    with pytest.raises(Conflict) as refusal:
        shop.send(cart)
    assert refusal.value.data["sent"] is True
    assert len(db.session.scalars(select(Notification)).all()) == 1


def test_a_price_that_changed_is_read_before_it_is_agreed_to(shop):
    cart = shop.add(1, day(10), day(17))
    seen = shop.seen()[0].sum_cents
    with transaction() as session:
        session.execute(update(Listing).where(Listing.id == shop.chairs.id).values(weekly_rate_cents=5000))
    assert shop.seen()[0].sum_cents == 5000
    with pytest.raises(Conflict, match="Le prix a changé"):
        shop.send(cart, seen_cents=seen)
    assert shop.send(cart, seen_cents=5000).lines[0].amount_cents == 5000


def test_a_cart_may_be_sent_as_an_option(shop):
    first = shop.send(shop.add(4, day(10), day(17)), option_days="3")
    assert (first.state, first.option_days, first.option_rank) == ("requested", 3, 1)
    with pytest.raises(Conflict):
        shop.add(1, day(10), day(17), actor=shop.carole)
    for wrong in ("onze", "11", "0"):
        cart = shop.add(1, day(22), day(26))
        with pytest.raises(Invalid) as refusal:
            shop.send(cart, option_days=wrong)
        assert "option_days" in refusal.value.errors
    with pytest.raises(Invalid):
        shop.send(shop.add(1, listing=shop.lamps, kind="sale"), option_days="2")


def test_another_house_s_production_is_refused(shop):
    foreign = make_production(make_organisation("Ailleurs", "production_company"), "Autre")
    cart = shop.add(1, day(10), day(17))
    with pytest.raises(Invalid) as refusal:
        shop.send(cart, production_public_id=foreign.public_id)
    assert "production" in refusal.value.errors


def test_a_guest_fills_the_cart_of_the_production_they_work_for(shop):
    film = make_production(shop_org(shop), "Un film")
    gaston = make_user("Gaston")
    add_member(make_organisation("Atelier Gaston", "other"), gaston)
    with transaction() as session:
        session.add(ProductionMember(production_id=film.id, user_id=gaston.id, role="contributor", created_at=now()))
    guest = actor_of(db.session.get_one(User, gaston.id), own_house(gaston))
    cart = shop.add(1, day(10), day(17), actor=guest, production_public_id=film.public_id)
    assert [one.exchange.public_id for one in shop.seen(guest)] == [cart]
    assert count_lines(guest.organisation_id, guest.user_id) == 1 and shop.seen() == []
    sent = shop.send(cart, actor=guest, production_public_id=film.public_id)
    assert (sent.state, sent.receiver_id) == ("requested", shop.bob.organisation_id)


def own_house(user):
    from marketplace.accounts.models import Membership, Organisation

    query = select(Organisation).join(Membership).where(Membership.user_id == user.id, Organisation.kind == "other")
    return db.session.scalars(query).one()


# --- whose ------------------------------------------------------------------------------------------------------------


def test_nobody_else_has_a_hand_or_an_eye_in_it(shop):
    cart = shop.add(2, day(10), day(17))
    colleague = make_user("Odile")
    add_member(shop_org(shop), colleague, "manager")
    odile = actor_of(colleague, shop_org(shop))
    elsewhere = actor_of(db.session.get_one(User, shop.bob.user_id), own_space(shop.bob.user_id))
    for actor in (odile, shop.alice, shop.carole, elsewhere, None):
        with pytest.raises(NotFound):
            shop.change(cart, 1, day(10), day(17), actor=actor)
        with pytest.raises(NotFound):
            shop.remove(cart, actor=actor)
        for act in (cart_acts.hold_again, cart_acts.extend, lambda who, one: cart_acts.send_cart(who, one, Sending())):
            with pytest.raises(NotFound), transaction():
                act(actor, cart)
        with pytest.raises(NotFound), transaction():
            cart_acts.set_dates(actor, cart, day(18), day(24))
        with pytest.raises(NotFound), transaction():
            services.move(actor, cart, "request")
        with pytest.raises(NotFound):
            queries.exchange_for(actor, cart)
        assert sent_from_cart(actor, [cart]) == []
    for actor in (odile, shop.alice, shop.bob):
        assert (queries.exchanges_of(actor).total, queries.exchanges_of(actor).yours) == (0, 0)
        assert queries.waiting_count(actor.organisation_id) == 0
    assert carts_for(odile) == [] and carts_of(odile.organisation_id, odile.user_id) == []
    assert shop.add(1, day(10), day(17), actor=odile) != cart
    shop.send(cart)
    assert [one.public_id for one in sent_from_cart(shop.bob, [cart, "x", "a" * 13])] == [cart]
    assert queries.exchange_for(odile, cart).public_id == cart


def own_space(user_id):
    from marketplace.accounts.models import Membership, Organisation

    query = select(Organisation).join(Membership).where(Membership.user_id == user_id, Organisation.kind == "person")
    return db.session.scalars(query).one()


def test_others_are_told_how_much_stands_in_carts(shop, clock):
    shop.add(2, day(10), day(17))
    shop.add(1, day(18), day(24), actor=shop.carole)
    shop.ask(shop.carole, 1, day(22), day(26))
    ids = [shop.chairs.id, shop.lamps.id]
    assert held_in_carts(ids) == {shop.chairs.id: 3}
    assert held_in_carts(ids, but_of=shop.bob.user_id) == {shop.chairs.id: 1}
    assert held_in_carts([]) == {}
    clock.at("2027-03-01T09:30:00+01:00")
    assert held_in_carts(ids) == {}


def test_counting_a_cart_reads_an_index(shop):
    shop.add(1, day(10), day(17))
    query = select(ExchangeLine.id).join(Exchange).where(is_cart_of(1, 2), ExchangeLine.parent_line_id.is_(None))
    compiled = query.compile(db.engine, compile_kwargs={"literal_binds": True})
    if db.engine.dialect.name == "sqlite":
        plan = [row[3] for row in db.session.execute(text(f"EXPLAIN QUERY PLAN {compiled}"))]
        assert not [line for line in plan if line.startswith("SCAN")], plan
    else:
        db.session.execute(text("SET LOCAL enable_seqscan = off"))  # one row is read whole, whatever is there
        plan = [row[0] for row in db.session.execute(text(f"EXPLAIN {compiled}"))]
        assert not [line for line in plan if "Seq Scan" in line], plan


def test_a_full_cart_is_read_in_as_many_statements_as_a_small_one(shop):
    from sqlalchemy import event

    seen: list[str] = []
    listen = lambda *args: seen.append(args[2])  # noqa: E731
    shop.add(1, day(10), day(17))
    shop.add(1, day(10), day(17), listing=shop.lamps)

    def statements() -> int:
        db.session.rollback()
        db.session.expire_all()
        seen.clear()
        event.listen(db.engine, "before_cursor_execute", listen)
        carts_for(shop.bob)
        event.remove(db.engine, "before_cursor_execute", listen)
        db.session.rollback()
        return len(seen)

    few = statements()
    for number in range(1, 5):
        stools = make_listing(shop.house, f"Tabouret {number}", modes=["rent"], quantity=Decimal(6))
        shop.add(1, day(10), day(17), listing=stools)
        shop.add(1, day(22), day(22 + number))
    assert statements() == few > 0, seen
