"""Photos of a piece's condition: they show a thing to its own house, in the history they were taken for.

They take the way of a listing's photos: looked at and stored first, then noted in the transaction, then the worker
makes their sizes. A photo stands in its event's `photo_keys` once it can be shown.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from marketplace.catalogue import photos
from marketplace.catalogue.models import Piece, PieceEvent
from marketplace.catalogue.uploads import Upload, receive_upload
from marketplace.core.db import db, transaction
from marketplace.jobs.outbox import enqueue
from marketplace.ports import current

MOST = 4  # photos of one event


def receive(files: Iterable[tuple[str, bytes]]) -> list[Upload]:
    """Look at (name, bytes) of up to `MOST` files and store them, before the transaction. Raises `Invalid` on
    `photo`."""
    return [receive_upload(name, data) for name, data in list(files)[:MOST]]


def attach(event: PieceEvent, uploads: Sequence[Upload]) -> None:
    """Have the worker make the sizes of what was received for `event`, which is written already."""
    for upload in uploads:
        enqueue("catalogue.process_piece_photo", {"event_id": event.id, "upload_key": upload.key})


def process(event_id: int, upload_key: str) -> None:
    """Make the sizes of one photo and show it with its event (the job `catalogue.process_piece_photo`). Run twice it
    does no more than once: the photo's key is that of the file that came."""
    key = make(upload_key)
    if key is None:
        return
    with transaction() as session:
        event = session.get(PieceEvent, event_id, with_for_update=True, populate_existing=True)
        if event is not None and key not in event.photo_keys:
            event.photo_keys = [*event.photo_keys, key]
    made(upload_key, key, shown=event is not None)


def make(upload_key: str) -> str | None:
    """Make and store the sizes of a file that was received; the photo's key, None when there is nothing (any more) to
    show. What shows it is written next, then `made` is called."""
    key = upload_key.rpartition("/")[2]
    files = current("files")
    try:
        with files.open(upload_key) as handle:
            data = handle.read()
        sizes = photos.make_sizes(photos.look(data).format, data)
    except FileNotFoundError:  # done before
        return None
    except photos.BadPhoto:
        files.delete(upload_key)
        return None
    for (size, extension), content in sizes.files.items():
        files.put(f"pieces/{key}-{size}.{extension}", content)
    return key


def made(upload_key: str, key: str, *, shown: bool) -> None:
    """Forget the file that came, once its photo is shown; the photo too when nothing is there to show it."""
    files = current("files")
    if not shown:  # forgotten meanwhile with its listing
        for name in files_of(key):
            files.delete(name)
    files.delete(upload_key)


def files_of(key: str) -> list[str]:
    """The files of one photo."""
    return [f"pieces/{key}-{size}.{extension}" for size in photos.SIZES for extension in photos.TYPES]


def forget_of_listing(listing_id: int) -> None:
    """Have the files of a listing's pieces deleted once the transaction has committed."""
    query = select(PieceEvent.photo_keys).join(Piece, Piece.id == PieceEvent.piece_id)
    keys = [key for found in db.session.scalars(query.where(Piece.listing_id == listing_id)) for key in found]
    if keys:
        enqueue("catalogue.delete_files", {"keys": [name for key in keys for name in files_of(key)]})
