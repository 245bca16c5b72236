"""Houses near a thing that take such things in: whom its owner may call when a date comes near."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import or_, select

from marketplace.accounts.models import Organisation, Site
from marketplace.core.db import db
from marketplace.core.geo import Point, bounding_box, great_circle_km

WITHIN_KM = 50  # what a van does in an afternoon, there and back
SHOWN = 3
LOOKED_AT = 1_000  # sites: more than France has of them


class Taker(NamedTuple):
    """A verified reuse centre; `takes` in its own words."""

    public_id: str
    name: str
    takes: str
    city: str
    distance_km: float


def takers_near(places: Mapping[int, Point], but: int | None) -> dict[int, list[Taker]]:
    """For each place by its number, the nearest that say what they take, each once; `but` is the organisation that
    asks. One statement however many the places."""
    if not places:
        return {}
    # Paris or Marseille: an organisation's things are in few towns, so these boxes are few as well
    boxes = {bounding_box(Point(round(at.lat, 1), round(at.lon, 1)), WITHIN_KM + 10) for at in places.values()}
    rows = db.session.execute(
        select(Organisation.public_id, Organisation.name, Organisation.takes, Site.city, Site.lat, Site.lon)
        .join(Site, Site.organisation_id == Organisation.id)
        .where(
            Organisation.kind == "reuse_centre",
            Organisation.verified_at.is_not(None),
            Organisation.takes != "",
            Organisation.id != but,
            Site.closed_at.is_(None),
            or_(
                *(
                    Site.lat.between(south, north) & Site.lon.between(west, east)
                    for south, north, west, east in sorted(boxes)
                )
            ),
        )
        .order_by(Organisation.id, Site.id)
        .limit(LOOKED_AT)
    ).all()
    return {number: _nearest(at, rows) for number, at in places.items()}


def _nearest(at: Point, rows: Iterable[Any]) -> list[Taker]:
    found: dict[str, Taker] = {}
    for public_id, name, takes, city, lat, lon in rows:
        away = great_circle_km(at, Point(lat, lon))
        if away <= WITHIN_KM and (public_id not in found or away < found[public_id].distance_km):
            found[public_id] = Taker(public_id, name, takes, city, away)
    return sorted(found.values(), key=lambda one: (one.distance_km, one.public_id))[:SHOWN]
