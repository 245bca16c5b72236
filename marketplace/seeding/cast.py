"""Who plays in the demo, its clock, and what it puts on line."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import current_app

from marketplace.accounts.models import Site
from marketplace.accounts.permissions import Actor
from marketplace.catalogue.models import Listing
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.seeding import pictures
from marketplace.seeding.people import DEPOTS


@dataclass
class Cast:
    """Who plays in the demo, by the keys of `people.py`."""

    organisation_ids: dict[str, int] = field(default_factory=dict)
    owner_ids: dict[str, int] = field(default_factory=dict)
    site_ids: dict[str, int] = field(default_factory=dict)
    production_ids: dict[str, int] = field(default_factory=dict)
    moderator_id: int = 0

    def house_of(self, place: str) -> str:
        """The house whose site has this key."""
        return next((depot.house for depot in DEPOTS if depot.key == place), place)

    def owner(self, key: str) -> Actor:
        return Actor(self.owner_ids[key], self.organisation_ids[key], "owner", entry="command")


@contextmanager
def moving_clock() -> Iterator[Callable[[datetime], None]]:
    """`set(moment)` places the product's time; the setting comes back at the end."""
    kept = clock.setting()
    try:
        yield lambda moment: clock.set_clock(moment.isoformat())
    finally:
        clock.set_clock(kept)


@contextmanager
def unheard(*events: type) -> Iterator[None]:
    """Nobody hears of these facts meanwhile: whoever says so makes what follows from them in one go afterwards."""
    kept = current_app.extensions["listeners"]
    current_app.extensions["listeners"] = {event: heard for event, heard in kept.items() if event not in events}
    try:
        yield
    finally:
        current_app.extensions["listeners"] = kept


def add_listing(cast: Cast, place: str, values: dict[str, Any], drawing: pictures.Drawing, **more: Any) -> Listing:
    """A published listing at the site of this key (a house's own has the key of the house), with one picture."""
    site = db.session.get_one(Site, cast.site_ids[place])
    house = cast.house_of(place)
    listing = Listing(
        organisation_id=cast.organisation_ids[house],
        created_by_id=cast.owner_ids[house],
        state="published",
        site_id=site.id,
        lat=site.lat,
        lon=site.lon,
        city=site.city,
        postcode=site.postcode,
        published_at=values["created_at"],
        **{**values, **more},
    )
    photo = pictures.store(drawing)
    photo.alt = values["title"]
    listing.photos.append(photo)
    db.session.add(listing)
    return listing
