"""An entry of food in every place that shows or sums entries: files, reports, the command line, corrections, totals."""

import csv
import io
import json
from datetime import date
from decimal import Decimal

import pytest

from marketplace.carbon import checking, correcting, queries, remeasuring, reports
from marketplace.carbon.canonical import seal
from marketplace.carbon.models import ListingEstimate
from marketplace.carbon.models_reports import CarbonReport
from marketplace.carbon.numbers import six
from marketplace.carbon.remeasuring import Measured
from marketplace.core.db import db, transaction
from marketplace.meals.models import MealReceiver
from marketplace.meals.outcomes import Outcome
from marketplace.meals.reporting_eaten import Said, report_eaten
from tests.carbon.made import entries
from tests.factories import make_organisation, make_production, make_user, owner_of, sign_in
from tests.meals.made_traced import TONIGHT, at, handed_over, later, make_leftover

BY_HAND = Decimal("34.272") - Decimal("0.8748") - Decimal("0.5265")  # 24 of 30 eaten, 6 composted


class World:
    """Lasagne of a shoot: eaten but for six, and a soup of which nobody has spoken."""

    def __init__(self):
        at(TONIGHT)
        self.alice = make_user("Alice")
        self.quai = make_organisation("Les Films du Quai", "production_company", owner=self.alice)
        self.maraude = make_organisation("La Maraude du Rhône", "food_charity")
        self.shoot = make_production(self.quai)
        self.eaten = handed_over(make_leftover(self.quai, production=self.shoot), self.maraude)
        soup = make_leftover(self.quai, "Soupe", category="soup", quantity=12, production=self.shoot)
        self.unsaid = handed_over(soup, self.maraude, 12)
        later(1)
        actor, public_id = owner_of(self.maraude), self.eaten.public_id
        with transaction():
            report_eaten(actor, public_id, Said(Outcome(Decimal(24), composted=Decimal(6))))


@pytest.fixture
def world(app) -> World:
    return World()


def test_the_files_of_the_ledger_hold_its_terms(world, client):
    browser = sign_in(client, world.alice, world.quai)
    answer = browser.get(f"/productions/{world.shoot.public_id}/registre.csv")
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    of_entries = [row for row in rows if row["row"] == "entry"]
    assert [(row["kind"], row["status"]) for row in of_entries] == [
        ("food", "provisional"), ("food", "provisional"), ("food", "reversal"), ("food", "counted"),
    ]  # fmt: skip
    terms = [Decimal(row["amount_kgco2e"]) for row in rows if row["row"] == "term" and row["position"] == "4"]
    assert abs(sum(terms) - BY_HAND) < Decimal("1e-20")
    assert any("k 1" not in row["product"] and "s 0.8" in row["product"] for row in rows if row["row"] == "term")
    body = browser.get(f"/productions/{world.shoot.public_id}/registre.json").get_json()
    assert all(seal(row["sealed_text"]) == row["hash"] for row in body["entries"])
    assert browser.get(f"/productions/{world.shoot.public_id}/registre.xlsx").get_data()[:2] == b"PK"


def test_a_report_lists_it_and_sums_it_with_reuse(world, client, run_jobs):
    run_jobs()
    with transaction():
        subject = reports.of_production(owner_of(world.quai), world.shoot.public_id)
        report_id = reports.ask(subject, date(2026, 11, 1), date(2026, 11, 30), "fr").id
    run_jobs()
    report = db.session.get(CarbonReport, report_id, populate_existing=True)
    assert report.state == "ready"
    said = json.loads(report.content)
    assert said["entries"]["count"] == 4 and f'"whole_kgco2e":"{six(BY_HAND)}"' in report.content
    page = sign_in(client, world.alice, world.quai).get(f"/rapports/{report.public_id}")
    assert page.status_code == 200


@pytest.mark.parametrize("path", ["tableau-de-bord", "tableau-de-bord/ecritures", "tableau-de-bord?genre=food"])
def test_dashboards_show_it_among_meals(world, client, path):
    browser = sign_in(client, world.alice, world.quai)
    page = browser.get(f"/productions/{world.shoot.public_id}/{path}")
    assert page.status_code == 200 and "Repas" in page.get_data(as_text=True)


def test_the_page_of_each_entry_opens_it(world, client):
    browser = sign_in(client, world.alice, world.quai)
    pages = [browser.get(f"/carbone/ecritures/{entry.public_id}").get_data(as_text=True) for entry in entries()]
    assert "n’est pas encore dit" in pages[0] and "cat.meal_avg" in pages[3]
    assert "ne devient jamais un déchet" in pages[3] and "remise à plus tard" not in pages[3]


