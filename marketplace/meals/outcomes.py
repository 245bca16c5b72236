"""What became of a meal: eaten, composted, digested, thrown, which add up to what was handed over. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

PARTS = ("eaten", "composted", "digested", "thrown")
WASTED = PARTS[1:]
LONGEST_WHY = 400
ZERO = Decimal(0)
REPORT_DAYS = 7  # the method's `food.report_days`: what is said later stays out of the ledger

# Not prepared: what of them can be eaten is not all of them, and their receiver says how much (the method's k).
RAW = frozenset({"fruit_veg", "meat_fish", "grocery"})


def last_day(handed_over_on: date) -> date:
    """The last day on which a first report counts."""
    return handed_over_on + timedelta(days=REPORT_DAYS)


@dataclass(frozen=True)
class Outcome:
    """Quantities in the unit the meal was counted in; `edible_percent` None: not said."""

    eaten: Decimal = ZERO
    composted: Decimal = ZERO
    digested: Decimal = ZERO
    thrown: Decimal = ZERO
    edible_percent: int | None = None

    @property
    def whole(self) -> Decimal:
        return self.eaten + self.composted + self.digested + self.thrown

    def edible(self, category: str) -> int | None:
        """Percent of it that can be eaten: as said, all of what is prepared, None where it must be said."""
        if self.edible_percent is not None:
            return self.edible_percent
        return None if category in RAW else 100


def all_eaten(quantity: Decimal, category: str, edible_percent: int | None, peelings: str = "thrown") -> Outcome:
    """« Tout a été mangé »: all that can be eaten; peelings and bones went to one of `WASTED`."""
    percent = Outcome(edible_percent=edible_percent).edible(category)
    if percent is None:
        return Outcome(eaten=quantity)
    eaten = (quantity * percent / 100).quantize(Decimal("0.001"), rounding="ROUND_DOWN")
    rest = {peelings if peelings in WASTED else "thrown": quantity - eaten}
    return Outcome(eaten=eaten, edible_percent=percent, **rest)


def problems(said: Outcome, quantity: Decimal, unit: str, category: str) -> dict[str, str]:
    """Why this cannot be what became of `quantity`: code by field, nothing when it can."""
    found: dict[str, str] = {}
    for name in PARTS:
        part: Decimal = getattr(said, name)
        if part < ZERO:
            found[name] = "negative"
        elif (
            unit == "portion" and category not in RAW and part * 4 != int(part * 4)
        ):  # half a tray comes back, not a third of a thousandth
            found[name] = "quarters"
        elif part != part.quantize(Decimal("0.001")):
            found[name] = "grams"
    percent = said.edible(category)
    if percent is None:
        found["edible_percent"] = "raw"
    elif not 1 <= percent <= 100:
        found["edible_percent"] = "range"
    if found:
        return found
    if said.whole != quantity:
        return {"eaten": "less" if said.whole < quantity else "more"}
    if percent is not None and said.eaten * 100 > quantity * percent:
        return {"eaten": "inedible"}
    return {}
