"""What is known of the sector's emissions, from `data/sector.csv`: figures with where they were read, and whether."""

import csv
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "data" / "sector.csv"
# as shown: the sector, then France around it, then orders of magnitude
GROUPS = {
    "sector": (
        "av_fr_2018", "av_fr_2018_target", "av_fr_2030_cut", "fr_cut_2050_1990", "av_fr_2010",
        "av_fr_2020_wide_rounded", "av_fr_2020_wide",
    ),
    "france": (
        "fr_emissions_2018", "snbc2_budget_2019_2023", "snbc2_budget_2024_2028", "snbc2_budget_2029_2033", "fr_person",
    ),
    "shoots": (
        "av_hour_fr_2024", "av_hour_tv_fr", "av_feature_fr", "av_split_transport", "av_split_goods", "av_split_food",
        "av_genset_share", "uk_hour_2023", "uk_tentpole", "uk_genset_2024", "cnc_obligation",
    ),
}  # fmt: skip
# titles in French, whatever the language of the page
FRENCH_REFERENCES = frozenset(
    {"av_fr_2018", "av_fr_2030_cut", "av_split_transport", "snbc2_budget_2019_2023", "av_fr_2010", "cnc_obligation"}
)


@dataclass(frozen=True)
class Known:
    """One figure. `seen`: it was read at its source; else it is recalled, and marked so wherever it stands."""

    key: str
    text: str
    unit: str
    year: str
    source: str
    reference: str
    seen: bool

    @property
    def value(self) -> Decimal:
        """Raises decimal.InvalidOperation for a row that holds a date."""
        return Decimal(self.text)


@cache
def known() -> dict[str, Known]:
    with _FILE.open(encoding="utf-8", newline="") as handle:
        return {
            row["key"]: Known(
                row["key"],
                row["value"],
                row["unit"],
                row["year"],
                row["source"],
                row["source_ref"],
                row["seen"] == "yes",
            )
            for row in csv.DictReader(handle)
        }


def overshoot_percent() -> Decimal:
    """How far 2018 stood above its path."""
    rows = known()
    return (rows["av_fr_2018"].value / rows["av_fr_2018_target"].value - 1) * 100


def expected_2030_tco2e() -> Decimal:
    """2018 less the cut expected by 2030. The source does not say from which year the cut counts: 2018 is ours."""
    rows = known()
    return rows["av_fr_2018"].value * (1 - rows["av_fr_2030_cut"].value / 100)
