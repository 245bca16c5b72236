"""What somebody prefers: their language, the look of the pages, and where they usually work."""

from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts.models import User
from marketplace.core import geo
from marketplace.core.db import db
from marketplace.core.errors import Invalid, NotFound

THEMES = ("auto", "light", "dark")
MOST_TWINS = 60  # communes of one name or postcode to choose among


class Base(NamedTuple):
    """Where somebody usually works: the origin of the distances they read. Theirs to see alone."""

    postcode: str
    city: str
    point: geo.Point


def base_of(user_id: int) -> Base | None:
    """The base of a person, None where they gave none."""
    row = db.session.execute(
        select(User.base_postcode, User.base_city, User.base_lat, User.base_lon).where(User.id == user_id)
    ).first()
    if row is None or row.base_lat is None or row.base_lon is None:
        return None
    return Base(row.base_postcode or "", row.base_city or "", geo.Point(row.base_lat, row.base_lon))


def communes_meant(text: str) -> list[geo.Place]:
    """The communes a typed base may mean: « 69100 », « Villeurbanne », « 93200 Saint-Denis ». Several where a postcode
    serves several or a name is borne by several; none for what is unknown."""
    text = " ".join(text.replace("\x00", "").split())[:80]
    words = text.split()
    code = next((word for word in words if geo.normal_postcode(word)), None)
    if code is None and geo.normal_postcode(text):
        code = text
    if code is None:
        key = geo.name_key(text)
        return [place for place in geo.find_communes(text, MOST_TWINS) if geo.name_key(place.commune) == key]
    served = geo.communes(code)
    name = geo.name_key(text.replace(code, " ", 1))
    named = [place for place in served if geo.name_key(geo.short_name(place.commune)) == name]
    if named or served:
        return named or served
    town = geo.cedex(code)
    return [town] if town is not None else []


def place_key(place: geo.Place) -> str:
    """What a form sends for a commune among several."""
    return f"{place.postcode}-{place.insee}"


def change_base(user_id: int, text: str, chosen: str = "") -> None:
    """Keep where somebody works, or forget it when nothing is typed. `chosen` is the key of one of the communes that
    the text may mean. Raises `Invalid` on `base` or, where there are several, on `commune`; `NotFound`."""
    user = db.session.get(User, user_id, with_for_update=True, populate_existing=True)
    if user is None:
        raise NotFound
    if not text.strip():
        user.base_postcode = user.base_city = user.base_lat = user.base_lon = None
        db.session.flush()
        return
    found = communes_meant(text)
    if not found:
        raise Invalid({"base": _("Ce lieu ne nous dit rien. Essayez un code postal ou le nom entier de la commune.")})
    place = next((one for one in found if place_key(one) == chosen), found[0] if len(found) == 1 else None)
    if place is None:
        raise Invalid({"commune": _("Plusieurs communes y répondent : choisissez la vôtre.")})
    user.base_postcode, user.base_city = place.postcode, geo.short_name(place.commune)[:100]
    user.base_lat, user.base_lon = place.point
    db.session.flush()


def change_theme(user_id: int, theme: str) -> None:
    """Keep the look somebody chose; 'auto' follows their device. Raises `Invalid` on `theme`, `NotFound`."""
    if theme not in THEMES:
        raise Invalid({"theme": _("Choisissez une des apparences proposées.")})
    user = db.session.get(User, user_id, with_for_update=True, populate_existing=True)
    if user is None:
        raise NotFound
    user.theme = None if theme == "auto" else theme
    db.session.flush()
