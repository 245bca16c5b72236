"""A week before things leave, those who keep the stock are told once, and can still do something."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from marketplace.catalogue import jobs, reminders
from marketplace.catalogue.models import Listing
from marketplace.core.clock import now, today
from marketplace.core.db import db, transaction
from marketplace.messaging.models import Notification
from tests import factories

DAY = date(2026, 11, 12)
CASES = [
    # state, gone by, told for; due on DAY?
    ("published", date(2026, 11, 19), None, True),
    ("published", date(2026, 11, 13), None, True),
    ("published", date(2026, 11, 20), None, False),
    ("published", date(2026, 11, 12), None, False),
    ("published", date(2026, 11, 19), date(2026, 11, 19), False),
    ("published", date(2026, 11, 19), date(2026, 11, 15), True),
    ("published", None, None, False),
    ("draft", date(2026, 11, 19), None, False),
    ("withdrawn", date(2026, 11, 19), None, False),
]


@pytest.mark.parametrize(("state", "gone_by", "told_for", "due"), CASES)
def test_when_it_is_time(state, gone_by, told_for, due):
    assert reminders.due(state, gone_by, told_for, DAY) is due


def told() -> list[tuple[str, dict, str]]:
    db.session.rollback()
    return [
        (one.kind, one.data, one.path) for one in db.session.scalars(select(Notification).order_by(Notification.id))
    ]


@pytest.mark.both_databases
def test_one_word_for_all_that_leaves_that_day_and_only_once(org, stranger, run_jobs, outbox_mail, clock):
    soon = today() + timedelta(days=7)
    for title in ("Feuilles", "Portes", "Chaises"):
        factories.make_listing(org, title, gone_by=soon)
    factories.make_listing(org, "Plus tard", gone_by=soon + timedelta(days=1))
    reader = factories.make_user("Vera")
    factories.add_member(org, reader, "member")  # may not change what is published
    jobs.remind_departures()
    jobs.remind_departures()
    assert told() == [("listings_leave", {"title": "Feuilles", "more": 2, "day": soon.isoformat()}, "/stock/departs")]
    run_jobs()
    (mail,) = outbox_mail()
    assert "À enlever avant le 19 novembre : Feuilles et 2 autres annonces" in mail["Subject"].replace("\u00a0", " ")
    clock.forward(days=1)
    jobs.remind_departures()
    assert [data["title"] for _kind, data, _path in told()] == ["Feuilles", "Plus tard"]


@pytest.fixture
def alice(app, org):
    user = factories.make_user("Alice")
    factories.add_member(org, user, "manager")
    return factories.sign_in(app.test_client(), user, org)


def fresh(listing) -> Listing:
    db.session.rollback()
    return db.session.get(Listing, listing.id, populate_existing=True)


ACTS = [
    ({"go": "extend", "gone_by": "2026-12-24"}, lambda one: one.gone_by == date(2026, 12, 24)),
    ({"go": "lower", "price": "12,50"}, lambda one: one.price_cents == 1250),
    ({"go": "donate", "price": "", "gone_by": "x"}, lambda one: one.modes == ["donate"]),
    ({"go": "widen"}, lambda one: one.visibility == "public"),
    ({"go": "withdraw"}, lambda one: one.state == "withdrawn"),
]


@pytest.mark.both_databases
@pytest.mark.parametrize(("sent", "done"), ACTS, ids=lambda value: value["go"] if isinstance(value, dict) else "")
def test_what_can_still_be_done(alice, org, sent, done):
    listing = factories.make_listing(
        org, gone_by=today() + timedelta(days=2), modes=["sell"], price_cents=9000, visibility="organisation"
    )
    page = alice.get("/stock/departs").text
    assert "Feuilles de décor 3 m" in page and "Montrer à tout le monde" in page and 'value="90"' in page
    answer = alice.post(f"/stock/departs/{listing.public_id}", data=sent)
    assert (answer.status_code, answer.location) == (303, "/stock/departs")
    assert done(fresh(listing))


@pytest.mark.both_databases
def test_who_near_takes_such_things_in_is_named(alice, org):
    """Verified reuse centres that say so, near the thing; never one's own, and nobody far or unknown."""

    def house(name, kind="reuse_centre", **values):
        made = factories.make_organisation(name, kind, **{"takes": "Bois et mobilier.", "verified_at": now()} | values)
        factories.make_site(made, name="Dépôt", lat=45.75, lon=4.85, city="Lyon 3e")  # its second place, and the nearer
        return made

    near = house("Contre-plaqué")
    house("Sans promesse", takes="")
    house("Inconnue", verified_at=None)
    house("Loueur", "rental_house")
    far = house("Loin")
    with transaction() as session:
        session.query(factories.Site).filter_by(organisation_id=far.id).update({"lat": 43.3})
    factories.make_listing(org, gone_by=today() + timedelta(days=2), site_id=None, lat=45.7484, lon=4.8467)
    page = alice.get("/stock/departs").text.replace("\u00a0", " ")
    assert (
        f'<a href="/organisations/{near.public_id}">Contre-plaqué</a>, Lyon 3e, moins d’un km : Bois et mobilier.'
        in page
    )
    for name in ("Sans promesse", "Inconnue", "Loueur", "Loin"):
        assert name not in page


WRONG = [
    ({"go": "extend", "gone_by": ""}, "nouveau jour"),
    ({"go": "extend", "gone_by": "2026-11-01"}, "déjà passé"),
    ({"go": "extend", "gone_by": "demain"}, "Une date est attendue"),
    ({"go": "lower", "price": "0"}, "Un prix de zéro est un don"),
    ({"go": "lower", "price": "cher"}, "Un montant en euros"),
    ({"go": "lower"}, "nouveau prix"),
]


@pytest.mark.parametrize(("sent", "sentence"), WRONG)
def test_what_is_wrong_is_said_and_changes_nothing(alice, org, sent, sentence):
    listing = factories.make_listing(org, gone_by=today() + timedelta(days=2), modes=["sell"], price_cents=9000)
    answer = alice.post(f"/stock/departs/{listing.public_id}", data=sent)
    assert answer.status_code == 422 and sentence in answer.text
    kept = fresh(listing)
    assert (kept.price_cents, kept.gone_by, kept.version) == (9000, today() + timedelta(days=2), 1)


def test_nothing_leaves(alice):
    assert "Rien ne part dans les sept jours" in alice.get("/stock/departs").text
    assert alice.post("/stock/departs/aaaaaaaaaaaaa", data={"go": "burn"}).status_code == 404
