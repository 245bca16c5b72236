"""Hostile and honest files: what is refused before any decoder runs, what is refused by it, and what comes out."""

import io
import json
import struct
import subprocess
import sys
import zlib

import pytest
from PIL import Image, ImageDraw, PngImagePlugin

from marketplace.catalogue import photos
from tests.catalogue.conftest import picture

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n%%EOF"
GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_saying(width: int, height: int, body: bytes = b"", depth: int = 8, colour: int = 2) -> bytes:
    """A PNG whose header says what it likes."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")


def jpeg_saying(width: int, height: int) -> bytes:
    """A JPEG whose frame header was changed."""
    data = bytearray(picture())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def webp_saying(width: int, height: int) -> bytes:
    """An extended WebP with a canvas as said and a small frame."""
    body = (
        b"VP8X"
        + struct.pack("<I", 10)
        + b"\0\0\0\0"
        + (width - 1).to_bytes(3, "little")
        + (height - 1).to_bytes(3, "little")
    )
    body += picture("WEBP")[12:]
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def corrupted(data: bytes) -> bytes:
    return data[:60] + bytes(byte ^ 0x5A for byte in data[60:-4]) + data[-4:]


NOISE = io.BytesIO()
Image.effect_noise((400, 300), 90).convert("RGB").save(NOISE, "JPEG")
BIG_JPEG = NOISE.getvalue()
NOISE = io.BytesIO()
Image.effect_noise((200, 200), 90).convert("RGB").save(NOISE, "WEBP", lossless=True)
BIG_WEBP = NOISE.getvalue()

# name, bytes, refused as; `inspect` refuses it without a decoder
AT_THE_DOOR = [
    ("empty.jpg", b"", "empty"),
    ("heavy.jpg", picture() + b"\0" * 15 * 1024 * 1024, "too_heavy"),
    ("noname", picture(), "extension"),
    ("photo.svg", SVG, "extension"),
    ("photo.pdf", PDF, "extension"),
    ("photo.html", b"<html>", "extension"),
    ("photo.gif", GIF, "extension"),
    ("photo.jpg.exe", picture(), "extension"),
    ("photo.php\0.jpg.php", picture(), "extension"),
    ("svg.jpg", SVG, "not_a_photo"),
    ("svg.png", SVG, "not_a_photo"),
    ("pdf.jpg", PDF, "not_a_photo"),
    ("html.webp", b"<!doctype html><script>alert(1)</script>", "not_a_photo"),
    ("gif.png", GIF, "not_a_photo"),
    ("bmp.jpg", picture("BMP"), "not_a_photo"),
    ("tiff.jpg", picture("TIFF"), "not_a_photo"),
    ("zip.webp", b"PK\x03\x04" + b"\0" * 64, "not_a_photo"),
    ("wave.webp", b"RIFF\x24\0\0\0WAVEfmt ", "not_a_photo"),
    ("eps.jpg", b"%!PS-Adobe-3.0 EPSF-3.0", "not_a_photo"),
    ("space.jpg", b" " + picture(), "not_a_photo"),
    ("png.jpg", picture("PNG"), "disguised"),
    ("jpeg.png", picture("JPEG"), "disguised"),
    ("webp.jpeg", picture("WEBP"), "disguised"),
    ("signature.jpg", b"\xff\xd8\xff", "unreadable"),
    ("signature.png", b"\x89PNG\r\n\x1a\n", "unreadable"),
    ("signature.webp", b"RIFF\0\0\0\0WEBP", "unreadable"),
    ("chunkless.webp", b"RIFF\x10\0\0\0WEBPJUNK\0\0\0\0", "unreadable"),
    ("headless.png", b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT", b"x" * 20), "unreadable"),
    ("zero.png", png_saying(0, 10), "unreadable"),
    ("zero.jpg", jpeg_saying(0, 10), "unreadable"),
    ("segments.jpg", b"\xff\xd8" + b"\xff\xe1\x00\x02" * 4000 + b"\xff\xd9", "unreadable"),
    ("loop.jpg", b"\xff\xd8\xff\xe1\x00\x00" + b"\0" * 100, "unreadable"),
    ("huge.png", png_saying(65_000, 65_000), "too_large"),
    ("max.png", png_saying(2**31 - 1, 2**31 - 1), "too_large"),
    ("huge.jpg", jpeg_saying(65_000, 65_000), "too_large"),
    ("huge.webp", webp_saying(16_777_216, 16_777_216), "too_large"),
    ("justover.png", png_saying(10_000, 5_001), "too_large"),
    ("large.webp", webp_saying(5_000, 4_000), "too_large"),
]  # fmt: skip

# what only a decoder can tell
INSIDE = [
    ("half.jpg", half(BIG_JPEG)),
    ("half.png", half(picture("PNG", (300, 300), mode="RGB"))),
    ("half.webp", half(picture("WEBP", (300, 300), quality=100))),
    ("liar.png", png_saying(5000, 5000, b"\0" * 100)),
    ("corrupt.webp", corrupted(BIG_WEBP)),
    ("depth.png", png_saying(10, 10, b"\0" * 500, depth=3)),
    ("colour.png", png_saying(10, 10, b"\0" * 500, colour=9)),
    ("frame.webp", webp_saying(3_000, 3_000)[:40]),
    ("sos.jpg", BIG_JPEG[: BIG_JPEG.index(b"\xff\xda")] + b"\xff\xd9"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "code"), AT_THE_DOOR, ids=[one[0] for one in AT_THE_DOOR])
def test_refused_at_the_door(name, data, code):
    with pytest.raises(photos.BadPhoto) as refused:
        photos.inspect(name, data)
    assert refused.value.code == code


@pytest.mark.parametrize(("name", "data"), INSIDE, ids=[one[0] for one in INSIDE])
def test_refused_by_the_decoder(name, data):
    with pytest.raises(photos.BadPhoto) as refused:
        photos.make_sizes(photos.inspect(name, data).format, data)
    assert refused.value.code == "unreadable"


def opened(made: photos.Made, size: int = 1600, extension: str = "webp") -> Image.Image:
    image = Image.open(io.BytesIO(made.files[size, extension]))
    image.load()
    return image


def made_of(name: str, data: bytes) -> photos.Made:
    return photos.make_sizes(photos.inspect(name, data).format, data)


def test_three_sizes_in_two_formats_never_larger_than_the_original():
    made = made_of("a.jpg", picture(size=(2400, 1200)))
    assert {key: opened(made, *key).size for key in made.files} == {
        (1600, "webp"): (1600, 800), (1600, "jpg"): (1600, 800), (800, "webp"): (800, 400), (800, "jpg"): (800, 400),
        (320, "webp"): (320, 160), (320, "jpg"): (320, 160),
    }  # fmt: skip
    assert (made.width, made.height) == (1600, 800)
    small = made_of("a.png", picture("PNG", (50, 40)))
    assert opened(small, 1600, "jpg").size == opened(small, 320).size == (50, 40)


def near(colour, wanted) -> bool:
    return all(abs(a - b) < 16 for a, b in zip(colour, wanted, strict=False))


MODES = [
    ("L", "PNG", 128, {}, (128, 128, 128)),
    ("1", "PNG", 1, {}, (255, 255, 255)),
    ("P", "PNG", 0, {}, (0, 0, 0)),
    ("LA", "PNG", (0, 0), {}, (255, 255, 255)),
    ("RGBA", "PNG", (200, 30, 30, 0), {}, (255, 255, 255)),
    ("RGBA", "WEBP", (0, 0, 0, 255), {"lossless": True}, (0, 0, 0)),
    ("I;16", "PNG", 0x8000, {}, (128, 128, 128)),
    ("CMYK", "JPEG", (0, 255, 255, 0), {}, (255, 0, 0)),
    ("L", "JPEG", 200, {}, (200, 200, 200)),
    ("RGB", "JPEG", (10, 200, 30), {"progressive": True}, (10, 200, 30)),
]


@pytest.mark.parametrize(("mode", "format_", "colour", "options", "wanted"), MODES)
def test_every_mode_becomes_what_one_sees(mode, format_, colour, options, wanted):
    data = picture(format_, (40, 30), colour, mode=mode, **options)
    made = made_of(f"a.{format_.lower().replace('jpeg', 'jpg')}", data)
    assert opened(made).mode == opened(made, 800, "jpg").mode == "RGB"
    assert near(opened(made).getpixel((20, 15)), wanted)
    assert len(made.colour) == 7


@pytest.mark.parametrize("format_", ["WEBP", "PNG"])
def test_of_an_animation_the_first_frame_stays(format_):
    frames = [Image.new("RGB", (60, 40), colour) for colour in ("#ff0000", "#0000ff", "#00ff00")]
    data = io.BytesIO()
    frames[0].save(data, format_, save_all=True, append_images=frames[1:], duration=100)
    made = made_of(f"a.{format_.lower()}", data.getvalue())
    for key in made.files:
        image = opened(made, *key)
        assert getattr(image, "n_frames", 1) == 1
        assert near(image.getpixel((5, 5)), (255, 0, 0))


def corner_marked() -> Image.Image:
    """Wide, with a red corner at the top left as it should be seen."""
    image = Image.new("RGB", (120, 80), "white")
    ImageDraw.Draw(image).rectangle((0, 0, 39, 39), fill="#ff0000")
    return image


TURNS = {
    1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}  # fmt: skip


@pytest.mark.parametrize("orientation", TURNS)
def test_the_orientation_is_applied(orientation):
    stored = corner_marked() if TURNS[orientation] is None else corner_marked().transpose(TURNS[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = io.BytesIO()
    stored.save(data, "JPEG", exif=exif, quality=95)
    made = made_of("a.jpg", data.getvalue())
    assert (made.width, made.height) == (120, 80)
    for key in made.files:
        assert near(opened(made, *key).convert("RGB").getpixel((12, 12)), (255, 0, 0))
        assert near(opened(made, *key).convert("RGB").getpixel((100, 60)), (255, 255, 255))


def with_everything(format_: str) -> bytes:
    """A picture with GPS, XMP, a comment, a profile, a thumbnail's worth of EXIF and bytes behind its end."""
    exif = Image.Exif()
    exif[0x010E] = "SECRET description"
    exif[0x0110] = "SECRET phone"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (45.0, 46.0, 18.0)
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() + b"SECRET"
    options: dict = {"exif": exif, "icc_profile": profile}
    if format_ == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("Comment", "SECRET note")
        info.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>SECRET</x:xmpmeta>")
        options["pnginfo"] = info
    else:
        options["xmp"] = b"<x:xmpmeta>SECRET</x:xmpmeta>"
    if format_ == "JPEG":
        options["comment"] = b"SECRET comment"
    return picture(format_, (200, 150), **options) + b"<script>SECRET</script>PK\x03\x04"


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_nothing_of_the_original_s_metadata_or_tail_is_served(format_):
    data = with_everything(format_)
    assert b"SECRET" in data
    made = made_of(f"a.{format_.lower()}", data)
    for key, content in made.files.items():
        assert b"SECRET" not in content and b"xmpmeta" not in content and b"Exif" not in content
        image = opened(made, *key)
        assert not image.getexif()
        assert not {"exif", "xmp", "icc_profile", "comment", "XML:com.adobe.xmp"} & set(image.info)
        end = b"\xff\xd9" if key[1] == "jpg" else b""
        assert content.endswith(end)
        if key[1] == "webp":
            assert len(content) == struct.unpack("<I", content[4:8])[0] + 8


