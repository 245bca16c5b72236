"""Who may read an entry: the parties to it, guests of a production it counts for, and moderators. Nobody else."""

from collections.abc import Sequence

from sqlalchemy import select

from marketplace.accounts.models import ProductionMember
from marketplace.accounts.permissions import Actor, allows
from marketplace.carbon import queries
from marketplace.carbon.models import LedgerEntry, LedgerShare
from marketplace.core.db import db
from marketplace.core.errors import NotFound


def readable_entry(actor: Actor | None, public_id: str) -> LedgerEntry:
    """The entry, if `actor` may read it. Raises NotFound alike for a stranger and for what does not exist."""
    entry = queries.entry_by_public_id(public_id)
    if entry is None or actor is None:
        raise NotFound
    shares = [share for share, _name in queries.shares_of([entry.id]).get(entry.id, [])]
    if not may_read(actor, shares):
        raise NotFound
    return entry


def may_read(actor: Actor, shares: Sequence[LedgerShare]) -> bool:
    """Whether one of these shares is `actor`'s organisation's, or that of a production they work on."""
    if actor.is_moderator:
        return True
    if any(s.organisation_id == actor.organisation_id for s in shares):
        return allows(actor.role, "carbon.read")
    productions = [s.production_id for s in shares if s.production_id is not None]
    if not productions or actor.entry == "api":
        return False
    query = select(ProductionMember.id).where(
        ProductionMember.user_id == actor.user_id, ProductionMember.production_id.in_(productions)
    )
    return db.session.scalar(query.limit(1)) is not None
