"""What the code would miss, the database refuses; facts it always takes."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from marketplace.catalogue.models import Listing, Piece
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.core.guards import LONGEST_HOLD_DAYS
from marketplace.exchanges import services
from marketplace.exchanges.models import Assignment, Exchange, Hold
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from tests.factories import make_listing, make_organisation, owner_of

pytestmark = pytest.mark.both_databases

FIRST = date(2027, 3, 1)


def day(n: int) -> date:
    return FIRST + timedelta(days=n)


@pytest.fixture
def rented(app):
    """Four chairs, three of them promised from day 10 to day 20: (listing, the line, its exchange)."""
    house = make_organisation()
    chairs = make_listing(house, modes=["rent"], weekly_rate_cents=100, quantity=Decimal(4))
    bob = owner_of(make_organisation("Films", "production_company"))
    lines = [LineRequest(chairs.public_id, 3, day(14), day(21))]  # Monday to Monday
    with transaction():
        exchange = services.request_exchange(bob, ExchangeRequest("rental", lines))
        return chairs, exchange.lines[0].id, exchange.id


def keep(listing: Listing, quantity: str, starts: int, ends: int | None, **values) -> None:
    """Straight into the table, past the code."""
    with transaction() as session:
        session.add(
            Hold(
                listing_id=listing.id,
                quantity=Decimal(quantity),
                starts_on=day(starts),
                ends_on=None if ends is None else day(ends),
                **{"cause": "maintenance", **values},
            )
        )


@pytest.mark.parametrize(
    ("quantity", "starts", "ends", "refused"),
    [
        ("1", 14, 21, False),
        ("2", 14, 21, True),
        ("2", 0, 14, False),
        ("2", 21, 30, False),
        ("2", 0, 15, True),
        ("2", 20, 30, True),
        ("2", 0, None, True),
        ("4", 21, None, False),
        ("5", 30, 31, True),
    ],
)
def test_promises_are_counted_at_each_instant(rented, quantity, starts, ends, refused):
    if refused:
        with pytest.raises(Conflict) as refusal:
            keep(rented[0], quantity, starts, ends)
        assert refusal.value.data["guard"] == "stock_exceeded"
    else:
        keep(rented[0], quantity, starts, ends)


def test_facts_are_always_taken_and_count_for_the_next_promise(rented):
    keep(rented[0], "4", 0, None, cause="repair", is_fact=True)
    with pytest.raises(Conflict):
        keep(rented[0], "1", 30, 31)


def test_a_promise_that_shrinks_is_never_too_much(rented):
    listing, line_id, _exchange_id = rented
    keep(listing, "3", 0, None, cause="missing", is_fact=True)
    with transaction() as session:
        session.scalars(select(Hold).where(Hold.line_id == line_id)).one().quantity = Decimal(2)
    with pytest.raises(Conflict), transaction() as session:
        session.scalars(select(Hold).where(Hold.line_id == line_id)).one().quantity = Decimal(3)


def test_a_hold_that_was_let_go_is_counted_when_it_comes_back(rented):
    listing, line_id, _exchange_id = rented
    with transaction() as session:
        session.scalars(select(Hold).where(Hold.line_id == line_id)).one().state = "released"
    keep(listing, "2", 14, 21)
    with pytest.raises(Conflict), transaction() as session:
        session.scalars(select(Hold).where(Hold.line_id == line_id)).one().state = "active"


def test_nothing_is_promised_for_longer_than_a_sweep_looks_back(rented):
    with pytest.raises(Conflict) as refusal:
        keep(rented[0], "1", 30, 31 + LONGEST_HOLD_DAYS)
    assert refusal.value.data["guard"] == "hold_too_long"
    keep(rented[0], "1", 30, 30 + LONGEST_HOLD_DAYS)
    with pytest.raises(Conflict):  # still seen on its last day
        keep(rented[0], "4", 29 + LONGEST_HOLD_DAYS, 40 + LONGEST_HOLD_DAYS)


def test_a_piece_is_never_in_two_places(rented):
    listing, line_id, exchange_id = rented
    with transaction() as session:
        piece = Piece(
            listing_id=listing.id, organisation_id=listing.organisation_id, code="P1", created_at=listing.created_at
        )
        session.add(piece)
    piece_id = piece.id

    def go(starts: int, ends: int | None, state: str = "planned") -> None:
        with transaction() as session:
            session.add(
                Assignment(
                    line_id=line_id,
                    exchange_id=exchange_id,
                    piece_id=piece_id,
                    starts_on=day(starts),
                    ends_on=None if ends is None else day(ends),
                    state=state,
                )
            )

    go(14, 21)
    go(21, 28)
    go(0, 14, "out")
    go(16, 18, "released")
    for starts, ends in ((20, 21), (13, 15), (27, None), (0, None)):
        with pytest.raises(Conflict, match="déjà prise"):
            go(starts, ends)
    go(28, None)
    assert db.session.scalars(select(Exchange.id)).one() == exchange_id
