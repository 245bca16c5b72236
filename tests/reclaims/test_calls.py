"""A strike's call, from the draft to the one who comes: three ressourceries, one truck too small, one choice."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.models import ProductionMember, SiteClosing
from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.exchanges import services
from marketplace.exchanges.models import Exchange, Move
from marketplace.messaging.models import Notification
from marketplace.reclaims import calls, jobs, offering, profiles, sending
from marketplace.reclaims.models import ReclaimCall, ReclaimOffer, ReclaimRecipient
from marketplace.reclaims.standing import call_for
from tests.factories import actor_of, add_member, make_organisation, make_production, make_user, owner_of, site_of
from tests.reclaims.trade import choose, make_call, make_collector, offer, send, sent_call, strike, told, visit

pytestmark = pytest.mark.both_databases


@pytest.fixture
def house(app):
    return make_organisation("Les Films du Quai", "production_company")


def refusal(work, kind=Invalid):
    with pytest.raises(kind) as found, transaction():
        work()
    return found.value


def heard(organisation, kind):
    """What the owner of an organisation was told, oldest first."""
    query = select(Notification).where(
        Notification.user_id == owner_of(organisation).user_id, Notification.kind == kind
    )
    return [row.data for row in db.session.scalars(query.order_by(Notification.id))]


# --- the draft -------------------------------------------------------------------------------------------------------


def test_a_draft_keeps_what_was_typed(house):
    call = make_call(house)
    assert (call.state, call.city, call.volume_m3, call.mass_kg) == (
        "draft",
        "Villeurbanne",
        Decimal(14),
        Decimal(800),
    )
    assert [(one.category, one.stream) for one in call.contents] == [("flats", None), (None, "wood")]
    assert call.reference.startswith("C-2026-")


def test_a_form_sent_twice_makes_one_call(house):
    with transaction():
        first = calls.make_call(owner_of(house), strike(), key="abc")
    with transaction():
        again = calls.make_call(owner_of(house), strike(), key="abc")
    assert first.id == again.id


def test_suspected_asbestos_is_refused_with_what_to_do(house):
    error = refusal(lambda: calls.make_call(owner_of(house), strike(hazards=["paint", "asbestos"])))
    said = " ".join(error.errors["hazards"])
    for word in ("Arrêtez", "dossier technique amiante", "opérateur certifié", "entreprise certifiée"):
        assert word in said
    assert db.session.scalar(select(func.count()).select_from(ReclaimCall)) == 0


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"postcode": "00000"}, "postcode"),
        ({"street": ""}, "street"),
        ({"site": "aaaaaaaaaaaaa"}, "site"),
        ({"opens_at": "2026-11-12T08:00", "closes_at": "2026-11-12T09:30"}, "opens_at"),  # this morning
        ({"closes_at": datetime(2026, 11, 24, 15, tzinfo=UTC)}, "closes_at"),
        ({"opens_at": "demain"}, "opens_at"),
        ({"contents": []}, "contents"),
        ({"contents": [{"stream": "lava"}]}, "contents"),
        ({"contents": [{"volume_m3": "3"}]}, "contents"),
        ({"contents": [{"stream": "wood"}]}, "volume_m3"),  # nobody said how much
        ({"volume_m3": "3"}, "volume_m3"),  # less than the detail
        ({"hazards": ["plutonium"]}, "hazards"),
        ({"height_cm": "2,5"}, "height_cm"),
        ({"production": "aaaaaaaaaaaaa"}, "production"),
        ({"parking": "maybe"}, "parking"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_field(house, typed, field):
    assert field in refusal(lambda: calls.make_call(owner_of(house), strike(**typed))).errors


def test_a_contributor_asks_for_the_production_that_invited_them_alone(house):
    from marketplace.accounts.models import ProductionMember
    from marketplace.core.clock import now

    production, nadia = make_production(house), make_user("Nadia")
    ids = production.id, nadia.id
    with transaction() as session:
        session.add(ProductionMember(production_id=ids[0], user_id=ids[1], role="contributor", created_at=now()))
    actor = actor_of(nadia)
    with transaction():
        call = calls.make_call(actor, strike(production=production.public_id))
    assert (call.organisation_id, call.production_id) == (house.id, production.id)
    other = make_call(house)
    with pytest.raises(NotFound):
        call_for(actor, other.public_id)
    refusal(lambda: calls.make_call(actor, strike()), NotFound)  # for nothing else of the house


def test_viewers_read_and_do_not_ask(house):
    viewer = make_user("Vera")
    add_member(house, viewer, "viewer")
    actor = actor_of(viewer, house)
    call = make_call(house)
    assert call_for(actor, call.public_id).call.id == call.id
    refusal(lambda: calls.make_call(actor, strike()), NotAllowed)
    refusal(lambda: sending.send_call(actor, call.public_id), NotAllowed)


# --- to whom ---------------------------------------------------------------------------------------------------------


def test_three_ressourceries_one_truck_too_small(house):
    near = make_collector("Le Contrechamp")
    small = make_collector("La Petite Benne", vehicles={"van_12m3": 1})
    far = make_collector("La Réserve", "Paris")
    call = sent_call(house, volume_m3="15")
    assert told(call) == {"Le Contrechamp": []}
    assert len(heard(near, "reclaim_called")) == 1
    assert heard(small, "reclaim_called") == heard(far, "reclaim_called") == []
    for stranger in (small, far):
        with pytest.raises(NotFound):
            call_for(owner_of(stranger), call.public_id)
    assert call_for(owner_of(near), call.public_id).side == "collector"


def test_chosen_by_hand_it_goes_to_those_it_fits_and_says_why_not_to_the_others(house):
    near = make_collector("Le Contrechamp")
    small = make_collector("La Petite Benne", vehicles={"van_12m3": 1}, weekdays=[6])
    far = make_collector("La Réserve", "Paris")
    charity = make_organisation("Les Restos du Rhône", "food_charity")
    ids = [one.public_id for one in (near, small, far, charity)]
    call = make_call(house)
    send(house, call, reach="chosen", recipients=ids)
    assert told(call) == {
        "Le Contrechamp": [],
        "La Petite Benne": ["vehicles", "closed"],
        "La Réserve": ["far"],
        "Les Restos du Rhône": ["not_collector"],
    }
    rows = {one.organisation.name: one for one in db.session.scalars(select(ReclaimRecipient))}
    assert {name for name, row in rows.items() if row.told_at} == {"Le Contrechamp"}
    assert all(row.by_hand for row in rows.values())


def test_a_call_that_would_reach_nobody_stays_a_draft_and_says_what_to_do(house):
    small = make_collector("La Petite Benne", vehicles={"van_12m3": 1})
    call = make_call(house)
    error = refusal(lambda: sending.send_call(owner_of(house), call.public_id, radius_km=30))
    assert "Élargissez" in error.errors["radius_km"][0]
    named = {"reach": "chosen", "recipients": [small.public_id]}
    error = refusal(lambda: sending.send_call(owner_of(house), call.public_id, **named))
    assert "ses véhicules sont trop petits" in " ".join(error.errors["recipients"])
    db.session.expire_all()
    assert db.session.get_one(ReclaimCall, call.id).state == "draft"


def test_closing_days_of_the_place_count(house):
    centre = make_collector("Le Contrechamp")
    site_id = site_of(centre).id
    with transaction() as session:  # the two days that the night of the strike touches
        days = datetime(2026, 11, 24, tzinfo=UTC).date(), datetime(2026, 11, 26, tzinfo=UTC).date()
        session.add(SiteClosing(site_id=site_id, starts_on=days[0], ends_on=days[1], reason="inventaire"))
    call = make_call(house)
    (candidate,) = sending.candidates_around(call, 50)
    assert candidate.misfits == ("closed",)


def test_hazardous_things_go_to_those_who_take_them(house):
    make_collector("Le Contrechamp")
    make_collector("Le Tri", streams=["wood", "metal", "hazardous"])
    call = sent_call(house, hazards=["paint", "batteries"])
    assert list(told(call)) == ["Le Tri"]


def test_widened_it_goes_to_more_and_to_nobody_twice(house):
    near = make_collector("Le Contrechamp")
    call = make_call(house)
    send(house, call, radius_km=5)
    further = make_collector("La Viennoise", "Vienne")
    send(house, call, radius_km=60)
    assert set(told(call)) == {"Le Contrechamp", "La Viennoise"}
    assert len(heard(near, "reclaim_called")) == len(heard(further, "reclaim_called")) == 1


def test_a_paused_or_unknown_collector_is_left_out(house):
    make_collector("En pause", accepts_calls=False)
    silent = make_organisation("Sans profil")
    call = make_call(house)
    assert sending.candidates_around(call, 50) == []
    (candidate,) = sending.candidates_named(call, [silent.public_id])
    assert candidate.misfits == ("no_profile",)


# --- offers ----------------------------------------------------------------------------------------------------------


def test_an_offer_its_change_and_its_withdrawal(house):
    centre = make_collector()
    call = sent_call(house)
    first = offer(centre, call)
    assert first.distance_km == 1  # next door: about 1 km by road
    offer(centre, call)  # the same, sent twice
    offer(centre, call, price_cents=-6000)
    rows = db.session.scalars(select(ReclaimOffer).order_by(ReclaimOffer.id)).all()
    assert [(one.state, one.price_cents) for one in rows] == [("withdrawn", 24000), ("offered", -6000)]
    assert [data["act"] for data in heard(house, "reclaim_answered")] == ["made", "again"]
    with transaction():
        offering.withdraw(owner_of(centre), call.public_id)
    assert [data["act"] for data in heard(house, "reclaim_answered")][-1] == "withdrawn"
    refusal(lambda: offering.withdraw(owner_of(centre), call.public_id), Conflict)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"starts_at": datetime(2026, 11, 24, 15, tzinfo=UTC)}, "starts_at"),  # before the dock opens
        ({"ends_at": datetime(2026, 11, 25, 1, 30, tzinfo=UTC)}, "starts_at"),
        ({"ends_at": datetime(2026, 11, 24, 17, tzinfo=UTC)}, "ends_at"),
        ({"vehicle": "van_12m3"}, "loads"),  # 14 m³ are two loads
        ({"vehicle": "van_3m3", "loads": 4}, "loads"),
        ({"vehicle": "helicopter"}, "vehicle"),
        ({"people": None}, "people"),
        ({"price_cents": None}, "price_cents"),
        ({"price_cents": 10_000_001}, "price_cents"),
        ({"price_cents": True}, "price_cents"),
    ],
)
def test_an_offer_that_cannot_be_kept_is_refused(house, typed, field):
    centre = make_collector()
    call = sent_call(house)
    assert field in refusal(lambda: offering.offer(owner_of(centre), call.public_id, visit(**typed))).errors


def test_a_smaller_van_comes_twice(house):
    centre = make_collector()
    made = offer(centre, sent_call(house), vehicle="van_12m3", loads=2)
    assert made.loads == 2


def test_who_declines_may_think_again(house):
    centre = make_collector()
    call = sent_call(house)
    offer(centre, call)
    with transaction():
        offering.decline(owner_of(centre), call.public_id, "camion en panne")
    assert heard(house, "reclaim_answered")[-1]["reason"] == "camion en panne"
    assert db.session.scalar(select(ReclaimOffer.state)) == "withdrawn"
    offer(centre, call)
    assert db.session.scalar(select(ReclaimRecipient.declined_at)) is None


def test_members_of_a_ressourcerie_read_and_managers_answer(house):
    centre, member = make_collector(), make_user("Milo")
    add_member(centre, member)
    call = sent_call(house)
    actor = actor_of(member, centre)
    assert call_for(actor, call.public_id).side == "collector"
    refusal(lambda: offering.offer(actor, call.public_id, visit()), NotAllowed)


def test_only_those_who_were_told_may_offer(house):
    make_collector("Le Contrechamp")
    call = sent_call(house)
    stranger = make_collector("La Tardive")
    refusal(lambda: offering.offer(owner_of(stranger), call.public_id, visit()), NotFound)
    refusal(lambda: offering.offer(owner_of(house), call.public_id, visit()), NotFound)


# --- the choice ------------------------------------------------------------------------------------------------------


def test_the_chosen_offer_becomes_an_exchange_and_the_others_are_told(house):
    production = make_production(house)
    one, two = make_collector("Le Contrechamp"), make_collector("Le Tri")
    call = sent_call(house, production=production.public_id)
    offer(one, call, price_cents=24000)
    best = offer(two, call, price_cents=-6000, distance_km="12,5")
    exchange = choose(house, call, best)
    assert (exchange.kind, exchange.state, exchange.reference) == ("reclaim", "confirmed", call.reference)
    assert (exchange.provider_id, exchange.receiver_id) == (house.id, two.id)
    assert exchange.provider_production_id == production.id
    assert (exchange.vehicle, exchange.distance_km) == ("van_20m3", Decimal("12.5"))
    (visit_,) = exchange.appointments
    assert (visit_.state, visit_.starts_at) == ("picked", best.starts_at)
    assert exchange.hand_over_code and exchange.waits_for == "provider"
    assert [move.move for move in db.session.scalars(select(Move))] == ["request"]
    states = dict(db.session.execute(select(ReclaimOffer.organisation_id, ReclaimOffer.state)).all())
    assert states == {one.id: "not_chosen", two.id: "chosen"}
    assert [data["act"] for data in heard(one, "reclaim_decided")] == ["not_chosen"]
    assert [data["act"] for data in heard(two, "reclaim_decided")] == ["chosen"]
    assert choose(house, call, best).id == exchange.id  # pressed twice
    assert db.session.scalar(select(func.count()).select_from(Exchange)) == 1


def test_a_second_choice_is_refused_by_the_service_and_by_the_database(house):
    one, two = make_collector("Le Contrechamp"), make_collector("Le Tri")
    call = sent_call(house)
    first, second = offer(one, call), offer(two, call)
    choose(house, call, first)
    with pytest.raises(Conflict):
        choose(house, call, second)
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(update(ReclaimOffer).where(ReclaimOffer.id == second.id).values(state="chosen"))
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(update(ReclaimCall).where(ReclaimCall.id == call.id).values(exchange_id=None))


def test_the_truck_is_loaded_against_the_drivers_code(house):
    centre = make_collector()
    call = sent_call(house)
    exchange = choose(house, call, offer(centre, call))
    crew = make_user("Nadia")
    add_member(house, crew)  # a member of the crew at the dock, not a manager
    actor = actor_of(crew, house)
    wrong = f"{(int(exchange.hand_over_code) + 1) % 10**6:06d}"
    error = refusal(lambda: services.move(actor, exchange.public_id, "hand_over", {"code": wrong}))
    assert "code" in error.errors
    refusal(lambda: services.move(owner_of(centre), exchange.public_id, "hand_over", {"code": wrong}), NotAllowed)
    with transaction():
        done = services.move(actor, exchange.public_id, "hand_over", {"code": exchange.hand_over_code})
    assert (done.state, done.waits_for) == ("handed_over", "receiver")
    assert done.handed_over_at is not None


def test_an_hour_at_night_may_be_proposed_instead(house):
    centre = make_collector()
    call = sent_call(house)
    exchange = choose(house, call, offer(centre, call))
    night = {"starts_at": "2026-11-24T23:30+01:00", "ends_at": "2026-11-25T01:30+01:00"}
    with transaction():
        moved = services.move(owner_of(centre), exchange.public_id, "appoint", {"slots": [night]})
    assert moved.waits_for == "provider"
    proposed = next(one for one in moved.appointments if one.state == "proposed")
    with transaction():
        done = services.move(owner_of(house), exchange.public_id, "appoint", {"pick": proposed.public_id})
    assert [one.state for one in done.appointments] == ["moved", "picked"]


def test_a_cancelled_collection_can_be_asked_for_again(house):
    centre = make_collector()
    call = sent_call(house)
    exchange = choose(house, call, offer(centre, call))
    refusal(lambda: calls.begin_anew(owner_of(house), call.public_id), Conflict)
    with transaction():
        services.move(owner_of(centre), exchange.public_id, "cancel", {"reason": "camion en panne"})
    with transaction():
        again = calls.begin_anew(owner_of(house), call.public_id)
    assert again.state == "draft" and again.reference != call.reference
    assert [one.category for one in again.contents] == ["flats", None]
    with transaction():
        assert calls.begin_anew(owner_of(house), call.public_id).id == again.id  # pressed twice
    send(house, again)
    other = choose(house, again, offer(centre, again))
    assert other.id != exchange.id


# --- the end ---------------------------------------------------------------------------------------------------------


def test_nobody_answers_in_time(house, clock):
    make_collector()
    call = sent_call(house)
    clock.at(call.answer_by.isoformat())
    jobs.expire_calls()
    jobs.expire_calls()
    db.session.expire_all()
    assert db.session.get_one(ReclaimCall, call.id).state == "expired"
    assert [(data["act"], data["offers"]) for data in heard(house, "reclaim_answered")] == [("expired", 0)]


def test_offers_wait_for_a_choice_until_the_window_closes(house, clock):
    centre, late = make_collector("Le Contrechamp"), make_collector("La Tardive")
    call = sent_call(house)
    made = offer(centre, call)
    clock.at(call.answer_by.isoformat())
    jobs.expire_calls()
    db.session.expire_all()
    assert db.session.get_one(ReclaimCall, call.id).state == "open"
    refusal(lambda: offering.offer(owner_of(late), call.public_id, visit()), Conflict)
    clock.at(made.starts_at.isoformat())
    with pytest.raises(Conflict):  # its hour has come: nobody is on the way
        choose(house, call, made)
    clock.at(call.closes_at.isoformat())
    jobs.expire_calls()
    db.session.expire_all()
    assert db.session.get_one(ReclaimCall, call.id).state == "expired"
    assert heard(centre, "reclaim_decided")[-1]["act"] == "expired"


def test_whoever_acts_on_a_call_that_has_run_out_is_told_so(house, clock):
    centre = make_collector()
    call = sent_call(house)
    clock.at(call.answer_by.isoformat())
    error = refusal(lambda: offering.offer(owner_of(centre), call.public_id, visit()), Conflict)
    assert "délai" in str(error.message)


def test_a_call_is_cancelled_and_those_who_offered_are_told_why(house):
    centre = make_collector()
    call = sent_call(house)
    offer(centre, call)
    refusal(lambda: calls.cancel_call(owner_of(house), call.public_id), Invalid)
    with transaction():
        calls.cancel_call(owner_of(house), call.public_id, "le décor est gardé")
    assert heard(centre, "reclaim_decided")[-1]["reason"] == "le décor est gardé"
    refusal(lambda: offering.offer(owner_of(centre), call.public_id, visit()), Conflict)


# --- the profile -----------------------------------------------------------------------------------------------------


def test_a_profile_is_said_by_its_managers(house):
    centre = make_organisation()
    said = {
        "accepts_calls": True,
        "site": site_of(centre).public_id,
        "radius_km": 40,
        "streams": ["wood", "metal"],
        "categories": ["furniture"],
        "vehicles": {"van_20m3": 2, "truck_12t": 0},
        "weekdays": [1, 2, 3],
        "capacity_m3": "60",
        "base_price_cents": 9000,
    }
    with transaction():
        profile = profiles.save_profile(owner_of(centre), said, 0)
    assert (profile.version, profile.vehicles, profile.capacity_m3) == (1, {"van_20m3": 2}, Decimal(60))
    refusal(lambda: profiles.save_profile(owner_of(centre), said, 0), Conflict)  # from an old page
    refusal(lambda: profiles.save_profile(owner_of(house), said), NotAllowed)  # a production collects nothing
    empty = refusal(lambda: profiles.save_profile(owner_of(centre), {"accepts_calls": True}))
    assert set(empty.errors) == {"radius_km", "site", "streams", "vehicles", "weekdays"}
    foreign = said | {"site": site_of(house).public_id}
    assert "site" in refusal(lambda: profiles.save_profile(owner_of(centre), foreign)).errors
    charity = make_organisation("Les Restos du Rhône", "food_charity")
    refusal(lambda: profiles.save_profile(owner_of(charity), said), NotAllowed)


def test_a_call_takes_no_production_of_another_house(app):
    asker, other = make_organisation("Les Films du Quai"), make_organisation("Grand Large")
    call, theirs = make_call(asker), make_production(other)
    ana = owner_of(asker)
    with transaction() as session:
        session.add(
            ProductionMember(production_id=theirs.id, user_id=ana.user_id, role="contributor", created_at=now())
        )
    with pytest.raises(Invalid) as refusal, transaction():
        calls.edit_call(ana, call.public_id, {**strike(), "production": theirs.public_id})
    assert "production" in refusal.value.errors
    db.session.rollback()
    assert db.session.get_one(ReclaimCall, call.id).production_id is None
