"""A rental: asked for or kept as an option, agreed, handed over, brought back in one visit or several, settled."""

from datetime import timedelta

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
    OPTION_DAYS,
)
from marketplace.exchanges.states import BACK, BOTH, HELD, OUT, PROVIDER, RECEIVER, Kind, State, Step

STATES = {
    **CART_STATE,
    "requested": State(HELD, PROVIDER, ANSWER),
    "option": State(HELD, RECEIVER, timedelta(days=OPTION_DAYS)),
    "accepted": State(HELD, RECEIVER, AGREEMENT),  # to be paid, or changed terms to be agreed to
    "confirmed": State(HELD, PROVIDER),
    "handed_over": State(OUT, RECEIVER),
    "returned": State(BACK, PROVIDER),
    **ENDS,
}

TABLE = {
    **CART_TABLE,
    ("requested", "accept"): Step(BY_PROVIDER, ("accepted", "confirmed")),
    ("requested", "amend"): Step(BY_PROVIDER, ("accepted",)),
    ("requested", "option"): Step(BY_PROVIDER, ("option",)),
    ("requested", "decline"): Step(BY_PROVIDER, ("declined",)),
    ("requested", "cancel"): Step(BY_RECEIVER, ("cancelled",)),
    ("requested", "expire"): Step(BY_PRODUCT, ("expired",)),
    ("option", "confirm"): Step(BY_RECEIVER, ("accepted", "confirmed")),
    ("option", "release"): Step(BY_RECEIVER, ("cancelled",)),
    ("option", "cancel"): Step(BY_PROVIDER, ("cancelled",)),
    ("option", "promote"): Step(BY_PRODUCT, ("option",)),
    ("option", "expire"): Step(BY_PRODUCT, ("expired",)),
    ("accepted", "confirm"): Step(BY_RECEIVER, ("accepted", "confirmed")),
    ("accepted", "pay_offline"): Step(BY_PROVIDER, ("accepted", "confirmed")),
    ("accepted", "cancel"): Step(BOTH, ("cancelled",)),
    ("accepted", "expire"): Step(BY_PRODUCT, ("expired",)),
    ("confirmed", "hand_over"): Step(BY_PROVIDER, ("handed_over",)),
    ("confirmed", "appoint"): Step(BOTH, ("confirmed",)),
    ("confirmed", "extend"): Step(BOTH, ("confirmed",)),
    ("confirmed", "pay_offline"): Step(BY_PROVIDER, ("confirmed",)),
    ("confirmed", "cancel"): Step(BOTH, ("cancelled",)),
    ("confirmed", "dispute"): Step(BOTH, ("disputed",)),
    ("handed_over", "return"): Step(BY_PROVIDER, ("handed_over", "returned")),
    ("handed_over", "appoint"): Step(BOTH, ("handed_over",)),
    ("handed_over", "extend"): Step(BOTH, ("handed_over",)),
    ("handed_over", "pay_offline"): Step(BY_PROVIDER, ("handed_over",)),
    ("handed_over", "dispute"): Step(BOTH, ("disputed",)),
    ("returned", "complete"): Step(BY_PROVIDER, ("completed",)),
    ("returned", "pay_offline"): Step(BY_PROVIDER, ("returned",)),
    ("returned", "dispute"): Step(BOTH, ("disputed",)),
    ("disputed", "resolve"): Step(BY_MODERATOR, ("confirmed", "handed_over", "returned", "cancelled", "completed")),
    ("completed", "pay_offline"): Step(BY_PROVIDER, ("completed",)),  # an order is paid by its date, a deposit late
    ("cancelled", "pay_offline"): Step(BY_PROVIDER, ("cancelled",)),  # what was paid is given back
}

RENTAL = Kind(
    "rental",
    "L",
    "requested",
    STATES,
    TABLE,
    dated=True,
    resolutions={
        "confirmed": ("confirmed", "cancelled"),
        "handed_over": ("handed_over",),  # only a return ends what is out: things lost are returned as lost
        "returned": ("returned", "completed"),
    },
)
