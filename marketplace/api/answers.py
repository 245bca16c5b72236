"""What endpoints answer with: plain JSON, written once, the same for a first answer and for one that is kept."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import Response


def plain(value: Any) -> Any:
    """`value` as JSON has it: sentences as text, days and times as ISO, decimals as text."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(v) for v in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def as_json(body: Any) -> str:
    """`body` as the text of an answer."""
    return json.dumps(plain(body), ensure_ascii=False)


def answer(body: Any, status: int = 200) -> Response:
    """An answer that nothing has to be remembered of; units of work have their own (`idempotency.Work.answer`)."""
    return Response(as_json(body), status=status, mimetype="application/json")
