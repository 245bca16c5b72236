"""Kinds of fields that the form of a listing is made of, beside those of WTForms."""

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateField, Field, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from marketplace.catalogue.lending import COEFFICIENTS
from marketplace.web.labels import choices as pairs

MATERIAL_ROWS = 4
WRITE_DAY = _l("Écrivez le jour, par exemple 12/11/2026.")


def chosen_from(rows: Iterable[tuple[str, object]]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in rows]


def choices(kind: str, codes: Iterable[str] | None = None) -> list[SelectChoice]:
    """The codes of a kind, with their wording."""
    return chosen_from(pairs(kind, codes))


class DayField(DateField):
    """A day, as browsers send it or as it is written in French."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(str(WRITE_DAY)) from None


def day_field(text: Any) -> DayField:
    """A day that must be given."""
    return DayField(text, format=["%Y-%m-%d", "%d/%m/%Y"], validators=[InputRequired(WRITE_DAY)])


class Several(SelectMultipleField):
    """Boxes to tick, shown as chips."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class Materials(Field):
    """Rows of `material` and `share`; `data` is a list of (key, share as typed)."""

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors: list[str] = []
        if formdata is not None and "material" in formdata:
            pairs = zip(formdata.getlist("material"), formdata.getlist("share"), strict=False)
            self.data = [(key, share) for key, share in pairs if key or share][:20]
        else:
            self.data = list(data) if isinstance(data, list) else []

    def rows(self) -> list[tuple[str, str]]:
        """What was typed, and room for one more."""
        return [*self.data, *[("", "")] * max(1, MATERIAL_ROWS - len(self.data))]


class Weeks(Field):
    """Four boxes called `coefficient`, the percents of four weeks; `data` is what they hold, as typed."""

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors: list[str] = []
        if formdata is not None and "coefficient" in formdata:
            given = formdata.getlist("coefficient")[: len(COEFFICIENTS)]
        else:
            given = [str(percent) for percent in (data if isinstance(data, list) else COEFFICIENTS)]
        self.data = [*given, *[""] * (len(COEFFICIENTS) - len(given))]
