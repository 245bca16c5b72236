"""The page of one photo: turned, cropped, or whole again. Everything on it works by buttons and four figures."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for

from marketplace.accounts.permissions import Actor
from marketplace.catalogue import photo_edit, photos, queries
from marketplace.catalogue.models import Listing, Photo
from marketplace.catalogue.photo_edit import Crop
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid, NotFound
from marketplace.ports import current
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("photos", __name__)
HEADER_BYTES = 4096  # of our own JPEG files: their frame header stands at the front


@blueprint.get("/publier/<public_id>/photos/<photo_id>")
@enter.member
def photo_edit_page(public_id: str, photo_id: str) -> str:
    listing, photo = _own(signed_in_actor(), public_id, photo_id)
    return _page(listing, photo, photo_edit.percents(_crop(photo)), {})


@blueprint.post("/publier/<public_id>/photos/<photo_id>")
@enter.member
@limiter.limit("600 per hour")
def photo_change(public_id: str, photo_id: str) -> Any:
    actor = signed_in_actor()
    listing, photo = _own(actor, public_id, photo_id)
    go = request.form.get("go", "crop")
    try:
        turn, crop = _wanted(photo, go)
    except Invalid as invalid:
        typed = {side: request.form.get(side, "")[:10] for side in photo_edit.SIDES}
        return _page(listing, photo, typed, {side: texts[0] for side, texts in invalid.errors.items()}), 422
    with transaction():
        photo_edit.edit_photo(actor, public_id, photo_id, turn, crop)
    if go == "crop":
        return redirect(url_for("catalogue.edit", public_id=public_id, _anchor="photos"), 303)
    return redirect(url_for("photos.photo_edit_page", public_id=public_id, photo_id=photo_id), 303)


@blueprint.get("/publier/<public_id>/photos/<photo_id>/entiere.jpg")
@enter.member
def photo_whole(public_id: str, photo_id: str) -> Response:
    """The whole picture, for its own house."""
    _listing, photo = _own(signed_in_actor(), public_id, photo_id)
    try:
        handle = current("files").open(photo_edit.whole_key(photo))
    except FileNotFoundError:
        raise NotFound from None
    response = send_file(handle, mimetype="image/jpeg", download_name=f"{photo_id}.jpg", etag=False)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Disposition"] = f'inline; filename="{photo_id}.jpg"'
    return response


def _wanted(photo: Photo, go: str) -> tuple[int, Crop | None]:
    crop = _crop(photo)
    if go == "turn-right":
        return photo_edit.turned(photo.turn, crop, 1)
    if go == "turn-left":
        return photo_edit.turned(photo.turn, crop, 3)
    if go == "four-thirds":
        return photo.turn, photo_edit.four_thirds(*_size(photo))
    if go == "whole":
        return 0, None
    return photo.turn, photo_edit.parse_crop(request.form)


def _own(actor: Actor, public_id: str, photo_id: str) -> tuple[Listing, Photo]:
    """A ready photo of the actor's own listing."""
    listing = queries.own_listing(actor, public_id, "listing.draft")
    photo = db.session.scalar(db.select(Photo).filter_by(listing_id=listing.id, public_id=photo_id, state="ready"))
    if photo is None:
        raise NotFound
    return listing, photo


def _crop(photo: Photo) -> Crop | None:
    return (photo.crop[0], photo.crop[1], photo.crop[2], photo.crop[3]) if photo.crop else None


def _size(photo: Photo) -> tuple[int, int]:
    """Width and height of the whole picture after its turn."""
    try:
        with current("files").open(photo_edit.whole_key(photo)) as handle:
            found = photos.look(handle.read(HEADER_BYTES))
    except (FileNotFoundError, photos.BadPhoto):
        raise NotFound from None
    return (found.height, found.width) if photo.turn in (90, 270) else (found.width, found.height)


def _page(listing: Listing, photo: Photo, typed: dict[str, str], errors: dict[str, Any]) -> str:
    width, height = _size(photo)
    crop = _crop(photo) or photo_edit.WHOLE
    frame = [crop[0] * width / 1000, crop[1] * height / 1000, crop[2] * width / 1000, crop[3] * height / 1000]
    return render_template(
        "catalogue/photo_edit.html",
        listing=listing,
        photo=photo,
        width=width,
        height=height,
        frame=[round(side) for side in frame],
        typed=typed,
        errors=errors,
        changed=photo.turn != 0 or photo.crop is not None,
    )
