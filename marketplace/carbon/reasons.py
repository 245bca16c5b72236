"""Why a figure cannot be given. A reason is a code, never a zero."""

from typing import Any

REASONS = frozenset(
    {
        "missing_factor",  # the library has no such key (data: key)
        "wrong_unit",  # the factor is per another unit than the quantity (data: key, unit, wanted)
        "missing_field",
        "wrong_shape",  # a list, an object or a text was expected
        "not_a_number",
        "too_large",  # beyond what the product can mean
        "negative",
        "out_of_range",  # a share outside 0 to 1
        "below_one",  # L, N or n under 1
        "unknown_kind",
        "shares",  # allocation shares do not add up to 1
        "mass_balance",  # streams and mass weighed differ
        "unknown_category",
        "unknown_material",
        "unknown_vehicle",
        "no_category",
        "no_materials",
        "no_mass",
        "no_quantity",
        "no_displacement",
        "food_apart",  # food is counted as a meal, with the share really eaten
        "origin_unknown",  # rented: bought new or come by reuse is not on record
        "pieces_unknown",  # kept by piece, and which ones went out is not on record
        "claimed_before",  # an earlier claim of the same thing is in another unit: it cannot be reduced (data: unit)
        "no_final_route",  # an end of life: the row of what became of it is not said (data: key)
        "end_booked",  # an end of life: it is in the ledger already
        "no_route_avoided",  # an end of life: nobody said at first where it would have gone
        "no_outcome_row",  # a reclaim: no published row for what became of this material (data: key)
        "no_route_named",  # a reclaim: the route it would have taken has to be named on the slip (data: key)
        "slip_of_another",  # a reclaim: the route on the slip is not one of this material (data: key)
        "kind_later",  # this kind of exchange is not counted yet
        "failure",  # something unexpected; a later job tries again
    }
)


class NotQuantified(Exception):
    """No figure can be given: `code` of `REASONS`, `where` in what was sent (dotted), `data` for the sentence."""

    def __init__(self, code: str, where: str = "", **data: Any):
        if code not in REASONS:
            raise ValueError(f"unknown reason {code!r}")
        super().__init__(f"{code} at {where or '(whole)'} {data or ''}".strip())
        self.code = code
        self.where = where
        self.data = data
