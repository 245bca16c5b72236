"""Work of the catalogue done later: the sizes of photos, files to forget, listings whose day is past."""

from datetime import timedelta

from sqlalchemy import select

from marketplace.catalogue import photos
from marketplace.catalogue.events import ListingSaved
from marketplace.catalogue.models import Photo
from marketplace.catalogue.services import expire_passed
from marketplace.core.clock import wall
from marketplace.core.db import db, transaction
from marketplace.core.events import announce
from marketplace.ports import current

ORPHAN_AGE = timedelta(days=1)


def process_photo(photo_id: int) -> None:
    """Make a received photo's sizes. May run twice: the names of the files are the photo's own."""
    db.session.rollback()
    row = db.session.execute(
        select(Photo.key, Photo.upload_key).where(Photo.id == photo_id, Photo.state == "received")
    ).first()
    db.session.rollback()
    if row is None or row.upload_key is None:
        return
    files = current("files")
    try:
        with files.open(row.upload_key) as handle:
            data = handle.read()
    except FileNotFoundError:
        _failed(photo_id, "lost")
        return
    try:
        header = photos.inspect(f"photo.{_extension(data)}", data)
        made = photos.make_sizes(header.format, data)
    except photos.BadPhoto as bad:
        _failed(photo_id, bad.code)
        files.delete(row.upload_key)
        return
    for (size, extension), content in made.files.items():
        files.put(f"photos/{row.key}-{size}.{extension}", content)
    if not _ready(photo_id, made):  # removed meanwhile
        for size, extension in made.files:
            files.delete(f"photos/{row.key}-{size}.{extension}")
    files.delete(row.upload_key)


def _extension(data: bytes) -> str:
    """Whatever the signature says: the name was compared with it when the file came in."""
    return "png" if data[:1] == b"\x89" else "webp" if data[:4] == b"RIFF" else "jpg"


def _ready(photo_id: int, made: photos.Made) -> bool:
    with transaction() as session:
        photo = session.get(Photo, photo_id, with_for_update=True, populate_existing=True)
        if photo is None:
            return False
        photo.state = "ready"
        photo.upload_key = None
        photo.width, photo.height, photo.colour = made.width, made.height, made.colour
        photo.stored_bytes = sum(len(content) for content in made.files.values())
        photo.error = None
        session.flush()
        announce(ListingSaved(photo.listing_id))
    return True


def _failed(photo_id: int, code: str) -> None:
    with transaction() as session:
        photo = session.get(Photo, photo_id, with_for_update=True, populate_existing=True)
        if photo is not None:
            photo.state, photo.error, photo.upload_key, photo.stored_bytes = "failed", code, None, 0


def delete_files(keys: list[str]) -> None:
    """Forget files that nobody refers to any more."""
    files = current("files")
    for key in keys:
        files.delete(key)


def sweep_uploads() -> None:
    """Forget uploads of more than a day that no photo waits for: a commit that never came left them (periodic)."""
    files = current("files")
    old = list(files.older("uploads", wall() - ORPHAN_AGE))
    for start in range(0, len(old), 500):
        some = old[start : start + 500]
        wanted = set(db.session.scalars(select(Photo.upload_key).where(Photo.upload_key.in_(some))))
        db.session.rollback()
        for key in set(some) - wanted:
            files.delete(key)


def expire_listings() -> None:
    """Close listings whose last day is past, in short transactions (periodic)."""
    while True:
        with transaction():
            closed = expire_passed()
        if closed == 0:
            return
