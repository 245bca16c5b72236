"""The defaults of the method, section 5, by key, in the version in force. What was used is noted for the entry."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from marketplace.carbon.reasons import NotQuantified


@dataclass(frozen=True, slots=True)
class ParameterRow:
    key: str
    version: str
    value: str
    uncertainty_pct: str  # empty where it carries none
    source: str = ""

    @classmethod
    def read(cls, row: Mapping[str, str]) -> "ParameterRow":
        """From a line of the CSV, or any mapping with its column names."""
        return cls(row["key"], row["version"], row["value"], row["uncertainty_pct"], row["source_or_assumption"])


class Parameters:
    """Rows by key. `noted` is a view of the same rows that remembers which ones were asked for."""

    def __init__(self, rows: Iterable[ParameterRow]):
        self._rows = {row.key: row for row in rows}
        self.used: dict[str, ParameterRow] = {}

    def noted(self) -> "Parameters":
        """The same rows with an empty memory: one per computation."""
        fresh = Parameters(())
        fresh._rows = self._rows
        return fresh

    def find(self, key: str) -> ParameterRow | None:
        """The row, noted as used; None when the library has no such default."""
        row = self._rows.get(key)
        if row is not None:
            self.used[key] = row
        return row

    def rule(self, key: str) -> ParameterRow | None:
        """The row, not noted: it says how to count rather than what was counted."""
        return self._rows.get(key)

    def get(self, key: str) -> ParameterRow:
        """The row, noted as used. Raises NotQuantified (missing_factor)."""
        row = self.find(key)
        if row is None:
            raise NotQuantified("missing_factor", "parameters", key=key)
        return row

    def number(self, key: str) -> Decimal:
        return Decimal(self.get(key).value)

    def displacement(self, group: str | None, mode: str, receiver: str) -> ParameterRow:
        """d for things of `group` that go by `mode` to a `receiver` (production, public, stock).

        The order is that of the row `d.other`: d.<group>.<mode>_<receiver>, d.<group>.<receiver>, d.<group>, d.other;
        a stock whose own exchanges are recorded here displaces nothing yet (rule 3).
        """
        if receiver == "stock":
            return self.get("d.into_stock")
        for key in (f"d.{group}.{mode}_{receiver}", f"d.{group}.{receiver}", f"d.{group}"):
            row = self.find(key) if group else None
            if row is not None:
                return row
        return self.get("d.other")
