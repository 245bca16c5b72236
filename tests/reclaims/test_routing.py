"""In which order a truck makes its stops: each once, never overloaded, windows kept or named."""

import random
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.adapters.ortools_router import router
from marketplace.core.geo import great_circle_km
from marketplace.reclaims.loads import Room, outings, parts_of, trips_for
from marketplace.reclaims.routing import (
    EXACT,
    Stop,
    cost,
    improved,
    leaving,
    nearest_first,
    only,
    propose,
    shifted,
    timetable,
    way,
)

LYON = (45.76, 4.85)
PLACE = st.tuples(st.floats(45.4, 46.1), st.floats(4.4, 5.3))
WINDOW = st.none() | st.tuples(st.integers(0, 600), st.integers(30, 300))


@st.composite
def days(draw, most=12):
    """A depot with stops around it, some with a window, each with a load."""
    places = [LYON, *draw(st.lists(PLACE, min_size=1, max_size=most))]
    stops = []
    for number in range(len(places) - 1):
        window = draw(WINDOW)
        opens, closes = (float(window[0]), float(window[0] + window[1])) if window else (None, None)
        loads = draw(st.integers(0, 60_000)), draw(st.integers(0, 9_000_000))
        stops.append(Stop(str(number), opens, closes, draw(st.integers(0, 60)), *loads))
    return way(places, 1.3, great_circle_km, 40), stops


@given(days())
@settings(max_examples=60)
def test_every_stop_once_and_what_is_late_is_named(day):
    roads, stops = day
    for order in (propose(roads, stops), nearest_first(roads, stops)):
        assert sorted(order) == list(range(len(stops)))
        times = timetable(roads, stops, order)
        late, km, back = cost(roads, stops, order)
        assert abs(times.late - late) < 1e-6 and abs(times.km - km) < 1e-6 and abs(times.back - back) < 1e-6
        at = 0.0
        for visit in times.visits:
            stop = stops[visit.stop]
            assert at <= visit.arrives <= visit.begins <= visit.leaves
            assert stop.opens is None or visit.begins >= stop.opens
            kept = stop.closes is None or visit.leaves <= stop.closes + 1e-6
            assert kept == (visit.late == 0)
            at = visit.leaves


@given(days(6))
@settings(max_examples=40)
def test_of_few_stops_no_order_is_better(day):
    roads, stops = day
    assert len(stops) <= EXACT
    best = min(cost(roads, stops, order)[:2] for order in permutations(range(len(stops))))
    own = cost(roads, stops, propose(roads, stops))[:2]
    assert own[0] <= best[0] + 1e-6 and (own[0] < best[0] - 1e-6 or own[1] <= best[1] + 1e-6)


@given(days(12))
@settings(max_examples=30)
def test_improving_never_makes_worse(day):
    roads, stops = day
    before = nearest_first(roads, stops)
    after = improved(roads, stops, before)
    assert sorted(after) == sorted(before)
    assert cost(roads, stops, after)[0] <= cost(roads, stops, before)[0] + 1e-6


@given(days(), st.integers(500, 50_000), st.integers(100_000, 10_000_000))
@settings(max_examples=60)
def test_no_outing_is_ever_overloaded_and_nothing_is_left_behind(day, litres, grams):
    roads, stops = day
    room = Room(litres, grams)
    loads = outings(roads, stops, room)
    taken = {number: [0, 0] for number in range(len(stops))}
    for load in loads:
        assert len({part.stop for part in load}) == len(load)
        assert room.takes(sum(part.litres for part in load), sum(part.grams for part in load))
        for part in load:
            taken[part.stop][0] += part.litres
            taken[part.stop][1] += part.grams
    assert taken == {number: [stop.litres, stop.grams] for number, stop in enumerate(stops)}


TRIPS = [
    ((52_000, 0), (45_000, 5_500_000), 2), ((45_000, 5_500_000), (45_000, 5_500_000), 1), ((0, 0), (500, 100_000), 1),
    ((1000, 250_000), (3000, 100_000), 3), ((50_001, 1), (50_000, 10), 2),
]  # fmt: skip


@pytest.mark.parametrize(("load", "room", "trips"), TRIPS)
def test_how_many_trips_a_load_takes(load, room, trips):
    assert trips_for(*load, Room(*room)) == trips
    parts = parts_of([Stop("a", litres=load[0], grams=load[1])], Room(*room))
    assert len(parts) == trips and all(Room(*room).takes(part.litres, part.grams) for part in parts)
    assert all(part.whole for part in parts) == (trips == 1)


def test_the_truck_waits_until_it_opens_and_leaves_in_time():
    roads = way([LYON, (45.76, 5.11)], 1.3, great_circle_km, 30)  # some 26 km by road: 52 minutes
    there = roads.minutes(0, 1)
    assert 45 < there < 60
    stop = Stop("a", 120.0, 200.0, 30)
    (visit,) = timetable(roads, [stop], [0]).visits
    assert (visit.arrives, visit.begins, visit.leaves, visit.late) == (there, 120.0, 150.0, 0.0)
    assert leaving(roads, [stop]) == 120.0 - there
    (shifted_stop,) = shifted([stop], 120.0 - there)
    assert abs(timetable(roads, [shifted_stop], [0]).visits[0].arrives - shifted_stop.opens) < 1e-9
    late = timetable(roads, [Stop("a", 0.0, 60.0, 30)], [0]).visits[0]
    assert abs(late.late - (there + 30 - 60)) < 1e-9


def test_a_window_is_kept_though_it_lengthens_the_way():
    places = [LYON, (45.76, 4.90), (45.76, 5.10)]  # one near, one far behind it
    roads = way(places, 1.3, great_circle_km, 40)
    assert propose(roads, [Stop("near"), Stop("far")]) in ([0, 1], [1, 0])
    assert propose(roads, [Stop("near", 150.0, 300.0), Stop("far", 0.0, 90.0)]) == [1, 0]
    some, chosen = only(roads, [Stop("near"), Stop("far")], [1])
    assert chosen == [Stop("far")] and some.km == ((0.0, roads.km[0][2]), (roads.km[2][0], 0.0))


def spread(seed, many=30):
    draw = random.Random(seed)
    places = [LYON, *((45.76 + draw.gauss(0, 0.12), 4.85 + draw.gauss(0, 0.18)) for _stop in range(many))]
    return way(places, 1.3, great_circle_km)


@pytest.mark.parametrize("seed", range(4))
def test_thirty_stops_are_near_the_shortest_tree(seed):
    """No round is shorter than the shortest tree over its places; ours is within 1.5 of it."""
    roads = spread(seed)
    length = cost(roads, stops := [Stop(str(n)) for n in range(30)], propose(roads, stops))[1]
    reached, tree = {0}, 0.0
    while len(reached) < 31:
        leg, to = min((roads.km[a][b], b) for a in reached for b in range(31) if b not in reached)
        tree, reached = tree + leg, reached | {to}
    assert tree <= length <= 1.5 * tree


@pytest.mark.skipif(router() is None, reason="the extra `routing` (OR-Tools) is not installed")
def test_the_solver_s_order_is_whole_and_ours_is_close():
    roads = spread(9)
    stops = [Stop(str(n)) for n in range(30)]
    order = router().order(roads.km, roads.speed, [(None, None)] * 30, [30.0] * 30, 1.0)
    assert sorted(order) == list(range(30))
    assert cost(roads, stops, propose(roads, stops))[1] <= 1.15 * cost(roads, stops, order)[1]
