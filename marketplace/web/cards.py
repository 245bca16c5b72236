"""A listing's card, worded: what `ui.cards` of templates/shared/ui.html shows, from the columns of a search result."""

from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, Protocol

from flask import current_app, g, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.catalogue import taxonomy
from marketplace.core.clock import today
from marketplace.core.geo import short_name
from marketplace.web import filters
from marketplace.web.labels import drawing_for, label

URGENT_DAYS = 14  # a listing that goes within so many days says so


class CardRow(Protocol):
    """The attributes a card is made from, as `search.queries.Found` has them."""

    public_id: str
    slug: str
    title: str
    category_key: str
    gives: bool
    rents: bool
    sells: bool
    price_cents: int | None
    weekly_rate_cents: int | None
    free: Decimal
    unit: str
    city: str
    gone_by: date | None
    photo_key: str | None
    estimate_kgco2e: Decimal | None
    uncertainty_kgco2e: Decimal | None
    distance_km: float | None


def card(row: Any) -> dict[str, Any]:
    """The words of one card, in the language of the request."""
    price = _price(row)
    estimate = row.estimate_kgco2e
    return {
        "url": _address(row.public_id, row.slug),
        "title": row.title,
        "photo_url": filters.photo_url(row.photo_key, 320) if row.photo_key else None,
        "photo_large": filters.photo_url(row.photo_key, 800) if row.photo_key else None,
        "colour": None,
        "drawing": _drawing(row.category_key),
        "modes_text": _modes(row.gives, row.rents, row.sells),
        "price_text": price,
        "free_text": _free(row.free, row.unit),
        "place": short_name(row.city),
        "distance_text": filters.distance(row.distance_km),
        "urgent_text": _urgent(row.gone_by),
        "carbon_text": _("évite environ %(figure)s", figure=filters.carbon(estimate, row.uncertainty_kgco2e))
        if estimate is not None and estimate > 0
        else None,
    }


def cards(rows: Any) -> list[dict[str, Any]]:
    """The cards of several results."""
    return [card(row) for row in rows]


def _address(public_id: str, slug: str) -> str:
    """`url_for` of a listing, its shape remembered: a page asks for 24."""
    known = current_app.extensions["links"]
    shape = known.get("listing")
    if shape is None:
        shape = known["listing"] = url_for("catalogue.listing_show", public_id="{id}", slug="{slug}")
        shape = known["listing"] = shape.replace("%7Bid%7D", "{id}").replace("%7Bslug%7D", "{slug}")
    return shape.replace("{id}", public_id).replace("{slug}", slug)


@cache
def _drawing(category_key: str) -> str:
    return drawing_for(taxonomy.path(category_key)) if category_key in taxonomy.categories() else drawing_for(())


def _modes(gives: bool, rents: bool, sells: bool) -> str:
    """« Don, location, vente »."""
    known = _in_this_language("modes")
    key = (gives, rents, sells)
    if key not in known:
        asked = [mode for mode, on in zip(("donate", "rent", "sell"), key, strict=True) if on]
        words = [str(label("mode", mode)) for mode in asked]
        known[key] = ", ".join([*words[:1], *(word.lower() for word in words[1:])])
    return known[key]


def _price(row: Any) -> str | None:
    """The price where there is one mode; with several the card would say too much."""
    if row.sells and not row.rents and not row.gives and row.price_cents is not None:
        return filters.money(row.price_cents)
    if row.rents and not row.sells and not row.gives and row.weekly_rate_cents is not None:
        return _("%(price)s la semaine", price=filters.money(row.weekly_rate_cents))
    return None


def _free(free: Decimal, unit: str) -> str:
    known = _in_this_language("free")
    key = (free, unit)
    if key not in known:
        if free <= 0:
            known[key] = _("tout est retenu")
        elif unit == "piece":
            known[key] = ngettext("%(n)s libre", "%(n)s libres", int(free) if free >= 2 else 1, n=filters.number(free))
        else:
            known[key] = filters.quantity(free, unit)
    return known[key]


def _urgent(gone_by: date | None) -> str | None:
    if gone_by is None or (gone_by - today()).days > URGENT_DAYS:
        return None
    return _("part le %(day)s", day=filters.short_day(gone_by))


def _in_this_language(kind: str) -> dict[Any, str]:
    """Short texts repeat over the cards of a page; they are worded once in a request."""
    if "card_texts" not in g:
        g.card_texts = {}
    return g.card_texts.setdefault(kind, {})
