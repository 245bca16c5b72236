"""A listing's card, worded: what `ui.cards` of templates/shared/ui.html shows, from the columns of a search result."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from flask import current_app, has_request_context, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.catalogue import taxonomy
from marketplace.catalogue.favourites import kept_among
from marketplace.core.clock import today
from marketplace.core.geo import short_name
from marketplace.web import filters, writing
from marketplace.web.access import current_actor
from marketplace.web.labels import drawing_for, label

URGENT_DAYS = 14  # a listing that goes within so many days says so


def card(row: Any) -> dict[str, Any]:
    """The words of one card, in the language of the request."""
    return cards([row])[0]


def cards(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """The cards of several results: rows with the attributes of `search.queries.Found`. One query, for somebody who is
    signed in: which of them are their favourites. A visitor's cards are the same for every visitor."""
    wording, rows = _Wording(), list(rows)
    found = [wording.card(row) for row in rows]
    actor = current_actor() if has_request_context() else None
    if actor is not None:
        kept = kept_among(actor.user_id, [row.public_id for row in rows])
        for one in found:
            one["kept"] = one["keep_id"] in kept
    return found


class _Wording:
    """What the cards of a page have in common, looked up once: language, sentences, addresses, today."""

    def __init__(self) -> None:
        self.language = filters.language()
        self.address = _address()
        self.today = today()
        self.avoids = _("évite environ %(figure)s")
        self.a_week = _("%(price)s la semaine")
        self.leaves = _("part le %(day)s")
        self.all_held = _("tout est retenu")
        self.modes: dict[tuple[bool, bool, bool], str] = {}
        self.free: dict[tuple[Decimal, str], str] = {}

    def card(self, row: Any) -> dict[str, Any]:
        key = row.photo_key
        return {
            "url": self.address.replace("{id}", row.public_id).replace("{slug}", row.slug),
            "title": row.title,
            "photo_url": filters.photo_url(key, 320) if key else None,
            "photo_large": filters.photo_url(key, 800) if key else None,
            "colour": None,
            "drawing": drawing_of(row.category_key),
            "modes_text": self.modes_text(row.gives, row.rents, row.sells),
            "price_text": self.price_text(row),
            "free_text": self.free_text(row.free, row.unit),
            "place": short_name(row.city),
            "distance_text": "" if row.distance_km is None else filters.distance(row.distance_km),
            "urgent_text": self.urgent_text(row.gone_by),
            "carbon_text": self.carbon_text(row.estimate_kgco2e, row.uncertainty_kgco2e),
            "keep_id": row.public_id,
            "kept": None,
        }

    def modes_text(self, *on: bool) -> str:
        """« Don, location, vente »."""
        if on not in self.modes:
            asked = [mode for mode, is_on in zip(("donate", "rent", "sell"), on, strict=True) if is_on]
            words = [str(label("mode", mode)) for mode in asked]
            self.modes[on] = ", ".join([*words[:1], *(word.lower() for word in words[1:])])  # type: ignore[index]
        return self.modes[on]  # type: ignore[index]

    def price_text(self, row: Any) -> str | None:
        """The price where there is one mode; with several the card would say too much."""
        if row.gives or row.rents == row.sells:
            return None
        cents = row.price_cents if row.sells else row.weekly_rate_cents
        if cents is None:
            return None
        price = writing.money(cents, self.language)
        return price if row.sells else self.a_week % {"price": price}

    def free_text(self, free: Decimal, unit: str) -> str:
        key = free, unit
        if key not in self.free:
            if free <= 0:
                text = self.all_held
            elif unit == "piece":
                figure = writing.plain(free, self.language)
                text = ngettext("%(n)s libre", "%(n)s libres", int(free) if free >= 2 else 1, n=figure)
            else:
                text = filters.quantity(free, unit)
            self.free[key] = text
        return self.free[key]

    def urgent_text(self, gone_by: date | None) -> str | None:
        if gone_by is None or (gone_by - self.today).days > URGENT_DAYS:
            return None
        return self.leaves % {"day": writing.short_day(gone_by, self.language)}

    def carbon_text(self, estimate: Decimal | None, doubt: Decimal | None) -> str | None:
        """Only what it surely avoids or may avoid: a listing that would cost says so on its page, with the terms."""
        if estimate is None or estimate <= 0:
            return None
        return self.avoids % {"figure": writing.carbon(estimate, doubt, self.language)}


def _address() -> str:
    """The shape of a listing's address, made once for the application: a page asks for 24."""
    known = current_app.extensions["links"]
    if "listing" not in known:
        shape = url_for("catalogue.listing_show", public_id="{id}", slug="{slug}")
        known["listing"] = shape.replace("%7Bid%7D", "{id}").replace("%7Bslug%7D", "{slug}")
    return known["listing"]


@cache
def drawing_of(category_key: str | None) -> str:
    """The drawing that stands for a thing of this category; of one that is no more, or of none, the plainest."""
    return drawing_for(taxonomy.path(category_key) if category_key in taxonomy.categories() else ())
