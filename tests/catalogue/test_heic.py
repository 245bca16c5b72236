"""HEIC, as phones write it: what comes out upright and clean, what is refused at the door, what decoding may cost."""

import io
import struct
from functools import cache

import pillow_heif
import pytest
from PIL import Image

from marketplace.catalogue import heif_header, photos
from tests.catalogue.conftest import picture
from tests.catalogue.test_photos import corner_marked, cost, made_of, near, opened


def heic(image: Image.Image, **options) -> bytes:
    data = io.BytesIO()
    pillow_heif.from_pillow(image).save(data, quality=90, **options)
    return data.getvalue()


@cache
def noise() -> bytes:
    """One with enough in it to be cut and spoilt."""
    return heic(Image.effect_noise((400, 300), 90).convert("RGB"))


def saying(data: bytes, width: int, height: int) -> bytes:
    """The same, whose container announces another size."""
    changed = bytearray(data)
    at = -1
    while (at := changed.find(b"ispe", at + 1)) >= 0:
        changed[at + 8 : at + 16] = struct.pack(">II", width, height)
    return bytes(changed)


def box(kind: bytes, body: bytes = b"", length: int | None = None) -> bytes:
    return struct.pack(">I4s", 8 + len(body) if length is None else length, kind) + body


FTYP = box(b"ftyp", b"heic\0\0\0\0mif1heic")


def nested(depth: int, inside: bytes = b"") -> bytes:
    for _level in range(depth):
        inside = box(b"ipco", inside)
    return FTYP + box(b"meta", b"\0\0\0\0" + box(b"iprp", inside))


def test_three_sizes_in_two_formats_like_any_photo():
    data = heic(Image.new("RGB", (2000, 1200), "#c04030"))
    assert photos.inspect("IMG_0001.HEIC", data) == photos.Header("HEIF", 2000, 1200)
    made = photos.make_sizes("HEIF", data)
    assert {key: opened(made, *key).size for key in made.files} == {
        (1600, "webp"): (1600, 960), (1600, "jpg"): (1600, 960), (800, "webp"): (800, 480), (800, "jpg"): (800, 480),
        (320, "webp"): (320, 192), (320, "jpg"): (320, 192),
    }  # fmt: skip
    assert near(opened(made, 320, "jpg").getpixel((100, 100)), (0xC0, 0x40, 0x30))
    assert made.colours == ("red",)


@pytest.mark.parametrize("extension", ["heic", "heif", "HIF"])
def test_every_name_phones_give_it(extension):
    assert photos.inspect(f"a.{extension}", noise()).format == "HEIF"


def test_it_is_upright_whatever_its_exif_says_besides():
    """The container turns the picture; an orientation in EXIF as well must not turn it a second time."""
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = corner_marked().transpose(Image.Transpose.ROTATE_90)
    made = made_of("a.heic", heic(stored, exif=exif.tobytes()))
    assert (made.width, made.height) == (120, 80)
    assert near(opened(made).getpixel((12, 12)), (255, 0, 0))
    assert near(opened(made).getpixel((100, 60)), (255, 255, 255))


def test_nothing_of_its_metadata_or_tail_is_served():
    exif = Image.Exif()
    exif[0x010E] = "SECRET description"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (45.0, 46.0, 18.0)
    data = heic(
        Image.new("RGB", (200, 150), "#208040"), exif=exif.tobytes(), xmp=b"<x:xmpmeta>SECRET</x:xmpmeta>"
    ) + box(b"free", b"<script>SECRET</script>")
    assert data.count(b"SECRET") == 3
    made = made_of("a.heic", data)
    for content in (*made.files.values(), made.base):
        assert b"SECRET" not in content and b"xmpmeta" not in content and b"Exif" not in content


def test_transparency_falls_on_white():
    made = made_of("a.heic", heic(Image.new("RGBA", (60, 40), (200, 30, 30, 0))))
    assert near(opened(made).getpixel((30, 20)), (255, 255, 255))


AT_THE_DOOR = [
    ("svg.heic", lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_a_photo"),
    ("film.heic", lambda: box(b"ftyp", b"isom\0\0\0\0isommp42") + b"\0" * 64, "not_a_photo"),
    ("avif.heic", lambda: box(b"ftyp", b"avif\0\0\0\0mif1avif") + b"\0" * 64, "not_a_photo"),
    ("script.heic", lambda: b"\0\0\0\x18ftyp<script>alert(1)</script>", "not_a_photo"),
    ("jpeg.heic", picture, "disguised"),
    ("heic.jpg", noise, "disguised"),
    ("heic.webp", noise, "disguised"),
    ("photo.heic.html", noise, "extension"),
    ("brand.heic", lambda: FTYP, "unreadable"),
    ("metaless.heic", lambda: FTYP + box(b"mdat", b"\0" * 40), "unreadable"),
    ("sizeless.heic", lambda: FTYP + box(b"meta", b"\0\0\0\0" + box(b"iprp", box(b"ipco"))), "unreadable"),
    ("endless.heic", lambda: FTYP + box(b"meta", b"\0" * 20, length=2**31), "unreadable"),
    ("backwards.heic", lambda: FTYP + box(b"meta", b"\0\0\0\0" + box(b"iprp", length=4)), "unreadable"),
    ("long.heic", lambda: FTYP + struct.pack(">I4sQ", 1, b"meta", 2**63), "unreadable"),
    ("many.heic", lambda: nested(1, box(b"free") * 9000), "unreadable"),
    ("nested.heic", lambda: nested(5000), "unreadable"),
    ("huge.heic", lambda: saying(noise(), 65_000, 65_000), "too_large"),
    ("overflow.heic", lambda: saying(noise(), 2**32 - 1, 2**32 - 1), "too_large"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "make", "code"), AT_THE_DOOR, ids=[one[0] for one in AT_THE_DOOR])
def test_refused_at_the_door(name, make, code):
    with pytest.raises(photos.BadPhoto) as refused:
        photos.inspect(name, make())
    assert refused.value.code == code


@pytest.mark.parametrize("side", [0, 8])
def test_a_container_that_says_less_than_it_holds_is_not_believed(side):
    data = heic(Image.new("RGB", (2048, 1024), "#808080"))
    said = heif_header.read(saying(data, side, side))
    assert (said.width, said.height) == (2048, 1024)


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.95])
def test_what_is_cut_is_refused(cut):
    data = noise()[: int(len(noise()) * cut)]
    with pytest.raises(photos.BadPhoto) as refused:
        made_of("cut.heic", data)
    assert refused.value.code == "unreadable"


def test_no_byte_changed_makes_a_failure_of_ours():
    """Every byte of the header in turn: a header, or one of our refusals."""
    data = heic(Image.new("RGB", (64, 48), "#c04030"))
    for at in range(data.index(b"mdat")):
        for flipped in (data[at] ^ 0xFF, 0, 0xFF):
            changed = data[:at] + bytes([flipped]) + data[at + 1 :]
            try:
                photos.inspect("a.heic", changed)
            except photos.BadPhoto as refused:
                assert refused.code in ("not_a_photo", "unreadable", "too_large", "disguised")


def test_one_of_a_phone_costs_little(tmp_path):
    data = heic(Image.new("RGB", (4032, 3024), "#808080"), enc_params={"preset": "ultrafast"})
    status, megabytes, seconds = cost("HEIF", data, tmp_path)
    assert status == 0
    assert megabytes < 300, f"{megabytes} MB"
    assert seconds < 6, f"{seconds} s of processor"
