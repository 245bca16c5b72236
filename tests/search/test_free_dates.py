"""Dates wanted: the conditions in SQL say what the sweep over intervals says, on both databases, by their indexes."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text, update

from marketplace.catalogue.models import Listing, SetPart
from marketplace.core.clock import now
from marketplace.core.db import db, dialect_name, new_public_id, transaction
from marketplace.exchanges.availability import Held, free_throughout
from marketplace.exchanges.holding import late_until
from marketplace.exchanges.models import Exchange, ExchangeLine, Hold
from marketplace.exchanges.queries import free_intervals_of
from marketplace.search.free_dates import free_between
from tests.factories import make_listing, make_organisation

pytestmark = pytest.mark.both_databases

NOW = "2027-03-10T09:00:00+01:00"
TODAY = date(2027, 3, 10)
ONE = timedelta(days=1)
MOST = 40  # more than is ever drawn: a guard refuses promises beyond what exists


def found(listing_ids, from_on, to_on, quantity=None, modes=()) -> set[int]:
    """Which of these listings the conditions keep."""
    params: dict[str, object] = {}
    ids = ", ".join(str(number) for number in listing_ids)
    where = " AND ".join(
        [f"d.listing_id IN ({ids})", *free_between(from_on, to_on, quantity, params, modes)],
    )
    query = f"SELECT d.listing_id FROM search_document AS d WHERE {where}"  # noqa: S608
    return set(db.session.scalars(text(query), params))


class Shelf:
    """A listing that is rented, and the exchange whose lines hold it."""

    def __init__(self, **values):
        self.house = make_organisation()
        other = make_organisation("Les Films du Quai", "production_company")
        terms = {"modes": ["rent"], "weekly_rate_cents": 100, "quantity": Decimal(MOST), **values}
        self.listing = make_listing(self.house, "Chaises", category_key="chair", **terms)
        with transaction() as session:
            exchange = Exchange(
                kind="rental", state="handed_over", reference=new_public_id(), provider_id=self.house.id,
                receiver_id=other.id, created_at=now(),
            )  # fmt: skip
            session.add(exchange)
        self.exchange_id = exchange.id

    def hold(self, quantity, starts_on, ends_on, *, out_until=None, listing=None, **values) -> None:
        """A hold, not committed; `out_until`: of things that left and are due back that day."""
        listing_id = (listing or self.listing).id
        line_id = None
        if out_until is not None:
            line = ExchangeLine(
                exchange_id=self.exchange_id, listing_id=listing_id, quantity=Decimal(quantity), title="x",
                unit="piece", category_key="other", starts_on=out_until - ONE, ends_on=out_until,
            )  # fmt: skip
            db.session.add(line)
            db.session.flush()
            line_id = line.id
            values |= {"cause": "promise", "is_fact": True}
        held = {"quantity": Decimal(quantity), "starts_on": starts_on, "ends_on": ends_on}
        db.session.add(Hold(listing_id=listing_id, line_id=line_id, **held, **{"cause": "maintenance", **values}))
        db.session.flush()


@pytest.fixture
def shelf(app, clock) -> Shelf:
    clock.at(NOW)
    return Shelf()


# --- against the sweep -----------------------------------------------------------------------------------------------

days = st.integers(-460, 40).map(lambda n: TODAY + ONE * n)
near = st.integers(-20, 40).map(lambda n: TODAY + ONE * n)
kept = st.fixed_dictionaries(
    {
        "quantity": st.integers(1, 4),
        "starts_on": st.one_of(days, near),
        "lasts": st.one_of(st.none(), st.integers(1, 30), st.integers(400, 430)),
        "how": st.sampled_from(["promise", "fact", "out", "past", "released"]),
        "due": st.integers(-30, 10),
    }
)


def written(listing, turnaround, shelf: Shelf, one) -> Held | None:
    """Write a hold; what it takes, None when it takes nothing."""
    starts_on, quantity = one["starts_on"], one["quantity"]
    ends_on = None if one["lasts"] is None else starts_on + ONE * one["lasts"]
    due = TODAY + ONE * one["due"] if one["how"] == "out" else None
    values = {
        "fact": {"cause": "repair", "is_fact": True},
        "past": {"expires_at": datetime.fromisoformat(NOW) - timedelta(minutes=1)},
        "released": {"state": "released"},
    }.get(one["how"], {})
    shelf.hold(quantity, starts_on, ends_on, out_until=due, listing=listing, **values)
    if one["how"] in ("past", "released"):
        return None
    late = late_until(due, turnaround, listing.postcode)
    if late and ends_on:
        ends_on = max(ends_on, late)
    return Held(starts_on, ends_on, Decimal(quantity))


quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@quick
@given(
    some=st.lists(kept, max_size=6),
    wanted=st.tuples(near, st.integers(1, 25)),
    work=st.tuples(st.sampled_from([0, 1, 5]), st.sampled_from([0, 2, 14])),
)
def test_the_sql_says_what_the_sweep_says(shelf, some, wanted, work):
    db.session.rollback()
    ids = [shelf.listing.id]
    db.session.execute(update(Listing).values(prep_days=work[0], turnaround_days=work[1]))
    held = [one for one in (written(shelf.listing, work[1], shelf, drawn) for drawn in some) if one is not None]
    starts_on, ends_on = wanted[0], wanted[0] + ONE * wanted[1]
    free = free_throughout(Decimal(MOST), held, starts_on - ONE * work[0], ends_on + ONE * work[1])
    assert not found(ids, starts_on, ends_on, free + 1)
    assert bool(found(ids, starts_on, ends_on)) is (free > 0)
    if free > 0:
        assert found(ids, starts_on, ends_on, free)
    db.session.rollback()


@quick
@given(
    ours=st.lists(kept, max_size=3),
    theirs=st.lists(kept, max_size=3),
    wanted=st.tuples(near, st.integers(1, 20)),
    each=st.tuples(st.integers(1, 4), st.integers(1, 4)),
)
def test_a_set_is_found_when_its_parts_make_it(terrace, ours, theirs, wanted, each):
    db.session.rollback()
    for (part, drawn), count in zip(((terrace.listing, ours), (terrace.tables, theirs)), each, strict=True):
        db.session.add(SetPart(set_id=terrace.whole.id, part_id=part.id, quantity=Decimal(count)))
        for one in drawn:
            written(part, 0, terrace, one)
    starts_on, ends_on = wanted[0], wanted[0] + ONE * wanted[1]
    free = min(one.quantity for one in free_intervals_of(terrace.whole, starts_on, ends_on))
    ids = [terrace.whole.id]
    assert not found(ids, starts_on, ends_on, free + 1)
    assert bool(found(ids, starts_on, ends_on)) is (free > 0)
    if free > 0:
        assert found(ids, starts_on, ends_on, free)
    db.session.rollback()


@pytest.fixture
def terrace(shelf) -> Shelf:
    rented = {"modes": ["rent"], "quantity": Decimal(MOST)}
    shelf.tables = make_listing(shelf.house, "Tables", **rented)
    shelf.whole = make_listing(shelf.house, "Terrasse", is_set=True, **rented)
    return shelf


# --- what no drawing says by itself ----------------------------------------------------------------------------------


def day(n: int) -> date:
    return date(2027, 3, n)


def test_work_before_and_after_counts_where_it_would_be_rented(app, clock):
    clock.at(NOW)
    shelf = Shelf(prep_days=2, turnaround_days=3)
    shelf.hold(MOST, day(15), day(18))
    ids = [shelf.listing.id]
    assert not found(ids, day(19), day(22)) and found(ids, day(20), day(22))  # prepared on the 18th and 19th
    assert not found(ids, day(11), day(13)) and found(ids, day(11), day(12))  # put right until the 15th
    both = make_listing(shelf.house, "Bancs", modes=["rent", "sell"], quantity=Decimal(1), prep_days=2)
    shelf.hold(1, day(15), day(18), listing=both)
    assert found([both.id], day(18), day(20), modes=("sell",)) and found([both.id], day(18), day(20))
    assert not found([both.id], day(18), day(20), modes=("rent",))


def test_what_is_late_overseas_goes_by_the_day_there(app, clock):
    clock.at("2027-03-10T23:30:00+01:00")  # already the 11th in Nouméa
    shelf = Shelf()
    far = make_listing(shelf.house, "Pirogue", modes=["rent"], quantity=Decimal(1), postcode="98800")
    near_by = make_listing(shelf.house, "Barque", modes=["rent"], quantity=Decimal(1))
    for listing in (far, near_by):
        shelf.hold(1, day(8), day(10), out_until=day(10), listing=listing)
    ids = [far.id, near_by.id]
    assert found(ids, day(11), day(12)) == {near_by.id}  # due today in Paris: it may still come back
    assert found(ids, day(12), day(13)) == {far.id, near_by.id}


# --- indexes ---------------------------------------------------------------------------------------------------------


@pytest.mark.own_database
def test_ten_thousand_holds_of_a_listing_are_read_by_their_indexes(shelf):
    rows = [
        {
            "listing_id": shelf.listing.id, "cause": "repair", "is_fact": n % 200 == 0, "note": "", "state": "active",
            "quantity": Decimal("0.001"), "starts_on": TODAY + ONE * (n % 700 - 350),
            "ends_on": TODAY + ONE * (n % 700 - 345) if n % 500 else None,
        }
        for n in range(10_000)
    ]  # fmt: skip
    with transaction() as session:
        if dialect_name() == "sqlite":
            session.execute(text("DROP TRIGGER guard_hold_insert"))
        else:
            session.execute(text("ALTER TABLE hold DISABLE TRIGGER guard_hold_insert"))
        session.execute(insert(Hold), rows)
    with transaction() as session:
        session.execute(text("ANALYZE"))
    params = {}
    where = " AND ".join(free_between(day(12), day(19), Decimal(1), params))
    query = f"SELECT d.listing_id FROM search_document AS d WHERE {where}"  # noqa: S608
    prefix = "EXPLAIN QUERY PLAN " if dialect_name() == "sqlite" else "EXPLAIN "
    plan = "\n".join(" ".join(str(part) for part in row) for row in db.session.execute(text(prefix + query), params))
    assert "ix_hold_listing_id_active" in plan and "ix_hold_listing_id_lasting" in plan, plan
    for reading in ("SCAN h", "Seq Scan on hold h"):
        assert reading not in plan, plan
    assert found([shelf.listing.id], day(12), day(19), Decimal(1)) == {shelf.listing.id}
