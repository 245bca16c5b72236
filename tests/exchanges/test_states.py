"""The tables of the kinds, cell by cell; and of each kind: every state reaches an end, nobody waits unknowingly."""

import pytest

from marketplace.exchanges import kinds, states
from marketplace.exchanges.kinds.donation import DONATION
from marketplace.exchanges.kinds.rental import RENTAL
from marketplace.exchanges.kinds.sale import SALE
from marketplace.exchanges.moves import EFFECTS, TARGETS
from marketplace.exchanges.states import MOVES, OWN_MOVES, SIDES, allowed_moves, step
from marketplace.meals.kind import MEAL
from marketplace.reclaims.kind import RECLAIM

P, R, M, S = "provider", "receiver", "moderator", "product"

# state → move → (who may, where it leads): what product.md and contract.md say
CART = {
    "request": ({R}, {"requested"}),
    "extend": ({R}, {"cart"}),
    "cancel": ({R}, {"cancelled"}),
    "expire": ({S}, {"cart"}),
}
DONATIONS = {
    "cart": CART,
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
SALES = {
    **DONATIONS,
    "requested": {**DONATIONS["requested"], "accept": ({P}, {"accepted", "confirmed"})},
    "accepted": {
        **DONATIONS["accepted"],
        "confirm": ({R}, {"accepted", "confirmed"}),
        "pay_offline": ({P}, {"accepted", "confirmed"}),
    },
    "confirmed": {**DONATIONS["confirmed"], "pay_offline": ({P}, {"confirmed"})},
    "completed": {"pay_offline": ({P}, {"completed"})},
    "cancelled": {"pay_offline": ({P}, {"cancelled"})},
}
RENTALS = {
    **SALES,
    "requested": {**SALES["requested"], "option": ({P}, {"option"})},
    "option": {
        "confirm": ({R}, {"accepted", "confirmed"}),
        "release": ({R}, {"cancelled"}),
        "cancel": ({P}, {"cancelled"}),
        "promote": ({S}, {"option"}),
        "expire": ({S}, {"expired"}),
    },
    "confirmed": {
        **SALES["confirmed"],
        "hand_over": ({P}, {"handed_over"}),
        "extend": ({P, R}, {"confirmed"}),
    },
    "handed_over": {
        "return": ({P}, {"handed_over", "returned"}),
        "appoint": ({P, R}, {"handed_over"}),
        "extend": ({P, R}, {"handed_over"}),
        "pay_offline": ({P}, {"handed_over"}),
        "dispute": ({P, R}, {"disputed"}),
    },
    "returned": {
        "complete": ({P}, {"completed"}),
        "pay_offline": ({P}, {"returned"}),
        "dispute": ({P, R}, {"disputed"}),
    },
    "disputed": {"resolve": ({M}, {"confirmed", "handed_over", "returned", "cancelled", "completed"})},
}
RECLAIMS = {
    "confirmed": DONATIONS["confirmed"] | {"hand_over": ({P}, {"handed_over"})},
    "handed_over": {"complete": ({R}, {"completed"}), "dispute": ({P, R}, {"disputed"})},
    "disputed": {"resolve": ({M}, {"confirmed", "handed_over", "cancelled"})},
    "completed": {},
    "cancelled": {},
}
MEALS = {
    "requested": {
        "accept": ({P, S}, {"confirmed"}),  # by the product: first come, first served
        "decline": ({P}, {"declined"}),
        "cancel": ({R}, {"cancelled"}),
        "expire": ({S}, {"expired"}),
    },
    "confirmed": {
        "hand_over": ({P}, {"completed"}),
        "cancel": ({P, R}, {"cancelled"}),
        "expire": ({S}, {"expired"}),  # nobody came
        "dispute": ({P, R}, {"disputed"}),
    },
    "disputed": {"resolve": ({M}, {"confirmed", "cancelled", "completed"})},
    "completed": {},
    "declined": {},
    "expired": {},
    "cancelled": {},
}
TABLES = {
    DONATION.key: DONATIONS, SALE.key: SALES, RENTAL.key: RENTALS, RECLAIM.key: RECLAIMS, MEAL.key: MEALS,
}  # fmt: skip
KINDS = {kind.key: kind for kind in (DONATION, SALE, RENTAL, RECLAIM, MEAL)}

ROWS = [(kind, state) for kind, table in TABLES.items() for state in table]


@pytest.mark.parametrize(("kind", "state"), ROWS)
def test_a_row_of_the_table(kind, state):
    for move in (*MOVES, *OWN_MOVES):
        sides, to = TABLES[kind][state].get(move, (set(), set()))
        assert {side for side in SIDES if move in allowed_moves(KINDS[kind], state, side)} == sides, move
        cell = step(KINDS[kind], state, move)
        assert (set(cell.to) if cell else set()) == to, move


@pytest.mark.parametrize("kind", TABLES)
def test_a_kind_has_these_states_and_no_other(kind):
    assert set(KINDS[kind].states) == set(TABLES[kind])


@pytest.mark.parametrize(
    ("state", "stock"),
    [
        ("cart", "held"),
        ("requested", "held"),
        ("option", "held"),
        ("accepted", "held"),
        ("confirmed", "held"),
        ("handed_over", "out"),
        ("returned", "back"),
        ("completed", "settled"),
        ("declined", "released"),
        ("expired", "released"),
        ("cancelled", "released"),
        ("disputed", "as before"),
    ],
)
def test_what_a_state_means_for_the_stock(state, stock):
    for kind in KINDS.values():
        assert state not in kind.states or kind.states[state].stock == stock


@pytest.mark.parametrize(
    ("state", "hours"),
    [("cart", 0.5), ("requested", 72), ("option", 240), ("accepted", 48), ("confirmed", None), ("handed_over", None)],
)
def test_deadlines(state, hours):
    for kind in (DONATION, SALE, RENTAL, RECLAIM):
        deadline = kind.states[state].deadline if state in kind.states else None
        assert state not in kind.states or (deadline.total_seconds() / 3600 if deadline else None) == hours


def test_a_meal_is_answered_within_half_an_hour():
    assert MEAL.states["requested"].deadline.total_seconds() == 1800


@pytest.mark.parametrize(
    ("kind", "state", "proposed_by", "turn"),
    [
        (DONATION, "requested", None, P),
        (DONATION, "accepted", None, R),
        (DONATION, "confirmed", None, P),
        (DONATION, "confirmed", P, R),
        (DONATION, "confirmed", R, P),
        (DONATION, "disputed", None, M),
        (DONATION, "completed", None, None),
        (DONATION, "cancelled", P, None),
        (SALE, "accepted", None, R),
        (RENTAL, "option", None, R),
        (RENTAL, "handed_over", None, R),
        (RENTAL, "handed_over", R, P),
        (RENTAL, "returned", None, P),
        (RENTAL, "returned", P, P),
    ],
)
def test_whose_turn_it_is(kind, state, proposed_by, turn):
    assert kind.waits_for(state, proposed_by) == turn


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.key)
def test_each_side_can_move_or_is_told_whom_it_waits_for(kind):
    for state, facts in kind.states.items():
        if facts.is_end:
            continue
        for side in (P, R):
            assert allowed_moves(kind, state, side) or facts.waits_for not in (None, side), f"{side} in {state}"


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.key)
def test_a_dispute_ends_where_it_may(kind):
    opened_from = {state for state, move in kind.table if move == "dispute"}
    assert set(kind.resolutions) == opened_from
    assert {to for ends in kind.resolutions.values() for to in ends} == set(kind.table["disputed", "resolve"].to)


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
    start = "cart" if "cart" in kind.states else kind.start
    assert reachable(kind, start) == set(kind.states), "a state nobody can come to"
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
        assert len(cell.to) == 1 or move in TARGETS, f"nothing says where {move} leads"
    for state, facts in kind.states.items():
        if facts.deadline:
            assert (state, "expire") in kind.table, f"{state} has a deadline that nobody keeps"


def test_registering_twice_is_harmless_and_another_of_the_same_name_is_not():
    kinds.register(DONATION)
    from dataclasses import replace

    with pytest.raises(ValueError, match="donation"):
        kinds.register(replace(DONATION, letter="X"))
