"""Days on which a site is closed: what may be said, who may say it, what strangers read, what a calendar holds."""

from datetime import date, timedelta

import pytest
from sqlalchemy import event, select

from marketplace.accounts import closings
from marketplace.accounts.models import AuditEntry, SiteClosing, User
from marketplace.accounts.opening_hours import OpenState
from marketplace.accounts.views_organisation_page import closed_until, closing_said
from marketplace.core.clock import today_at
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid, NotAllowed, NotFound
from marketplace.exchanges.days import Calendar
from tests.factories import (
    actor_of,
    add_member,
    make_organisation,
    make_site,
    make_user,
    owner_of,
    sign_in,
    site_of,
)

TODAY = date(2026, 11, 12)
ONE = timedelta(days=1)


def said(first, last, reason=""):
    return {"starts_on": first, "last_on": last, "reason": reason}


def add(house, site, first, last, reason=""):
    with transaction():
        return closings.add_closing(owner_of(house), house.public_id, site.public_id, said(first, last, reason))


RIGHT = [
    (TODAY, TODAY), (TODAY - ONE * 5, TODAY), (TODAY, TODAY + ONE * 365),
    (TODAY + closings.FURTHEST, TODAY + closings.FURTHEST),
]  # fmt: skip
WRONG = [
    (None, None, {"starts_on", "last_on"}), (TODAY, None, {"last_on"}), (None, TODAY, {"starts_on"}),
    ("2026-11-12", TODAY, {"starts_on"}), (TODAY, TODAY - ONE, {"last_on"}),
    (TODAY - ONE * 3, TODAY - ONE, {"last_on"}), (TODAY, TODAY + ONE * 366, {"last_on"}),
    (TODAY + closings.FURTHEST + ONE, TODAY + closings.FURTHEST + ONE, {"starts_on"}),
    (date.min, date.max, {"last_on"}),
]  # fmt: skip


@pytest.mark.parametrize(("first", "last"), RIGHT)
def test_days_that_may_be_said(app, first, last):
    checked = closings.checked_values(said(first, last, "  Congés \n d’été\x00 "), TODAY)
    assert checked == {"starts_on": first, "ends_on": last + ONE, "reason": "Congés d’été"}


@pytest.mark.parametrize(("first", "last", "fields"), WRONG)
def test_days_that_may_not(app, first, last, fields):
    with pytest.raises(Invalid) as refused:
        closings.checked_values(said(first, last), TODAY)
    assert set(refused.value.errors) == fields
    with pytest.raises(Invalid) as refused:
        closings.checked_values(said(TODAY, TODAY, "x" * 121), TODAY)
    assert set(refused.value.errors) == {"reason"}


@pytest.mark.both_databases
def test_each_day_is_said_once(session):
    house = make_organisation()
    site, other = site_of(house), make_site(house, name="Hangar")
    today = today_at(site.postcode)
    add(house, site, today + ONE * 10, today + ONE * 19)
    for first, last in ((10, 19), (5, 10), (19, 30), (12, 13), (1, 40)):
        with pytest.raises(Invalid) as refused:
            add(house, site, today + ONE * first, today + ONE * last)
        assert set(refused.value.errors) == {"starts_on"}
    add(house, site, today + ONE * 20, today + ONE * 20)  # the day after
    add(house, site, today + ONE * 9, today + ONE * 9)
    add(house, other, today + ONE * 10, today + ONE * 19)
    acts = session.scalars(select(AuditEntry.action).where(AuditEntry.object_public_id == site.public_id)).all()
    assert acts == ["site.closing_add"] * 3


def test_a_site_has_a_hundred_at_most(session, monkeypatch):
    monkeypatch.setattr(closings, "MOST", 2)
    house = make_organisation()
    site = site_of(house)
    today = today_at(site.postcode)
    with transaction() as session_:
        session_.add(SiteClosing(site_id=site.id, starts_on=today - ONE * 9, ends_on=today))  # over: not counted
    for ahead in (1, 3):
        add(house, site, today + ONE * ahead, today + ONE * ahead)
    with pytest.raises(Invalid):
        add(house, site, today + ONE * 5, today + ONE * 5)


