"""What a gift of food is worth for the tax receipt. Pure.

A gift in kind counts at what it cost its donor (CGI, article 238 bis, 1). Of food the tax authority's comments say more
(BOI-BIC-RICI-20-30-10-20): with a use-by date, its cost when it is given before the last three days of that date, and
half of it within them; without one, its cost while it could still be sold in a usual shop, half of it otherwise. The
donor values it and answers for it; the receiver repeats it on the receipt.
"""

from datetime import date

COST, USE_BY_NEAR, UNSALEABLE = "cost", "use_by_near", "unsaleable"
RULES = (COST, USE_BY_NEAR, UNSALEABLE)
NEAR_DAYS = 3


def rule_of(given_on: date, use_by: date | None, saleable: bool) -> str:
    """Which of `RULES` applies to food handed over on a day. `saleable`: asked where there is no use-by date."""
    if use_by is not None:
        return USE_BY_NEAR if (use_by - given_on).days < NEAR_DAYS else COST
    return COST if saleable else UNSALEABLE


def retained_cents(cost_cents: int, rule: str) -> int:
    """Of the cost, what the receipt says. Half of an odd number of cents is rounded down."""
    return cost_cents if rule == COST else cost_cents // 2
