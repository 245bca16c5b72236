"""In which order one truck makes its stops: nearest first, put in where it costs least, windows kept where they can be.

Pure. Distances are great circles times a road factor, the way is driven at one average speed, and every minute counts
from the moment the truck leaves. What cannot be kept is said, never hidden: `Visit.late` is by how much.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

SPEED_KMH = 35  # in and around a town, a truck, lights included; a round may say otherwise
EXACT = 7  # so many stops are tried in every order
STEPS = 200  # of improving; a few dozen are enough for a day
_LITTLE = 1e-9


@dataclass(frozen=True)
class Stop:
    """`opens` and `closes` in minutes after the truck leaves (None: whenever); loading must be over at `closes`."""

    key: str
    opens: float | None = None
    closes: float | None = None
    service: float = 30
    litres: int = 0
    grams: int = 0


@dataclass(frozen=True)
class Way:
    """Road kilometres between places, the depot first: place n + 1 is stop n. `speed` in km/h."""

    km: tuple[tuple[float, ...], ...]
    speed: float = SPEED_KMH

    def minutes(self, a: int, b: int) -> float:
        return self.km[a][b] / self.speed * 60


@dataclass(frozen=True)
class Visit:
    """What happens at a stop: minutes after leaving, road km since the place before, minutes `late` for its window."""

    stop: int
    km: float
    arrives: float
    begins: float
    leaves: float
    late: float


@dataclass(frozen=True)
class Timetable:
    visits: tuple[Visit, ...]
    km: float  # the way back included
    back: float  # minutes after leaving

    @property
    def late(self) -> float:
        return sum(visit.late for visit in self.visits)


def way(
    places: Sequence[tuple[float, float]],
    road_factor: float,
    distance: Callable[[tuple[float, float], tuple[float, float]], float],
    speed: float = SPEED_KMH,
) -> Way:
    """The distances between `places` (the depot first), by the great-circle `distance` in km."""
    km = [[0.0] * len(places) for _place in places]
    for a, one in enumerate(places):
        for b in range(a):
            km[a][b] = km[b][a] = distance(one, places[b]) * road_factor
    return Way(tuple(map(tuple, km)), speed)


def timetable(known: Way, stops: Sequence[Stop], order: Sequence[int]) -> Timetable:
    """When each stop of `order` is made; whoever comes early waits until it opens."""
    at, place, km, visits = 0.0, 0, 0.0, []
    for stop in order:
        here, leg = stops[stop], known.km[place][stop + 1]
        at += known.minutes(place, stop + 1)
        arrives = at
        begins = max(at, here.opens) if here.opens is not None else at
        at = begins + here.service
        late = max(0.0, at - here.closes) if here.closes is not None else 0.0
        visits.append(Visit(stop, leg, arrives, begins, at, late if late > 1e-6 else 0.0))
        km += leg
        place = stop + 1
    home = known.km[place][0]
    return Timetable(tuple(visits), km + home, at + known.minutes(place, 0))


def cost(known: Way, stops: Sequence[Stop], order: Sequence[int]) -> tuple[float, float, float]:
    """What an order is judged by: minutes late, then km, then the hour of return."""
    at, place, km, late = 0.0, 0, 0.0, 0.0
    per_km = 60 / known.speed
    for stop in order:
        leg = known.km[place][stop + 1]
        km += leg
        here = stops[stop]
        at += leg * per_km
        if here.opens is not None and at < here.opens:
            at = here.opens
        at += here.service
        if here.closes is not None and at > here.closes + 1e-6:
            late += at - here.closes
        place = stop + 1
    home = known.km[place][0]
    return late, km + home, at + home * per_km


def propose(known: Way, stops: Sequence[Stop]) -> list[int]:
    """An order of all stops, each once: of few the best there is, of many nearest first, then moved while it helps."""
    if len(stops) <= EXACT:
        return _best(known, stops)
    return improved(known, stops, nearest_first(known, stops))


def nearest_first(known: Way, stops: Sequence[Stop]) -> list[int]:
    """The stop nearest to the way so far (the depot at first) comes next, put in where the windows are kept and the
    detour is the smallest."""
    order: list[int] = []
    left = set(range(len(stops)))
    near = {stop: known.km[0][stop + 1] for stop in left}
    while left:
        stop = min(left, key=lambda one: (near[one], one))
        left.remove(stop)
        tries = [[*order[:place], stop, *order[place:]] for place in range(len(order) + 1)]
        order = min(tries, key=lambda one: cost(known, stops, one))
        for one in left:
            near[one] = min(near[one], known.km[stop + 1][one + 1])
    return order


def improved(known: Way, stops: Sequence[Stop], order: Sequence[int]) -> list[int]:
    """`order`, parts of it turned round and stops moved elsewhere while that makes it better; never worse. Each time
    the best of all such steps is taken."""
    best, price = list(order), cost(known, stops, order)
    for _step in range(STEPS):
        found = None
        for longer, build in _steps(best, known):
            if longer >= -_LITTLE and (price[0] <= _LITTLE or longer > 0.15 * price[1]):
                continue  # no shorter, and no window to be won by a detour that is worth it
            tried = build(best)
            now = cost(known, stops, tried)
            if now[0] < price[0] - _LITTLE or (now[0] <= price[0] + _LITTLE and now[1] < price[1] - _LITTLE):
                found, price = tried, now
        if found is None:
            break
        best = found
    return best


Build = Callable[[list[int]], list[int]]


def _steps(order: list[int], known: Way) -> Iterator[tuple[float, Build]]:
    """Orders one step away, each with by how much it is longer: a part turned round, or up to three stops in a row put
    elsewhere."""
    km, size = known.km, len(order)
    at = [0, *(stop + 1 for stop in order), 0]  # the place at position n is at[n]
    for a in range(1, size + 1):
        for b in range(a + 1, size + 1):
            longer = km[at[a - 1]][at[b]] + km[at[a]][at[b + 1]] - km[at[a - 1]][at[a]] - km[at[b]][at[b + 1]]
            yield longer, partial(_turned, a - 1, b)
    for many in (1, 2, 3):
        for a in range(1, size - many + 2):
            z = a + many - 1
            out = km[at[a - 1]][at[z + 1]] - km[at[a - 1]][at[a]] - km[at[z]][at[z + 1]]
            rest = at[:a] + at[z + 1 :]
            for place in range(len(rest) - 1):
                if place == a - 1:
                    continue
                before, after = rest[place], rest[place + 1]
                longer = out + km[before][at[a]] + km[at[z]][after] - km[before][after]
                yield longer, partial(_moved, a - 1, z, place)


def _turned(a: int, b: int, order: list[int]) -> list[int]:
    return order[:a] + order[a:b][::-1] + order[b:]


def _moved(a: int, b: int, place: int, order: list[int]) -> list[int]:
    part, rest = order[a:b], order[:a] + order[b:]
    return rest[:place] + part + rest[place:]


def _best(known: Way, stops: Sequence[Stop]) -> list[int]:
    """Every order, those that are worse already left early."""
    best: list[int] = list(range(len(stops)))
    price: tuple[float, float] = cost(known, stops, best)[:2]

    def go(order: list[int], left: frozenset[int], at: float, km: float, late: float) -> None:
        nonlocal best, price
        place = order[-1] + 1 if order else 0
        if not left:
            whole = (late, km + known.km[place][0])
            if whole < (price[0] - _LITTLE, 0) or (whole[0] <= price[0] + _LITTLE and whole[1] < price[1] - _LITTLE):
                best, price = list(order), whole
            return
        for stop in sorted(left, key=lambda one: known.km[place][one + 1]):
            here, leg = stops[stop], known.km[place][stop + 1]
            begins = at + known.minutes(place, stop + 1)
            if here.opens is not None:
                begins = max(begins, here.opens)
            leaves = begins + here.service
            over = max(0.0, leaves - here.closes) if here.closes is not None else 0.0
            over = late + (over if over > 1e-6 else 0.0)
            if over > price[0] + _LITTLE or (over >= price[0] - _LITTLE and km + leg >= price[1]):
                continue
            go([*order, stop], left - {stop}, leaves, km + leg, over)

    go([], frozenset(range(len(stops))), 0.0, 0.0, 0.0)
    return best


def only(known: Way, stops: Sequence[Stop], chosen: Sequence[int]) -> tuple[Way, list[Stop]]:
    """The way and the stops of some of them, numbered anew in the order of `chosen`."""
    places = [0, *(stop + 1 for stop in chosen)]
    km = tuple(tuple(known.km[a][b] for b in places) for a in places)
    return Way(km, known.speed), [stops[stop] for stop in chosen]


def leaving(known: Way, stops: Sequence[Stop]) -> float:
    """Minutes after the stops' zero at which the truck best leaves: so that it is at the first stop that opens when it
    opens. Stops without an hour do not count; 0 where none has one."""
    starts = [stop.opens - known.minutes(0, number + 1) for number, stop in enumerate(stops) if stop.opens is not None]
    return min(starts, default=0.0)


def shifted(stops: Sequence[Stop], minutes: float) -> list[Stop]:
    """The same windows counted from `minutes` later."""
    return [
        replace(
            stop,
            opens=None if stop.opens is None else stop.opens - minutes,
            closes=None if stop.closes is None else stop.closes - minutes,
        )
        for stop in stops
    ]
