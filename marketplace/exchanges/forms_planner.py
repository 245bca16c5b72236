"""The form that takes some of a listing aside. It carries what was typed; `blocking.py` decides."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import Optional

from marketplace.core.errors import Invalid
from marketplace.exchanges.reading import day


class BlockForm(FlaskForm):
    """How much, from which day, until which (none: until it is given back), why."""

    quantity = StringField(_l("Quantité"))
    starts_on = StringField(_l("Du"), name="from")
    ends_on = StringField(_l("De nouveau libre le"), name="to", validators=[Optional()])
    note = StringField(_l("Motif"), validators=[Optional()])

    def span(self) -> tuple[date | None, date | None]:
        """The days typed. Raises `Invalid` by field for what is no day."""
        errors: dict[str, Any] = {}
        found: dict[str, date | None] = {"from": None, "to": None}
        for name, typed in (("from", self.starts_on.data), ("to", self.ends_on.data)):
            try:
                found[name] = day({name: typed}, name)
            except Invalid as refusal:
                errors |= refusal.errors
        if errors:
            raise Invalid(errors)
        return found["from"], found["to"]

    def show(self, errors: Mapping[str, Any]) -> None:
        """Put sentences beside their fields."""
        fields = {"quantity": self.quantity, "from": self.starts_on, "to": self.ends_on, "note": self.note}
        for name, sentences in errors.items():
            field = fields.get(name, self.quantity)
            field.errors = [*field.errors, *sentences]
