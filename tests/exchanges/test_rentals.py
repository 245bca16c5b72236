"""The stories of a rental counter: days, prices, options, departures, returns, what goes wrong."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from marketplace.accounts.models import Site, SiteClosing
from marketplace.catalogue.models import Listing, Piece
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed
from marketplace.exchanges import services
from marketplace.exchanges.jobs import close_overdue
from marketplace.exchanges.models import Assignment, Charge, Exchange, Hold, OfflinePayment, Shortage
from marketplace.exchanges.queries import free_intervals_of, view_of
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from tests.factories import actor_of, make_listing, make_organisation, make_user, owner_of, site_of

pytestmark = pytest.mark.both_databases

NOW = "2027-03-01T09:00:00+01:00"  # a Monday


def day(n: int, month: int = 3) -> date:
    return date(2027, month, n)


class Counter:
    """Alice's ressourcerie rents four chairs; Bob and Carole ask; all by the services."""

    def __init__(self, **values):
        self.house = make_organisation()
        self.alice = owner_of(self.house)
        terms = {"modes": ["rent"], "quantity": Decimal(4), "weekly_rate_cents": 4000, "replacement_value_cents": 30000}
        self.chairs = make_listing(self.house, "Chaises bistro", category_key="chair", **{**terms, **values})
        self.bob = self.renter("Les Films du Quai")
        self.carole = self.renter("Grand Large")

    def renter(self, name: str, kind: str = "production_company"):
        house = make_organisation(name, kind)
        return owner_of(house)

    def ask(self, actor, quantity, starts, ends, *, listing=None, **values) -> str:
        lines = [LineRequest((listing or self.chairs).public_id, quantity, starts, ends)]
        with transaction():
            return services.request_exchange(actor, ExchangeRequest("rental", lines, **values)).public_id

    def move(self, actor, exchange: str, move: str, **data) -> Exchange:
        version = data.pop("version", None)
        with transaction():
            services.move(actor, exchange, move, data, version)
        return self.get(exchange)

    def get(self, exchange: str) -> Exchange:
        db.session.rollback()
        db.session.expire_all()
        return db.session.scalars(select(Exchange).where(Exchange.public_id == exchange)).one()

    def confirmed(self, actor, quantity, starts, ends, **values) -> str:
        """Asked for, accepted, paid by order."""
        exchange = self.ask(actor, quantity, starts, ends, **values)
        self.move(self.alice, exchange, "accept")
        self.move(self.alice, exchange, "pay_offline", how="order", reference="BC 12")
        return exchange

    def out(self, actor, quantity, starts, ends, **values) -> str:
        exchange = self.confirmed(actor, quantity, starts, ends, **values)
        self.move(self.alice, exchange, "hand_over", code=self.get(exchange).hand_over_code)
        return exchange

    def out_without_deposit(self, actor, quantity, starts, ends) -> str:
        """Handed over before the deposit is there."""
        exchange = self.confirmed(actor, quantity, starts, ends)
        self.move(self.alice, exchange, "hand_over", code=self.get(exchange).hand_over_code, without_deposit=True)
        return exchange

    def free(self, starts, ends, listing=None) -> list[tuple[date, int]]:
        listing = db.session.get_one(Listing, (listing or self.chairs).id)
        found = [(one.starts_on, int(one.quantity)) for one in free_intervals_of(listing, starts, ends)]
        db.session.rollback()
        return found


@pytest.fixture
def counter(app, clock) -> Counter:
    clock.at(NOW)
    return Counter()


def holds(exchange: Exchange) -> list[Hold]:
    return list(db.session.scalars(select(Hold).where(Hold.exchange_id == exchange.id).order_by(Hold.id)))


# --- asking ----------------------------------------------------------------------------------------------------------


def test_a_rental_holds_its_days_and_has_its_price(counter):
    exchange = counter.get(counter.ask(counter.bob, 3, day(3), day(12)))
    assert (exchange.state, exchange.waits_for) == ("requested", "provider")
    assert exchange.lines[0].amount_cents == 3 * 6000  # nine days: two weeks at 100 and 50 %
    assert (exchange.starts_on, exchange.ends_on) == (day(3), day(12))
    assert [(hold.starts_on, hold.ends_on, int(hold.quantity)) for hold in holds(exchange)] == [(day(3), day(12), 3)]
    assert counter.free(day(1), day(15)) == [(day(1), 4), (day(3), 1), (day(12), 4)]


def test_the_day_of_return_can_be_rented_again(counter):
    counter.ask(counter.bob, 4, day(3), day(10))
    counter.ask(counter.carole, 4, day(10), day(17))


