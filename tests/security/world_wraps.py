"""A wrap plan of the giver's shoot with its links, and a round of its trucks: what is planted, how it is tried."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from marketplace.core.clock import now, today
from marketplace.core.db import db, new_public_id, transaction
from marketplace.exchanges.models import Exchange
from marketplace.reclaims import plan_adding, plan_lines, plan_links, planning
from marketplace.reclaims.models_plans import WrapLine
from marketplace.reclaims.models_rounds import CollectionRound, RoundStop
from marketplace.reclaims.typed_lines import read_lines
from tests import factories

ABSENT = {"plan crew": "g" * 43, "plan crew over": "h" * 43, "plan crew hash": "1" * 64}
LINKS = ("plan crew over", "plan crew hash", "plan link")
PLAN, ROUND = "/collectes/plans/{wrap plan}", "/collectes/tournees/{round}"
OF_PLANS = frozenset({"wrapplace", "wraptitle", "wrapzone", "wrapnote", "wraplink"})
WORDS = ("arrived", "loaded")
OF_ROUNDS = frozenset({"roundname", "rounddriver"})


def plant(world: Any) -> None:
    ids = world.ids
    alice = factories.owner_of(world.people["owner"][1])
    charlie = factories.owner_of(world.people["stranger"][1])
    own = factories.make_production(world.people["stranger"][1], "Démontage d’ailleurs")
    skip_at = now() + timedelta(days=2)
    with transaction():
        plan = planning.create_plan(
            alice, ids["production"], {"place": world.word("wrapplace"), "postcode": "69100", "skip_at": skip_at}
        )
        other = planning.create_plan(charlie, own.public_id, {"place": "Ailleurs", "skip_at": skip_at})
        writer = planning.member_writer(alice, plan.public_id)
        text = f"{world.word('wrapzone')} :\n3 feuilles {world.word('wraptitle')}"
        plan_adding.add_typed(writer, read_lines(text).lines, new_public_id(), "give")
        line = db.session.query(WrapLine).filter_by(plan_id=plan.id).one()
        plan_lines.edit_line(writer, line.public_id, {"note": world.word("wrapnote")}, 1)
        link, ids["plan crew"] = plan_links.create_link(alice, plan.public_id, "help", world.word("wraplink"), 7)
        over, ids["plan crew over"] = plan_links.create_link(alice, plan.public_id, "read", "Déco", 7)
        plan_links.revoke_link(alice, plan.public_id, over.public_id)
        ids["own plan crew"] = plan_links.create_link(charlie, other.public_id, "help", "Déco", 7)[1]
        ids |= {"wrap plan": plan.public_id, "wrap line": line.public_id, "plan link": link.public_id}
        ids["plan crew hash"] = link.secret_hash
        world.private["plan crew"] = ids["plan crew"]
    with transaction() as session:
        one = CollectionRound(
            organisation_id=alice.organisation_id, day=today(), name=world.word("roundname"), vehicle="van_20m3",
            driver=world.word("rounddriver"), lat=45.77, lon=4.89, leaves_at=now(), speed_kmh=35, created_at=now(),
        )  # fmt: skip
        session.add(one)
        session.flush()
        exchange = session.query(Exchange).filter_by(public_id=ids["done"]).one()
        stop = RoundStop(round_id=one.id, exchange_id=exchange.id, position=0, service_minutes=30)
        session.add(stop)
        session.flush()
        ids |= {"round": one.public_id, "round stop": stop.public_id}


def tries(one: Callable[..., Any]) -> dict[str, list[Any]]:
    """endpoint → requests. `one(method, path, sent)` makes a try."""
    line = {"line": "{wrap line}:2", "set_who": "Pris", "set_outcome": "dispose"}
    written = {"title": "Pris", "quantity": "1", "unit": "piece", "who": "Pris", "version": "2"}
    typed = {"lines": "1 pris", "version": "k", "go": "keep"}
    moved = ("up", "down", "send", "split", "service", "remove")
    return {
        "plans.of_production": [one("GET", "/productions/{production}/demontage")],
        "plans.plan": [one("GET", PLAN), one("GET", f"{PLAN}?zone=x")],
        "plans.act": [
            one("POST", f"{PLAN}/lignes", {**line, "go": go})
            for go in ("set", "done", "undone", "remove", "publish", "collect")
        ],
        "plans.add": [one("GET", f"{PLAN}/ajouter"), one("POST", f"{PLAN}/ajouter", typed)],
        "plans.listings": [
            one("GET", f"{PLAN}/annonces"), one("POST", f"{PLAN}/annonces", {"listing": "{kept}", "version": "k"}),
        ],
        "plans.line": [one(method, f"{PLAN}/lignes/{{wrap line}}", written) for method in ("GET", "POST")],
        "plans.edit": [
            one("GET", f"{PLAN}/modifier"),
            one("POST", f"{PLAN}/modifier", {"place": "Pris", "skip_at": "2027-01-01T10:00", "version": "1"}),
        ],
        "plans.close": [one("POST", f"{PLAN}/finir")],
        "plans.history": [one("GET", f"{PLAN}/historique")],
        "plans.sheet": [one("GET", f"{PLAN}/feuille")],
        "plans.zone": [one("GET", f"{PLAN}/zone?zone=x")],
        "plans.share": [
            one("GET", f"{PLAN}/liens"),
            one("POST", f"{PLAN}/liens", {"name": "À moi", "role": "help", "days": "7"}),
        ],
        "plans.revoke": [one("POST", f"{PLAN}/liens/{{plan link}}/revoquer")],
        # whoever has a living link may come: reclaims/test_plans.py. One that is over, or what is kept of one, opens
        # nothing, and one's own opens no other plan
        "crew_plan.plan": [one("GET", f"/demontage/{{{name}}}") for name in LINKS],
        "crew_plan.act": [one("POST", f"/demontage/{{{name}}}/lignes", {**line, "go": "done"})
                          for name in (*LINKS, "own plan crew")],
        "crew_plan.add": [one(method, f"/demontage/{{{name}}}/ajouter", typed)
                          for name in LINKS for method in ("GET", "POST")],
        "crew_plan.line": [one(method, f"/demontage/{{{name}}}/lignes/{{wrap line}}", written)
                           for name in (*LINKS, "own plan crew") for method in ("GET", "POST")],
        "rounds.show": [one("GET", ROUND)],
        "rounds.act": [
            *(one("POST", ROUND, {"go": f"{verb}:{{round stop}}", "version": "1"}) for verb in moved),
            *(one("POST", ROUND, {"go": verb, "version": "1", "name": "Pris", "vehicle": "bike"})
              for verb in ("order", "edit", "drop")),
        ],
        "rounds.driver": [one("GET", f"{ROUND}/chauffeur")],
        "rounds.mark": [one("POST", f"{ROUND}/arrets/{{round stop}}", {"what": what}) for what in WORDS],
    }  # fmt: skip
