"""Kinds of fields that the form of a listing is made of, beside those of WTForms."""

from collections.abc import Iterable
from typing import Any

from wtforms import Field, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

from marketplace.catalogue.lending import COEFFICIENTS
from marketplace.web.labels import choices as pairs

MATERIAL_ROWS = 4


def chosen_from(rows: Iterable[tuple[str, object]]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in rows]


def choices(kind: str, codes: Iterable[str] | None = None) -> list[SelectChoice]:
    """The codes of a kind, with their wording."""
    return chosen_from(pairs(kind, codes))


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
