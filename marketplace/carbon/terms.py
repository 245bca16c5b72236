"""The signed sum behind a figure: coefficient × factor, kept apart by step, by factor and by cause of doubt."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from marketplace.carbon.doubt import Doubt
from marketplace.carbon.factors import FactorRow, Library
from marketplace.carbon.numbers import THOUSAND, ZERO
from marketplace.carbon.reasons import NotQuantified

# (symbol, value): what the coefficient is made of, so that a page can show « 0,60 × 205,2 kg »
Part = tuple[str, Decimal]


@dataclass(frozen=True)
class Cause:
    """An uncertain input of a term: a quantity (`line0`) or the displacement rate, with its relative uncertainty."""

    label: str
    u: Decimal
    displacement: bool = False


@dataclass(frozen=True)
class Term:
    """One product of the sum, in kgCO2e. `line` is the place in the list it came from."""

    step: str
    line: int
    role: str  # production, recycled, end_of_life, own_now, own_later, counterfactual, outcome, food, extra…
    factor: FactorRow
    coefficient: Decimal
    amount: Decimal
    parts: tuple[Part, ...]


@dataclass
class Terms:
    """Collects terms in the order of the method. Every call happens inside `numbers.exactly()`."""

    factors: Library
    all: list[Term] = field(default_factory=list)
    used: dict[tuple[str, str], FactorRow] = field(default_factory=dict)
    steps: dict[str, Decimal] = field(default_factory=dict)
    _causes: dict[Cause, Decimal] = field(default_factory=dict)

    def open_step(self, name: str) -> None:
        """A step shows even when nothing is in it."""
        self.steps.setdefault(name, ZERO)

    def add(
        self,
        step: str,
        role: str,
        line: int,
        row: FactorRow,
        sign: Decimal,
        parts: Sequence[Part],
        causes: Sequence[Cause] = (),
    ) -> None:
        """`sign` × the product of `parts` × the factor. The parts are what a reader multiplies."""
        coefficient = sign
        for _, value in parts:
            coefficient *= value
        amount = coefficient * row.value
        self.used.setdefault((row.key, row.version), row)
        self.steps[step] = self.steps.get(step, ZERO) + amount
        for cause in causes:
            if cause.u:
                self._causes[cause] = self._causes.get(cause, ZERO) + amount
        self.all.append(Term(step, line, role, row, coefficient, amount, tuple(parts)))

    def total(self) -> Decimal:
        return sum(self.steps.values(), ZERO)

    def doubt(self, displacement_key: str | None) -> Doubt:
        """Products T·u. A d without the key of a default is an input of this entry alone."""
        by_factor: dict[str, Decimal] = {}
        for term in self.all:  # two versions of one key are one factor
            key = term.factor.key
            by_factor[key] = by_factor.get(key, ZERO) + term.amount * term.factor.uncertainty
        quantities: dict[str, Decimal] = {}
        displacement: dict[str, Decimal] = {}
        for cause, amount in self._causes.items():
            product = amount * cause.u
            if cause.displacement and displacement_key:
                name = f"{displacement_key}|{(cause.u * 100).normalize():f}"
                displacement[name] = displacement.get(name, ZERO) + product
            else:
                quantities[cause.label] = quantities.get(cause.label, ZERO) + product
        return Doubt({k: v for k, v in by_factor.items() if v}, quantities, displacement)


def kilograms(row: FactorRow, where: str) -> FactorRow:
    """`row`, which multiplies a mass. An item factor put for one per kg is the likeliest slip, so it is refused.

    Raises NotQuantified (wrong_unit).
    """
    return in_unit(row, "kg", where)


def in_unit(row: FactorRow, unit: str, where: str) -> FactorRow:
    """`row`, which must be per `unit`. Raises NotQuantified (wrong_unit)."""
    if row.unit != unit:
        raise NotQuantified("wrong_unit", where, key=row.key, unit=row.unit, wanted=unit)
    return row


def tonnes(mass_kg: Decimal) -> Decimal:
    return mass_kg / THOUSAND
