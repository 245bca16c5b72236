"""The refusals that rules and services raise; `web/errors.py` and `api/errors.py` render them."""

from collections.abc import Mapping, Sequence
from typing import Any


class MarketplaceError(Exception):
    """A refusal with a sentence for the person who meets it."""

    status = 500

    def __init__(self, message: Any = "", **data: Any):
        super().__init__(message)
        self.message = message
        self.data = data


class Invalid(MarketplaceError):
    """What was sent cannot be taken; `errors` holds the sentences by field."""

    status = 422

    def __init__(self, errors: Mapping[str, Any] | None = None, message: Any = "", **data: Any):
        super().__init__(message, **data)
        self.errors: dict[str, Sequence[Any]] = {
            field: sentences if isinstance(sentences, list | tuple) else [sentences]
            for field, sentences in (errors or {}).items()
        }


class NotAllowed(MarketplaceError):
    """The person is known here, but this right is not theirs."""

    status = 403


class NotFound(MarketplaceError):
    """It does not exist, or not for this reader: both answer alike."""

    status = 404


class Conflict(MarketplaceError):
    """It was possible a moment ago; `data` says what is now."""

    status = 409


class Unavailable(MarketplaceError):
    """Something we depend on does not answer; trying again later may help."""

    status = 503
