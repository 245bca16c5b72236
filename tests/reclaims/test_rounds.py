"""A day of collections on trucks: proposed, changed by hand, one truck too small, ticked by the driver."""

from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from flask import current_app

from marketplace.accounts.models import User
from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid, NotAllowed, NotFound
from marketplace.exchanges.models import Appointment, Exchange
from marketplace.reclaims import queries_rounds, rounds, rounds_by_hand
from marketplace.reclaims.models import ReclaimCall
from marketplace.reclaims.models_rounds import CollectionRound, RoundStop
from tests.factories import actor_of, add_member, make_organisation, make_user, owner_of, sign_in, site_of
from tests.reclaims import trade
from tests.reclaims.wrap import said

DAY = date(2026, 11, 24)  # the day of the stories of trade.py
PLACES = [
    ("69100", 45.7719, 4.8902),
    ("38200", 45.5260, 4.8744),
    ("69007", 45.7330, 4.8370),
    ("69120", 45.7780, 4.9200),
]


@pytest.fixture
def house(app):
    return trade.make_collector(vehicles={"van_20m3": 2, "truck_12t": 1}, radius_km=120, capacity_m3=None)


def collection(house, name, place=0, volume="8", hour=16, **values):
    """A collection agreed with `house` on the day."""
    asker = make_organisation(f"Films {name}", "production_company")
    postcode, lat, lon = PLACES[place]
    contents = [{"category": "flats", "volume_m3": volume, "mass_kg": "300"}]
    call = trade.sent_call(asker, contents=contents, opens_at=datetime(2026, 11, 24, 6, tzinfo=UTC))
    starts = datetime(2026, 11, 24, hour, tzinfo=UTC)
    visit = {"starts_at": starts, "ends_at": starts + timedelta(hours=2), **values}
    exchange = trade.choose(asker, call, trade.offer(house, call, **visit))
    with transaction() as session:
        found = session.query(ReclaimCall).filter_by(exchange_id=exchange.id).one()
        found.postcode, found.lat, found.lon, found.street = postcode, lat, lon, f"{place + 1} rue des Arts"
    return exchange


def propose(house):
    with transaction():
        return rounds.propose(owner_of(house), DAY, 1.3)


def of_day(house):
    db.session.rollback()
    return [queries_rounds.driven(one, 1.3) for one in queries_rounds.rounds_of(house.id, DAY)]


def names(driven):
    return [one.collection.asker for one in driven.stops]


def test_a_day_becomes_rounds(house):
    with pytest.raises(Invalid):
        propose(house)
    for place, (name, hour) in enumerate([("A", 8), ("B", 10), ("C", 13)]):
        collection(house, name, place, "5", hour)
    assert propose(house) == 1
    (one,) = of_day(house)
    assert names(one) == ["Films A", "Films B", "Films C"] and one.litres == 15_000 and not one.over and not one.late
    assert one.stops[0].arrives_at <= one.stops[0].collection.starts_at and one.round.leaves_at.minute % 5 == 0
    assert one.round.leaves_at > one.stops[0].collection.starts_at - timedelta(hours=1)
    assert one.km > 60 and one.back_at > one.stops[-1].leaves_at
    with pytest.raises(Invalid):
        propose(house)
    collection(house, "D", 3, "14", 9)
    assert propose(house) == 1  # what is new alone: rounds that are there stay as they are
    assert [len(driven.stops) for driven in of_day(house)] == [3, 1]
    strangers = trade.make_collector("Autre ressourcerie")
    assert of_day(strangers) == []


def test_one_truck_too_small(house):
    """52 m³ for a lorry that takes 45: two outings, and the page says what else there is."""
    collection(house, "Énorme", 0, "52", 9, vehicle="truck_12t", loads=2)
    assert propose(house) == 2
    first, second = of_day(house)
    assert {first.stops[0].stop.volume_litres, second.stops[0].stop.volume_litres} == {26_000}
    assert first.stops[0].stop.is_part and not first.over and not second.over
    client = sign_in(db_app(), db_owner(house), house)
    page = said(client.get(f"/collectes/tournees/{first.round.public_id}"))
    assert "26 des 52 m³ de cette collecte : le reste part par un autre voyage." in page
    # both parts put back on one truck: too much, and said so
    with transaction():
        rounds_by_hand.send_stop(
            owner_of(house), second.round.public_id, second.stops[0].stop.public_id, first.round.public_id, 1
        )
    first, second = of_day(house)
    assert [len(first.stops), len(second.stops)] in ([1, 0], [0, 1])
    full = first if first.stops else second
    assert full.over and not full.stops[0].stop.is_part and full.stops[0].stop.volume_litres == 52_000
    page = said(client.get(f"/collectes/tournees/{full.round.public_id}"))
    assert "Porteur 12 t : il ne prend pas les 52 m³. Faites 2 voyages." in page and "trop chargé" in page
    with transaction():
        values = {"vehicle": "van_20m3"}
        rounds.edit_round(owner_of(house), full.round.public_id, values, full.round.version)
    page = said(client.get(f"/collectes/tournees/{full.round.public_id}"))
    assert "20 m³ (permis B) : il ne prend pas les 52 m³. Faites 3 voyages." in page
    collection(house, "Moyen", 1, "34", 9, vehicle="van_20m3", loads=2)
    with transaction():
        rounds.propose(owner_of(house), DAY, 1.3)
    page = said(client.get("/collectes/tournees?jour=2026-11-24"))
    assert "17" in page
    part = next(one for one in of_day(house) if one.stops and one.stops[0].collection.asker == "Films Moyen")
    page = said(client.get(f"/collectes/tournees/{part.round.public_id}"))
    assert "17 des 34 m³ de cette collecte" in page and "D’un seul coup, il faudrait : porteur 7,5 t." in page


