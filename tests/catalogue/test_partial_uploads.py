"""Photos in parts: what a browser and its lost network send, and what others try."""

import base64
import io
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image
from sqlalchemy import func, select

from marketplace.catalogue import partial_uploads, photos, rules
from marketplace.catalogue.models import PartialUpload, Photo
from marketplace.catalogue.uploads import add_photo
from marketplace.core.db import db, transaction
from marketplace.ports import current
from tests import factories
from tests.catalogue.conftest import picture

PART = "application/offset+octet-stream"
TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture
def alice(app, org):
    user = factories.make_user("Alice")
    factories.add_member(org, user, "manager")
    return factories.sign_in(app.test_client(), user, org)


@pytest.fixture
def listing(org):
    return factories.make_listing(org, "Fauteuil", published=False)


@pytest.fixture
def place(listing):
    return f"/publier/{listing.public_id}/envois"


@pytest.fixture(scope="module")
def large() -> bytes:
    """A photo of several parts."""
    data = io.BytesIO()
    Image.effect_noise((1200, 900), 90).convert("RGB").save(data, "JPEG", quality=88)
    assert partial_uploads.MOST_PART_BYTES < len(data.getvalue()) < 2 * partial_uploads.MOST_PART_BYTES
    return data.getvalue()


def named(name: str) -> str:
    return "filename " + base64.b64encode(name.encode()).decode()


def announce(client, place, size, name="photo.jpg", **headers):
    return client.post(place, headers={**TUS, "Upload-Length": str(size), "Upload-Metadata": named(name), **headers})


def send(client, address, offset, part, **headers):
    return client.patch(address, data=part, content_type=PART, headers={**TUS, "Upload-Offset": str(offset), **headers})


def uploads_kept() -> set[str]:
    return {path.name for path in (current("files").root / "uploads").glob("*")}


@pytest.mark.both_databases
def test_in_parts_with_a_lost_answer_in_between(alice, place, large, run_jobs):
    said = announce(alice, place, len(large))
    assert (said.status_code, said.headers["Upload-Offset"], said.headers["Tus-Resumable"]) == (201, "0", "1.0.0")
    address = said.headers["Location"]
    half = len(large) // 2
    assert send(alice, address, 0, large[:half]).headers["Upload-Offset"] == str(half)
    # the answer was lost: the same part again is refused, and HEAD says where to go on
    again = send(alice, address, 0, large[:half])
    assert (again.status_code, again.headers["Upload-Offset"]) == (409, str(half))
    head = alice.head(address, headers=TUS)
    assert (head.status_code, head.headers["Upload-Offset"], head.headers["Upload-Length"]) == (
        200, str(half), str(len(large)),
    )  # fmt: skip
    assert head.headers["Cache-Control"] == "no-store"
    last = send(alice, address, half, large[half:])
    assert last.status_code == 204
    photo = db.session.scalars(select(Photo)).one()
    assert last.headers["Upload-Photo"] == alice.head(address).headers["Upload-Photo"] == photo.public_id
    # sent once more after the last answer was lost too: still one photo
    assert send(alice, address, len(large), b"").headers["Upload-Photo"] == photo.public_id
    run_jobs()
    photo = db.session.scalars(select(Photo).execution_options(populate_existing=True)).one()
    assert (photo.state, photo.width) == ("ready", 1200)
    assert uploads_kept() == set()


