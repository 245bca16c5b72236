"""The place a search starts from: a commune, a postcode, a production's base, one's own base, or here."""

import re

from flask_babel import gettext as _

from marketplace.accounts.permissions import Actor
from marketplace.accounts.preferences import base_of
from marketplace.accounts.productions import actor_for_production
from marketplace.core import geo
from marketplace.core.errors import NotAllowed, NotFound

PRODUCTION = "production:"  # and its public id
OWN_BASE = "user:base"
_HERE = re.compile(r"(-?[0-9]{1,2}(?:\.[0-9]{1,15})?) ?[,;] ?(-?[0-9]{1,3}(?:\.[0-9]{1,15})?)")


def rounded(near: str) -> str:
    """What was typed, coordinates to two decimals (about a kilometre): an address is kept in logs and histories."""
    if (here := _coordinates(near)) is None:
        return near
    return f"{here.lat:.2f},{here.lon:.2f}"


def place_meant(near: str, reader: Actor | None) -> geo.Spot | None:
    """Where `near` is, for `reader`; None if nothing is known by that name, or if they may not know it."""
    if near.startswith(PRODUCTION):
        return _production(near.removeprefix(PRODUCTION), reader)
    if near == OWN_BASE:
        base = base_of(reader.user_id) if reader else None
        return geo.Spot(base.city or base.postcode, base.point, "base") if base else None
    if here := _coordinates(near):
        return geo.Spot(_("votre position"), here, "here")
    return geo.locate(near)


def _coordinates(near: str) -> geo.Point | None:
    if (match := _HERE.fullmatch(near)) is None:
        return None
    lat, lon = round(float(match[1]), 2) + 0.0, round(float(match[2]), 2) + 0.0
    return geo.Point(lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 else None


def _production(public_id: str, reader: Actor | None) -> geo.Spot | None:
    if reader is None:
        return None
    try:
        _acting, production = actor_for_production(reader, public_id)
    except (NotFound, NotAllowed):
        return None
    if production.base_lat is None or production.base_lon is None:
        return None
    name = f"{production.title} ({production.base_city})" if production.base_city else production.title
    return geo.Spot(name, geo.Point(production.base_lat, production.base_lon), "base")
