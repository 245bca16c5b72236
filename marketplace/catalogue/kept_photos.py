"""Photos that came with a form which was refused: each stands in the form as a signed word, so that nobody has to send
it again. Files that nobody claims are swept after a day."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer

KEPT_SECONDS = 20 * 3600


def words_for(form: str, whose: Sequence[Any], keys: Iterable[str]) -> list[str]:
    """A word for each stored file, that only the same kind of `form` reads, and only for `whose` it was (the thing it
    is about, who sent it)."""
    return [_signer(form).dumps([*whose, key]) for key in keys]


def keys_of(form: str, whose: Sequence[Any], words: Iterable[str], most: int) -> list[str]:
    """The files that the first `most` words stand for; words that are old, altered or of another form are left out."""
    found = []
    for word in list(words)[:most]:
        try:
            *before, key = _signer(form).loads(word, max_age=KEPT_SECONDS)
        except (BadSignature, ValueError, TypeError):
            continue
        if before == list(whose):
            found.append(key)
    return list(dict.fromkeys(found))


def _signer(form: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt=form)
