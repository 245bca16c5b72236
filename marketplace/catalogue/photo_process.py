"""The process that decodes one picture: the only place with Pillow. It imports nothing of the product and knows its own
bounds. Its argument is JSON: {"format", "folder", "turn", "crop"}; `photos.make_sizes` says what they mean.

It reads `in` in the folder, writes the sizes and `base.jpg` there, and says on its output what it saw: width, height,
mean colour, and two small pictures in hexadecimal, 48 × 48 colours (`tones`) and 32 × 32 greys (`greys`).
"""

import io
import json
import resource
import sys
import warnings
from pathlib import Path
from typing import Any

SIZES = (1600, 800, 320)
BASE = 2400
MAX_PIXELS = 50_000_000
MEMORY_BYTES = 640 * 1024 * 1024  # address space: code and libraries count too
CPU_SECONDS = 20
TONES = 48
GREYS = 32


def decode_and_write(
    format_: str, folder: Path, turn: int = 0, crop: list[int] | None = None, bounded: bool = False
) -> dict[str, Any]:
    """All the work; for pictures that are ours the bounds may stay away."""
    if bounded:
        _bound()
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # Pillow only warns up to twice this: the warning is an error below
    data = (folder / "in").read_bytes()
    flat = _from_heif(data) if format_ == "HEIF" else _from_pillow(format_, data)
    flat.save(folder / "base.jpg", "JPEG", quality=90, subsampling=0, optimize=True)
    if turn:
        flat = flat.transpose(
            {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}[turn]
        )
    if crop:
        flat = flat.crop(_box(crop, flat.size))
    largest = None
    for size in SIZES:  # a cascade: each from the last
        flat.thumbnail((size, size), Image.Resampling.LANCZOS)
        flat.info = {}
        largest = largest or flat.size
        flat.save(folder / f"{size}.webp", "WEBP", quality=80, method=4)
        flat.save(folder / f"{size}.jpg", "JPEG", quality=82, optimize=True, progressive=True)
    assert largest is not None  # noqa: S101 for the type checker: the loop has run
    tones = flat.resize((TONES, TONES), Image.Resampling.BOX)
    greys = flat.convert("L").resize((GREYS, GREYS), Image.Resampling.BOX)
    mean: Any = flat.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    return {
        "width": largest[0],
        "height": largest[1],
        "colour": "#{:02x}{:02x}{:02x}".format(*mean),
        "tones": tones.tobytes().hex(),
        "greys": greys.tobytes().hex(),
    }


def _box(crop: list[int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """`crop`, in thousandths, as pixels of a picture of `size`: at least one, never beyond the edges."""
    left, top = (min(side - 1, at * side // 1000) for at, side in zip(crop[:2], size, strict=True))
    right = min(size[0], max(left + 1, round((crop[0] + crop[2]) * size[0] / 1000)))
    bottom = min(size[1], max(top + 1, round((crop[1] + crop[3]) * size[1] / 1000)))
    return left, top, right, bottom


def _from_pillow(format_: str, data: bytes) -> Any:
    """The picture in its upright position, at most `BASE` long, as sRGB on white."""
    from PIL import Image

    image: Any
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image = Image.open(io.BytesIO(data), formats=[format_])
        if image.width * image.height > MAX_PIXELS:
            raise ValueError("too large")
        orientation = image.getexif().get(0x0112, 1)
        profile = image.info.get("icc_profile")
    image.draft("RGB", (SIZES[0], SIZES[0]))  # a JPEG is decoded at 1/2, 1/4 or 1/8 where that is enough
    image.load()
    flat = _flattened(image)
    image.close()
    flat.thumbnail((BASE, BASE), Image.Resampling.LANCZOS)
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
    flat = flat if turned is None else flat.transpose(turned)
    flat.info = {}
    return flat


def _from_heif(data: bytes) -> Any:
    """The same of a HEIC. Its orientation is a property of the container, which the decoder has applied: what EXIF says
    about it must be left alone."""
    import pillow_heif
    from PIL import Image

    options = pillow_heif.options
    options.DECODE_THREADS = 1
    options.THUMBNAILS = options.DEPTH_IMAGES = options.AUX_IMAGES = False
    held = pillow_heif.HeifFile(io.BytesIO(data), convert_hdr_to_8bit=True, remove_stride=False)
    image = held[held.primary_index]
    if image.size[0] * image.size[1] > MAX_PIXELS:
        raise ValueError("too large")
    flat = _flattened(_Rows(image))
    profile: Any = image.info.get("icc_profile")
    del image, held
    flat.thumbnail((BASE, BASE), Image.Resampling.LANCZOS)
    flat = _in_srgb(flat, profile)
    flat.info = {}
    return flat


class _Rows:
    """Strips of a decoded HEIC, each a picture of its own: a copy of the whole would double the memory."""

    def __init__(self, image: Any):
        self._data = image.data  # decodes; the size is only sure after it
        self._mode, self._stride = image.mode, image.stride
        self.size = image.size

    def crop(self, box: tuple[int, int, int, int]) -> Any:
        from PIL import Image

        _left, top, width, bottom = box
        rows = self._data[top * self._stride : bottom * self._stride]
        return Image.frombytes(self._mode, (width, bottom - top), bytes(rows), "raw", self._mode, self._stride)


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
    if strip.mode in ("RGBA", "RGBa", "LA", "PA") or "transparency" in strip.info:
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


def _bound() -> None:
    for kind, bound in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 64 * 1024 * 1024),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (bound, bound))


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    print(json.dumps(decode_and_write(asked["format"], Path(asked["folder"]), asked["turn"], asked["crop"], True)))
