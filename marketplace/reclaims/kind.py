"""A reclaim as an exchange: it begins with the offer that was chosen, and ends when each part weighed has its outcome.

The provider is the production that empties its set, the receiver the reuse centre that comes.
"""

from marketplace.exchanges.kinds.common import BY_MODERATOR, BY_PROVIDER, BY_RECEIVER, ENDS
from marketplace.exchanges.states import BOTH, HELD, OUT, PROVIDER, RECEIVER, Kind, State, Step

STATES = {
    "confirmed": State(HELD, PROVIDER),
    "handed_over": State(OUT, RECEIVER),  # loaded: to be weighed, and each part to be given its outcome
    **{key: state for key, state in ENDS.items() if key in ("completed", "cancelled", "disputed")},
}

TABLE = {
    ("confirmed", "hand_over"): Step(BY_PROVIDER, ("handed_over",)),
    ("confirmed", "appoint"): Step(BOTH, ("confirmed",)),
    ("confirmed", "cancel"): Step(BOTH, ("cancelled",)),
    ("confirmed", "dispute"): Step(BOTH, ("disputed",)),
    ("handed_over", "complete"): Step(BY_RECEIVER, ("completed",)),
    ("handed_over", "dispute"): Step(BOTH, ("disputed",)),
    ("disputed", "resolve"): Step(BY_MODERATOR, ("confirmed", "handed_over", "cancelled")),
}

RECLAIM = Kind(
    "reclaim",
    "C",
    "confirmed",
    STATES,
    TABLE,
    resolutions={"confirmed": ("confirmed", "cancelled"), "handed_over": ("handed_over",)},
    rights={PROVIDER: "reclaim.send"},  # whoever may ask for a collection lets it go: the unit manager at the dock
)
