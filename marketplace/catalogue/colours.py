"""The main colours of a picture, by the names of a listing's own vocabulary.

Each point goes to the name whose samples lie nearest to it in CIELAB, where distances are those one sees. Points count
more the nearer they are to the centre, and less when they look like the edge all around: that is the wall or the floor
the thing was photographed on.
"""

from collections.abc import Sequence
from functools import cache
from math import exp
from statistics import median

Rgb = tuple[int, int, int]
Lab = tuple[float, float, float]

# what people call so, light and dark; gold, silver and 'several colours' are not seen in single points
SAMPLES: dict[str, tuple[str, ...]] = {
    "white": ("#ffffff", "#f4f4f2", "#e6e6e4", "#eceff2", "#f6f2ea"),
    "grey": ("#bdbdbd", "#999999", "#777777", "#5a5a5a", "#8a929a", "#6c747c", "#a39e98"),
    "black": ("#000000", "#141414", "#262626", "#1c1a18", "#181b20"),
    "beige": ("#efe3c8", "#e3d3b0", "#d6c29c", "#cdb999", "#e8dcc6"),
    "brown": ("#6b4423", "#8b5a2b", "#5a3a22", "#4a2f1b", "#a0703c", "#7a5a3c", "#b4845a", "#3c2a1e"),
    "yellow": ("#ffe600", "#f5d033", "#e6c229", "#fff27a", "#d9b400"),
    "orange": ("#ff8c00", "#f0741e", "#e65c00", "#ffa64d", "#d96a1a"),
    "red": ("#d91e18", "#b3121d", "#8c1420", "#e63c3c", "#c0392b", "#6e1018"),
    "pink": ("#ffb6c1", "#f48fb1", "#e75480", "#f7cfd8", "#d81b60", "#d9a0a8"),
    "purple": ("#7b2fa0", "#5b2a86", "#9b59b6", "#b39ddb", "#4a1f5c", "#8e4585"),
    "blue": ("#1e56c8", "#10108a", "#2b4f88", "#14305f", "#4a90d9", "#8ec5f0", "#0f2040", "#5f87a8", "#3fb8c8"),
    "green": ("#2e8b3d", "#1b5a3b", "#4caf50", "#8bc34a", "#6b7a2a", "#183a22", "#7fa88a", "#1f8a7a", "#a8d8a0"),
}  # fmt: skip
MOST = 3
LEAST_SHARE = 0.15  # of the weighed points, for a name to be a main colour
LIKE_THE_EDGE = 12.0  # distance under which a point looks like the edge
GROUND = 0.03  # what such a point still counts
EDGE_SHARE = 0.6  # of the edge that must look alike, for it to be a ground
WIDTH = 0.3  # of the weight around the centre, in sides of the picture


def lab(colour: Rgb) -> Lab:
    """An sRGB colour in CIELAB (D65)."""
    red, green, blue = (_linear(part) for part in colour)
    x = (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047
    y = 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue
    z = (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883
    x, y, z = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, y, z))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _linear(part: int) -> float:
    share = part / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


@cache
def _samples() -> list[tuple[str, Lab]]:
    return [(name, lab(_rgb(text))) for name, texts in SAMPLES.items() for text in texts]


def _rgb(text: str) -> Rgb:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def _apart(one: Lab, other: Lab) -> float:
    """Squared distance. Lightness counts half: shadow and light fall on one and the same thing."""
    return 0.5 * (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 + (one[2] - other[2]) ** 2


def name_of(colour: Rgb) -> str:
    """The key of the vocabulary that one would call this colour."""
    seen = lab(colour)
    return min(_samples(), key=lambda sample: _apart(seen, sample[1]))[0]


def main_colours(pixels: Sequence[Rgb]) -> tuple[str, ...]:
    """Up to three keys, the widest first, of a square picture given row by row (48 × 48 is plenty)."""
    side = int(len(pixels) ** 0.5)
    if side == 0 or side * side != len(pixels):
        raise ValueError("not a square picture")
    rough = [(red & 0xF8 | 4, green & 0xF8 | 4, blue & 0xF8 | 4) for red, green, blue in pixels]
    names: dict[Rgb, tuple[str, Lab]] = {colour: (name_of(colour), lab(colour)) for colour in set(rough)}
    ground = _ground([names[rough[at]][1] for at in _edge(side)])
    weights: dict[str, float] = {}
    middle = (side - 1) / 2
    for at, colour in enumerate(rough):
        down, across = divmod(at, side)
        away = ((down - middle) ** 2 + (across - middle) ** 2) / (WIDTH * side) ** 2
        weight = exp(-away / 2)
        name, seen = names[colour]
        if ground is not None and _apart(seen, ground) < LIKE_THE_EDGE**2:
            weight *= GROUND
        weights[name] = weights.get(name, 0.0) + weight
    total = sum(weights.values())
    widest = sorted(weights.items(), key=lambda pair: -pair[1])
    return tuple(name for name, weight in widest[:MOST] if weight >= LEAST_SHARE * total)


def together(photos: Sequence[Sequence[str]]) -> list[str]:
    """Up to three colours of a thing seen on several photos: those the first photos show widest come first."""
    weights: dict[str, float] = {}
    for place, names in enumerate(photos):
        for rank, name in enumerate(names):
            weights[name] = weights.get(name, 0.0) + 1 / (1 + place) / (1 + rank)
    return sorted(weights, key=lambda name: -weights[name])[:MOST]


def _edge(side: int) -> list[int]:
    last = side - 1
    return [at for at in range(side * side) if at // side in (0, last) or at % side in (0, last)]


def _ground(edge: Sequence[Lab]) -> Lab | None:
    """The colour all around, when there is one."""
    middle = (median(one[0] for one in edge), median(one[1] for one in edge), median(one[2] for one in edge))
    alike = sum(1 for one in edge if _apart(one, middle) < LIKE_THE_EDGE**2)
    return middle if alike >= EDGE_SHARE * len(edge) else None