def test_it_is_read_aloud_and_checked_on_the_command_line(world, app):
    runner = app.test_cli_runner()
    said = runner.invoke(args=["ledger", "explain", "4"]).output
    assert "food_not_produced" in said and "treatment_of_spoiled_food" in said and "eol.composting.food" in said
    assert "4 entries in order" in runner.invoke(args=["ledger", "check"]).output


def test_a_wrong_mass_is_put_right_and_what_was_eaten_stays(world):
    final = entries(world.eaten.id)[-1]
    with transaction():
        found = remeasuring.entry_that_stands(final.public_id)
        new = remeasuring.amended(found, Measured(unit_mass_kg=Decimal("0.9"), weighed=True))
        correcting.correct(found, new.inputs, "Pesé le lendemain.", "abc", date(2026, 11, 14), **new.changed)
    again = entries(world.eaten.id)[-1]
    # a meal stays a meal; its treatment follows the mass, which has doubled
    assert six(again.result_kgco2e) == six(Decimal("34.272") - 2 * Decimal("0.8748") - 2 * Decimal("0.5265"))
    assert (again.status, again.mass_grams) == ("counted", 27000)
    checking.check()


def test_a_correction_before_the_report_stays_provisional(world):
    first = entries(world.unsaid.id)[-1]
    with transaction():
        found = remeasuring.entry_that_stands(first.public_id)
        new = remeasuring.amended(found, Measured(quantity=Decimal(10)))
        correcting.correct(found, new.inputs, "Dix litres.", "abc", date(2026, 11, 14), **new.changed)
    again = entries(world.unsaid.id)[-1]
    assert (again.status, again.mass_grams) == ("provisional", 10000)
    actor, public_id = owner_of(world.maraude), world.unsaid.public_id
    with transaction():
        report_eaten(actor, public_id, Said(None))
    final = entries(world.unsaid.id)[-1]
    # 9 kg of vegetables, 1 kg of milk: 0.97087… litres of it
    milk = Decimal(1000) / Decimal(1030)
    made = Decimal("0.7") * (9 * Decimal("0.396066") + milk * Decimal("1.1505"))
    assert six(final.result_kgco2e) == six(made + (9 + milk) * Decimal("-0.081"))
    checking.check()


def test_totals_add_meals_to_reuse_and_take_nothing_from_treatment(world):
    totals = queries.totals_for_organisation(world.quai.id)
    assert totals.reuse.entry_count == 2 and totals.reclaim.entry_count == 0
    assert six(totals.reuse.whole_kgco2e) == six(BY_HAND)
    assert totals.reuse.mass_grams == 13500 + 12000


@pytest.mark.parametrize(
    ("vehicle", "lines", "notes"),
    [
        # 9.24 km great circle from Villeurbanne × 1.3, there and back
        ("van_3m3", [{"factor": "tr.van_km", "u_quantity_pct": "10", "km": "24", "load_share": "1"}], []),
        (None, None, []),  # on foot: nothing to count, and nothing left out
    ],
)
def test_it_travels_as_its_receiver_always_fetches(app, vehicle, lines, notes):
    at(TONIGHT)
    quai = make_organisation("Les Films du Quai", "production_company")
    maraude = make_organisation("La Maraude du Rhône", "food_charity")
    with transaction() as session:
        session.add(MealReceiver(organisation_id=maraude.id, lat=45.69, lon=4.87, vehicle=vehicle, updated_at=TONIGHT))
    (entry,) = entries(handed_over(make_leftover(quai), maraude).id)
    assert entry.body["inputs"].get("extra") == lines
    assert entry.body["notes"] == ["not_reported", *notes]


def test_what_is_on_offer_says_what_it_would_avoid_if_all_of_it_is_eaten(app, client):
    at(TONIGHT)
    house = make_organisation("Les Films du Quai", "production_company")
    lasagne = make_leftover(house)
    estimate = db.session.get_one(ListingEstimate, lasagne.id)
    # 30 × (0.7 × 2.04), less what burning 13.5 kg of it would have recovered
    assert (estimate.kind, estimate.status) == ("food", "counted")
    assert estimate.result_kgco2e == (Decimal("34.272") - Decimal("0.8748")) / 24 * 30
    page = client.get(f"/repas/{lasagne.public_id}").get_data(as_text=True).replace("\u00a0", " ")
    assert "environ 42 ± 25 kgCO2e, si tout est mangé" in page


def test_of_raw_food_nobody_knows_before_how_much_can_be_eaten(app, client):
    at(TONIGHT)
    apples = make_leftover(
        make_organisation("Les Films du Quai"), "Pommes", category="fruit_veg", unit="kg", quantity=6
    )
    estimate = db.session.get_one(ListingEstimate, apples.id)
    assert (estimate.status, estimate.reason) == ("not_quantified", "food_apart")
    assert "si tout est mangé" not in client.get(f"/repas/{apples.public_id}").get_data(as_text=True)
