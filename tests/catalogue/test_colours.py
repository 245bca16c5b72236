"""Which names the main colours of a picture get."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from marketplace.catalogue.colours import SAMPLES, lab, main_colours, name_of, together
from marketplace.catalogue.fields import COLOURS

NAMES = [
    ("#ffffff", "white"), ("#f5f5f0", "white"), ("#000000", "black"), ("#202020", "black"), ("#808080", "grey"),
    ("#c0c0c0", "grey"), ("#36454f", "grey"), ("#c8102e", "red"), ("#800020", "red"), ("#a52a2a", "red"),
    ("#ff7f50", "orange"), ("#ff8c00", "orange"), ("#ffd700", "yellow"), ("#daa520", "yellow"), ("#8b4513", "brown"),
    ("#5c4033", "brown"), ("#deb887", "beige"), ("#f5deb3", "beige"), ("#d2b48c", "beige"), ("#ffc0cb", "pink"),
    ("#e75480", "pink"), ("#4b0082", "purple"), ("#800080", "purple"), ("#000080", "blue"), ("#1e56c8", "blue"),
    ("#87ceeb", "blue"), ("#228b22", "green"), ("#556b2f", "green"), ("#808000", "green"), ("#90ee90", "green"),
]  # fmt: skip


def rgb(text: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(text[1:])
    return red, green, blue


@pytest.mark.parametrize(("colour", "name"), NAMES)
def test_a_colour_has_the_name_people_give_it(colour, name):
    assert name_of(rgb(colour)) == name


def test_every_name_is_of_the_listing_s_vocabulary():
    assert set(SAMPLES) < set(COLOURS)
    assert set(COLOURS) - set(SAMPLES) == {"gold", "silver", "multicolour"}  # no single point shows them


def seen(image: Image.Image) -> tuple[str, ...]:
    data = image.convert("RGB").resize((48, 48), Image.Resampling.BOX).tobytes()
    return main_colours([(data[at], data[at + 1], data[at + 2]) for at in range(0, len(data), 3)])


def scene(ground: str, *things: tuple[str, tuple[int, int, int, int]]) -> Image.Image:
    image = Image.new("RGB", (480, 360), ground)
    draw = ImageDraw.Draw(image)
    for colour, box in things:
        draw.rectangle(box, fill=colour)
    return image


SCENES = {
    "a red thing before a white wall": (scene("#f4f4f2", ("#b3121d", (170, 110, 310, 250))), ("red",)),
    "a small blue thing on a grey floor": (scene("#8a8a88", ("#1e56c8", (190, 130, 290, 230))), ("blue", "grey")),
    "a white panel from edge to edge": (scene("#fafafa"), ("white",)),
    "a green cloth from edge to edge, with a fold": (scene("#1b5a3b", ("#16492f", (0, 150, 479, 190))), ("green",)),
    "two halves": (scene("#b3121d", ("#1e56c8", (240, 0, 479, 359))), ("red", "blue")),
    "a brown thing with a yellow one in it": (
        scene("#ffffff", ("#6b4423", (120, 60, 360, 300)), ("#f5d033", (190, 130, 290, 230))),
        ("brown", "yellow"),
    ),
}


@pytest.mark.parametrize("name", SCENES)
def test_the_thing_counts_more_than_what_is_around_it(name):
    image, wanted = SCENES[name]
    assert seen(image) == wanted


def test_shadow_on_a_thing_stays_one_colour():
    image = Image.linear_gradient("L").resize((480, 360)).convert("RGB")
    image = Image.blend(image, Image.new("RGB", image.size, "#b3121d"), 0.85)
    assert seen(image)[0] == "red"


@given(st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=64, max_size=64))
def test_any_picture_has_at_most_three_different_names(pixels):
    found = main_colours(pixels)
    assert len(found) <= 3 and len(set(found)) == len(found) and set(found) <= set(COLOURS)


def test_only_square_pictures():
    for pixels in ([], [(0, 0, 0)] * 3):
        with pytest.raises(ValueError):
            main_colours(pixels)


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_lightness_is_of_the_scale(colour):
    assert -0.01 <= lab(colour)[0] <= 100.01


TOGETHER = [
    ([], []),
    ([["red", "white"]], ["red", "white"]),
    ([["red", "white"], ["white", "red"]], ["red", "white"]),  # the cover first
    ([["red"], ["blue", "white"], ["blue", "green"]], ["red", "blue", "white"]),
]


@pytest.mark.parametrize(("photos", "wanted"), TOGETHER)
def test_of_several_photos(photos, wanted):
    assert together(photos) == wanted