def db_app():
    return current_app.test_client()


def db_owner(house):
    return db.session.get_one(User, owner_of(house).user_id)


def test_windows_that_cannot_be_kept_are_named(house):
    for name, place in (("A", 0), ("B", 1), ("C", 2)):
        collection(house, name, place, "5", 9)  # all three between 9 and 11, an hour apart by road
    propose(house)
    (one,) = of_day(house)
    assert one.late
    client = sign_in(db_app(), db_owner(house), house)
    page = said(client.get(f"/collectes/tournees/{one.round.public_id}"))
    assert "min de trop. Partez plus tôt" in page and "rendez-vous manqué" in page
    late = {
        "name": "Tournée 1",
        "vehicle": "van_20m3",
        "driver": "Samir",
        "speed_kmh": "35",
        "go": "edit",
        "version": "1",
    }
    sent = client.post(f"/collectes/tournees/{one.round.public_id}", data={**late, "leaves_at": "tôt"})
    page = said(sent, 422)
    assert "Écrivez l’heure du départ" in page and 'value="tôt"' in page and 'value="Samir"' in page
    assert client.post(
        f"/collectes/tournees/{one.round.public_id}", data={**late, "leaves_at": "2026-11-24T07:00"}
    ).status_code == 303  # fmt: skip
    (one,) = of_day(house)
    assert one.round.leaves_at == datetime(2026, 11, 24, 6, tzinfo=UTC) and one.round.driver == "Samir"


def test_by_hand(house):
    for place, (name, hour) in enumerate([("A", 8), ("B", 10), ("C", 13)]):
        collection(house, name, place, "5", hour)
    propose(house)
    (one,) = of_day(house)
    client = sign_in(db_app(), db_owner(house), house)
    address = f"/collectes/tournees/{one.round.public_id}"
    ids = [stop.stop.public_id for stop in one.stops]
    assert client.post(address, data={"go": f"up:{ids[2]}", "version": "1"}).status_code == 303
    assert names(of_day(house)[0]) == ["Films A", "Films C", "Films B"]
    assert "Quelqu’un a changé cette tournée" in said(
        client.post(address, data={"go": f"down:{ids[0]}", "version": "1"}), 409
    )
    assert client.post(address, data={"go": f"down:{ids[0]}", "version": "2"}).status_code == 303
    assert names(of_day(house)[0]) == ["Films C", "Films A", "Films B"]
    assert client.post(address, data={"go": f"up:{ids[2]}", "version": "3"}).status_code == 303  # first already
    assert client.post(address, data={"go": "order", "version": "3"}).status_code == 303
    assert names(of_day(house)[0]) == ["Films A", "Films B", "Films C"]
    assert (
        client.post("/collectes/tournees", data={"jour": "2026-11-24", "go": "add", "vehicle": "truck_12t"}).status_code
        == 303
    )
    other = next(driven for driven in of_day(house) if not driven.stops).round.public_id
    split = {"go": f"split:{ids[1]}", f"to-{ids[1]}": other, "version": "4"}
    page = said(client.post(address, data={**split, f"m3-{ids[1]}": "9"}), 422)
    assert "Écrivez combien de m³" in page and 'value="9"' in page
    assert client.post(address, data={**split, f"m3-{ids[1]}": "2"}).status_code == 303
    by_id = {driven.round.public_id: driven for driven in of_day(house)}
    assert by_id[other].litres == 2000 and by_id[one.round.public_id].litres == 13_000
    assert queries_rounds.left_of(queries_rounds.collections_of(house.id, DAY), DAY) == []
    part = by_id[other].stops[0].stop.public_id
    assert (
        client.post(
            f"/collectes/tournees/{other}", data={"go": f"remove:{part}", "version": str(by_id[other].round.version)}
        ).status_code
        == 303
    )
    (left,) = queries_rounds.left_of(queries_rounds.collections_of(house.id, DAY), DAY)
    assert (left.litres, left.collection.asker) == (2000, "Films B")  # a part that is on no round waits in sight
    assert "Sans tournée" in said(client.get("/collectes/tournees?jour=2026-11-24"))
    db.session.rollback()
    assert propose(house) == 1
    assert sum(stop.stop.volume_litres for driven in of_day(house) for stop in driven.stops) == 15_000
    version = str(next(d for d in of_day(house) if d.round.public_id == one.round.public_id).round.version)
    wrong = said(
        client.post(address, data={"go": f"service:{ids[0]}", f"minutes-{ids[0]}": "long", "version": version}), 422
    )
    assert "Entre 0 et 600 minutes." in wrong
    assert (
        client.post(
            address, data={"go": f"service:{ids[0]}", f"minutes-{ids[0]}": "75", "version": version}
        ).status_code
        == 303
    )
    assert client.post(address, data={"go": f"explode:{ids[0]}"}).status_code == 404
    assert client.post(address, data={"go": "up:aaaaaaaaaaaaa", "version": str(int(version) + 1)}).status_code == 404
    assert client.post(address, data={"go": "drop"}).status_code == 303
    assert len(queries_rounds.left_of(queries_rounds.collections_of(house.id, DAY), DAY)) == 3


