"""What a few words make one expect of a thing: its category, then a mass and a volume, all said to be guesses."""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from marketplace.catalogue import taxonomy
from marketplace.core.text import fold

_NOT_WORD = re.compile(r"[^a-z0-9]+")
_ASIDE = re.compile(r"\([^)]*\)")
_LITTLE = frozenset({"de", "du", "des", "la", "le", "les", "l", "d", "en", "a", "au", "et", "un", "une", "pour"})
_LONGEST = 4  # words of a term
_SMALLEST, _LARGEST = Decimal("0.05"), Decimal(20)  # a size typed against the usual one: beyond, it is another thing


def _stems(text: str) -> tuple[str, ...]:
    words = _NOT_WORD.sub(" ", fold(text)).split()
    return tuple(word[:-1] if len(word) > 3 and word[-1] in "sx" else word for word in words if word not in _LITTLE)


@lru_cache(maxsize=1)
def _terms() -> dict[tuple[str, ...], str]:
    """Words that name a category, by their stems; those of a finer category give way to the main one's."""
    known = taxonomy.categories()
    found: dict[tuple[str, ...], str] = {}
    for key, category in known.items():
        for name in (category.name_fr, category.name_en):
            found.setdefault(_stems(_ASIDE.sub("", name)), key)
    for key, terms in taxonomy.synonyms().items():
        if key in known:
            found.update({_stems(term): key for term in terms})
    found.pop((), None)
    return found


@lru_cache(maxsize=4096)
def category_of(title: str) -> str | None:
    """The category that a title names: by its longest term, the first where several are as long; None for none.

    « feuilles de décor 3x2 m » is a flat_panel, « chaise bistrot » a chair.
    """
    words, terms = _stems(title), _terms()
    for length in range(min(_LONGEST, len(words)), 0, -1):
        for start in range(len(words) - length + 1):
            key = terms.get(words[start : start + length])
            if key is not None:
                return key
    return None


def mass_of(category_key: str | None, unit: str, size_cm: Sequence[int] = ()) -> int | None:
    """Grams that one unit of such a thing usually weighs: as its category says, larger or smaller as its two long sides
    are. None where the category counts in another unit and no size leads from one to the other."""
    category = taxonomy.categories().get(category_key or "")
    if unit == "kg":
        return 1000
    if category is None or category.mass_grams is None or category.unit is None:
        return None
    sides = sorted(size_cm, reverse=True)[:2]
    if category.unit == unit:
        usual = _usual_sides(category)
        if unit != "piece" or len(sides) < 2 or len(usual) < 2:
            return category.mass_grams
        ratio = Decimal(sides[0] * sides[1]) / (usual[0] * usual[1])
        if not _SMALLEST <= ratio <= _LARGEST:
            return category.mass_grams
        return max(1, _whole(category.mass_grams * ratio))
    if category.unit == "m2" and len(sides) == 2:
        return max(1, _whole(Decimal(category.mass_grams) * sides[0] * sides[1] / 10_000))
    if category.unit == "m" and sides:
        return max(1, _whole(Decimal(category.mass_grams) * sides[0] / 100))
    return None


def volume_of(category_key: str | None, unit: str, quantity: Decimal, size_cm: Sequence[int] = ()) -> int | None:
    """Litres that a line takes up in a truck: the boxes around its things, as they were typed or as they usually are.
    None where nothing says."""
    category = taxonomy.categories().get(category_key or "")
    usual = _usual_sides(category) if category is not None and category.unit in ("piece", "lot") else []
    sides = sorted(size_cm, reverse=True)
    if len(sides) == 2 and usual[2:]:
        sides.append(usual[2])
    if unit not in ("piece", "lot") or (len(sides) < 3 and len(usual) < 3):
        return None
    box = sides if len(sides) == 3 else usual
    return max(1, _whole(quantity * box[0] * box[1] * box[2] / 1000))


def _usual_sides(category: taxonomy.Category) -> list[int]:
    sides = (category.length_cm, category.width_cm, category.height_cm)
    return sorted((side for side in sides if side), reverse=True)


def _whole(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_HALF_UP))
