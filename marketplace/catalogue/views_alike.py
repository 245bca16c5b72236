"""Drafts about to go out several at once that look like listings their house already has: told once, then published."""

from collections.abc import Collection, Sequence

from sqlalchemy import select

from marketplace.accounts.permissions import Actor
from marketplace.catalogue import duplicates, rules, services
from marketplace.catalogue.duplicates import Alike
from marketplace.catalogue.models import Listing
from marketplace.core.db import db


def held_back(drafts: Sequence[Listing], told: Collection[str] = ()) -> dict[str, list[Alike]]:
    """What looks like own listings, of these drafts of one house that are otherwise ready; without those that somebody
    was `told` of already (their public ids)."""
    ready = [
        one for one in drafts if one.public_id not in told and not rules.missing_to_publish(services.columns_of(one))
    ]
    return duplicates.alike_among(ready)


def own_drafts(actor: Actor, public_ids: Collection[str]) -> list[Listing]:
    """The drafts of the acting organisation among these, in the order they were made."""
    if not public_ids:
        return []
    query = select(Listing).where(
        Listing.public_id.in_(public_ids),
        Listing.organisation_id == actor.organisation_id,
        Listing.state == "draft",
    )
    return list(db.session.scalars(query.order_by(Listing.id)))
