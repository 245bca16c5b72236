"""Listings over the API: shapes, rights, what a stranger sees, photos."""

import io

import pytest
from PIL import Image

from marketplace.catalogue.models import Listing
from marketplace.core.db import db
from tests import factories

CONTRACT = {
    "reference": "FE-0042", "title": "Feuille de décor 3 m", "description": "Peinte.", "category": "flat_panel",
    "modes": ["donate", "rent", "sell"], "quantity": 6, "unit": "piece", "length_cm": 120, "width_cm": 4,
    "height_cm": 300, "mass_kg": "17.9", "mass_source": "weighed",
    "materials": [{"key": "plywood", "share": 50}, {"key": "softwood", "share": 50}], "condition": "good",
    "period": "1970s", "colours": ["white"], "fire_rating": "M3", "replacement_value_cents": 30000,
    "price_cents": 9000, "weekly_rate_cents": 4000, "deposit_cents": 20000, "available_from": "2026-01-01",
    "gone_by": None, "visibility": "public", "handling": {"dismantling": True, "people": 2, "vehicle": "van_20m3"},
    "rental_coefficients": [100, 60, 40, 20], "grace_days": 0, "minimum_cents": 2500, "longest_rental_days": 90,
    "prep_days": 1, "turnaround_days": 2, "asks_insurance": True, "takes_offers": True, "open_to_public": True,
    "acquired": "reuse", "uses_expected": 30, "uses_made": 2, "route_avoided": "landfill", "shelf": "Allée 3",
}  # fmt: skip


def jpeg(colour: str = "navy") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(out, "JPEG")
    return out.getvalue()


@pytest.mark.both_databases
def test_a_listing_is_given_back_as_it_was_taken(program, giver):
    ours = program(giver, "listings")
    sent = CONTRACT | {"site": factories.site_of(giver).public_id}
    answer = ours.post("/listings", sent)
    assert answer.status_code == 201
    body = answer.get_json()
    assert {name: body[name] for name in sent} == sent
    assert (body["state"], body["photos"], len(body["id"])) == ("draft", [], 13)
    assert body["organisation"] == {"id": giver.public_id, "name": giver.name}
    assert ours.get(f"/listings/{body['id']}").get_json() == body


@pytest.mark.both_databases
def test_the_questions_of_a_category_and_the_origin(program, giver):
    ours, visitor = program(giver, "listings"), program()
    coat = {"category": "coat", "title": "Manteau", "made_for": "Les Heures creuses", "origin_hidden": True,
            "traits": {"size_label": "M", "chest_cm": 96, "cleaned": True}}  # fmt: skip
    sent = CONTRACT | coat | {"site": factories.site_of(giver).public_id}
    listing = ours.post("/listings", sent).get_json()
    assert {name: listing[name] for name in coat} == coat
    refused = ours.patch(f"/listings/{listing['id']}", {"traits": {"voltage_v": 230}})
    assert (refused.status_code, list(refused.get_json()["errors"])) == (422, ["traits.voltage_v"])
    refused = ours.patch(f"/listings/{listing['id']}", {"traits": {"chest_cm": "large", "moon": 1}})
    assert refused.status_code == 422
    assert ours.patch(f"/listings/{listing['id']}", {"traits": {"chest_cm": None, "wearer": "man"}}).get_json()[
        "traits"
    ] == {"wearer": "man"}
    ours.post(f"/listings/{listing['id']}/publish")
    seen = visitor.get(f"/listings/{listing['id']}").get_json()
    assert (seen["traits"], seen["made_for"], seen["origin_hidden"]) == ({"wearer": "man"}, None, None)
    changed = ours.patch(f"/listings/{listing['id']}", {"category": "chair"}).get_json()
    assert changed["traits"] == {}, "a chair has no wearer"
    assert ours.patch(f"/listings/{listing['id']}", {"origin_hidden": False}).status_code == 200
    assert visitor.get(f"/listings/{listing['id']}").get_json()["made_for"] == "Les Heures creuses"


@pytest.mark.both_databases
def test_terms_left_out_are_the_usual_ones_and_the_shelf_is_for_its_house(program, giver):
    ours, visitor = program(giver, "listings"), program()
    usual = {
        "rental_coefficients": [100, 50, 50, 0], "grace_days": 1, "minimum_cents": None, "longest_rental_days": 365,
        "prep_days": 0, "turnaround_days": 0, "asks_insurance": False, "takes_offers": False, "open_to_public": False,
        "acquired": None, "uses_expected": None, "uses_made": None, "route_avoided": None, "shelf": None,
    }  # fmt: skip
    bare = {name: value for name, value in CONTRACT.items() if name not in usual}
    listing = ours.post("/listings", bare | {"site": factories.site_of(giver).public_id}).get_json()
    assert {name: listing[name] for name in usual} == usual
    changed = ours.patch(f"/listings/{listing['id']}", {name: CONTRACT[name] for name in usual}).get_json()
    assert {name: changed[name] for name in usual} == {name: CONTRACT[name] for name in usual}
    again = ours.patch(f"/listings/{listing['id']}", {name: CONTRACT[name] for name in usual}).get_json()
    assert again["version"] == changed["version"], "what is so already is no change"
    ours.post(f"/listings/{listing['id']}/publish")
    seen = visitor.get(f"/listings/{listing['id']}").get_json()
    assert {name: seen[name] for name in usual} == {name: CONTRACT[name] for name in usual} | {"shelf": None}
    emptied = ours.patch(f"/listings/{listing['id']}", dict.fromkeys(usual)).get_json()
    assert {name: emptied[name] for name in usual} == usual


