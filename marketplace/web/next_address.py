"""Where to go after signing in and the like: a path of ours, or nowhere."""

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
