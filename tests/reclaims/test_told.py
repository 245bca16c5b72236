"""Everybody who hears of a collection reads a whole sentence, in both languages, that leads to its page; lists ask the
database as often for many as for one."""

import pytest
from flask_babel import force_locale
from sqlalchemy import event, select

from marketplace.core.db import db, transaction
from marketplace.exchanges import feeds, services
from marketplace.messaging import texts
from marketplace.messaging.models import Notification
from marketplace.reclaims import calls, jobs, offering, queries
from marketplace.reclaims.standing import call_for
from tests.factories import make_organisation, owner_of
from tests.reclaims.trade import choose, make_collector, offer, sent_call

pytestmark = pytest.mark.both_databases


@pytest.fixture
def house(app):
    return make_organisation("Les Films du Quai", "production_company")


def test_every_notice_is_a_sentence_in_both_languages(house, clock):
    one, two = make_collector("Le Contrechamp"), make_collector("Le Tri")
    call = sent_call(house)
    first = offer(one, call)
    offer(one, call, price_cents=-6000)
    offer(two, call, price_cents=0)
    with transaction():
        offering.withdraw(owner_of(two), call.public_id)
    with transaction():
        offering.decline(owner_of(two), call.public_id, "camion en panne")
    db.session.expire_all()
    exchange = choose(house, call, offering.living_offer(call.id, one.id))
    with transaction():
        services.move(owner_of(house), exchange.public_id, "hand_over", {"code": exchange.hand_over_code})
    other, late = sent_call(house), sent_call(house)
    offer(one, other)
    offer(two, other)
    with transaction():
        calls.cancel_call(owner_of(house), other.public_id, "le décor est gardé")
    clock.at(late.answer_by.isoformat())
    jobs.expire_calls()
    assert first.id
    rows = db.session.scalars(select(Notification)).all()
    acts = {(row.kind, row.data.get("act") or row.data.get("move")) for row in rows}
    assert acts == {
        ("reclaim_called", None),
        ("reclaim_answered", "made"),
        ("reclaim_answered", "again"),
        ("reclaim_answered", "withdrawn"),
        ("reclaim_answered", "declined"),
        ("reclaim_answered", "expired"),
        ("reclaim_decided", "chosen"),
        ("reclaim_decided", "cancelled"),
        ("exchange_moved", "hand_over"),
    }
    for row in rows:
        said = {}
        for language in ("fr", "en"):
            with force_locale(language):
                said[language] = texts.words(row.kind, row.data)
            for part in (said[language].subject, said[language].sentence):
                assert part.strip() and "%(" not in part and "None" not in part and "  " not in part
        assert said["fr"].sentence != said["en"].sentence
        assert row.path.startswith("/collectes/" if row.kind != "exchange_moved" else "/echanges/")


def test_the_address_is_not_shown_any_more_once_the_collection_is_cancelled(house):
    centre = make_collector()
    call = sent_call(house)
    exchange = choose(house, call, offer(centre, call))
    assert queries.view_of(call_for(owner_of(centre), call.public_id)).knows_place
    with transaction():
        services.move(owner_of(house), exchange.public_id, "cancel", {"reason": "le décor est gardé"})
    db.session.expire_all()
    assert not queries.view_of(call_for(owner_of(centre), call.public_id)).knows_place
    assert queries.view_of(call_for(owner_of(house), call.public_id)).knows_place


def statements(work) -> int:
    heard = []

    def listen(*_args) -> None:
        heard.append(1)

    db.session.rollback()
    db.session.expire_all()
    event.listen(db.engine, "before_cursor_execute", listen)
    try:
        work()
    finally:
        event.remove(db.engine, "before_cursor_execute", listen)
    return len(heard)


def test_lists_ask_as_often_for_many_as_for_one(house):
    centre, actor = make_collector(), owner_of(house)
    collector = owner_of(centre)

    def read() -> None:
        for found, who in ((queries.calls_of(actor), actor), (queries.calls_offered_to(centre.id), collector)):
            for view in queries.views_of([row.standing(who) for row in found.items]):
                assert view.call.organisation.name and [one.note for one in view.call.contents]
                assert view.exchange is None or view.exchange.receiver.name
        for row in queries.collections_of(house.id).items:
            assert row.call.exchange.receiver.name and row.call.exchange.appointments

    def one_more() -> None:
        call = sent_call(house)
        choose(house, call, offer(centre, call))

    one_more()
    read()
    once = statements(read)
    for _turn in range(4):
        one_more()
    assert statements(read) == once


def test_a_collection_stands_in_the_calendars_of_both(house):
    centre = make_collector()
    call = sent_call(house)
    choose(house, call, offer(centre, call))
    for organisation in (house, centre):
        with transaction():
            _row, secret = feeds.create_feed(owner_of(organisation), "person")
        (found,) = feeds.events_of(feeds.feed_by_secret(secret))
        assert (found.what, found.kind) == ("meeting", "reclaim")
