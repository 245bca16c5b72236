"""What moderators do. Every act asks for a reason, tells those concerned, and is written to the audit log.

To anybody else these acts do not exist (`NotFound`). A moderator never decides about an organisation of their own.
"""

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts import audit, organisations
from marketplace.accounts.memberships import role_in
from marketplace.accounts.models import Organisation
from marketplace.accounts.permissions import Actor
from marketplace.accounts.queries_organisations import members_with
from marketplace.catalogue import history
from marketplace.catalogue.events import ListingHidden, ListingSaved
from marketplace.catalogue.models import Listing
from marketplace.catalogue.queries import lock_listings
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.core.events import announce
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.services import move
from marketplace.jobs.models import OutboxRow
from marketplace.messaging.services import notify_all
from marketplace.moderation.queries import seen_by_moderators

LONGEST_REASON = 400


def moderator(actor: Actor | None) -> Actor:
    """`actor`, if a moderator in person: a token never is. Raises `NotFound`."""
    if actor is None or not actor.is_moderator or actor.scopes is not None:
        raise NotFound
    return actor


def checked_reason(text: str) -> str:
    """A reason somebody can read. Raises `Invalid` on `reason`."""
    reason = " ".join(text.replace("\x00", "").split())
    if len(reason) < 3:
        raise Invalid({"reason": _("Écrivez la raison : les personnes concernées la lisent.")})
    if len(reason) > LONGEST_REASON:
        raise Invalid({"reason": _("%(n)s caractères au plus.", n=LONGEST_REASON)})
    return reason


def not_ones_own(actor: Actor, organisation_id: int) -> None:
    """Raises `NotAllowed` to a moderator who is of that organisation."""
    if role_in(organisation_id, actor.user_id) is not None:
        raise NotAllowed(_("Vous en faites partie : un autre modérateur doit décider."))


def verify_organisation(actor: Actor, public_id: str, reason: str, verified: bool = True) -> Organisation:
    """Verify an organisation, or take it back. Raises `NotFound`, `NotAllowed`, `Invalid` on `reason`."""
    moderator(actor)
    reason = checked_reason(reason)
    organisation = organisations.organisation_by(public_id)
    not_ones_own(actor, organisation.id)
    return organisations.set_verified(organisation.id, verified, by_user_id=actor.user_id, reason=reason)


def hide_listing(actor: Actor, public_id: str, reason: str) -> Listing:
    """Take a listing out of sight of all but its owners, who are told why; exchanges under way go on.

    Raises `NotFound`, `NotAllowed`, `Invalid` on `reason`, `Conflict` when it is hidden already.
    """
    listing, reason = _listing(actor, public_id, reason)
    if listing.hidden_at is not None:
        raise Conflict(_("Cette annonce est déjà masquée."))
    listing.hidden_at, listing.hidden_reason = now(), reason
    db.session.flush()
    _record("listing.hide", actor, listing, reason)
    history.record(listing, "hidden", values={"hidden_reason": (None, reason)})
    announce(ListingSaved(listing.id))
    announce(ListingHidden(listing.id, reason))
    return listing


def show_listing(actor: Actor, public_id: str, reason: str) -> Listing:
    """Put a hidden listing back. Raises `NotFound`, `NotAllowed`, `Invalid`, `Conflict` when it is not hidden."""
    listing, reason = _listing(actor, public_id, reason)
    if listing.hidden_at is None:
        raise Conflict(_("Cette annonce n’est pas masquée."))
    listing.hidden_at = listing.hidden_reason = None
    db.session.flush()
    _record("listing.unhide", actor, listing, reason)
    history.record(listing, "shown", values={"hidden_reason": (None, reason)})
    announce(ListingSaved(listing.id))
    data = {"title": listing.title, "reason": reason, "shown": True}
    people = members_with(listing.organisation_id, "listing.publish")
    notify_all(people, "listing_hidden", data, f"/annonces/{listing.public_id}", listing.organisation_id)
    return listing


def _listing(actor: Actor, public_id: str, reason: str) -> tuple[Listing, str]:
    """The listing, locked."""
    moderator(actor)
    reason = checked_reason(reason)
    listing_id = db.session.scalar(select(Listing.id).where(Listing.public_id == public_id, *seen_by_moderators()))
    if listing_id is None:
        raise NotFound
    (listing,) = lock_listings([listing_id])
    not_ones_own(actor, listing.organisation_id)
    return listing, reason


def _record(action: str, actor: Actor, listing: Listing, reason: str) -> None:
    audit.record(
        action,
        user_id=actor.user_id,
        organisation_id=listing.organisation_id,
        object_kind="listing",
        object_public_id=listing.public_id,
        reason=reason,
    )


def resolve_dispute(actor: Actor, public_id: str, to: str, reason: str, version: int | None) -> Exchange:
    """End a dispute: back to a state of the kind's table, or to the end. Both sides are told.

    Raises `NotFound`, `NotAllowed`, `Invalid`, `Conflict` when it is no dispute any more or the page was old.
    """
    moderator(actor)
    reason = checked_reason(reason)
    found = db.session.execute(
        select(Exchange.provider_id, Exchange.receiver_id, Exchange.state).where(Exchange.public_id == public_id)
    ).first()
    if found is None:
        raise NotFound
    for organisation_id in (found.provider_id, found.receiver_id):
        not_ones_own(actor, organisation_id)
    if found.state != "disputed":
        raise Conflict(_("Ce litige est déjà tranché."), state=found.state)
    exchange = move(actor, public_id, "resolve", {"state": to, "reason": reason}, version)
    audit.record(
        "dispute.resolve",
        user_id=actor.user_id,
        organisation_id=exchange.provider_id,
        object_kind="exchange",
        object_public_id=public_id,
        reason=reason,
        to=to,
    )
    return exchange


def retry_job(actor: Actor, row_id: int) -> None:
    """Have the worker try parked work again, from its first try. Raises `NotFound` for work that is not parked."""
    moderator(actor)
    row = db.session.get(OutboxRow, row_id, with_for_update=True, populate_existing=True)
    if row is None or row.parked_at is None:
        raise NotFound
    row.parked_at, row.claimed_until, row.claimed_by, row.attempts = None, None, None, 0
    row.due_at = now()
    db.session.flush()
    audit.record("job.retry", user_id=actor.user_id, object_kind="job", object_public_id=str(row.id), job=row.job)
