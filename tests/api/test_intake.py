"""An intake over the API: weighed, given outcomes, closed by the exchange's move, corrected; refusals that say why."""

import pytest

from tests import factories
from tests.reclaims.intake_world import Dock, make_dock, part

pytestmark = pytest.mark.both_databases


@pytest.fixture
def dock(app) -> Dock:
    return make_dock()


def test_from_the_scale_to_the_ledger(program, dock):
    exchange = dock.loaded()
    ours, theirs = program(dock.centre), program(dock.company)
    path = f"/reclaims/{exchange}/weighings"
    made = ours.post(path, {"stream": "wood", "gross_kg": "1240.5", "tare_kg": 40.5, "what": "Panneaux"})
    assert made.status_code == 201
    found = made.get_json()
    (one,) = found["weighings"]
    assert (found["weighed_kg"], found["left_kg"], one["net_kg"], one["obliged"]) == ("1200", "1200", "1200", True)
    parts = [{"outcome": "to_stock", "mass_kg": "200", "title": "Châssis", "count": 2},
             {"outcome": "recycling", "destination": "Rhône Bois"}]  # fmt: skip
    said = ours.post(f"/reclaims/{exchange}/outcomes", {"weighing": one["id"], "outcomes": parts})
    assert said.status_code == 200 and said.get_json()["left_kg"] == "0"
    all_at_once = {"stream": "metal", "gross_kg": 160, "outcomes": [{"outcome": "recycling", "destination": "Fers"}]}
    assert ours.post(path, all_at_once).get_json()["weighed_kg"] == "1360"
    done = ours.post(f"/exchanges/{exchange}/moves", {"move": "complete"})
    assert done.status_code == 200 and done.get_json()["state"] == "completed"
    read = theirs.get(path).get_json()
    assert (read["state"], read["weighings"][0]["outcomes"][0]["listings"]) == ("completed", [])
    assert len(ours.get(path).get_json()["weighings"][0]["outcomes"][0]["listings"]) == 2
    figures = theirs.get(f"/exchanges/{exchange}/carbon").get_json()
    assert [entry["status"] for entry in figures["entries"]] == ["counted"]
    fix = {"stream": "metal", "gross_kg": 106, "replaces": read["weighings"][1]["id"], "reason": "Chiffres inversés",
           "outcomes": [{"outcome": "recycling", "destination": "Fers"}]}  # fmt: skip
    fixed = ours.post(path, fix)
    assert fixed.status_code == 201
    assert [(w["net_kg"], w["live"], w["reason"]) for w in fixed.get_json()["weighings"]] == [
        ("1200", True, ""),
        ("160", False, ""),
        ("106", True, "Chiffres inversés"),
    ]
    figures = theirs.get(f"/exchanges/{exchange}/carbon").get_json()
    assert [entry["status"] for entry in figures["entries"]] == ["counted", "reversal", "counted"]


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"stream": "wood", "gross_kg": 84, "tare_kg": 840}, "tare_kg"),
        ({"stream": "wood", "gross_kg": 84000}, "sure"),
        ({"stream": "wood", "gross_kg": 84, "material": "steel"}, "material"),
        ({"stream": "wood", "gross_kg": 84, "route": "eol.landfill.steel"}, "route"),
        ({"stream": "wood", "gross_kg": 84, "outcomes": [{"outcome": "recycling", "mass_kg": 85}]},
         "outcomes.0.destination"),
        ({"stream": "wood", "gross_kg": 84,
          "outcomes": [{"outcome": "recycling", "mass_kg": 85, "destination": "Ici"}]}, "outcomes"),
        ({"stream": "rocks", "gross_kg": 84}, "stream"),
        ({"stream": "wood", "gross_kg": 0}, "gross_kg"),
        ({"stream": "wood"}, "gross_kg"),
    ],
)  # fmt: skip
def test_a_wrong_weighing_is_a_422_that_names_the_field_and_writes_nothing(program, dock, sent, field):
    exchange = dock.loaded()
    answer = program(dock.centre).post(f"/reclaims/{exchange}/weighings", sent)
    assert answer.status_code == 422 and field in answer.get_json()["errors"]
    assert dock.everything(exchange) == []


@pytest.mark.one_database
def test_what_does_not_add_up_is_not_closed(program, dock):
    exchange = dock.loaded()
    dock.weighed(exchange, "wood", "840", part("recycling", "820"))
    answer = program(dock.centre).post(f"/exchanges/{exchange}/moves", {"move": "complete"})
    assert answer.status_code == 409
    assert (
        answer.get_json()["detail"].replace("\xa0", " ") == "Bois : 840 kg pesés, 820 kg attribués : il manque 20 kg."
    )


@pytest.mark.one_database
def test_the_other_side_reads_and_strangers_find_nothing(program, dock):
    exchange = dock.loaded()
    sent = {"stream": "wood", "gross_kg": 84}
    assert program(dock.company).post(f"/reclaims/{exchange}/weighings", sent).status_code == 403
    stranger = program(factories.make_organisation("Studio d’à côté", "production_company"))
    for answer in (
        stranger.get(f"/reclaims/{exchange}/weighings"),
        stranger.post(f"/reclaims/{exchange}/weighings", sent),
        stranger.post(f"/reclaims/{exchange}/outcomes", {"weighing": "abc", "outcomes": []}),
        program(dock.centre).post(f"/reclaims/{exchange}/outcomes", {"weighing": "abcdefghijklm", "outcomes": []}),
    ):
        assert answer.status_code == 404


@pytest.mark.one_database
def test_sent_again_with_its_key_it_is_weighed_once(program, dock):
    exchange, ours = dock.loaded(), program(dock.centre)
    for _time in range(2):
        answer = ours.post(
            f"/reclaims/{exchange}/weighings",
            {"stream": "wood", "gross_kg": 84},
            headers={"Idempotency-Key": "pesee-1"},
        )
        assert answer.status_code == 201
    assert len(dock.everything(exchange)) == 1
