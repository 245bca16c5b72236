"""A listing outside of its page: what other sites and programs read of it, and the sheet that hangs beside it."""

from typing import Any

import segno
from flask import Blueprint, current_app, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from marketplace.accounts.permissions import require
from marketplace.catalogue import structured, taxonomy
from marketplace.catalogue.models import Listing
from marketplace.catalogue.queries import listing_for, own_ids
from marketplace.core.db import db
from marketplace.core.text import slug
from marketplace.exchanges.rules import is_public_id
from marketplace.web import filters
from marketplace.web.access import current_actor, enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("outputs", __name__)

MOST_SHEETS = 200
LONGEST_SUMMARY = 200  # characters; what other sites show under a link


@blueprint.app_template_global("outside")
def outside(listing: Any, pictures: list[Any], free: Any) -> dict[str, Any] | None:
    """What the head of a public listing's page says to other sites: address, summary, picture, JSON-LD. None for a
    listing that not everybody sees: robots are then asked to stay away."""
    if listing.visibility != "public" or listing.hidden_at is not None or listing.state == "draft":
        return None
    root: str = current_app.extensions["settings"].base_url
    url = f"{root}/annonces/{listing.public_id}-{slug(listing.title)}"
    images = [root + filters.photo_url(picture.key, 1600, "jpg") for picture in pictures]
    data = structured.product(
        listing,
        url=url,
        pictures=images,
        category=" > ".join(_names(listing.category_key)),
        materials=_materials(listing.materials),
        seller={
            "name": listing.organisation_name,
            "url": f"{root}/organisations/{listing.organisation_public_id}",
        },
        free=free,
    )
    return {
        "url": url,
        "summary": _summary(listing),
        "image": root + filters.photo_url(pictures[0].key, 800, "jpg") if pictures else None,
        "data": structured.as_script(data),
    }


def _names(key: str | None) -> list[str]:
    known = taxonomy.categories()
    return [known[one].name(filters.language()) for one in taxonomy.path(key)] if key in known else []


def _materials(parts: list[dict[str, Any]]) -> list[str]:
    known = taxonomy.materials()
    english = filters.language() == "en"
    found = [known[part["key"]] for part in parts or [] if part.get("key") in known]
    return [one.name_en if english else one.name_fr for one in found]


def _summary(listing: Any) -> str:
    words = " ".join(f"{listing.city or ''} · {listing.description}".split()).strip(" ·")
    return words if len(words) <= LONGEST_SUMMARY else f"{words[:LONGEST_SUMMARY].rstrip()}…"


@blueprint.get("/annonces/<string(length=13):public_id>/fiche")
@enter.public
@limiter.limit("120 per hour")
def sheet(public_id: str) -> str:
    """One listing on one sheet, to be read at two metres, its QR code leading to `/q/<code>`."""
    listing = listing_for(current_actor(), public_id)
    return render_template("catalogue/sheets.html", sheets=[_sheet(listing)], large=True)


@blueprint.get("/stock/fiches")
@enter.member
@limiter.limit("120 per hour")
def sheets() -> str:
    """Sheets of one's own stock, four a page; `annonces` names them, joined by dots. Raises `NotFound` when one is not
    one's own."""
    actor = signed_in_actor()
    require(actor, "listing.read", actor.organisation_id)
    asked = [one for one in request.args.get("annonces", "").split(".") if is_public_id(one)][:MOST_SHEETS]
    ids = own_ids(actor, asked, "listing.read") if asked else []
    found = db.session.query(Listing).filter(Listing.id.in_(ids)).order_by(Listing.id).all() if ids else []
    return render_template("catalogue/sheets.html", sheets=[_sheet(one) for one in found], large=False)


def _sheet(listing: Listing) -> dict[str, Any]:
    root: str = current_app.extensions["settings"].base_url
    address = f"{root}/q/{listing.public_id}"
    drawn = segno.make(address, error="q").svg_inline(border=0, light=None, dark="#000", omitsize=True, svgclass="qr")
    sizes = [one for one in (listing.length_cm, listing.width_cm, listing.height_cm) if one]
    return {
        "title": listing.title or _("Sans titre"),
        "reference": listing.reference,
        "category": (_names(listing.category_key) or [""])[-1],
        "quantity": filters.quantity(listing.quantity, listing.unit) if listing.quantity and listing.unit else "",
        "size": f"{' × '.join(map(str, sizes))}{filters.NBSP}cm" if sizes else "",
        "mass": filters.mass(listing.mass_grams, listing.mass_source) if listing.mass_grams else "",
        "fire_rating": listing.fire_rating,
        "gone_by": listing.gone_by,
        "organisation": listing.organisation.name,
        "code": address.split("://", 1)[1],
        "qr": Markup(drawn),  # noqa: S704 - drawn by segno from our own address
        "url": url_for("catalogue.listing_show", public_id=listing.public_id, slug=slug(listing.title)),
    }
