"""How much of a stock is free, and when: sweeps over half-open intervals of days. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True)
class Held:
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
