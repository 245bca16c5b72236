"""Reading what programs send: JSON once, strictly, and each fault named in the reader's language."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import marshmallow as ma
from flask import Request, request
from flask_babel import gettext as _
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType

from marketplace.api.errors import Malformed
from marketplace.core.errors import Invalid

DEEPEST = 32
LONGEST_NUMBER = 40  # digits; Python would spend seconds on a number of a million


def check_text(text: str) -> None:
    """Refuse what no database keeps: NUL and halves of surrogate pairs. Raises `Malformed`."""
    if "\x00" in text:
        raise Malformed(_("Le texte contient un caractère nul."))
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Malformed(_("Le texte contient une moitié de caractère (surrogate).")) from None


def refuse_unreadable_address() -> None:
    """Before any endpoint: NUL and the like in the path or the query."""
    for part in (request.path, *request.args.keys(), *(v for vs in request.args.listvalues() for v in vs)):
        check_text(part)


def read_json(data: bytes) -> Any:
    """`data` as JSON. Raises `Malformed` for what is broken, ambiguous, too deep or beyond numbers and characters."""
    try:
        value = json.loads(
            data.decode("utf-8"),
            parse_int=_whole,
            parse_float=_real,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except (RecursionError, MemoryError):
        raise Malformed(_("Ce JSON est imbriqué trop profondément.")) from None
    except ValueError:
        raise Malformed(_("Ce n’est pas du JSON en UTF-8.")) from None
    _check(value)
    return value


def _whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise Malformed(_("Un nombre est trop long."))
    return int(text)


def _real(text: str) -> float:
    value = float(text) if len(text) <= 2 * LONGEST_NUMBER else float("inf")
    if value in (float("inf"), float("-inf")):
        raise Malformed(_("Un nombre est trop long."))
    return value


def _constant(text: str) -> float:
    raise Malformed(_("NaN et Infinity ne sont pas du JSON."))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Malformed(_("Un champ est donné deux fois."))
    return found


def _check(value: Any) -> None:
    waiting: list[tuple[Any, int]] = [(value, 0)]
    while waiting:
        item, depth = waiting.pop()
        if depth > DEEPEST:
            raise Malformed(_("Ce JSON est imbriqué trop profondément."))
        if isinstance(item, str):
            check_text(item)
        elif isinstance(item, dict):
            for name, inner in item.items():
                check_text(name)
                waiting.append((inner, depth + 1))
        elif isinstance(item, list):
            waiting.extend((inner, depth + 1) for inner in item)


def flat(messages: Any, where: str = "") -> Iterator[tuple[str, list[str]]]:
    """Marshmallow's nested messages as (dotted field, sentences)."""
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            own = "" if name == "_schema" else str(name)
            yield from flat(inner, ".".join(part for part in (where, own) if part))
    else:
        sentences = messages if isinstance(messages, list) else [messages]
        yield where or "body", [str(s) for s in sentences]


class Parser(FlaskParser):
    """Webargs with our JSON, our refusals, and nothing ignored: an unknown field is a slip of the caller's."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"json": ma.RAISE, "query": ma.RAISE}

    def load_json(self, req: Request, schema: ma.Schema) -> Any:
        if not req.is_json:
            raise UnsupportedMediaType
        value = read_json(req.get_data(cache=True))
        if not isinstance(value, dict):
            raise Invalid({"body": _("Un objet JSON est attendu.")})
        return value

    def load_querystring(self, req: Request, schema: ma.Schema) -> Any:
        twice = {
            name: _("Ce paramètre est donné plusieurs fois.")
            for name, values in req.args.lists()
            if len(values) > 1 and not _is_list(schema, name)
        }
        if twice:
            raise Invalid(twice)
        return super().load_querystring(req, schema)

    def handle_error(self, error: ma.ValidationError, req: Any, schema: Any, **more: Any) -> Any:
        found: dict[str, list[str]] = {}
        for location in error.normalized_messages().values():
            for name, sentences in flat(location):
                found.setdefault(name, []).extend(sentences)
        raise Invalid(found) from error


def _is_list(schema: ma.Schema, name: str) -> bool:
    for field_name, field in schema.fields.items():
        if (field.data_key or field_name) == name:
            return isinstance(field, ma.fields.List)
    return False
