"""An evening's stories, on both databases: posted, told in waves, claimed, cooled, fetched or not, over."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from marketplace.catalogue import services as catalogue
from marketplace.core import clock as clock_module
from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.exchanges import queries as exchange_queries
from marketplace.exchanges import services as exchanges
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from marketplace.meals import claiming, jobs, posting
from marketplace.meals.models import Leftover, MealAlert, MealHandOver, MealReceiver, MealWait
from marketplace.search.models import SearchDocument
from tests.factories import make_listing, make_organisation, owner_of
from tests.meals.made import a_post, a_posting, bread, make_receiver, verify

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def tonight(app, clock):
    clock.at("2026-11-24T23:10:00+01:00")


def told(listing_id: int) -> dict[int, int]:
    """Wave by organisation."""
    db.session.rollback()
    rows = db.session.scalars(select(MealAlert).where(MealAlert.listing_id == listing_id))
    return {row.organisation_id: row.wave for row in rows}


# --- posting ----------------------------------------------------------------------------------------------------------


def test_thirty_meals_are_posted(evening):
    listing = evening.listing(evening.post())
    leftover = evening.leftover(listing.public_id)
    assert (listing.state, listing.quantity, listing.unit, listing.modes) == ("published", 30, "portion", ["donate"])
    assert (listing.city, listing.postcode, listing.mass_grams) == ("Saint-Fons", "69190", 420)
    assert leftover.address == "Base, parking du stade, 69190 Saint-Fons"
    assert leftover.allergens == ["milk", "nuts"]
    assert leftover.temperature_read_at == now()


def test_everything_that_is_wrong_is_said_at_once(evening):
    post = a_post(now(), served=True, allergens=(), temperature=500)
    with pytest.raises(Invalid) as refusal, transaction():
        posting.post_leftover(evening.alice, a_posting(post, title="", address="au stade"))
    assert set(refusal.value.errors) == {"served", "allergens", "temperature", "title", "address"}
    assert db.session.scalar(select(Leftover)) is None


def test_a_window_beyond_the_use_by_is_cut(evening):
    at = now()
    public_id = evening.post(a_post(at, use_by=at + timedelta(minutes=40), closes_at=at + timedelta(hours=1)))
    assert evening.leftover(public_id).pick_up_closes_at == at + timedelta(minutes=40)


def test_a_form_sent_twice_posts_once(evening, clock):
    first = evening.post()
    clock.forward(seconds=20)
    at = now() - timedelta(seconds=20)
    assert evening.post(a_post(at)) == first
    assert evening.post(a_post(at, quantity=Decimal(12))) != first
    clock.forward(minutes=3)
    assert evening.post(a_post(at)) != first


def test_only_who_keeps_the_stock_posts(evening):
    with pytest.raises(NotFound), transaction():
        posting.post_leftover(None, a_posting(a_post(now())))
    with pytest.raises(NotAllowed), transaction():
        posting.post_leftover(evening.person, a_posting(a_post(now())))


def test_the_database_itself_holds_what_matters(evening):
    leftover_id = evening.listing(evening.post()).id
    wrong = [
        {"allergens": []},
        {"allergens_none": True},
        {"best_before": now().date()},
        {"use_by": None},
        {"served": True},
        {"reheated": True},
        {"open_to": "public"},
        {"temperature_tenths_c": None, "temperature_read_at": None},
        {"pick_up_closes_at": now() - timedelta(hours=1)},
        {"pick_up_closes_at": now() + timedelta(days=1)},
    ]
    for values in wrong:
        with pytest.raises(IntegrityError), transaction():
            row = db.session.get_one(Leftover, leftover_id)
            for name, value in values.items():
                setattr(row, name, value)
    assert evening.leftover(db.session.get_one(Leftover, leftover_id).listing.public_id).allergens == ["milk", "nuts"]


def test_food_is_published_nowhere_else_and_found_nowhere_else(evening):
    meal = evening.listing(evening.post())
    assert db.session.scalar(select(SearchDocument).where(SearchDocument.listing_id == meal.id)) is None
    draft = make_listing(evening.donor, "Riz", category_key="food_prep", unit="kg", published=False)
    with pytest.raises(Invalid) as refusal, transaction():
        catalogue.publish_listing(evening.alice, draft.public_id)
    assert "Repas" in str(refusal.value.errors["category"][0])
    with pytest.raises(Invalid), transaction():  # nor is one that is out changed beside its rules
        catalogue.edit_listing(evening.alice, meal.public_id, {"quantity": Decimal(99)})


# --- claims -----------------------------------------------------------------------------------------------------------


def test_the_first_who_comes_is_served_at_once(evening):
    meal = evening.post()
    claim = evening.exchange(evening.claim(evening.gina, meal))
    assert (claim.kind, claim.state, claim.waits_for) == ("meal", "confirmed", "provider")
    assert claim.reference.startswith("R-")
    assert claim.deadline_at == evening.leftover(meal).pick_up_closes_at + timedelta(minutes=10)
    assert [move.move for move in claim.moves] == ["request", "accept"]
    assert claim.moves[-1].side == "product"
    assert len(claim.hand_over_code) == 6


def test_partial_claims_and_never_more_portions_than_there_are(evening):
    meal = evening.post()
    evening.claim(evening.gina, meal, 18)
    with pytest.raises(Conflict) as refusal:
        evening.claim(evening.theo, meal, 18)
    assert refusal.value.data["available"][0]["free"] == 12
    assert "12" in str(refusal.value.message)
    evening.claim(evening.theo, meal, 12)
    with pytest.raises(Conflict) as refusal:
        evening.claim(evening.theo, meal, 1)
    assert refusal.value.data["available"][0]["free"] == 0


def test_where_the_donor_chooses_a_claim_waits_half_an_hour(evening, clock, run_jobs):
    meal = evening.post(first_come=False)
    claim = evening.claim(evening.gina, meal)
    assert evening.exchange(claim).state == "requested"
    assert evening.exchange(claim).deadline_at == now() + timedelta(minutes=30)
    other = evening.claim(evening.theo, meal, 12)
    evening.move(evening.alice, other, "accept")
    assert evening.exchange(other).state == "confirmed"
    assert evening.exchange(other).deadline_at == evening.leftover(meal).pick_up_closes_at + timedelta(minutes=10)
    clock.forward(minutes=31)
    fresh = evening.claim(evening.theo, meal, 18)  # whoever locks the listing next closes what is late
    assert evening.exchange(claim).state == "expired"
    evening.move(evening.alice, fresh, "decline", reason="Déjà promis à la voisine")
    assert exchange_queries.free_quantities([evening.listing(meal).id]) == {evening.listing(meal).id: 18}


def test_what_needs_a_cold_chain_goes_to_verified_houses(evening):
    meal = evening.post()
    for actor in (evening.carl, evening.person):
        with pytest.raises(NotAllowed):
            evening.claim(actor, meal, 1)
    loaves = evening.post(bread(now(), open_to="crews"), title="Pain", category="bread")
    evening.claim(evening.carl, loaves, "2,5")
    with pytest.raises(NotAllowed):
        evening.claim(evening.person, loaves, 1)
    fruit = evening.post(bread(now(), open_to="public"), title="Fruits", category="fruit_veg")
    evening.claim(evening.person, fruit, 1)


def test_a_house_whose_profile_has_no_hot_box_cannot(evening):
    without = verify(make_organisation("Sans caisse", "food_charity"))
    make_receiver(without, hot_box=False)
    with pytest.raises(NotAllowed):
        evening.claim(owner_of(without), evening.post(), 1)


def test_a_meal_is_asked_for_as_a_meal_and_nothing_else_is(evening):
    meal = evening.post()
    flats = make_listing(evening.donor)
    for kind, listing in (("donation", meal), ("meal", flats.public_id)):
        with pytest.raises(Invalid), transaction():
            exchanges.request_exchange(evening.gina, ExchangeRequest(kind, [LineRequest(listing, 1)]))
    with pytest.raises(Invalid), transaction():
        exchanges.request_exchange(evening.gina, ExchangeRequest("meal", [LineRequest(meal, 1)], in_cart=True))
    with pytest.raises(Invalid):
        evening.claim(evening.alice, meal, 1)


# --- handing over -----------------------------------------------------------------------------------------------------


def test_code_and_temperature_hand_it_over(evening):
    meal = evening.post()
    claim = evening.claim(evening.gina, meal)
    evening.move(evening.alice, claim, "hand_over", code=evening.code(claim), temperature_c="64,5")
    done = evening.exchange(claim)
    assert done.state == "completed"
    assert done.moves[-1].data == {"temperature_c": "64.5"}
    row = db.session.get_one(MealHandOver, done.id)
    assert (row.quantity, row.temperature_tenths_c, row.out_of_temperature_since) == (18, 645, None)
    assert evening.listing(meal).quantity == 12
    assert evening.leftover(meal).ended_at is None


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"temperature_c": "62.9"}, "temperature_c"),
        ({}, "temperature_c"),
        ({"temperature_c": "chaud"}, "temperature_c"),
        ({"temperature_c": "58", "out_since": "21:05"}, "temperature_c"),
        ({"temperature_c": "58", "out_since": "plus tôt"}, "out_since"),
        ({"temperature_c": "66", "code": "000000"}, "code"),
    ],
)
def test_over_the_limits_it_stays_and_nothing_changes(evening, data, field):
    claim = evening.claim(evening.gina, evening.post())
    right = evening.code(claim)
    wrong = {"code": right, **data}
    if wrong["code"] == right == "000000":
        wrong["code"] = "000001"
    with pytest.raises(Invalid) as refusal:
        evening.move(evening.alice, claim, "hand_over", **wrong)
    assert field in refusal.value.errors
    assert evening.exchange(claim).state == "confirmed"
    assert db.session.scalar(select(MealHandOver)) is None


def test_cooled_for_less_than_two_hours_it_goes_with_the_time_stated(evening):
    claim = evening.claim(evening.gina, evening.post())
    evening.move(evening.alice, claim, "hand_over", code=evening.code(claim), temperature_c="58", out_since="22:40")
    row = db.session.get_one(MealHandOver, evening.exchange(claim).id)
    assert row.out_of_temperature_since == now() - timedelta(minutes=30)


def test_after_its_use_by_nothing_goes(evening, clock):
    at = now()
    meal = evening.post(a_post(at, use_by=at + timedelta(minutes=62)))
    claim = evening.claim(evening.gina, meal)
    clock.forward(minutes=62)
    with pytest.raises(Conflict):
        evening.move(evening.alice, claim, "hand_over", code=evening.code(claim), temperature_c=66)


# --- time ------------------------------------------------------------------------------------------------------------


def test_a_hot_meal_that_cools_while_unclaimed(evening, clock):
    at = now()
    meal = evening.post(a_post(at, closes_at=at + timedelta(minutes=110)))
    clock.forward(minutes=20)
    with pytest.raises(Invalid), transaction():
        posting.note_temperature(evening.alice, meal, 590)
    assert evening.leftover(meal).temperature_tenths_c == 660, "a refused reading changes nothing"
    since = now() - timedelta(minutes=50)
    with transaction():
        posting.note_temperature(evening.alice, meal, 590, since)
    assert evening.leftover(meal).pick_up_closes_at == since + timedelta(hours=2)
    claim = evening.claim(evening.gina, meal, 10)
    assert evening.exchange(claim).deadline_at <= since + timedelta(hours=2, minutes=10)
    clock.forward(minutes=71)
    with pytest.raises(Conflict):
        evening.claim(evening.theo, meal, 1)
    clock.forward(minutes=10)
    jobs.expire()
    assert evening.leftover(meal).end_reason == "expired"
    assert evening.leftover(meal).left_over == 30


def test_a_reading_brings_the_claims_forward(evening):
    at = now()
    meal = evening.post(a_post(at, closes_at=at + timedelta(minutes=110)))
    claim = evening.claim(evening.gina, meal)
    with transaction():
        posting.note_temperature(evening.alice, meal, 600, at - timedelta(minutes=60))
    assert evening.exchange(claim).deadline_at == at + timedelta(minutes=60)


def test_out_of_temperature_for_too_long_every_claim_is_cancelled(evening):
    meal = evening.post()
    claim = evening.claim(evening.gina, meal)
    with transaction():
        posting.withdraw_leftover(evening.alice, meal, cooled=True)
    assert evening.exchange(claim).state == "cancelled"
    leftover = evening.leftover(meal)
    assert (leftover.end_reason, leftover.left_over) == ("cooled", 30)


def test_withdrawn_what_is_claimed_may_still_be_fetched(evening):
    meal = evening.post()
    claim = evening.claim(evening.gina, meal)
    with transaction():
        posting.withdraw_leftover(evening.alice, meal)
    assert evening.leftover(meal).ended_at is None
    with pytest.raises(NotFound):
        evening.claim(evening.theo, meal, 1)
    evening.move(evening.alice, claim, "hand_over", code=evening.code(claim), temperature_c=66)
    leftover = evening.leftover(meal)
    assert (leftover.end_reason, leftover.left_over) == ("withdrawn", 12)


def test_unclaimed_food_ends_to_the_minute(evening, clock):
    meal = evening.post()
    clock.forward(minutes=59)
    jobs.expire()
    assert evening.leftover(meal).ended_at is None
    clock.forward(minutes=1)
    with pytest.raises(Conflict):  # whoever asks is told so before any job has come by
        evening.claim(evening.gina, meal, 1)
    jobs.expire()
    jobs.expire()
    leftover = evening.leftover(meal)
    assert (leftover.end_reason, leftover.left_over, evening.listing(meal).state) == ("expired", 30, "expired")


def test_all_gone_is_an_end_too(evening):
    meal = evening.post()
    claim = evening.claim(evening.gina, meal, 30)
    evening.move(evening.alice, claim, "hand_over", code=evening.code(claim), temperature_c=66)
    leftover = evening.leftover(meal)
    assert (leftover.end_reason, leftover.left_over, evening.listing(meal).state) == ("gone", 0, "exhausted")


def test_who_does_not_come_frees_it_and_is_counted(evening, clock):
    at = now()
    meal = evening.post(a_post(at, use_by=at + timedelta(hours=5), closes_at=at + timedelta(hours=1)))
    claim = evening.claim(evening.gina, meal, 30)
    with transaction():
        assert claiming.wait(evening.theo, evening.listing(meal).id)
    evening.move(evening.gina, claim, "cancel", reason="Camion en panne")
    waits = db.session.scalar(select(MealWait))
    assert waits is not None and waits.told_at == now()
    claim = evening.claim(evening.gina, meal, 20)
    clock.forward(minutes=69)
    jobs.expire()
    assert evening.exchange(claim).state == "confirmed", "ten minutes of grace"
    clock.forward(minutes=1)
    jobs.expire()
    assert evening.exchange(claim).state == "expired"
    assert db.session.get_one(MealReceiver, evening.guille.id).no_shows == 1
    assert evening.leftover(meal).left_over == 30


# --- waves -----------------------------------------------------------------------------------------------------------


def test_waves_tell_the_nearest_first_each_once_and_stop(evening, clock, run_jobs):
    for number in range(7):
        house = verify(make_organisation(f"Association {number}", "food_charity"))
        make_receiver(house, lat=45.71 + number / 100, lon=4.85)
    far = verify(make_organisation("Trop loin", "food_charity"))
    make_receiver(far, lat=48.85, lon=2.35)
    meal = evening.listing(evening.post())
    run_jobs()
    assert len(told(meal.id)) == 3
    run_jobs()
    assert len(told(meal.id)) == 3, "the next wave has its time"
    clock.forward(minutes=4)
    run_jobs()
    waves = told(meal.id)
    assert sorted(waves.values()) == [1, 1, 1, 2, 2, 2, 2, 2]
    claim = evening.claim(evening.gina, meal.public_id, 30)
    clock.forward(minutes=4)
    run_jobs()
    assert len(told(meal.id)) == 8, "nothing is free: nobody drives for nothing"
    evening.move(evening.gina, claim, "cancel", reason="Camion en panne")
    run_jobs()
    waves = told(meal.id)
    assert len(waves) == 9 and far.id not in waves


def test_a_lost_wave_is_sent_by_the_timetable_and_never_twice(evening, clock):
    meal = evening.listing(evening.post())
    jobs.waves_due()
    jobs.waves_due()
    jobs.wave(meal.id)
    assert told(meal.id) == {evening.guille.id: 1, evening.gerland.id: 1}
    assert clock_module.setting() != "system"


def test_food_that_went_bad_is_free_for_nobody_whatever_is_disputed(evening):
    meal = evening.post()
    claims = [evening.claim(evening.gina, meal, 20), evening.claim(evening.theo, meal, 10)]
    listing_id = evening.leftover(meal).listing_id
    with transaction() as session:
        session.add(MealWait(listing_id=listing_id, organisation_id=evening.gina.organisation_id, created_at=now()))
    evening.move(evening.theo, claims[1], "dispute", reason="Personne au portail.")
    with transaction():
        posting.withdraw_leftover(evening.alice, meal, cooled=True)
    assert [evening.exchange(one).state for one in claims] == ["cancelled", "cancelled"]
    assert evening.leftover(meal).end_reason == "cooled"
    assert db.session.scalar(select(MealWait.told_at).where(MealWait.listing_id == listing_id)) is None


def test_a_meal_stays_a_meal_once_it_was_offered(evening):
    meal = evening.post()
    with pytest.raises(Invalid) as refusal, transaction():
        catalogue.edit_listing(evening.alice, meal, {"category_key": "chair"})
    assert "category_key" in refusal.value.errors


def test_what_was_stated_first_stands_at_the_hand_over(evening):
    at = now()
    meal = evening.post(a_post(at, temperature=550, out_since=at - timedelta(minutes=110)))
    claim = evening.claim(evening.gina, meal)
    clock_module.set_clock((at + timedelta(minutes=12)).isoformat())
    with pytest.raises(Invalid) as refusal:
        evening.move(
            evening.alice, claim, "hand_over", code=evening.code(claim), temperature_c=54,
            out_since=at - timedelta(minutes=30),
        )  # fmt: skip
    assert "temperature_c" in refusal.value.errors
