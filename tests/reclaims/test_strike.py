"""A strike with forty lines, three ressourceries, one truck too small: from what is typed to what is loaded."""

from datetime import UTC, date, datetime, timedelta

import pytest

from marketplace.catalogue.models import Listing
from marketplace.core.db import db, transaction
from marketplace.exchanges.models import Exchange
from marketplace.reclaims import (
    choosing,
    plan_calls,
    plan_drafts,
    plan_lines,
    planning,
    queries_plans,
    queries_rounds,
    rounds,
    sending,
)
from marketplace.reclaims.models import ReclaimCall, ReclaimOffer
from marketplace.reclaims.models_plans import WrapPlan
from tests.factories import owner_of
from tests.reclaims import trade
from tests.reclaims.wrap import lines_of, make_plan, make_scene, put, said

DAY = date(2026, 11, 24)
KINDS = (
    "feuilles de décor 3x2 m", "praticables", "chaises bistrot", "palettes", "portes", "m² de moquette", "canapés cuir",
    "lampadaires",
)  # fmt: skip


@pytest.fixture
def scene(app):
    return make_scene(app)


def test_nothing_is_left_on_the_set(scene, clock):
    skip_at = datetime(2026, 11, 25, 17, tzinfo=UTC)
    plan = make_plan(scene, next_outcome="collect", next_at=datetime(2026, 11, 24, 6, tzinfo=UTC), skip_at=skip_at)
    text = "\n".join(f"{n % 9 + 2} {KINDS[n % 8]} n° {n}" for n in range(40))
    lines = list(put(scene, plan, text).values())
    assert len(lines) == 40 and sum(line.mass_grams is not None for line in lines) >= 35
    address = f"/collectes/plans/{plan.public_id}"

    # the set designer decides by handfuls: eight are sold, eight given, four kept; twenty wait
    for outcome, some in (("sell", lines[:8]), ("give", lines[8:16]), ("keep", lines[16:20])):
        ticked = [f"{line.public_id}:{line.version}" for line in some]
        sent = {"go": "set", "line": ticked, "set_outcome": outcome}
        assert scene.alice.post(f"{address}/lignes", data=sent).status_code == 303
    with transaction():
        writer = planning.member_writer(scene.actor, plan.public_id)
        drafts = plan_drafts.drafts_from(writer, [line.public_id for line in lines[:16]])
    assert len(drafts) == 16
    assert {tuple(one.modes) for one in db.session.query(Listing).filter_by(state="draft")} == {("sell",), ("donate",)}

    # the rest is to be collected; three ressourceries are told, one with a lorry that is too small
    ids = [line.public_id for line in lines[20:]]
    draft = plan_calls.draft_of(scene.actor, plan.public_id, ids)
    assert draft is not None and draft.closes_at == skip_at and draft.postcode == "69100"
    assert sum(one.mass_kg or 0 for one in draft.contents) > 500
    assert len(draft.description.splitlines()) == 20 and draft.description.startswith("- ")  # and not where it stands
    db.session.rollback()
    near = trade.make_collector("Petite ressourcerie", vehicles={"van_20m3": 3}, streams=["wood", "textile"])
    far = trade.make_collector("Grande ressourcerie", "Vienne", vehicles={"truck_12t": 1, "van_20m3": 1})
    none = trade.make_collector("Ressourcerie sans bois", categories=["costumes"], streams=["glass"])
    with transaction():
        volume = {"category": "flats", "volume_m3": "52", "mass_kg": "900"}
        call = trade.calls.make_call(
            scene.actor, trade.strike(contents=[volume], opens_at=trade.OPENS - timedelta(hours=10))
        )
        plan_calls.tie(scene.actor, call, plan.public_id)
    with transaction():
        sending.send_call(scene.actor, call.public_id)
    told = trade.told(call)
    assert told["Grande ressourcerie"] == [] and told["Petite ressourcerie"] == []
    assert told.get("Ressourcerie sans bois", ["out"]) != []
    visit = {"starts_at": datetime(2026, 11, 24, 8, tzinfo=UTC), "ends_at": datetime(2026, 11, 24, 14, tzinfo=UTC)}
    trade.offer(near, call, **visit, vehicle="van_20m3", loads=3, price_cents=0)
    chosen = trade.offer(far, call, **visit, vehicle="truck_12t", loads=2)
    with transaction():
        exchange = choosing.choose(scene.actor, call.public_id, chosen.public_id)
        exchange_id = exchange.id
    states = {offer.organisation_id: offer.state for offer in db.session.query(ReclaimOffer)}
    assert states == {near.id: "not_chosen", far.id: "chosen"} and none.id not in states
    assert call.reference in said(scene.bob.get(address))

    # one truck too small: two outings, neither over what the lorry takes
    db.session.rollback()
    with transaction():
        assert rounds.propose(owner_of(far), DAY, 1.3) == 2
    found = [queries_rounds.driven(one, 1.3) for one in queries_rounds.rounds_of(far.id, DAY)]
    assert [one.over for one in found] == [False, False] and sum(one.litres for one in found) == 52_000
    assert not any(one.late for one in found)

    # what nobody took is collected too: the drafts found no taker by the morning
    clock.at("2026-11-24T07:00:00+00:00")
    db.session.rollback()
    shown = queries_plans.lines_of(db.session.get_one(WrapPlan, plan.id))
    assert {line.outcome for line in shown} == {"collect", "keep"}
    progress = queries_plans.progress_of(shown)
    assert progress.percent == 100 and progress.skip_grams == 0 and not progress.finished
    with transaction():  # what was written moves first, then is ticked
        writer = planning.member_writer(scene.actor, plan.public_id)
        assert plan_lines.tick(writer, [line.public_id for line in lines], True).changed == 40
    assert {line.outcome for line in lines_of(plan).values()} == {"collect", "keep"}
    assert queries_plans.progress_of(queries_plans.lines_of(db.session.get_one(WrapPlan, plan.id))).finished

    # the driver loads; the exchange is handed over by its code, not by the driver's word
    db.session.rollback()
    for one in found:
        with transaction():
            rounds.mark(owner_of(far), one.round.public_id, one.stops[0].stop.public_id, "loaded")
    assert db.session.get_one(Exchange, exchange_id).state == "confirmed"
    assert db.session.query(ReclaimCall).one().state == "chosen"
