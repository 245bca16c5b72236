"""Uncertainty, first order (method, section 4): what one entry carries, and what a total makes of many.

Three kinds of causes. A factor used twice is one input, so its terms add up before squaring, also over entries. A
quantity is one input per line and stays apart. A default d is one input for all the entries that use it; a d of its own
stays apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from marketplace.carbon.numbers import ONE, ZERO, exactly, plain, wide


@dataclass(frozen=True)
class Doubt:
    """The signed products T·u of one entry, in kgCO2e: by factor key, by quantity, by default d (`key|percent`)."""

    factors: Mapping[str, Decimal] = field(default_factory=dict)
    quantities: Mapping[str, Decimal] = field(default_factory=dict)
    displacement: Mapping[str, Decimal] = field(default_factory=dict)

    def uncertainty(self) -> Decimal:
        """U, in kgCO2e."""
        with exactly():
            return self.square().sqrt()

    def square(self) -> Decimal:
        with exactly():
            return sum((t * t for t in self.causes().values()), ZERO)

    def causes(self) -> dict[str, Decimal]:
        """Every cause apart, for the chart of where the doubt comes from."""
        return {
            **{f"factor:{key}": term for key, term in self.factors.items()},
            **{f"quantity:{name}": term for name, term in self.quantities.items()},
            **{f"displacement:{key}": term for key, term in self.displacement.items()},
        }

    def negated(self) -> "Doubt":
        return Doubt(
            {k: -v for k, v in self.factors.items()},
            {k: -v for k, v in self.quantities.items()},
            {k: -v for k, v in self.displacement.items()},
        )

    def as_json(self) -> dict[str, dict[str, str]]:
        return {
            "factors": {k: plain(v) for k, v in sorted(self.factors.items())},
            "quantities": {k: plain(v) for k, v in sorted(self.quantities.items())},
            "displacement": {k: plain(v) for k, v in sorted(self.displacement.items())},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Doubt":
        return cls(*({k: Decimal(v) for k, v in data[n].items()} for n in ("factors", "quantities", "displacement")))


@dataclass
class TotalDoubt:
    """What gives a total its U and lets one more entry be added. `squares` holds the causes that stay apart."""

    factors: dict[str, Decimal] = field(default_factory=dict)
    displacement: dict[str, Decimal] = field(default_factory=dict)
    squares: Decimal = ZERO

    def add(self, doubt: Doubt, share: Decimal = ONE, cancels: bool = False) -> None:
        """One more entry at `share`. `cancels` marks a reversal: its quantities are the very inputs it takes back."""
        with wide():
            for mine, theirs in ((self.factors, doubt.factors), (self.displacement, doubt.displacement)):
                for key, term in theirs.items():
                    mine[key] = mine.get(key, ZERO) + term * share
            apart = sum(((t * share) ** 2 for t in doubt.quantities.values()), ZERO)
            self.squares += -apart if cancels else apart

    def merge(self, other: "TotalDoubt") -> None:
        """Add another total's components (another year, another line)."""
        with wide():
            for mine, theirs in ((self.factors, other.factors), (self.displacement, other.displacement)):
                for key, term in theirs.items():
                    mine[key] = mine.get(key, ZERO) + term
            self.squares += other.squares

    def uncertainty(self) -> Decimal:
        """U of the total, in kgCO2e, at 28 digits."""
        with wide():
            whole = sum((t * t for t in (*self.factors.values(), *self.displacement.values())), self.squares)
        with exactly():
            return max(whole, ZERO).sqrt()

    def as_json(self) -> dict[str, Any]:
        return {
            "factors": {k: plain(v) for k, v in sorted(self.factors.items()) if v},
            "displacement": {k: plain(v) for k, v in sorted(self.displacement.items()) if v},
            "squares": plain(self.squares),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "TotalDoubt":
        if not data:
            return cls()
        return cls(
            {k: Decimal(v) for k, v in data["factors"].items()},
            {k: Decimal(v) for k, v in data["displacement"].items()},
            Decimal(data["squares"]),
        )
