"""A collector's answer to a call: an offer, another in its place, its withdrawal, or a no. Services flush, never
commit; each works under the call's lock."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts.permissions import Actor
from marketplace.catalogue import taxonomy
from marketplace.catalogue.reading import Wrong, one_of
from marketplace.core.clock import now, zone_of
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.events import announce
from marketplace.core.geo import Point, great_circle_km
from marketplace.exchanges.wording import figure
from marketplace.reclaims import rules, windows
from marketplace.reclaims.calls import close_if_over
from marketplace.reclaims.events import CallDeclined, OfferMade, OfferWithdrawn
from marketplace.reclaims.fields import Errors, amount, between, line, lines, moment
from marketplace.reclaims.fitting import road_km
from marketplace.reclaims.models import ReclaimCall, ReclaimOffer
from marketplace.reclaims.profiles import profile_of
from marketplace.reclaims.standing import COLLECTOR, Standing, call_for

MOST_KM = Decimal(5000)


def offer(actor: Actor | None, public_id: str, raw: Mapping[str, Any]) -> ReclaimOffer:
    """Offer to come: `starts_at` and `ends_at` within the window, `vehicle` and `loads`, `people`, `price_cents`
    (signed: positive is paid by the production), `message`, `distance_km` (by road; estimated where it is not said).
    Made again, it takes the place of the offer before.

    Raises `NotFound` to whoever was not told, `NotAllowed`, `Invalid` by field, `Conflict` when it is too late.
    """
    standing = _told(actor, public_id)
    call, organisation_id = standing.call, standing.actor.organisation_id or 0
    if close_if_over(call) or not rules.takes_offers(call.state, call.answer_by, call.closes_at, now()):
        raise Conflict(_too_late(call), state=call.state)
    values = offer_values(raw, call, organisation_id)
    before = living_offer(call.id, organisation_id)
    if before is not None:
        if all(getattr(before, name) == value for name, value in values.items()):
            return before  # sent twice
        before.state, before.ended_at = rules.WITHDRAWN, now()
        db.session.flush()
    made = ReclaimOffer(
        call_id=call.id,
        organisation_id=organisation_id,
        state=rules.OFFERED,
        made_by_id=standing.actor.user_id,
        made_at=now(),
        **values,
    )
    db.session.add(made)
    if standing.recipient is not None:
        standing.recipient.declined_at, standing.recipient.decline_reason = None, ""
    db.session.flush()
    announce(OfferMade(made.id, again=before is not None))
    return made


def offer_values(raw: Mapping[str, Any], call: ReclaimCall, organisation_id: int) -> dict[str, Any]:
    """The columns of an offer. Raises `Invalid` by field."""
    errors, zone = Errors(), zone_of(call.postcode)
    values: dict[str, Any] = {
        "starts_at": moment(raw, "starts_at", zone, errors),
        "ends_at": moment(raw, "ends_at", zone, errors, ends=True),
        "vehicle": errors.read(raw, "vehicle", one_of(taxonomy.vehicles())),
        "loads": errors.read(raw, "loads", between(1, rules.MOST_LOADS)),
        "people": errors.read(raw, "people", between(1, rules.MOST_PEOPLE)),
        "price_cents": errors.read(raw, "price_cents", _signed_cents),
        "message": errors.read(raw, "message", lines(1000)),
        "distance_km": errors.read(raw, "distance_km", amount(MOST_KM)),
    }
    starts_at, ends_at = values["starts_at"], values["ends_at"]
    if starts_at and ends_at:
        if ends_at <= starts_at:
            errors["ends_at"] = _("La fin vient avant le début. Après minuit, choisissez le jour suivant.")
        elif starts_at <= now():
            errors["starts_at"] = _("Cette heure est passée.")
        elif not windows.within(starts_at, ends_at, call.opens_at, call.closes_at):
            errors["starts_at"] = _("Ces heures sortent du créneau demandé : restez dedans.")
    if values["price_cents"] is None:
        errors.setdefault("price_cents", _("Dites votre prix ; 0 si c’est gratuit."))
    if values["people"] is None:
        errors.setdefault("people", _("Dites à combien vous venez."))
    vehicle = taxonomy.vehicles().get(values["vehicle"] or "")
    if vehicle is None:
        errors.setdefault("vehicle", _("Dites avec quel véhicule vous venez."))
    elif "loads" not in errors:
        values["loads"] = values["loads"] or 1
        needed = rules.loads_for(call.volume_m3, vehicle.volume_m3)
        heavy = rules.loads_for(call.mass_kg, vehicle.payload_kg) if call.mass_kg is not None else 1
        if values["loads"] < max(needed, heavy):
            errors["loads"] = _too_small(call, vehicle, needed, heavy)
    errors.stop()
    if values["distance_km"] is None:
        values["distance_km"] = _distance(call, organisation_id)
    return values


def _too_small(call: ReclaimCall, vehicle: taxonomy.Vehicle, needed: int, heavy: int) -> str:
    """Why so many loads do not do: by volume, or by weight where that asks for more."""
    if heavy > needed:
        return _(
            "Ce véhicule porte %(one)s kg, la demande en compte %(all)s : il faut %(n)s voyages, ou plus grand.",
            one=figure(vehicle.payload_kg),
            all=figure(call.mass_kg or Decimal(0)),
            n=heavy,
        )
    return _(
        "Ce véhicule prend %(one)s m³, la demande en compte %(all)s : il faut %(n)s voyages, ou plus grand.",
        one=figure(vehicle.volume_m3),
        all=figure(call.volume_m3),
        n=needed,
    )


def _signed_cents(raw: Any) -> int | None:
    """Cents with their sign; None for nothing."""
    if raw in (None, ""):
        return None
    if isinstance(raw, bool) or not isinstance(raw, int) or abs(raw) > rules.MOST_CENTS:
        raise Wrong(_("Écrivez un montant en euros, cent mille au plus."))
    return raw


def _distance(call: ReclaimCall, organisation_id: int) -> Decimal:
    profile = profile_of(organisation_id)
    if profile is None or profile.site is None:
        raise Invalid({"distance_km": _("Dites à combien de kilomètres vous êtes.")})
    return road_km(great_circle_km(Point(profile.site.lat, profile.site.lon), Point(call.lat, call.lon)))


def withdraw(actor: Actor | None, public_id: str) -> ReclaimOffer:
    """Take one's offer back, as long as nobody was chosen. Raises `NotFound`, `NotAllowed`, `Conflict`."""
    standing = _told(actor, public_id)
    call = standing.call
    close_if_over(call)
    found = living_offer(call.id, standing.actor.organisation_id or 0)
    if found is None or found.state != rules.OFFERED:
        raise Conflict(
            _("Votre offre est choisie : c’est la collecte qui s’annule.")
            if found is not None
            else _("Vous n’avez pas d’offre en cours sur cette demande."),
            state=call.state,
        )
    found.state, found.ended_at = rules.WITHDRAWN, now()
    db.session.flush()
    announce(OfferWithdrawn(found.id))
    return found


