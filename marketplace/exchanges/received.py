"""Listing again what an exchange brought in: the thing keeps its mass, its materials and its origin."""

from sqlalchemy import select

from marketplace.accounts.permissions import Actor, require
from marketplace.catalogue.models import Listing
from marketplace.catalogue.services import create_draft
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.exchanges.models import Exchange, ExchangeLine, ReceivedItem

_KEPT = (
    "category_key", "length_cm", "width_cm", "height_cm", "condition", "period", "style", "colours", "fire_rating",
    "replacement_value_cents",
)  # fmt: skip


def list_received(actor: Actor | None, exchange_public_id: str, line_public_id: str) -> Listing:
    """A draft of what a completed line brought to the actor's organisation; once made, the same one comes back.

    It carries `origin_line_id`: the ledger follows a thing's lives by it, so that a later saving names the entry
    before it and shares with whoever brought the thing in (method, rule 3).
    Raises `NotFound` to all but the receiver, `NotAllowed` to those who only read.
    """
    if actor is None or actor.organisation_id is None:
        raise NotFound
    row = db.session.execute(
        select(ReceivedItem, ExchangeLine)
        .join(ExchangeLine, ExchangeLine.id == ReceivedItem.line_id)
        .join(Exchange, Exchange.id == ExchangeLine.exchange_id)
        .where(
            Exchange.public_id == exchange_public_id,
            ExchangeLine.public_id == line_public_id,
            ReceivedItem.organisation_id == actor.organisation_id,
        )
        .with_for_update(of=ReceivedItem)
    ).first()
    if row is None:
        raise NotFound
    item, line = row
    require(actor, "listing.draft", item.organisation_id)
    if item.listing_id is not None:
        made = db.session.get(Listing, item.listing_id)
        if made is not None:
            return made
    before = line.listing
    listing = create_draft(
        actor,
        {
            "title": line.title,
            "description": before.description,
            "quantity": item.quantity,
            "unit": line.unit,
            "mass_grams": line.mass_grams,
            "mass_source": line.mass_source,
            "materials": line.materials,
            **{name: getattr(before, name) for name in _KEPT},
        },
    )
    listing.origin_line_id = line.id
    item.listing_id = listing.id
    db.session.flush()
    return listing