@pytest.mark.both_databases
def test_who_may(session):
    house, other = make_organisation(), make_organisation("Autre", "other")
    site = site_of(house)
    today = today_at(site.postcode)
    made = add(house, site, today, today).public_id
    members = {}
    for role in ("manager", "member", "viewer"):
        user = make_user(f"Mem {role}")
        add_member(house, user, role)
        members[role] = actor_of(user, house)
    days = said(today + ONE * 5, today + ONE * 6)
    for role in ("member", "viewer"):
        with pytest.raises(NotAllowed), transaction():
            closings.add_closing(members[role], house.public_id, site.public_id, days)
        with pytest.raises(NotAllowed), transaction():
            closings.remove_closing(members[role], house.public_id, site.public_id, made)
    stranger = owner_of(other)
    for house_id, site_id in (
        (house.public_id, site.public_id),
        (other.public_id, site.public_id),
        (other.public_id, site_of(other).public_id),
    ):
        with pytest.raises(NotFound), transaction():
            closings.remove_closing(stranger, house_id, site_id, made)
    with pytest.raises(NotFound), transaction():
        closings.add_closing(stranger, other.public_id, site.public_id, days)
    assert session.query(SiteClosing).count() == 1
    with transaction():
        closings.add_closing(members["manager"], house.public_id, site.public_id, days)
    with transaction():
        closings.remove_closing(members["manager"], house.public_id, site.public_id, made)
    assert session.query(SiteClosing).count() == 1


@pytest.mark.both_databases
def test_the_next_ones_by_site_in_order_on_the_day_of_each_place(session, clock):
    clock.at("2026-03-10T05:00:00+00:00")  # still the 9th in Papeete
    house = make_organisation()
    here = site_of(house)
    there = make_site(house, name="Papeete", postcode="98714", city="Papeete")
    assert today_at("98714") == date(2026, 3, 9)
    rows = [(here, 9, 10), (here, 20, 21), (here, 12, 14), (here, 1, 3), (there, 9, 10), (there, 20, 22)]
    with transaction() as session_:
        for site, first, reopens in rows:
            session_.add(SiteClosing(site_id=site.id, starts_on=date(2026, 3, first), ends_on=date(2026, 3, reopens)))
    found = closings.coming_closings([here, there])
    days = {site_id: [one.starts_on.day for one in kept] for site_id, kept in found.items()}
    assert days == {here.id: [12, 20], there.id: [9, 20]}
    found = closings.coming_closings([here, there], most=1)
    assert {site_id: [one.starts_on.day for one in kept] for site_id, kept in found.items()} == {
        here.id: [12], there.id: [9],
    }  # fmt: skip
    assert closings.coming_closings([]) == {}


@pytest.mark.both_databases
def test_the_calendars_of_many_sites_are_one_statement(session):
    house = make_organisation()
    open_, shut, bare = site_of(house), make_site(house, name="Hangar"), make_site(house, name="Nu", opening_hours={})
    with transaction() as session_:
        for first, reopens in ((20, 25), (1, 11), (11, 12)):
            days = {"starts_on": date(2026, 3, first), "ends_on": date(2026, 3, reopens)}
            session_.add(SiteClosing(site_id=shut.id, **days))
    ids, week, statements = (open_.id, shut.id, bare.id), dict(open_.opening_hours), []
    note = lambda *given: statements.append(given[2])  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        found = closings.calendars_of([*ids, ids[0], 999_999], date(2026, 3, 11))
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert (
        len([one for one in statements if "site_closing" in one])
        == 1
        == len([one for one in statements if one.lstrip().upper().startswith("SELECT")])
    )
    assert found == {
        ids[0]: (week, ()),
        ids[1]: (week, ((date(2026, 3, 11), date(2026, 3, 12)), (date(2026, 3, 20), date(2026, 3, 25)))),
        ids[2]: ({}, ()),
    }
    assert closings.calendars_of([], date(2026, 3, 11)) == {}
    calendar = Calendar(*found[ids[1]])
    assert not calendar.works_on(date(2026, 3, 20)) and calendar.works_on(date(2026, 3, 25))


WORDS = [
    (date(2026, 8, 9), date(2026, 8, 24), "", "Fermé du 9 au 23 août"),
    (date(2026, 8, 1), date(2026, 8, 24), "congés", "Fermé du 1er au 23 août : congés"),
    (date(2026, 7, 28), date(2026, 8, 10), "", "Fermé du 28 juillet au 9 août"),
    (date(2026, 12, 24), date(2027, 1, 3), "", "Fermé du 24 décembre 2026 au 2 janvier 2027"),
    (date(2027, 8, 9), date(2027, 8, 24), "", "Fermé du 9 au 23 août 2027"),
    (date(2026, 8, 15), date(2026, 8, 16), "", "Fermé le 15 août"),
]


@pytest.mark.parametrize(("first", "reopens", "reason", "words"), WORDS)
def test_a_closing_in_words(app, first, reopens, reason, words):
    assert closing_said(SiteClosing(starts_on=first, ends_on=reopens, reason=reason), date(2026, 6, 1)) == words