@pytest.mark.both_databases
def test_the_last_part_goes_through_the_same_checks_as_a_whole_photo(alice, place, run_jobs):
    for name, data, word in (
        ("page.jpg", b"<html>" * 50, "pas une photo"),
        ("photo.png", picture(), "renommez"),
        ("bombe.jpg", b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff" + b"\0" * 20, "trop grande"),
    ):
        address = announce(alice, place, len(data), name).headers["Location"]
        refused = send(alice, address, 0, data)
        assert refused.status_code == 422 and word in refused.json["error"], refused.text
        assert alice.head(address).status_code == 404
    run_jobs()
    assert db.session.scalar(select(func.count(Photo.id))) == 0
    assert db.session.scalar(select(func.count(PartialUpload.id))) == 0
    assert uploads_kept() == set()


ANNOUNCED = [
    (1000, "photo.jpg", 201), (1000, "IMG_0001.HEIC", 201), (0, "photo.jpg", 422), (1000, "photo.svg", 422),
    (1000, "", 422), (1000, "sans point", 422), (photos.MAX_BYTES, "photo.jpg", 201),
    (photos.MAX_BYTES + 1, "photo.jpg", 413), (10**11 - 1, "photo.jpg", 413), (1000, "p" * 900 + ".jpg", 201),
    (1000, "nul\0nom.jpg", 201), (1000, "../../etc/passwd.jpg", 201),
]  # fmt: skip


@pytest.mark.parametrize(("size", "name", "status"), ANNOUNCED)
def test_what_may_be_announced(alice, place, size, name, status):
    assert announce(alice, place, size, name).status_code == status


@pytest.mark.parametrize("length", ["", "-1", "1e3", "12 ", "٣", "9" * 30, "0x10", "1.5"])
def test_a_length_is_a_number(alice, place, length):
    said = alice.post(place, headers={**TUS, "Upload-Length": length.encode().decode("latin-1", "replace")})
    assert said.status_code == 400 and said.json["error"]


@pytest.mark.parametrize("metadata", ["", "filename", "filename !!!", "filename gA==", "other eA==", "a" * 5000])
def test_a_name_that_cannot_be_read_is_none(alice, place, metadata):
    said = alice.post(place, headers={**TUS, "Upload-Length": "10", "Upload-Metadata": metadata})
    assert said.status_code == 422


def test_parts_that_do_not_fit(alice, place, large):
    address = announce(alice, place, 1000).headers["Location"]
    most = partial_uploads.MOST_PART_BYTES
    assert send(alice, address, 0, b"x" * 1001).status_code == 422
    assert send(alice, address, 0, b"x" * (most + 1)).status_code == 413
    assert send(alice, address, 5, b"x").status_code == 409
    assert send(alice, address, "abc", b"x").status_code == 400
    assert alice.patch(address, data=b"x", content_type=PART).status_code == 400
    assert alice.patch(address, data=b"x", content_type="text/plain", headers={"Upload-Offset": "0"}).status_code == 415
    assert alice.head(address).headers["Upload-Offset"] == "0"
    assert uploads_kept() == set()


def test_the_protocol_says_what_it_can(alice, place):
    said = alice.options(place)
    assert (said.status_code, said.headers["Tus-Version"], said.headers["Tus-Max-Size"]) == (
        204, "1.0.0", str(photos.MAX_BYTES),
    )  # fmt: skip
    old = announce(alice, place, 10, **{"Tus-Resumable": "0.2.2"})
    assert (old.status_code, old.headers["Tus-Version"]) == (412, "1.0.0")


@pytest.mark.both_databases
def test_nobody_else_sees_or_touches_an_upload(app, alice, place, org, listing, large):
    address = announce(alice, place, len(large)).headers["Location"]
    charlie = factories.make_user("Charlie")
    other = factories.make_organisation("Studio Nord", "rental_house", owner=charlie)
    stranger = factories.sign_in(app.test_client(), charlie, other)
    theirs = factories.make_listing(other, "Chez eux", published=False)
    colleague = factories.sign_in(app.test_client(), _member(org, "Bob"), org)
    elsewhere = address.replace(listing.public_id, theirs.public_id)
    for client, addresses in ((stranger, (address, elsewhere)), (colleague, (address,))):
        for one in addresses:
            assert client.head(one).status_code == 404
            assert send(client, one, 0, b"x").status_code == 404
            assert client.delete(one).status_code == 404
    assert announce(stranger, place, 10).status_code == 404
    assert alice.head(address).headers["Upload-Offset"] == "0"
    visitor = app.test_client()
    assert visitor.head(address).status_code in (302, 303, 401)
    assert send(visitor, address, 0, b"x").status_code in (302, 303, 401)


def _member(org, name):
    user = factories.make_user(name)
    factories.add_member(org, user, "manager")
    return user


def test_a_forged_request_adds_nothing(app, alice, place):
    address = announce(alice, place, 10).headers["Location"]
    app.config["WTF_CSRF_ENABLED"] = True
    assert send(alice, address, 0, b"x").status_code == 400
    assert announce(alice, place, 10).status_code == 400
    assert alice.delete(address).status_code == 400
    assert send(alice, address, 0, b"x", Origin="https://ailleurs.example").status_code == 403
    assert alice.head(address).headers["Upload-Offset"] == "0"


@pytest.mark.both_databases
def test_given_up_leaves_nothing(alice, place, large, run_jobs):
    address = announce(alice, place, len(large)).headers["Location"]
    send(alice, address, 0, large[:1000])
    assert len(uploads_kept()) == 1
    assert alice.delete(address, headers=TUS).status_code == 204
    assert alice.head(address).status_code == 404
    run_jobs()
    assert uploads_kept() == set()


@pytest.mark.both_databases
def test_what_stopped_a_day_ago_is_swept_with_its_files(app, alice, place, large, run_jobs, clock):
    old = announce(alice, place, len(large)).headers["Location"]
    send(alice, old, 0, large[:1000])
    clock.forward(hours=23)
    young = announce(alice, place, len(large)).headers["Location"]
    send(alice, young, 0, large[:1000])
    clock.forward(hours=2)
    app.extensions["jobs"]["catalogue.sweep_uploads"]()
    run_jobs()
    assert (alice.head(old).status_code, alice.head(young).status_code) == (404, 200)
    assert len(uploads_kept()) == 1
    # its part lies there for a day of the machine's own clock: the row's file is not an orphan before
    assert send(alice, young, 1000, large[1000:200_000]).status_code == 204


@pytest.mark.both_databases
def test_the_quota_counts_what_is_on_its_way(alice, place, monkeypatch):
    monkeypatch.setattr(rules, "QUOTA_BYTES", 25_000_000)
    assert announce(alice, place, 14_000_000).status_code == 201
    refused = announce(alice, place, 14_000_000)
    assert refused.status_code == 422 and "5\u00a0Go" in refused.json["error"].replace("5 Go", "5\u00a0Go")
    assert announce(alice, place, 10_000_000).status_code == 201


def test_one_person_has_so_many_on_their_way(alice, place, monkeypatch):
    monkeypatch.setattr(partial_uploads, "MOST_AT_ONCE", 2)
    assert [announce(alice, place, 10).status_code for _one in range(3)] == [201, 201, 422]


@pytest.mark.both_databases
def test_a_thirteenth_photo_is_refused_however_it_comes(alice, place, listing, org):
    actor, small = factories.owner_of(org), picture()
    for _photo in range(rules.MAX_PHOTOS - 1):
        with transaction():
            add_photo(actor, listing.public_id, "a.jpg", small)
    two = [announce(alice, place, len(small)).headers["Location"] for _one in range(2)]
    assert send(alice, two[0], 0, small).status_code == 204
    refused = send(alice, two[1], 0, small)
    assert refused.status_code == 422 and "12" in refused.json["error"]
    assert announce(alice, place, len(small)).status_code == 422


@pytest.mark.both_databases
def test_forty_photos_in_a_row_two_at_a_time(app, org, run_jobs):
    """Strike day: four listings, forty photos, two connections at once; each photo arrives once."""
    listings = [factories.make_listing(org, f"Lot {number}", published=False).public_id for number in range(4)]
    user, small = _member(org, "Bob"), picture(size=(40, 30))
    half = len(small) // 2
    clients = [factories.sign_in(app.test_client(), user, org) for _one in range(2)]

    def twenty(number: int) -> list[int]:
        client, statuses = clients[number], []
        with app.app_context():
            for turn in range(20):
                address = announce(client, f"/publier/{listings[turn % 4]}/envois", len(small)).headers["Location"]
                statuses += [send(client, address, 0, small[:half]).status_code]
                statuses += [send(client, address, half, small[half:]).status_code]
            db.session.remove()
        return statuses

    db.session.remove()
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(twenty, range(2))) == [[204] * 40] * 2
    places = db.session.execute(
        select(Photo.listing_id, func.count(), func.max(Photo.position)).group_by(Photo.listing_id)
    )
    assert [(count, last) for _id, count, last in places] == [(10, 9)] * 4


def test_parts_cost_no_more_files_than_parts(alice, place):
    """Offsets that are wrong write nothing on the disk."""
    address = announce(alice, place, 100_000).headers["Location"]
    for offset in range(1, 20):
        assert send(alice, address, offset, os.urandom(1000)).status_code == 409
    assert uploads_kept() == set()


def test_the_photo_chosen_first_stays_the_cover_however_slow(alice, place, listing, large):
    quick = picture(size=(640, 480))
    slow, other, last = (
        announce(alice, place, len(data), name).headers["Location"]
        for data, name in ((large, "a.jpg"), (quick, "b.jpg"), (quick, "c.jpg"))
    )
    send(alice, last, 0, quick)
    send(alice, slow, 0, large[: partial_uploads.MOST_PART_BYTES])
    send(alice, other, 0, quick)
    send(alice, slow, partial_uploads.MOST_PART_BYTES, large[partial_uploads.MOST_PART_BYTES :])
    made = [alice.head(address, headers=TUS).headers["Upload-Photo"] for address in (slow, other, last)]
    kept = select(Photo.public_id).where(Photo.listing_id == listing.id).order_by(Photo.position)
    assert list(db.session.scalars(kept)) == made
