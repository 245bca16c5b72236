"""Figures on demand, estimates of listings, and the commands."""

import json
import time
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from marketplace.carbon import estimates, services
from marketplace.carbon.events import EstimateChanged
from marketplace.carbon.explaining import explain_estimate
from marketplace.carbon.models import ListingEstimate
from marketplace.carbon.queries import estimate_of_listing
from marketplace.catalogue.models import Listing
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid
from tests.carbon.made import completed, entries
from tests.factories import make_listing, make_organisation

EXAMPLES = json.loads((Path(__file__).parent / "data" / "worked_examples.json").read_text(encoding="utf-8"))["examples"]


@pytest.mark.parametrize("example", EXAMPLES, ids=[e["id"] for e in EXAMPLES])
def test_the_estimate_answers_the_worked_examples(app, example):
    got = services.estimate(example["kind"], example["inputs"])
    assert {key: got[key] for key in example["expected"]} == example["expected"]
    assert got["status"] == "counted"


def test_an_unverified_factor_makes_it_an_estimate(app):
    inputs = {"displacement": "0.5", "lines": [{"production": "prod.pmma", "quantity": "3", "unit": "kg"}]}
    assert services.estimate("sale", inputs)["status"] == "estimated"


@pytest.mark.parametrize(
    ("kind", "inputs", "field"),
    [
        ("donation", {"displacement": "1.5", "lines": []}, "inputs.displacement"),
        ("donation", {"displacement": "0.5"}, "inputs.lines"),
        ("gift", {}, "kind"),
        ("donation", "text", "inputs"),
        ("sale", {"displacement": "0.5", "lines": [{"production": "x", "quantity": "1"}]}, "inputs.lines.0.production"),
    ],
)
def test_a_wrong_input_is_refused_beside_its_field(app, kind, inputs, field):
    with pytest.raises(Invalid) as refusal:
        services.estimate(kind, inputs)
    assert list(refusal.value.errors) == [field]
    assert all(str(sentence) for sentence in refusal.value.errors[field])


def test_by_category_with_vehicle_and_distance(app):
    got = services.estimate_by_category(
        {
            "kind": "donation",
            "lines": [{"category": "flat_panel", "quantity": 6}],
            "distance_km": 38,
            "vehicle": "truck_12t",
        }
    )
    assert got["result_kgco2e"] == "21.441551"
    assert got["notes"] == []
    assert got["inputs"]["lines"][0]["quantity"] == "53.7"


def test_several_lines_share_one_lorry_and_one_doubt(app):
    lines = [{"category": "flat_panel", "quantity": 6}, {"category": "sofa", "quantity": "1", "receiver": "public"}]
    got = services.estimate_by_category({"kind": "sale", "lines": lines, "distance_km": "12.5", "vehicle": "van_20m3"})
    alone = [services.estimate_by_category({"kind": "sale", "lines": [line]}) for line in lines]
    van = Decimal("12.5") * 2 * Decimal("0.31689")
    assert abs(Decimal(got["result_kgco2e"]) - (sum(Decimal(a["result_kgco2e"]) for a in alone) - van)) < Decimal(
        "2e-6"
    )
    assert Decimal(got["uncertainty_kgco2e"]) < sum(Decimal(a["uncertainty_kgco2e"]) for a in alone) + van / 2
    assert len(got["inputs"]) == 2
    assert alone[0]["notes"] == ["transport_not_counted"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"vehicle": "rocket"}, "vehicle"),
        ({"distance_km": -3}, "distance_km"),
        ({"distance_km": float("inf")}, "distance_km"),
        ({"lines": []}, "lines"),
        ({"lines": None}, "lines"),
        ({"lines": [{"category": "castle", "quantity": 1}]}, "lines.0.category"),
        ({"lines": [{"category": "flat_panel"}]}, "lines.0.quantity"),
        ({"lines": [{"category": "flat_panel", "quantity": -1}]}, "lines.0.quantity"),
        ({"lines": [{"category": "flat_panel", "quantity": 0}]}, "lines.0.quantity"),
        ({"lines": [{"category": "flat_panel", "quantity": 1, "unit": "furlong"}]}, "lines.0.unit"),
        ({"lines": [{"category": "flat_panel", "quantity": 1, "unit": "m2"}]}, "lines.0.mass_kg"),
        ({"lines": [{"category": "meal_hot", "quantity": 1}]}, "lines.0.category"),
        ({"lines": [{"category": "flat_panel", "quantity": 1, "receiver": "mars"}]}, "lines.0.receiver"),
        ({"kind": "reclaim"}, "kind"),
        ({"kind": None}, "kind"),
        ({"kind": ["sale"]}, "kind"),
    ],
)
def test_by_category_each_wrong_value_is_named(app, change, field):
    request = {"kind": "sale", "lines": [{"category": "flat_panel", "quantity": 1}]} | change
    with pytest.raises(Invalid) as refusal:
        services.estimate_by_category(request)
    assert [name.replace("(body).", "") for name in refusal.value.errors] == [field]


