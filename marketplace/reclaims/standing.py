"""Who somebody is to a call: of those who ask, or of a collector that was told. To everybody else it does not exist."""

from dataclasses import dataclass

from sqlalchemy import select

from marketplace.accounts.permissions import Actor, require
from marketplace.accounts.productions import acting_for
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.exchanges.rules import is_public_id
from marketplace.reclaims.models import ReclaimCall, ReclaimOffer, ReclaimRecipient

ASKER, COLLECTOR = "asker", "collector"


@dataclass(frozen=True)
class Standing:
    """A call, and the actor as they act for their side of it. `recipient`: of a collector, what it was told;
    `is_chosen`: whether it is the one that comes."""

    call: ReclaimCall
    actor: Actor
    side: str
    recipient: ReclaimRecipient | None = None
    is_chosen: bool = False


def call_for(actor: Actor | None, public_id: str, action: str = "reclaim.read", *, locked: bool = False) -> Standing:
    """The call and who the actor is to it; `locked` until the commit.

    Raises `NotFound` to strangers, also to collectors that were not told, and `NotAllowed` where the role does not
    reach.
    """
    if actor is None or not is_public_id(public_id):
        raise NotFound
    query = select(ReclaimCall).where(ReclaimCall.public_id == public_id)
    if locked:
        query = query.with_for_update().execution_options(populate_existing=True)
    call = db.session.scalar(query)
    if call is None:
        raise NotFound
    return standing_of(actor, call, action)


def standing_of(actor: Actor, call: ReclaimCall, action: str = "reclaim.read") -> Standing:
    """Who the actor is to a call that was read. Raises as `call_for`."""
    if actor.organisation_id != call.organisation_id:
        recipient = _told(actor, call)
        if recipient is not None:
            acting = require(actor, action, recipient.organisation_id)
            return Standing(call, acting, COLLECTOR, recipient, _is_chosen(call, recipient.organisation_id))
    acting = acting_for(actor, call.organisation_id, call.production_id)
    acting = require(acting, action, call.organisation_id, production_id=call.production_id)
    return Standing(call, acting, ASKER)


def _told(actor: Actor, call: ReclaimCall) -> ReclaimRecipient | None:
    """What the actor's organisation was told; never a guest of somebody's production."""
    if actor.organisation_id is None or actor.production_id is not None:
        return None
    return db.session.scalar(
        select(ReclaimRecipient).where(
            ReclaimRecipient.call_id == call.id,
            ReclaimRecipient.organisation_id == actor.organisation_id,
            ReclaimRecipient.told_at.is_not(None),
        )
    )


def _is_chosen(call: ReclaimCall, organisation_id: int) -> bool:
    if call.exchange_id is None:
        return False
    return (
        db.session.scalar(
            select(ReclaimOffer.organisation_id).where(ReclaimOffer.call_id == call.id, ReclaimOffer.state == "chosen")
        )
        == organisation_id
    )
