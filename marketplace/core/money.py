"""Amounts are integer cents of EUR; these read them from what people type."""

import re
from decimal import Decimal

AMOUNT = re.compile(r"(\d{1,9})(?:[.,](\d{1,2}))?")


def parse_cents(text: str) -> int:
    """Cents of « 45 », « 45,5 » or « 1 200,00 € ». Raises ValueError for anything else, negative included."""
    cleaned = re.sub(r"[\s€]", "", text)
    match = AMOUNT.fullmatch(cleaned)
    if not match:
        raise ValueError(text)
    return int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))


def euros(cents: int) -> Decimal:
    """The amount in EUR, exact."""
    return Decimal(cents).scaleb(-2)
