"""Who hears of a call for a collection: the collectors it goes to, those who ask, and everybody who offered."""

from typing import Any

from sqlalchemy import select

from marketplace.accounts.models import Organisation
from marketplace.accounts.queries_organisations import members_with
from marketplace.core.db import db
from marketplace.messaging.services import may_follow, notify_all
from marketplace.reclaims.events import CallDeclined, CallEnded, CallSent, OfferChosen, OfferMade, OfferWithdrawn
from marketplace.reclaims.models import ReclaimCall, ReclaimOffer


def on_call_sent(event: CallSent) -> None:
    """Those who answer at each collector are told what, where about and when."""
    call = db.session.get_one(ReclaimCall, event.call_id)
    for organisation_id in event.organisation_ids:
        _tell(members_with(organisation_id, "reclaim.offer"), "reclaim_called", call, organisation_id)


def on_offer_made(event: OfferMade) -> None:
    _tell_askers(event.offer_id, "again" if event.again else "made")


def on_offer_withdrawn(event: OfferWithdrawn) -> None:
    _tell_askers(event.offer_id, "withdrawn")


def _tell_askers(offer_id: int, act: str) -> None:
    offer = db.session.get_one(ReclaimOffer, offer_id)
    call = db.session.get_one(ReclaimCall, offer.call_id)
    data = {"act": act, "other": _name(offer.organisation_id), "price_cents": offer.price_cents}
    _tell(askers_of(call), "reclaim_answered", call, call.organisation_id, data)


def on_call_declined(event: CallDeclined) -> None:
    call = db.session.get_one(ReclaimCall, event.call_id)
    data = {"act": "declined", "other": _name(event.organisation_id), "reason": event.reason}
    _tell(askers_of(call), "reclaim_answered", call, call.organisation_id, data)


def on_offer_chosen(event: OfferChosen) -> None:
    """The one that comes is told so, the others that they need not."""
    call = db.session.get_one(ReclaimCall, event.call_id)
    ended = ReclaimOffer.state.in_(("chosen", "not_chosen"))
    for offer in db.session.scalars(select(ReclaimOffer).where(ReclaimOffer.call_id == call.id, ended)):
        people = [one for one in members_with(offer.organisation_id, "reclaim.offer") if one != event.user_id]
        _tell(people, "reclaim_decided", call, offer.organisation_id, {"act": offer.state})


def on_call_ended(event: CallEnded) -> None:
    """Who offered is told that nothing comes of it; who asked, what to do when nobody came."""
    call = db.session.get_one(ReclaimCall, event.call_id)
    for organisation_id in event.organisation_ids:
        data = {"act": event.state, "reason": event.reason}
        _tell(members_with(organisation_id, "reclaim.offer"), "reclaim_decided", call, organisation_id, data)
    if event.state == "expired":
        count = len(event.organisation_ids)
        _tell(askers_of(call), "reclaim_answered", call, call.organisation_id, {"act": "expired", "offers": count})


def askers_of(call: ReclaimCall) -> list[int]:
    """Whoever wrote the call, while they still may follow it; else those who may send one there."""
    maker = call.made_by_id
    if maker is not None and may_follow(maker, call.organisation_id, call.production_id):
        return [maker]
    return members_with(call.organisation_id, "reclaim.send")


def _name(organisation_id: int) -> str:
    return db.session.get_one(Organisation, organisation_id).name


def _tell(
    people: list[int], kind: str, call: ReclaimCall, organisation_id: int, more: dict[str, Any] | None = None
) -> None:
    data = {
        "reference": call.reference,
        "city": call.city,
        "asker": _name(call.organisation_id),
        "volume_m3": str(call.volume_m3),
        "opens_at": call.opens_at.isoformat(),
        "closes_at": call.closes_at.isoformat(),
        "answer_by": call.answer_by.isoformat() if call.answer_by else None,
        "postcode": call.postcode,  # for the clock of the place
        **(more or {}),
    }
    notify_all(people, kind, data, f"/collectes/{call.public_id}", organisation_id)
