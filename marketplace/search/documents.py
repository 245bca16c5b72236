"""From listings to what the index keeps of them: a thin row each, and their analysed words."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, lru_cache
from math import cos, radians, sin
from typing import Any, NamedTuple

from sqlalchemy import func, select

from marketplace.catalogue import packages, taxonomy
from marketplace.catalogue.models import Listing, Photo
from marketplace.core import regions
from marketplace.core.db import db
from marketplace.core.text import index_text, slug
from marketplace.exchanges.queries import free_quantities
from marketplace.ports import IndexedWords
from marketplace.search import lexicon, traits

CONDITIONS = ("new", "very_good", "good", "to_repair", "for_parts")  # best first; the rank is the place in here
_NOT_IN_KEY = re.compile(r"[^a-z0-9]+")
MAX_DESCRIPTION = 10_000  # characters of a description that are looked into

_COLUMNS = (
    Listing.id,
    Listing.organisation_id,
    Listing.public_id,
    Listing.visibility,
    Listing.reference,
    Listing.title,
    Listing.description,
    Listing.category_key,
    Listing.modes,
    Listing.quantity,
    Listing.unit,
    Listing.materials,
    Listing.condition,
    Listing.period,
    Listing.style,
    Listing.colours,
    Listing.traits,
    Listing.price_cents,
    Listing.weekly_rate_cents,
    Listing.lat,
    Listing.lon,
    Listing.city,
    Listing.postcode,
    Listing.available_from,
    Listing.gone_by,
    Listing.published_at,
)


def findable() -> Any:
    """The condition under which a listing is in the index at all. Food is not: it has pages of its own, where who may
    have it and until when is looked at."""
    thing = func.coalesce(Listing.category_key, "").not_in(taxonomy.branch("food"))
    return (Listing.state == "published") & Listing.hidden_at.is_(None) & Listing.published_at.is_not(None) & thing


def documents_of(listing_ids: Sequence[int]) -> tuple[list[dict[str, Any]], list[IndexedWords]]:
    """Rows of `search_document` (without the estimate, which comes from carbon) and words, for those of these
    listings that may be found. Four queries however many there are."""
    ids = list(listing_ids)
    if not ids:
        return [], []
    covers, measured = _photos(ids)
    free = free_quantities(ids)
    indexed_at = datetime.now(UTC)  # the machine's: see SearchDocument
    rows: list[dict[str, Any]] = []
    words: list[IndexedWords] = []
    for listing in db.session.execute(select(*_COLUMNS).where(Listing.id.in_(ids), findable())):
        key = listing.category_key if listing.category_key in taxonomy.categories() else "other"
        quantity = listing.quantity or Decimal(0)
        filters = _Filters(
            materials=_distinct(part.get("key", "") for part in listing.materials or ()),
            colours=_distinct(listing.colours or measured.get(listing.id, ())),
            period=traits.value_of("period", listing.period),
            style=traits.value_of("style", listing.style),
            region=regions.of_place(listing.postcode, listing.lat, listing.lon),
        )
        x, y, z = unit_vector(listing.lat, listing.lon)
        rows.append(
            {
                "listing_id": listing.id,
                "organisation_id": listing.organisation_id,
                "is_public": listing.visibility == "public",
                "for_partners": listing.visibility in ("partners", "public"),
                "public_id": listing.public_id,
                "slug": slug(listing.title),
                "title": listing.title,
                "branch": taxonomy.path(key)[0],
                "category_key": key,
                "gives": "donate" in listing.modes,
                "rents": "rent" in listing.modes,
                "sells": "sell" in listing.modes,
                "condition_rank": CONDITIONS.index(listing.condition) if listing.condition in CONDITIONS else 2,
                "price_cents": listing.price_cents,
                "weekly_rate_cents": listing.weekly_rate_cents,
                "lowest_cents": _lowest_cents(listing),
                "materials": _listed(filters.materials),
                "colours": _listed(filters.colours),
                "period": filters.period,
                "style": filters.style,
                "region": filters.region,
                "quantity": quantity,
                "free": free.get(listing.id, Decimal(0)),
                "unit": listing.unit or "piece",
                "city": listing.city or "",
                "lat": listing.lat,
                "lon": listing.lon,
                "x": x,
                "y": y,
                "z": z,
                "available_from": listing.available_from,
                "gone_by": listing.gone_by,
                "published_at": listing.published_at,
                "photo_key": covers.get(listing.id),
                "indexed_at": indexed_at,
            }
        )
        words.append(_words(listing, key, filters))
    return rows, words


def _lowest_cents(listing: Any) -> int | None:
    prices = [0] if "donate" in listing.modes else []
    prices += [listing.price_cents] if "sell" in listing.modes else []
    prices += [listing.weekly_rate_cents] if "rent" in listing.modes else []
    return min((price for price in prices if price is not None), default=None)


class _Filters(NamedTuple):
    """What a listing is filtered by and has several of, or writes in its own way."""

    materials: tuple[str, ...]
    colours: tuple[str, ...]
    period: str | None
    style: str | None
    region: str | None


def _distinct(keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({key for key in keys if key}))


def _listed(keys: tuple[str, ...]) -> str:
    return f",{','.join(keys)}," if keys else ""


@lru_cache(maxsize=10_000)
def index_key(kind: str, value: object) -> str:
    """A filter's value as one word of the postings: `m_plywood`. The underscore is in no word that people type."""
    return f"{kind}_{_NOT_IN_KEY.sub('_', str(value).lower())}"


