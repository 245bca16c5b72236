"""`/annonces`: the page where one looks for things."""

from flask import Blueprint, render_template
from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts.models import Organisation
from marketplace.accounts.permissions import Actor
from marketplace.accounts.preferences import base_of
from marketplace.accounts.queries_organisations import productions_for
from marketplace.core import geo, regions
from marketplace.core.db import db
from marketplace.core.text import highlight
from marketplace.search import mapping
from marketplace.search.nearly import nearly_listings
from marketplace.search.places import OWN_BASE, PRODUCTION
from marketplace.search.queries import find_listings
from marketplace.search.requests import RADII, SearchRequest
from marketplace.search.spelling import corrected
from marketplace.search.views_filters import tightest, uncounted_groups
from marketplace.search.views_wording import (
    ADDRESS,
    address,
    asked_by,
    chips,
    count_text,
    feed_address,
    sorts,
    twins,
    understood,
    usual_sort,
    ways_out,
)
from marketplace.web.access import current_actor, enter
from marketplace.web.cards import cards

blueprint = Blueprint("search", __name__)

MAINLAND = mapping.Box(41.3, -5.2, 51.1, 9.6)
MOST_BASES = 6


@blueprint.get(ADDRESS)
@enter.public
def results() -> str:
    """Search results; every parameter is optional and none makes an error page."""
    reader = current_actor()
    typed = asked_by(reader)
    asked, found, correction = typed, find_listings(typed, reader), None
    if typed.words and not typed.exact:
        correction = corrected(typed, reader, found.total)
        if correction:
            asked, found = correction.request, find_listings(correction.request, reader)
    nearly = nearly_listings(asked, found.rows, reader) if asked.view == "list" else []
    rows = cards([*found.rows, *nearly])
    if asked.words.stems:
        for row in rows:
            row["title"] = highlight(row["title"], asked.words)
    organisation = _name_of(asked.organisation)
    return render_template(
        "search/results.html",
        asked=asked,
        typed=typed,
        correction=correction,
        as_typed=address(typed, exact="1"),
        feed=feed_address(asked),
        found=found,
        rows=rows[: len(found.rows)],
        nearly=rows[len(found.rows) :],
        count_text=count_text(found),
        understood=understood(asked),
        chips=chips(asked, organisation),
        sorts=sorts(asked),
        usual_sort=usual_sort(asked),
        groups=uncounted_groups(asked, organisation),
        radii=sorted({*RADII, asked.radius}),
        bases=_bases(asked, reader),
        twins=twins(asked),
        ways_out=ways_out(asked, tightest(asked, reader)) if not found.rows else [],
        box=_box(asked) if asked.view == "map" else None,
        overseas=[(code, regions.NAMES[code], address(asked, region=code)) for code in mapping.OVERSEAS],
        address=address,
        page_url=lambda page: address(asked, page=page if page > 1 else None),
    )


def _name_of(public_id: str) -> str | None:
    """An organisation's name, as its own page gives it to anybody."""
    if not public_id:
        return None
    return db.session.scalar(
        select(Organisation.name).where(Organisation.public_id == public_id, Organisation.kind != "person")
    )


def _bases(asked: SearchRequest, reader: Actor | None) -> list[tuple[str, str, bool]]:
    """Where a signed-in person may want to search around: (wording, address, in use)."""
    if reader is None:
        return []
    found = []
    if base := base_of(reader.user_id):
        found.append((_("Ma base : %(city)s", city=base.city or base.postcode), OWN_BASE))
    for production in productions_for(reader).items[:MOST_BASES]:
        if production.base_city:
            found.append((f"{production.title} ({production.base_city})", f"{PRODUCTION}{production.public_id}"))
    return [(text, address(asked, near=near), asked.near == near) for text, near in found]


def _box(asked: SearchRequest) -> mapping.Box:
    """What the map shows first: around the place asked for, else the overseas region asked for, else the mainland."""
    if not asked.spot:
        return mapping.OVERSEAS.get(asked.region or "", MAINLAND)
    south, north, west, east = geo.bounding_box(asked.spot.point, asked.radius)
    return mapping.Box(south, west, north, east)
