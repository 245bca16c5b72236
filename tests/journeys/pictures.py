"""Photos as they come out of phones: large, turned on their side, with the place where they were taken."""

import random
from fractions import Fraction
from pathlib import Path

from PIL import Image, ImageDraw

ORIENTATION, GPS = 0x0112, 0x8825
# name, width, height, colour
SHOTS = (
    ("debout.jpg", 3000, 2000, (180, 120, 60)),  # held upright: the file lies on its side and EXIF says so
    ("large.jpg", 2400, 1600, (90, 110, 140)),
    ("dessin.png", 800, 600, (200, 200, 190)),
    ("detail.webp", 1600, 1200, (60, 90, 70)),
    ("petite.jpg", 640, 480, (150, 60, 50)),
)


def five_photos(folder: Path) -> list[Path]:
    """Five files in the three formats; the first one is turned by EXIF and says where it was taken."""
    found = []
    for number, (name, width, height, colour) in enumerate(SHOTS):
        picture = Image.new("RGB", (width, height), colour)
        draw, chance = ImageDraw.Draw(picture), random.Random(number)
        for _shape in range(40):
            x, y = chance.randrange(width), chance.randrange(height)
            tone = tuple(chance.randrange(256) for _ in range(3))
            draw.rectangle((x, y, x + width // 8, y + height // 8), fill=tone)
        path = folder / name
        if number == 0:
            exif = Image.Exif()
            exif[ORIENTATION] = 6
            exif.get_ifd(GPS).update({1: "N", 2: _degrees(45, 46, 18), 3: "E", 4: _degrees(4, 53, 25)})
            picture.save(path, exif=exif, quality=85)
        else:
            picture.save(path, quality=85)
        found.append(path)
    return found


def _degrees(*parts: int) -> tuple[Fraction, ...]:
    return tuple(Fraction(part) for part in parts)
