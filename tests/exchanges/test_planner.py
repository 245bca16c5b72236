"""The stock over days: bars of what is kept, overbooked days, what is taken aside; for its house alone."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select

from marketplace.accounts.models import User
from marketplace.catalogue.models import Listing, SetPart
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.exchanges import facts
from marketplace.exchanges.availability import Held
from marketplace.exchanges.blocking import block, unblock
from marketplace.exchanges.models import Hold, Shortage
from marketplace.exchanges.planner import overbooked, plan_of
from tests.exchanges.test_rentals import NOW, Counter, day
from tests.factories import (
    actor_of,
    add_member,
    make_listing,
    make_organisation,
    make_site,
    make_user,
    sign_in,
)

ONE = timedelta(days=1)
MARCH = day(1)


@pytest.fixture
def counter(app, clock) -> Counter:
    clock.at(NOW)
    return Counter()


def bars(counter, first=MARCH, count=30, **asked):
    """(first day, last day, quantity, state, who) of what is kept of the chairs."""
    plan = plan_of(counter.alice, first, count, **asked)
    db.session.rollback()
    row = next(row for row in plan.rows if row.id == counter.chairs.id)
    return [(one.starts_on, one.ends_on, int(one.quantity), one.state, one.other_name) for one in row.bars]


def missing(counter):
    plan = plan_of(counter.alice, MARCH, 30)
    db.session.rollback()
    row = next(row for row in plan.rows if row.id == counter.chairs.id)
    return [(one.starts_on, one.ends_on, int(one.quantity)) for one in row.missing]


# --- pure ------------------------------------------------------------------------------------------------------------

held = st.builds(
    lambda start, lasts, quantity: Held(
        MARCH + ONE * start, None if lasts is None else MARCH + ONE * (start + lasts), Decimal(quantity)
    ),
    st.integers(-10, 35),
    st.one_of(st.none(), st.integers(1, 20)),
    st.integers(1, 4),
)


@given(st.lists(held, max_size=8), st.integers(0, 6))
def test_overbooked_days_are_those_counted_one_by_one(some, total):
    found = overbooked(Decimal(total), some, MARCH, MARCH + ONE * 30)
    said = {one.starts_on + ONE * n: one.quantity for one in found for n in range((one.ends_on - one.starts_on).days)}
    counted = {}
    for n in range(30):
        on = MARCH + ONE * n
        kept = sum(one.quantity for one in some if one.starts_on <= on and (one.ends_on is None or one.ends_on > on))
        if kept > total:
            counted[on] = kept - total
    assert said == counted


# --- read ------------------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_what_is_kept_is_a_bar_with_its_state_and_its_exchange(counter):
    first = counter.ask(counter.bob, 3, day(3), day(12))
    counter.confirmed(counter.carole, 1, day(10), day(17))
    assert bars(counter) == [
        (day(3), day(12), 3, "requested", "Les Films du Quai"),
        (day(10), day(17), 1, "confirmed", "Grand Large"),
    ]
    assert bars(counter, first=day(12), count=14) == [(day(10), day(17), 1, "confirmed", "Grand Large")]
    assert bars(counter, first=day(17), count=14) == []
    row = plan_of(counter.alice, MARCH, 30).rows[0]
    assert row.bars[0].exchange == first


@pytest.mark.both_databases
def test_a_cart_keeps_without_saying_for_whom(counter):
    counter.ask(counter.bob, 2, day(3), day(5), in_cart=True)
    assert bars(counter) == [(day(3), day(5), 2, "cart", "")]
    assert plan_of(counter.alice, MARCH, 30).rows[0].bars[0].exchange is None


@pytest.mark.both_databases
def test_what_is_late_stretches_and_what_it_breaks_is_marked(counter, clock):
    counter.out(counter.bob, 3, day(1), day(3))
    counter.confirmed(counter.carole, 4, day(4), day(10))
    clock.at("2027-03-05T09:00:00+01:00")
    assert bars(counter) == [
        (day(1), day(6), 3, "late", "Les Films du Quai"),
        (day(4), day(10), 4, "confirmed", "Grand Large"),
    ]
    assert missing(counter) == [(day(4), day(6), 3)]
    with transaction():
        facts.stretch_late([db.session.get_one(Listing, counter.chairs.id)])
    assert db.session.scalars(select(Shortage)).one().solved_at is None
    row = plan_of(counter.alice, MARCH, 30).rows[0]
    assert [one.short for one in row.bars] == [False, True]


@pytest.mark.both_databases
def test_a_set_shows_its_exchanges_and_its_parts_what_they_keep(counter):
    terrace = make_listing(
        counter.house, "Terrasse", modes=["rent"], quantity=Decimal(2), weekly_rate_cents=9000, is_set=True
    )
    with transaction():
        db.session.add(SetPart(set_id=terrace.id, part_id=counter.chairs.id, quantity=Decimal(2)))
    counter.ask(counter.bob, 1, day(3), day(5), listing=terrace)
    rows = {row.title: row for row in plan_of(counter.alice, MARCH, 14).rows}
    assert [int(one.quantity) for one in rows["Terrasse"].bars] == [1]
    assert [int(one.quantity) for one in rows["Chaises bistro"].bars] == [2]
    assert not rows["Terrasse"].missing


@pytest.mark.both_databases
def test_filters_and_pages(counter, monkeypatch):
    other = make_site(counter.house, name="Hangar")
    make_listing(counter.house, "Lampes", category_key="flat_panel", modes=["rent"], site_id=other.id, shelf="B12")
    make_listing(counter.house, "Palettes")  # given, not rented
    make_listing(counter.house, "Rideaux", modes=["rent"], published=False)
    make_listing(make_organisation("Ailleurs"), "Chaises", modes=["rent"])

    def titles(**asked):
        plan = plan_of(counter.alice, MARCH, 14, **asked)
        return [row.title for row in plan.rows], plan.total, plan.pages

    assert titles() == (["Chaises bistro", "Lampes"], 2, 1)
    assert titles(site=other.public_id)[0] == ["Lampes"]
    assert titles(site="aaaaaaaaaaaaa")[0] == []
    assert titles(words="b12")[0] == ["Lampes"] and titles(words="bistro ch")[0] == ["Chaises bistro"]
    assert titles(category="furniture")[0] == ["Chaises bistro"] and titles(category="nothing")[0] == []
    monkeypatch.setattr("marketplace.exchanges.planner.PER_PAGE", 1)
    assert titles(page=2) == (["Lampes"], 2, 2) and titles(page=9)[0] == ["Lampes"]
    monkeypatch.setattr("marketplace.exchanges.planner.MOST_BARS", 1)
    for n in (3, 10):
        counter.ask(counter.bob, 1, day(n), day(n + 2))
    assert plan_of(counter.alice, MARCH, 30).cut


@pytest.mark.both_databases
def test_as_many_statements_for_many_listings_as_for_one(counter):
    def statements() -> int:
        said: list[str] = []

        def count(*given):
            said.append(given[2])

        event.listen(db.engine, "before_cursor_execute", count)
        plan_of(counter.alice, MARCH, 60)
        event.remove(db.engine, "before_cursor_execute", count)
        db.session.rollback()
        return len([one for one in said if one.lstrip().upper().startswith("SELECT")])

    counter.ask(counter.bob, 1, day(3), day(5))
    before = statements()
    for n in range(12):
        listing = make_listing(counter.house, f"Bancs {n}", modes=["rent"], weekly_rate_cents=100)
        counter.ask(counter.carole, 1, day(3), day(5), listing=listing)
    assert statements() == before <= 4


def test_only_the_house_s_people(counter):
    guest = actor_of(make_user("Chloé"))
    with pytest.raises(NotFound):
        plan_of(guest, MARCH, 14)
    with pytest.raises(NotFound):
        plan_of(None, MARCH, 14)
    assert all(row.id != counter.chairs.id for row in plan_of(counter.bob, MARCH, 14).rows)


# --- maintenance -----------------------------------------------------------------------------------------------------


def kept_aside(counter) -> list[tuple[date, date | None, int, str, str]]:
    db.session.rollback()
    rows = db.session.scalars(select(Hold).where(Hold.cause == "maintenance").order_by(Hold.id))
    return [(one.starts_on, one.ends_on, int(one.quantity), one.state, one.note) for one in rows]


@pytest.mark.both_databases
def test_what_is_free_can_be_taken_aside_and_given_back(counter):
    with transaction():
        hold = block(counter.alice, counter.chairs.public_id, "2", day(3), day(8), " Vernis ")
    assert kept_aside(counter) == [(day(3), day(8), 2, "active", "Vernis")]
    assert counter.free(day(1), day(10)) == [(day(1), 4), (day(3), 2), (day(8), 4)]
    assert bars(counter) == [(day(3), day(8), 2, "maintenance", "")]
    with pytest.raises(Conflict):
        counter.ask(counter.bob, 3, day(5), day(9))
    with transaction():
        unblock(counter.alice, counter.chairs.public_id, hold.id)
    assert counter.free(day(1), day(10)) == [(day(1), 4)]
    with pytest.raises(NotFound), transaction():
        unblock(counter.alice, counter.chairs.public_id, hold.id)


@pytest.mark.both_databases
def test_what_is_promised_is_not_taken_aside(counter):
    counter.ask(counter.bob, 3, day(3), day(8))
    with pytest.raises(Conflict) as refusal, transaction():
        block(counter.alice, counter.chairs.public_id, 2, day(2), None)
    assert [(one["from"], one["to"], one["free"]) for one in refusal.value.data["available"]] == [
        ("2027-03-02", "2027-03-03", 4), ("2027-03-03", "2027-03-08", 1), ("2027-03-08", None, 4),
    ]  # fmt: skip
    assert "Sont libres" in refusal.value.message
    assert kept_aside(counter) == []
    with transaction():
        block(counter.alice, counter.chairs.public_id, 2, day(8), None)
    with pytest.raises(Conflict):
        counter.ask(counter.carole, 3, date(2028, 3, 1), date(2028, 3, 8))


@pytest.mark.both_databases
def test_a_request_past_its_deadline_no_longer_stands_in_the_way(counter, clock):
    exchange = counter.ask(counter.bob, 4, day(15), day(19))
    clock.at("2027-03-05T09:00:00+01:00")  # not answered in 72 hours, and no job ran
    with transaction():
        block(counter.alice, counter.chairs.public_id, 4, day(15), day(16))
    assert counter.get(exchange).state == "expired"


@pytest.mark.parametrize(
    ("quantity", "starts", "ends", "field"),
    [
        ("0", day(3), day(5), "quantity"),
        ("deux", day(3), day(5), "quantity"),
        ("1,5", day(3), day(5), "quantity"),
        ("1", None, day(5), "from"),
        ("1", date(2027, 2, 28), day(5), "from"),
        ("1", date(2029, 6, 1), None, "from"),
        ("1", day(5), day(5), "to"),
        ("1", day(5), date(2028, 5, 5), "to"),
    ],
)
def test_what_makes_no_sense(counter, quantity, starts, ends, field):
    with pytest.raises(Invalid) as refusal, transaction():
        block(counter.alice, counter.chairs.public_id, quantity, starts, ends)
    assert list(refusal.value.errors) == [field]


def test_only_those_who_run_the_stock(counter):
    member, reader = make_user("Bruno"), make_user("Rita")
    add_member(counter.house, member)
    add_member(counter.house, reader, "viewer")
    with transaction():
        number = block(counter.alice, counter.chairs.public_id, 1, day(3), None).id
    for user in (member, reader):
        with pytest.raises(NotAllowed), transaction():
            block(actor_of(user, counter.house), counter.chairs.public_id, 1, day(3), day(5))
        with pytest.raises(NotAllowed), transaction():
            unblock(actor_of(user, counter.house), counter.chairs.public_id, number)
    for stranger in (counter.bob, None):
        with pytest.raises(NotFound), transaction():
            block(stranger, counter.chairs.public_id, 1, day(3), day(5))
        with pytest.raises(NotFound), transaction():
            unblock(stranger, counter.chairs.public_id, number)
    other = make_listing(counter.house, "Bancs", modes=["rent"])
    for wrong in (other.public_id, "x", "aaaaaaaaaaaaa"):
        with pytest.raises(NotFound), transaction():
            unblock(counter.alice, wrong, number)
    for wrong in (0, -1, 2**40, number + 1):
        with pytest.raises(NotFound), transaction():
            unblock(counter.alice, counter.chairs.public_id, wrong)


# --- pages -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def keeper(counter, client):
    return sign_in(client, db.session.get_one(User, counter.alice.user_id), counter.house)


def test_the_plan_draws_what_is_kept(counter, keeper, clock):
    exchange = counter.out(counter.bob, 3, day(1), day(3))
    counter.confirmed(counter.carole, 4, day(4), day(10))
    clock.at("2027-03-05T09:00:00+01:00")
    page = keeper.get("/stock/planning?du=2027-03-01&jours=14").text
    assert re.search(rf'class="bar late s1 w5"><a href="/echanges/{exchange}"', page)
    assert 'class="bar confirmed s4 w6"' in page and 'class="bar over s4 w2"' in page
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page)).replace("\xa0", " ")
    assert "3 pièces, Les Films du Quai : du 1er mars au 6 mars, en retard, attendu le 3 mars" in said
    assert "Manque 3 pièces : du 4 mars au 6 mars" in said
    assert "style=" not in page


def test_addresses_that_say_nothing_are_left_out(counter, keeper):
    for query in (
        "du=hier&jours=7&page=x",
        "du=9999-12-31&jours=-1",
        "du=0001-01-01&page=999999",
        "q=%00&site='&categorie=%",
    ):
        assert keeper.get(f"/stock/planning?{query}").status_code == 200
    assert "Films du Quai" not in keeper.get("/stock/planning").text


def test_taking_aside_by_its_form(counter, keeper):
    exchange = counter.ask(counter.bob, 3, day(3), day(8))
    reference = counter.get(exchange).reference
    address = f"/stock/planning/{counter.chairs.public_id}"
    assert keeper.get(address).status_code == 200
    refused = keeper.post(address, data={"quantity": "2", "from": "2027-03-05", "to": "2027-03-09"})
    assert refused.status_code == 409 and reference in refused.text and "Les Films du Quai" in refused.text
    wrong = keeper.post(address, data={"quantity": "1", "from": "demain", "to": ""})
    assert wrong.status_code == 422 and 'aria-invalid="true"' in wrong.text
    done = keeper.post(address, data={"quantity": "1", "from": "2027-03-05", "to": "", "note": "Vernis"})
    assert done.status_code == 303
    page = keeper.get(address).text
    number = re.search(r'name="number" value="(\d+)"', page)[1]
    assert "Vernis" in page
    for wrong in ("", "x", "0", "9" * 30, "٣", str(int(number) + 1)):
        assert keeper.post(f"{address}/rendre", data={"number": wrong}).status_code == 404
    assert keeper.post(f"{address}/rendre", data={"number": number}).status_code == 303
    assert "Vernis" not in keeper.get(address).text


def test_strangers_find_nothing(counter, client):
    address = f"/stock/planning/{counter.chairs.public_id}"
    assert client.get("/stock/planning").status_code == 303
    bob = sign_in(client, db.session.get_one(User, counter.bob.user_id))
    assert bob.get(address).status_code == 404
    assert bob.post(address, data={"quantity": "1", "from": "2027-03-05"}).status_code == 404
    assert bob.post(f"{address}/rendre", data={"number": "1"}).status_code == 404
    assert "Chaises bistro" not in bob.get("/stock/planning").text


def test_in_english(counter, keeper):
    counter.confirmed(counter.bob, 3, day(3), day(8))
    page = keeper.get("/stock/planning?du=2027-03-01&jours=14&lang=en").text
    assert "Stock planner" in page and "confirmed" in page and "Planning du stock" not in page
