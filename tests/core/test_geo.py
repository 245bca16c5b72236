"""Postcodes, communes and distances, with the traps of French postcodes."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core import geo
from marketplace.core.geo import (
    Point,
    bounding_box,
    cedex,
    communes,
    department,
    find_communes,
    great_circle_km,
    locate,
)


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("Lyon", "Lyon"),
        ("lyon 7e", "Lyon 7e"),
        ("Lyon 7ème arrondissement", "Lyon 7e"),
        ("Paris 11", "Paris 11e"),
        ("paris 1er", "Paris 1er"),
        ("69007", "Lyon 7e"),
        ("69 007", "Lyon 7e"),
        ("F-69007", "Lyon 7e"),
        ("69007 Lyon", "Lyon 7e"),
        ("75116", "Paris 16e"),
        ("13004", "Marseille 4e"),  # also a corner of the 12th
        ("1000", "01000"),  # a spreadsheet ate the zero; two communes
        ("01000", "01000"),
        ("01000 Bourg-en-Bresse", "Bourg-en-Bresse"),
        ("59000", "59000"),
        ("59000 Lille", "Lille"),
        ("St-Etienne", "Saint-Étienne"),
        ("SAINT ÉTIENNE", "Saint-Étienne"),
        ("Vendoeuvres", "Vendœuvres"),
        ("l’haÿ-les-roses", "L'Haÿ-les-Roses"),
        ("havre", "Le Havre"),
        ("Villeurb", "Villeurbanne"),
        ("Saint-Denis", "Saint-Denis (93)"),
        ("saint-denis 974", "Saint-Denis (974)"),
        ("38054 Grenoble CEDEX 9", "Grenoble"),
        ("75380 CEDEX 08", "Paris"),
        ("69435", "Lyon"),
        ("13288", "Marseille"),
        ("92109", "Boulogne-Billancourt"),
        ("38317", "Bourgoin-Jallieu"),
    ],
)
def test_where_is(typed, label):
    spot = locate(typed)
    assert spot is not None
    assert spot.label == label


@pytest.mark.parametrize("typed", ["", " ", "zzzz", "99999", "00000", "x", "\x00", "\ud800", "1" * 500, "-1", "10^30"])
def test_nowhere(typed):
    assert locate(typed) is None


def test_twins_are_offered():
    spot = locate("Saint-Denis")
    assert {"974", "11", "30"} <= {place.department for place in spot.others}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("20000", "2A"),
        ("20137", "2A"),
        ("20200", "2B"),
        ("2A004", "2A"),
        ("97410", "974"),
        ("97500", "975"),
        ("01000", "01"),
        ("69381", "69"),
    ],
)
def test_department(code, expected):
    assert department(code) == expected


def test_corsican_postcodes_reach_their_own_department():
    assert {p.department for p in communes("20200")} == {"2B"}
    assert {p.department for p in communes("20000")} == {"2A"}


def test_overseas_point_is_said_to_be_the_territorys():
    assert {p.precision for p in communes("97410")} == {"territory"}


def test_one_postcode_many_communes_stands_for_their_middle():
    places = max(geo._gazetteer().by_postcode.values(), key=len)
    assert len(places) == 46
    spot = locate(places[0].postcode)
    assert spot.precision == "postcode"
    assert max(great_circle_km(spot.point, p.point) for p in places) < 40
    assert len(communes(places[0].postcode)) == 46


def test_cedex_is_only_for_unknown_codes():
    assert cedex("69007") is None
    assert cedex("69435").precision == "cedex"
    assert cedex("99999") is None


def test_suggestions_put_the_exact_name_first():
    assert find_communes("lyon", 3)[0].commune == "Lyon"
    assert find_communes("Vienne", 3)[0].commune == "Vienne"
    assert find_communes("6900", 3)[0].postcode == "69001"
    assert find_communes("") == []
    assert len(find_communes("saint", 5)) == 5


def test_every_postcode_of_the_file_is_found():
    for code in geo._gazetteer().by_postcode:
        assert locate(code) is not None, code


def test_read_once_and_fast():
    geo.locate("Lyon")
    before = time.thread_time()
    for _ in range(200):
        geo.locate("Saint-Étienne")
        geo.find_communes("vill")
    assert time.thread_time() - before < 2
    assert geo._gazetteer() is geo._gazetteer()


def test_known_distances():
    assert great_circle_km(locate("Paris").point, locate("Lyon").point) == pytest.approx(392, abs=3)
    assert great_circle_km(Point(0, 0), Point(0, 180)) == pytest.approx(20015.1, abs=1)
    assert great_circle_km(Point(45, 5), Point(45, 5)) == 0


points = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))


@given(points, points, st.floats(0.1, 5000))
def test_the_box_holds_every_point_within_reach(centre, other, km):
    if great_circle_km(centre, other) > km:
        return
    south, north, west, east = bounding_box(centre, km)
    slack = 1e-6
    assert south - slack <= other.lat <= north + slack
    assert west - slack <= other.lon <= east + slack or (west, east) == (-180.0, 180.0)
