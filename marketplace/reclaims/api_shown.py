"""A call as the API gives it to the side that asks: what one may not see is null."""

from typing import Any

from marketplace.reclaims.models import ReclaimOffer
from marketplace.reclaims.queries import CallView


def shown(view: CallView) -> dict[str, Any]:
    call, exchange, knows = view.call, view.exchange, view.knows_place
    plain = (
        "reference", "version", "city", "postcode", "opens_at", "closes_at", "answer_by", "volume_m3", "mass_kg",
        "hazards", "needs_dismantling", "has_dock", "has_lift", "height_cm", "floor", "parking", "people_on_site",
        "description", "created_at", "sent_at",
    )  # fmt: skip
    return {
        "id": call.public_id,
        "state": view.state,
        "side": view.standing.side,
        "organisation": call.organisation.public_id,
        "production": call.production.public_id if call.production else None,
        **{name: getattr(call, name) for name in plain},
        **{
            name: getattr(call, name) if knows else None
            for name in ("street", "access_notes", "contact_name", "contact_phone")
        },
        "contents": [
            {
                "stream": one.stream,
                "category": one.category,
                "volume_m3": one.volume_m3,
                "mass_kg": one.mass_kg,
                "note": one.note,
            }
            for one in call.contents
        ],
        "offers": [_offer(one) for one in view.offers],
        "recipients": [
            {
                "organisation": one.organisation.public_id,
                "told_at": one.told_at,
                "distance_km": one.distance_km,
                "misfits": one.misfits,
                "declined": one.declined_at is not None,
            }
            for one in view.recipients
        ],
        "exchange": exchange.public_id if exchange is not None else None,
        "exchange_state": exchange.state if exchange is not None else None,
    }


def _offer(offer: ReclaimOffer) -> dict[str, Any]:
    plain = ("state", "starts_at", "ends_at", "vehicle", "loads", "people", "price_cents", "distance_km", "message")
    return {
        "id": offer.public_id,
        "organisation": offer.organisation.public_id,
        **{name: getattr(offer, name) for name in plain},
    }
