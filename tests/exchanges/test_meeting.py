"""Appointments through the services: who proposes, who picks, what moving one leaves behind."""

import pytest

from marketplace.core.errors import Conflict, Invalid, NotAllowed
from marketplace.exchanges import queries

MONDAY = [f"2026-11-16T{hour:02d}:00/2026-11-16T{hour + 1:02d}:00" for hour in (9, 10, 14)]
TUESDAY = "2026-11-17T09:00/2026-11-17T10:00"


def states(exchange) -> list[tuple[str, str]]:
    return [(one.proposed_by, one.state) for one in exchange.appointments]


def test_the_provider_proposes_with_the_acceptance_and_the_receiver_picks(world):
    exchange = world.ask()
    world.move(world.alice, exchange, "accept", slots=MONDAY)
    accepted = world.get(exchange)
    assert (accepted.waits_for, states(accepted)) == ("receiver", [("provider", "proposed")] * 3)
    chosen = accepted.appointments[1].public_id
    world.move(world.bob, exchange, "appoint", pick=chosen, collected_by_name="Paul Astier")
    picked = world.get(exchange)
    assert [one.state for one in picked.appointments] == ["dropped", "picked", "dropped"]
    assert (picked.waits_for, picked.collected_by_name, picked.version) == ("provider", "Paul Astier", 3)
    assert queries.view_of(world.bob, picked).appointment.public_id == chosen


def test_moving_an_appointment_keeps_it_until_the_other_agrees(world):
    exchange = world.ask()
    world.move(world.alice, exchange, "accept", slots=MONDAY[:1])
    world.move(
        world.bob, exchange, "appoint", pick=world.get(exchange).appointments[0].public_id, collected_by_name="Paul"
    )
    world.move(world.bob, exchange, "appoint", slots=[TUESDAY])
    asked = world.get(exchange)
    assert (asked.waits_for, states(asked)) == ("provider", [("provider", "picked"), ("receiver", "proposed")])
    world.move(world.alice, exchange, "appoint", pick=asked.appointments[1].public_id)
    assert [one.state for one in world.get(exchange).appointments] == ["moved", "picked"]


def test_new_proposals_take_the_place_of_the_old(world):
    exchange = world.confirmed()
    world.move(world.alice, exchange, "appoint", slots=MONDAY)
    world.move(world.bob, exchange, "appoint", slots=[TUESDAY])
    assert [one.state for one in world.get(exchange).appointments] == ["dropped"] * 3 + ["proposed"]
    with pytest.raises(Conflict):
        world.move(
            world.bob, exchange, "appoint", pick=world.get(exchange).appointments[0].public_id, collected_by_name="P"
        )


@pytest.mark.parametrize(
    "slots",
    [
        [*MONDAY, TUESDAY],
        ["2026-11-15T09:00/2026-11-15T10:00"],  # a Sunday
        ["2026-11-11T09:00/2026-11-11T10:00"],  # yesterday
        ["2026-11-16T12:00/2026-11-16T14:00"],  # lunch
        ["demain"],
        [{"starts_at": 3}],
        "2026-11-16T09:00",
        {"a": 1},
    ],
)
def test_times_that_cannot_be(world, slots):
    exchange = world.ask()
    with pytest.raises(Invalid) as refusal:
        world.move(world.alice, exchange, "accept", slots=slots)
    assert "slots" in refusal.value.errors
    assert world.get(exchange).state == "requested"


@pytest.mark.parametrize("data", [{}, {"slots": []}, {"pick": "aaaaaaaaaaaaa"}, {"pick": ["x"]}, {"pick": 3}])
def test_an_appointment_says_which(world, data):
    exchange = world.confirmed()
    with pytest.raises(Invalid):
        world.move(world.alice, exchange, "appoint", **data)


def test_nobody_picks_what_they_proposed_and_somebody_comes(world):
    exchange = world.ask()
    world.move(world.alice, exchange, "accept", slots=MONDAY)
    chosen = world.get(exchange).appointments[0].public_id
    with pytest.raises(Invalid):
        world.move(world.alice, exchange, "appoint", pick=chosen)
    with pytest.raises(Invalid) as refusal:
        world.move(world.bob, exchange, "appoint", pick=chosen)
    assert "collected_by_name" in refusal.value.errors


def test_meetings_are_fixed_only_once_accepted(world):
    exchange = world.ask()
    with pytest.raises(Conflict):
        world.move(world.alice, exchange, "appoint", slots=MONDAY)
    world.move(world.alice, exchange, "accept")
    world.move(world.alice, exchange, "hand_over", code=world.get(exchange).hand_over_code)
    with pytest.raises(Conflict):
        world.move(world.bob, exchange, "appoint", slots=MONDAY)


def test_a_viewer_fixes_nothing(world):
    from tests.factories import actor_of, add_member, make_user

    vera = make_user("Vera")
    add_member(world.taker, vera, "viewer")
    exchange = world.confirmed()
    with pytest.raises(NotAllowed):
        world.move(actor_of(vera, world.taker), exchange, "appoint", slots=MONDAY)
