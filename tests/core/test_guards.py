"""The database itself refuses what the code would miss, whichever database it is."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text

from marketplace.accounts.audit import record
from marketplace.catalogue.models import Listing
from marketplace.core.clock import now
from marketplace.core.db import new_public_id, transaction
from marketplace.core.errors import Conflict
from marketplace.exchanges.models import Exchange, ExchangeLine, Hold
from tests.factories import make_listing, make_organisation

pytestmark = pytest.mark.both_databases


@pytest.fixture
def flats(app) -> Listing:
    """Six flats of a ressourcerie."""
    return make_listing(make_organisation())


def hold(listing: Listing, quantity: int, starts_on: date, ends_on: date | None = None, state: str = "active") -> None:
    """A hold written straight into the table, as if the code had not looked."""
    listing_id, provider_id = listing.id, listing.organisation_id
    receiver_id = make_receiver()
    with transaction() as session:
        exchange = Exchange(
            kind="donation",
            state="requested",
            reference=f"D-{new_public_id()}",
            provider_id=provider_id,
            receiver_id=receiver_id,
            created_at=now(),
        )
        session.add(exchange)
        session.flush()
        line = ExchangeLine(
            exchange_id=exchange.id,
            listing_id=listing_id,
            quantity=Decimal(quantity),
            title="",
            unit="piece",
            category_key="flat_panel",
        )
        session.add(line)
        session.flush()
        session.add(
            Hold(
                line_id=line.id,
                exchange_id=exchange.id,
                listing_id=listing_id,
                quantity=Decimal(quantity),
                starts_on=starts_on,
                ends_on=ends_on,
                state=state,
            )
        )


def make_receiver() -> int:
    return make_organisation(f"Studio {new_public_id()}", "production_company").id


MARCH = [date(2026, 3, day) for day in range(1, 32)]


def test_six_flats_cannot_be_promised_seven_times(flats):
    hold(flats, 4, MARCH[0])
    with pytest.raises(Conflict):
        hold(flats, 3, MARCH[5])
    hold(flats, 2, MARCH[5])


def test_the_same_flats_serve_two_shoots_one_after_the_other(flats):
    hold(flats, 6, MARCH[0], MARCH[9])
    hold(flats, 6, MARCH[9], MARCH[20])
    with pytest.raises(Conflict):
        hold(flats, 1, MARCH[5], MARCH[12])


def test_a_hold_that_starts_before_counts_at_the_start_of_a_later_one(flats):
    hold(flats, 5, MARCH[10], MARCH[12])
    with pytest.raises(Conflict):
        hold(flats, 2, MARCH[0])


def test_a_released_hold_gives_its_flats_back(flats):
    hold(flats, 6, MARCH[0], state="released")
    hold(flats, 6, MARCH[0])


def test_a_released_hold_cannot_come_back_over_a_promise(flats):
    hold(flats, 6, MARCH[0], state="released")
    hold(flats, 6, MARCH[0])
    with pytest.raises(Conflict), transaction() as session:
        session.execute(text("UPDATE hold SET state = 'active' WHERE state = 'released'"))


def test_the_quantity_cannot_fall_below_what_is_promised(flats):
    hold(flats, 4, MARCH[0])
    listing_id = flats.id
    with pytest.raises(Conflict), transaction() as session:
        session.get(Listing, listing_id).quantity = Decimal(3)
    with transaction() as session:
        session.get(Listing, listing_id).quantity = Decimal(4)


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"])
def test_the_audit_log_only_grows(app, statement):
    with transaction():
        record("test")
    with pytest.raises(Conflict), transaction() as session:
        session.execute(text(statement))