def test_the_last_ones_asked_for_twice(counter):
    counter.ask(counter.bob, 3, day(3), day(5))
    with pytest.raises(Conflict) as refusal:
        counter.ask(counter.carole, 2, day(3), day(8))
    assert [(one["from"], one["free"]) for one in refusal.value.data["available"]] == [
        ("2027-03-03", 1),
        ("2027-03-05", 4),
    ]
    assert "1 du 3 mars au 5 mars" in refusal.value.message and "4 du 5 mars au 8 mars" in refusal.value.message


def test_preparation_and_turnaround_are_worked_days(app, clock):
    clock.at(NOW)
    counter = Counter(prep_days=1, turnaround_days=1)
    exchange = counter.get(counter.ask(counter.bob, 4, day(8), day(12)))  # Monday to Friday
    assert [(hold.starts_on, hold.ends_on) for hold in holds(exchange)] == [(day(5), day(13))]
    with pytest.raises(Conflict):
        counter.ask(counter.carole, 1, day(12), day(16))  # put right on the Friday
    counter.ask(counter.carole, 4, day(16), day(19))  # prepared on the Monday


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("starts", "ends", "said"),
    [
        (day(6), day(10), "partez le 8 mars"),  # a Saturday
        (day(3), day(7), "rendez le 8 mars"),
        (day(3), day(3), "lendemain"),
        (day(10), day(3), "lendemain"),
        (date(2027, 2, 26), day(3), "passé"),
        (date(2029, 6, 1), date(2029, 6, 8), "deux ans"),
        (day(3), date(2028, 6, 1), "365"),
    ],
)
def test_days_that_cannot_be(counter, starts, ends, said):
    with pytest.raises(Invalid) as refusal:
        counter.ask(counter.bob, 1, starts, ends)
    assert said in str(refusal.value.errors["dates"])


def test_a_request_over_a_closing(counter):
    with transaction():
        closing = SiteClosing(site_id=site_of(counter.house).id, starts_on=day(15), ends_on=day(22), reason="Congés")
        db.session.add(closing)
    with pytest.raises(Invalid) as refusal:
        counter.ask(counter.bob, 1, day(10), day(17))
    assert "rendez le 22 mars" in str(refusal.value.errors["dates"])
    counter.ask(counter.bob, 1, day(10), day(22))  # kept meanwhile


def test_both_nights_that_change_the_clock_and_the_leap_day(counter, clock):
    for now, starts, ends, cents in (
        ("2027-03-26T09:00:00+01:00", date(2027, 3, 26), date(2027, 4, 2), 4000),
        ("2027-10-29T09:00:00+02:00", date(2027, 10, 29), date(2027, 11, 5), 4000),
        ("2028-02-25T09:00:00+01:00", date(2028, 2, 25), date(2028, 3, 3), 4000),  # seven days, the 29th among them
    ):
        clock.at(now)
        exchange = counter.get(counter.ask(counter.bob, 1, starts, ends))
        assert exchange.lines[0].amount_cents == cents
        assert [(hold.starts_on, hold.ends_on) for hold in holds(exchange)] == [(starts, ends)]


def test_an_overseas_site_lives_on_its_own_day(counter, clock):
    island = make_organisation("Réserve du Port", "rental_house")
    with transaction():
        site = db.session.get_one(Site, site_of(island).id)
        site.postcode, site.city, site.opening_hours = "97420", "Le Port", {}
    lamps = make_listing(
        island, "Lampes", modes=["rent"], weekly_rate_cents=1000, postcode="97420", category_key="chair"
    )
    clock.at("2027-03-02T21:30:00+00:00")  # the 3rd already in La Réunion, still the 2nd in Paris
    with pytest.raises(Invalid):
        counter.ask(counter.bob, 1, day(2), day(5), listing=lamps)
    counter.ask(counter.bob, 1, day(3), day(5), listing=lamps)


def test_persons_do_not_rent(counter):
    someone = make_user("Denise")
    from marketplace.accounts.models import Membership, Organisation

    space = db.session.scalars(
        select(Organisation).join(Membership).where(Membership.user_id == someone.id, Organisation.kind == "person")
    ).one()
    with pytest.raises(NotAllowed):
        counter.ask(actor_of(someone, space), 1, day(3), day(5))


def test_a_school_pays_less(app, clock):
    clock.at(NOW)
    counter = Counter()
    with transaction():
        db.session.merge(counter.house).school_reduction_percent = 25
    exchange = counter.get(counter.ask(counter.renter("La Fémis", "school"), 2, day(3), day(10)))
    assert (exchange.reduction_percent, exchange.reduction_for) == (25, "school")
    assert exchange.lines[0].amount_cents == 6000


