"""The ledger entry as one text, and its seal. Pure.

Form 1: a JSON object, keys sorted, no spaces, UTF-8, decimals as texts. It holds no personal data: parties are named by
their public identifiers, which say nothing once the party is gone. A later form gets a new number; old texts stay as
they are and are checked by the form they name.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

FORM = 1
FIRST = "0" * 64  # the hash before the first entry


def canonical_text(body: Mapping[str, Any]) -> str:
    """The text that is sealed: the same body always gives the same bytes."""
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def seal(text: str) -> str:
    """SHA-256 of the text, in hexadecimal. The text names the hash before it, which makes the chain."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def grouped(digest: str) -> str:
    """« 4be1 07a9 c23d … »: easier to compare by eye."""
    return " ".join(digest[i : i + 4] for i in range(0, len(digest), 4))
