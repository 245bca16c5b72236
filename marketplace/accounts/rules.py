"""What makes a password too easy (OWASP ASVS 5.0, 6.2), and what a browser calls itself. Plain values only."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from itertools import pairwise

SHORTEST = 12
LONGEST = 128
LONGEST_TYPED = 4 * LONGEST  # NFC makes one character of four at most
LONGEST_TERM = 300  # characters of a name or an address that are looked at

# why a password is refused; the wording is in passwords.py
TOO_SHORT, TOO_LONG, COMMON, PATTERN, OWN = "too_short", "too_long", "common", "pattern", "own"

_LEET = str.maketrans("@4031!$57|", "aaoeiisstl")
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz", "1234567890", "0123456789",
    "azertyuiop", "qsdfghjklm", "wxcvbn",
    "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop",
    # slanting columns of the keys, as fingers walk down them
    "1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm",
    "1aqw", "2zsx", "3edc", "4rfv", "5tgb", "6yhn", "&azer", "1aq", "2zs",
)  # fmt: skip
_NEIGHBOURS = frozenset(pair for row in _ROWS for one, two in pairwise(row) for pair in (one + two, two + one))
_MOSTLY = 0.75  # share of neighbouring keys from which a password is a walk over the keyboard
_DECORATION = 6  # characters put around a word that add nothing to it


def normalise(password: str) -> str:
    """One form for one password, whatever the keyboard that composed its accents (NFC).

    A text that no composing makes short enough stays as it is: composing a long row of accents takes time in the
    square of its length.
    """
    return unicodedata.normalize("NFC", password) if len(password) <= LONGEST_TYPED else password


def fold(text: str) -> str:
    """Lower case without accents: the form of the lists."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def weakness(password: str, common: Collection[str], own: Iterable[str] = ()) -> str | None:
    """Why `password` is refused, None when it is not.

    `common` holds folded entries; `own` what belongs to the person or the product (name, address, organisations).
    """
    password = normalise(password)
    if len(password) < SHORTEST:
        return TOO_SHORT
    if len(password) > LONGEST:
        return TOO_LONG
    folded = fold(password)
    if _is_own(folded, own):
        return OWN
    if _is_common(folded, common) or _is_common(folded.translate(_LEET), common):
        return COMMON
    if _is_pattern(folded):
        return PATTERN
    return None


def _is_common(form: str, common: Collection[str]) -> bool:
    unit = _unit(form)
    for text in {form, unit}:
        if text in common or _squeezed(text) in common:
            return True
        core, around = _core(text)
        if not core or not _adds_nothing(around):
            continue
        for word in (core, core.translate(_LEET)):
            if word in common or _squeezed(word) in common or _unit(word) in common:
                return True
    return False


def _squeezed(text: str) -> str:
    return "".join(c for c in text if c.isalnum())


def _core(text: str) -> tuple[str, str]:
    """The word inside digits and punctuation, and what stood around it."""
    match = re.search(r"[^\W\d_](?:.*[^\W\d_])?", text, re.DOTALL)
    if match is None:
        return "", text
    return match.group(), text[: match.start()] + text[match.end() :]


def _adds_nothing(around: str) -> bool:
    return len(around) <= _DECORATION or _is_pattern(around)


def _unit(text: str) -> str:
    """The shortest text that `text` repeats: « abab » → « ab »; itself when it repeats nothing."""
    length = (text + text).find(text, 1)
    return text[:length] if 0 < length < len(text) else text


def _is_pattern(text: str) -> bool:
    if len(set(text)) < 5 or len(_unit(text)) < min(8, len(text)):
        return True
    pairs = [one + two for one, two in pairwise(text)]
    walked = sum(1 for pair in pairs if pair[0] == pair[1] or pair in _NEIGHBOURS)
    return walked >= _MOSTLY * len(pairs)


def _is_own(folded: str, own: Iterable[str]) -> bool:
    plain = _squeezed(folded)
    unlettered = _squeezed(folded.translate(_LEET))
    for term in own:
        bare = _squeezed(fold(term))
        if len(bare) < 4:
            continue
        for form in (plain, unlettered):
            # taken out, fewer than four letters are left: the rest was decoration
            if bare in form and sum(c.isalpha() for c in form.replace(bare, "")) < 4:
                return True
    return False


# what a User-Agent holds → what people call it; the first that is found, since most pretend to be others too
_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)  # fmt: skip


def browser_name(agent: str) -> str:
    """« Firefox, Linux » from a User-Agent, empty when it says nothing known."""
    found = (next((name for mark, name in marks if mark in agent), "") for marks in (_BROWSERS, _SYSTEMS))
    return ", ".join(filter(None, found))