# --- agreeing --------------------------------------------------------------------------------------------------------


def test_accepted_waits_for_the_money_and_an_order_confirms(counter):
    exchange = counter.ask(counter.bob, 1, day(3), day(10))
    assert counter.move(counter.alice, exchange, "accept").state == "accepted"
    half = counter.move(counter.alice, exchange, "pay_offline", how="transfer", amount_cents=1500, reference="V1")
    assert half.state == "accepted"
    with pytest.raises(Invalid):
        counter.move(counter.alice, exchange, "pay_offline", how="transfer", amount_cents=2501)
    done = counter.move(counter.alice, exchange, "pay_offline", how="order", reference="BC 7")
    assert done.state == "confirmed" and done.hand_over_code
    assert db.session.scalars(select(OfflinePayment.amount_cents).order_by(OfflinePayment.id)).all() == [1500, 2500]


def test_nothing_due_is_confirmed_at_once(app, clock):
    clock.at(NOW)
    counter = Counter(weekly_rate_cents=0)
    exchange = counter.ask(counter.bob, 1, day(3), day(10))
    assert counter.move(counter.alice, exchange, "accept").state == "confirmed"


def test_unpaid_after_two_days_is_free_again(counter, clock):
    exchange = counter.ask(counter.bob, 4, day(10), day(17))
    counter.move(counter.alice, exchange, "accept")
    clock.at("2027-03-03T09:00:01+01:00")
    close_overdue()
    assert counter.get(exchange).state == "expired"
    counter.ask(counter.carole, 4, day(10), day(17))


def test_other_terms_are_agreed_to_again(counter):
    exchange = counter.ask(counter.bob, 4, day(3), day(10))
    line = counter.get(exchange).lines[0].public_id
    amended = counter.move(
        counter.alice,
        exchange,
        "amend",
        lines=[{"id": line, "quantity": "3", "from": "2027-03-04", "to": "2027-03-11"}],
        delivery_cents=5000,
    )
    assert (amended.state, amended.terms_changed, amended.lines[0].amount_cents) == ("accepted", True, 12000)
    assert [(hold.starts_on, hold.ends_on, int(hold.quantity)) for hold in holds(amended)] == [(day(4), day(11), 3)]
    with pytest.raises(Conflict):  # nothing is paid before it is agreed
        counter.move(counter.alice, exchange, "pay_offline", how="order")
    agreed = counter.move(counter.bob, exchange, "confirm")
    assert (agreed.state, agreed.terms_changed) == ("accepted", False)
    with pytest.raises(Invalid):
        counter.move(counter.alice, exchange, "pay_offline", amount_cents=17001)
    assert counter.move(counter.alice, exchange, "pay_offline").state == "confirmed"


def test_other_days_must_be_free_too(counter):
    counter.ask(counter.carole, 2, day(10), day(17))
    exchange = counter.ask(counter.bob, 4, day(3), day(10))
    line = counter.get(exchange).lines[0].public_id
    with pytest.raises(Conflict):
        counter.move(counter.alice, exchange, "amend", lines=[{"id": line, "to": "2027-03-11"}])
    assert counter.get(exchange).lines[0].ends_on == day(10)


def test_a_new_day_of_validity_is_another_proposal(counter):
    exchange = counter.ask(counter.bob, 4, day(3), day(10))
    amended = counter.move(counter.alice, exchange, "amend", valid_until="2027-03-02")
    assert (amended.state, amended.terms_changed, amended.valid_until) == ("accepted", True, day(2))
    said = {"before": {"valid_until": None}, "after": {"valid_until": "2027-03-02"}, "slots": []}
    assert amended.moves[-1].data == said
    assert [(hold.starts_on, hold.ends_on, int(hold.quantity)) for hold in holds(amended)] == [(day(3), day(10), 4)]
    assert counter.move(counter.bob, exchange, "confirm").terms_changed is False
    again = counter.ask(counter.carole, 4, day(10), day(17))
    for nothing in ({}, {"valid_until": ""}, {"valid_until": None}):
        with pytest.raises(Invalid):
            counter.move(counter.alice, again, "amend", **nothing)


