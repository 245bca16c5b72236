"""Which pictures are the same one, whatever was done to its size, its compression or its edges.

A fingerprint is 64 bits: the signs of the picture's lowest frequencies (a discrete cosine transform of 32 × 32 greys),
each against their median. Two copies of one picture differ in few bits, two pictures in about half of them. Drawings
on the same empty ground differ in fewer: two pictures are taken for one only when their mean colours agree as well.
"""

from collections.abc import Sequence
from functools import cache
from math import cos, pi
from statistics import median
from typing import NamedTuple

from sqlalchemy import select

from marketplace.catalogue.models import Listing, Photo
from marketplace.core.db import db

SIDE = 32  # greys across and down, what a fingerprint is made of
LOWEST = 8  # frequencies kept each way
# what may differ between two copies; tests/catalogue/test_fingerprints.py measures both mistakes
ALIKE = 10  # bits
ALIKE_COLOUR = 12  # steps of 255, in each of red, green and blue
# a frequency this much above the median, in mean amplitudes, counts: those a picture lacks are noise, and stay 0
CLEARLY = 0.2
FLAT = 2.0  # mean distance to the mean grey under which a picture has nothing to be known by


@cache
def _waves() -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(cos(pi * k * (2 * n + 1) / (2 * SIDE)) for n in range(SIDE)) for k in range(LOWEST + 1))


def fingerprint(greys: Sequence[int]) -> str | None:
    """16 hex digits for 32 × 32 greys (0 to 255), row by row; None for a picture without any drawing in it."""
    mean = sum(greys) / len(greys)
    if sum(abs(grey - mean) for grey in greys) / len(greys) < FLAT:
        return None
    waves = _waves()
    rows = [greys[start : start + SIDE] for start in range(0, SIDE * SIDE, SIDE)]
    across = [[sum(a * b for a, b in zip(row, wave, strict=True)) for wave in waves] for row in rows]
    columns = list(zip(*across, strict=True))
    # the first row and column say how light the sides are against each other: left out, exposure changes them
    lowest = [
        sum(a * b for a, b in zip(columns[x], waves[y], strict=True))
        for y in range(1, LOWEST + 1)
        for x in range(1, LOWEST + 1)
    ]
    least = median(lowest) + CLEARLY * sum(map(abs, lowest)) / len(lowest)
    bits = sum(1 << place for place, value in enumerate(lowest) if value > least)
    return f"{bits:016x}"


def distance(one: str, other: str) -> int:
    """How many of the 64 bits of two fingerprints differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def same_tone(one: str | None, other: str | None) -> bool:
    """Whether two mean colours (#rrggbb) may be those of one picture; an unknown one may."""
    if one is None or other is None:
        return True
    pairs = zip(bytes.fromhex(one[1:]), bytes.fromhex(other[1:]), strict=True)
    return all(abs(mine - theirs) <= ALIKE_COLOUR for mine, theirs in pairs)


class Alike(NamedTuple):
    """Another listing of the same house with a picture like one of ours; `distance` in bits, 0 for a twin."""

    listing: Listing
    distance: int


def alike_photos(organisation_id: int, listing_id: int, limit: int = 5) -> list[Alike]:
    """The organisation's other listings with a photo like one of this listing's, the nearest first. As
    `alike_photos_of`."""
    return alike_photos_of(organisation_id, [listing_id], limit).get(listing_id, [])


def alike_photos_of(organisation_id: int, listing_ids: Sequence[int], limit: int = 5) -> dict[int, list[Alike]]:
    """For each of these listings that has such, the organisation's others with a photo like one of its own.

    Withdrawn and expired ones count: a thing put up again is noticed. Two queries whatever the number of photos. Every
    fingerprint of the house is compared in memory: for 10,000 photos that is less work than reading them.
    """
    rows = db.session.execute(
        select(Photo.listing_id, Photo.fingerprint, Photo.colour)
        .join(Listing, Listing.id == Photo.listing_id)
        .where(Listing.organisation_id == organisation_id, Photo.fingerprint.is_not(None))
    ).all()
    known = [(owner_id, int(text or "", 16), colour) for owner_id, text, colour in rows]
    chosen = {listing_id: _nearest(listing_id, known)[:limit] for listing_id in listing_ids}
    ids = {other_id for pairs in chosen.values() for other_id, _apart in pairs}
    if not ids:
        return {}
    found = {one.id: one for one in db.session.scalars(select(Listing).where(Listing.id.in_(ids)))}
    return {
        listing_id: [Alike(found[other_id], apart) for other_id, apart in pairs if other_id in found]
        for listing_id, pairs in chosen.items()
        if pairs
    }


def _nearest(listing_id: int, known: Sequence[tuple[int, int, str | None]]) -> list[tuple[int, int]]:
    """(listing, distance) of those with a photo like one of this listing's, the nearest first. `known`: listing,
    fingerprint and mean colour of every photo of the house."""
    ours = {(bits, colour) for owner_id, bits, colour in known if owner_id == listing_id}
    nearest: dict[int, int] = {}
    for mine, my_colour in ours:
        near = [one for one in known if (one[1] ^ mine).bit_count() <= ALIKE]  # few of thousands: looked at below
        for other_id, bits, colour in near:
            apart = (bits ^ mine).bit_count()
            if other_id != listing_id and apart < nearest.get(other_id, ALIKE + 1) and same_tone(colour, my_colour):
                nearest[other_id] = apart
    return sorted(nearest.items(), key=lambda pair: (pair[1], pair[0]))
