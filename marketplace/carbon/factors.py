"""Rows of the factor library as the method reads them, by key, in the versions in force."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from marketplace.carbon.numbers import HUNDRED, exactly
from marketplace.carbon.reasons import NotQuantified


@dataclass(frozen=True, slots=True)
class FactorRow:
    """One published factor. `value` is in kgCO2e per `unit`; `text` is that value as published."""

    key: str
    version: str
    unit: str
    value: Decimal
    text: str
    uncertainty: Decimal  # relative: 0.30 for ± 30 %
    verified: bool = True

    @classmethod
    def read(cls, row: Mapping[str, str], verified: bool = True) -> "FactorRow":
        """From a line of the CSV, or any mapping with its column names."""
        with exactly():
            return cls(
                key=row["key"],
                version=row["version"],
                unit=row["unit"],
                value=Decimal(row["kgco2e_per_unit"]),
                text=row["kgco2e_per_unit"],
                uncertainty=Decimal(row["uncertainty_pct"]) / HUNDRED,
                verified=verified,
            )


# finds rows by (key, version), whatever is in force; what it does not know is left out
Named = Callable[[Iterable[tuple[str, str]]], Mapping[tuple[str, str], "FactorRow"]]


class Library:
    """Factors by key, one version each. What is not there is missing: never a zero."""

    def __init__(self, rows: Iterable[FactorRow]):
        self._rows: dict[str, FactorRow] = {row.key: row for row in rows}

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def __iter__(self) -> Iterator[FactorRow]:
        return iter(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def beside(self, row: FactorRow) -> "Library":
        """These rows, and one more."""
        return Library([*self._rows.values(), row])

    def get(self, key: object, where: str) -> FactorRow:
        """The row of `key`. Raises NotQuantified (missing_factor)."""
        row = self._rows.get(key) if isinstance(key, str) else None
        if row is None:
            raise NotQuantified("missing_factor", where, key=str(key)[:80])
        return row

    def find(self, key: str) -> FactorRow | None:
        """The row of `key`, or None: only where its absence means something (a `.credit` that does not exist is 0)."""
        return self._rows.get(key)
