"""The results on a map: points counted for what is in sight, and the listings of one point."""

from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.core.geo import short_name
from marketplace.search import mapping
from marketplace.search.mapping import Cell
from marketplace.search.views_wording import asked_by
from marketplace.web import filters
from marketplace.web.access import current_actor, enter
from marketplace.web.cards import cards
from marketplace.web.limits import limiter

blueprint = Blueprint("search_map", __name__)

SECONDS = 30  # a browser may show the same points again for so long


@blueprint.get("/annonces/carte.json")
@enter.public
@limiter.limit("240 per minute")
def points() -> Response:
    """What the search finds in `bbox` (south,west,north,east) at `zoom`: counted points, and what is overseas."""
    reader = current_actor()
    asked = asked_by(reader)
    box, zoom = mapping.box_of(request.args.get("bbox", "")), mapping.zoom_of(request.args.get("zoom", ""))
    found = mapping.cells(asked, reader, box, zoom)
    overseas = mapping.overseas(asked, reader) if request.args.get("overseas") else {}
    total = sum(cell.count for cell in found)
    answer = jsonify(
        cells=[_point(cell) for cell in found],
        words=ngettext(
            "%(n)s annonce sur cette partie de la carte",
            "%(n)s annonces sur cette partie de la carte",
            total,
            n=filters.number(total),
        )
        if total
        else _("Aucune annonce sur cette partie de la carte"),
        overseas={
            region: {"count": filters.number(inset.count), "points": inset.points} for region, inset in overseas.items()
        },
    )
    answer.headers["Cache-Control"] = f"private, max-age={SECONDS}"
    return answer


@blueprint.get("/annonces/carte/fiches")
@enter.public
@limiter.limit("120 per minute")
def here() -> str:
    """A piece of page: the cards of the listings in `bbox`."""
    reader = current_actor()
    asked = asked_by(reader)
    found = mapping.listings_in(asked, reader, mapping.box_of(request.args.get("bbox", "")))
    around = _("Les %(n)s plus récentes sont ici. La liste, dessous, les a toutes.", n=mapping.HERE)
    return render_template("search/_here.html", rows=cards(found), more=around if len(found) == mapping.HERE else "")


def _point(cell: Cell) -> dict[str, Any]:
    count = filters.number(cell.count)
    city = short_name(cell.city)
    if cell.title is not None:
        words = f"{cell.title}, {city}"
    elif cell.one_place:
        words = _("%(n)s annonces, %(city)s", n=count, city=city)
    else:
        words = _("%(n)s annonces autour de %(city)s, voir de plus près", n=count, city=city)
    point: dict[str, Any] = {
        "lat": cell.lat,
        "lon": cell.lon,
        "count": cell.count,
        "short": count,
        "city": city,
        "label": words,
        "box": [round(degrees, 2) for degrees in cell.box],
        "one_place": cell.one_place,
    }
    if cell.public_id is not None:
        point |= {"id": cell.public_id, "title": cell.title, "url": f"/annonces/{cell.public_id}-{cell.slug}"}
    return point
