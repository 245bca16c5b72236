"""Decimals as the method wants them: 28 digits, half to even, in a context of our own, never the process's."""

import re
from contextlib import AbstractContextManager
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import Any

from marketplace.carbon.reasons import NotQuantified

CONTEXT = Context(prec=28, rounding=ROUND_HALF_EVEN)
# Totals are summed wide enough to be exact, so that neither order nor grouping shows (properties 2 and 25).
WIDE = Context(prec=160, rounding=ROUND_HALF_EVEN)

ZERO, ONE, HUNDRED, THOUSAND = Decimal(0), Decimal(1), Decimal(100), Decimal(1000)
SIX = Decimal("0.000001")
LARGEST = Decimal("1e12")

# Written plainly: Decimal() alone would take NaN, underscores, other scripts' digits and exponents of any size.
PLAIN = re.compile(r"[+-]?(?:\d{1,15}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,2})?", re.ASCII)


def exactly() -> AbstractContextManager[Context]:
    """The context of every figure of the method."""
    return localcontext(CONTEXT)


def wide() -> AbstractContextManager[Context]:
    """The context of sums over entries."""
    return localcontext(WIDE)


def number(value: Any, where: str) -> Decimal:
    """A finite Decimal from a text, an integer, a Decimal or a JSON float. Raises NotQuantified."""
    if isinstance(value, bool) or value is None:
        raise NotQuantified("not_a_number", where)
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise NotQuantified("not_a_number", where)
        found = value
    elif isinstance(value, int) and abs(value) > LARGEST:  # Python refuses to write very long integers
        raise NotQuantified("too_large", where)
    elif isinstance(value, int | float | str):
        text = value.strip() if isinstance(value, str) else repr(value)
        if len(text) > 60 or not PLAIN.fullmatch(text):
            raise NotQuantified("too_large" if text.isascii() and text.strip("+-").isdigit() else "not_a_number", where)
        found = Decimal(text)
    else:
        raise NotQuantified("not_a_number", where)
    if abs(found) > LARGEST or (found and found.adjusted() < -24):
        raise NotQuantified("too_large", where)
    return found


def quantity(value: Any, where: str) -> Decimal:
    """A number that is not negative. Raises NotQuantified."""
    found = number(value, where)
    if found < ZERO:
        raise NotQuantified("negative", where)
    return found


def share(value: Any, where: str) -> Decimal:
    """A number from 0 to 1 (d, r, k, s, allocation). Raises NotQuantified."""
    found = number(value, where)
    if not ZERO <= found <= ONE:
        raise NotQuantified("out_of_range", where)
    return found


def at_least_one(value: Any, where: str) -> Decimal:
    """A number of uses, 1 or more (L, N, n). Raises NotQuantified."""
    found = number(value, where)
    if found < ONE:
        raise NotQuantified("below_one", where)
    return found


def percent(value: Any, where: str) -> Decimal:
    """A relative uncertainty given in percent, as a ratio: « 30 » gives 0.30. Raises NotQuantified."""
    found = quantity(value, where)
    if found > THOUSAND:
        raise NotQuantified("too_large", where)
    return found / HUNDRED


def plain(value: Decimal) -> str:
    """The whole figure as text, without exponent and without a minus before zero."""
    return "0" if not value else format(value, "f")


def short(value: Decimal) -> str:
    """A figure as text without trailing zeros."""
    text = plain(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def six(value: Decimal) -> str:
    """Six decimals, half to even, as test vectors and the API show a figure."""
    with exactly():
        shown = value.quantize(SIX)
    return format(shown if shown else abs(shown), "f")


def display(value: Decimal) -> str:
    """Three significant figures, half to even, sign kept: 9.996 → 10.0, 1755.4 → 1760, 0 → 0 (method, rule 7)."""
    if not value:
        return "0"
    with exactly():
        step = ONE.scaleb(value.adjusted() - 2)
        shown = value.quantize(step)
        if shown.adjusted() > value.adjusted():  # 9.996 rounds to 10.0, not 10.00
            shown = shown.quantize(step.scaleb(1))
    return format(shown, "f")
