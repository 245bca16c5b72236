"""A donation: asked for, accepted with a meeting, handed over against a code. What is given does not come back."""

from datetime import date, timedelta

from marketplace.exchanges.states import (
    AS_BEFORE,
    BOTH,
    HELD,
    MODERATOR,
    PRODUCT,
    PROVIDER,
    RECEIVER,
    RELEASED,
    SETTLED,
    Kind,
    State,
    Step,
)

ANSWER = timedelta(hours=72)  # product.md: a request expires after 72 h
AGREEMENT = timedelta(hours=48)  # product.md: 48 h to agree to changed terms

STATES = {
    "requested": State(HELD, PROVIDER, ANSWER),
    "accepted": State(HELD, RECEIVER, AGREEMENT),  # the provider proposed less: the receiver agrees or not
    "confirmed": State(HELD),
    "completed": State(SETTLED, is_end=True),
    "declined": State(RELEASED, is_end=True),
    "expired": State(RELEASED, is_end=True),
    "cancelled": State(RELEASED, is_end=True),
    "disputed": State(AS_BEFORE, MODERATOR),
}

_PROVIDER, _RECEIVER = frozenset({PROVIDER}), frozenset({RECEIVER})
_MODERATOR, _PRODUCT = frozenset({MODERATOR}), frozenset({PRODUCT})

TABLE = {
    ("requested", "accept"): Step(_PROVIDER, ("confirmed",)),  # nothing to pay, so `accepted` is passed at once
    ("requested", "amend"): Step(_PROVIDER, ("accepted",)),
    ("requested", "decline"): Step(_PROVIDER, ("declined",)),
    ("requested", "cancel"): Step(_RECEIVER, ("cancelled",)),
    ("requested", "expire"): Step(_PRODUCT, ("expired",)),
    ("accepted", "confirm"): Step(_RECEIVER, ("confirmed",)),
    ("accepted", "cancel"): Step(BOTH, ("cancelled",)),
    ("accepted", "expire"): Step(_PRODUCT, ("expired",)),
    ("confirmed", "hand_over"): Step(_PROVIDER, ("completed",)),
    ("confirmed", "appoint"): Step(BOTH, ("confirmed",)),
    ("confirmed", "cancel"): Step(BOTH, ("cancelled",)),
    ("confirmed", "dispute"): Step(BOTH, ("disputed",)),
    ("disputed", "resolve"): Step(_MODERATOR, ("confirmed", "cancelled", "completed")),
}


def interval(today: date) -> tuple[date, date | None]:
    """From today and for good."""
    return today, None


def waits_for(state: str, proposed_by: str | None, picked: bool) -> str | None:
    """Whose turn it is. Once confirmed: whoever has to pick a time; then the provider, who hands over."""
    if state != "confirmed":
        return STATES[state].waits_for
    if proposed_by is not None:
        return RECEIVER if proposed_by == PROVIDER else PROVIDER
    return PROVIDER


DONATION = Kind("donation", "D", "requested", STATES, TABLE, interval, waits_for)
