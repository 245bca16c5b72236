"""Figures as people and tables write them. Pure."""

import re
from decimal import Decimal

LARGEST = Decimal(10_000_000)  # of one line of a sheet, in any of its units
_SPACES = re.compile(r"[\s\u00a0\u202f'’]")
_FIGURE = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,2})?|[+-]?\.\d{1,20}", re.ASCII)


def typed_quantity(text: str) -> Decimal:
    """What somebody typed as a quantity: « 12,5 », « 1 240 », « 0.5 », to the thousandth.

    Raises ValueError ('figure', 'negative', 'zero', 'large').
    """
    plain = _SPACES.sub("", text).replace(",", ".").replace("−", "-")
    if len(plain) > 24 or not _FIGURE.fullmatch(plain) or "e" in plain.lower():
        raise ValueError("figure")
    found = Decimal(plain)
    if found < 0:
        raise ValueError("negative")
    if found > LARGEST:
        raise ValueError("large")
    found = found.quantize(Decimal("0.001"))
    if not found:
        raise ValueError("zero")
    return found


def table_figure(value: str | float, decimal_comma: bool) -> Decimal | None:
    """A cell as a figure, None where it is none: « 1 234,5 », « 1,234.50 », « 12,3 kg », « 1.234,5 ».

    With both marks, the last is the decimal one; with one alone, `decimal_comma` says which is.
    """
    if not isinstance(value, str):
        return Decimal(repr(float(value)))
    text = _SPACES.sub("", value).replace("−", "-")
    text = re.sub(r"(?i)(k?g|t)(eq)?\.?(co2)?(e|eq)?$", "", text)
    comma, point = text.rfind(","), text.rfind(".")
    if comma >= 0 and point >= 0:
        grouping, mark = (".", ",") if comma > point else (",", ".")
    else:
        grouping, mark = (".", ",") if decimal_comma else (",", ".")
        if text.count(mark) > 1:  # « 1.234.567 »: it groups thousands after all
            grouping, mark = mark, grouping
        elif grouping in text and not re.fullmatch(rf"[+-]?\d{{1,3}}(?:{re.escape(grouping)}\d{{3}})+", text):
            grouping, mark = mark, grouping  # « 12.5 » in a table of commas: three digits would follow a group
    text = text.replace(grouping, "").replace(mark, ".")
    if len(text) > 40 or not _FIGURE.fullmatch(text):
        return None
    found = Decimal(text)
    return found if abs(found) < Decimal("1e12") else None
