"""What the page of a list of favourites reads: its lines with what their reader may see of each, in one query."""

from typing import Any, NamedTuple

from sqlalchemy import Table, select

from marketplace.accounts.models import User
from marketplace.accounts.permissions import Actor
from marketplace.accounts.queries_organisations import Page, paged
from marketplace.catalogue.models import Favourite, Listing
from marketplace.catalogue.queries import shown_to
from marketplace.catalogue.views_page import Card
from marketplace.core.clock import today
from marketplace.core.geo import Point, great_circle_km
from marketplace.core.text import slug
from marketplace.search.models import SearchDocument

PER_PAGE = 24

_document: Table = SearchDocument.__table__  # type: ignore[assignment]
_card_columns = [_document.c[name] for name in Card._fields if name not in ("public_id", "distance_km")]


class Line(NamedTuple):
    """A line of a list. `card` is there while the listing can be had; `title` and `slug` as long as the reader may see
    it, and neither of them for what is no longer (or never was) theirs to see."""

    listing_public_id: str
    note: str
    added_by_id: int | None
    added_by_name: str | None
    added_at: Any
    card: Card | None
    title: str | None
    slug: str | None


def lines_of(list_id: int, reader: Actor, page: int, base: Point | None = None) -> Page:
    """A page of a list's `Line`s, the latest first. Distances are from `base`."""
    query = (
        select(
            Favourite.note,
            Favourite.created_at.label("added_at"),
            Favourite.added_by_id,
            User.name.label("added_by_name"),
            Listing.public_id,
            Listing.title.label("listing_title"),
            Listing.state,
            Listing.visibility,
            Listing.hidden_at,
            Listing.organisation_id,
            _document.c.listing_id,
            _document.c.lat,
            _document.c.lon,
            *_card_columns,
        )
        .join(Listing, Listing.id == Favourite.listing_id)
        .outerjoin(_document, _document.c.listing_id == Listing.id)
        .outerjoin(User, User.id == Favourite.added_by_id)
        .where(Favourite.list_id == list_id)
        .order_by(Favourite.id.desc())
    )
    found = paged(query, page, PER_PAGE)
    return Page([_line(row, reader, base) for row in found.items], found.page, found.size, found.total)


def _line(row: Any, reader: Actor, base: Point | None) -> Line:
    seen = shown_to(reader, row.state, row.visibility, row.hidden_at is not None, row.organisation_id)
    to_be_had = seen and row.listing_id is not None and (row.gone_by is None or row.gone_by > today())
    return Line(
        row.public_id,
        row.note,
        row.added_by_id,
        row.added_by_name,
        row.added_at,
        _card(row, base) if to_be_had else None,
        row.listing_title if seen else None,
        slug(row.listing_title) if seen else None,
    )


def _card(row: Any, base: Point | None) -> Card:
    away = None
    if base is not None and row.lat is not None and row.lon is not None:
        away = great_circle_km(base, Point(row.lat, row.lon))
    known = {name: getattr(row, name) for name in Card._fields if name != "distance_km"}
    return Card(**known, distance_km=away)
