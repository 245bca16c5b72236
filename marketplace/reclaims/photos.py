"""Photos of what there is to collect: seen by those who may see the call, nobody else.

They take the way of a piece's photos: looked at and stored first, noted in the transaction, then the worker makes their
sizes. A form that is refused keeps those that have come: each stands in it as a signed word for the file and whoever
sent it.
"""

from collections.abc import Iterable, Sequence

from flask_babel import gettext as _
from sqlalchemy import exists, func, select

from marketplace.accounts.permissions import Actor
from marketplace.catalogue import kept_photos, piece_photos
from marketplace.catalogue.uploads import receive_upload
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid, NotFound
from marketplace.jobs.outbox import enqueue
from marketplace.reclaims.models import ReclaimCall, ReclaimPhoto
from marketplace.reclaims.rules import MOST_PHOTOS
from marketplace.reclaims.standing import call_for

FORM = "reclaim-photo"


def receive(actor: Actor, files: Iterable[tuple[str, bytes]]) -> list[str]:
    """Look at (name, bytes) of some files and store them, before the transaction; their words for the form.

    Raises `Invalid` on `photo` for a file we do not take.
    """
    return kept_photos.words_for(FORM, (actor.user_id,), [receive_upload(name, data).key for name, data in files])


def read(actor: Actor, words: Iterable[str]) -> list[str]:
    """The files that words of `receive` stand for; those that are old, altered or somebody else's are left out."""
    return kept_photos.keys_of(FORM, (actor.user_id,), words, MOST_PHOTOS)


def attach(call: ReclaimCall, uploads: Sequence[str]) -> None:
    """Have the worker make the photos of a call from files that came. Raises `Invalid` on `photo` for too many."""
    have = db.session.scalar(select(func.count()).select_from(ReclaimPhoto).where(ReclaimPhoto.call_id == call.id)) or 0
    if have + len(uploads) > MOST_PHOTOS:
        raise Invalid({"photo": _("%(most)s photos au plus par demande.", most=MOST_PHOTOS)})
    for key in uploads:
        enqueue("reclaims.process_photo", {"call_id": call.id, "upload_key": key})


def process(call_id: int, upload_key: str) -> None:
    """Make the sizes of one photo and show it with its call (the job `reclaims.process_photo`). Run twice it does no
    more than once: the photo's key is that of the file that came."""
    key = piece_photos.make(upload_key)
    if key is None:
        return
    with transaction() as session:
        call = session.get(ReclaimCall, call_id, with_for_update=True, populate_existing=True)
        if call is not None:
            show(call_id, key)
    piece_photos.made(upload_key, key, shown=call is not None)


def show(call_id: int, key: str) -> None:
    """A photo whose sizes are stored is shown with its call, after those that are there. The call is locked."""
    rows = db.session.execute(
        select(ReclaimPhoto.key, ReclaimPhoto.position).where(ReclaimPhoto.call_id == call_id)
    ).all()
    if key not in {row.key for row in rows} and len(rows) < MOST_PHOTOS:
        last = max((row.position for row in rows), default=0)
        db.session.add(ReclaimPhoto(call_id=call_id, key=key, position=last + 1))
        db.session.flush()


def remove(call: ReclaimCall, public_ids: Iterable[str]) -> None:
    """Take photos off a locked draft; files that no other call shows are deleted after the commit."""
    wanted = set(public_ids)
    gone = [photo for photo in call.photos if photo.public_id in wanted]
    for photo in gone:
        call.photos.remove(photo)
    db.session.flush()
    files = []
    for photo in gone:
        if not db.session.scalar(select(exists().where(ReclaimPhoto.key == photo.key))):
            files += piece_photos.files_of(photo.key)
    if files:
        enqueue("catalogue.delete_files", {"keys": files})


def check_photo(actor: Actor | None, call_public_id: str, key: str) -> None:
    """Nothing when `actor` may see that photo. Raises `NotFound` to strangers, and for a photo that is not there."""
    call = call_for(actor, call_public_id).call
    if not db.session.scalar(select(exists().where(ReclaimPhoto.call_id == call.id, ReclaimPhoto.key == key))):
        raise NotFound
