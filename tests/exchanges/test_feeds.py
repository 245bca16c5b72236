"""Calendars under secret addresses: what they hold, read back as a calendar reads them; who opens them, until when."""

import logging
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import delete, func, select, update

from marketplace.accounts.models import AuditEntry, Membership, ProductionMember, User
from marketplace.accounts.signing_in import hash_secret
from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.logs import JsonLines, TextLines
from marketplace.exchanges.feeds import create_feed, events_of, feed_by_secret, living_feeds, revoke_feed
from marketplace.exchanges.models import Appointment, CalendarFeed, Exchange
from tests.exchanges.test_rentals import NOW, Counter, day
from tests.factories import (
    actor_of,
    add_member,
    make_listing,
    make_production,
    make_site,
    make_user,
    sign_in,
    site_of,
)

pytestmark = pytest.mark.both_databases


@pytest.fixture
def counter(app, clock) -> Counter:
    clock.at(NOW)
    return Counter()


def made(actor, subject="person", public_id="") -> str:
    with transaction():
        _feed, secret = create_feed(actor, subject, public_id)
    return secret


def site_feed(counter) -> str:
    return made(counter.alice, "site", site_of(counter.house).public_id)


def events(client, secret, status=200) -> dict[str, object]:
    """Summary → event, as a calendar reads them."""
    answer = client.get(f"/calendrier/{secret}.ics")
    assert answer.status_code == status
    if status != 200:
        return {}
    calendar = Calendar.from_ical(answer.data)
    return {str(one["SUMMARY"]): one for one in calendar.walk("VEVENT")}


def meet(exchange: Exchange, starts_at: datetime, minutes: int = 30, state: str = "picked") -> None:
    exchange_id = exchange.id
    with transaction() as session:
        session.add(
            Appointment(
                exchange_id=exchange_id, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=minutes),
                state=state, proposed_by="provider",
            )
        )  # fmt: skip


# --- what is in it ---------------------------------------------------------------------------------------------------


def test_a_rental_leaves_and_comes_back_on_whole_days(counter, client):
    exchange = counter.confirmed(counter.bob, 3, day(3), day(12))
    found = events(client, site_feed(counter))
    assert set(found) == {"Départ : Chaises bistro, Les Films du Quai", "Retour : Chaises bistro, Les Films du Quai"}
    leaves = found["Départ : Chaises bistro, Les Films du Quai"]
    assert (leaves["DTSTART"].dt, leaves["DTEND"].dt) == (day(3), day(4))
    assert leaves["DTSTART"].params["VALUE"] == "DATE"
    comes = found["Retour : Chaises bistro, Les Films du Quai"]
    assert comes["DTSTART"].dt == day(12)
    assert leaves["UID"] == f"{exchange}-departure-1@localhost"
    assert str(leaves["URL"]).endswith(f"/echanges/{exchange}")
    assert leaves["STATUS"] == "CONFIRMED" and str(leaves["LOCATION"]) == "Réserve, Villeurbanne"


def test_the_receiver_s_side_reads_its_own_words(counter, client):
    production = make_production(db.session.get(type(counter.house), counter.bob.organisation_id))
    counter.confirmed(counter.bob, 1, day(3), day(12), production_public_id=production.public_id)
    counter.confirmed(counter.bob, 1, day(3), day(5))
    title = "Chaises bistro, Ressourcerie Le Contrechamp"
    assert set(events(client, made(counter.bob, "production", production.public_id))) == {
        f"À retirer : {title}", f"À rendre : {title}",
    }  # fmt: skip
    mine = made(counter.bob)
    answer = client.get(f"/calendrier/{mine}.ics").text
    assert answer.count("BEGIN:VEVENT") == 4
    assert "12 rue des D" not in answer  # the street is told on the exchange's own page


def test_an_event_keeps_its_identity_when_its_days_move(counter, client):
    exchange = counter.out(counter.bob, 1, day(1), day(8))
    secret = site_feed(counter)

    def back():
        return next(one for summary, one in events(client, secret).items() if summary.startswith("Retour"))

    before = back()
    counter.move(counter.alice, exchange, "extend", to=day(15))
    after = back()
    assert (before["UID"], before["DTSTART"].dt) == (after["UID"], day(8))
    assert after["DTSTART"].dt == day(15) and int(after["SEQUENCE"]) > int(before["SEQUENCE"])