def test_an_odd_or_broken_profile_costs_nothing():
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    made = made_of("a.jpg", picture("JPEG", (40, 30), "#208040", icc_profile=profile))
    assert near(opened(made).getpixel((5, 5)), (0x20, 0x80, 0x40))
    made = made_of("a.jpg", picture("JPEG", (40, 30), "#208040", icc_profile=b"not a profile at all" * 10))
    assert near(opened(made).getpixel((5, 5)), (0x20, 0x80, 0x40))


# Peak memory is asked of a small process of its own: a child starts with its parent's peak.
MEASURE = """
import os, subprocess, sys
p = subprocess.Popen([sys.executable, "-I", *sys.argv[1:]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(p.pid, 0)
print(status, usage.ru_maxrss // 1024, usage.ru_utime + usage.ru_stime)
"""


def cost(format_: str, data: bytes, folder) -> tuple[int, int, float]:
    """(exit status, MB at most, seconds of processor) of decoding."""
    (folder / "in").write_bytes(data)
    wanted = {"format": format_, "folder": str(folder), "turn": 0, "crop": None}
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(photos.PROCESS), json.dumps(wanted)],
        capture_output=True,
        text=True,
        check=True,
    )
    status, megabytes, seconds = done.stdout.split()
    return int(status), int(megabytes), float(seconds)


