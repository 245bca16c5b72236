"""Donations through the services, on both databases: who may, what is held, what each move leaves behind."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text, update

from marketplace.accounts.models import User
from marketplace.catalogue.models import Listing
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.exchanges import jobs, queries, services
from marketplace.exchanges.models import Document, Hold, Move, ReceivedItem
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from tests.factories import (
    actor_of,
    add_member,
    make_listing,
    make_organisation,
    make_production,
    make_site,
    make_user,
    owner_of,
)

pytestmark = pytest.mark.both_databases


def holds(exchange) -> list[tuple[str, Decimal, date | None]]:
    db.session.rollback()
    rows = db.session.query(Hold).filter_by(exchange_id=exchange.id).order_by(Hold.id).all()
    return [(hold.state, hold.quantity, hold.ends_on) for hold in rows]


# --- asking ---


def test_a_request_holds_from_today_without_end(world, clock):
    exchange = world.get(world.ask(4, message="Pour mardi ?"))
    assert (exchange.state, exchange.version, exchange.waits_for) == ("requested", 1, "provider")
    assert exchange.deadline_at == clock.now() + timedelta(hours=72)
    assert holds(exchange) == [("active", Decimal(4), None)]
    assert exchange.moves[0].data == {"message": "Pour mardi ?"}
    assert queries.free_quantities([world.listing.id]) == {world.listing.id: Decimal(2)}


def test_a_line_keeps_what_was_agreed(world):
    exchange = world.get(world.ask())
    line = exchange.lines[0]
    assert (line.title, line.unit, line.mass_grams) == ("Feuilles de décor 3 m", "piece", 17900)
    assert exchange.site_id is not None and exchange.destination_lat is not None


def test_more_than_is_left_is_refused_with_what_is_free(world):
    world.ask(4)
    with pytest.raises(Conflict) as refusal:
        world.ask(3)
    assert refusal.value.data["available"] == [
        {"listing": world.listing.public_id, "from": "2026-11-12", "to": None, "free": 2}
    ]
    assert "2" in refusal.value.message and "3" in refusal.value.message
    world.ask(2)


def test_lines_stand_or_fall_together(world):
    chairs = make_listing(world.giver, "Chaises", category_key="chair", quantity=Decimal(2))
    lines = [LineRequest(world.listing.public_id, 6), LineRequest(chairs.public_id, 3)]
    with pytest.raises(Conflict) as refusal, transaction():
        services.request_exchange(world.bob, ExchangeRequest("donation", lines))
    assert [one["listing"] for one in refusal.value.data["available"]] == [chairs.public_id]
    assert queries.free_quantities([world.listing.id])[world.listing.id] == 6
    assert db.session.query(Move).count() == 0


@pytest.mark.one_database
@pytest.mark.parametrize("quantity", ["0", "-1", "1e3", "", "beaucoup", "2,5", 0, -3, 2.5, "1" * 40, None, True, [4]])
def test_quantities_that_make_no_sense_are_refused(world, quantity):
    with pytest.raises(Invalid) as refusal:
        world.ask(quantity)
    assert "quantity" in refusal.value.errors


def test_fabric_is_asked_for_by_the_metre(world):
    fabric = make_listing(world.giver, "Velours", quantity=Decimal("12.5"), unit="m")
    world.ask("2,25", listing=fabric)
    assert queries.free_quantities([fabric.id])[fabric.id] == Decimal("10.25")


def test_nobody_asks_of_themselves(world):
    with pytest.raises(Invalid):
        world.ask(actor=world.alice)


def test_an_unverified_address_does_not_ask(world):
    with transaction():
        db.session.execute(update(User).where(User.name == "Bob").values(verified_at=None))
    with pytest.raises(NotAllowed):
        world.ask(actor=owner_of(world.taker))


def test_a_viewer_does_not_ask_a_member_does(world):
    viewer, member = make_user("Vera"), make_user("Max")
    add_member(world.taker, viewer, "viewer")
    add_member(world.taker, member, "member")
    with pytest.raises(NotAllowed):
        world.ask(actor=actor_of(viewer, world.taker))
    world.ask(1, actor=actor_of(member, world.taker))


def test_a_person_may_receive_where_the_giver_allows_it(world):
    person = make_user("Denise")
    space = db.session.execute(
        text("SELECT o.id FROM organisation o JOIN membership m ON m.organisation_id = o.id WHERE m.user_id = :u"),
        {"u": person.id},
    ).scalar_one()
    from marketplace.accounts.models import Organisation

    denise = actor_of(person, db.session.get(Organisation, space))
    with pytest.raises(NotAllowed, match="pas à des particuliers"):
        world.ask(1, actor=denise)
    with transaction():
        db.session.execute(update(Listing).where(Listing.id == world.listing.id).values(open_to_public=True))
    world.ask(1, actor=denise)


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"state": "draft"}, NotFound),
        ({"state": "withdrawn"}, NotFound),
        ({"state": "expired"}, Conflict),
        ({"visibility": "organisation"}, NotFound),
        ({"modes": ["sell"]}, Invalid),
        ({"gone_by": date(2026, 11, 12)}, Conflict),
    ],
)
def test_what_is_not_given_is_not_asked_for(world, values, refusal):
    with transaction():
        db.session.execute(update(Listing).where(Listing.id == world.listing.id).values(**values))
    with pytest.raises(refusal):
        world.ask(1)


def test_food_is_no_donation(world):
    """It is claimed as a meal, where its dates, its temperature and who may have it are looked at (tests/meals)."""
    meal = make_listing(world.giver, "Bacs de riz", category_key="food_prep", quantity=Decimal(8), unit="kg")
    with pytest.raises(Invalid) as refusal:
        world.ask(2, listing=meal)
    assert "Repas" in str(refusal.value.errors["lines"][0])


def test_the_same_form_sent_twice_asks_once(world):
    first = world.ask(2, key="a-key-of-the-form")
    assert world.ask(2, key="a-key-of-the-form") == first
    assert queries.free_quantities([world.listing.id])[world.listing.id] == 4


def test_a_request_goes_to_one_place(world):
    other = make_site(world.giver, name="Hangar")
    chairs = make_listing(world.giver, "Chaises", category_key="chair", site_id=other.id)
    lines = [LineRequest(world.listing.public_id, 1), LineRequest(chairs.public_id, 1)]
    with pytest.raises(Invalid), transaction():
        services.request_exchange(world.bob, ExchangeRequest("donation", lines))


def test_a_production_of_somebody_else_is_refused(world):
    own = make_production(world.taker, base_lat=43.3, base_lon=5.37)
    others = make_production(world.giver, "Ailleurs")
    with pytest.raises(Invalid) as refusal:
        world.ask(1, production_public_id=others.public_id)
    assert "production" in refusal.value.errors
    exchange = world.get(world.ask(1, production_public_id=own.public_id, vehicle="van_12m3", distance_km="38"))
    assert (exchange.receiver_production_id, exchange.destination_lat) == (own.id, 43.3)
    assert (exchange.vehicle, exchange.distance_km) == ("van_12m3", Decimal(38))


@pytest.mark.one_database
@pytest.mark.parametrize("values", [{"vehicle": "spaceship"}, {"distance_km": "-4"}, {"message": "x" * 2001}])
def test_each_wrong_value_is_named(world, values):
    with pytest.raises(Invalid) as refusal:
        world.ask(1, **values)
    assert set(refusal.value.errors) == set(values)


# --- answering ---


def test_accepting_lands_in_confirmed_with_a_code_and_no_deadline(world):
    exchange = world.get(world.confirmed())
    assert (exchange.state, exchange.version, exchange.deadline_at) == ("confirmed", 2, None)
    assert len(exchange.hand_over_code) == 6 and exchange.hand_over_code.isdigit()
    hold = db.session.query(Hold).filter_by(exchange_id=exchange.id).one()
    assert (hold.state, hold.expires_at) == ("active", None)


def test_declining_gives_everything_back_with_a_reason(world):
    exchange = world.ask()
    with pytest.raises(Invalid):
        world.move(world.alice, exchange, "decline")
    world.move(world.alice, exchange, "decline", reason="Déjà promis à une école.")
    ended = world.get(exchange)
    assert (ended.state, ended.end_reason, ended.waits_for) == ("declined", "Déjà promis à une école.", None)
    assert holds(ended) == [("released", Decimal(4), None)]
    assert queries.free_quantities([world.listing.id])[world.listing.id] == 6


def test_proposing_less_frees_the_rest_and_waits_for_the_receiver(world):
    exchange = world.ask(4)
    line = world.get(exchange).lines[0].public_id
    world.move(world.alice, exchange, "amend", lines=[{"id": line, "quantity": "3"}])
    amended = world.get(exchange)
    assert (amended.state, amended.waits_for, amended.lines[0].quantity) == ("accepted", "receiver", 3)
    assert amended.moves[-1].data["before"] == {line: "4"}
    assert queries.free_quantities([world.listing.id])[world.listing.id] == 3
    world.move(world.bob, exchange, "confirm")
    assert world.get(exchange).state == "confirmed"


@pytest.mark.one_database
@pytest.mark.parametrize("quantity", ["4", "5", "0", "-1", "x", None])
def test_an_amendment_is_less_and_something(world, quantity):
    exchange = world.ask(4)
    line = world.get(exchange).lines[0].public_id
    with pytest.raises(Invalid):
        world.move(world.alice, exchange, "amend", lines=[{"id": line, "quantity": quantity}])
    assert world.get(exchange).state == "requested"


@pytest.mark.one_database
@pytest.mark.parametrize("lines", [None, [], "x", [1], [{"id": "other", "quantity": 1}], [{}]])
def test_an_amendment_that_cannot_be_read_is_refused(world, lines):
    exchange = world.ask(4)
    with pytest.raises(Invalid):
        world.move(world.alice, exchange, "amend", lines=lines)


def test_both_may_cancel_before_the_hand_over(world):
    first, second = world.confirmed(2), world.confirmed(2)
    world.move(world.alice, first, "cancel", reason="Dégât des eaux.")
    world.move(world.bob, second, "cancel", reason="Décor supprimé.")
    assert [world.get(one).state for one in (first, second)] == ["cancelled", "cancelled"]
    assert queries.free_quantities([world.listing.id])[world.listing.id] == 6


# --- deadlines ---


def test_the_job_closes_what_nobody_answered(world, clock):
    exchange = world.ask(6)
    clock.forward(hours=72, minutes=1)
    jobs.close_overdue()
    ended = world.get(exchange)
    assert (ended.state, ended.moves[-1].move, ended.moves[-1].side) == ("expired", "expire", "product")
    assert holds(ended)[0][0] == "released"
    jobs.close_overdue()
    assert len(world.get(exchange).moves) == 2


def test_whoever_locks_the_listing_next_closes_the_overdue_hold(world, clock):
    late = world.ask(6)
    clock.forward(hours=73)
    assert queries.free_quantities([world.listing.id])[world.listing.id] == 6
    assert queries.view_of(world.bob, world.get(late)).state == "expired"
    world.ask(6, actor=world.charlie)
    assert world.get(late).state == "expired"


def test_an_answer_after_the_deadline_is_refused_with_the_state(world, clock):
    exchange = world.ask()
    clock.forward(hours=73)
    with pytest.raises(Conflict) as refusal:
        world.move(world.alice, exchange, "accept")
    assert refusal.value.data["state"] == "expired"


def test_changed_terms_wait_two_days(world, clock):
    exchange = world.ask(4)
    line = world.get(exchange).lines[0].public_id
    world.move(world.alice, exchange, "amend", lines=[{"id": line, "quantity": 1}])
    clock.forward(hours=49)
    jobs.close_overdue()
    assert world.get(exchange).state == "expired"


# --- handing over ---


def test_the_code_completes_settles_and_lowers_at_once(world):
    exchange = world.get(world.completed(4))
    assert exchange.state == "completed" and exchange.completed_at is not None
    assert holds(exchange) == [("settled", Decimal(4), None)]
    listing = world.stock()
    assert (listing.quantity, listing.state) == (2, "published")
    received = db.session.query(ReceivedItem).one()
    assert (received.organisation_id, received.quantity) == (world.taker.id, 4)
    assert db.session.query(Document).one().kind == "donation_certificate"


def test_a_form_of_the_listing_opened_before_the_hand_over_is_old(world):
    before = world.stock().version
    world.completed(4)
    assert world.stock().version == before + 1


def test_the_last_piece_exhausts_the_listing(world):
    world.completed(6)
    assert (world.stock().quantity, world.stock().state) == (0, "exhausted")


def test_the_wrong_code_changes_nothing_and_is_counted(world):
    exchange = world.confirmed()
    right = world.get(exchange).hand_over_code
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    with pytest.raises(Invalid) as refusal:
        world.move(world.alice, exchange, "hand_over", code=wrong)
    assert "code" in refusal.value.errors
    kept = world.get(exchange)
    assert (kept.state, kept.version, kept.wrong_codes) == ("confirmed", 2, 1)


def test_ten_wrong_codes_pause_and_the_pause_ends(world, monkeypatch):
    from marketplace.exchanges import codes

    exchange = world.confirmed()
    right = world.get(exchange).hand_over_code
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    for _try in range(10):
        with pytest.raises(Invalid):
            world.move(world.alice, exchange, "hand_over", code=wrong)
    with pytest.raises(codes.TooManyTries) as refusal:
        world.move(world.alice, exchange, "hand_over", code=right)
    assert refusal.value.status == 429 and 0 < refusal.value.data["retry_after"] <= 901
    later = codes.wall() + timedelta(minutes=16)
    monkeypatch.setattr(codes, "wall", lambda: later)
    world.move(world.alice, exchange, "hand_over", code=right)
    assert world.get(exchange).state == "completed"


def test_a_code_is_taken_with_spaces_and_as_a_scanner_types_it(world):
    exchange = world.confirmed(1)
    code = world.get(exchange).hand_over_code
    world.move(world.alice, exchange, "hand_over", code=f" {code[:3]} {code[3:]} ")
    second = world.confirmed(1)
    code = world.get(second).hand_over_code
    with pytest.raises(Invalid):
        world.move(world.alice, second, "hand_over", code=f"http://localhost/q/{exchange}#{code}")
    world.move(world.alice, second, "hand_over", code=f"http://localhost/q/{second}#{code}")
    assert world.get(second).state == "completed"


@pytest.mark.one_database
@pytest.mark.parametrize("code", [None, "", "12345", "1234567", 123456, ["1"], "١٢٣٤٥٦", "x" * 5000])
def test_what_is_no_code_is_refused_and_not_counted(world, code):
    exchange = world.confirmed()
    with pytest.raises(Invalid):
        world.move(world.alice, exchange, "hand_over", code=code)
    assert world.get(exchange).wrong_codes == 0


# --- sides, versions, disputes ---


def test_moves_of_the_other_side_are_refused(world):
    exchange = world.ask()
    with pytest.raises(NotAllowed):
        world.move(world.bob, exchange, "accept")
    world.move(world.alice, exchange, "accept")
    with pytest.raises(NotAllowed):
        world.move(world.bob, exchange, "hand_over", code=world.get(exchange).hand_over_code)
    assert world.get(exchange).state == "confirmed"


def test_a_stranger_finds_nothing(world):
    exchange = world.confirmed()
    for move in ("accept", "hand_over", "cancel", "resolve", "nonsense"):
        with pytest.raises(NotFound):
            world.move(world.charlie, exchange, move, reason="x")
    with pytest.raises(NotFound):
        queries.exchange_for(world.charlie, exchange)
    with pytest.raises(NotFound):
        queries.view_of(world.charlie, world.get(exchange))


def test_an_old_page_is_refused_with_the_present_state(world):
    exchange = world.ask()
    world.move(world.alice, exchange, "accept", version=1)
    with pytest.raises(Conflict) as refusal:
        world.move(world.alice, exchange, "decline", version=1, reason="Trop tard")
    assert refusal.value.data == {"already": False, "state": "confirmed", "version": 2}
    with pytest.raises(Conflict) as refusal:
        world.move(world.alice, exchange, "accept", version=1)
    assert refusal.value.data["already"] is True


def test_a_move_the_table_lacks_is_refused(world):
    exchange = world.completed()
    for actor, move in ((world.alice, "hand_over"), (world.bob, "cancel"), (world.alice, "accept")):
        with pytest.raises(Conflict) as refusal:
            world.move(actor, exchange, move, reason="x")
        assert refusal.value.data["state"] == "completed"


def test_own_moves_of_the_product_cannot_be_sent(world):
    exchange = world.ask()
    for move in ("expire", "fund", "promote", ""):
        with pytest.raises(Invalid):
            world.move(world.alice, exchange, move)


def test_a_moderator_ends_a_dispute_and_not_their_own(world):
    judge = make_user("Judith", moderator=True)
    court = make_organisation("La Modération", "other", owner=judge)
    moderator = actor_of(judge, court)
    exchange = world.confirmed()
    with pytest.raises(NotFound):
        queries.exchange_for(moderator, exchange)
    world.move(world.bob, exchange, "dispute", reason="Rien n’était prêt.")
    assert world.get(exchange).waits_for == "moderator"
    assert holds(world.get(exchange))[0][0] == "active"
    with pytest.raises(NotAllowed):
        world.move(world.alice, exchange, "resolve", state="completed", reason="x")
    with pytest.raises(Invalid):
        world.move(moderator, exchange, "resolve", state="requested", reason="x")
    world.move(moderator, exchange, "resolve", state="cancelled", reason="Chacun reprend ses affaires.")
    assert (world.get(exchange).state, holds(world.get(exchange))[0][0]) == ("cancelled", "released")


def test_moves_are_rows_that_nobody_rewrites(world):
    exchange = world.get(world.completed())
    assert [(one.move, one.from_state, one.to_state, one.side) for one in exchange.moves] == [
        ("request", None, "requested", "receiver"),
        ("accept", "requested", "confirmed", "provider"),
        ("hand_over", "confirmed", "completed", "provider"),
    ]
    with pytest.raises(Conflict), transaction():
        db.session.execute(update(Move).values(side="receiver"))


def test_a_contributor_of_the_production_asks_and_follows_for_it_alone(world):
    from marketplace.accounts.models import ProductionMember
    from marketplace.core.clock import now

    production = make_production(world.taker)
    guest = make_user("Gaëlle", email="gaelle@exemple.fr")
    space = make_organisation("Chez Gaëlle", "other", owner=guest)
    with transaction() as session:
        session.add(
            ProductionMember(production_id=production.id, user_id=guest.id, role="contributor", created_at=now())
        )
    actor = actor_of(guest, space)
    exchange = world.ask(1, actor=actor, production_public_id=production.public_id)
    assert world.get(exchange).receiver_id == world.taker.id
    assert queries.view_of(actor, queries.exchange_for(actor, exchange)).side == "receiver"
    world.move(actor, exchange, "cancel")
    other = world.ask(1)
    with pytest.raises(NotFound):
        queries.exchange_for(actor, other)
