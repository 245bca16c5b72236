"""Fields that several forms of collections are made of, and how a value is typed."""

from datetime import datetime
from typing import Any

from wtforms import StringField, TextAreaField

from marketplace.accounts.forms_organisations import line
from marketplace.reclaims import wording


def number_field(text: Any, **about: Any) -> StringField:
    return line(text, 20, inputmode="decimal", autocomplete="off", **about)


def day_field(text: Any) -> StringField:
    return line(text, 10, type="date", autocomplete="off")


def time_field(text: Any) -> StringField:
    return line(text, 5, type="time", autocomplete="off")


def words_field(text: Any, longest: int, rows: int = 3) -> TextAreaField:
    return TextAreaField(text, render_kw={"rows": rows, "maxlength": longest})


def typed(value: Any) -> str:
    """A number as one types it in the page's language."""
    if value is None:
        return ""
    text = str(value) if isinstance(value, int) else f"{value:f}"
    return text if wording.language() == "en" else text.replace(".", ",")


def typed_euros(cents: int | None) -> str:
    """« 240 » or « 240,50 »; nothing of none."""
    if cents is None:
        return ""
    return f"{cents // 100},{cents % 100:02d}" if cents % 100 else str(cents // 100)


def typed_moment(name: str, local: datetime) -> dict[str, str]:
    """A day and a time for the fields `name_on` and `name_time`."""
    return {f"{name}_on": local.date().isoformat(), f"{name}_time": f"{local:%H:%M}"}
