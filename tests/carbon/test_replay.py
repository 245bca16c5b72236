"""`ledger replay`: the worked chains, played through the services that completions call."""

import json
from pathlib import Path

import pytest

DATA = Path(__file__).parent / "data"


@pytest.fixture
def replay(app):
    return lambda path: app.test_cli_runner().invoke(args=["ledger", "replay", str(path)])


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("worked_chains.json", "9 chains, 70 events, 82 entries: all as stated"),
        ("drawn_chains.json", "5 chains, 40 events, 51 entries: all as stated"),
    ],
)
def test_every_entry_and_running_total_is_as_stated(replay, name, sentence):
    found = replay(DATA / name)
    assert found.exit_code == 0, found.output
    assert sentence in found.output


def test_the_first_figure_that_differs_ends_it(replay, tmp_path):
    chains = json.loads((DATA / "worked_chains.json").read_text(encoding="utf-8"))
    chains["chains"] = [chain for chain in chains["chains"] if chain["id"] == "C06"]
    reclaim = chains["chains"][0]["events"][-1]["expected"]
    reclaim["totals"]["uncertainty_kgco2e"] = "1.000000"
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(chains), encoding="utf-8")
    found = replay(path)
    assert found.exit_code == 1
    assert "chain C06, event 4 (2027-03-09, reclaim), totals.uncertainty_kgco2e: stated '1.000000'" in found.output


def test_an_end_of_life_is_booked_once(replay, tmp_path):
    chains = json.loads((DATA / "worked_chains.json").read_text(encoding="utf-8"))
    chain = next(chain for chain in chains["chains"] if chain["id"] == "C08")
    chain["events"].append({**chain["events"][-1], "on": "2026-12-01"})
    path = tmp_path / "twice.json"
    path.write_text(json.dumps({"chains": [chain]}), encoding="utf-8")
    found = replay(path)
    assert found.exit_code == 1
    assert "end_booked" in found.output


@pytest.mark.parametrize("text", ["", "[]", '{"chains": [{"id": "X", "events": [{"on": "2026-01-01"}]}]}'])
def test_a_file_in_another_form_is_refused(replay, tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")
    found = replay(path)
    assert found.exit_code == 1
    assert "ledger replay:" in found.output
    assert "Traceback" not in found.output


def test_parts_of_a_lot_end_apart_and_no_kilogram_twice(replay, tmp_path):
    """Two of six flats are reclaimed, then the other four: each part books its own end against the landfill."""
    chains = json.loads((DATA / "worked_chains.json").read_text(encoding="utf-8"))
    lot = next(chain for chain in chains["chains"] if chain["id"] == "C06")
    gift = {**lot["events"][0], "units": "6"}
    stream = {**lot["events"][-1]["inputs"]["streams"][0]}

    def reclaimed(on, mass, **more):
        inputs = {"streams": [{**stream, "mass_kg": mass}]}
        return {"on": on, "event": "reclaim", "item": "counter", "from": "workshop_b", "to": "recycler_d",
                "mass_weighed_kg": mass, "inputs": inputs, **more}  # fmt: skip

    events = [gift, reclaimed("2026-08-01", "100", units="2", becomes="two"), reclaimed("2026-09-01", "200")]
    for event in events:
        event.pop("expected", None)
    path = tmp_path / "parts.json"
    path.write_text(json.dumps({"chains": [{"id": "X", "events": events}]}), encoding="utf-8")
    found = replay(path)
    assert found.exit_code == 0, found.output
    assert "1 chains, 3 events, 5 entries" in found.output
