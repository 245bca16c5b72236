"""What a rental costs: weeks by coefficients, one rounding a line. Pure; integer cents.

The rules are `product.md`'s: weeks = ceil((days − grace days) / 7), at least 1; week k takes coefficient
((k − 1) mod 4) of the listing's; the sum is taken of exact amounts and rounded once a line, half to even.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

COEFFICIENTS = (100, 50, 50, 0)  # percents of the weekly rate, of the first four weeks, then again
WEEK = 7


@dataclass(frozen=True)
class Terms:
    """What a listing asks for a week of one unit, kept on the line as it was agreed.

    `minimum_cents` is the least one line costs, reductions taken off; `reduction_percent` what the provider takes off.
    """

    weekly_rate_cents: int
    coefficients: tuple[int, ...] = COEFFICIENTS
    grace_days: int = 1
    minimum_cents: int = 0
    reduction_percent: int = 0

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "coefficients": list(self.coefficients)}


def terms_from(kept: Mapping[str, Any]) -> Terms:
    """The terms that a line keeps as JSON."""
    return Terms(**{**kept, "coefficients": tuple(kept["coefficients"])})


def weeks(starts_on: date, ends_on: date, grace_days: int) -> int:
    """Weeks charged from `starts_on` to the day of return, `ends_on` (half-open). At least one."""
    days = (ends_on - starts_on).days
    return max(1, -(-(days - grace_days) // WEEK))


def percent_of(count: int, coefficients: tuple[int, ...]) -> int:
    """The coefficients of `count` weeks added up, in percent of the weekly rate."""
    whole, rest = divmod(count, len(coefficients))
    return whole * sum(coefficients) + sum(coefficients[:rest])


def rental_cents(terms: Terms, quantity: Decimal, starts_on: date, ends_on: date) -> int:
    """The price of a line: `quantity` units over the days, reduction taken off, at least the minimum."""
    return _cents(terms, quantity, percent_of(weeks(starts_on, ends_on, terms.grace_days), terms.coefficients))


def further_cents(terms: Terms, quantity: Decimal, starts_on: date, agreed_on: date, back_on: date) -> int:
    """What coming back on `back_on` instead of `agreed_on` adds: the further weeks, at the same coefficients.

    0 when no further week has begun. The minimum is not asked for twice.
    """
    before = weeks(starts_on, agreed_on, terms.grace_days)
    after = max(before, weeks(starts_on, back_on, terms.grace_days)) if back_on > agreed_on else before
    percent = percent_of(after, terms.coefficients) - percent_of(before, terms.coefficients)
    return _rounded(_exact(terms, quantity, percent))


def sale_cents(unit_cents: int, quantity: Decimal) -> int:
    """The price of `quantity` units; one rounding, half to even."""
    return _rounded(unit_cents * quantity)


def deposit_cents(unit_cents: int | None, quantity: Decimal) -> int:
    """The deposit asked for a line; reductions leave it alone."""
    return _rounded((unit_cents or 0) * quantity)


def _exact(terms: Terms, quantity: Decimal, percent: int) -> Decimal:
    whole = Decimal(terms.weekly_rate_cents) * quantity * percent / 100
    return whole * (100 - terms.reduction_percent) / 100


def _cents(terms: Terms, quantity: Decimal, percent: int) -> int:
    return max(_rounded(_exact(terms, quantity, percent)), terms.minimum_cents)


def _rounded(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
