"""Who hears of meals: receivers in waves, those who waited, the donor of what nobody took."""

from decimal import Decimal
from typing import Any

from marketplace.accounts.queries_organisations import members_with
from marketplace.catalogue.models import Listing
from marketplace.core.clock import zone_of
from marketplace.core.db import db
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.queries import free_quantities
from marketplace.meals.events import LeftoverExpired, MealFreed, ReceiversAlerted
from marketplace.meals.models import Leftover
from marketplace.messaging.services import notify_all

ASKS = "exchange.request"  # the right of those who could claim it


def on_receivers_alerted(event: ReceiversAlerted) -> None:
    """Those of each house who may claim it, with how far it is."""
    facts = _facts(event.listing_id)
    for organisation_id, km in event.told:
        people = members_with(organisation_id, ASKS)
        notify_all(people, "meal_offered", {**facts, "km": km}, _path(event.listing_id), organisation_id)


def on_meal_freed(event: MealFreed) -> None:
    """Those who waited for it: who comes first has it."""
    facts = {**_facts(event.listing_id), "freed": True}
    for organisation_id in event.organisation_ids:
        people = members_with(organisation_id, ASKS)
        notify_all(people, "meal_offered", facts, _path(event.listing_id), organisation_id)


def on_leftover_expired(event: LeftoverExpired) -> None:
    """Its donor, who withdrew it or is told what is left; who withdrew it knows."""
    if event.reason == "withdrawn":
        return
    listing = db.session.get_one(Listing, event.listing_id)
    leftover = db.session.get_one(Leftover, event.listing_id)
    data = {
        "title": listing.title,
        "quantity": str(event.left_over),
        "unit": listing.unit,
        "reason": event.reason,
        "bio_waste": leftover.fallback_bio_waste,
    }
    people = members_with(listing.organisation_id, "listing.publish")
    notify_all(people, "meal_over", data, _path(event.listing_id), listing.organisation_id)


def claim_facts(exchange: Exchange) -> dict[str, Any]:
    """What a claim's own notification says beside what those of every exchange do."""
    line = exchange.lines[0]
    leftover = db.session.get_one(Leftover, line.listing_id)
    return {
        "quantity": str(line.quantity),
        "unit": line.unit,
        "first_come": leftover.first_come,
        "until": _until(leftover, db.session.get_one(Listing, line.listing_id)),
    }


def _facts(listing_id: int) -> dict[str, Any]:
    listing = db.session.get_one(Listing, listing_id)
    leftover = db.session.get_one(Leftover, listing_id)
    return {
        "title": listing.title,
        "quantity": str(free_quantities([listing_id]).get(listing_id) or Decimal(0)),
        "unit": listing.unit,
        "city": listing.city or "",
        "until": _until(leftover, listing),
    }


def _until(leftover: Leftover, listing: Listing) -> str:
    return f"{leftover.pick_up_closes_at.astimezone(zone_of(listing.postcode)):%-H:%M}"


def _path(listing_id: int) -> str:
    return f"/repas/{db.session.get_one(Listing, listing_id).public_id}"