def test_what_is_not_agreed_is_not_there_and_an_option_is_not_sure(counter, client):
    counter.ask(counter.bob, 1, day(3), day(5))
    counter.ask(counter.bob, 1, day(3), day(5), in_cart=True)
    gone = counter.ask(counter.bob, 1, day(10), day(12))
    counter.move(counter.alice, gone, "decline", reason="Trop loin")
    option = counter.ask(counter.carole, 1, day(16), day(18), option_days=3)
    secret = site_feed(counter)
    assert events(client, secret) == {}
    counter.move(counter.alice, option, "option")
    found = events(client, secret)
    assert set(found) == {
        "À confirmer, départ : Chaises bistro, Grand Large", "À confirmer, retour : Chaises bistro, Grand Large",
    }  # fmt: skip
    assert {str(one["STATUS"]) for one in found.values()} == {"TENTATIVE"}


def test_several_things_make_one_event_a_day(counter, client):
    from marketplace.exchanges import services
    from marketplace.exchanges.services import ExchangeRequest, LineRequest

    tables = make_listing(counter.house, "Tables", modes=["rent"], weekly_rate_cents=100)
    lines = [
        LineRequest(counter.chairs.public_id, 1, day(3), day(12)),
        LineRequest(tables.public_id, 1, day(3), day(15)),
    ]
    with transaction():
        exchange = services.request_exchange(counter.bob, ExchangeRequest("rental", lines)).public_id
    counter.move(counter.alice, exchange, "accept")
    counter.move(counter.alice, exchange, "pay_offline", how="order", reference="BC 12")
    found = {summary: one["DTSTART"].dt for summary, one in events(client, site_feed(counter)).items()}
    assert found == {
        "Départ : Chaises bistro et 1 de plus, Les Films du Quai": day(3),
        "Retour : Chaises bistro, Les Films du Quai": day(12),
        "Retour : Tables, Les Films du Quai": day(15),
    }


@pytest.mark.parametrize(
    ("on", "utc_hour"),
    [
        (date(2027, 3, 26), 9),  # Friday, winter time
        (date(2027, 3, 29), 8),  # Monday: the clocks changed on the 28th
        (date(2027, 10, 29), 8),
        (date(2027, 11, 1), 9),
    ],
)
def test_meetings_are_at_the_hour_of_their_place(counter, client, on, utc_hour):
    exchange = counter.get(counter.confirmed(counter.bob, 1, on, on + timedelta(days=7)))
    meet(exchange, datetime(on.year, on.month, on.day, utc_hour, tzinfo=UTC))
    meet(exchange, datetime(on.year, on.month, on.day, utc_hour + 2, tzinfo=UTC), state="dropped")
    secret = site_feed(counter)
    found = events(client, secret)
    meeting = found["Rendez-vous : Chaises bistro, Les Films du Quai"]["DTSTART"]
    assert meeting.dt.hour == 10 and meeting.params["TZID"] == "Europe/Paris"
    assert meeting.dt.astimezone(UTC).hour == utc_hour
    assert "Départ : Chaises bistro, Les Films du Quai" not in found  # the meeting says it already
    assert "BEGIN:VTIMEZONE" in client.get(f"/calendrier/{secret}.ics").text


def test_overseas_meetings_have_their_own_zone(counter, client):
    site = make_site(counter.house, name="Dépôt", postcode="97400", city="Saint-Denis")
    boat = make_listing(
        counter.house, "Pirogue", modes=["rent"], weekly_rate_cents=100, site_id=site.id, postcode="97400"
    )
    exchange = counter.get(counter.confirmed(counter.bob, 1, day(3), day(10), listing=boat))
    meet(exchange, datetime(2027, 3, 3, 21, 0, tzinfo=UTC))  # already the 4th there
    found = events(client, made(counter.alice, "site", site.public_id))
    meeting = found["Rendez-vous : Pirogue, Les Films du Quai"]["DTSTART"]
    assert (meeting.dt.day, meeting.dt.hour, meeting.params["TZID"]) == (4, 1, "Indian/Reunion")
    assert found["Départ : Pirogue, Les Films du Quai"]["DTSTART"].dt == day(3)
    assert events(client, site_feed(counter)) == {}  # another place of theirs