def _index_keys(listing: Any, category_key: str, filters: _Filters) -> str:
    values: list[tuple[str, object]] = [("k", step) for step in taxonomy.path(category_key)]
    values += [("o", listing.organisation_id), ("r", filters.region), ("p", filters.period), ("s", filters.style)]
    values += [("m", key) for key in filters.materials] + [("c", key) for key in filters.colours]
    return " ".join(index_key(kind, value) for kind, value in values if value)


def _words(listing: Any, key: str, filters: _Filters) -> IndexedWords:
    said = [words for part in listing.materials or () if (words := material_words(part.get("key", "")))]
    for kind, values in (("colour", filters.colours), ("period", [filters.period]), ("style", [filters.style])):
        said += [lexicon.words(f"{kind}:{value}") or index_text(value) for value in values if value]
    if listing.traits:
        said.append(packages.trait_words(key, listing.traits))
    return IndexedWords(
        listing.id,
        index_text(listing.title),
        category_words(key),
        " ".join(filter(None, said)),
        index_text(f"{listing.description[:MAX_DESCRIPTION]} {listing.reference or ''} {listing.city or ''}"),
        _index_keys(listing, key, filters),
        listing.visibility == "public",
    )


@cache
def category_words(key: str) -> str:
    """The names of a category and of its branches in both languages, and what the trade calls them, analysed."""
    found: list[str] = []
    for step in reversed(taxonomy.path(key)):
        category = taxonomy.categories()[step]
        found += [index_text(category.name_fr), index_text(category.name_en), lexicon.words(f"category:{step}")]
    return _without_repeats(found)


@cache
def material_words(key: str) -> str:
    material = taxonomy.materials().get(key)
    if material is None:
        return index_text(key)
    names = [index_text(material.name_fr), index_text(material.name_en), lexicon.words(f"material:{key}")]
    return _without_repeats(names)


def _without_repeats(terms: Iterable[str]) -> str:
    """Each term once: « feuille de décor » and « feuille decor » are the same words."""
    return " ".join(dict.fromkeys(term for term in terms if term))


def unit_vector(lat: float | None, lon: float | None) -> tuple[float | None, float | None, float | None]:
    """A place on the sphere of radius 1."""
    if lat is None or lon is None:
        return None, None, None
    phi, theta = radians(lat), radians(lon)
    return cos(phi) * cos(theta), cos(phi) * sin(theta), sin(phi)


def _photos(ids: list[int]) -> tuple[dict[int, str], dict[int, tuple[str, ...]]]:
    """The key of each listing's first ready photo, and the colours measured on it."""
    rows = db.session.execute(
        select(Photo.listing_id, Photo.key, Photo.colours)
        .where(Photo.listing_id.in_(ids), Photo.state == "ready", Photo.key.is_not(None))
        .order_by(Photo.listing_id, Photo.position.desc())
    ).all()
    covers = {listing_id: key for listing_id, key, _colours in rows if key}
    return covers, {listing_id: tuple(colours) for listing_id, _key, colours in rows if colours}
