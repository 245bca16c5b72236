"""Photos of what is on the scale. Both sides of the collection see them, and a moderator in a dispute.

They take the way of a piece's photos: looked at and stored first, noted in the transaction, then the worker makes their
sizes. A form that is refused keeps those that have come, each as a signed word that names the file, the collection and
whoever sent it.
"""

from collections.abc import Iterable

from marketplace.accounts.permissions import Actor
from marketplace.catalogue import kept_photos, piece_photos
from marketplace.core.db import transaction
from marketplace.core.errors import NotFound
from marketplace.reclaims.models_intake import Weighing
from marketplace.reclaims.queries_intake import reclaim_for, weighing_for

MOST = piece_photos.MOST  # of one weighing
FORM = "weighing-photo"


def receive(actor: Actor, exchange_public_id: str, files: Iterable[tuple[str, bytes]]) -> list[str]:
    """Look at (name, bytes) of some files and store them, before the transaction; their words for the form.

    Raises `Invalid` on `photo` for a file we do not take.
    """
    keys = [upload.key for upload in piece_photos.receive(files)]
    return kept_photos.words_for(FORM, (exchange_public_id, actor.user_id), keys)


def read(actor: Actor, exchange_public_id: str, words: Iterable[str]) -> list[str]:
    """The files that words of `receive` stand for; words that are old, altered or of another form are left out."""
    return kept_photos.keys_of(FORM, (exchange_public_id, actor.user_id), words, MOST)


def process(weighing_id: int, upload_key: str) -> None:
    """Make the sizes of one photo and show it with its weighing (the job `reclaims.process_weighing_photo`). Run twice
    it does no more than once."""
    key = piece_photos.make(upload_key)
    if key is None:
        return
    with transaction() as session:
        weighing = session.get(Weighing, weighing_id, with_for_update=True, populate_existing=True)
        if weighing is not None and key not in weighing.photo_keys and len(weighing.photo_keys) < MOST:
            weighing.photo_keys = [*weighing.photo_keys, key]
        shown = weighing is not None and key in weighing.photo_keys
    piece_photos.made(upload_key, key, shown=shown)


def check_photo(actor: Actor | None, public_id: str, weighing_public_id: str, key: str) -> None:
    """Nothing when `actor` may see that photo. Raises `NotFound` to strangers, and for a photo that is not there."""
    exchange, _view = reclaim_for(actor, public_id)
    if key not in weighing_for(exchange, weighing_public_id).photo_keys:
        raise NotFound