@pytest.mark.both_databases
def test_a_listing_has_an_estimate_that_opens_into_its_terms(app):
    listing = make_listing(make_organisation())
    row = estimate_of_listing(listing.id)
    assert (row.status, row.kind, row.basis, row.displacement_key) == (
        "counted", "donation", "materials", "d.set_material.production",
    )  # fmt: skip
    assert row.result_kgco2e == Decimal("22.42512") == row.unit_kgco2e * 6
    opened = explain_estimate(row)
    assert opened.result.total == row.result_kgco2e
    assert abs(opened.result.uncertainty - row.uncertainty_kgco2e) < Decimal("1e-20")
    assert row.factor_versions["prod.plywood"] == "2026.1"


@pytest.mark.both_databases
def test_a_listing_without_factor_keeps_its_reason(app):
    listing = make_listing(make_organisation(), "Ficus", materials=[{"key": "plant_live", "share": 100}])
    row = estimate_of_listing(listing.id)
    assert (row.status, row.reason, row.result_kgco2e) == ("not_quantified", "missing_factor", None)
    assert explain_estimate(row) is None


def test_a_draft_that_lacks_everything_does_not_fail(app):
    listing = make_listing(
        make_organisation(), published=False, quantity=None, unit=None, mass_grams=None, materials=[], modes=[]
    )
    with transaction() as session:
        session.get(Listing, listing.id).category_key = None
    with transaction():
        estimates.estimate_listings([listing.id])
    assert estimate_of_listing(listing.id).reason == "no_category"


def test_things_to_rent_need_their_origin(app):
    reuse = make_listing(make_organisation(), "Canapé", category_key="sofa", modes=["rent"], quantity=1)
    assert estimate_of_listing(reuse.id).kind == "rental"
    assert estimate_of_listing(reuse.id).status == "counted"
    house = make_organisation("Loueur", "rental_house")
    rented = make_listing(house, "Canapé", category_key="sofa", modes=["rent"], quantity=1)
    assert estimate_of_listing(rented.id).reason == "origin_unknown"


def test_estimates_are_announced_to_the_index(app):
    told = []
    app.extensions["listeners"] = {**app.extensions["listeners"], EstimateChanged: [told.append]}
    listing = make_listing(make_organisation())
    assert told[-1].listing_ids == (listing.id,)
    assert told[-1].estimates[0][1] == Decimal("22.42512")


def test_ten_thousand_listings_in_seconds(app):
    one = make_listing(make_organisation())
    columns = {c.name: getattr(one, c.name) for c in Listing.__table__.columns if c.name not in ("id", "public_id")}
    with transaction() as session:
        session.execute(
            insert(Listing),
            [
                columns | {"public_id": f"t{n:012d}", "mass_grams": 1000 + n, "quantity": Decimal(n % 40 + 1)}
                for n in range(10_000)
            ],
        )
        ids = list(session.scalars(select(Listing.id)))
    start = time.monotonic()
    with transaction():
        assert estimates.estimate_listings(ids, announce_changes=False) == 10_001
    took = time.monotonic() - start
    assert took < 60, f"{took:.1f} s"
    assert db.session.query(ListingEstimate).filter_by(status="counted").count() == 10_001


# ── commands ────────────────────────────────────────────────────────────────────────────────────


def test_ledger_check_and_explain_from_the_command_line(app):
    quai = make_organisation("Les Films du Quai", "production_company")
    opera = make_organisation("Opéra du Rhône", "venue")
    (entry,) = entries(completed(make_listing(quai), opera, vehicle="truck_12t", distance_km=Decimal("38")))
    runner = app.test_cli_runner()
    checked = runner.invoke(args=["ledger", "check"])
    assert checked.exit_code == 0 and "1 entries in order" in checked.output
    for name in (entry.public_id, "1"):
        told = runner.invoke(args=["ledger", "explain", name])
        assert told.exit_code == 0, told.output
        assert "0.60 × 53.7 kg × 0.45" in told.output
        assert "ICE v2.0 (Bath)" in told.output and "d.set_material.production = 0.60" in told.output
    assert runner.invoke(args=["ledger", "explain", "nothing"]).exit_code == 1


def test_ledger_check_ends_with_1_at_the_first_difference(app):
    from sqlalchemy import text

    quai = make_organisation("Les Films du Quai", "production_company")
    completed(make_listing(quai), make_organisation("Opéra du Rhône", "venue"))
    with transaction() as session:
        session.execute(text("DROP TRIGGER guard_ledger_entry_update"))
        session.execute(text("UPDATE ledger_entry SET result_kgco2e = '1'"))
    db.session.expire_all()
    checked = app.test_cli_runner().invoke(args=["ledger", "check"])
    assert checked.exit_code == 1
    assert "entry 1" in checked.output and "result_kgco2e" in checked.output