def decline(actor: Actor | None, public_id: str, reason: Any = "") -> None:
    """Say that one will not come; an offer that stands is withdrawn with it. Said twice, it is said once.

    Raises `NotFound`, `NotAllowed`, `Invalid`, `Conflict`.
    """
    standing = _told(actor, public_id)
    call, recipient = standing.call, standing.recipient
    if recipient is None or recipient.declined_at is not None:
        return
    if close_if_over(call) or call.state != rules.OPEN:
        raise Conflict(_too_late(call), state=call.state)
    errors = Errors()
    said = errors.read({"reason": reason}, "reason", line(400)) or ""
    errors.stop()
    found = living_offer(call.id, recipient.organisation_id)
    if found is not None:
        found.state, found.ended_at = rules.WITHDRAWN, now()
    recipient.declined_at, recipient.decline_reason = now(), said
    db.session.flush()
    announce(CallDeclined(call.id, recipient.organisation_id, said))


def living_offer(call_id: int, organisation_id: int) -> ReclaimOffer | None:
    """What a collector offers now, or what was chosen of it."""
    return db.session.scalar(
        select(ReclaimOffer).where(
            ReclaimOffer.call_id == call_id,
            ReclaimOffer.organisation_id == organisation_id,
            ReclaimOffer.state.in_((rules.OFFERED, rules.CHOSEN)),
        )
    )


def _told(actor: Actor | None, public_id: str) -> Standing:
    """A locked call that the actor's organisation was told of. Raises `NotFound` also to those who ask."""
    standing = call_for(actor, public_id, "reclaim.offer", locked=True)
    if standing.side != COLLECTOR:
        raise NotFound
    return standing


def _too_late(call: ReclaimCall) -> str:
    return {
        rules.CHOSEN: _("C’est trop tard : une autre ressourcerie est choisie."),
        rules.CANCELLED: _("La production a annulé sa demande."),
    }.get(call.state, _("Le délai de réponse est passé."))
