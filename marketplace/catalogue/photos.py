"""Pictures: what may come in, and the sizes that are made of it. The only place with Pillow.

A picture is looked at twice. `inspect` reads the first bytes with our own code, in the request: format, width, height,
no decoder. `make_sizes` then decodes in a process of its own, with bounds on memory and time, so that a hostile file
costs at most that process. Run as a script, this file is that process: it must import nothing of the product.

Limits: 15 MB, 50 million pixels (WebP 16, progressive JPEG 44), JPEG, PNG and WebP, first frame only. Nothing of the
original's metadata is kept.
"""

import io
import json
import resource
import struct
import subprocess
import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 50_000_000
# These decode whole in memory, several bytes a pixel: measured at 275 and 280 MB for so many pixels.
MAX_PIXELS_WEBP = 16_000_000
MAX_PIXELS_PROGRESSIVE = 44_000_000
SIZES = (1600, 800, 320)
MEMORY_BYTES = 640 * 1024 * 1024  # address space of the decoding process: code and libraries count too
CPU_SECONDS = 20
WALL_SECONDS = 60
EXTENSIONS = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "webp": "WEBP"}
TYPES = {"webp": "image/webp", "jpg": "image/jpeg"}


class BadPhoto(ValueError):
    """A file that is no picture we take; `code` says why (`sentences` in uploads.py word it)."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Header:
    """What the first bytes say."""

    format: str  # JPEG, PNG, WEBP
    width: int
    height: int


@dataclass(frozen=True)
class Made:
    """The sizes of a picture: files by (longest side, extension), and what is known of the largest."""

    files: dict[tuple[int, str], bytes]
    width: int
    height: int
    colour: str  # the dominant one, #rrggbb


def inspect(filename: str, data: bytes) -> Header:
    """Format and dimensions, from the name and the first bytes alone.

    Raises `BadPhoto`: 'empty', 'too_heavy', 'extension', 'not_a_photo' (unknown signature), 'disguised' (the name says
    another format than the bytes), 'unreadable' (broken header), 'too_large'.
    """
    if not data:
        raise BadPhoto("empty")
    if len(data) > MAX_BYTES:
        raise BadPhoto("too_heavy")
    extension = filename.rsplit(".", 1)[-1].lower() if "." in filename else ""
    if extension not in EXTENSIONS:
        raise BadPhoto("extension")
    if data.startswith(b"\xff\xd8\xff"):
        found, size = "JPEG", _jpeg_size
    elif data.startswith(b"\x89PNG\r\n\x1a\n"):
        found, size = "PNG", _png_size
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        found, size = "WEBP", _webp_size
    else:
        raise BadPhoto("not_a_photo")
    if EXTENSIONS[extension] != found:
        raise BadPhoto("disguised")
    try:
        width, height, most = size(data)
    except (struct.error, IndexError, ValueError):
        raise BadPhoto("unreadable") from None
    if width < 1 or height < 1:
        raise BadPhoto("unreadable")
    if width * height > most:
        raise BadPhoto("too_large")
    return Header(found, width, height)


def _png_size(data: bytes) -> tuple[int, int, int]:
    """Width, height, and how many pixels are allowed; so do the two below."""
    length, kind, width, height = struct.unpack(">I4sII", data[8:24])
    if kind != b"IHDR" or length != 13:
        raise ValueError
    return width, height, MAX_PIXELS


def _jpeg_size(data: bytes) -> tuple[int, int, int]:
    """The frame header's, found by walking the segments before it."""
    at = 2
    for _segment in range(2000):
        while data[at] == 0xFF and data[at + 1] == 0xFF:  # padding
            at += 1
        marker, kind = data[at], data[at + 1]
        if marker != 0xFF:
            raise ValueError
        if kind in (0x01, *range(0xD0, 0xD8)):  # without length
            at += 2
            continue
        (length,) = struct.unpack(">H", data[at + 2 : at + 4])
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height, MAX_PIXELS_PROGRESSIVE if kind in (0xC2, 0xC6, 0xCA, 0xCE) else MAX_PIXELS
        if kind in (0xD9, 0xDA) or length < 2:
            raise ValueError
        at += 2 + length
    raise ValueError


def _webp_size(data: bytes) -> tuple[int, int, int]:
    chunk = data[12:16]
    if chunk == b"VP8X":
        width, height = (1 + int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
        if len(data) < 30:
            raise ValueError
        return width, height, MAX_PIXELS_WEBP
    if chunk == b"VP8L":
        if data[20] != 0x2F:
            raise ValueError
        (bits,) = struct.unpack("<I", data[21:25])
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), MAX_PIXELS_WEBP
    if chunk == b"VP8 ":
        if data[23:26] != b"\x9d\x01\x2a":
            raise ValueError
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF, MAX_PIXELS_WEBP
    raise ValueError


