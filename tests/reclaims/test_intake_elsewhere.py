"""What a closed collection tells the rest of the house: the activity sheet, notifications, dashboards."""

from datetime import date
from decimal import Decimal

import pytest

from marketplace.accounts.models import User
from marketplace.core.db import db
from marketplace.footprint.exchanged import known_of
from marketplace.messaging.models import Notification
from tests.factories import sign_in
from tests.reclaims.intake_world import Dock, make_dock, part


@pytest.fixture
def dock(app) -> Dock:
    return make_dock()


def test_the_activity_sheet_knows_waste_by_stream(dock):
    """What is waste counts by stream; what is used again, as given away. No kilometres: the collector drives."""
    first = dock.closed(
        ("wood", "840", {}, part("recycling", "800"), part("to_stock")),
        ("wood", "20,5", {}, part("landfill", None, "ISDND")),
        ("plaster", "210", {}, part("recycling")),
    )
    found = {known.kind: known for known in known_of(dock.shoot.id)}
    assert {kind: known.quantity for kind, known in found.items()} == {
        "waste_wood": Decimal("820.5"),
        "given_away": Decimal(40),
        "waste_plaster": Decimal(210),
    }
    assert found["waste_wood"].day == date(2026, 11, 12) and found["waste_wood"].exchange == first
    wood = dock.live(first)[0]
    dock.correct(first, wood.public_id, "wood", "480", part("recycling"))
    assert {known.kind: known.quantity for known in known_of(dock.shoot.id)}["waste_wood"] == Decimal("500.5")


def test_the_production_hears_of_the_closing_and_of_a_correction(dock, app):
    exchange = dock.closed(("wood", "840", {"what": "Panneaux"}, part("recycling")))
    dock.correct(exchange, dock.live(exchange)[0].public_id, "wood", "480", part("recycling"), what="Panneaux")
    told = db.session.query(Notification).filter_by(user_id=dock.paul.user_id).order_by(Notification.id).all()
    assert [one.kind for one in told] == ["exchange_moved", "intake_corrected"]
    assert db.session.query(Notification).filter_by(user_id=dock.ines.user_id, kind="intake_corrected").count() == 0
    client = sign_in(app.test_client(), db.session.get_one(User, dock.paul.user_id), dock.company)
    page = client.get("/notifications").text.replace("\xa0", " ")
    assert "une pesée est corrigée" in page and "La balance était mal tarée" in page


def test_the_dashboard_of_the_shoot_shows_material_apart_with_masses_by_outcome(dock, app):
    dock.closed(("wood", "840", {}, part("recycling")), ("plastic", "45", {"material": "eps"}, part("energy")))
    client = sign_in(app.test_client(), db.session.get_one(User, dock.paul.user_id), dock.company)
    page = client.get(f"/productions/{dock.shoot.public_id}/tableau-de-bord")
    assert page.status_code == 200
    text = " ".join(page.text.replace("\xa0", " ").split())
    assert "Matière triée" in text and "Recyclé" in text and "Incinéré" in text
    assert "collectées et triées," in text and "gardées en usage," not in text