def test_publishing_names_what_looks_like_it_and_goes_out(program, giver):
    ours = program(giver, "listings")
    twin = factories.make_listing(giver, "Feuilles de décor 3 m")
    sent = CONTRACT | {"site": factories.site_of(giver).public_id, "width_cm": None}
    draft = ours.post("/listings", sent).get_json()
    published = ours.post(f"/listings/{draft['id']}/publish").get_json()
    assert published["state"] == "published"
    assert published["alike"] == [
        {
            "id": twin.public_id,
            "title": "Feuilles de décor 3 m",
            "url": f"/annonces/{twin.public_id}-feuilles-de-decor-3-m",
        }
    ]


def test_a_draft_may_lack_anything_and_publishing_names_what_is_missing(program, giver):
    ours = program(giver, "listings")
    draft = ours.post("/listings", {"modes": ["sell"]}).get_json()
    refusal = ours.post(f"/listings/{draft['id']}/publish")
    assert refusal.status_code == 422
    assert set(refusal.get_json()["errors"]) == {
        "title", "category", "quantity", "unit", "condition", "price_cents", "site",
    }  # fmt: skip


@pytest.mark.both_databases
def test_publish_find_patch_withdraw(program, giver):
    ours, visitor = program(giver, "listings"), program()
    listing = ours.post("/listings", CONTRACT | {"site": factories.site_of(giver).public_id}).get_json()
    assert visitor.get("/listings").get_json()["total"] == 0
    assert visitor.get(f"/listings/{listing['id']}").status_code == 404
    published = ours.post(f"/listings/{listing['id']}/publish").get_json()
    assert published.pop("alike") == []
    assert (published["state"], published["free"]) == ("published", 6)
    assert published["avoided"]["status"] == "counted"

    found = visitor.get("/listings", query_string={"q": "feuille decor", "mode": "donate", "category": "flat_panel"})
    assert [item["id"] for item in found.get_json()["items"]] == [listing["id"]]
    seen = found.get_json()["items"][0]
    assert seen == visitor.get(f"/listings/{listing['id']}").get_json()
    assert (seen["site"], seen["lat"], seen["lon"], seen["origin_production"]) == (None,) * 4
    assert seen["city"] == "Villeurbanne"

    changed = ours.patch(f"/listings/{listing['id']}", {"title": "Feuilles blanches", "version": published["version"]})
    assert changed.status_code == 200
    assert changed.get_json() == published | {
        name: changed.get_json()[name] for name in ("title", "version", "updated_at", "url")
    }
    stale = ours.patch(f"/listings/{listing['id']}", {"title": "Trop tard", "version": published["version"]})
    assert (stale.status_code, stale.get_json()["version"]) == (409, changed.get_json()["version"])

    assert ours.post(f"/listings/{listing['id']}/publish").status_code == 409
    assert ours.post(f"/listings/{listing['id']}/withdraw").get_json()["state"] == "withdrawn"
    assert visitor.get("/listings").get_json()["total"] == 0
    assert visitor.get(f"/listings/{listing['id']}").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "x"), ("state", "published"), ("organisation", "x"), ("photos", []), ("version", 3), ("nothing", 1),
        ("quantity", -1), ("quantity", "beaucoup"), ("quantity", [1]), ("mass_kg", "0"), ("mass_kg", {}),
        ("price_cents", -5), ("price_cents", 1.5), ("category", "nothing"), ("modes", "donate"), ("modes", ["steal"]),
        ("unit", "dozen"), ("condition", 3), ("title", ["a"]), ("title", "x" * 141),
        ("materials", [{"key": "plywood"}]),
        ("materials", [{"key": "plywood", "share": 60}]), ("site", "aaaaaaaaaaaaa"), ("lat", 91), ("gone_by", "demain"),
        ("gone_by", "2026-02-30"), ("visibility", "everybody"), ("handling", {"people": 0}), ("handling", []),
        ("length_cm", 10**30), ("prep_days", 15), ("turnaround_days", "trois"), ("grace_days", 7),
        ("longest_rental_days", 367), ("minimum_cents", -1), ("rental_coefficients", [100, 50, 50]),
        ("rental_coefficients", [100, 50, 50, 101]), ("rental_coefficients", "100"), ("asks_insurance", "maybe"),
        ("takes_offers", []), ("open_to_public", {}), ("acquired", "found"), ("uses_expected", 0), ("shelf", "x" * 41),
    ],
)  # fmt: skip
def test_each_wrong_value_is_named_and_nothing_is_written(program, giver, field, value):
    answer = program(giver).post("/listings", CONTRACT | {field: value})
    assert answer.status_code == 422
    assert any(name.split(".")[0] == field for name in answer.get_json()["errors"])
    assert db.session.query(Listing).count() == 0


