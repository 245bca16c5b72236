"""Verbs on the photos of a listing. A file is looked at and stored first, then noted in the transaction, then the
worker makes its sizes; until then it lies under `uploads/`."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import func, select

from marketplace.accounts.permissions import Actor, require
from marketplace.catalogue import history, photos, rules
from marketplace.catalogue.events import ListingSaved
from marketplace.catalogue.models import Listing, Photo
from marketplace.catalogue.queries import lock_listings, stored_bytes
from marketplace.core.clock import now
from marketplace.core.db import db, new_public_id
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.events import announce
from marketplace.jobs.outbox import enqueue
from marketplace.ports import current

MAX_ALT = 200


@dataclass(frozen=True)
class Upload:
    """A file that was looked at and stored, not yet anybody's photo."""

    key: str
    size: int  # bytes


def sentence(code: str) -> str:
    """What to say about a file that `photos` refused."""
    sentences = {
        "empty": lambda: _("Ce fichier est vide."),
        "too_heavy": lambda: _("Cette photo dépasse 15 Mo : réduisez-la, puis renvoyez-la."),
        "extension": lambda: _("Seules les photos JPEG, HEIC, PNG et WebP sont prises."),
        "not_a_photo": lambda: _("Ce fichier n’est pas une photo JPEG, HEIC, PNG ou WebP."),
        "disguised": lambda: _(
            "Le nom du fichier ne dit pas ce qu’il contient : renommez-le, ou enregistrez-le de nouveau."
        ),
        "unreadable": lambda: _("Cette photo est abîmée ou incomplète : renvoyez-la depuis l’appareil."),
        "too_large": lambda: _("Cette image est trop grande : 50 millions de points au plus, 16 pour un WebP."),
        "lost": lambda: _("Le fichier n’est pas arrivé jusqu’au bout : renvoyez-le."),
    }
    return sentences.get(code, sentences["unreadable"])()


def receive_upload(filename: str, data: bytes) -> Upload:
    """Look at a file and store it, before the transaction. Raises `Invalid` on `photo`."""
    try:
        photos.inspect(filename, data)
    except photos.BadPhoto as bad:
        raise Invalid({"photo": sentence(bad.code)}) from None
    key = f"uploads/{new_key()}"
    current("files").put(key, data)
    return Upload(key, len(data))


def new_key() -> str:
    """A name for files that nobody can guess."""
    return new_public_id() + new_public_id()


def add_photo(actor: Actor, public_id: str, filename: str, data: bytes | Upload) -> Photo:
    """Note a photo at the end of a listing's; the worker makes its sizes. `data`: the file, or what `receive_upload`
    gave for it.

    Raises `NotFound` to strangers, `Invalid` on `photo` for a file we do not take, more than 12, or a full quota.
    """
    listing = locked_own(actor, public_id)
    count, last = db.session.execute(
        select(func.count(), func.max(Photo.position)).where(Photo.listing_id == listing.id)
    ).one()
    if count >= rules.MAX_PHOTOS:
        raise Invalid({"photo": _("%(max)s photos au plus par annonce.", max=rules.MAX_PHOTOS)})
    size = len(data) if isinstance(data, bytes) else data.size
    if stored_bytes(listing.organisation_id) + size > rules.QUOTA_BYTES:
        raise Invalid({"photo": _("Votre organisation a rempli ses 5 Go de photos : effacez-en d’abord.")})
    upload = receive_upload(filename, data) if isinstance(data, bytes) else data
    photo = Photo(
        listing_id=listing.id,
        position=0 if last is None else last + 1,
        state="received",
        upload_key=upload.key,
        key=new_key(),
        stored_bytes=upload.size,
        created_at=now(),
    )
    db.session.add(photo)
    db.session.flush()
    history.record_photos(listing, "photo_added", actor.user_id, count, count + 1)
    enqueue("catalogue.process_photo", {"photo_id": photo.id})
    return photo


def move_photo(actor: Actor, public_id: str, photo_public_id: str, to: int) -> None:
    """Put a photo at the place `to`, from 0; the first is the cover. Places beyond the ends mean the ends."""
    listing, photo = own_photo(actor, public_id, photo_public_id)
    order = _in_order(listing.id)
    order.remove(photo)
    order.insert(max(0, min(to, len(order))), photo)
    for step in (-1000, 0):  # a place is unique: first all out of the way
        for place, one in enumerate(order):
            one.position = step + place
        db.session.flush()
    announce(ListingSaved(listing.id))


def describe_photo(actor: Actor, public_id: str, photo_public_id: str, alt: str) -> None:
    """Say what a photo shows, for those who do not see it. Raises `Invalid` on `alt`."""
    values, errors = rules.parse_fields({"description": alt})
    text = " ".join(values.get("description", "").split())
    if errors or len(text) > MAX_ALT:
        raise Invalid({"alt": _("%(max)s caractères au plus, sans caractère invisible.", max=MAX_ALT)})
    _listing, photo = own_photo(actor, public_id, photo_public_id)
    photo.alt = text
    db.session.flush()


def remove_photo(actor: Actor, public_id: str, photo_public_id: str) -> None:
    """Forget a photo; its files go after the commit."""
    listing, photo = own_photo(actor, public_id, photo_public_id)
    forget_files([photo])
    db.session.delete(photo)
    db.session.flush()
    left = db.session.scalar(select(func.count()).where(Photo.listing_id == listing.id)) or 0
    history.record_photos(listing, "photo_removed", actor.user_id, left + 1, left)
    announce(ListingSaved(listing.id))


def forget_files(gone: Iterable[Photo]) -> None:
    """Have the files of these photos deleted once the transaction has committed."""
    keys = [key for photo in gone for key in files_of(photo)]
    if keys:
        enqueue("catalogue.delete_files", {"keys": keys})


def files_of(photo: Photo) -> list[str]:
    """Every key under which this photo may have a file."""
    others = [key for key in (photo.upload_key, photo.base_key) if key]
    return list(dict.fromkeys(others + (sizes_of(photo.key) if photo.key else [])))


def sizes_of(key: str) -> list[str]:
    """The files of a photo's sizes under this key."""
    return [f"photos/{key}-{size}.{extension}" for size in photos.SIZES for extension in photos.TYPES]


def locked_own(actor: Actor, public_id: str) -> Listing:
    """The actor's own listing, locked; a published one asks for the right to publish. Raises as `own_listing`."""
    row = db.session.execute(select(Listing.id, Listing.organisation_id).where(Listing.public_id == public_id)).first()
    require(actor, "listing.draft", row.organisation_id if row else None)
    found = lock_listings([row.id]) if row else []
    if not found:
        raise NotFound
    if found[0].state != "draft":
        require(actor, "listing.publish", found[0].organisation_id)
    return found[0]


def own_photo(actor: Actor, public_id: str, photo_public_id: str) -> tuple[Listing, Photo]:
    """A photo of the actor's own listing, which is locked. Raises as `locked_own`, and `NotFound`."""
    listing = locked_own(actor, public_id)
    photo = db.session.scalar(select(Photo).where(Photo.listing_id == listing.id, Photo.public_id == photo_public_id))
    if photo is None:
        raise NotFound
    return listing, photo


def _in_order(listing_id: int) -> list[Photo]:
    query = select(Photo).where(Photo.listing_id == listing_id).order_by(Photo.position)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))
