"""Forms of what people add to the ledger by hand: hook-ups, upkeep, ends of life.

They keep what was typed; the services decide what is right.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from marketplace.accounts.forms import one_line
from marketplace.carbon import upkeeping
from marketplace.catalogue import taxonomy
from marketplace.catalogue.forms_fields import day_field
from marketplace.catalogue.reading import Wrong, number
from marketplace.web.labels import choices, labels

_TYPED = {"inputmode": "decimal", "autocomplete": "off", "maxlength": 20}


def read_number(field: StringField) -> Decimal | None:
    """The number typed; None for an empty box. The sentence of a wrong one stands beside the field."""
    try:
        return number(field.data or "")
    except Wrong as wrong:
        field.errors = [*field.errors, str(wrong)]
        return None


class IsNumber:
    """A number as it is written in French, or nothing."""

    def __call__(self, form: FlaskForm, field: StringField) -> None:
        try:
            number(field.data or "")
        except Wrong as wrong:
            raise ValidationError(str(wrong)) from None


def number_field(text: Any, *more: Any) -> StringField:
    return StringField(text, filters=[one_line], validators=[IsNumber(), *more], render_kw=_TYPED)


def _vehicles() -> list[SelectChoice]:
    return [SelectChoice("", _("Aucun")), *choices("vehicle", taxonomy.vehicles())]


class HookUpForm(FlaskForm):
    """One day's power at one place."""

    used_on = day_field(_l("Jour"))
    place = StringField(_l("Lieu"), filters=[one_line], validators=[Length(max=160)], render_kw={"maxlength": 160})
    kwh = number_field(_l("Électricité consommée"), InputRequired(_l("Indiquez les kilowattheures.")))
    metered = BooleanField(_l("Lue sur un compteur"), default=True)
    solution = RadioField(_l("D’où venait le courant"), validate_choice=False, default="en.electricity_fr")
    plan_reference = StringField(
        _l("Où le plan du tournage prévoyait un groupe électrogène"),
        filters=[one_line],
        validators=[Length(max=300, message=_l("300 caractères au plus."))],
        render_kw={"maxlength": 300},
    )
    supplier = SelectField(_l("Qui a prêté l’alimentation"), validate_choice=False)
    vehicle = SelectField(_l("Véhicule venu la poser"), validate_choice=False)
    travel_km = number_field(_l("Sa distance, aller"))

    def offer(self, suppliers: Iterable[tuple[str, str]]) -> None:
        self.solution.choices = list(labels("power_solution").items())
        self.vehicle.choices = _vehicles()
        self.supplier.choices = [
            SelectChoice("", _("La production elle-même, ou quelqu’un qui n’est pas ici")),
            *(SelectChoice(public_id, name) for public_id, name in suppliers),
        ]


class UpkeepForm(FlaskForm):
    """One thing that was done."""

    work = SelectField(_l("Ce qui a été fait"), validate_choice=False)
    amount = number_field(_l("Quantité"))
    volume_m3 = number_field(_l("Volume stocké"))
    months = number_field(_l("Durée"))
    line = SelectField(_l("Pour"), validate_choice=False)

    def offer(self, lines: Iterable[tuple[str, str]]) -> None:
        self.work.choices = [SelectChoice("", _("Choisissez")), *choices("upkeep", upkeeping.WORK)]
        self.line.choices = [
            SelectChoice("", _("Tout l’échange")),
            *(SelectChoice(public_id, title) for public_id, title in lines),
        ]


class SharesForm(FlaskForm):
    """The giver's part, in percent; the receiver has the rest."""

    giver_percent = number_field(_l("Part de qui donne ou loue"))

    def whole(self) -> int | None:
        """None for what is no whole number."""
        value = read_number(self.giver_percent)
        return int(value) if value is not None and value == value.to_integral_value() and value < 1000 else None


class EndForm(FlaskForm):
    """What became of it."""

    route = RadioField(_l("Elle est partie"), validate_choice=False)
    on = day_field(_l("Le"))
    weighed = BooleanField(_l("Elle a été pesée ce jour-là"))

    def offer(self, routes: Iterable[str]) -> None:
        self.route.choices = list(choices("final_route", routes))
