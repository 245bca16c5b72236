"""The kinds of exchange there are, by key. Packages further out register theirs when the application starts."""

from marketplace.exchanges.kinds.donation import DONATION
from marketplace.exchanges.kinds.rental import RENTAL
from marketplace.exchanges.kinds.sale import SALE
from marketplace.exchanges.states import Kind

KINDS: dict[str, Kind] = {kind.key: kind for kind in (DONATION, RENTAL, SALE)}
# what a listing's mode is asked for as
KIND_OF_MODE = {"donate": "donation", "rent": "rental", "sell": "sale"}
MODE_OF_KIND = {**{kind: mode for mode, kind in KIND_OF_MODE.items()}, "meal": "donate"}


def register(kind: Kind) -> None:
    """Make `kind` known. Registering the same one twice is harmless; another of the same key raises ValueError."""
    if KINDS.setdefault(kind.key, kind) is not kind:
        raise ValueError(kind.key)
