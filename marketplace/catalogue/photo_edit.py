"""Turning and cropping a photo: what is wanted, as plain values, and the verb that has it made.

A crop is left, top, width and height in thousandths of the picture as it stands after its turn; None is all of it.
"""

from collections.abc import Mapping

from flask_babel import gettext as _

from marketplace.accounts.permissions import Actor
from marketplace.catalogue.models import Photo
from marketplace.catalogue.uploads import own_photo
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.jobs.outbox import enqueue

Crop = tuple[int, int, int, int]
WHOLE: Crop = (0, 0, 1000, 1000)
LEAST = 50  # thousandths a side may keep
SIDES = ("left", "top", "width", "height")


def turned(turn: int, crop: Crop | None, quarters: int) -> tuple[int, Crop | None]:
    """`turn` and `crop` after so many quarters more, clockwise: the same part of the picture stays in the frame."""
    for _quarter in range(quarters % 4):
        turn = (turn + 90) % 360
        if crop is not None:
            left, top, width, height = crop
            crop = (1000 - top - height, left, height, width)
    return turn, crop


def four_thirds(width: int, height: int) -> Crop | None:
    """The largest 4:3 frame in the middle of a picture of these pixels, upright when it is; None for all of it."""
    wide, high = (4, 3) if width >= height else (3, 4)
    if abs(width * high - height * wide) <= max(width, height) * 3 // 100:
        return None
    if width * high > height * wide:
        kept = round(1000 * height * wide / high / width)
        return (1000 - kept) // 2, 0, kept, 1000
    kept = round(1000 * width * high / wide / height)
    return 0, (1000 - kept) // 2, 1000, kept


def parse_crop(typed: Mapping[str, str]) -> Crop | None:
    """The crop typed as percents in `left`, `top`, `width`, `height`. Raises `Invalid` by side."""
    found: dict[str, int] = {}
    errors: dict[str, str] = {}
    for side in SIDES:
        text = typed.get(side, "").strip().replace(",", ".")
        least = LEAST if side in ("width", "height") else 0
        thousandths = _thousandths(text)
        if thousandths is None or not least <= thousandths <= 1000:
            errors[side] = _("Entre %(least)s et 100\u00a0%%.", least=least // 10)
        else:
            found[side] = thousandths
    if errors:
        raise Invalid(errors)
    for start, length in (("left", "width"), ("top", "height")):
        if found[start] + found[length] > 1000:
            errors[length] = _("Le cadre dépasse le bord de la photo.")
    if errors:
        raise Invalid(errors)
    crop = (found["left"], found["top"], found["width"], found["height"])
    return None if crop == WHOLE else crop


def _thousandths(text: str) -> int | None:
    whole, _point, rest = text.partition(".")
    if not (whole.isascii() and whole.isdecimal() and len(whole) <= 3 and len(rest) <= 3):
        return None
    if rest and not (rest.isascii() and rest.isdecimal()):
        return None
    return round(float(text) * 10)


def percents(crop: Crop | None) -> dict[str, str]:
    """A crop as the form's fields show it: percents with at most one decimal, a point between."""
    return {side: f"{value / 10:g}" for side, value in zip(SIDES, crop or WHOLE, strict=True)}


def edit_photo(actor: Actor, public_id: str, photo_public_id: str, turn: int, crop: Crop | None) -> Photo:
    """Have a photo's sizes made again, turned and cropped so; the ones of now are served until they are there.

    Raises `NotFound` to strangers, `Conflict` for a photo that is not ready.
    """
    _listing, photo = own_photo(actor, public_id, photo_public_id)
    if photo.state != "ready" or photo.key is None:
        raise Conflict(_("Cette photo n’est pas encore prête."))
    wanted = list(crop) if crop else None
    if (photo.turn, photo.crop) == (turn, wanted):
        return photo
    photo.turn, photo.crop = turn, wanted
    photo.upload_key = whole_key(photo)
    photo.error = None
    db.session.flush()
    enqueue("catalogue.remake_photo", {"photo_id": photo.id})
    return photo


def whole_key(photo: Photo) -> str:
    """The file of the whole picture; photos from before it was kept have their largest size for it."""
    return photo.base_key or f"photos/{photo.key}-1600.jpg"
