"""A meal as an exchange: claimed at once or after the donor's choice, handed over the same night against a code."""

from datetime import timedelta

from marketplace.exchanges.kinds.common import BY_MODERATOR, BY_PRODUCT, BY_PROVIDER, BY_RECEIVER, ENDS
from marketplace.exchanges.states import BOTH, HELD, PRODUCT, PROVIDER, Kind, State, Step

ANSWER = timedelta(minutes=30)  # product.md: a meal that is asked for is answered within half an hour

STATES = {
    "requested": State(HELD, PROVIDER, ANSWER),
    "confirmed": State(HELD, PROVIDER),  # its deadline is the end of the pick-up window: whoever does not come frees it
    **ENDS,
}

TABLE = {
    # by the product where the first who comes is served
    ("requested", "accept"): Step(frozenset({PROVIDER, PRODUCT}), ("confirmed",)),
    ("requested", "decline"): Step(BY_PROVIDER, ("declined",)),
    ("requested", "cancel"): Step(BY_RECEIVER, ("cancelled",)),
    ("requested", "expire"): Step(BY_PRODUCT, ("expired",)),
    ("confirmed", "hand_over"): Step(BY_PROVIDER, ("completed",)),
    ("confirmed", "cancel"): Step(BOTH, ("cancelled",)),
    ("confirmed", "expire"): Step(BY_PRODUCT, ("expired",)),
    ("confirmed", "dispute"): Step(BOTH, ("disputed",)),
    ("disputed", "resolve"): Step(BY_MODERATOR, ("confirmed", "cancelled", "completed")),
}

MEAL = Kind(
    "meal",
    "R",
    "requested",
    STATES,
    TABLE,
    resolutions={"confirmed": ("confirmed", "cancelled", "completed")},
)
