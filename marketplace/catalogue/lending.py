"""On what terms a thing is lent, sold or given: how each value is read, what holds while nothing is said. Pure.

Prices come of them in `exchanges/kinds/pricing.py`: a week's rate, the percents of four weeks (which then begin again),
the days that a last week may run over, the least a line costs.
"""

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _

from marketplace.catalogue.reading import Wrong, one_of, optional_text, whole, yes

COEFFICIENTS = (100, 50, 50, 0)  # percents of the weekly rate; kept as NULL
MOST_WORK_DAYS = 14
MOST_GRACE_DAYS = 6
LONGEST_DAYS = 366
USUAL_LONGEST = 365
MOST_USES = 1000
WEEK = 7
ACQUIRED = ("bought_new", "reuse")
ROUTES = ("unsorted", "landfill", "incineration", "average")  # where it would have gone without a taker

# column → what it holds where nothing was said
UNSAID: dict[str, Any] = {
    "prep_days": 0,
    "turnaround_days": 0,
    "rental_coefficients": None,
    "grace_days": 1,
    "minimum_cents": None,
    "longest_rental_days": USUAL_LONGEST,
    "asks_insurance": False,
    "takes_offers": False,
    "open_to_public": False,
    "acquired": None,
    "uses_expected": None,
    "uses_made": None,
    "route_avoided": None,
    "shelf": None,
}


def unsaid(keeper_kind: str) -> dict[str, Any]:
    """What a new listing of an organisation of this kind holds: what a reuse centre keeps came to it by reuse, which
    the form shows and lets change."""
    return {**UNSAID, "acquired": "reuse"} if keeper_kind == "reuse_centre" else UNSAID


def _days(low: int, high: int, empty: int) -> Callable[[Any], int]:
    def read(raw: Any) -> int:
        value = whole(raw, low, high)
        return empty if value is None else value

    return read


def coefficients(raw: Any) -> list[int] | None:
    """Four whole percents; None for none and for the usual ones, which are kept as nothing said."""
    if raw is None:
        return None
    if not isinstance(raw, list | tuple) or len(raw) != len(COEFFICIENTS):
        raise Wrong(_("Quatre pourcentages sont attendus, un par semaine."))
    try:
        read = [whole(one, 0, 100) for one in raw]
    except Wrong:
        raise Wrong(_("Une semaine coûte de 0 à 100 pour cent de son prix, en nombre entier.")) from None
    if all(one is None for one in read):
        return None
    percents = [one for one in read if one is not None]
    if len(percents) != len(COEFFICIENTS):
        raise Wrong(_("Il manque le pourcentage d’une semaine : mettez 0 si elle est gratuite."))
    return None if tuple(percents) == COEFFICIENTS else percents


def coefficients_of(kept: list[int] | None) -> list[int]:
    """The four percents of a listing, the usual ones where it says none."""
    return list(kept or COEFFICIENTS)


# name in the API, which is the column's → how it is read; `minimum_cents` is read as other amounts are
READERS: dict[str, Callable[[Any], Any]] = {
    "prep_days": _days(0, MOST_WORK_DAYS, 0),
    "turnaround_days": _days(0, MOST_WORK_DAYS, 0),
    "rental_coefficients": coefficients,
    "grace_days": _days(0, MOST_GRACE_DAYS, 1),
    "longest_rental_days": _days(1, LONGEST_DAYS, USUAL_LONGEST),
    "asks_insurance": yes,
    "takes_offers": yes,
    "open_to_public": yes,
    "acquired": one_of(ACQUIRED),
    "uses_expected": lambda raw: whole(raw, 1, MOST_USES),
    "uses_made": lambda raw: whole(raw, 0, MOST_USES),
    "route_avoided": one_of(ROUTES),
    "shelf": lambda raw: optional_text(raw, 40),
}
