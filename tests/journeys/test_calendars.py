"""The month of a listing by keyboard, the stock over days, an address for one's calendar."""

import os
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import expect

from marketplace.core.clock import today
from marketplace.core.db import db, transaction
from marketplace.exchanges import services
from marketplace.exchanges.blocking import block
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from tests.factories import actor_of, make_listing
from tests.journeys.conftest import make_side

SHOTS = os.environ.get("SHOTS")  # a folder to leave pictures in


def pictured(person, name: str) -> None:
    if SHOTS:
        person.page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


@pytest.fixture
def counter(stage, word):
    """A house with chairs and tables to rent, some of them asked for, some aside."""
    user, house = make_side(word, "Alice")
    renter, films = make_side(word, "Bob", "production_company")
    rented = {"modes": ["rent"], "weekly_rate_cents": 4000, "quantity": Decimal(4), "replacement_value_cents": 30000}
    chairs = make_listing(house, f"Chaises bistro {word}", category_key="chair", **rented)
    tables = make_listing(house, f"Tables de ferme {word}", **rented)
    alice, bob = actor_of(user, house), actor_of(renter, films)
    monday = today() + timedelta(days=7 - today().weekday())
    for listing, weeks, quantity in ((chairs, 0, 3), (chairs, 1, 1), (tables, 0, 4)):
        starts_on = monday + timedelta(days=7 * weeks)
        line = LineRequest(listing.public_id, quantity, starts_on, starts_on + timedelta(days=10 - 3 * weeks))
        with transaction():
            asked = services.request_exchange(bob, ExchangeRequest("rental", [line])).public_id
        if listing is chairs:
            with transaction():
                services.move(alice, asked, "accept", {})
    with transaction():
        block(alice, chairs.public_id, 1, monday, monday + timedelta(days=4), "Vernis")
    db.session.rollback()
    return user, house, chairs.public_id, word


@pytest.mark.parametrize("desk", [False, True], ids=["phone", "desk"])
def test_days_by_keyboard_and_months_by_link(enter, counter, desk):
    _user, _house, chairs, _word = counter
    emma = enter("Emma", desk=desk)
    emma.visits(f"/annonces/{chairs}")
    emma.visits(f"/annonces/{chairs}/calendrier")
    pictured(emma, f"calendar-{'1280' if desk else '360'}")
    day = emma.page.locator("[data-day][tabindex='0']")
    expect(day).to_have_count(1)
    first = day.get_attribute("data-day")
    day.focus()
    here = emma.page.locator("[data-day]:focus")

    def stood_on() -> str:
        return here.get_attribute("data-day") if here.count() else ""

    week = (date.fromisoformat(first) + timedelta(days=7)).isoformat()
    emma.page.keyboard.press("ArrowDown")
    emma.waits_until(lambda: stood_on() == week, "the same day a week later")
    emma.page.keyboard.press("End")
    emma.waits_until(lambda: stood_on() > week or stood_on()[8:] in ("30", "31"), "the last day of the month")
    emma.page.keyboard.press("ArrowRight")
    emma.waits_until(lambda: stood_on()[8:] == "01" and stood_on()[:7] > week[:7], "the first day of the next")
    emma.looks()


def test_months_without_scripts(enter, counter):
    emma = enter("Emma", script=False)
    emma.visits(f"/annonces/{counter[2]}/calendrier")
    before = emma.page.locator("caption").inner_text()
    emma.page.locator("[data-turn='later']").click()
    emma.page.wait_for_load_state("load")
    assert emma.page.locator("caption").inner_text() != before


@pytest.mark.parametrize("desk", [False, True], ids=["phone", "desk"])
def test_the_stock_over_days_and_what_is_taken_aside(enter, stage, counter, desk):
    user, house, _chairs, word = counter
    alice = enter("Alice", desk=desk, app=stage, user=user, acting=house)
    width = "1280" if desk else "360"
    for days in (30, 60):
        alice.visits(f"/stock/planning?jours={days}")
        pictured(alice, f"planner-{days}-{width}")
    alice.reads("3 pièces, Bob")
    alice.follows(f"Mettre de côté Tables de ferme {word}")
    alice.types("De nouveau libre le", (today() + timedelta(days=60)).isoformat())
    alice.may_be_refused(409)
    alice.presses("Mettre de côté")
    alice.reads("Déjà promis ces jours-là")
    pictured(alice, f"block-{width}")
    alice.types("De nouveau libre le", (today() + timedelta(days=1)).isoformat())
    alice.presses("Mettre de côté")
    alice.reads("C’est mis de côté")
    alice.presses("Rendre au stock")
    alice.reads("Rien pour l’instant")


@pytest.mark.parametrize("desk", [False, True], ids=["phone", "desk"])
def test_addresses_for_calendars(enter, stage, counter, desk):
    user, house, _chairs, _word = counter
    alice = enter("Alice", desk=desk, app=stage, user=user, acting=house)
    alice.visits("/compte/calendriers")
    pictured(alice, f"feeds-{'1280' if desk else '360'}")