FRIDAY = date(2026, 8, 7)
SHUT = OpenState(False, "09:00", 3)  # opens again on Monday
UNTIL = [  # state, closings as days from Friday to the day it reopens, last day closed as days from Friday
    (OpenState(True, "18:00", 0), [(0, 1)], 0),
    (OpenState(True, "18:00", 0), [(1, 9)], None),
    (OpenState(False, "14:00", 0), [(0, 10)], 9),
    (SHUT, [(1, 10)], 9),
    (SHUT, [(0, 2)], None),
    (SHUT, [(1, 4), (4, 6), (8, 9)], 5),
    (None, [(0, 2)], 1),
    (None, [], None),
]  # fmt: skip


@pytest.mark.parametrize(("state", "days", "last"), UNTIL)
def test_until_when_a_place_is_closed(state, days, last):
    rows = [SiteClosing(starts_on=FRIDAY + ONE * first, ends_on=FRIDAY + ONE * reopens) for first, reopens in days]
    assert closed_until(FRIDAY, state, rows) == (None if last is None else FRIDAY + ONE * last)


@pytest.fixture
def house(app):
    return make_organisation("Le Contrechamp", owner=make_user("Alice"))


@pytest.fixture
def alice(app, house):
    return sign_in(app.test_client(), db.session.get(User, owner_of(house).user_id), house)


@pytest.mark.both_databases
def test_from_the_form_to_the_public_page_and_back(app, client, house, alice, clock):
    clock.at("2026-08-07T08:00:00+00:00")  # a Friday, 10:00 there
    site = site_of(house).public_id
    base, public = f"/organisations/{house.public_id}/lieux/{site}", f"/organisations/{house.public_id}"
    assert "Ouvert jusqu’à 12:00" in client.get(public).text
    assert "Aucun à venir" in alice.get(base).text
    sent = {"starts_on": "2026-08-07", "last_on": "2026-08-23", "reason": "congés d’été"}
    assert alice.post(f"{base}/fermetures", data=sent).location == f"{base}/fermetures"
    for page in (client.get(public), alice.get(base), alice.get(f"{base}/fermetures")):
        assert "Fermé du 7 au 23 août : congés d’été" in page.text
    assert "Fermé jusqu’au 23 août" in client.get(public).text and "Ouvert jusqu’à" not in client.get(public).text
    again = alice.post(f"{base}/fermetures", data={**sent, "starts_on": "2026-08-20", "last_on": "2026-08-30"})
    assert again.status_code == 422
    assert "Une fermeture du 7 août 2026 au 23 août 2026 est déjà dite" in again.text
    assert 'value="2026-08-30"' in again.text and 'id="starts_on-e"' in again.text
    made = db.session.scalar(select(SiteClosing.public_id))
    assert alice.post(f"{base}/fermetures/{made}/retirer").status_code == 303
    assert alice.post(f"{base}/fermetures/{made}/retirer").status_code == 404
    assert "Fermé" not in client.get(public).text
    page = client.get(public, headers={"Accept-Language": "en"})
    assert page.status_code == 200


TYPED = [
    ({}, ("starts_on", "last_on")), ({"starts_on": "demain", "last_on": "2026-12-01"}, ("starts_on",)),
    ({"starts_on": "2026-02-30", "last_on": "2026-03-01"}, ("starts_on",)),
    ({"starts_on": "2099-01-01", "last_on": "2099-01-02"}, ("starts_on",)),
    ({"starts_on": "2026-12-09", "last_on": "2026-12-08"}, ("last_on",)),
    ({"starts_on": "2026-12-09", "last_on": "2026-12-09", "reason": "x" * 121}, ("reason",)),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "fields"), TYPED)
def test_wrong_entries_are_named_and_nothing_is_written(house, alice, typed, fields):
    answer = alice.post(f"/organisations/{house.public_id}/lieux/{site_of(house).public_id}/fermetures", data=typed)
    assert answer.status_code == 422
    for field in fields:
        assert f'id="{field}-e"' in answer.text
    assert db.session.query(SiteClosing).count() == 0


def test_others_find_nothing_there(app, client, house):
    site = site_of(house)
    made = add(house, site, today_at(None), today_at(None)).public_id
    base = f"/organisations/{house.public_id}/lieux/{site.public_id}/fermetures"
    eve = make_user("Eve")
    elsewhere = make_organisation("Ailleurs", owner=eve)
    charlie = sign_in(app.test_client(), eve, elsewhere)
    beside = f"/organisations/{elsewhere.public_id}/lieux/{site.public_id}/fermetures"
    for path in (base, beside):
        assert charlie.get(path).status_code == 404
        assert charlie.post(path, data={}).status_code == 404
        assert charlie.post(f"{path}/{made}/retirer").status_code == 404
    bob = make_user("Bob")
    add_member(house, bob, "member")
    browser = sign_in(app.test_client(), bob, house)
    assert (browser.get(base).status_code, browser.post(f"{base}/{made}/retirer").status_code) == (403, 403)
    assert client.get(base).location.startswith("/connexion")
    assert db.session.query(SiteClosing).count() == 1
