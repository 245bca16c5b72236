"""How a day is written out: « 3 mars », « 1er mars 2027 », « 3 March »."""

from datetime import date

from babel.dates import format_date
from flask_babel import get_locale

DAY = "d MMMM"
DAY_OF_YEAR = "d MMMM y"


def written(day: date, pattern: str, language: str) -> str:
    """`day` by a pattern of CLDR, in 'fr' or 'en'. The first of a month is an ordinal in French, which no pattern says.
    Pure."""
    text = format_date(day, pattern, locale=language)
    return text.replace("1 ", "1er ", 1) if language == "fr" and day.day == 1 else text


def said(day: date, pattern: str = DAY) -> str:
    """`written` in the language of whoever reads, French outside of a request."""
    locale = get_locale()
    return written(day, pattern, "en" if locale is not None and locale.language == "en" else "fr")