def two_weeks(counter, first, second) -> tuple[str, str, str]:
    """Chairs asked for on two lines, a week each from the 3rd and from the 10th: (exchange, line, line)."""
    lines = [
        LineRequest(counter.chairs.public_id, first, day(3), day(10)),
        LineRequest(counter.chairs.public_id, second, day(10), day(17)),
    ]
    with transaction():
        exchange = services.request_exchange(counter.bob, ExchangeRequest("rental", lines)).public_id
    one, other = counter.get(exchange).lines
    return exchange, one.public_id, other.public_id


@pytest.mark.parametrize("both", [False, True])
def test_lines_of_the_same_listing_count_for_each_other(counter, both):
    exchange, first, second = two_weeks(counter, 3, 3)
    lines = [{"id": first, "to": "2027-03-12"}]
    if both:
        lines.append({"id": second, "unit_cents": 3000})
    with pytest.raises(Conflict) as refusal:
        counter.move(counter.alice, exchange, "amend", lines=lines)
    assert "guard" not in refusal.value.data and refusal.value.data["state"] == "requested"
    free = {(one["from"], one["to"]): one["free"] for one in refusal.value.data["available"]}
    assert free["2027-03-10", "2027-03-12"] == 1 and "Chaises bistro" in refusal.value.message
    kept = counter.get(exchange)
    assert [(line.starts_on, line.ends_on) for line in kept.lines] == [(day(3), day(10)), (day(10), day(17))]
    counter.move(counter.alice, exchange, "amend", lines=[{"id": first, "to": "2027-03-12", "quantity": 1}])


def test_two_lines_may_change_places(counter):
    exchange, first, second = two_weeks(counter, 4, 3)
    lines = [
        {"id": first, "from": "2027-03-10", "to": "2027-03-17"},
        {"id": second, "from": "2027-03-03", "to": "2027-03-10"},
    ]
    amended = counter.move(counter.alice, exchange, "amend", lines=lines)
    assert [(hold.state, hold.starts_on, hold.ends_on, int(hold.quantity)) for hold in holds(amended)] == [
        ("active", day(10), day(17), 4),
        ("active", day(3), day(10), 3),
    ]
    assert counter.free(day(1), day(20)) == [(day(1), 4), (day(3), 1), (day(10), 0), (day(17), 4)]


# --- options ---------------------------------------------------------------------------------------------------------


def test_the_second_option_moves_up_when_the_first_is_let_go(counter):
    first = counter.ask(counter.bob, 4, day(10), day(17), option_days=5)
    second = counter.ask(counter.carole, 2, day(12), day(19), option_days=5)
    assert [counter.get(one).option_rank for one in (first, second)] == [1, 2]
    with pytest.raises(Conflict):  # there is no third
        counter.ask(counter.renter("Troisième"), 2, day(12), day(19), option_days=5)
    for one in (first, second):
        assert counter.move(counter.alice, one, "option").state == "option"
    assert counter.get(second).waits_for is None
    with pytest.raises(Conflict, match="seconde option"):
        counter.move(counter.carole, second, "confirm")
    assert "confirm" not in view_of(counter.carole, counter.get(second)).moves
    counter.move(counter.bob, first, "release")
    moved = counter.get(second)
    assert (moved.state, moved.option_rank, moved.waits_for) == ("option", 1, "receiver")
    assert [one.move for one in moved.moves][-1] == "promote"
    assert [int(hold.quantity) for hold in holds(moved) if hold.state == "active"] == [2]
    assert counter.move(counter.carole, second, "confirm").state == "accepted"


def test_the_second_option_moves_up_when_the_first_expires(counter, clock):
    first = counter.ask(counter.bob, 4, day(10), day(17), option_days=1)
    second = counter.ask(counter.carole, 4, day(10), day(17), option_days=3)
    for one in (first, second):
        counter.move(counter.alice, one, "option")
    clock.at("2027-03-02T09:00:01+01:00")
    close_overdue()
    assert counter.get(first).state == "expired"
    moved = counter.get(second)
    assert moved.option_rank == 1 and (moved.deadline_at.month, moved.deadline_at.day) == (3, 5)


def test_taking_up_the_first_option_ends_the_second(counter):
    first = counter.ask(counter.bob, 4, day(10), day(17), option_days=5)
    second = counter.ask(counter.carole, 4, day(10), day(17), option_days=5)
    for one in (first, second):
        counter.move(counter.alice, one, "option")
    counter.move(counter.bob, first, "confirm")
    assert counter.get(second).state == "expired"


@pytest.mark.parametrize("days", [0, 11])
def test_an_option_lasts_ten_days_at_most(counter, days):
    with pytest.raises(Invalid):
        counter.ask(counter.bob, 1, day(10), day(17), option_days=days)


