"""`/`: what this is, search at once, what is new near, what was avoided so far, three ways in."""

from flask import Blueprint, render_template
from flask_babel import gettext as _
from flask_login import current_user

from marketplace.accounts.queries_organisations import sites_of
from marketplace.carbon.queries import totals_all
from marketplace.core import geo
from marketplace.search.queries import newest_listings
from marketplace.web.access import current_actor, enter
from marketplace.web.cards import cards

blueprint = Blueprint("home", __name__)
SHOWN = 5  # a large card and four beside it
NEAR_KM = 100


@blueprint.get("/")
@enter.public
def index() -> str:
    """The home page. Signed-in people see what is new around their organisation's first site."""
    actor = current_actor()
    site = None
    if actor is not None and actor.organisation_id is not None and current_user.organisation_kind != "person":
        site = next(iter(sites_of(actor.organisation_id)), None)
    found = []
    if site is not None:
        found = newest_listings(actor, SHOWN, geo.Point(site.lat, site.lon), NEAR_KM)
    near = bool(found)
    if not near:
        found = newest_listings(actor, SHOWN)
    return render_template(
        "home/index.html",
        rows=cards(found),
        heading=_("Nouveau près de %(city)s", city=site.city) if near and site else _("Nouveau"),
        near=site.city if near and site else None,
        near_km=NEAR_KM,
        total=totals_all().reuse,
    )
