"""The kinds of exchange there are, by key. Packages further out register theirs when the application starts."""

from marketplace.exchanges.kinds.donation import DONATION
from marketplace.exchanges.states import Kind

KINDS: dict[str, Kind] = {DONATION.key: DONATION}


def register(kind: Kind) -> None:
    """Make `kind` known. Registering the same one twice is harmless; another of the same key raises ValueError."""
    if KINDS.setdefault(kind.key, kind) is not kind:
        raise ValueError(kind.key)