# --- out and back ----------------------------------------------------------------------------------------------------


def test_a_rental_from_request_to_completed(counter, clock):
    clock.at("2027-03-03T09:00:00+01:00")
    exchange = counter.out(counter.bob, 3, day(3), day(10))
    out = counter.get(exchange)
    assert (out.state, out.waits_for) == ("handed_over", "receiver") and all(hold.is_fact for hold in holds(out))
    clock.at("2027-03-10T10:00:00+01:00")
    assert counter.move(counter.alice, exchange, "return").state == "returned"
    assert counter.free(day(10), day(17)) == [(day(10), 4)]
    done = counter.move(counter.alice, exchange, "complete")
    assert done.state == "completed" and db.session.get_one(Listing, counter.chairs.id).quantity == 4
    assert db.session.scalars(select(Charge)).all() == []


def test_a_partial_return_frees_what_is_back(counter, clock):
    clock.at("2027-03-03T09:00:00+01:00")
    exchange = counter.out(counter.bob, 4, day(3), day(17))
    line = counter.get(exchange).lines[0].public_id
    clock.at("2027-03-08T09:00:00+01:00")
    partly = counter.move(counter.alice, exchange, "return", entries=[{"line": line, "quantity": 3}])
    assert (partly.state, partly.lines[0].returned_quantity) == ("handed_over", 3)
    assert counter.free(day(8), day(20)) == [(day(8), 3), (day(17), 4)]
    with pytest.raises(Invalid):
        counter.move(counter.alice, exchange, "return", entries=[{"line": line, "quantity": 2}])
    assert counter.move(counter.alice, exchange, "return").state == "returned"


def test_late_with_a_follower_opens_a_shortage_and_costs_further_weeks(counter, clock):
    clock.at("2027-03-03T09:00:00+01:00")
    late = counter.out(counter.bob, 3, day(3), day(10))
    follower = counter.confirmed(counter.carole, 3, day(11), day(18))
    assert counter.free(day(10), day(12)) == [(day(10), 4), (day(11), 1)]
    clock.at("2027-03-11T18:00:00+01:00")  # a page read now shows what no job has written yet
    assert counter.free(day(11), day(13)) == [(day(11), 0), (day(12), 1)]
    with pytest.raises(Conflict):  # whoever locks the listing writes it down
        counter.ask(counter.renter("Encore"), 2, day(11), day(12))
    from marketplace.exchanges.jobs import turn_of_the_day

    turn_of_the_day()
    shortage = db.session.scalars(select(Shortage)).one()
    assert (shortage.cause, int(shortage.quantity), shortage.starts_on) == ("late", 2, day(11))
    assert shortage.exchange_id == counter.get(follower).id
    clock.at("2027-03-12T09:00:00+01:00")
    counter.move(counter.alice, late, "return")
    assert db.session.scalars(select(Shortage.solution)).all() == ["came_back"]
    charge = db.session.scalars(select(Charge)).one()
    assert (charge.kind, charge.amount_cents) == ("late", 3 * 2000)


def test_a_follower_may_be_released(counter, clock):
    clock.at("2027-03-03T09:00:00+01:00")
    counter.out(counter.bob, 3, day(3), day(10))
    follower = counter.confirmed(counter.carole, 3, day(11), day(18))
    clock.at("2027-03-11T18:00:00+01:00")
    from marketplace.exchanges.jobs import turn_of_the_day

    turn_of_the_day()
    counter.move(counter.alice, follower, "cancel", reason="Rien n’est rentré")
    assert db.session.scalars(select(Shortage.solution)).all() == ["released"]


def test_damaged_goes_to_repair_and_the_calendar_knows(counter, clock):
    clock.at("2027-03-03T09:00:00+01:00")
    exchange = counter.out(counter.bob, 2, day(3), day(10))
    line = counter.get(exchange).lines[0].public_id
    clock.at("2027-03-10T09:00:00+01:00")
    counter.move(
        counter.alice,
        exchange,
        "return",
        entries=[
            {"line": line, "quantity": 1},
            {"line": line, "quantity": 1, "outcome": "damaged", "amount_cents": 8000, "remarks": "Pied cassé"},
        ],
    )
    assert counter.free(day(10), day(20)) == [(day(10), 3)]
    charge = db.session.scalars(select(Charge)).one()
    assert (charge.kind, charge.amount_cents) == ("damage", 8000)


