"""Forms of what is traced of meals: what was eaten, recalls and their answers, head counts, a gift's value.

They keep what was typed and read it; the services decide what is right.
"""

from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, StringField, TextAreaField

from marketplace.accounts.forms import one_line
from marketplace.catalogue.forms_fields import chosen_from, day_field
from marketplace.core.errors import Invalid
from marketplace.exchanges.rules import read_quantity
from marketplace.meals import wording_traced as wording
from marketplace.meals.headcounts import Seated
from marketplace.meals.outcomes import LONGEST_WHY, PARTS, WASTED, Outcome
from marketplace.meals.recalls import LONGEST, LONGEST_NOTE
from marketplace.meals.reporting_eaten import Said

_NUMBER = {"inputmode": "decimal", "autocomplete": "off", "maxlength": 12}
_WHOLE = {"inputmode": "numeric", "autocomplete": "off", "maxlength": 6}


def _number(name: object) -> StringField:
    return StringField(name, filters=[one_line], render_kw=_NUMBER)


def _said(field: StringField, errors: dict[str, str]) -> Decimal | None:
    """The number typed, None for an empty box; an error by the field's name for what is no number."""
    if not field.data:
        return None
    value = read_quantity(field.data)
    if value is None:
        errors[field.short_name] = _("Écrivez un nombre : 12 ou 4,5.")
    return value


class EatenForm(FlaskForm):
    """What became of a meal. An empty box is none of it."""

    eaten = _number(wording.PARTS["eaten"])
    composted = _number(wording.PARTS["composted"])
    digested = _number(wording.PARTS["digested"])
    thrown = _number(wording.PARTS["thrown"])
    edible_percent = StringField(_l("Part qui s’en mange"), filters=[one_line], render_kw=_WHOLE)
    peelings = RadioField(
        _l("Les épluchures, noyaux et os sont"),
        choices=chosen_from((code, wording.PARTS[code]) for code in WASTED),
        default="thrown",
        validate_choice=False,
    )
    why = StringField(
        _l("Ce qui était faux"), filters=[one_line], render_kw={"maxlength": LONGEST_WHY, "autocomplete": "off"}
    )

    def read(self, *, everything: bool) -> Said:
        """What was said. `everything`: the button « tout a été mangé ». Raises Invalid by field."""
        errors: dict[str, str] = {}
        percent = _said(self.edible_percent, errors)
        if percent is not None and percent != int(percent):
            errors["edible_percent"] = _("Écrivez un nombre entier : 85.")
        parts = {} if everything else {name: _said(self[name], errors) or Decimal(0) for name in PARTS}
        if errors:
            raise Invalid(errors)
        edible = None if percent is None else int(percent)
        outcome = None if everything else Outcome(**parts, edible_percent=edible)
        return Said(outcome, edible, self.peelings.data or "thrown", self.why.data or "")


class RecallForm(FlaskForm):
    """Why a meal is called back, and what to do with it."""

    reason = TextAreaField(_l("Ce qui ne va pas"), render_kw={"maxlength": LONGEST, "rows": 3})
    what_to_do = TextAreaField(_l("Ce qu’il faut faire"), render_kw={"maxlength": LONGEST, "rows": 3})


class AnswerForm(FlaskForm):
    """What a receiver adds to its answer."""

    note = StringField(_l("Un mot au donateur"), filters=[one_line], render_kw={"maxlength": LONGEST_NOTE})


class HeadCountForm(FlaskForm):
    """One day's table."""

    day = day_field(_l("Jour de tournage"))
    people = StringField(_l("Personnes à table"), filters=[one_line], render_kw=_WHOLE)
    ordered = StringField(_l("Repas commandés"), filters=[one_line], render_kw=_WHOLE)

    def read(self) -> Seated:
        """Raises Invalid by field."""
        errors: dict[str, str] = {}
        people, ordered = _said(self.people, errors), _said(self.ordered, errors)
        for name, value in (("people", people), ("ordered", ordered)):
            if value is not None and value != int(value):
                errors[name] = _("Écrivez un nombre entier.")
        if errors:
            raise Invalid(errors)
        return Seated(self.day.data, None if people is None else int(people), None if ordered is None else int(ordered))


class ValueForm(FlaskForm):
    """What a gift of food cost its donor."""

    cost = StringField(_l("Coût de revient"), filters=[one_line], render_kw={**_NUMBER, "maxlength": 14})
    legal_form = StringField(
        _l("Forme juridique du donateur"), filters=[one_line], render_kw={"maxlength": 80, "autocomplete": "off"}
    )
    saleable = BooleanField(_l("Cela pouvait encore se vendre dans un commerce habituel"))
