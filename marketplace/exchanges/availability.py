"""How much of a stock is free, and when: sweeps over half-open intervals of days. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

ZERO = Decimal(0)


class Held(NamedTuple):
    """A quantity kept from `starts_on` until `ends_on`, that day excluded; None: without end."""

    starts_on: date
    ends_on: date | None
    quantity: Decimal


@dataclass(frozen=True)
class Free:
    """What is free from `starts_on` until `ends_on` (excluded; None: without end). Never negative."""

    starts_on: date
    ends_on: date | None
    quantity: Decimal


def free_intervals(total: Decimal, held: Iterable[Held], starts_on: date, ends_on: date | None = None) -> list[Free]:
    """What is free of `total` over [starts_on, ends_on), cut where it changes; neighbours differ.

    The whole interval is covered, without gap or overlap. An empty interval gives an empty list.
    """
    if ends_on is not None and ends_on <= starts_on:
        return []
    changes: dict[date, Decimal] = {starts_on: ZERO}
    for one in held:
        if one.ends_on is not None and (one.ends_on <= starts_on or one.ends_on <= one.starts_on):
            continue
        if ends_on is not None and one.starts_on >= ends_on:
            continue
        begins = max(one.starts_on, starts_on)
        changes[begins] = changes.get(begins, ZERO) + one.quantity
        if one.ends_on is not None and (ends_on is None or one.ends_on < ends_on):
            changes[one.ends_on] = changes.get(one.ends_on, ZERO) - one.quantity

    found: list[Free] = []
    taken = ZERO
    days = sorted(changes)
    for begins, stops in zip(days, [*days[1:], ends_on], strict=True):
        taken += changes[begins]
        free = max(total - taken, ZERO)
        if found and found[-1].quantity == free:
            found[-1] = Free(found[-1].starts_on, stops, free)
        else:
            found.append(Free(begins, stops, free))
    return found


def free_throughout(total: Decimal, held: Iterable[Held], starts_on: date, ends_on: date | None = None) -> Decimal:
    """The quantity that is free on each day of [starts_on, ends_on): what one may promise. 0 for no day at all."""
    return min((free.quantity for free in free_intervals(total, held, starts_on, ends_on)), default=ZERO)


@dataclass(frozen=True)
class Broken:
    """What is missing of a promise, from the first day it is missed; `ends_on` when it would be there again."""

    quantity: Decimal
    starts_on: date
    ends_on: date | None


def broken_promises(total: Decimal, promises: Iterable[tuple[int, Held]], facts: Iterable[Held]) -> dict[int, Broken]:
    """Which promises can no longer be kept whole beside `facts`, given in the order they were made: the earlier one is
    served first, and each counts for as much as can be kept of it."""
    taken = list(facts)
    found: dict[int, Broken] = {}
    for key, promise in promises:
        free = free_intervals(total, taken, promise.starts_on, promise.ends_on)
        least = min((one.quantity for one in free), default=ZERO)
        if least < promise.quantity:
            missed = [one for one in free if one.quantity < promise.quantity]
            found[key] = Broken(promise.quantity - least, missed[0].starts_on, missed[-1].ends_on)
        kept = min(least, promise.quantity)
        if kept > 0:
            taken.append(Held(promise.starts_on, promise.ends_on, kept))
    return found


def least_of(parts: Iterable[tuple[list[Free], Decimal]]) -> list[Free]:
    """How many sets can be made at each time, of parts that cover the same interval: (what is free of a part, how many
    of it one set takes). Cut where it changes; whole sets only where a part is counted."""
    given = list(parts)
    starts = sorted({one.starts_on for free, _each in given for one in free})
    found: list[Free] = []
    for begins, stops in zip(starts, [*starts[1:], given[0][0][-1].ends_on] if starts else [], strict=True):
        least = min(_at(free, begins) // each for free, each in given)
        if found and found[-1].quantity == least:
            found[-1] = Free(found[-1].starts_on, stops, least)
        else:
            found.append(Free(begins, stops, least))
    return found


def _at(free: list[Free], day: date) -> Decimal:
    return next(one.quantity for one in reversed(free) if one.starts_on <= day)
