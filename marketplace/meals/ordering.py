"""How much to order next time, from what was left of the last days. Pure.

The reasoning is meant to be read: each of the last days says how many meals a person ate of what was ordered; the next
order covers the day on which most was eaten, for as many as will sit at the table. It never asks for less than what has
been eaten once, and says how far the days lie apart.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

LAST_DAYS = 10  # what people ate a month ago says little of tomorrow
FEWEST_DAYS = 3  # with fewer there is nothing to go by
PORTION_GRAMS = 450  # a hot meal of the taxonomy: what is counted by weight becomes portions
MOST_DISHES = 8
ZERO = Decimal(0)


@dataclass(frozen=True)
class TableDay:
    """A day at the table: who sat there, what was ordered, what was left of it in portions."""

    day: date
    people: int | None
    ordered: int | None
    left: Decimal

    @property
    def meals(self) -> int | None:
        """What was ordered; as many as people where nobody wrote it down."""
        return self.ordered if self.ordered is not None else self.people

    @property
    def eaten(self) -> Decimal | None:
        """None where it is not known, or more was left than was ordered: then one of the two is wrong."""
        if self.meals is None or not self.people or self.left > self.meals:
            return None
        return self.meals - self.left

    @property
    def left_share(self) -> Decimal | None:
        """Of what was ordered, in percent."""
        if self.eaten is None or not self.meals:
            return None
        return self.left * 100 / self.meals


@dataclass(frozen=True)
class Proposal:
    """The next order for `people`, and what it rests on: meals eaten by so many, on the median day and the two
    extremes; the usual order; how many days, and how many were set aside because they do not add up."""

    people: int
    meals: int
    usual: int
    median: int
    least: int
    days: int
    set_aside: int
    left_percent: Decimal  # the median day's

    @property
    def fewer(self) -> int:
        """Than usual; never negative."""
        return max(self.usual - self.meals, 0)


@dataclass(frozen=True)
class Dish:
    """What is left again and again: on how many days, and how many portions in all."""

    title: str
    category: str
    days: int
    portions: Decimal


def portions(quantity: Decimal, unit: str, grams: int | None) -> Decimal:
    """So much of a dish as portions: itself, or its mass over that of a meal. `grams`: of one unit."""
    if unit == "portion":
        return quantity
    return quantity * (grams or 1000) / PORTION_GRAMS


def proposal(days: Iterable[TableDay], people: int) -> Proposal | None:
    """The next order for `people` from the last days that add up; None with too few of them."""
    last = sorted(days, key=lambda one: one.day, reverse=True)[:LAST_DAYS]
    known = [one for one in last if one.eaten is not None]
    if len(known) < FEWEST_DAYS or people <= 0:
        return None
    rates = sorted(one.eaten / one.people for one in known if one.eaten is not None and one.people)
    ordered = sorted(Decimal(one.meals) / one.people for one in known if one.meals is not None and one.people)
    left = sorted(one.left_share for one in known if one.left_share is not None)
    return Proposal(
        people=people,
        meals=_meals(rates[-1], people),
        usual=_meals(_median(ordered), people),
        median=_meals(_median(rates), people),
        least=_meals(rates[0], people),
        days=len(known),
        set_aside=len(last) - len(known),
        left_percent=_median(left) if left else ZERO,
    )


def _meals(rate: Decimal, people: int) -> int:
    """Whole meals, rounded up: nobody gets four fifths of one. A billionth less, so that 0.9 × 50 is 45."""
    return math.ceil(rate * people - Decimal("1e-9"))


def _median(values: Sequence[Decimal]) -> Decimal:
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def most_left(left: Iterable[tuple[str, str, date, Decimal]]) -> list[Dish]:
    """(title, category, day, portions) → the dishes that are left most, by portions and then by days."""
    found: dict[str, tuple[str, str, set[date], Decimal]] = {}
    for title, category, day, amount in left:
        key = " ".join(title.lower().split())
        name, kind, days, total = found.get(key, (title, category, set(), ZERO))
        found[key] = (name, kind, days | {day}, total + amount)
    dishes = [Dish(title, category, len(days), total) for title, category, days, total in found.values()]
    return sorted(dishes, key=lambda one: (-one.portions, -one.days, one.title))[:MOST_DISHES]
