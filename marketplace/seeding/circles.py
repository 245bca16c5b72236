"""Who is whose partner in the demo, and what is shown to partners first or to nobody else yet."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from marketplace.accounts.models import Organisation
from marketplace.accounts.partnering import answer_partner, invite_partner
from marketplace.catalogue.models import Listing
from marketplace.catalogue.services import edit_listing
from marketplace.core.clock import today
from marketplace.core.db import db
from marketplace.exchanges.models import ExchangeLine
from marketplace.seeding.cast import Cast

PARTNERS = ("contrechamp", "quai")
WAITING = ("deuxvies", "quai")  # who invites whom: the answer is still to be given
# by house, one listing each: who sees it today, days until partners do, days until everybody does
STAGES: dict[str, tuple[tuple[str, int | None, int | None], ...]] = {
    "contrechamp": (
        ("partners", None, None),
        ("partners", None, 10),
        ("organisation", 3, 10),
        ("organisation", None, None),
    ),
    "quai": (("partners", None, 14), ("organisation", 5, None)),
}


def write_circles(cast: Cast) -> int:
    """Partners, an invitation that waits, and listings that not everybody sees; how many of these."""
    one, other = PARTNERS
    offered = _invite(cast, one, other)
    answer_partner(cast.owner(other), _public_id(cast, other), offered, accept=True)
    _invite(cast, *WAITING)
    for house, stages in STAGES.items():
        for public_id, (visibility, partners_in, public_in) in zip(_untouched(cast, house), stages, strict=False):
            values: dict[str, Any] = {"visibility": visibility}
            for name, days in (("partners_on", partners_in), ("public_on", public_in)):
                if days is not None:
                    values[name] = today() + timedelta(days=days)
            edit_listing(cast.owner(house), public_id, values)
    return sum(map(len, STAGES.values()))


def _invite(cast: Cast, house: str, other: str) -> str:
    return invite_partner(cast.owner(house), _public_id(cast, house), _public_id(cast, other)).public_id


def _public_id(cast: Cast, house: str) -> str:
    return db.session.get_one(Organisation, cast.organisation_ids[house]).public_id


def _untouched(cast: Cast, house: str) -> list[str]:
    """The house's latest listings on line that nobody has asked for."""
    asked_for = select(ExchangeLine.id).where(ExchangeLine.listing_id == Listing.id).exists()
    mine = Listing.organisation_id == cast.organisation_ids[house]
    query = select(Listing.public_id).where(mine, Listing.state == "published", ~asked_for)
    return list(db.session.scalars(query.order_by(Listing.id.desc()).limit(len(STAGES[house]))))