def test_lost_is_charged_and_leaves_the_quantity(counter, clock):
    clock.at("2027-03-03T09:00:00+01:00")
    exchange = counter.out(counter.bob, 2, day(3), day(10))
    line = counter.get(exchange).lines[0].public_id
    clock.at("2027-03-10T09:00:00+01:00")
    entries = [{"line": line, "quantity": 1}, {"line": line, "quantity": 1, "outcome": "lost"}]
    counter.move(counter.alice, exchange, "return", entries=entries)
    assert db.session.scalars(select(Charge.amount_cents)).all() == [30000]
    counter.move(counter.alice, exchange, "complete")
    assert db.session.get_one(Listing, counter.chairs.id).quantity == 3
    assert counter.free(day(10), day(20)) == [(day(10), 3)]


def test_contested_charges_are_decided_by_a_moderator(counter, clock):
    clock.at("2027-03-03T09:00:00+01:00")
    exchange = counter.out(counter.bob, 1, day(3), day(10))
    line = counter.get(exchange).lines[0].public_id
    entries = [{"line": line, "quantity": 1, "outcome": "lost"}]
    counter.move(counter.alice, exchange, "return", entries=entries)
    counter.move(counter.bob, exchange, "dispute", reason="Elle est chez vous")
    charge = db.session.scalars(select(Charge)).one()
    assert charge.state == "contested"
    judge = actor_of(make_user("Moderation", moderator=True))
    with pytest.raises(Invalid):
        counter.move(judge, exchange, "resolve", reason="Vu", state="cancelled")
    done = counter.move(judge, exchange, "resolve", reason="Vu", state="completed", waive=[charge.public_id])
    assert done.state == "completed" and db.session.scalars(select(Charge.state)).all() == ["waived"]


def test_extended_only_where_nothing_follows(counter, clock):
    clock.at("2027-03-03T09:00:00+01:00")
    exchange = counter.out(counter.bob, 3, day(3), day(10))
    counter.ask(counter.carole, 2, day(15), day(22))
    with pytest.raises(Conflict, match="réservé la suite"):
        counter.move(counter.bob, exchange, "extend", to="2027-03-16")
    longer = counter.move(counter.bob, exchange, "extend", to="2027-03-12")
    assert (longer.ends_on, longer.lines[0].ends_on) == (day(12), day(12))
    assert [(hold.ends_on, hold.is_fact) for hold in holds(longer)] == [(day(12), True)]
    assert [(one.kind, one.amount_cents) for one in db.session.scalars(select(Charge))] == [("extension", 3 * 2000)]
    clock.at("2027-03-12T09:00:00+01:00")
    counter.move(counter.alice, exchange, "return")
    assert db.session.scalars(select(Charge.kind)).all() == ["extension"]


def test_extending_before_departure_changes_the_price(counter):
    exchange = counter.confirmed(counter.bob, 1, day(3), day(10))
    longer = counter.move(counter.bob, exchange, "extend", to="2027-03-17")
    assert longer.lines[0].amount_cents == 6000 and longer.state == "confirmed"


def test_the_deposit_is_noted_before_things_leave(app, clock):
    clock.at("2027-03-03T09:00:00+01:00")
    counter = Counter(deposit_cents=20000)
    exchange = counter.confirmed(counter.bob, 1, day(3), day(10))
    code = counter.get(exchange).hand_over_code
    with pytest.raises(Invalid):
        counter.move(counter.alice, exchange, "hand_over", code=code)
    counter.move(counter.alice, exchange, "pay_offline", what="deposit", how="cheque", reference="Chèque 12")
    counter.move(counter.alice, exchange, "hand_over", code=code)
    counter.move(counter.alice, exchange, "return")
    counter.move(counter.alice, exchange, "complete")
    counter.move(counter.alice, exchange, "pay_offline", what="deposit_back", how="cheque")
    with pytest.raises(Conflict):
        counter.move(counter.alice, exchange, "pay_offline", what="deposit_back", how="cheque")


# --- pieces ----------------------------------------------------------------------------------------------------------


def with_pieces(counter: Counter, count: int = 4) -> list[Piece]:
    with transaction() as session:
        listing = session.get_one(Listing, counter.chairs.id)
        listing.stock_by = "piece"
        pieces = [
            Piece(
                listing_id=listing.id,
                organisation_id=listing.organisation_id,
                code=f"CH-{n:03}",
                created_at=listing.created_at,
            )
            for n in range(1, count + 1)
        ]
        session.add_all(pieces)
    return pieces


