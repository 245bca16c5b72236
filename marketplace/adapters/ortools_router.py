"""Rounds ordered by OR-Tools, where the optional extra `routing` is installed."""

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any

LATE = 1000  # what a minute late costs, against metres of way: no detour of a day's round is worth one
HORIZON = 3 * 24 * 60  # minutes


class OrToolsRouter:
    """One vehicle from the depot and back; windows are kept where they can be, lateness is dear."""

    def order(
        self,
        km: Sequence[Sequence[float]],
        speed_kmh: float,
        windows: Sequence[tuple[float | None, float | None]],
        service: Sequence[float],
        seconds: float,
    ) -> list[int] | None:
        if not windows:
            return []
        solver = _solver()
        manager = solver.IndexManager(len(km), 1, 0)
        model = solver.Model(manager)
        metres = [[round(one * 1000) for one in row] for row in km]
        minutes = [
            [round(one / speed_kmh * 60 + (service[a - 1] if a else 0)) for one in row] for a, row in enumerate(km)
        ]

        def length(a: int, b: int) -> int:
            return metres[manager.IndexToNode(a)][manager.IndexToNode(b)]

        def time(a: int, b: int) -> int:
            return minutes[manager.IndexToNode(a)][manager.IndexToNode(b)]

        model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitCallback(length))
        model.AddDimension(model.RegisterTransitCallback(time), HORIZON, HORIZON, True, "time")
        clock = model.GetDimensionOrDie("time")
        for stop, (opens, closes) in enumerate(windows):
            index = manager.NodeToIndex(stop + 1)
            if opens is not None and opens > 0:
                clock.CumulVar(index).SetMin(min(HORIZON, round(opens)))
            if closes is not None:
                latest = max(0, round(closes - service[stop]))
                clock.SetCumulVarSoftUpperBound(index, latest, LATE)
        solution = model.SolveWithParameters(_parameters(solver, seconds))
        if solution is None:
            return None
        order, index = [], model.Start(0)
        while not model.IsEnd(index):
            index = solution.Value(model.NextVar(index))
            node = manager.IndexToNode(index)
            if node:
                order.append(node - 1)
        return order


def _parameters(solver: Any, seconds: float) -> Any:
    parameters = solver.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = solver.FIRST
    parameters.local_search_metaheuristic = solver.GUIDED
    parameters.time_limit.FromMilliseconds(max(1, round(seconds * 1000)))
    return parameters


class _Solver:
    """What is used of OR-Tools, under one name whatever its release calls it."""

    def __init__(self) -> None:
        from ortools.constraint_solver import pywrapcp, routing_enums_pb2

        self.IndexManager = pywrapcp.RoutingIndexManager
        self.Model = pywrapcp.RoutingModel
        self.DefaultRoutingSearchParameters = pywrapcp.DefaultRoutingSearchParameters
        self.FIRST = routing_enums_pb2.FirstSolutionStrategy.PATH_CHEAPEST_ARC
        self.GUIDED = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH


@cache
def _solver() -> Any:
    return _Solver()


def router() -> OrToolsRouter | None:
    """The router, None where OR-Tools is not installed."""
    return OrToolsRouter() if find_spec("ortools") is not None else None
