"""What a figure compares to: only with a source that one can look up, only where its sign is sure."""

from dataclasses import dataclass
from decimal import Decimal

from marketplace.carbon.libraries import knowledge_on
from marketplace.carbon.numbers import ZERO, exactly
from marketplace.carbon.queries import Total
from marketplace.core.clock import today

CAR = "tr.car_km"
# the footprint of somebody living in France, kgCO2e a year (ADEME, Impact CO2, equivalents.csv, « francais », 2026)
PERSON_YEAR, PERSON_SOURCE = Decimal(9100), "ADEME, Impact CO2, 2026"


@dataclass(frozen=True)
class Equivalents:
    """Kilometres of an average car, by the factor in force today, and years of somebody's footprint."""

    car_km: Decimal
    car_factor: Decimal
    person_years: Decimal


def equivalents_of(total: Total) -> Equivalents | None:
    """Of what the scope avoided for its own share; None where it did not, or where nobody can tell."""
    avoided = total.own_kgco2e
    if avoided <= ZERO or total.own_uncertainty_kgco2e > avoided:
        return None
    factors = knowledge_on(today()).factors
    if CAR not in factors:
        return None
    factor = Decimal(factors.get(CAR, "").text)
    with exactly():
        return Equivalents(avoided / factor, factor, avoided / PERSON_YEAR)
