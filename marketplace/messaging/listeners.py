"""Facts of others that somebody should hear of."""

from typing import Any

from sqlalchemy import select

from marketplace.accounts.events import (
    BrowserIsNew,
    InvitationAccepted,
    InvitationMade,
    MembershipChanged,
    PartnershipChanged,
    VerificationChanged,
)
from marketplace.accounts.models import Invitation, Organisation, Partnership, Production, User
from marketplace.accounts.queries_organisations import members_with
from marketplace.carbon.events import SharesMoved
from marketplace.catalogue.events import ListingHidden, ListingsLeaveSoon
from marketplace.catalogue.models import Listing
from marketplace.core.db import db
from marketplace.exchanges.events import (
    ExchangeMoved,
    ExchangeRequested,
    InsuranceLookedAt,
    PaperSigned,
    ReminderDue,
    ShortageOpened,
    ShortageSolved,
    WaitingMovedUp,
)
from marketplace.exchanges.insurance import takes_insurance
from marketplace.exchanges.models import Document, Exchange, ExchangeLine, Move, Shortage, Signature
from marketplace.exchanges.papers_shown import insurance_state, title_code
from marketplace.exchanges.signing import signatures_of
from marketplace.exchanges.states import PROVIDER, RECEIVER
from marketplace.jobs.outbox import enqueue
from marketplace.meals.recalls import RECALLED
from marketplace.messaging import rules
from marketplace.messaging.listeners_meals import claim_facts
from marketplace.messaging.services import add_message, facts_of, notify, notify_all, people_of_side


def on_exchange_requested(event: ExchangeRequested) -> None:
    """The thread opens with what the receiver wrote; those who decide at the provider's are told."""
    exchange = db.session.get_one(Exchange, event.exchange_id)
    if event.message:
        add_message(exchange, exchange.receiver_id, exchange.requested_by_id, event.message)
    people = [user_id for user_id in people_of_side(exchange, "provider") if user_id != exchange.requested_by_id]
    facts = facts_of(exchange, "provider")
    if exchange.kind == "meal":
        facts |= claim_facts(exchange)
    notify_all(people, "exchange_requested", facts, _path(exchange), exchange.provider_id)


def on_exchange_moved(event: ExchangeMoved) -> None:
    """The side that did not move hears of it; both, when a moderator or a deadline did."""
    if event.move == "promote":  # told by on_waiting_moved_up
        return
    exchange = db.session.get_one(Exchange, event.exchange_id)
    if exchange.state == "cart":  # nobody else knows of a cart
        return
    if (exchange.kind, event.move, event.side) == ("meal", "accept", "product"):  # told as it was claimed
        return
    move = _last_move(exchange.id)
    if move is not None and move.data.get("code") == RECALLED:  # the recall itself tells of it
        return
    data: dict[str, Any] = {"move": event.move, "reason": str((move.data.get("reason") if move else None) or "")}
    if move is not None:
        waits = event.move == "option" and exchange.option_rank == 2
        data |= {"from": move.from_state, "code": "second" if waits else move.data.get("code") or ""}
    mover = move.user_id if move is not None else None
    for side in rules.sides_told(event.side):
        _tell(exchange, side, "exchange_moved", data, leave_out=mover)


def _tell(
    exchange: Exchange,
    side: str,
    kind: str,
    data: dict[str, Any],
    leave_out: int | None = None,
    path: str | None = None,
) -> None:
    """Tell the people of one side of an exchange; `path`: where it leads, when that is not its own page."""
    organisation_id = exchange.provider_id if side == "provider" else exchange.receiver_id
    people = [user_id for user_id in people_of_side(exchange, side) if user_id != leave_out]
    notify_all(people, kind, {**facts_of(exchange, side), **data}, path or _path(exchange), organisation_id)


def on_waiting_moved_up(event: WaitingMovedUp) -> None:
    """A second option that became the first: both sides are told."""
    exchange = db.session.get_one(Exchange, event.exchange_id)
    for side in ("receiver", "provider"):
        _tell(exchange, side, "option_moved_up", {})


def on_shortage_opened(event: ShortageOpened) -> None:
    """Both sides of the exchange that is short of something are told, with what, from when and why."""
    _tell_shortage(event.shortage_id, solved=False)


def on_shortage_solved(event: ShortageSolved) -> None:
    """Both sides are told when it is there again; who cancelled or was released knows."""
    if db.session.get_one(Shortage, event.shortage_id).solution == "came_back":
        _tell_shortage(event.shortage_id, solved=True)


def _tell_shortage(shortage_id: int, *, solved: bool) -> None:
    shortage = db.session.get_one(Shortage, shortage_id)
    exchange = db.session.get_one(Exchange, shortage.exchange_id)
    line = db.session.get_one(ExchangeLine, shortage.line_id)
    data = {
        "line": line.title,
        "quantity": str(shortage.quantity),
        "cause": shortage.cause,
        "solved": solved,
    }
    # whoever is short of it looks for something else; the provider first for other pieces, from the exchange's page
    choice = f"{_path(exchange)}/autres/{line.public_id}" if not solved and exchange.kind == "rental" else None
    for side, path in (("receiver", choice), ("provider", None)):
        _tell(exchange, side, "shortage_changed", {**data, "starts_on": shortage.starts_on.isoformat()}, path=path)


def on_reminder_due(event: ReminderDue) -> None:
    """The sides it concerns are told what is due."""
    exchange = db.session.get_one(Exchange, event.exchange_id)
    data = {"what": event.what, "when": event.when, "day": event.day.isoformat()}
    for side in event.sides:
        _tell(exchange, side, "exchange_reminder", data)


