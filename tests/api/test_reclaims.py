"""A collection over the API: asked for and sent in one call, answered, decided; each side reads its part."""

import pytest

from tests import factories
from tests.reclaims.trade import make_collector

BODY = {
    "street": "3 rue du Plateau",
    "postcode": "69100",
    "opens_at": "2026-11-24T17:00:00+01:00",
    "closes_at": "2026-11-25T02:00:00+01:00",
    "contents": [{"category": "flats", "volume_m3": 8}, {"stream": "wood", "volume_m3": "6.5", "note": "chutes"}],
    "contact_name": "Nadia",
    "send": {"radius_km": 50},
}
VISIT = {"starts_at": "2026-11-24T18:00:00+01:00", "ends_at": "2026-11-24T21:00:00+01:00", "vehicle": "van_20m3",
         "people": 2, "price_cents": -6000}  # fmt: skip


@pytest.fixture
def house(app):
    return factories.make_organisation("Les Films du Quai", "production_company")


@pytest.fixture
def programs(house, program):
    centre = make_collector("Le Contrechamp")
    other = make_collector("Le Tri")
    return [program(one) for one in (house, centre, other)]


def test_asked_for_answered_and_decided(programs):
    asker, centre, other = programs
    made = asker.post("/reclaims", BODY)
    assert made.status_code == 201, made.get_json()
    call = made.get_json()
    assert (call["state"], call["volume_m3"], call["side"]) == ("open", 14.5, "asker")
    assert {one["misfits"] == [] and bool(one["told_at"]) for one in call["recipients"]} == {True}
    seen = centre.get(f"/reclaims/{call['id']}").get_json()
    assert (seen["street"], seen["contact_name"], seen["recipients"], seen["side"]) == (None, None, [], "collector")
    assert centre.post(f"/reclaims/{call['id']}/offers", VISIT).status_code == 201
    assert other.post(f"/reclaims/{call['id']}/offers", {**VISIT, "price_cents": 24000}).status_code == 201
    assert [one["price_cents"] for one in centre.get(f"/reclaims/{call['id']}").get_json()["offers"]] == [-6000]
    offers = asker.get(f"/reclaims/{call['id']}").get_json()["offers"]
    chosen = asker.post(f"/reclaims/{call['id']}/choose", {"offer": offers[0]["id"]}).get_json()
    assert (chosen["state"], chosen["exchange_state"]) == ("chosen", "confirmed")
    again = asker.post(f"/reclaims/{call['id']}/choose", {"offer": offers[1]["id"]})
    assert again.status_code == 409 and again.get_json()["state"] == "chosen"
    assert centre.get(f"/reclaims/{call['id']}").get_json()["street"] == "3 rue du Plateau"
    assert other.get(f"/reclaims/{call['id']}").get_json()["exchange"] is None


def test_the_exchange_that_comes_of_it_is_read_listed_and_moved_without_lines(programs):
    asker, centre, _other = programs
    call = asker.post("/reclaims", BODY).get_json()
    centre.post(f"/reclaims/{call['id']}/offers", VISIT)
    offers = asker.get(f"/reclaims/{call['id']}").get_json()["offers"]
    exchange = asker.post(f"/reclaims/{call['id']}/choose", {"offer": offers[0]["id"]}).get_json()["exchange"]
    for one in (asker, centre):
        listed = one.get("/exchanges").get_json()
        assert [(row["id"], row["kind"], row["lines"]) for row in listed["items"]] == [(exchange, "reclaim", [])]
    code = centre.get(f"/exchanges/{exchange}").get_json()["hand_over_code"]
    moved = asker.post(f"/exchanges/{exchange}/moves", {"move": "hand_over", "code": code})
    assert moved.status_code == 200 and moved.get_json()["state"] == "handed_over"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"hazards": ["asbestos"]}, "hazards"),
        ({"contents": [{"stream": "wood", "category": "flats", "volume_m3": 1}]}, "contents"),
        ({"closes_at": "2026-11-24T16:00:00+01:00"}, "closes_at"),
        ({"send": {"recipients": ["aaaaaaaaaaaaa"]}}, "recipients"),
        ({"organisation": "aaaaaaaaaaaaa"}, "organisation"),
        ({"state": "chosen"}, "state"),
    ],
)
def test_what_cannot_be_is_refused_by_field_and_nothing_is_written(programs, changes, field):
    asker = programs[0]
    answer = asker.post("/reclaims", {**BODY, **changes})
    assert answer.status_code == 422 and field in answer.get_json()["errors"]
    assert asker.get("/reclaims").get_json()["total"] == 0


def test_lists_are_of_each_side(programs):
    asker, centre, _other = programs
    call = asker.post("/reclaims", {**BODY, "send": None}).get_json()
    assert call["state"] == "draft"
    assert centre.get("/reclaims?side=collector").get_json()["total"] == 0
    assert asker.post(f"/reclaims/{call['id']}/send", {"radius_km": 30}).status_code == 200
    assert [one["id"] for one in centre.get("/reclaims?side=collector").get_json()["items"]] == [call["id"]]
    assert centre.post(f"/reclaims/{call['id']}/decline", {"reason": "camion en panne"}).status_code == 200
    assert asker.post(f"/reclaims/{call['id']}/cancel", {}).get_json()["state"] == "cancelled"


def test_a_token_without_the_scope_may_not(house, program):
    reader = program(house, "read")
    assert reader.post("/reclaims", BODY).status_code == 403
    assert reader.get("/reclaims").status_code == 200
