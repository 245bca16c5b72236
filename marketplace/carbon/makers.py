"""A maker's own figure of a product (EPD, FDES) in the place of the library's production factor. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marketplace.carbon.factors import FactorRow
from marketplace.carbon.numbers import short

Ends = Sequence[tuple[str | None, Decimal]]  # row of the end of life (None: none is known), part of the mass


@dataclass(frozen=True)
class Product:
    """What the maker declares: kgCO2e per item or per kg. `to_grave`: the end of life is in it already.

    `expired` on the day asked about: it is not used, and the entry says so.
    """

    row: FactorRow
    to_grave: bool = False
    expired: bool = False

    def set_aside(self, counts_items: bool) -> str | None:
        """The note of an entry that could not use it; None where it is used."""
        if self.expired:
            return "product_data_expired"
        return None if self.row.unit == "kg" or counts_items else "product_data_unit"

    def lines(self, quantity: Decimal, mass: Decimal, u_count: str, u_mass: str, ends: Ends) -> list[dict[str, Any]]:
        """The method's lines: one for each end of life, so that every part of the mass takes its own."""
        per_kg = self.row.unit == "kg"
        out = []
        for end, part in [(None, Decimal(1))] if self.to_grave else ends:
            line = {
                "production": self.row.key,
                "quantity": short((mass if per_kg else quantity) * part),
                "unit": self.row.unit,
                "u_quantity_pct": u_mass if per_kg else u_count,
            }
            if end is not None:
                line["eol_new"] = end
                if not per_kg:
                    line["eol_mass_kg"] = short(mass * part)
            out.append(line)
        return out
