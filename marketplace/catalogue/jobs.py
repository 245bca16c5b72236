"""Work of the catalogue done later: the sizes of photos, files to forget, listings whose day is past."""

from datetime import timedelta

from sqlalchemy import select

from marketplace.catalogue import photos, uploads
from marketplace.catalogue.events import ListingSaved
from marketplace.catalogue.models import PartialUpload, Photo
from marketplace.catalogue.reminders import remind_due
from marketplace.catalogue.services import expire_passed, widen_due
from marketplace.core.clock import now, wall
from marketplace.core.db import db, transaction
from marketplace.core.events import announce
from marketplace.jobs.outbox import enqueue
from marketplace.ports import current

ORPHAN_AGE = timedelta(days=1)


def process_photo(photo_id: int) -> None:
    """Make a received photo's sizes. May run twice: the names of the files are the photo's own."""
    db.session.rollback()
    row = db.session.execute(
        select(Photo.key, Photo.upload_key).where(Photo.id == photo_id, Photo.state == "received")
    ).first()
    db.session.rollback()
    if row is None or row.upload_key is None or row.key is None:
        return
    files = current("files")
    try:
        with files.open(row.upload_key) as handle:
            data = handle.read()
        made = photos.make_sizes(photos.look(data).format, data)
    except FileNotFoundError:
        _failed(photo_id, "lost")
        return
    except photos.BadPhoto as bad:
        _failed(photo_id, bad.code)
        files.delete(row.upload_key)
        return
    base_key = f"bases/{row.key}.jpg"
    _keep(row.key, base_key, made)
    with transaction() as session:
        photo = session.get(Photo, photo_id, with_for_update=True, populate_existing=True)
        if photo is not None:
            photo.state, photo.base_key = "ready", base_key
            _note(photo, row.key, made)
    if photo is None:  # removed meanwhile
        delete_files([base_key, *uploads.sizes_of(row.key)])
    files.delete(row.upload_key)


def remake_photo(photo_id: int) -> None:
    """Make the sizes of a ready photo again, turned and cropped as it now says, under a new key; until then the old
    ones are served. Of two at once the one that still makes what is wanted stays."""
    db.session.rollback()
    row = db.session.execute(
        select(Photo.upload_key, Photo.turn, Photo.crop).where(Photo.id == photo_id, Photo.upload_key.is_not(None))
    ).first()
    db.session.rollback()
    if row is None or row.upload_key is None:
        return
    files = current("files")
    try:
        with files.open(row.upload_key) as handle:
            data = handle.read()
        made = photos.make_sizes("JPEG", data, row.turn, row.crop)
    except FileNotFoundError:
        _not_remade(photo_id, "lost")
        return
    except photos.BadPhoto as bad:
        _not_remade(photo_id, bad.code)
        return
    key = uploads.new_key()
    base_key = f"bases/{key}.jpg"  # only for a photo that had none, from before wholes were kept
    _keep(key, base_key, made)
    with transaction() as session:
        photo = session.get(Photo, photo_id, with_for_update=True, populate_existing=True)
        wanted = photo is not None and (photo.turn, photo.crop) == (row.turn, row.crop) and photo.upload_key is not None
        if photo is not None and wanted:
            unwanted = uploads.sizes_of(photo.key or key) + ([base_key] if photo.base_key else [])
            photo.base_key = photo.base_key or base_key
            _note(photo, key, made)
        else:
            unwanted = [base_key, *uploads.sizes_of(key)]
        enqueue("catalogue.delete_files", {"keys": unwanted})


def _keep(key: str, base_key: str, made: photos.Made) -> None:
    files = current("files")
    for (size, extension), content in made.files.items():
        files.put(f"photos/{key}-{size}.{extension}", content)
    files.put(base_key, made.base)


def _note(photo: Photo, key: str, made: photos.Made) -> None:
    photo.key, photo.upload_key, photo.error = key, None, None
    photo.width, photo.height, photo.colour = made.width, made.height, made.colour
    photo.colours, photo.fingerprint = list(made.colours), made.fingerprint
    photo.stored_bytes = sum(map(len, made.files.values())) + len(made.base)
    db.session.flush()
    announce(ListingSaved(photo.listing_id))


def _failed(photo_id: int, code: str) -> None:
    with transaction() as session:
        photo = session.get(Photo, photo_id, with_for_update=True, populate_existing=True)
        if photo is not None:
            photo.state, photo.error, photo.upload_key, photo.stored_bytes = "failed", code, None, 0


def _not_remade(photo_id: int, code: str) -> None:
    with transaction() as session:
        photo = session.get(Photo, photo_id, with_for_update=True, populate_existing=True)
        if photo is not None:
            photo.error, photo.upload_key = code, None


def delete_files(keys: list[str]) -> None:
    """Forget files that nobody refers to any more."""
    files = current("files")
    for key in keys:
        files.delete(key)


def sweep_uploads() -> None:
    """Forget photos that stopped on their way a day ago, and files of more than a day that no photo waits for: a
    commit that never came left them (periodic)."""
    while _drop_stopped():
        pass
    files = current("files")
    old = list(files.older("uploads", wall() - ORPHAN_AGE))
    for start in range(0, len(old), 500):
        some = old[start : start + 500]
        wanted = set(db.session.scalars(select(Photo.upload_key).where(Photo.upload_key.in_(some))))
        db.session.rollback()
        for key in set(some) - wanted:
            files.delete(key)


def _drop_stopped() -> int:
    with transaction() as session:
        stopped = session.scalars(
            select(PartialUpload)
            .where(PartialUpload.created_at < now() - ORPHAN_AGE)
            .order_by(PartialUpload.id)
            .limit(200)
        ).all()
        for one in stopped:
            enqueue("catalogue.delete_files", {"keys": one.part_keys})
            session.delete(one)
        return len(stopped)


def expire_listings() -> None:
    """Close listings whose last day is past, in short transactions (periodic)."""
    while True:
        with transaction():
            closed = expire_passed()
        if closed == 0:
            return


def widen_listings() -> None:
    """Show listings to partners or everybody from the day their owner chose, in short transactions (periodic)."""
    while True:
        with transaction():
            looked_at = widen_due()
        if looked_at == 0:
            return


def remind_departures() -> None:
    """Tell owners of what leaves within a week, in short transactions (periodic)."""
    while True:
        with transaction():
            told = remind_due()
        if told == 0:
            return
