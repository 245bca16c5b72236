"""What a listing's page reads: four statements made once, on plain columns, because it is the most visited page."""

from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Table, bindparam, exists, select

from marketplace.accounts.models import Organisation, Production, Site
from marketplace.accounts.permissions import Actor
from marketplace.carbon.models import ListingEstimate
from marketplace.catalogue import taxonomy
from marketplace.catalogue.likeness import likeness
from marketplace.catalogue.models import Listing, Photo, SetPart
from marketplace.catalogue.queries import shown_to
from marketplace.core.clock import today
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.geo import Point, great_circle_km
from marketplace.core.text import analyse
from marketplace.search.models import SearchDocument

BESIDE = 4  # listings shown beside one
LOOKED_AT = 40  # the latest of a category, among which the nearest are chosen


def _table(model: Any) -> Table:
    return model.__table__


_listing, _photo, _estimate, _document = (_table(m) for m in (Listing, Photo, ListingEstimate, SearchDocument))
_organisation, _site, _production = (_table(m) for m in (Organisation, Site, Production))
_part = _table(SetPart)

_PAGE = (
    select(
        _listing,
        _organisation.c.name.label("organisation_name"),
        _organisation.c.public_id.label("organisation_public_id"),
        _organisation.c.kind.label("organisation_kind"),
        _organisation.c.verified_at.label("organisation_verified_at"),
        _site.c.has_dock,
        _production.c.title.label("origin_title"),
        exists().where(_part.c.part_id == _listing.c.id).correlate(_listing).label("in_set"),
    )
    .select_from(
        _listing.join(_organisation, _organisation.c.id == _listing.c.organisation_id)
        .outerjoin(_site, _site.c.id == _listing.c.site_id)
        .outerjoin(_production, _production.c.id == _listing.c.origin_production_id)
    )
    .where(_listing.c.public_id == bindparam("public_id"))
)
_PICTURES = (
    select(_photo.c.key, _photo.c.alt, _photo.c.colour)
    .where(_photo.c.listing_id == bindparam("listing_id"), _photo.c.state == "ready")
    .order_by(_photo.c.position)
)
_FIGURE = select(
    _estimate.c.status, _estimate.c.reason, _estimate.c.reason_data, _estimate.c.quantity, _estimate.c.result_kgco2e,
    _estimate.c.uncertainty_kgco2e, _estimate.c.estimated_at,
).where(_estimate.c.listing_id == bindparam("listing_id"))  # fmt: skip
_CARD = select(
    *(
        _document.c[name]
        for name in (
            "listing_id", "organisation_id", "public_id", "slug", "title", "category_key", "gives", "rents", "sells",
            "price_cents", "weekly_rate_cents", "free", "unit", "city", "lat", "lon", "gone_by", "photo_key",
            "estimate_kgco2e", "uncertainty_kgco2e",
        )
    )
).where(
    _document.c.is_public,
    _document.c.listing_id != bindparam("listing_id"),
    _document.c.gone_by.is_(None) | (_document.c.gone_by > bindparam("on")),
).limit(LOOKED_AT)  # fmt: skip
_SAME = _CARD.where(_document.c.category_key == bindparam("key")).order_by(_document.c.published_at.desc())
_SIBLINGS = _CARD.where(_document.c.category_key.in_(bindparam("keys", expanding=True)))


class Card(NamedTuple):
    """A listing beside another, as `web.cards.CardRow` asks for it."""

    public_id: str
    slug: str
    title: str
    category_key: str
    gives: bool
    rents: bool
    sells: bool
    price_cents: int | None
    weekly_rate_cents: int | None
    free: Any
    unit: str
    city: str
    gone_by: Any
    photo_key: str | None
    estimate_kgco2e: Any
    uncertainty_kgco2e: Any
    distance_km: float | None


def page_row(actor: Actor | None, public_id: str) -> Any:
    """The listing's columns with the names around it. Raises `NotFound` as `queries.listing_for` does."""
    row = db.session.execute(_PAGE, {"public_id": public_id}).first()
    if row is None or not shown_to(actor, row.state, row.visibility, row.hidden_at is not None, row.organisation_id):
        raise NotFound
    return row


def pictures(listing_id: int) -> list[Any]:
    """Key, description and colour of the photos that are ready, in their order."""
    return list(db.session.execute(_PICTURES, {"listing_id": listing_id}))


def figure(listing_id: int) -> Any:
    """What carbon last estimated, None before it did."""
    return db.session.execute(_FIGURE, {"listing_id": listing_id}).first()


@lru_cache(maxsize=5000)
def _words(title: str) -> frozenset[str]:
    """A title's words, analysed; the latest of a category stand beside every listing of it."""
    return frozenset(analyse(title))


def beside(listing: Any) -> list[Card]:
    """Listings everybody sees of the same category, else of its branch: the most alike of the latest."""
    key = listing.category_key
    if key not in taxonomy.categories():
        return []
    given = {"listing_id": listing.id, "on": today()}
    found = list(db.session.execute(_SAME, {**given, "key": key}))
    parent = taxonomy.categories()[key].parent
    if len(found) < BESIDE and parent:
        siblings = sorted(taxonomy.branch(parent) - {key})
        found += db.session.execute(_SIBLINGS, {**given, "keys": siblings}).all()
    here = Point(listing.lat, listing.lon) if listing.lat is not None and listing.lon is not None else None
    words = _words(listing.title)
    scored = []
    for row in found:
        there = row.lat is not None and row.lon is not None
        away = great_circle_km(here, Point(row.lat, row.lon)) if here and there else None
        score = likeness(
            words,
            _words(row.title),
            same_category=row.category_key == key,
            same_house=row.organisation_id == listing.organisation_id,
            distance_km=away,
        )
        scored.append((-score, -row.listing_id, away, row))
    scored.sort(key=lambda one: one[:2])
    return [
        Card._make([*(getattr(row, name) for name in Card._fields[:-1]), away])
        for _score, _id, away, row in scored[:BESIDE]
    ]
