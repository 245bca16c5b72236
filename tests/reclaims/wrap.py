"""The people of a strike: Alice's company empties its set; Bob is a member, Vera reads, Charlie is of another house."""

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from marketplace.accounts.models import Production
from marketplace.core.clock import now
from marketplace.core.db import db, new_public_id, transaction
from marketplace.reclaims import plan_adding, planning
from marketplace.reclaims.models_plans import WrapChange, WrapLine, WrapPlan
from marketplace.reclaims.typed_lines import read_lines
from tests.factories import actor_of, add_member, make_organisation, make_production, make_user, sign_in

SET = """Plateau A :
6 feuilles 3x2 m
12 chaises bistrot
2 canapés cuir, 80 kg
Magasin :
40 m² de moquette
3 lots de visserie
2 t de gravats"""


def make_scene(app: Any) -> SimpleNamespace:
    alice, bob, vera, charlie = (make_user(name) for name in ("Alice", "Bob", "Vera", "Charlie"))
    quai = make_organisation("Les Films du Quai", "production_company", owner=alice)
    add_member(quai, bob, "member")
    add_member(quai, vera, "viewer")
    other = make_organisation("Autres Films", "production_company", owner=charlie)
    shoot = make_production(quai, base_postcode="69100")

    def come(user: Any, house: Any) -> Any:
        return sign_in(app.test_client(), user, house)

    return SimpleNamespace(
        app=app, quai=quai, shoot=shoot, actor=actor_of(alice, quai), bob_actor=actor_of(bob, quai),
        vera_actor=actor_of(vera, quai), charlie_actor=actor_of(charlie, other), alice=come(alice, quai),
        bob=come(bob, quai), vera=come(vera, quai), charlie=come(charlie, other), visitor=app.test_client(),
    )  # fmt: skip


def make_plan(scene: SimpleNamespace, place: str = "Studio 4", **values: Any) -> WrapPlan:
    """A plan whose skip comes in two days."""
    defaults: dict[str, Any] = {"place": place, "postcode": "69100", "skip_at": now() + timedelta(days=2)}
    with transaction():
        production = db.session.get_one(Production, scene.shoot.id)
        return planning.create_plan(scene.actor, production.public_id, {**defaults, **values})


def put(scene: SimpleNamespace, plan: WrapPlan, text: str = SET, outcome: str | None = None) -> dict[str, WrapLine]:
    """Lines typed by Alice; those of the plan by title."""
    with transaction():
        writer = planning.member_writer(scene.actor, plan.public_id)
        plan_adding.add_typed(writer, read_lines(text).lines, new_public_id(), outcome)
    return lines_of(plan)


def lines_of(plan: WrapPlan) -> dict[str, WrapLine]:
    db.session.rollback()
    query = db.session.query(WrapLine).filter_by(plan_id=plan.id, removed_at=None).order_by(WrapLine.id)
    return {line.title: line for line in query.populate_existing()}


def acts_of(plan: WrapPlan) -> list[str]:
    db.session.rollback()
    return [one.act for one in db.session.query(WrapChange).filter_by(plan_id=plan.id).order_by(WrapChange.id)]


def said(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, (answer.status_code, answer.get_data(as_text=True)[:3000])
    text = answer.get_data(as_text=True).replace("\u00a0", " ").replace("&#39;", "'")
    return re.sub(r"\s+", " ", text)