def on_paper_signed(event: PaperSigned) -> None:
    """The side that did not sign is told. What was signed at the counter, with a code, the receiver's side is told too:
    whoever came is often none of them, and a name is not proof."""
    signature = db.session.get_one(Signature, event.signature_id)
    document = db.session.get_one(Document, signature.document_id)
    exchange = db.session.get_one(Exchange, document.exchange_id)
    at_counter = signature.user_id is None
    data = {
        "paper": title_code(document),
        "signer": signature.name,
        "by": signature.side,
        "at_counter": at_counter,
        "complete": len(signatures_of([document.id])) == len((PROVIDER, RECEIVER)),
    }
    path = f"{_path(exchange)}/papiers/{document.public_id}/signer"
    for side in (PROVIDER, RECEIVER) if at_counter else rules.sides_told(signature.side):
        _tell(exchange, side, "paper_signed", data, leave_out=event.user_id, path=path)


def on_insurance_looked_at(event: InsuranceLookedAt) -> None:
    """The receiver is told whether the certificate they sent will do, the provider that one is there to be read. One
    whose place another took meanwhile is nobody's news."""
    document = db.session.get_one(Document, event.document_id)
    exchange = db.session.get_one(Exchange, document.exchange_id)
    if document.superseded_at is not None or not takes_insurance(exchange):
        return
    data = {
        "found": insurance_state(exchange, document),
        "valid_until": document.valid_until.isoformat() if document.valid_until else None,
    }
    for side in (PROVIDER, RECEIVER):
        if side == RECEIVER or document.file_key is not None:
            _tell(exchange, side, "insurance_changed", data, path=f"{_path(exchange)}/papiers/assurance")


def on_shares_moved(event: SharesMoved) -> None:
    """The other side is told what is proposed, agreed or turned down."""
    exchange = db.session.get_one(Exchange, event.exchange_id)
    data = {"act": event.act, "giver_percent": event.giver_percent}
    other = RECEIVER if event.by == PROVIDER else PROVIDER
    _tell(exchange, other, "shares_moved", data, leave_out=event.user_id, path=f"{_path(exchange)}/partage")


def _last_move(exchange_id: int) -> Move | None:
    db.session.flush()
    return db.session.scalar(select(Move).where(Move.exchange_id == exchange_id).order_by(Move.id.desc()).limit(1))


def _path(exchange: Exchange) -> str:
    return f"/echanges/{exchange.public_id}"


def on_listing_hidden(event: ListingHidden) -> None:
    """Those who keep the stock are told, with the reason."""
    listing = db.session.get_one(Listing, event.listing_id)
    people = members_with(listing.organisation_id, "listing.publish")
    data = {"title": listing.title, "reason": event.reason}
    notify_all(people, "listing_hidden", data, f"/annonces/{listing.public_id}", listing.organisation_id)


def on_listings_leave_soon(event: ListingsLeaveSoon) -> None:
    """Those who keep the stock hear of it once for all that leaves that day."""
    data = {"title": event.titles[0], "more": len(event.titles) - 1, "day": event.gone_by.isoformat()}
    people = members_with(event.organisation_id, "listing.publish")
    notify_all(people, "listings_leave", data, "/stock/departs", event.organisation_id)


def on_invitation_made(event: InvitationMade) -> None:
    enqueue("messaging.write_invitation", {"invitation_id": event.invitation_id})


def on_invitation_accepted(event: InvitationAccepted) -> None:
    """Whoever invited is told who came."""
    invitation = db.session.get_one(Invitation, event.invitation_id)
    organisation = db.session.get_one(Organisation, invitation.organisation_id)
    production = db.session.get(Production, invitation.production_id) if invitation.production_id else None
    data = {
        "person": db.session.get_one(User, event.user_id).name,
        "organisation": organisation.name,
        "production": production.title if production else None,
    }
    if production is not None:
        path = f"/productions/{production.public_id}"
    else:
        path = f"/organisations/{organisation.public_id}/membres"
    notify(invitation.invited_by_id, "invitation_accepted", data, path, organisation.id)


def on_membership_changed(event: MembershipChanged) -> None:
    """Whose role changed at another's hand is told."""
    if event.user_id == event.by_user_id:
        return
    organisation = db.session.get_one(Organisation, event.organisation_id)
    path = f"/organisations/{organisation.public_id}"
    data = {"organisation": organisation.name, "role": event.role}
    notify(event.user_id, "membership_changed", data, path, organisation.id if event.role else None)


def on_partnership_changed(event: PartnershipChanged) -> None:
    """Those who keep the stock on the other side are told; an offer taken back in time is nobody's news."""
    if event.change == "withdrawn":
        return
    partnership = db.session.get_one(Partnership, event.partnership_id)
    other_id = partnership.first_id + partnership.second_id - event.by_organisation_id
    other = db.session.get_one(Organisation, other_id)
    data = {"organisation": db.session.get_one(Organisation, event.by_organisation_id).name, "change": event.change}
    people = members_with(other_id, "partnership.manage")
    notify_all(people, "partnership_changed", data, f"/organisations/{other.public_id}/partenaires", other_id)


def on_verification_changed(event: VerificationChanged) -> None:
    """Owners are told."""
    organisation = db.session.get_one(Organisation, event.organisation_id)
    people = members_with(organisation.id, "organisation.edit")
    data = {"organisation": organisation.name, "verified": event.verified, "reason": event.reason}
    path = f"/organisations/{organisation.public_id}"
    notify_all(people, "verification_changed", data, path, organisation.id)


def on_browser_new(event: BrowserIsNew) -> None:
    """Whose account it is reads it in their list too; the mail is accounts' own, whatever they chose."""
    data = {"browser": event.browser, "address": event.address}
    notify(event.user_id, "browser_new", data, "/compte/securite")
