"""The library shipped with the product: rows of the CSV files, read once."""

import csv
from datetime import date
from functools import lru_cache
from pathlib import Path

from marketplace.carbon.factors import FactorRow, Library

DATA = Path(__file__).parent / "data"
FACTOR_FILES = (("emission_factors.csv", True), ("emission_factors_unverified.csv", False))


def read(name: str) -> list[dict[str, str]]:
    """Rows of a file of `data/`, by column name."""
    with (DATA / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@lru_cache
def factor_rows() -> tuple[tuple[dict[str, str], bool], ...]:
    """Every published row with whether its figure was checked at its source."""
    return tuple((row, verified) for name, verified in FACTOR_FILES for row in read(name))


@lru_cache
def parameter_rows() -> tuple[dict[str, str], ...]:
    """Every default of the method, section 5."""
    return tuple(read("parameters.csv"))


@lru_cache
def versions() -> dict[str, date | None]:
    """From which day each version is in force; None is from the beginning."""
    return {
        row["version"]: date.fromisoformat(row["effective_on"]) if row["effective_on"] else None
        for row in read("versions.csv")
    }


@lru_cache
def shipped() -> Library:
    """The shipped factors, the latest version of each key."""
    newest: dict[str, FactorRow] = {}
    for row, verified in sorted(factor_rows(), key=lambda pair: versions()[pair[0]["version"]] or date.min):
        newest[row["key"]] = FactorRow.read(row, verified)
    return Library(newest.values())
