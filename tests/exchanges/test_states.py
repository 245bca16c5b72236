"""The donation's table, cell by cell; and whatever the kind: every state reaches an end."""

import pytest

from marketplace.exchanges import kinds, states
from marketplace.exchanges.kinds import KINDS
from marketplace.exchanges.kinds.donation import DONATION
from marketplace.exchanges.moves import EFFECTS
from marketplace.exchanges.states import MOVES, OWN_MOVES, SIDES, allowed_moves, step

P, R, M, S = "provider", "receiver", "moderator", "product"

# state → move → (who may, where it leads): what product.md and contract.md say of a donation
DONATIONS = {
    "requested": {
        "accept": ({P}, {"confirmed"}),
        "amend": ({P}, {"accepted"}),
        "decline": ({P}, {"declined"}),
        "cancel": ({R}, {"cancelled"}),
        "expire": ({S}, {"expired"}),
    },
    "accepted": {"confirm": ({R}, {"confirmed"}), "cancel": ({P, R}, {"cancelled"}), "expire": ({S}, {"expired"})},
    "confirmed": {
        "hand_over": ({P}, {"completed"}),
        "appoint": ({P, R}, {"confirmed"}),
        "cancel": ({P, R}, {"cancelled"}),
        "dispute": ({P, R}, {"disputed"}),
    },
    "disputed": {"resolve": ({M}, {"confirmed", "cancelled", "completed"})},
    "completed": {},
    "declined": {},
    "expired": {},
    "cancelled": {},
}

CELLS = [(state, move, side) for state in DONATIONS for move in (*MOVES, *OWN_MOVES) for side in SIDES]


@pytest.mark.parametrize(("state", "move", "side"), CELLS)
def test_a_cell_of_the_donation(state, move, side):
    sides, to = DONATIONS[state].get(move, (set(), set()))
    assert (move in allowed_moves(DONATION, state, side)) is (side in sides)
    cell = step(DONATION, state, move)
    assert (set(cell.to) if cell else set()) == to


def test_the_donation_has_these_states_and_no_other():
    assert set(DONATION.states) == set(DONATIONS)


@pytest.mark.parametrize(
    ("state", "stock"),
    [
        ("requested", "held"),
        ("accepted", "held"),
        ("confirmed", "held"),
        ("completed", "settled"),
        ("declined", "released"),
        ("expired", "released"),
        ("cancelled", "released"),
        ("disputed", "as before"),
    ],
)
def test_what_a_state_means_for_the_stock(state, stock):
    assert DONATION.states[state].stock == stock


@pytest.mark.parametrize(("state", "hours"), [("requested", 72), ("accepted", 48), ("confirmed", None)])
def test_deadlines(state, hours):
    deadline = DONATION.states[state].deadline
    assert (deadline.total_seconds() / 3600 if deadline else None) == hours


@pytest.mark.parametrize(
    ("state", "proposed_by", "picked", "turn"),
    [
        ("requested", None, False, P),
        ("accepted", None, False, R),
        ("confirmed", None, False, P),
        ("confirmed", P, False, R),
        ("confirmed", R, False, P),
        ("confirmed", P, True, R),
        ("confirmed", None, True, P),
        ("disputed", None, True, M),
        ("completed", None, True, None),
        ("cancelled", P, False, None),
    ],
)
def test_whose_turn_it_is(state, proposed_by, picked, turn):
    assert DONATION.waits_for(state, proposed_by, picked) == turn


def reachable(kind: states.Kind, start: str) -> set[str]:
    found, todo = set(), [start]
    while todo:
        state = todo.pop()
        if state not in found:
            found.add(state)
            todo += [to for (begins, _move), cell in kind.table.items() if begins == state for to in cell.to]
    return found


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.key)
def test_every_state_is_drawn_and_reaches_an_end(kind):
    assert reachable(kind, kind.start) == set(kind.states), "a state nobody can come to"
    ends = {state for state, facts in kind.states.items() if facts.is_end}
    for state in kind.states:
        assert reachable(kind, state) & ends, f"{state} never ends"
    for state in ends:
        assert reachable(kind, state) == {state}, f"{state} is an end and goes on"


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.key)
def test_a_table_names_what_exists(kind):
    for (state, move), cell in kind.table.items():
        assert state in kind.states and set(cell.to) <= set(kind.states) and cell.to
        assert move in MOVES + OWN_MOVES and cell.sides <= set(SIDES)
        assert move in EFFECTS or cell.sides == {S}, f"nothing is written for {move}"
    for state, facts in kind.states.items():
        if facts.deadline:
            assert (state, "expire") in kind.table, f"{state} has a deadline that nobody keeps"


def test_registering_twice_is_harmless_and_another_of_the_same_name_is_not():
    kinds.register(DONATION)
    from dataclasses import replace

    with pytest.raises(ValueError, match="donation"):
        kinds.register(replace(DONATION, letter="X"))
