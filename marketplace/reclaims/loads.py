"""What goes on which outing of a vehicle: never over its volume or its payload, nothing left behind. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from marketplace.reclaims.routing import Stop, Way


@dataclass(frozen=True)
class Room:
    """What a vehicle takes."""

    litres: int
    grams: int

    def takes(self, litres: int, grams: int) -> bool:
        return litres <= self.litres and grams <= self.grams


@dataclass(frozen=True)
class Part:
    """What one outing takes of a stop; `whole` when it is all of it."""

    stop: int
    litres: int
    grams: int
    whole: bool = True


def trips_for(litres: int, grams: int, room: Room) -> int:
    """How many times the vehicle must be filled for this much; once for nothing."""
    return max(1, -(-litres // room.litres), -(-grams // room.grams))


def parts_of(stops: Sequence[Stop], room: Room) -> list[Part]:
    """Each stop as what one outing can take of it: equal parts where it is too much for one."""
    found = []
    for number, stop in enumerate(stops):
        trips = trips_for(stop.litres, stop.grams, room)
        for trip in range(trips):
            litres = stop.litres // trips + (trip < stop.litres % trips)
            grams = stop.grams // trips + (trip < stop.grams % trips)
            found.append(Part(number, litres, grams, trips == 1))
    return found


def outings(known: Way, stops: Sequence[Stop], room: Room) -> list[list[Part]]:
    """The stops shared out over as many outings of one vehicle as it takes, none ever over its volume or payload: the
    stop farthest from the depot begins one, those nearest to it that still fit follow. Orders are `propose`'s."""
    left = parts_of(stops, room)
    found: list[list[Part]] = []
    while left:
        first = max(left, key=lambda part: (known.km[0][part.stop + 1], -part.stop))
        left.remove(first)
        load, litres, grams = [first], first.litres, first.grams
        while True:
            there = {part.stop for part in load}
            fits = [
                part for part in left
                if part.stop not in there and room.takes(litres + part.litres, grams + part.grams)
            ]  # fmt: skip
            if not fits:
                break
            chosen = min(fits, key=lambda part: (min(known.km[one + 1][part.stop + 1] for one in there), part.stop))
            left.remove(chosen)
            load.append(chosen)
            litres, grams = litres + chosen.litres, grams + chosen.grams
        found.append(load)
    return found
