"""The results as points of a map: none is lost, none is nearer than its commune, none tells of what is kept."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core import regions
from marketplace.core.errors import Invalid
from marketplace.search import mapping
from marketplace.search.mapping import SQUARES, Box, _Group, cell_squares, merged
from tests.factories import make_listing, make_organisation, make_user, sign_in

FRANCE = "41,-5,51,10"
ISLAND = {"site_id": None, "lat": -21.1, "lon": 55.5, "city": "Saint-Denis", "postcode": "97400"}


@pytest.mark.parametrize("text", ["", "1,2,3", "a,b,c,d", "51,-5,41,10", "1,2,3,4,5", "nan,0,1,1", "41;-5;51;10"])
def test_what_is_no_box(text):
    with pytest.raises(Invalid):
        mapping.box_of(text)


@given(st.floats(-60, 60), st.floats(-170, 170), st.floats(0.01, 25), st.floats(0.01, 40), st.integers(4, 11))
def test_whatever_is_in_sight_there_are_few_points(south, west, high, wide, zoom):
    box = mapping.widened(Box(south, west, min(south + high, 90), min(west + wide, 180)))
    rows, columns = cell_squares(box, zoom)
    cells = math.ceil((box.north - box.south) * SQUARES / rows) * math.ceil((box.east - box.west) * SQUARES / columns)
    assert cells <= mapping.MOST_CELLS


groups = st.dictionaries(st.tuples(st.integers(0, 6), st.integers(0, 6)), st.integers(1, 500), max_size=30)


@given(groups, st.integers(1, 20), st.integers(1, 20))
def test_points_that_would_cover_each_other_are_one_and_none_is_lost(counts, high, wide):
    found = [
        _Group(row, column, count, row * high, column * wide, row * high, row * high, column * wide, column * wide, n)
        for n, ((row, column), count) in enumerate(sorted(counts.items()))
    ]
    together = merged(found, high, wide)
    assert sum(group.count for group in together) == sum(counts.values())
    for group in together:
        assert group.south <= group.lat <= group.north and group.west <= group.lon <= group.east


def points(client, **parameters):
    answer = client.get("/annonces/carte.json", query_string={"bbox": FRANCE, "zoom": 6, **parameters})
    assert answer.status_code == 200
    return answer.get_json()


@pytest.mark.both_databases
def test_a_point_is_its_commune_and_never_the_door(client):
    house = make_organisation()
    made = make_listing(house, "Fauteuil", site_id=None, lat=45.7654321, lon=4.8765432)
    (cell,) = points(client)["cells"]
    assert cell["count"] == 1 and made.public_id in str(cell)
    for degrees, exact in ((cell["lat"], 45.7654321), (cell["lon"], 4.8765432)):
        assert degrees * SQUARES == pytest.approx(round(exact * SQUARES), abs=1e-6)
    assert "7654" not in str(cell) and "8765" not in str(cell)


@pytest.mark.both_databases
def test_points_follow_the_filters_and_overseas_is_counted_apart(client):
    house = make_organisation()
    make_listing(house, "Chaise", colours=["red"])
    make_listing(house, "Table")
    make_listing(house, "Banc", **ISLAND)
    everything = points(client, overseas=1)
    assert sum(cell["count"] for cell in everything["cells"]) == 2
    assert {region: inset["count"] for region, inset in everything["overseas"].items()} == {
        "01": "0", "02": "0", "03": "0", "04": "1", "06": "0",
    }  # fmt: skip
    assert sum(cell["count"] for cell in points(client, colour="red")["cells"]) == 1
    assert points(client, q="zeppelin")["cells"] == []


@pytest.mark.both_databases
def test_an_inset_shows_where_and_no_nearer_than_its_commune(client):
    house = make_organisation()
    for lat, lon in ((-21.1234567, 55.5), (-21.1198, 55.502), (-20.9, 55.5)):
        make_listing(house, "Banc", **ISLAND | {"lat": lat, "lon": lon})
    inset = points(client, overseas=1)["overseas"]["04"]
    assert inset["count"] == "3" and len(inset["points"]) <= 3
    assert "1234" not in str(inset) and "1198" not in str(inset)
    box = mapping.OVERSEAS["04"]
    assert all(box.south < lat < box.north and box.west < lon < box.east for lat, lon in inset["points"])
    assert points(client, overseas=1, q="zeppelin")["overseas"]["04"] == {"count": "0", "points": []}


def test_what_is_drawn_of_an_overseas_region_is_where_its_map_begins():
    drawn = json.loads((Path(__file__).parents[2] / "static/map/outremer.json").read_text(encoding="utf-8"))
    land = {one["properties"]["region"]: one["geometry"]["coordinates"] for one in drawn["features"]}
    assert set(land) == set(mapping.OVERSEAS)
    for region, parts in land.items():
        lons, lats = zip(*(point for part in parts for point in part[0]), strict=True)
        box = mapping.OVERSEAS[region]
        assert box.south < min(lats) < max(lats) < box.north and box.west < min(lons) < max(lons) < box.east
        assert (max(lats) - min(lats)) / (box.north - box.south) > 0.7
        assert regions.of_place(None, sum(lats) / len(lats), sum(lons) / len(lons)) == region


def test_the_map_of_an_overseas_region_begins_there(client):
    make_listing(make_organisation(), "Banc", **ISLAND)
    page = client.get("/annonces?view=map").get_data(as_text=True)
    assert 'data-box="41.3,-5.2,51.1,9.6"' in page
    assert '/annonces?region=04&amp;view=map" data-region="04"' in page
    there = client.get("/annonces?view=map&region=04").get_data(as_text=True)
    assert 'data-box="-21.43,55.17,-20.83,55.88"' in there and "Revenir à toute la France" in there


@pytest.mark.both_databases
def test_points_and_their_cards_tell_nothing_of_what_is_kept(client):
    owner = make_user("Alice")
    house = make_organisation(owner=owner)
    kept = make_listing(house, "Fauteuil gardé", visibility="organisation")
    addresses = (f"/annonces/carte.json?bbox={FRANCE}&zoom=6", f"/annonces/carte/fiches?bbox={FRANCE}")
    assert all(kept.public_id not in client.get(address).get_data(as_text=True) for address in addresses)
    sign_in(client, owner, house)
    assert all(kept.public_id in client.get(address).get_data(as_text=True) for address in addresses)


@pytest.mark.parametrize("query", ["", "?bbox=x&zoom=6", f"?bbox={FRANCE}", f"?bbox={FRANCE}&zoom=x", "?zoom=99999"])
def test_a_wrong_part_of_the_map_is_a_refusal(client, query):
    assert client.get(f"/annonces/carte.json{query}").status_code == 422