def make_sizes(format_: str, data: bytes) -> Made:
    """The sizes of a picture that `inspect` let through, made in a process of its own (0.3 to 2 s for 12 megapixels).

    Raises `BadPhoto('unreadable')` when it cannot be decoded whole within the bounds.
    """
    with tempfile.TemporaryDirectory(prefix="photo-") as folder:
        Path(folder, "in").write_bytes(data)
        try:
            done = subprocess.run(  # noqa: S603 our own file, with arguments of our own
                [sys.executable, "-I", str(Path(__file__).resolve()), format_, folder],
                capture_output=True,
                timeout=WALL_SECONDS,
                check=False,
                env={},
            )
        except subprocess.TimeoutExpired:
            raise BadPhoto("unreadable") from None
        if done.returncode != 0:
            raise BadPhoto("unreadable")
        said = json.loads(done.stdout)
        files = {
            (size, extension): Path(folder, f"{size}.{extension}").read_bytes() for size in SIZES for extension in TYPES
        }
    return Made(files, said["width"], said["height"], said["colour"])


# ── from here on: inside the process of its own ──


def _decode_and_write(format_: str, folder: Path) -> dict[str, Any]:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # Pillow only warns up to twice this: the warning is an error below
    image: Any
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image = Image.open(io.BytesIO((folder / "in").read_bytes()), formats=[format_])
        if image.width * image.height > MAX_PIXELS:
            raise ValueError("too large")
        orientation = image.getexif().get(0x0112, 1)
        profile = image.info.get("icc_profile")
    image.draft("RGB", (SIZES[0], SIZES[0]))  # a JPEG is decoded at 1/2, 1/4 or 1/8 where that is enough
    image.load()
    flat = _flattened(image)
    image.close()
    flat = _in_srgb(flat, profile)
    turned = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(orientation)
    largest = None
    for size in SIZES:  # a cascade: each from the last
        flat.thumbnail((size, size), Image.Resampling.LANCZOS)
        if size == SIZES[0] and turned is not None:
            flat = flat.transpose(turned)
        flat.info = {}
        largest = largest or flat.size
        flat.save(folder / f"{size}.webp", "WEBP", quality=80, method=4)
        flat.save(folder / f"{size}.jpg", "JPEG", quality=82, optimize=True, progressive=True)
    mean: Any = ImageOps.fit(flat, (1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert largest is not None  # noqa: S101 for the type checker: the loop has run
    return {"width": largest[0], "height": largest[1], "colour": "#{:02x}{:02x}{:02x}".format(*mean)}


def _flattened(image: Any) -> Any:
    """`image` as RGB on white, halved or more while it stays above the largest size: strip by strip, because a whole
    copy of 50 megapixels in another mode would double the memory."""
    from PIL import Image

    step = max(1, max(image.size) // (2 * SIZES[0]))
    width, height = image.size
    flat = Image.new("RGB", (-(-width // step), -(-height // step)))
    rows = max(step, 256 // step * step)
    for top in range(0, height, rows):
        strip = _on_white(image.crop((0, top, width, min(height, top + rows))))
        flat.paste(strip.reduce(step) if step > 1 else strip, (0, top // step))
    return flat


def _on_white(strip: Any) -> Any:
    from PIL import Image

    if strip.mode.startswith("I;16") or strip.mode == "I":  # 16 bits of grey: the high eight
        strip = strip.convert("I").point(lambda value: value / 256).convert("L")
    if strip.mode == "RGB":
        return strip
    if strip.mode in ("RGBA", "LA", "PA") or "transparency" in strip.info:
        strip = strip.convert("RGBA")
        white = Image.new("RGBA", strip.size, "white")
        white.alpha_composite(strip)
        return white.convert("RGB")
    return strip.convert("RGB")


def _in_srgb(flat: Any, profile: bytes | None) -> Any:
    """Colours as sRGB, so that they stay right without their profile (phones write Display P3)."""
    if not profile or len(profile) > 100_000:
        return flat
    try:
        from PIL import ImageCms

        known = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if known.profile.xcolor_space.strip() != "RGB":
            return flat
        return ImageCms.profileToProfile(flat, known, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except Exception:
        return flat  # a broken profile costs its colours, not the picture


def _bounded() -> None:
    for kind, bound in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 64 * 1024 * 1024),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (bound, bound))


def _main(arguments: list[str]) -> str:
    _bounded()
    return json.dumps(_decode_and_write(arguments[0], Path(arguments[1])))


if __name__ == "__main__":
    print(_main(sys.argv[1:]))
