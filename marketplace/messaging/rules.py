"""What people are told, by which channel unless they say otherwise, and which side hears of a move. Pure."""

from collections.abc import Mapping

PRODUCT, EMAIL = "product", "email"
CHANNELS = (PRODUCT, EMAIL)

# kind → channels it takes by default. Everything is shown in the product; mail is for what waits for somebody, or
# what changes what they may do.
DEFAULTS: dict[str, frozenset[str]] = {
    "exchange_requested": frozenset({PRODUCT, EMAIL}),
    "exchange_moved": frozenset({PRODUCT, EMAIL}),
    "shortage_changed": frozenset({PRODUCT, EMAIL}),
    "option_moved_up": frozenset({PRODUCT, EMAIL}),
    "exchange_reminder": frozenset({PRODUCT, EMAIL}),
    "paper_signed": frozenset({PRODUCT, EMAIL}),
    "insurance_changed": frozenset({PRODUCT, EMAIL}),
    "message_received": frozenset({PRODUCT, EMAIL}),
    "listing_hidden": frozenset({PRODUCT, EMAIL}),
    "listings_leave": frozenset({PRODUCT, EMAIL}),
    "shares_moved": frozenset({PRODUCT, EMAIL}),
    "ledger_corrected": frozenset({PRODUCT, EMAIL}),
    "report_followed": frozenset({PRODUCT, EMAIL}),
    "verification_changed": frozenset({PRODUCT, EMAIL}),
    "membership_changed": frozenset({PRODUCT, EMAIL}),
    "invitation_accepted": frozenset({PRODUCT}),
    "partnership_changed": frozenset({PRODUCT, EMAIL}),
    "intake_corrected": frozenset({PRODUCT, EMAIL}),
    "reclaim_called": frozenset({PRODUCT, EMAIL}),
    "reclaim_answered": frozenset({PRODUCT, EMAIL}),
    "reclaim_decided": frozenset({PRODUCT, EMAIL}),
    "meal_offered": frozenset({PRODUCT, EMAIL}),
    "meal_over": frozenset({PRODUCT, EMAIL}),
    "recall_answered": frozenset({PRODUCT, EMAIL}),
    "eaten_due": frozenset({PRODUCT, EMAIL}),
}
KINDS = tuple(DEFAULTS)

# what nobody turns off, and which channels messaging serves: their mail leaves from accounts
ALWAYS: dict[str, tuple[str, ...]] = {"browser_new": (PRODUCT,), "meal_recalled": CHANNELS}

LONGEST_MESSAGE = 4000
LONGEST_EXCERPT = 280


def wanted_by_default(kind: str, channel: str) -> bool:
    """Raises KeyError for an unknown kind."""
    return channel in DEFAULTS[kind]


def channels_for(kind: str, chosen: Mapping[str, bool]) -> tuple[str, ...]:
    """The channels of a kind, given what the person chose for some of them."""
    if kind in ALWAYS:
        return ALWAYS[kind]
    return tuple(channel for channel in CHANNELS if chosen.get(channel, wanted_by_default(kind, channel)))


def sides_told(mover: str) -> tuple[str, ...]:
    """Who hears of a move made by `mover`: the other side; both when it was neither."""
    return {"provider": ("receiver",), "receiver": ("provider",)}.get(mover, ("provider", "receiver"))


def message_problem(text: str) -> str | None:
    """'empty' or 'long', None when it can be sent."""
    if not text.strip():
        return "empty"
    return "long" if len(text) > LONGEST_MESSAGE else None


def excerpt(text: str) -> str:
    """The beginning of a message, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_EXCERPT else line[: LONGEST_EXCERPT - 1].rstrip() + "…"
