"""Where to go after signing in and the like: a path of ours, or nowhere."""

from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

LONGEST = 2000


def safe_path(text: str | None) -> str | None:
    """`text` when it is a path of this site (with its query), None for anything that could lead elsewhere.

    Refused: other schemes and hosts, `//x`, backslashes (browsers read them as slashes), control characters and
    spaces (browsers drop them), half characters.
    """
    if not text or len(text) > LONGEST or not text.startswith("/"):
        return None
    path = text.split("?", 1)[0].split("#", 1)[0]
    if "//" in path or "\\" in text:
        return None
    if any(ord(c) <= 32 or 127 <= ord(c) < 160 or c in "\u2028\u2029" or 0xD800 <= ord(c) < 0xE000 for c in text):
        return None
    return text


def page_behind(path: str, addresses: MapAdapter | None) -> str:
    """`path`, or the nearest page above it where `path` only takes forms: « /compte/lieu » leads to « /compte ».

    `addresses` is the application's map, bound. The home page where nothing above can be looked at.
    """
    if addresses is None:
        return "/"
    while path != "/" and not _can_be_read(path, addresses):
        path = path.rstrip("/").rpartition("/")[0] or "/"
    return path


def _can_be_read(path: str, addresses: MapAdapter) -> bool:
    try:
        addresses.match(path, method="GET")
    except HTTPException as refusal:
        return refusal.code is not None and refusal.code < 400  # a redirection of the map leads to a page
    return True