def test_it_reaches_a_month_back_and_a_year_ahead(counter, client, clock, monkeypatch):
    counter.out(counter.bob, 1, day(1), day(5))
    far = counter.confirmed(counter.carole, 1, date(2028, 6, 1), date(2028, 6, 8))
    secret = site_feed(counter)
    assert len(events(client, secret)) == 2
    clock.at("2027-04-02T09:00:00+02:00")
    assert {one["DTSTART"].dt for one in events(client, secret).values()} == {day(5)}
    clock.at("2027-06-04T09:00:00+02:00")
    assert [one["DTSTART"].dt for one in events(client, secret).values()] == [date(2028, 6, 1)]
    assert far in client.get(f"/calendrier/{secret}.ics").text
    clock.at(NOW)
    monkeypatch.setattr("marketplace.exchanges.feeds.MOST_EVENTS", 1)
    assert [one.starts for one in events_of(feed_by_secret(secret))] == [day(1)]


def test_as_many_statements_whatever_is_in_it(counter, client):
    from sqlalchemy import event

    secret = site_feed(counter)
    counts = []
    for starts in (3, 8, 15):
        counter.confirmed(counter.bob, 1, day(starts), day(starts + 2))
        said: list[str] = []

        def count(*given, said=said):
            said.append(given[2])

        event.listen(db.engine, "before_cursor_execute", count)
        events_of(feed_by_secret(secret))
        event.remove(db.engine, "before_cursor_execute", count)
        db.session.rollback()
        counts.append(len([one for one in said if one.lstrip().upper().startswith("SELECT")]))
    assert len(set(counts)) == 1 and counts[0] <= 6


# --- who opens it ----------------------------------------------------------------------------------------------------


def test_only_the_hash_is_kept_and_the_secret_is_long(counter):
    secret = site_feed(counter)
    feed = db.session.scalars(select(CalendarFeed)).one()
    assert feed.secret_hash == hash_secret(secret) and len(secret) * 6 >= 128
    assert feed.public_id not in secret
    acts = set(db.session.scalars(select(AuditEntry.action).where(AuditEntry.object_kind == "calendar_feed")))
    assert acts == {"calendar.create"}


def test_an_address_that_is_none_is_not_found(counter, client):
    secret = site_feed(counter)
    for wrong in (secret[:-1], secret + "a", secret.swapcase(), "a" * 32, "é" * 32, "x", "a" * 5000, "%00" * 32):
        events(client, wrong, 404)
    answer = client.get(f"/calendrier/{secret}.ics")
    assert answer.mimetype == "text/calendar" and answer.headers["Cache-Control"].startswith("private")
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "Set-Cookie" not in answer.headers


def test_a_revoked_address_is_not_found(counter, client):
    secret = site_feed(counter)
    public_id = living_feeds(counter.alice.user_id)[0].public_id
    colleague = make_user("Bruno")
    add_member(counter.house, colleague, "owner")
    for stranger in (counter.bob, None, actor_of(colleague, counter.house)):
        with pytest.raises(NotFound), transaction():
            revoke_feed(stranger, public_id)
    with transaction():
        revoke_feed(counter.alice, public_id)
    events(client, secret, 404)
    assert living_feeds(counter.alice.user_id) == []
    with pytest.raises(NotFound), transaction():
        revoke_feed(counter.alice, public_id)


def test_it_ends_with_the_right_of_whoever_made_it(counter, client):
    counter.confirmed(counter.bob, 1, day(3), day(5))
    member = make_user("Bruno")
    add_member(counter.house, member)
    theirs = actor_of(member, counter.house)
    at_site = made(theirs, "site", site_of(counter.house).public_id)
    own = made(theirs)
    assert len(events(client, at_site)) == len(events(client, own)) == 2
    with transaction() as session:
        session.execute(
            delete(Membership).where(
                Membership.user_id == theirs.user_id, Membership.organisation_id == counter.house.id
            )
        )
    events(client, at_site, 404)
    assert events(client, own) == {}  # their own goes on, without that house
    with transaction() as session:
        session.execute(update(User).where(User.id == theirs.user_id).values(disabled_at=now()))
    events(client, own, 404)