def test_pieces_go_out_come_back_and_have_lived(counter, clock):
    clock.at("2027-03-03T09:00:00+01:00")
    with_pieces(counter)
    exchange = counter.out(counter.bob, 2, day(3), day(10))
    went = db.session.scalars(select(Assignment).where(Assignment.state == "out")).all()
    assert len(went) == 2
    piece = db.session.get_one(Piece, went[0].piece_id)
    line = counter.get(exchange).lines[0].public_id
    counter.move(counter.alice, exchange, "return", entries=[{"line": line, "piece": piece.public_id}])
    counter.move(counter.alice, exchange, "return")
    counter.move(counter.alice, exchange, "complete")
    assert sorted(db.session.scalars(select(Piece.lives))) == [0, 0, 1, 1]


def test_a_damaged_piece_goes_to_repair(counter, clock):
    clock.at("2027-03-03T09:00:00+01:00")
    with_pieces(counter)
    exchange = counter.out(counter.bob, 1, day(3), day(10))
    piece = db.session.get_one(Piece, db.session.scalars(select(Assignment.piece_id)).one())
    line = counter.get(exchange).lines[0].public_id
    entry = {
        "line": line,
        "piece": piece.public_id,
        "outcome": "damaged",
        "amount_cents": 500,
        "condition": "to_repair",
    }
    counter.move(counter.alice, exchange, "return", entries=[entry])
    assert db.session.get_one(Piece, piece.id).state == "repair"
    assert counter.free(day(3), day(20)) == [(day(3), 3)]


def test_a_piece_that_comes_back_broken_goes_to_nobody_else(counter, clock):
    from marketplace.exchanges import assigning, stock

    clock.at("2027-03-03T09:00:00+01:00")
    with_pieces(counter)
    exchange = counter.out(counter.bob, 1, day(3), day(10))
    piece = db.session.get_one(Piece, db.session.scalars(select(Assignment.piece_id)).one()).public_id
    follower = counter.get(counter.confirmed(counter.carole, 1, day(11), day(18)))
    with transaction():
        stock.lock([counter.chairs.id], follower.id)
        chosen = db.session.scalars(select(Piece).where(Piece.public_id == piece)).one()
        assigning.assign(follower, follower.lines[0], chosen)
    line = counter.get(exchange).lines[0].public_id
    entry = {"line": line, "piece": piece, "outcome": "damaged", "condition": "to_repair"}
    counter.move(counter.alice, exchange, "return", entries=[entry])
    assert sorted(db.session.scalars(select(Assignment.state))) == ["back", "released"]


def test_days_of_putting_right_end_even_when_the_job_missed_them(app, clock):
    from marketplace.exchanges.jobs import turn_of_the_day

    clock.at("2027-03-03T09:00:00+01:00")
    counter = Counter(turnaround_days=1)
    exchange = counter.out(counter.bob, 1, day(3), day(10))
    clock.at("2027-03-10T09:00:00+01:00")
    counter.move(counter.alice, exchange, "return")
    states = select(Hold.state).where(Hold.cause == "turnaround")
    assert db.session.scalars(states).all() == ["active"]
    clock.at("2027-03-20T09:00:00+01:00")
    turn_of_the_day()
    assert db.session.scalars(states).all() == ["settled"]


# --- sets ------------------------------------------------------------------------------------------------------------


def test_a_set_rents_as_one_and_says_which_part_is_short(counter):
    from marketplace.catalogue.models import SetPart

    table = make_listing(counter.house, "Table bistro", modes=["rent"], weekly_rate_cents=900, quantity=Decimal(1))
    bistro = make_listing(
        counter.house, "Coin bistro", modes=["rent"], weekly_rate_cents=9000, quantity=Decimal(1), is_set=True
    )
    with transaction() as session:
        session.add_all(
            [
                SetPart(set_id=bistro.id, part_id=table.id, quantity=Decimal(1)),
                SetPart(set_id=bistro.id, part_id=counter.chairs.id, quantity=Decimal(4), position=1),
            ]
        )
    exchange = counter.get(counter.ask(counter.bob, 1, day(3), day(10), listing=bistro))
    assert [(line.title, line.amount_cents, int(line.quantity)) for line in exchange.lines] == [
        ("Coin bistro", 9000, 1),
        ("Table bistro", 0, 1),
        ("Chaises bistro", 0, 4),
    ]
    assert counter.free(day(3), day(4)) == [(day(3), 0)] and counter.free(day(3), day(4), bistro) == [(day(3), 0)]
    with pytest.raises(Conflict, match="Chaises bistro"):
        counter.ask(counter.carole, 1, day(5), day(8), listing=bistro)


# --- carts -----------------------------------------------------------------------------------------------------------


