"""A round of 30 stops: how long its order takes, and how long it is against what no round can go below.

No round is shorter than the shortest tree that joins its places (a round less one leg is such a tree): the ratio to it
says how far from the best an order may be at most. Beside it, where the extra `routing` is installed, the order that
OR-Tools finds in the same places. Stops are drawn around Lyon as a day's collections lie, always the same.
"""

import random
import statistics
import time

from bench.measuring import Figure
from bench.world import World
from marketplace.adapters.ortools_router import router
from marketplace.core.geo import great_circle_km
from marketplace.reclaims.routing import Stop, Way, cost, nearest_first, propose, way

STOPS, DAYS = 30, 20
LYON = (45.76, 4.85)
SECONDS = 0.3  # of a page, of which the order is a part
TO_TREE = 1.5
TO_SOLVER = 1.10
SOLVER_SECONDS = 1.0


def run(_world: World) -> list[Figure]:
    plain, windowed, took, first, late, beside = [], [], [], [], 0, []
    solver = router()
    for day in range(DAYS):
        roads = drawn(day)
        stops = [Stop(str(n), service=20) for n in range(STOPS)]
        began = time.perf_counter()
        order = propose(roads, stops)
        took.append(time.perf_counter() - began)
        length, tree = cost(roads, stops, order)[1], shortest_tree(roads)
        plain.append(length / tree)
        first.append(cost(roads, stops, nearest_first(roads, stops))[1] / tree)
        if solver is not None:
            other = solver.order(roads.km, roads.speed, [(None, None)] * STOPS, [20.0] * STOPS, SOLVER_SECONDS)
            if other is not None:
                beside.append(length / cost(roads, stops, other)[1])
        opening = with_windows(roads, order, day)
        began = time.perf_counter()
        kept = propose(roads, opening)
        took.append(time.perf_counter() - began)
        minutes_late, with_hours, _back = cost(roads, opening, kept)
        windowed.append(with_hours / tree)
        late += minutes_late > 0
    print(
        f"  {STOPS} arrêts : au plus proche {statistics.mean(first):.2f} fois l’arbre le plus court, puis déplacés"
        f" {statistics.mean(plain):.2f} ; avec des rendez-vous {statistics.mean(windowed):.2f}, dont {late} jours sur"
        f" {DAYS} où l’un d’eux est manqué",
        flush=True,
    )
    figures = [
        Figure(f"ordre de {STOPS} arrêts, le plus long de {2 * DAYS}", max(took), "s", SECONDS, False),
        Figure("longueur / arbre le plus court, en moyenne", statistics.mean(plain), "", TO_TREE, False),
        Figure("rendez-vous tenables et pourtant manqués, jours", late, "", 0.1 * DAYS, False),
    ]
    if beside:
        figures.append(Figure("longueur / celle d’OR-Tools, en moyenne", statistics.mean(beside), "", TO_SOLVER, False))
    else:
        print("  OR-Tools n’est pas installé (extra « routing ») : pas de comparaison", flush=True)
    return figures


def drawn(seed: int) -> Way:
    draw = random.Random(seed)
    places = [LYON, *((LYON[0] + draw.gauss(0, 0.12), LYON[1] + draw.gauss(0, 0.18)) for _stop in range(STOPS))]
    return way(places, 1.3, great_circle_km)


def with_windows(roads: Way, order: list[int], seed: int) -> list[Stop]:
    """Windows of two hours that this very order keeps: so every one of them can be kept."""
    draw = random.Random(seed)
    at, place, found = 0.0, 0, {}
    for stop in order:
        at += roads.minutes(place, stop + 1)
        opens = max(0.0, at - draw.uniform(0, 100))
        found[stop] = Stop(str(stop), opens, opens + 120 + 20, 20)
        at, place = at + 20, stop + 1
    return [found[stop] for stop in range(len(order))]


def shortest_tree(roads: Way) -> float:
    """Prim's: the length of the shortest tree over the depot and every stop."""
    size = len(roads.km)
    near, reached, length = list(roads.km[0]), {0}, 0.0
    while len(reached) < size:
        to = min((one for one in range(size) if one not in reached), key=near.__getitem__)
        length += near[to]
        reached.add(to)
        near = [min(near[one], roads.km[to][one]) for one in range(size)]
    return length