def test_the_driver_s_sheet(house, clock):
    exchange = collection(house, "A", 1, "5", 8)
    propose(house)
    (one,) = of_day(house)
    with transaction() as session:
        session.query(ReclaimCall).update(
            {"contact_name": "Nadia", "contact_phone": "06 12 34 56 78", "access_notes": "Digicode 12B"}
        )
        code = session.get(Exchange, exchange.id).hand_over_code
    driver = make_user("Samir")
    add_member(house, driver, "member")
    client = sign_in(db_app(), driver, house)
    page = said(client.get(f"/collectes/tournees/{one.round.public_id}/chauffeur"))
    assert f"{code[:3]} {code[3:]}" in page and "06 12 34 56 78" in page and "Digicode 12B" in page
    assert "2 rue des Arts" in page and 'href="tel:0612345678"' in page
    stop = one.stops[0].stop.public_id
    address = f"/collectes/tournees/{one.round.public_id}/arrets/{stop}"
    clock.at("2026-11-24T09:10:00+00:00")
    early = "2026-11-24T08:02:00.000Z"
    heard = client.post(address, data={"what": "arrived", "at": early}, headers={"Accept": "application/json"})
    assert heard.json == {"arrived": "9:02", "loaded": None}
    for _again in range(2):  # sent again by a phone that did not hear the answer
        assert client.post(address, data={"what": "loaded", "at": "2026-11-24T08:40:00Z"}).status_code == 303
    db.session.rollback()
    row = db.session.query(RoundStop).one()
    assert (row.arrived_at, row.loaded_at) == (
        datetime(2026, 11, 24, 8, 2, tzinfo=UTC),
        datetime(2026, 11, 24, 8, 40, tzinfo=UTC),
    )
    assert db.session.get_one(Exchange, exchange.id).state == "confirmed"  # the driver's word hands nothing over
    for words, stands in (("undo", (True, False)), ("undo", (False, False))):
        assert client.post(address, data={"what": words}).status_code == 303
        db.session.rollback()
        row = db.session.query(RoundStop).populate_existing().one()
        assert (row.arrived_at is not None, row.loaded_at is not None) == stands
    for odd in ("2031-01-01T00:00:00Z", "hier", "2026-11-24T08:00:00", ""):
        client.post(address, data={"what": "arrived", "at": odd})
        db.session.rollback()
        assert db.session.query(RoundStop).populate_existing().one().arrived_at == now()
        client.post(address, data={"what": "undo"})
    assert client.post(address, data={"what": "flown"}).status_code == 404
    # a member follows, the plan is the managers'
    assert (
        client.post(f"/collectes/tournees/{one.round.public_id}", data={"go": "order", "version": "1"}).status_code
        == 403
    )
    assert "Défaire la tournée" not in said(client.get(f"/collectes/tournees/{one.round.public_id}"))


