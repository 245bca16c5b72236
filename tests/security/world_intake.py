"""What the house weighed of two collections, for the stranger at every door: one open, one closed and corrected."""

from decimal import Decimal
from typing import Any

from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.exchanges import services
from marketplace.exchanges.models import Exchange
from marketplace.reclaims import correcting_intake, intake
from marketplace.reclaims.models_intake import Weighing
from tests import factories

OF_INTAKES = frozenset({"intakewhat", "intakeslip", "intakenote", "intakewhere", "intakewhy", "intakeref"})


def plant(world: Any) -> None:
    """The giver's house collects from the other side's; words of theirs stand in everything typed."""
    house, company = world.people["owner"][1], world.people["other side"][1]
    keeper = factories.owner_of(house)
    said = {name: world.word(name) for name in ("intakewhat", "intakeslip", "intakenote", "intakewhere", "intakewhy")}
    parts = [{"outcome": "recycling", "destination": said["intakewhere"]}]
    raw = {"stream": "wood", "gross_kg": "840", "what": said["intakewhat"], "slip": said["intakeslip"],
           "note": said["intakenote"], "sure": "1"}  # fmt: skip
    for name in ("open", "closed"):
        world.ids[f"intake {name}"] = exchange = _loaded(company.id, house.id, f"C-2026-{name.upper()}")
        with transaction():
            one = intake.weigh(keeper, exchange, raw)
            intake.attribute(keeper, exchange, one.public_id, parts)
            db.session.get_one(Weighing, one.id).photo_keys = ["intakephoto"]
            world.ids[f"weighing {name}"] = one.public_id
    world.private["intakeref"] = "C-2026-OPEN"
    with transaction():
        services.move(keeper, world.ids["intake closed"], "complete")
    with transaction():
        reason = {**raw, "reason": said["intakewhy"]}
        made = correcting_intake.correct(
            keeper, world.ids["intake closed"], world.ids["weighing closed"], reason, parts
        )
        world.ids["weighing fixed"] = made.public_id
    db.session.rollback()


def _loaded(provider_id: int, receiver_id: int, reference: str) -> str:
    with transaction() as session:
        exchange = Exchange(
            kind="reclaim",
            state="handed_over",
            reference=reference,
            provider_id=provider_id,
            receiver_id=receiver_id,
            vehicle="truck_12t",
            distance_km=Decimal(27),
            waits_for="receiver",
            created_at=now(),
            handed_over_at=now(),
        )
        session.add(exchange)
        session.flush()
        return exchange.public_id
