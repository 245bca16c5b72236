"""The catalogue for other programs: an Atom feed of any search (RFC 4287), site maps, what robots may read.

All of it shows what a visitor may find, whoever asks.
"""

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request
from flask_babel import gettext as _

from marketplace.core.clock import today
from marketplace.core.errors import NotFound
from marketplace.core.text import clean
from marketplace.search.outlines import PER_MAP, count_public, outlines_of, public_listings
from marketplace.search.queries import find_listings
from marketplace.search.requests import SearchRequest
from marketplace.search.views_wording import address
from marketplace.web import filters
from marketplace.web.access import enter
from marketplace.web.cards import cards
from marketplace.web.limits import limiter

blueprint = Blueprint("feeds", __name__)

ENTRIES = 50
LONGEST_DESCRIPTION = 600
SECONDS = 600  # a reader need not ask more often
# pages worth finding from elsewhere, beside the listings
PAGES = (
    "/", "/annonces", "/aide", "/aide/production", "/aide/ressourcerie", "/aide/association", "/carbone/methode",
    "/carbone/facteurs", "/mentions-legales", "/conditions", "/confidentialite", "/accessibilite",
)  # fmt: skip
# not secrets, but pages that say nothing to somebody who comes from a search engine
NOT_FOR_ROBOTS = (
    "/annonces/filtres", "/annonces/carte.json", "/annonces/suggestions", "/favoris", "/connexion", "/inscription",
    "/mot-de-passe", "/echanges", "/api/v1/", "/*/signaler", "/*?lang=",
)  # fmt: skip


@blueprint.get("/annonces.atom")
@enter.public
@limiter.limit("120 per minute")
def feed() -> Response:
    """The latest of a search, with the parameters of `/annonces`; at most 50 entries."""
    asked = replace(SearchRequest.from_args(request.args, None), sort="newest", page=1)
    found = find_listings(asked, None, per_page=ENTRIES).rows
    outlines = outlines_of([row.public_id for row in found])
    entries = [
        {
            "id": f"{_root()}/annonces/{row.public_id}",
            "url": f"{_root()}{card['url']}",
            "title": clean(row.title),
            "author": outline.organisation,
            "published": _rfc3339(row.published_at),
            "updated": _rfc3339(max(outline.updated_at, row.published_at)),
            "summary": _summary(card, outline.description),
            "photo": f"{_root()}{filters.photo_url(row.photo_key, 800, 'jpg')}" if row.photo_key else None,
        }
        for row, card in zip(found, cards(found), strict=True)
        if (outline := outlines.get(row.public_id)) is not None
    ]
    start_of_day = _rfc3339(datetime.combine(today(), time(), UTC))
    updated = max((str(entry["updated"]) for entry in entries), default=start_of_day)
    title = _("Annonces : %(words)s", words=asked.q) if asked.q else _("Annonces")
    body = render_template(
        "search/feed.xml",
        title=f"{title} · Seconde Prise",
        language=filters.language(),
        updated=updated,
        page=_root() + address(asked, sort=None),
        here=_root() + address(asked, "/annonces.atom", sort=None),
        entries=entries,
    )
    return _kept(body, "application/atom+xml")


@blueprint.get("/sitemap.xml")
@enter.public
@limiter.limit("60 per minute")
def site_maps() -> Response:
    """Which site maps there are."""
    maps = range(1, -(-count_public() // PER_MAP) + 1)
    places = [f"{_root()}/sitemap-pages.xml", *(f"{_root()}/sitemap-{number}.xml" for number in maps)]
    return _kept(render_template("search/sitemaps.xml", places=places), "application/xml")


@blueprint.get("/sitemap-pages.xml")
@enter.public
def pages_map() -> Response:
    """The pages that are not listings."""
    places = [(_root() + path, None) for path in PAGES]
    return _kept(render_template("search/sitemap.xml", places=places), "application/xml")


@blueprint.get("/sitemap-<int:number>.xml")
@enter.public
@limiter.limit("60 per minute")
def listings_map(number: int) -> Response:
    """Up to 10,000 listings, the oldest in the first map. Raises `NotFound` beyond the last."""
    found = public_listings(number) if 1 <= number <= 10_000 else []
    if not found:
        raise NotFound
    places = [(f"{_root()}/annonces/{row.public_id}-{row.slug}", _rfc3339(row.updated_at)) for row in found]
    return _kept(render_template("search/sitemap.xml", places=places), "application/xml")


@blueprint.get("/robots.txt")
@enter.public
def robots() -> Response:
    """What robots may read, and where the site maps are."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in NOT_FOR_ROBOTS), f"Sitemap: {_root()}/sitemap.xml", ""]
    return _kept("\n".join(lines), "text/plain")


def _kept(body: str, mimetype: str) -> Response:
    """An answer that may be kept for ten minutes, then asked for by its tag."""
    response = Response(body, mimetype=mimetype)
    response.headers["Cache-Control"] = f"public, max-age={SECONDS}"
    response.headers["Vary"] = "Accept-Language, Cookie"
    response.add_etag()
    response.make_conditional(request)
    return response


def _summary(card: dict[str, Any], description: str) -> str:
    """« Don, location · 6 libres · Villeurbanne », then how its owner describes it."""
    facts = [card["modes_text"], card["price_text"], card["free_text"], card["place"], card["urgent_text"]]
    description = clean(description)  # XML has no room for what is neither a letter nor a space
    short = description if len(description) <= LONGEST_DESCRIPTION else f"{description[:LONGEST_DESCRIPTION].rstrip()}…"
    return "\n\n".join(filter(None, [" · ".join(filter(None, facts)), short]))


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _root() -> str:
    return current_app.extensions["settings"].base_url
