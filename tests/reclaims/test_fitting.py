"""To whom a call is offered: a table of collectors and calls, and what holds for any of them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.geo import Point, great_circle_km
from marketplace.reclaims import fitting
from marketplace.reclaims.fitting import Carrier, Takes, Wanted, misfits
from marketplace.reclaims.streams import STREAMS

LYON, VIENNE = Point(45.7640, 4.8357), Point(45.5260, 4.8744)  # 27 km apart
VAN, LORRY = Carrier(Decimal(20), Decimal(900)), Carrier(Decimal(45), Decimal(5500))
TUESDAY, SATURDAY, SUNDAY = date(2026, 11, 24), date(2026, 11, 28), date(2026, 11, 29)
WORKING = frozenset({1, 2, 3, 4, 5})

CENTRE = Takes(
    point=VIENNE,
    radius_km=40,
    streams=frozenset({"wood", "metal"}),
    categories=frozenset({"flats", "furniture"}),
    carriers=(VAN,),
    weekdays=WORKING,
)
STRIKE = Wanted(
    point=LYON,
    days=(TUESDAY,),
    streams=frozenset({"wood"}),
    categories=frozenset({"flats"}),
    volume_m3=Decimal(14),
    mass_kg=Decimal(800),
)


@pytest.mark.parametrize(
    ("takes", "wanted", "why"),
    [
        ({}, {}, ()),
        ({"accepts": False}, {}, ("paused",)),
        ({"point": None}, {}, ("no_place",)),
        ({"radius_km": 26}, {}, ("far",)),
        ({"radius_km": 27}, {}, ()),
        ({}, {"within_km": 20}, ("beyond",)),
        ({}, {"streams": frozenset({"wood", "plaster"})}, ("kinds",)),
        ({}, {"categories": frozenset({"costumes"})}, ("kinds",)),
        ({}, {"hazardous": True}, ("hazardous",)),
        ({"streams": frozenset({"wood", "hazardous"})}, {"hazardous": True}, ()),
        ({}, {"volume_m3": Decimal(20)}, ()),
        ({}, {"volume_m3": Decimal("20.001")}, ("vehicles",)),  # the truck is too small
        ({"carriers": (replace(VAN, count=2),)}, {"volume_m3": Decimal(40)}, ()),
        ({"carriers": (VAN, LORRY)}, {"volume_m3": Decimal(65), "mass_kg": Decimal(6400)}, ()),
        ({}, {"mass_kg": Decimal(901)}, ("vehicles",)),  # it fits, and weighs too much
        ({"carriers": ()}, {}, ("vehicles",)),
        ({"capacity_m3": Decimal(13)}, {}, ("capacity",)),
        ({"capacity_kg": Decimal(799)}, {}, ("capacity",)),
        ({"capacity_kg": Decimal(1)}, {"mass_kg": None}, ()),  # nobody said what it weighs
        ({}, {"days": (SATURDAY, SUNDAY)}, ("closed",)),
        ({"weekdays": frozenset({6})}, {"days": (SATURDAY, SUNDAY)}, ()),
        ({"closings": ((date(2026, 11, 24), date(2026, 11, 25)),)}, {}, ("closed",)),
        ({"closings": ((date(2026, 11, 23), date(2026, 11, 24)),)}, {}, ()),  # it reopens that day
        ({"can_dismantle": False}, {"needs_dismantling": True}, ("dismantling",)),
        ({"radius_km": 5, "carriers": ()}, {"days": (SUNDAY,)}, ("far", "vehicles", "closed")),
    ],
)
def test_why_a_call_is_not_offered(takes, wanted, why):
    assert misfits(replace(CENTRE, **takes), replace(STRIKE, **wanted)) == why


@pytest.mark.parametrize(("km", "road"), [(0.0, "1"), (0.4, "1"), (10.0, "13"), (27.0, "35")])
def test_about_how_far_by_road(km, road):
    assert fitting.road_km(km) == Decimal(road)


points = st.builds(Point, st.floats(41, 51), st.floats(-5, 9))
some_streams = st.frozensets(st.sampled_from(STREAMS))
some_branches = st.frozensets(st.sampled_from(["flats", "furniture", "props", "costumes"]))
amounts = st.decimals("0.1", "200", places=3)
days = st.lists(st.dates(date(2026, 11, 1), date(2026, 12, 31)), min_size=1, max_size=5).map(tuple)
carriers = st.lists(st.builds(Carrier, amounts, amounts, st.integers(1, 3)), max_size=3).map(tuple)
takers = st.builds(
    Takes,
    point=points | st.none(),
    radius_km=st.integers(1, 1000),
    streams=some_streams,
    categories=some_branches,
    carriers=carriers,
    weekdays=st.frozensets(st.integers(1, 7)),
    capacity_m3=amounts | st.none(),
    capacity_kg=amounts | st.none(),
    can_dismantle=st.booleans(),
    accepts=st.booleans(),
)
calls = st.builds(
    Wanted,
    point=points,
    days=days,
    streams=some_streams,
    categories=some_branches,
    volume_m3=amounts,
    mass_kg=amounts | st.none(),
    hazardous=st.booleans(),
    needs_dismantling=st.booleans(),
    within_km=st.integers(1, 1000) | st.none(),
)


@given(takers, calls)
def test_nothing_is_offered_out_of_what_a_collector_takes(takes, wanted):
    """What is offered holds in every respect, read here again in words of its own."""
    if misfits(takes, wanted):
        return
    assert takes.accepts and takes.point is not None
    km = great_circle_km(takes.point, wanted.point)
    assert km <= takes.radius_km and (wanted.within_km is None or km <= wanted.within_km)
    assert all(stream in takes.streams for stream in wanted.streams)
    assert all(branch in takes.categories for branch in wanted.categories)
    assert not wanted.hazardous or "hazardous" in takes.streams
    assert wanted.volume_m3 <= sum(one.volume_m3 * one.count for one in takes.carriers)
    assert takes.capacity_m3 is None or wanted.volume_m3 <= takes.capacity_m3
    assert any(day.isoweekday() in takes.weekdays for day in wanted.days)
    assert takes.can_dismantle or not wanted.needs_dismantling


@given(takers, points, days)
def test_a_collector_that_takes_all_of_it_nearby_is_offered_it(takes, point, days):
    """The refusals above are not just everything: one that fits is offered the call."""
    able = replace(
        takes,
        point=point,
        accepts=True,
        carriers=(VAN,),
        weekdays=frozenset(range(1, 8)),
        capacity_m3=None,
        capacity_kg=None,
    )
    wanted = Wanted(point, days, able.streams, able.categories, Decimal(20), within_km=1)
    assert misfits(able, wanted) == ()
