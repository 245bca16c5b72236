"""Properties 1, 14 to 17 and 25: chains of lives drawn by chance, played through the services on one ledger."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.carbon import checking, correcting, queries
from marketplace.carbon.models import LedgerEntry
from marketplace.carbon.numbers import ONE, ZERO, exactly, wide
from marketplace.carbon.replaying import Replay
from marketplace.carbon.standing import standing
from marketplace.core.db import db, new_public_id, transaction

L = 5  # of furniture and props
KEYS = {"displacement_key": "d.furniture_props", "uses_key": "L.furniture_props"}
D = Decimal("0.5")
NEW = Decimal("0.45") * 20 + Decimal("0.023") * 20  # P + E of 20 kg of plywood
HOLDERS = ["workshop_a", "production_b", "production_c", "centre_d"]
STOCK = "centre_d"


def inputs(d="0.5"):
    line = {"production": "prod.plywood", "quantity": "20", "unit": "kg", "eol_new": "eol.unsorted.wood"}
    extra = {"factor": "tr.van_km", "km": "8", "load_share": "0.5", "u_quantity_pct": "10"}
    return {"displacement": d, "u_displacement_pct": "30", "lines": [line | {"u_quantity_pct": "2"}], "extra": [extra]}


@st.composite
def chains(draw):
    """Events of one thing that goes from hand to hand, is rented out between, and ends in a reclaim or not."""
    on, holder, events, uses = date(2026, 1, 5), "prop_maker", [], 0
    for _ in range(draw(st.integers(1, 4))):
        on += timedelta(days=draw(st.sampled_from([1, 40, 89, 90, 91, 200])))
        to = draw(st.sampled_from([one for one in HOLDERS if one != holder]))
        event = {
            "on": on.isoformat(), "event": "transfer", "mode": draw(st.sampled_from(["donation", "sale"])),
            "item": "thing", "from": holder, "to": to, "inputs": inputs(),
        }  # fmt: skip
        if to == STOCK:
            event |= {"displacement_key": "d.into_stock", "into_recorded_stock": True, "inputs": inputs("0")}
        else:
            event |= KEYS
        if events and draw(st.booleans()):
            event["uses_made"] = str(draw(st.integers(0, 7)))
        if not events:
            event["route_avoided"] = [{"mass_kg": "20", "now": "eol.landfill.wood"}]
        events.append(event)
        holder = to
        for _rental in range(draw(st.integers(0, 2))):
            on += timedelta(days=draw(st.sampled_from([1, 30, 100])))
            uses += 1
            own = {"origin": "reuse", "use_index": "1", "uses_expected": "5"}
            rented = inputs() | {"uses_of_new_item": str(L), "own_item": own}
            events.append(
                {"on": on.isoformat(), "event": "rental", "item": "thing", "from": holder, "to": "renter",
                 "inputs": rented} | KEYS
            )  # fmt: skip
    if draw(st.booleans()):
        stream = {"mass_kg": "20", "counterfactual": "eol.unsorted.wood", "outcome": "eol.average.wood"}
        events.append(
            {"on": (on + timedelta(days=9)).isoformat(), "event": "reclaim", "item": "thing", "from": holder,
             "to": "recycler", "mass_weighed_kg": "20", "inputs": {"streams": [stream | {"u_quantity_pct": "2"}]}}
        )  # fmt: skip
    return events


def substituted(entry):
    named = ("substituted_production", "substituted_end_of_life")
    return sum((Decimal(step["value"]) for step in entry.body["steps"] if step["name"] in named), ZERO)


def live(position):
    query = standing().where(LedgerEntry.position > position).order_by(LedgerEntry.position)
    return list(db.session.scalars(query))


@given(chains())
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_thing_that_goes_from_hand_to_hand(app, events):
    before = len(list(db.session.scalars(db.select(LedgerEntry))))
    Replay({"id": new_public_id(), "events": events}).play()
    entries = live(before)
    claims = [entry for entry in entries if entry.kind in ("donation", "sale")]
    rentals = [entry for entry in entries if entry.kind == "rental"]
    shares = [Decimal(entry.body["inputs"]["lines"][0].get("claim_share", "1")) for entry in claims]
    with exactly():
        claimed = sum((abs(substituted(entry)) for entry in entries), ZERO)
        # 14: a bound on what a chain may claim, by the uses that were made of it
        uses_left = sum((share for share in shares[:-1]), ZERO)
        assert claimed <= D * NEW * (ONE + uses_left + Decimal(len(rentals)) / L) + Decimal("1e-18")
    # 15: passed on within 90 days, nothing of the claim is left but its X
    transfers = [event for event in events if event["event"] == "transfer"]
    for event, after, share, claim in zip(transfers, transfers[1:], shares, claims, strict=False):
        days = (date.fromisoformat(after["on"]) - date.fromisoformat(event["on"])).days
        if days <= 90 and not event.get("into_recorded_stock"):
            assert share == 0 or substituted(claim) == 0
    # 16: into a recorded stock nothing is claimed
    assert all(substituted(claim) == 0 for claim in claims if claim.into_stock)
    # 17: one end of life over the whole chain, landfill at first, sorted in the end
    ends = [Decimal(step["value"]) for entry in entries for step in entry.body["steps"]
            if step["name"] in ("own_end_of_life", "stream_1")]  # fmt: skip
    if events[-1]["event"] == "reclaim":
        rows = {row["key"]: Decimal(row["kgco2e_per_unit"]) for entry in entries for row in entry.body["factors_used"]}
        route = {key: sum((v for k, v in rows.items() if k in (key, f"{key}.credit")), ZERO) for key in rows}
        with exactly():
            assert sum(ends, ZERO) == 20 * (route["eol.landfill.wood"] - route["eol.average.wood"])
    # 25: views add up to the whole, and never to more
    everything = queries.totals_all().both
    with wide():
        for entry in entries:
            parts = [share.share_kgco2e for share, _name in queries.shares_of([entry.id])[entry.id]]
            assert sum(parts, ZERO) == entry.result_kgco2e
    # 1: taking the last entry back brings the total back exactly
    with transaction():
        correcting.take_back(db.session.get(LedgerEntry, entries[-1].id), "for a property", "", date(2027, 1, 1))
    with wide():
        assert queries.totals_all().both.whole_kgco2e == everything.whole_kgco2e - entries[-1].result_kgco2e
    assert checking.check().entries > 0
