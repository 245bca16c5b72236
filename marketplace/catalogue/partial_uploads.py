"""Photos that arrive in parts, so that a lost connection costs the last part only. `views_uploads.py` speaks tus.

Each part is a file of its own under `uploads/`; the row says how many bytes are there. The last part puts the whole
through the same checks as a photo sent at once. What stops on its way is forgotten after a day (`jobs.py`).
"""

from flask_babel import gettext as _
from sqlalchemy import func, select

from marketplace.accounts.permissions import Actor, require
from marketplace.catalogue import photos, rules
from marketplace.catalogue.models import Listing, PartialUpload, Photo
from marketplace.catalogue.queries import own_listing, stored_bytes
from marketplace.catalogue.uploads import Upload, add_photo, move_photo, new_key, receive_upload, sentence
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.jobs.outbox import enqueue
from marketplace.ports import current

MOST_PART_BYTES = 512 * 1024
MOST_AT_ONCE = 60  # photos one person may have on their way
NAME_LENGTH = 200


def begin(actor: Actor, public_id: str, filename: str, size: int) -> PartialUpload:
    """Announce a photo of `size` bytes for a listing of the actor's.

    Raises `NotFound` to strangers, `Invalid` on `photo` for what could never become a photo: its name, its size, one
    too many, a full quota.
    """
    listing = own_listing(actor, public_id, "listing.draft")
    if listing.state != "draft":
        require(actor, "listing.publish", listing.organisation_id)
    extension = filename.rsplit(".", 1)[-1].lower() if "." in filename else ""
    code = "extension" if extension not in photos.EXTENSIONS else "empty" if size < 1 else None
    if size > photos.MAX_BYTES:
        code = "too_heavy"
    if code is not None:
        raise Invalid({"photo": sentence(code)})
    held = db.session.scalar(select(func.count(Photo.id)).where(Photo.listing_id == listing.id))
    if (held or 0) >= rules.MAX_PHOTOS:
        raise Invalid({"photo": _("%(max)s photos au plus par annonce.", max=rules.MAX_PHOTOS)})
    mine = select(func.count(PartialUpload.id)).where(
        PartialUpload.user_id == actor.user_id, PartialUpload.photo_public_id.is_(None)
    )
    if (db.session.scalar(mine) or 0) >= MOST_AT_ONCE:
        raise Invalid({"photo": _("Trop de photos sont en route : attendez que les premières soient arrivées.")})
    if stored_bytes(listing.organisation_id) + _on_the_way(listing.organisation_id) + size > rules.QUOTA_BYTES:
        raise Invalid({"photo": _("Votre organisation a rempli ses 5 Go de photos : effacez-en d’abord.")})
    partial = PartialUpload(
        listing_id=listing.id,
        user_id=actor.user_id,
        filename=filename[-NAME_LENGTH:],
        size=size,
        received=0,
        part_keys=[],
        created_at=now(),
    )
    db.session.add(partial)
    db.session.flush()
    return partial


def find(actor: Actor, public_id: str, upload_id: str) -> PartialUpload:
    """The actor's own upload to this listing. Raises `NotFound` for anybody else's, colleagues' included."""
    listing = own_listing(actor, public_id, "listing.draft")
    return _own(actor, listing.id, upload_id)


def check_part(partial: PartialUpload, offset: int, length: int) -> None:
    """Raises `Conflict` when the upload stands at another offset, `Invalid` on `photo` for a part beyond the size
    announced."""
    if partial.received != offset:
        raise Conflict(_("Cette photo en est à un autre endroit."), offset=partial.received)
    if offset + length > partial.size:
        raise Invalid({"photo": sentence("lost")})


def store_part(part: bytes) -> Upload:
    """Keep a part, before the transaction; one that no upload comes to refer to is swept after a day."""
    key = f"uploads/{new_key()}"
    current("files").put(key, part)
    return Upload(key, len(part))


def append(actor: Actor, public_id: str, upload_id: str, offset: int, part: Upload) -> PartialUpload:
    """Add a stored part that begins at `offset`. Raises `NotFound` to strangers, and as `check_part`."""
    partial = _locked(actor, public_id, upload_id)
    check_part(partial, offset, part.size)
    partial.part_keys = [*partial.part_keys, part.key]
    partial.received += part.size
    db.session.flush()
    return partial


def is_whole(partial: PartialUpload) -> bool:
    """Whether every byte is there and the photo still has to be made."""
    return partial.received == partial.size and partial.photo_public_id is None


def put_together(partial: PartialUpload) -> Upload:
    """All parts as one stored file, before the transaction. Raises `Invalid` on `photo` for what is no photo."""
    parts = []
    try:
        for key in partial.part_keys:
            with current("files").open(key) as handle:
                parts.append(handle.read())
    except FileNotFoundError:
        raise Invalid({"photo": sentence("lost")}) from None
    return receive_upload(partial.filename, b"".join(parts))


def finish(actor: Actor, public_id: str, upload_id: str, upload: Upload) -> PartialUpload:
    """Make the photo, once however often the last part comes. Raises as `uploads.add_photo`."""
    partial = _locked(actor, public_id, upload_id)
    if partial.photo_public_id is not None:
        enqueue("catalogue.delete_files", {"keys": [upload.key]})
        return partial
    photo = add_photo(actor, public_id, partial.filename, upload)
    enqueue("catalogue.delete_files", {"keys": partial.part_keys})
    partial.photo_public_id, partial.part_keys = photo.public_id, []
    db.session.flush()
    place = _place_among_announced(partial)
    if place is not None:
        move_photo(actor, public_id, photo.public_id, place)
    return partial


def _place_among_announced(partial: PartialUpload) -> int | None:
    """Where its photo goes, from 0: before the first of those announced after it that were quicker, so that the photo
    chosen first stays the cover. None when none was."""
    first = db.session.scalar(
        select(func.min(Photo.position))
        .join(PartialUpload, PartialUpload.photo_public_id == Photo.public_id)
        .where(PartialUpload.listing_id == partial.listing_id, PartialUpload.id > partial.id)
    )
    if first is None:
        return None
    before = select(func.count()).where(Photo.listing_id == partial.listing_id, Photo.position < first)
    return db.session.scalar(before) or 0


def forget(actor: Actor, public_id: str, upload_id: str) -> None:
    """Give an upload up, with its parts. Raises `NotFound` to strangers."""
    partial = _locked(actor, public_id, upload_id)
    if partial.part_keys:
        enqueue("catalogue.delete_files", {"keys": partial.part_keys})
    db.session.delete(partial)
    db.session.flush()


def _locked(actor: Actor, public_id: str, upload_id: str) -> PartialUpload:
    return _own(actor, own_listing(actor, public_id, "listing.draft").id, upload_id, lock=True)


def _own(actor: Actor, listing_id: int, upload_id: str, lock: bool = False) -> PartialUpload:
    query = select(PartialUpload).where(
        PartialUpload.public_id == upload_id,
        PartialUpload.listing_id == listing_id,
        PartialUpload.user_id == actor.user_id,
    )
    if lock:  # what was loaded before may be old by now
        query = query.with_for_update().execution_options(populate_existing=True)
    partial = db.session.scalar(query)
    if partial is None:
        raise NotFound
    return partial


def _on_the_way(organisation_id: int) -> int:
    """Bytes announced for photos of this organisation that are not whole yet."""
    query = (
        select(func.coalesce(func.sum(PartialUpload.size), 0))
        .join(Listing, Listing.id == PartialUpload.listing_id)
        .where(Listing.organisation_id == organisation_id, PartialUpload.photo_public_id.is_(None))
    )
    return int(db.session.scalar(query) or 0)
