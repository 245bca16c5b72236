"""A sale: at a fixed price or by offers, reserved while it is paid for, handed over against a code; gone for good."""

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
    "accepted": State(HELD, RECEIVER, AGREEMENT),  # to be paid, or changed terms to be agreed to
    "confirmed": State(HELD, PROVIDER),
    **ENDS,
}

TABLE = {
    **CART_TABLE,
    ("requested", "accept"): Step(BY_PROVIDER, ("accepted", "confirmed")),
    ("requested", "amend"): Step(BY_PROVIDER, ("accepted",)),
    ("requested", "decline"): Step(BY_PROVIDER, ("declined",)),
    ("requested", "cancel"): Step(BY_RECEIVER, ("cancelled",)),
    ("requested", "expire"): Step(BY_PRODUCT, ("expired",)),
    ("accepted", "confirm"): Step(BY_RECEIVER, ("accepted", "confirmed")),
    ("accepted", "pay_offline"): Step(BY_PROVIDER, ("accepted", "confirmed")),
    ("accepted", "cancel"): Step(BOTH, ("cancelled",)),
    ("accepted", "expire"): Step(BY_PRODUCT, ("expired",)),
    ("confirmed", "hand_over"): Step(BY_PROVIDER, ("completed",)),
    ("confirmed", "appoint"): Step(BOTH, ("confirmed",)),
    ("confirmed", "pay_offline"): Step(BY_PROVIDER, ("confirmed",)),
    ("confirmed", "cancel"): Step(BOTH, ("cancelled",)),
    ("confirmed", "dispute"): Step(BOTH, ("disputed",)),
    ("disputed", "resolve"): Step(BY_MODERATOR, ("confirmed", "cancelled", "completed")),
    ("completed", "pay_offline"): Step(BY_PROVIDER, ("completed",)),  # an order is paid by its date
    ("cancelled", "pay_offline"): Step(BY_PROVIDER, ("cancelled",)),  # what was paid is given back
}

SALE = Kind(
    "sale",
    "V",
    "requested",
    STATES,
    TABLE,
    resolutions={"confirmed": ("confirmed", "cancelled", "completed")},
)