def test_a_cart_holds_half_an_hour_and_keeps_what_it_lost_as_a_wish(counter, clock):
    lamps = make_listing(counter.house, "Lampes", modes=["rent"], weekly_rate_cents=500, quantity=Decimal(2))
    lines = [
        LineRequest(counter.chairs.public_id, 4, day(10), day(17)),
        LineRequest(lamps.public_id, 1, day(10), day(17)),
    ]
    with transaction():
        cart = services.request_exchange(counter.bob, ExchangeRequest("rental", lines, in_cart=True)).public_id
    with pytest.raises(Conflict):
        counter.ask(counter.carole, 1, day(10), day(17))
    counter.move(counter.bob, cart, "extend")
    with pytest.raises(Conflict):
        counter.move(counter.bob, cart, "extend")
    clock.at("2027-03-01T09:30:01+01:00")
    counter.ask(counter.carole, 3, day(10), day(17))
    assert counter.get(cart).state == "cart"
    sent = counter.move(counter.bob, cart, "request", message="Pour le bar")
    assert (sent.state, [line.title for line in sent.lines]) == ("requested", ["Lampes"])
    assert sent.moves[-1].data["lost"] == ["Chaises bistro"]
    wish = db.session.scalars(select(Exchange).where(Exchange.state == "cart")).one()
    assert [line.title for line in wish.lines] == ["Chaises bistro"]
    assert not [hold for hold in holds(wish) if hold.state == "active"]


# --- sales -----------------------------------------------------------------------------------------------------------


def test_a_sale_with_an_offer_leaves_the_stock_for_good(app, clock):
    clock.at(NOW)
    counter = Counter(modes=["sell", "rent"], price_cents=9000, takes_offers=True)
    lines = [LineRequest(counter.chairs.public_id, 2, offered_cents=7000)]
    with transaction():
        exchange = services.request_exchange(counter.bob, ExchangeRequest("sale", lines)).public_id
    line = counter.get(exchange).lines[0]
    assert line.amount_cents == 14000
    countered = counter.move(counter.alice, exchange, "amend", lines=[{"id": line.public_id, "unit_cents": 8000}])
    assert (countered.state, countered.lines[0].amount_cents) == ("accepted", 16000)
    counter.move(counter.bob, exchange, "confirm")
    assert counter.move(counter.alice, exchange, "pay_offline", how="card").state == "confirmed"
    done = counter.move(counter.alice, exchange, "hand_over", code=counter.get(exchange).hand_over_code)
    assert done.state == "completed" and db.session.get_one(Listing, counter.chairs.id).quantity == 2


def test_a_fixed_price_takes_no_offer(app, clock):
    clock.at(NOW)
    counter = Counter(modes=["sell"], price_cents=9000)
    with pytest.raises(Invalid), transaction():
        services.request_exchange(
            counter.bob, ExchangeRequest("sale", [LineRequest(counter.chairs.public_id, 1, offered_cents=1)])
        )


def test_a_piece_under_repair_leaves_and_its_promise_gets_another(counter):
    from marketplace.catalogue import pieces as catalogue_pieces
    from marketplace.exchanges import assigning, stock

    made = with_pieces(counter)  # four
    exchange = counter.get(counter.confirmed(counter.bob, 3, day(3), day(10)))
    with transaction():
        stock.lock([counter.chairs.id], exchange.id)
        assigning.assign(exchange, exchange.lines[0], db.session.get_one(Piece, made[0].id))
    with transaction():
        catalogue_pieces.send_to_repair(counter.alice, made[0].public_id, "Pied")
    assert counter.free(day(3), day(11)) == [(day(3), 0), (day(10), 3)]
    assert db.session.scalars(select(Assignment.state)).all() == ["released"]
    db.session.rollback()
    with transaction():
        catalogue_pieces.send_to_repair(counter.alice, made[1].public_id, "Assise")
    assert db.session.scalars(select(Shortage.quantity)).all() == [1]


def test_the_renter_says_who_comes_and_with_what(counter):
    exchange = counter.confirmed(counter.bob, 1, day(3), day(10))
    told = counter.move(
        counter.bob,
        exchange,
        "appoint",
        collected_by_name="Karim Haddad",
        collected_by_phone="06 00 00 00 00",
        collected_by_plate="ab-123-cd",
    )
    assert (told.collected_by_name, told.collected_by_phone, told.collected_by_plate) == (
        "Karim Haddad",
        "06 00 00 00 00",
        "AB-123-CD",
    )
    with pytest.raises(Invalid):
        counter.move(counter.bob, exchange, "appoint", collected_by_phone="0" * 31)
