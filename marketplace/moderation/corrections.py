"""A moderator puts an entry of the ledger right: taken back and written anew, or only taken back; parties are told."""

from sqlalchemy import select

from marketplace.accounts import audit
from marketplace.accounts.models import User
from marketplace.accounts.permissions import Actor
from marketplace.accounts.queries_organisations import members_with
from marketplace.carbon import correcting, ledger, queries, remeasuring
from marketplace.carbon.models import LedgerEntry
from marketplace.carbon.remeasuring import Measured
from marketplace.catalogue.queries import lock_listings
from marketplace.core.clock import today
from marketplace.core.db import db
from marketplace.messaging.services import notify_all
from marketplace.moderation.services import checked_reason, moderator, not_ones_own


def correct_entry(actor: Actor, public_id: str, said: Measured, reason: str) -> LedgerEntry:
    """The entry that stands in its place. Raises NotFound, NotAllowed, Invalid."""
    reason, entry = checked_reason(reason), _entry(actor, public_id)
    new = remeasuring.amended(entry, said)
    written = correcting.correct(entry, new.inputs, reason, _public_id(actor), today(), **new.changed)
    _tell(actor, "ledger.correct", entry, written, reason)
    return written


def take_entry_back(actor: Actor, public_id: str, reason: str) -> LedgerEntry:
    """The reversal. Raises NotFound, NotAllowed, Invalid."""
    reason, entry = checked_reason(reason), _entry(actor, public_id)
    written = correcting.take_back(entry, reason, _public_id(actor), today())
    _tell(actor, "ledger.take_back", entry, written, reason)
    return written


def _entry(actor: Actor, public_id: str) -> LedgerEntry:
    moderator(actor)
    listing_id = db.session.scalar(select(LedgerEntry.listing_id).where(LedgerEntry.public_id == public_id))
    if listing_id is not None:
        lock_listings([listing_id])  # before the head, as a hand-over of the same thing does
    ledger.lock_head()  # of two who correct it at once, the second finds that it is no longer the one that stands
    entry = remeasuring.entry_that_stands(public_id)
    for organisation_id in {entry.provider_id, entry.receiver_id}:
        not_ones_own(actor, organisation_id)
    return entry


def _public_id(actor: Actor) -> str:
    return db.session.get_one(User, actor.user_id).public_id


def _tell(actor: Actor, action: str, old: LedgerEntry, new: LedgerEntry, reason: str) -> None:
    audit.record(
        action,
        user_id=actor.user_id,
        organisation_id=old.provider_id,
        object_kind="ledger_entry",
        object_public_id=old.public_id,
        reason=reason,
        written=new.public_id,
    )
    data = {"position": old.position, "reason": reason, "anew": new.status != "reversal"}
    shares = queries.shares_of([old.id])[old.id]
    for organisation_id in sorted({share.organisation_id for share, _name in shares}):
        people = members_with(organisation_id, "exchange.decide")
        notify_all(people, "ledger_corrected", data, f"/carbone/ecritures/{new.public_id}", organisation_id)
