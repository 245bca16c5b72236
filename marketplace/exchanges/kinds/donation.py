"""A donation: asked for, accepted with a meeting, handed over against a code. What is given does not come back."""

from marketplace.exchanges.kinds.common import (
    AGREEMENT,
    ANSWER,
    BY_MODERATOR,
    BY_PRODUCT,
    BY_PROVIDER,
    BY_RECEIVER,
    CART_STATE,
    CART_TABLE,
    ENDS,
)
from marketplace.exchanges.states import BOTH, HELD, PROVIDER, RECEIVER, Kind, State, Step

STATES = {
    **CART_STATE,
    "requested": State(HELD, PROVIDER, ANSWER),
    "accepted": State(HELD, RECEIVER, AGREEMENT),  # the provider proposed less: the receiver agrees or not
    "confirmed": State(HELD, PROVIDER),
    **ENDS,
}

TABLE = {
    **CART_TABLE,
    ("requested", "accept"): Step(BY_PROVIDER, ("confirmed",)),  # nothing to pay, so `accepted` is passed at once
    ("requested", "amend"): Step(BY_PROVIDER, ("accepted",)),
    ("requested", "decline"): Step(BY_PROVIDER, ("declined",)),
    ("requested", "cancel"): Step(BY_RECEIVER, ("cancelled",)),
    ("requested", "expire"): Step(BY_PRODUCT, ("expired",)),
    ("accepted", "confirm"): Step(BY_RECEIVER, ("confirmed",)),
    ("accepted", "cancel"): Step(BOTH, ("cancelled",)),
    ("accepted", "expire"): Step(BY_PRODUCT, ("expired",)),
    ("confirmed", "hand_over"): Step(BY_PROVIDER, ("completed",)),
    ("confirmed", "appoint"): Step(BOTH, ("confirmed",)),
    ("confirmed", "cancel"): Step(BOTH, ("cancelled",)),
    ("confirmed", "dispute"): Step(BOTH, ("disputed",)),
    ("disputed", "resolve"): Step(BY_MODERATOR, ("confirmed", "cancelled", "completed")),
}

DONATION = Kind(
    "donation",
    "D",
    "requested",
    STATES,
    TABLE,
    resolutions={"confirmed": ("confirmed", "cancelled", "completed")},
)
