"""A photo turned, cropped and whole again: the frames as plain values, then what people and strangers see."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from sqlalchemy import select

from marketplace.catalogue import photos
from marketplace.catalogue.models import Photo
from marketplace.catalogue.photo_edit import SIDES, WHOLE, four_thirds, parse_crop, percents, turned
from marketplace.catalogue.uploads import add_photo, files_of
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid
from marketplace.ports import current
from tests import factories

# --- plain values ----------------------------------------------------------------------------------------------------

crops = st.tuples(st.integers(0, 900), st.integers(0, 900)).flatmap(
    lambda at: st.tuples(st.just(at[0]), st.just(at[1]), st.integers(50, 1000 - at[0]), st.integers(50, 1000 - at[1]))
)


@given(st.sampled_from([0, 90, 180, 270]), st.none() | crops, st.integers(-8, 8))
def test_four_quarters_bring_everything_back(turn, crop, quarters):
    there = turned(turn, crop, quarters)
    assert turned(*there, -quarters) == (turn, crop)
    assert turned(turn, crop, 4) == (turn, crop)
    if there[1] is not None:
        left, top, width, height = there[1]
        assert left >= 0 and top >= 0 and left + width <= 1000 and top + height <= 1000


@given(crops)
def test_what_is_shown_is_what_is_kept_when_sent_back(crop):
    assert (parse_crop(percents(crop)) or WHOLE) == crop


@given(st.integers(1, 10_000), st.integers(1, 10_000))
def test_four_thirds_is_within_and_of_that_shape(width, height):
    crop = four_thirds(width, height)
    if crop is None:
        return
    left, top, wide, high = crop
    assert 1000 in (wide, high) and left + wide <= 1000 and top + high <= 1000
    shape = (4, 3) if width >= height else (3, 4)
    kept = min(wide, high)
    if kept:  # to the nearest thousandth: coarse for a narrow strip
        wanted = shape[0] / shape[1]
        assert abs(width * wide / (height * high) - wanted) <= wanted * 0.5 / (kept - 0.5) + 1e-9


def test_four_thirds_of_what_is_so_already_is_all_of_it():
    assert four_thirds(1600, 1200) is four_thirds(1200, 1600) is None
    assert four_thirds(1000, 1000) == (0, 125, 1000, 750)
    assert four_thirds(1600, 900) == (125, 0, 750, 1000)


TYPED = [
    (("0", "0", "100", "100"), None),
    (("10", "5", "80", "90"), (100, 50, 800, 900)),
    (("12,5", "0.3", "50", "50"), (125, 3, 500, 500)),
    ((" 0 ", "0", "99.9", "100"), (0, 0, 999, 1000)),
]
REFUSED = [
    (("", "0", "50", "50"), {"left"}), (("-1", "0", "50", "50"), {"left"}), (("0", "101", "50", "50"), {"top"}),
    (("0", "0", "4", "50"), {"width"}), (("0", "0", "50", "0"), {"height"}), (("60", "0", "50", "50"), {"width"}),
    (("0", "95", "50", "50"), {"height"}), (("a", "b", "c", "d"), set(SIDES)), (("1e2", "0", "50", "50"), {"left"}),
    (("٣", "0", "50", "50"), {"left"}), (("0", "0", "9" * 400, "50"), {"width"}), (("nan", "0", "50", "50"), {"left"}),
    (("1.2.3", "0", "50", "50"), {"left"}), (("0", "0", "50.00001", "50"), {"width"}),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "crop"), TYPED)
def test_frames_that_are_typed(typed, crop):
    assert parse_crop(dict(zip(SIDES, typed, strict=True))) == crop


@pytest.mark.parametrize(("typed", "sides"), REFUSED)
def test_frames_that_make_no_sense(app, typed, sides):
    with pytest.raises(Invalid) as refused:
        parse_crop(dict(zip(SIDES, typed, strict=True)))
    assert set(refused.value.errors) == sides


# --- pixels ----------------------------------------------------------------------------------------------------------


def corners() -> bytes:
    """Wide; red, green, blue and yellow from the top left, clockwise."""
    image = Image.new("RGB", (1200, 800))
    draw = ImageDraw.Draw(image)
    for colour, at in (("red", (0, 0)), ("lime", (600, 0)), ("blue", (600, 400)), ("yellow", (0, 400))):
        draw.rectangle((*at, at[0] + 600, at[1] + 400), fill=colour)
    data = io.BytesIO()
    image.save(data, "JPEG", quality=95)
    return data.getvalue()


def colour_at(data: bytes, x: float, y: float) -> str:
    image = Image.open(io.BytesIO(data)).convert("RGB")
    seen = image.getpixel((int(x * image.width), int(y * image.height)))
    names = {"red": (255, 0, 0), "lime": (0, 255, 0), "blue": (0, 0, 255), "yellow": (255, 255, 0)}
    return min(names, key=lambda name: sum(abs(a - b) for a, b in zip(names[name], seen, strict=True)))


@pytest.mark.parametrize(
    ("turn", "crop", "size", "top_left", "bottom_right"),
    [
        (0, None, (1200, 800), "red", "blue"),
        (90, None, (800, 1200), "yellow", "lime"),
        (180, None, (1200, 800), "blue", "red"),
        (270, None, (800, 1200), "lime", "yellow"),
        (0, (500, 0, 500, 500), (600, 400), "lime", "lime"),
        (90, (0, 0, 500, 1000), (400, 1200), "yellow", "blue"),
        (0, (0, 0, 1, 1), (1, 1), "red", "red"),
    ],
)
def test_sizes_show_the_part_that_was_asked_for(turn, crop, size, top_left, bottom_right):
    made = photos.make_sizes("JPEG", corners(), turn, crop)
    assert (made.width, made.height) == size
    assert colour_at(made.files[800, "webp"], 0.1, 0.1) == top_left
    assert colour_at(made.files[320, "jpg"], 0.9, 0.9) == bottom_right
    assert Image.open(io.BytesIO(made.base)).size == (1200, 800)  # the whole stays whole


# --- with people -----------------------------------------------------------------------------------------------------


@pytest.fixture
def alice(app, org):
    user = factories.make_user("Alice")
    factories.add_member(org, user, "manager")
    return factories.sign_in(app.test_client(), user, org)


@pytest.fixture
def listing(org):
    return factories.make_listing(org, "Fauteuil")


@pytest.fixture
def photo(org, listing, run_jobs):
    with transaction():
        made = add_photo(factories.owner_of(org), listing.public_id, "a.jpg", corners())
    run_jobs()
    return fresh(made)


def fresh(photo) -> Photo:
    db.session.rollback()
    return db.session.scalars(select(Photo).filter_by(id=photo.id).execution_options(populate_existing=True)).one()


def page(listing, photo) -> str:
    return f"/publier/{listing.public_id}/photos/{photo.public_id}"


def served(client, photo, ending="800.jpg") -> bytes:
    return client.get(f"/photos/{photo.key}-{ending}").data


@pytest.mark.both_databases
def test_turned_then_whole_again_and_the_old_files_go(app, alice, client, listing, photo, run_jobs):
    first, old = photo.key, files_of(photo)
    assert photo.base_key and photo.colours and photo.fingerprint
    assert alice.post(page(listing, photo), data={"go": "turn-right"}).status_code == 303
    waiting = fresh(photo)
    assert (waiting.state, waiting.key, waiting.turn) == ("ready", first, 90)
    assert colour_at(served(client, waiting), 0.1, 0.1) == "red"  # until the new sizes are there
    run_jobs()
    now = fresh(photo)
    assert now.key != first and (now.width, now.height) == (800, 1200)
    assert colour_at(served(client, now), 0.1, 0.1) == "yellow"
    files = current("files")
    assert [key for key in old if files.exists(key)] == [now.base_key]
    assert client.get(f"/photos/{first}-800.jpg").status_code == 404
    assert alice.post(page(listing, photo), data={"go": "whole"}).status_code == 303
    run_jobs()
    back = fresh(photo)
    assert (back.turn, back.crop, back.width, back.height) == (0, None, 1200, 800)
    assert colour_at(served(client, back), 0.1, 0.1) == "red"


@pytest.mark.both_databases
def test_cropped_by_four_figures(alice, client, listing, photo, run_jobs):
    sent = {"go": "crop", "left": "50", "top": "0", "width": "50", "height": "50"}
    answer = alice.post(page(listing, photo), data=sent)
    assert answer.status_code == 303 and answer.location.endswith(f"/publier/{listing.public_id}#photos")
    run_jobs()
    now = fresh(photo)
    assert (now.crop, now.width, now.height) == ([500, 0, 500, 500], 600, 400)
    assert colour_at(served(client, now), 0.1, 0.9) == "lime"
    # turned afterwards, the same part stays in the frame
    alice.post(page(listing, photo), data={"go": "turn-left"})
    run_jobs()
    now = fresh(photo)
    assert (now.turn, now.crop, now.width, now.height) == (270, [0, 0, 500, 500], 400, 600)
    assert colour_at(served(client, now), 0.5, 0.5) == "lime"
    shown = alice.get(page(listing, photo)).text
    assert 'transform="translate(0 1200) rotate(270)"' in shown and 'viewBox="0 0 800 1200"' in shown


def test_four_thirds_is_proposed(alice, listing, photo, run_jobs):
    alice.post(page(listing, photo), data={"go": "four-thirds"})
    run_jobs()
    now = fresh(photo)
    assert (now.crop, now.width, now.height) == ([55, 0, 889, 1000], 1067, 800)


def test_a_frame_that_makes_no_sense_is_said_beside_its_field(alice, listing, photo):
    answer = alice.post(
        page(listing, photo), data={"go": "crop", "left": "80", "top": "x", "width": "50", "height": "9"}
    )
    assert answer.status_code == 422
    assert 'value="80"' in answer.text and 'id="top-e"' in answer.text
    assert fresh(photo).crop is None


def test_two_at_once_end_with_what_was_asked_last(alice, listing, photo, run_jobs, app):
    """The first job finds that something else is wanted by now, and leaves no file behind."""
    process = app.extensions["jobs"]["catalogue.remake_photo"]
    alice.post(page(listing, photo), data={"go": "turn-right"})
    real = photos.make_sizes

    def meanwhile(*arguments):
        made = real(*arguments)
        photos.make_sizes = real
        alice.post(page(listing, photo), data={"go": "turn-right"})
        return made

    photos.make_sizes = meanwhile
    try:
        process(photo.id)
    finally:
        photos.make_sizes = real
    assert fresh(photo).key == photo.key
    run_jobs()
    now = fresh(photo)
    assert (now.turn, now.width) == (180, 1200)
    kept = {f"photos/{path.name}" for path in (current("files").root / "photos").glob("*")}
    kept |= {f"bases/{path.name}" for path in (current("files").root / "bases").glob("*")}
    assert kept == set(files_of(now))


def test_photos_from_before_wholes_were_kept_can_be_turned(alice, listing, photo, run_jobs):
    with transaction() as session:
        kept = session.get(Photo, photo.id)
        current("files").delete(kept.base_key)
        kept.base_key = None
    assert alice.get(page(listing, photo) + "/entiere.jpg").status_code == 200
    alice.post(page(listing, photo), data={"go": "turn-right"})
    run_jobs()
    now = fresh(photo)
    assert (now.width, now.height) == (800, 1200) and current("files").exists(now.base_key)
    alice.post(page(listing, photo), data={"go": "turn-left"})
    run_jobs()
    assert (fresh(photo).width, fresh(photo).height) == (1200, 800)


def test_a_whole_picture_that_is_lost_leaves_the_photo_as_it_is(alice, client, listing, photo, run_jobs):
    alice.post(page(listing, photo), data={"go": "turn-right"})
    current("files").delete(photo.base_key)
    run_jobs()
    now = fresh(photo)
    assert (now.state, now.key, now.error) == ("ready", photo.key, "lost")
    assert client.get(f"/photos/{now.key}-800.jpg").status_code == 200
    assert "pas pu être fait" in alice.get(f"/publier/{listing.public_id}").text


@pytest.mark.both_databases
def test_the_whole_picture_is_its_house_s_alone(app, alice, client, listing, photo, stranger):
    whole = page(listing, photo) + "/entiere.jpg"
    mine = alice.get(whole)
    assert (mine.status_code, mine.mimetype, mine.headers["Cache-Control"]) == (200, "image/jpeg", "no-store")
    assert colour_at(mine.data, 0.9, 0.1) == "lime"
    charlie = factories.make_user("Charlie")
    house = db.session.get(factories.Organisation, stranger.organisation_id)
    factories.add_member(house, charlie, "owner")
    other = factories.sign_in(app.test_client(), charlie, house)
    theirs = factories.make_listing(house, "Chez eux")
    for address in (page(listing, photo), whole, page(theirs, photo), page(theirs, photo) + "/entiere.jpg"):
        assert other.get(address).status_code == 404
        assert client.get(address).status_code in (302, 303)
    assert other.post(page(listing, photo), data={"go": "turn-right"}).status_code == 404
    assert other.post(page(theirs, photo), data={"go": "turn-right"}).status_code == 404
    base = photo.base_key.removeprefix("bases/")
    for address in (f"/bases/{base}", f"/photos/{base}", f"/photos/{photo.key}-2400.jpg"):
        assert client.get(address).status_code == alice.get(address).status_code == 404
    assert fresh(photo).turn == 0


def test_colours_seen_are_offered_and_never_imposed(alice, listing, photo):
    def saved(**changes) -> list[str]:
        alice.post(f"/publier/{listing.public_id}", data={"go": "save"} | changes)
        db.session.rollback()
        return list(db.session.get(type(listing), listing.id, populate_existing=True).colours)

    assert "Couleurs vues" in alice.get(f"/publier/{listing.public_id}").text
    assert saved() == []
    assert set(saved(go="photo-colours")) == set(photo.colours)
    assert "Couleurs vues" not in alice.get(f"/publier/{listing.public_id}").text
    with transaction() as session:
        session.get(type(listing), listing.id).colours = ["gold"]
    assert saved(go="photo-colours") == ["gold"]


@pytest.mark.parametrize(
    "sent", ["photo-edit:", "photo-edit:../../x", "photo-edit:\u00e9/%00", "photo-edit:" + "a" * 5000]
)
def test_the_way_to_the_page_survives_what_is_no_photo(alice, listing, sent):
    answer = alice.post(f"/publier/{listing.public_id}", data={"go": sent})
    assert answer.status_code in (303, 404)
    if answer.status_code == 303:
        assert answer.location.startswith(f"/publier/{listing.public_id}/photos/")
        assert alice.get(answer.location).status_code in (404, 308)
