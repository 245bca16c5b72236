"""The month of a listing: what is free each day, in words, to whoever may see the listing."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from marketplace.accounts.models import SiteClosing
from marketplace.catalogue.models import SetPart
from marketplace.core.db import db, transaction
from marketplace.exchanges.availability import Held, free_intervals, free_throughout
from marketplace.exchanges.days import Calendar
from marketplace.exchanges.month import days_of_month, month_of, shifted, weeks_of
from tests.exchanges.test_rentals import NOW, Counter, day
from tests.factories import make_listing, make_site, site_of

MARCH = date(2027, 3, 1)
ONE = timedelta(days=1)


@pytest.fixture
def counter(app, clock) -> Counter:
    clock.at(NOW)
    return Counter()


def free_on(listing, first: date | None = None) -> dict[int, int]:
    found = {one.day.day: int(one.free) for one in month_of(listing, first).days}
    db.session.rollback()
    return found


# --- pure ------------------------------------------------------------------------------------------------------------

held = st.builds(
    lambda start, lasts, quantity: Held(
        MARCH + ONE * start, None if lasts is None else MARCH + ONE * (start + lasts), Decimal(quantity)
    ),
    st.integers(-40, 50),
    st.one_of(st.none(), st.integers(1, 60)),
    st.integers(1, 4),
)


@given(st.lists(held, max_size=8))
def test_each_day_is_what_is_free_that_day(some):
    free = free_intervals(Decimal(6), some, MARCH, date(2027, 4, 1))
    days = days_of_month(MARCH, free, Calendar(), date(2027, 3, 10))
    assert [one.day for one in days] == [MARCH + ONE * n for n in range(31)]
    for one in days:
        assert one.free == free_throughout(Decimal(6), some, one.day, one.day + ONE)
        assert one.past == (one.day < date(2027, 3, 10))


@pytest.mark.parametrize("first", [MARCH, date(2027, 2, 1), date(2028, 2, 1), date(2026, 8, 1)])
def test_weeks_begin_on_monday_and_hold_every_day_once(first):
    count = (shifted(first, 1) - first).days
    free = free_intervals(Decimal(1), [], first, shifted(first, 1))
    weeks = weeks_of(days_of_month(first, free, Calendar(), first))
    assert all(len(week) == 7 for week in weeks)
    assert [one.day.day for week in weeks for one in week if one] == list(range(1, count + 1))
    assert all(one.day.weekday() == n for week in weeks for n, one in enumerate(week) if one)


def test_months_beside():
    assert shifted(date(2027, 12, 1), 1) == date(2028, 1, 1)
    assert shifted(date(2027, 1, 1), -1) == date(2026, 12, 1)
    assert shifted(MARCH, 24) == date(2029, 3, 1)


# --- read ------------------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_promises_take_their_days_and_the_day_of_return_is_free(counter):
    counter.ask(counter.bob, 3, day(3), day(12))
    counter.ask(counter.carole, 1, day(10), day(12))
    found = free_on(counter.chairs)
    assert (found[2], found[3], found[9], found[10], found[11], found[12]) == (4, 1, 1, 0, 0, 4)


@pytest.mark.both_databases
def test_what_is_late_is_not_there(counter, clock):
    counter.out(counter.bob, 3, day(1), day(3))
    clock.at("2027-03-08T09:00:00+01:00")
    found = free_on(counter.chairs)
    assert (found[8], found[9]) == (1, 4)  # it may come back tomorrow at the earliest


@pytest.mark.both_databases
def test_the_place_is_closed_at_week_ends_and_when_it_says_so(counter):
    with transaction():
        db.session.add(SiteClosing(site_id=site_of(counter.house).id, starts_on=day(15), ends_on=day(17), reason=""))
    open_days = {one.day.day for one in month_of(counter.chairs).days if one.open}
    assert not open_days & {6, 7, 13, 14, 15, 16, 20, 21, 27, 28}
    assert {1, 12, 17, 31} <= open_days


@pytest.mark.both_databases
def test_a_set_is_free_as_its_parts_are(counter):
    table = make_listing(counter.house, "Table bistro", modes=["rent"], quantity=Decimal(2))
    terrace = make_listing(
        counter.house, "Terrasse", category_key="chair", modes=["rent"], quantity=Decimal(2),
        weekly_rate_cents=9000, is_set=True,
    )  # fmt: skip
    with transaction():
        for part, quantity in ((counter.chairs, 2), (table, 1)):
            db.session.add(SetPart(set_id=terrace.id, part_id=part.id, quantity=Decimal(quantity)))
    counter.ask(counter.bob, 1, day(3), day(5))
    found = free_on(terrace)
    assert (found[2], found[3], found[4], found[5]) == (2, 1, 1, 2)


def test_an_overseas_place_has_its_own_day(app, clock):
    clock.at("2027-04-01T00:30:00+02:00")  # still 31 March in Martinique
    counter = Counter()
    site = make_site(counter.house, postcode="97200", city="Fort-de-France")
    boat = make_listing(counter.house, "Pirogue", modes=["rent"], site_id=site.id, postcode="97200")
    assert month_of(boat).first == MARCH
    assert month_of(counter.chairs).first == date(2027, 4, 1)


@pytest.mark.both_databases
def test_two_statements_a_month(counter):
    counter.ask(counter.bob, 3, day(3), day(12))
    said: list[str] = []
    listing = db.session.merge(counter.chairs)  # loaded
    event.listen(db.engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    month_of(listing)
    assert len([one for one in said if one.lstrip().upper().startswith("SELECT")]) == 2


# --- the page --------------------------------------------------------------------------------------------------------


def cells(page: str) -> dict[str, str]:
    """Day → what its cell says."""
    found = re.findall(r'data-day="([\d-]+)"><time[^>]*>\d+</time> <span[^>]*>([^<]*)</span>', page)
    return dict(found)


def test_each_day_says_what_is_free(counter, client):
    counter.ask(counter.bob, 3, day(3), day(12))
    counter.ask(counter.carole, 1, day(10), day(12))
    answer = client.get(f"/annonces/{counter.chairs.public_id}/calendrier?mois=2027-03")
    said = cells(answer.text)
    assert (said["2027-03-01"], said["2027-03-03"], said["2027-03-10"]) == ("4 libres", "1 libre", "complet")
    assert said["2027-03-06"] == "1 libre, fermé"
    assert "<caption>" in answer.text and answer.text.count('<th scope="col"') == 7
    assert "Films du Quai" not in answer.text and "Grand Large" not in answer.text
    assert "mois=2027-04" in answer.text and "mois=2027-02" not in answer.text
    part = client.get(f"/annonces/{counter.chairs.public_id}/calendrier?mois=2027-03&part=1")
    assert cells(part.text) == said and "<html" not in part.text


def test_what_is_past_says_so(counter, client, clock):
    clock.at("2027-03-17T09:00:00+01:00")
    said = cells(client.get(f"/annonces/{counter.chairs.public_id}/calendrier").text)
    assert said["2027-03-16"] == "passé" and said["2027-03-17"] == "4 libres"


def test_in_english(counter, client):
    counter.ask(counter.bob, 4, day(3), day(5))
    page = client.get(f"/annonces/{counter.chairs.public_id}/calendrier?lang=en").text
    said = cells(page)
    assert (said["2027-03-01"], said["2027-03-03"], said["2027-03-06"]) == (
        "4 available",
        "none free",
        "4 available, closed",
    )


@pytest.mark.parametrize(
    "month", ["2027-02", "2029-04", "2027-13", "0000-00", "2027-3", "mars", "2027-03-01", "٢٠٢٧-٠٣"]
)
def test_months_that_are_not_shown(counter, client, month):
    assert (
        client.get(f"/annonces/{counter.chairs.public_id}/calendrier", query_string={"mois": month}).status_code == 404
    )


def test_only_what_is_rented_and_seen(counter, client):
    gift = make_listing(counter.house, "Palettes")
    hidden = make_listing(counter.house, "Lampes", modes=["rent"], visibility="organisation")
    draft = make_listing(counter.house, "Rideaux", modes=["rent"], published=False)
    for listing in (gift, hidden, draft):
        assert client.get(f"/annonces/{listing.public_id}/calendrier").status_code == 404
    assert client.get("/annonces/aaaaaaaaaaaaa/calendrier").status_code == 404


def test_the_listing_s_own_page_shows_the_month(counter, client):
    counter.ask(counter.bob, 4, day(3), day(5))
    page = client.get(f"/annonces/{counter.chairs.public_id}", follow_redirects=True).text
    assert cells(page)["2027-03-04"] == "complet"
    gift = make_listing(counter.house, "Palettes")
    assert "data-month" not in client.get(f"/annonces/{gift.public_id}", follow_redirects=True).text
