"""Materials, colours, periods and styles by their keys: what is written or typed, brought to one value."""

from functools import cache, lru_cache

from marketplace.catalogue import taxonomy
from marketplace.catalogue.fields import COLOURS
from marketplace.core.text import fold, index_text
from marketplace.search import lexicon

KINDS = ("material", "colour", "period", "style")
LONGEST = 40


@cache
def known(kind: str) -> tuple[str, ...]:
    """The keys of a kind that have a name."""
    if kind == "material":
        return tuple(taxonomy.materials())
    return COLOURS if kind == "colour" else lexicon.keys(kind)


@lru_cache(maxsize=10_000)
def key_of(kind: str, text: str) -> str | None:
    """The key that a text means: itself, or what the lexicon says for it (« années 70 » → `1970s`); None otherwise."""
    text = text.strip()
    return text if text in known(kind) else _meanings(kind).get(index_text(text))


def value_of(kind: str, text: str | None) -> str | None:
    """A period or a style as it is filtered by: its key, else what was written, folded; None for nothing."""
    if not text or not text.strip():
        return None
    return key_of(kind, text) or " ".join(fold(text).split())[:LONGEST]


@cache
def _meanings(kind: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key in known(kind):
        names = list(lexicon.terms(f"{kind}:{key}"))
        if kind == "material":
            names += [taxonomy.materials()[key].name_fr, taxonomy.materials()[key].name_en]
        for name in (key, *names):
            if words := index_text(name):
                found.setdefault(words, key)
    return found
