"""The form of a new leftover: the dishes of the last posts first, times that are likely, what was typed kept."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import render_template, request

from marketplace.accounts.models import Site
from marketplace.accounts.permissions import Actor
from marketplace.catalogue.models import Listing
from marketplace.core.clock import now as now
from marketplace.core.clock import zone_of
from marketplace.core.errors import Invalid
from marketplace.meals import posting, queries
from marketplace.meals.forms import ELSEWHERE, FIELD_OF, PostForm
from marketplace.meals.models import Leftover
from marketplace.meals.posting import Posting
from marketplace.meals.views_words import five_minutes, half_hour
from marketplace.web import filters

MADE_AGO = timedelta(hours=3)  # supper, when it is posted
LASTS = timedelta(hours=1)  # a window, unless said otherwise


def zone(offer: queries.Offer) -> ZoneInfo:
    return zone_of(offer.listing.postcode)


def _sites(actor: Actor) -> list[Site]:
    return posting.own_places(actor.organisation_id or 0)


def sent_form(actor: Actor) -> PostForm:
    form = PostForm()
    _offer(actor, form, _sites(actor))
    return form


def _offer(actor: Actor, form: PostForm, sites: list[Site]) -> None:
    productions = [(one.public_id, one.title) for one in posting.own_productions(actor.organisation_id or 0)]
    form.offer([(one.public_id, f"{one.name}, {one.city}") for one in sites], productions)


def fresh_form(actor: Actor) -> PostForm:
    """Filled with what is likely: the times, the place and the shoot of the last post; `plat` in the address fills in
    one of the last dishes."""
    sites, dishes = _sites(actor), posting.last_dishes(actor.organisation_id or 0)
    last = dishes[0] if dishes else None
    here = now().astimezone(zone_of(sites[0].postcode if sites else None))
    opens = five_minutes(here)
    data: dict[str, Any] = {
        "unit": "portion",
        "packaging": "trays",
        "made": f"{half_hour(here - MADE_AGO):%H:%M}",
        "opens": f"{opens:%H:%M}",
        "closes": f"{opens + LASTS:%H:%M}",
        "use_by": f"{opens + 2 * LASTS:%Y-%m-%dT%H:%M}",
        "site": sites[0].public_id if sites else ELSEWHERE,
        "choice": "first",
        "open_to": "charities",
        "fallback": True,
    }
    if last is not None:
        data |= _place_of(*last)
    chosen = request.args.get("plat", "")
    dish = next((one for one in dishes if one[0].public_id == chosen), None)
    if dish is not None:
        data |= dish_data(*dish)
    form = PostForm(formdata=None, data=data)
    _offer(actor, form, sites)
    return form


def _place_of(listing: Listing, leftover: Leftover) -> dict[str, Any]:
    site = listing.site
    return {
        "site": site.public_id if site is not None and site.closed_at is None else ELSEWHERE,
        "address": leftover.address,
        "contact": leftover.contact,
        "production": listing.origin_production.public_id if listing.origin_production else "",
        "fallback": leftover.fallback_bio_waste,
    }


def dish_data(listing: Listing, leftover: Leftover) -> dict[str, Any]:
    """What one tap on a dish fills in. What must be looked at each time is left to be looked at."""
    return {
        "title": listing.title,
        "category": listing.category_key or "",
        "unit": listing.unit or "portion",
        "grams": str(listing.mass_grams) if listing.unit == "portion" and listing.mass_grams else "",
        "keep": leftover.keep,
        "allergens": list(leftover.allergens),
        "allergens_none": leftover.allergens_none,
        "packaging": leftover.packaging,
        "open_to": leftover.open_to,
        "choice": "first" if leftover.first_come else "donor",
    }


def page(actor: Actor, form: PostForm) -> str:
    dishes = posting.last_dishes(actor.organisation_id or 0)
    return render_template(
        "meals/post.html",
        form=form,
        dishes=[
            {
                "id": listing.public_id,
                "title": listing.title,
                "on": filters.short_day(leftover.pick_up_opens_at),
                "data": dish_data(listing, leftover),
            }
            for listing, leftover in dishes
        ],
        chosen=request.args.get("plat", ""),
        kept_as=f"repas:{actor.organisation_id}",
        elsewhere=ELSEWHERE,
    )


def posting_of(actor: Actor, form: PostForm, at: datetime | None = None) -> Posting:
    """What was sent. Raises `Invalid` by field."""
    return form.posting(at or now(), {one.public_id: one.postcode for one in _sites(actor)})


def by_field(invalid: Invalid) -> Invalid:
    """The refusal under the names that the form has."""
    errors: dict[str, Any] = {}
    for name, sentences in invalid.errors.items():
        errors.setdefault(FIELD_OF.get(name, name), []).extend(sentences)
    return Invalid(errors, invalid.message)
