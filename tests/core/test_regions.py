"""Regions of postcodes and of points."""

import pytest

from marketplace.core import geo, regions


@pytest.mark.parametrize(
    ("postcode", "lat", "lon", "code"),
    [
        ("69007", None, None, "84"),
        ("1000", None, None, "84"),  # 01000 in a spreadsheet
        ("20200", None, None, "94"),
        ("97400", None, None, "04"),
        ("97500", 46.8, -56.2, None),  # a collectivity in no region
        (None, 48.86, 2.35, "11"),
        (None, 43.30, 5.37, "93"),
        (None, -21.11, 55.53, "04"),
        ("nowhere", 47.22, -1.55, "52"),
        (None, 0.0, 0.0, None),
        (None, None, None, None),
    ],
)
def test_of_a_place(postcode, lat, lon, code):
    assert regions.of_place(postcode, lat, lon) == code


def test_every_department_is_in_one_region():
    departments = {place.department for place in geo.every_place()}
    assert {dept for dept in departments if regions.of_department(dept) is None} == {"975"}
    assert len(regions.NAMES) == 18
