"""What the tables of several kinds share: deadlines, sides, the cart, the ends."""

from datetime import timedelta

from marketplace.exchanges.states import (
    AS_BEFORE,
    HELD,
    MODERATOR,
    PRODUCT,
    PROVIDER,
    RECEIVER,
    RELEASED,
    SETTLED,
    State,
    Step,
)

CART = timedelta(minutes=30)  # product.md: a soft hold, extended once
ANSWER = timedelta(hours=72)  # a request expires after 72 h
AGREEMENT = timedelta(hours=48)  # 48 h to pay, or to agree to changed terms
OPTION_DAYS = 10  # an option lasts ten days at most

BY_PROVIDER, BY_RECEIVER = frozenset({PROVIDER}), frozenset({RECEIVER})
BY_MODERATOR, BY_PRODUCT = frozenset({MODERATOR}), frozenset({PRODUCT})

# a cart outlives its hold: what is lost meanwhile stays in it as a wish
CART_STATE = {"cart": State(HELD, RECEIVER, CART)}
CART_TABLE = {
    ("cart", "request"): Step(BY_RECEIVER, ("requested",)),
    ("cart", "extend"): Step(BY_RECEIVER, ("cart",)),
    ("cart", "cancel"): Step(BY_RECEIVER, ("cancelled",)),
    ("cart", "expire"): Step(BY_PRODUCT, ("cart",)),
}

ENDS = {
    "completed": State(SETTLED, is_end=True),
    "declined": State(RELEASED, is_end=True),
    "expired": State(RELEASED, is_end=True),
    "cancelled": State(RELEASED, is_end=True),
    "disputed": State(AS_BEFORE, MODERATOR),
}
