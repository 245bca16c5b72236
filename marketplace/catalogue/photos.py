"""Pictures: what may come in, and the sizes that are made of it.

A picture is looked at twice. `inspect` reads the first bytes with our own code, in the request: format, width, height,
no decoder. `make_sizes` then decodes in a process of its own (`photo_process.py`), with bounds on memory and time, so
that a hostile file costs at most that process.

Limits: 15 MB, 50 million pixels (WebP 16, progressive JPEG 44, HEIC 24 where it has transparency or more than 8 bits),
JPEG, PNG, WebP and HEIC, first image only. Nothing of the original's metadata is kept.
"""

import json
import struct
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marketplace.catalogue import colours, fingerprints, heif_header

MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 50_000_000
# These decode whole in memory, several bytes a pixel: measured at 275 and 280 MB for so many pixels.
MAX_PIXELS_WEBP = 16_000_000
MAX_PIXELS_PROGRESSIVE = 44_000_000
MAX_PIXELS_HEIF_RICH = 24_000_000  # with transparency, or more than 8 bits a colour
SIZES = (1600, 800, 320)
WALL_SECONDS = 60
PROCESS = Path(__file__).with_name("photo_process.py")
EXTENSIONS = {
    "jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "heic": "HEIF", "heif": "HEIF", "hif": "HEIF",
}  # fmt: skip
ACCEPT = "image/jpeg,image/png,image/webp,image/heic,image/heif,.heic,.heif"  # some systems know HEIC by its name only
TYPES = {"webp": "image/webp", "jpg": "image/jpeg"}


class BadPhoto(ValueError):
    """A file that is no picture we take; `code` says why (`sentences` in uploads.py word it)."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Header:
    """What the first bytes say."""

    format: str  # JPEG, PNG, WEBP, HEIF
    width: int
    height: int


@dataclass(frozen=True)
class Made:
    """The sizes of a picture: files by (longest side, extension), and what is known of the largest. `base` is the
    whole picture as a clean JPEG at most 2,400 px long, neither turned nor cropped by anybody."""

    files: dict[tuple[int, str], bytes]
    base: bytes
    width: int
    height: int
    colour: str  # the dominant one, #rrggbb
    colours: tuple[str, ...]  # keys of the vocabulary, the widest first
    fingerprint: str | None


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
    found = look(data)
    if EXTENSIONS[extension] != found.format:
        raise BadPhoto("disguised")
    return found


def look(data: bytes) -> Header:
    """What the first bytes say, whatever the file is called. Raises `BadPhoto` as `inspect`."""
    if data.startswith(b"\xff\xd8\xff"):
        found, size = "JPEG", _jpeg_size
    elif data.startswith(b"\x89PNG\r\n\x1a\n"):
        found, size = "PNG", _png_size
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        found, size = "WEBP", _webp_size
    elif heif_header.is_heif(data):
        found, size = "HEIF", _heif_size
    else:
        raise BadPhoto("not_a_photo")
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


def _heif_size(data: bytes) -> tuple[int, int, int]:
    said = heif_header.read(data)
    return said.width, said.height, MAX_PIXELS_HEIF_RICH if said.rich else MAX_PIXELS


def make_sizes(format_: str, data: bytes, turn: int = 0, crop: Sequence[int] | None = None) -> Made:
    """The sizes of a picture that `look` let through, made in a process of its own (0.5 to 2 s for 12 megapixels).

    `turn`: degrees clockwise, by quarters. `crop`: left, top, width and height in thousandths of the turned picture.
    Raises `BadPhoto('unreadable')` when it cannot be decoded whole within the bounds.
    """
    with tempfile.TemporaryDirectory(prefix="photo-") as folder:
        Path(folder, "in").write_bytes(data)
        wanted = json.dumps({"format": format_, "folder": folder, "turn": turn, "crop": list(crop) if crop else None})
        try:
            done = subprocess.run(  # noqa: S603 our own file, with arguments of our own
                [sys.executable, "-I", str(PROCESS), wanted],
                capture_output=True,
                timeout=WALL_SECONDS,
                check=False,
                env={},
            )
        except subprocess.TimeoutExpired:
            raise BadPhoto("unreadable") from None
        if done.returncode != 0:
            raise BadPhoto("unreadable")
        return gathered(Path(folder), json.loads(done.stdout))


def gathered(folder: Path, said: dict[str, Any]) -> Made:
    """What the process left in `folder` and `said`, with what is measured on it."""
    files = {(size, extension): (folder / f"{size}.{extension}").read_bytes() for size in SIZES for extension in TYPES}
    tones, greys = bytes.fromhex(said["tones"]), bytes.fromhex(said["greys"])
    pixels = [(tones[at], tones[at + 1], tones[at + 2]) for at in range(0, len(tones), 3)]
    return Made(
        files,
        (folder / "base.jpg").read_bytes(),
        said["width"],
        said["height"],
        said["colour"],
        colours.main_colours(pixels),
        fingerprints.fingerprint(greys),
    )
