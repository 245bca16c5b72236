"""Listings of one organisation that may be the same thing said twice: noticed before publishing, never refused."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import select, union_all

from marketplace.catalogue import taxonomy
from marketplace.catalogue.fingerprints import alike_photos, alike_photos_of
from marketplace.catalogue.models import Listing
from marketplace.core.db import db
from marketplace.core.text import analyse

LIVING = ("published", "draft", "exhausted")
LOOKED_AT = 400  # of each state, the latest: bounds the work for a stock of any size
SHOWN = 3
SAME_WORDS = 0.6  # share of the words of two titles that are in both
SAME_SIZE = 0.1  # two measures of one thing, taken twice, differ by less


class Thing(NamedTuple):
    """What is compared."""

    public_id: str
    title: str
    category_key: str | None
    sizes: tuple[int | None, int | None, int | None]  # length, width, height in cm


class Alike(NamedTuple):
    public_id: str
    title: str


def same(one: Thing, other: Thing) -> bool:
    """Whether two listings look like one thing: nearly the same words, one category, sizes that do not contradict."""
    if one.category_key and other.category_key and one.category_key != other.category_key:
        return False
    words, others = _words(one.title), _words(other.title)
    if not words or not others or len(words & others) / len(words | others) < SAME_WORDS:
        return False
    return all(_near(a, b) for a, b in zip(one.sizes, other.sizes, strict=True))


@lru_cache(maxsize=5000)
def _words(title: str) -> frozenset[str]:
    """A title's words, analysed once: many drafts are compared with the same stock."""
    return frozenset(analyse(title))


def _near(a: int | None, b: int | None) -> bool:
    return a is None or b is None or abs(a - b) <= SAME_SIZE * max(a, b)


def resembling(thing: Thing, others: Iterable[Thing]) -> list[Thing]:
    """Those of `others` that look like `thing`, in their order, `thing` itself left out."""
    return [other for other in others if other.public_id != thing.public_id and same(thing, other)]


def alike_by_words(listing: Listing) -> list[Alike]:
    """Own living listings that say nearly the same: one bounded statement, whatever the stock."""
    others = _neighbours(listing.organisation_id, {listing.category_key}) if listing.title else []
    return _shown(resembling(_thing(listing), others))


def alike_by_photo(listing: Listing) -> list[Alike]:
    """Own listings with a photo like one of this listing's."""
    return _shown(one.listing for one in alike_photos(listing.organisation_id, listing.id, SHOWN))


def alike_listings(listing: Listing) -> list[Alike]:
    """Both, each once."""
    return list(dict.fromkeys([*alike_by_words(listing), *alike_by_photo(listing)]))[:SHOWN]


def alike_among(listings: Sequence[Listing]) -> dict[str, list[Alike]]:
    """Both for each of several listings of one organisation that has any, by its public id: three statements."""
    if not listings:
        return {}
    organisation_id = listings[0].organisation_id
    others = _neighbours(organisation_id, {one.category_key for one in listings})
    photos = alike_photos_of(organisation_id, [one.id for one in listings], SHOWN)
    found = {}
    for listing in listings:
        by_words = _shown(resembling(_thing(listing), others))
        by_photo = _shown(one.listing for one in photos.get(listing.id, ()))
        found[listing.public_id] = list(dict.fromkeys([*by_words, *by_photo]))[:SHOWN]
    return {public_id: alike for public_id, alike in found.items() if alike}


def _shown(found: Iterable[Any]) -> list[Alike]:
    return [Alike(one.public_id, one.title) for one in found][:SHOWN]


def _thing(row: Any) -> Thing:
    return Thing(row.public_id, row.title, row.category_key, (row.length_cm, row.width_cm, row.height_cm))


def _neighbours(organisation_id: int, keys: Iterable[str | None]) -> Sequence[Thing]:
    """The organisation's latest living listings of these categories."""
    known = [key for key in keys if key in taxonomy.categories()]
    if not known:
        return []
    latest = union_all(
        *(
            select(
                select(Listing.id.label("id"))
                .where(Listing.organisation_id == organisation_id, Listing.state == state)
                .order_by(Listing.id.desc())
                .limit(LOOKED_AT)
                .subquery()
                .c.id
            )
            for state in LIVING
        )
    ).subquery()
    rows = db.session.execute(
        select(
            Listing.public_id, Listing.title, Listing.category_key, Listing.length_cm, Listing.width_cm,
            Listing.height_cm,
        )
        .where(Listing.id.in_(select(latest.c.id)), Listing.category_key.in_(known))
        .order_by(Listing.id.desc())
    )  # fmt: skip
    return [_thing(row) for row in rows]