BOMBS = {
    "flat PNG of 49 megapixels": ("PNG", lambda: picture("PNG", (7000, 7000), "#808080")),
    "flat PNG with alpha": ("PNG", lambda: picture("PNG", (7000, 7000), (1, 2, 3, 4), mode="RGBA")),
    "progressive JPEG of 43 megapixels": (
        "JPEG",
        lambda: picture("JPEG", (6600, 6600), progressive=True, subsampling=0),
    ),
    "lossless WebP of 16 megapixels": (
        "WEBP",
        lambda: picture("WEBP", (3990, 3990), (1, 2, 3, 4), mode="RGBA", lossless=True),
    ),
    "PNG that unpacks to far more than it says": ("PNG", lambda: png_saying(8, 8, b"\0" * 200_000_000)),
    "PNG text that unpacks without end": (
        "PNG",
        lambda: png_saying(8, 8)[:33] + chunk(b"zTXt", b"a\0\0" + zlib.compress(b"a" * 10**8)) + png_saying(8, 8)[33:],
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_little(name, tmp_path):
    format_, make = BOMBS[name]
    data = make()
    photos.inspect(f"a.{format_.lower()}", data)  # it passes the door: what counts is what it costs behind it
    _status, megabytes, seconds = cost(format_, data, tmp_path)
    assert megabytes < 300, f"{megabytes} MB"
    assert seconds < 2.5, f"{seconds} s of processor"


@pytest.mark.parametrize("data", [png_saying(65_000, 65_000), jpeg_saying(65_000, 65_000)], ids=["png", "jpeg"])
def test_the_decoder_refuses_by_itself_what_the_door_let_through(data, tmp_path):
    status, megabytes, seconds = cost("PNG" if data[:1] == b"\x89" else "JPEG", data, tmp_path)
    assert status != 0 and megabytes < 100 and seconds < 1
