"""Choosing who comes: exactly one offer, which becomes an exchange; the others are told.

The call's row is locked first; a partial unique index holds that one offer of a call is chosen at most, and the call's
`exchange_id` that it makes one exchange.
"""

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.permissions import Actor
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, NotFound
from marketplace.core.events import announce
from marketplace.exchanges import codes, transitions
from marketplace.exchanges.models import Appointment, Exchange
from marketplace.exchanges.rules import is_public_id
from marketplace.exchanges.states import PROVIDER, RECEIVER
from marketplace.reclaims import rules
from marketplace.reclaims.calls import check_version, close_if_over
from marketplace.reclaims.events import OfferChosen
from marketplace.reclaims.kind import RECLAIM
from marketplace.reclaims.models import ReclaimCall, ReclaimOffer
from marketplace.reclaims.profiles import profile_of
from marketplace.reclaims.standing import ASKER, call_for


def choose(actor: Actor | None, public_id: str, offer_public_id: str, version: int | None = None) -> Exchange:
    """Choose an offer: the exchange it makes, confirmed. Chosen twice, it is the same exchange.

    Raises `NotFound` to strangers and for an offer that is not of this call, `NotAllowed`, `Conflict` when another was
    chosen, the offer was withdrawn or its time has passed, or the call is over.
    """
    standing = call_for(actor, public_id, "reclaim.send", locked=True)
    call = standing.call
    if standing.side != ASKER or not is_public_id(offer_public_id):
        raise NotFound
    query = select(ReclaimOffer).where(ReclaimOffer.call_id == call.id, ReclaimOffer.public_id == offer_public_id)
    offer = db.session.scalar(query.execution_options(populate_existing=True))
    if offer is None:
        raise NotFound
    if offer.state == rules.CHOSEN and call.exchange_id is not None:
        return db.session.get_one(Exchange, call.exchange_id)
    if close_if_over(call) or call.state != rules.OPEN:
        raise Conflict(_why_not(call), state=call.state, version=call.version)
    if offer.state != rules.OFFERED:
        raise Conflict(_("Cette offre vient d’être retirée ou changée : comparez à nouveau."), state=call.state)
    if offer.starts_at <= now():
        raise Conflict(
            _("L’heure de cette offre est passée : demandez-en une autre à la ressourcerie."), state=call.state
        )
    check_version(call, version)
    exchange = _exchange(call, offer, standing.actor.user_id)
    at = now()
    for other in _offered(call.id):
        other.state = rules.CHOSEN if other.id == offer.id else rules.NOT_CHOSEN
        other.ended_at = None if other.id == offer.id else at
    call.state, call.exchange_id, call.ended_at = rules.CHOSEN, exchange.id, at
    call.version += 1
    try:
        db.session.flush()
    except IntegrityError as error:
        raise Conflict(_("Une autre offre vient d’être choisie pour cette collecte.")) from error
    announce(OfferChosen(call.id, offer.id, exchange.id, standing.actor.user_id))
    return exchange


def _exchange(call: ReclaimCall, offer: ReclaimOffer, user_id: int) -> Exchange:
    """The exchange in its first state, with the visit as an appointment agreed on."""
    profile = profile_of(offer.organisation_id)
    site = profile.site if profile else None
    exchange = Exchange(
        kind=RECLAIM.key,
        state=RECLAIM.start,
        reference=call.reference,
        provider_id=call.organisation_id,
        receiver_id=offer.organisation_id,
        provider_production_id=call.production_id,
        requested_by_id=user_id,
        site_id=call.site_id,
        vehicle=offer.vehicle,
        distance_km=offer.distance_km,
        destination_lat=site.lat if site else None,
        destination_lon=site.lon if site else None,
        hand_over_code=codes.new_code(),
        waits_for=RECLAIM.waits_for(RECLAIM.start, None),
        created_at=now(),
    )
    exchange.appointments = [
        Appointment(starts_at=offer.starts_at, ends_at=offer.ends_at, state="picked", proposed_by=RECEIVER)
    ]
    db.session.add(exchange)
    kept = {"offer": offer.public_id, "price_cents": offer.price_cents}
    transitions.record(exchange, "request", None, PROVIDER, user_id, kept)
    db.session.flush()
    return exchange


def _offered(call_id: int) -> list[ReclaimOffer]:
    query = select(ReclaimOffer).where(ReclaimOffer.call_id == call_id, ReclaimOffer.state == rules.OFFERED)
    return list(db.session.scalars(query.order_by(ReclaimOffer.id)))


def _why_not(call: ReclaimCall) -> str:
    return {
        rules.CHOSEN: _("Une autre offre est déjà choisie pour cette collecte."),
        rules.CANCELLED: _("La demande est annulée."),
        rules.EXPIRED: _("Le créneau est passé sans que personne soit choisi : recommencez la demande."),
    }.get(call.state, _("La demande n’est pas encore partie."))