def test_a_guest_reads_their_production_alone_until_they_leave_it(counter, client):
    house = db.session.get(type(counter.house), counter.bob.organisation_id)
    production, other = make_production(house), make_production(house, "Autre film")
    for one in (production, other):
        counter.confirmed(counter.bob, 1, day(3), day(5), production_public_id=one.public_id)
    guest = make_user("Chloé")
    with transaction() as session:
        session.add(
            ProductionMember(production_id=production.id, user_id=guest.id, role="contributor", created_at=now())
        )
    actor = actor_of(guest)
    secret, own = made(actor, "production", production.public_id), made(actor)
    assert len(events(client, secret)) == len(events(client, own)) == 2
    with pytest.raises(NotFound):
        made(actor, "production", other.public_id)
    with transaction() as session:
        session.execute(delete(ProductionMember).where(ProductionMember.user_id == guest.id))
    events(client, secret, 404)
    assert events(client, own) == {}


def test_nobody_makes_one_of_others_things(counter):
    site = site_of(counter.house).public_id
    production = make_production(counter.house).public_id
    for subject, public_id in (
        ("site", site), ("production", production), ("site", "aaaaaaaaaaaaa"), ("site", ""), ("else", site),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            made(counter.bob, subject, public_id)
    with pytest.raises(NotFound):
        made(None)


def test_a_person_has_a_handful_of_them(counter, monkeypatch):
    monkeypatch.setattr("marketplace.exchanges.feeds.MOST", 2)
    made(counter.alice)
    made(counter.alice)
    with pytest.raises(Invalid):
        made(counter.alice)
    with transaction():
        revoke_feed(counter.alice, living_feeds(counter.alice.user_id)[0].public_id)
    made(counter.alice)


def test_logs_do_not_hold_the_secret(counter):
    secret = site_feed(counter)
    record = logging.LogRecord(
        "marketplace", logging.ERROR, __file__, 1, "Exception on /calendrier/%s.ics [GET]", (secret,), None
    )
    for formatter in (TextLines(), JsonLines()):
        assert secret not in formatter.format(record) and "/calendrier/" in formatter.format(record)


# --- the page --------------------------------------------------------------------------------------------------------


def test_an_address_is_shown_once_and_revoked(counter, client):
    alice = sign_in(client, db.session.get_one(User, counter.alice.user_id), counter.house, proved=True)
    site = site_of(counter.house).public_id
    page = alice.get("/compte/calendriers")
    assert page.status_code == 200 and f'value="lieu:{site}"' in page.text
    answer = alice.post("/compte/calendriers", data={"subject": f"lieu:{site}"})
    address = re.search(r'value="(http[^"]+/calendrier/([^"/]+)\.ics)"', answer.text)
    assert answer.status_code == 200 and address
    again = alice.get("/compte/calendriers").text
    assert address[2] not in again and "Réserve, Ressourcerie Le Contrechamp" in again
    events(client, address[2])
    public_id = re.search(r"/compte/calendriers/([a-z2-7]{13})/revoquer", again)[1]
    assert alice.post(f"/compte/calendriers/{public_id}/revoquer").status_code == 303
    events(client, address[2], 404)
    assert alice.post("/compte/calendriers", data={"subject": "lieu:aaaaaaaaaaaaa"}).status_code == 404
    assert alice.post("/compte/calendriers", data={"subject": "nimporte"}).status_code == 404


def test_making_one_asks_who_one_is(counter, client):
    alice = sign_in(client, db.session.get_one(User, counter.alice.user_id), counter.house, proved=False)
    before = db.session.scalar(select(func.count()).select_from(CalendarFeed))
    answer = alice.post("/compte/calendriers", data={"subject": "moi"})
    assert "/calendrier/" not in answer.text
    assert db.session.scalar(select(func.count()).select_from(CalendarFeed)) == before


def test_strangers_close_nothing(counter, client):
    secret = site_feed(counter)
    public_id = living_feeds(counter.alice.user_id)[0].public_id
    bob = sign_in(client, db.session.get_one(User, counter.bob.user_id))
    assert bob.post(f"/compte/calendriers/{public_id}/revoquer").status_code == 404
    assert public_id not in bob.get("/compte/calendriers").text
    events(client, secret)


def test_in_the_language_of_whoever_made_it(counter, client):
    counter.confirmed(counter.bob, 1, day(3), day(5))
    with transaction() as session:
        session.execute(update(User).where(User.id == counter.alice.user_id).values(language="en"))
    assert "Departure: Chaises bistro, Les Films du Quai" in events(client, site_feed(counter))
