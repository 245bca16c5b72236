"""Every hostile file we know of, sent the way people send photos, while somebody else sends theirs: each is refused or
made harmless, and the others notice nothing."""

import io

import pytest
from sqlalchemy import select

from marketplace.catalogue.models import Listing, Photo
from marketplace.core.db import db
from marketplace.ports import current
from tests import factories
from tests.catalogue import test_heic, test_photos
from tests.catalogue.conftest import picture
from tests.catalogue.test_views import alice, charlie  # noqa: F401 fixtures

REFUSED = [
    *((name, data) for name, data, _code in test_photos.AT_THE_DOOR),
    *((name, make()) for name, make, _code in test_heic.AT_THE_DOOR),
]
UNREADABLE = [*test_photos.INSIDE, ("cut.heic", test_photos.half(test_heic.noise()))]
# pictures one can see, that carry more than that
HARMLESS = [(f"tail.{name.lower()}", test_photos.with_everything(name)) for name in ("JPEG", "PNG", "WEBP")]


def send(client, listing_id: str, name: str, data: bytes) -> int:
    sent = {"photo": (io.BytesIO(data), name)}
    return client.post(f"/publier/{listing_id}/photos", data=sent, content_type="multipart/form-data").status_code


def photos_of(public_id: str) -> list[Photo]:
    db.session.rollback()
    query = select(Photo).join(Listing, Listing.id == Photo.listing_id).where(Listing.public_id == public_id)
    return list(db.session.scalars(query.order_by(Photo.position).execution_options(populate_existing=True)))


def test_there_are_forty_and_more():
    assert len({data for _name, data in (*REFUSED, *UNREADABLE, *HARMLESS)}) >= 40


@pytest.mark.both_databases
def test_hostile_files_are_refused_or_harmless_and_others_are_undisturbed(alice, charlie, org, stranger, run_jobs):  # noqa: F811
    hostile = factories.make_listing(org, "Hostile").public_id
    other = db.session.get(factories.Organisation, stranger.organisation_id)
    quiet = factories.make_listing(other, "Tranquille").public_id
    answers = {}
    for number, (name, data) in enumerate(REFUSED):
        answers[name] = send(alice, hostile, name, data)
        if number % 20 == 0:
            assert send(charlie, quiet, f"{number}.jpg", picture()) == 201
    assert {name: status for name, status in answers.items() if status != 422} == {}
    assert photos_of(hostile) == []

    for name, data in UNREADABLE:
        assert send(alice, hostile, name, data) in (201, 422), name  # the door or the decoder refuses it
    assert send(charlie, quiet, "last.png", picture("PNG")) == 201
    run_jobs()
    assert [photo.state for photo in photos_of(quiet)] == ["ready"] * 4
    failed = photos_of(hostile)
    assert failed and {(photo.state, photo.error, photo.stored_bytes) for photo in failed} == {
        ("failed", "unreadable", 0)
    }
    left = current("files").older("uploads", failed[0].created_at.replace(year=2100))
    assert list(left) == [], "nothing of them is kept"

    harmless = factories.make_listing(db.session.get(factories.Organisation, org.id), "Bavardes").public_id
    for name, data in HARMLESS:
        assert send(alice, harmless, name, data) == 201
    run_jobs()
    for photo in photos_of(harmless):
        assert photo.state == "ready"
        for size in ("320.webp", "1600.webp", "1600.jpg"):
            served = alice.get(f"/photos/{photo.key}-{size}")
            assert served.status_code == 200 and b"SECRET" not in served.data and b"<script" not in served.data
            assert served.headers["X-Content-Type-Options"] == "nosniff"
            assert served.mimetype in ("image/webp", "image/jpeg")
    for page in (f"/publier/{hostile}", f"/publier/{harmless}", f"/annonces/{hostile}", "/annonces"):
        assert alice.get(page, follow_redirects=True).status_code == 200