def test_a_strangers_site_is_no_site_of_ours(program, giver, stranger):
    answer = program(giver).post("/listings", {"site": factories.site_of(stranger).public_id})
    assert "site" in answer.get_json()["errors"]


def test_to_a_stranger_it_does_not_exist(program, giver, stranger):
    draft = factories.make_listing(giver, published=False)
    out = factories.make_listing(giver)
    theirs = program(stranger, "admin")
    assert theirs.get(f"/listings/{draft.public_id}").status_code == 404
    assert theirs.get(f"/listings/{out.public_id}").status_code == 200
    nothing = theirs.post("/listings/aaaaaaaaaaaaa/publish").get_json()
    for listing in (draft, out):
        for call, path, body in (
            ("PATCH", "", {"title": "À nous"}),
            ("PATCH", "", {"title": ["wrong"]}),
            ("POST", "/publish", None),
            ("POST", "/withdraw", None),
        ):
            answer = theirs.call(call, f"/listings/{listing.public_id}{path}", json=body)
            assert answer.status_code == 404, (call, path)
            assert answer.get_json() | {"request_id": ""} == nothing | {"request_id": ""}
        photo = {"photo": (io.BytesIO(jpeg()), "a.jpg")}
        assert theirs.call("POST", f"/listings/{listing.public_id}/photos", data=photo).status_code == 404
    assert theirs.get("/listings").get_json()["total"] == 1


def test_drafts_and_partial_visibility_stay_out_of_lists(program, giver, stranger):
    factories.make_listing(giver, "Un brouillon", published=False)
    inside = factories.make_listing(giver, "Pour nous", visibility="organisation")
    assert program().get("/listings").get_json()["total"] == 0
    assert program(stranger).get("/listings").get_json()["total"] == 0
    assert program(giver, "carbon").get("/listings").get_json()["total"] == 0  # a scope that does not reach
    found = program(giver, "read").get("/listings").get_json()
    assert [item["id"] for item in found["items"]] == [inside.public_id]


def test_pages_follow_each_other(program, giver):
    for number in range(5):
        factories.make_listing(giver, f"Chaise {number}", category_key="chair")
    visitor, seen = program(), []
    path = "/listings?q=chaise&per_page=2"
    while path:
        body = visitor.get(path).get_json()
        assert body["total"] == 5
        seen += [item["id"] for item in body["items"]]
        path = body["next"] and body["next"].removeprefix("/api/v1")
    assert len(seen) == len(set(seen)) == 5
    assert visitor.get("/listings?q=chaise&per_page=2&page=9").get_json()["items"] == []


@pytest.mark.both_databases
def test_photos(program, giver, run_jobs):
    listing = factories.make_listing(giver)
    ours = program(giver)
    answer = ours.call("POST", f"/listings/{listing.public_id}/photos", data={"photo": (io.BytesIO(jpeg()), "a.jpg")})
    assert answer.status_code == 201
    assert (answer.get_json()["state"], answer.get_json()["sizes"]) == ("received", {})
    assert program().get(f"/listings/{listing.public_id}").get_json()["photos"] == []
    run_jobs()
    (photo,) = program().get(f"/listings/{listing.public_id}").get_json()["photos"]
    assert (photo["id"], photo["state"]) == (answer.get_json()["id"], "ready")
    assert set(photo["sizes"]) == {"320", "800", "1600"}
    assert photo["sizes"]["320"]["webp"].startswith("/photos/")


@pytest.mark.parametrize(
    ("filename", "data"),
    [
        ("a.jpg", b"<svg/>"),
        ("a.svg", b"<svg/>"),
        ("a.png", jpeg()),
        ("a.jpg", b""),
        ("", jpeg()),
        ("a.jpg", jpeg()[:300] * 2),
    ],
)
def test_what_is_no_photo_is_refused(program, giver, filename, data, run_jobs):
    listing = factories.make_listing(giver)
    answer = program(giver).call(
        "POST", f"/listings/{listing.public_id}/photos", data={"photo": (io.BytesIO(data), filename)}
    )
    if answer.status_code == 201:  # the header was fine: the worker sees the rest
        run_jobs()
        (photo,) = program(giver).get(f"/listings/{listing.public_id}").get_json()["photos"]
        assert photo["state"] == "failed"
    else:
        assert answer.status_code == 422
        assert "photo" in answer.get_json()["errors"]


def test_a_photo_that_is_not_multipart(program, giver):
    listing = factories.make_listing(giver)
    assert program(giver).post(f"/listings/{listing.public_id}/photos", {"photo": "x"}).status_code == 422