def test_an_appointment_that_moves_or_ends_leaves_the_round(house):
    moved, cancelled, kept = (collection(house, name, place, "5", 8 + 2 * place) for place, name in enumerate("ABC"))
    propose(house)
    with transaction() as session:
        one = session.query(Appointment).filter_by(exchange_id=moved.id, state="picked").one()
        one.starts_at, one.ends_at = one.starts_at + timedelta(days=1), one.ends_at + timedelta(days=1)
        session.get(Exchange, cancelled.id).state = "cancelled"
    (driven,) = of_day(house)
    there = [one.collection.asker if one.collection else None for one in driven.stops]
    assert sorted(map(str, there)) == ["Films C", "None", "None"] and driven.litres == 5000 and not driven.late
    client = sign_in(db_app(), db_owner(house), house)
    page = said(client.get(f"/collectes/tournees/{driven.round.public_id}"))
    assert page.count("Rendez-vous retiré") >= 2 and "Films A" not in page
    assert "Films A" in said(client.get("/collectes/tournees?jour=2026-11-25"))
    gone = next(one.stop.public_id for one in driven.stops if one.collection is None)
    sent = {"go": f"remove:{gone}", "version": "1"}
    assert client.post(f"/collectes/tournees/{driven.round.public_id}", data=sent).status_code == 303
    with transaction():  # what moved is proposed on its new day, though the old round still names it
        assert rounds.propose(owner_of(house), DAY + timedelta(days=1), 1.3) == 1
    assert db.session.query(RoundStop).filter_by(exchange_id=kept.id).count() == 1


def test_strangers_meet_no_round(house):
    collection(house, "A", 1, "5", 8)
    propose(house)
    (one,) = of_day(house)
    stop = one.stops[0].stop.public_id
    other = trade.make_collector("Autre ressourcerie")
    client, visitor = sign_in(db_app(), db_owner(other), other), db_app()
    address = f"/collectes/tournees/{one.round.public_id}"
    for path in (address, f"{address}/chauffeur"):
        assert client.get(path).status_code == 404 and visitor.get(path).status_code in (302, 303)
    for path, sent in ((address, {"go": "drop"}), (f"{address}/arrets/{stop}", {"what": "loaded"})):
        assert client.post(path, data=sent).status_code == 404
    assert "Films A" not in said(client.get("/collectes/tournees?jour=2026-11-24"))
    with pytest.raises(NotFound), transaction():
        rounds.mark(owner_of(other), one.round.public_id, stop, "loaded")
    reader = make_user("Lise")
    add_member(house, reader, "viewer")
    with pytest.raises(NotAllowed), transaction():
        rounds.mark(actor_of(reader, house), one.round.public_id, stop, "loaded")


@pytest.mark.both_databases
def test_two_who_propose_at_once_put_nothing_on_two_rounds(house, app):
    for place, name in enumerate("ABCD"):
        collection(house, name, place, "5", 8 + place)
    start, outcomes, actor = Barrier(4), [], owner_of(house)
    db.session.rollback()

    def go():
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    rounds.propose(actor, DAY, 1.3)
                outcomes.append("ok")
            except Invalid:
                outcomes.append("nothing left")
            finally:
                db.session.remove()

    threads = [Thread(target=go) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert sorted(outcomes) == ["nothing left"] * 3 + ["ok"]
    exchanges = [stop.exchange_id for stop in db.session.query(RoundStop)]
    assert len(exchanges) == len(set(exchanges)) == 4


@pytest.mark.both_databases
def test_a_day_at_midnight_and_when_clocks_change(app):
    begins, ends = queries_rounds.bounds_of(date(2026, 10, 25))
    assert ends - begins == timedelta(hours=25) and begins == datetime(2026, 10, 24, 22, tzinfo=UTC)
    begins, ends = queries_rounds.bounds_of(date(2026, 3, 29))
    assert ends - begins == timedelta(hours=23)
    house = trade.make_collector(vehicles={"van_20m3": 1})
    asker = make_organisation("Films de nuit", "production_company")
    call = trade.sent_call(asker, contents=[{"category": "flats", "volume_m3": "5"}])
    late = {
        "starts_at": datetime(2026, 11, 24, 23, 30, tzinfo=UTC),
        "ends_at": datetime(2026, 11, 25, 0, 45, tzinfo=UTC),
    }
    trade.choose(asker, call, trade.offer(house, call, **late))
    assert (
        queries_rounds.collections_of(house.id, date(2026, 11, 24)) == []
    )  # half past midnight, in Paris, is the 25th
    assert len(queries_rounds.collections_of(house.id, date(2026, 11, 25))) == 1
    assert [(one.day, one.collections) for one in queries_rounds.days_of(house.id, date(2026, 11, 20))] == [
        (date(2026, 11, 25), 1)
    ]


def test_without_a_place_to_leave_from(app):
    house = trade.make_collector(vehicles={"van_20m3": 1})
    collection(house, "A", 0, "5", 9)
    with transaction() as session:
        session.merge(site_of(house)).closed_at = now()
    with pytest.raises(Invalid):
        propose(house)
    assert db.session.query(CollectionRound).count() == 0


@pytest.mark.parametrize(("cubic_metres", "minutes"), [(0, 15), (10, 45), (20, 75), (200, 240)])
def test_how_long_a_stop_is_taken_to_last(cubic_metres, minutes):
    assert rounds.service_minutes(cubic_metres * 1000) == minutes
