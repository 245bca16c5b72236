"""Fields of the API's schemas: JSON types taken as they are, messages in the reader's language.

The schemas say shapes. What a value means, and whether it may be, is decided by the services that pages call too.
"""

import datetime as dt
import re
from decimal import Decimal, InvalidOperation
from typing import Any

import marshmallow as ma
from flask_babel import lazy_gettext as _l
from marshmallow import fields, validate

LARGEST = 2_147_483_647  # what an integer column holds

_MESSAGES = {
    "required": _l("Ce champ est obligatoire."),
    "null": _l("Ce champ ne peut pas être vide."),
    "validator_failed": _l("Cette valeur n’est pas permise."),
}


class Schema(ma.Schema):
    """A schema that refuses what it does not know."""

    error_messages = {"unknown": _l("Ce champ n’existe pas ici."), "type": _l("Un objet JSON est attendu.")}

    class Meta:
        unknown = ma.RAISE
        ordered = True


class _Field(fields.Field[Any]):
    default_error_messages = _MESSAGES


class Text(_Field, fields.String):
    default_error_messages = {"invalid": _l("Un texte est attendu."), "invalid_utf8": _l("Un texte est attendu.")}

    def __init__(self, longest: int = 4000, shortest: int = 0, **kwargs: Any):
        said = _l("Le texte est trop long ou trop court.")
        kwargs.setdefault("validate", validate.Length(shortest or None, longest, error=said))
        super().__init__(**kwargs)


class Code(_Field, fields.String):
    """One of `codes`."""

    default_error_messages = {"invalid": _l("Un texte est attendu.")}

    def __init__(self, codes: Any, **kwargs: Any):
        said = _l("Ce code n’est pas dans la liste.")
        super().__init__(validate=validate.OneOf(list(codes), error=said), **kwargs)


class Whole(_Field, fields.Integer):
    """A JSON integer; in an address, digits."""

    default_error_messages = {"invalid": _l("Un nombre entier est attendu.")}

    def __init__(self, least: int = 0, most: int = LARGEST, *, in_address: bool = False, **kwargs: Any):
        self.in_address = in_address
        said = _l("Ce nombre est hors limites.")
        super().__init__(validate=validate.Range(least, most, error=said), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if self.in_address:
            if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,10}", value):
                raise self.make_error("invalid")
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid")
        return value


class Number(_Field):
    """A finite JSON number, or the same written as a text; a Decimal in Python."""

    default_error_messages = {"invalid": _l("Un nombre est attendu."), "range": _l("Ce nombre est hors limites.")}
    WRITTEN = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")

    def __init__(self, *, above: Decimal | None = None, most: Decimal = Decimal("1e9"), **kwargs: Any):
        self.above, self.most = above, most
        kwargs.setdefault("metadata", {})
        written = {"type": "string", "pattern": "^[0-9]{1,12}(\\.[0-9]{1,9})?$"}
        counted: dict[str, Any] = {"type": "number", "maximum": float(most)}
        if above is not None:
            counted["exclusiveMinimum"] = float(above)
        else:
            counted["minimum"] = 0
        kwargs["metadata"] = {"anyOf": [counted, written], **kwargs["metadata"]}
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise self.make_error("invalid")
        if isinstance(value, str) and not self.WRITTEN.fullmatch(value):
            raise self.make_error("invalid")
        try:
            found = Decimal(value) if isinstance(value, str | int) else Decimal(repr(value))
        except InvalidOperation:
            raise self.make_error("invalid") from None
        low = found <= self.above if self.above is not None else found < 0
        if low or found > self.most:
            raise self.make_error("range")
        return found


class Flag(_Field, fields.Boolean):
    default_error_messages = {"invalid": _l("true ou false est attendu.")}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Day(_Field, fields.Date):
    """2027-03-03."""

    default_error_messages = {"invalid": _l("Une date est attendue, comme 2027-03-03.")}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dt.date:
        if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise self.make_error("invalid")
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            raise self.make_error("invalid") from None


class Moment(_Field, fields.AwareDateTime):
    """RFC 3339, with its zone."""

    default_error_messages = {
        "invalid": _l("Une heure RFC 3339 avec son fuseau est attendue."),
        "invalid_awareness": _l("Une heure RFC 3339 avec son fuseau est attendue."),
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dt.datetime:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        found = super()._deserialize(value, attr, data, **kwargs)
        try:
            return found.astimezone(dt.UTC)
        except (OverflowError, ValueError):  # in the first or the last hours that there are
            raise self.make_error("invalid") from None


class Many(_Field, fields.List):
    default_error_messages = {"invalid": _l("Une liste est attendue.")}

    def __init__(self, inner: Any, most: int = 500, least: int = 0, **kwargs: Any):
        said = _l("La liste est trop longue ou trop courte.")
        super().__init__(inner, validate=validate.Length(least or None, most, error=said), **kwargs)


class Within(_Field, fields.Nested):
    default_error_messages = {"type": _l("Un objet JSON est attendu.")}


class Described(_Field, fields.Raw):
    """Any JSON value, described by `metadata`; the service that reads it says what is wrong with it."""


def described(*types: str, **metadata: Any) -> Described:
    """A `Described` field of these JSON types."""
    given = [name for name in types if name != "null"]  # allow_none writes that one
    kind: Any = given if len(given) > 1 else given[0]
    return Described(allow_none="null" in types, metadata={"type": kind, **metadata})
