"""Forms of the activity sheet. They keep what was typed; the services decide what is right."""

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, StringField

from marketplace.accounts.forms import one_line
from marketplace.catalogue.forms_fields import chosen_from, day_field
from marketplace.core.errors import Invalid
from marketplace.footprint import wording
from marketplace.footprint.figures import typed_quantity
from marketplace.footprint.kinds import BOXES, KINDS, UNITS, of_section
from marketplace.footprint.links import DAYS, ROLES, USUAL_DAYS
from marketplace.footprint.sheets import LONGEST_WORDS, Draft

ROWS = 3  # of purchases, at once
_NUMBER = {"inputmode": "decimal", "autocomplete": "off", "maxlength": 20}
_WORDS = {"maxlength": LONGEST_WORDS, "autocomplete": "off"}
CHOOSE = ("", _l("Choisir"))


def _quantity_field(text: Any) -> StringField:
    return StringField(text, filters=[one_line], render_kw=_NUMBER)


def _words_field(text: Any) -> StringField:
    return StringField(text, filters=[one_line], render_kw=_WORDS)


def _read(text: str | None, field: str, errors: dict[str, Any]) -> Any:
    try:
        return typed_quantity(text or "")
    except ValueError as wrong:
        errors[field] = wording.wrong_quantity(str(wrong))
        return None


class DayForm(FlaskForm):
    """A day: a box `q_<kind>` for each kind of the sections with boxes, then rows of purchases."""

    day = day_field(_l("Jour de tournage"))
    version = HiddenField(filters=[one_line])  # of this form, so that one sent twice is written once

    def boxes(self, section: str) -> list[tuple[Any, str]]:
        """(field, unit) of a section."""
        return [(self[f"q_{kind.key}"], wording.unit(kind.units[0])) for kind in of_section(section)]

    def rows(self) -> list[dict[str, Any]]:
        return [{part: self[f"row{n}_{part}"] for part in ("kind", "quantity", "unit", "words")} for n in range(ROWS)]

    def opened(self, section: str) -> bool:
        """Whether something was typed in a section, so that it comes back open."""
        if section == "purchases":
            return any(row[part].data for row in self.rows() for part in ("kind", "quantity", "words"))
        return bool(self[f"words_{section}"].data) or any(field.data for field, _unit in self.boxes(section))

    def drafts(self) -> list[Draft]:
        """What was typed, as lines. Raises `Invalid` by field."""
        errors: dict[str, Any] = {}
        found: list[Draft] = []
        for section in BOXES:
            words = self[f"words_{section}"].data or ""
            filled = [kind for kind in of_section(section) if self[f"q_{kind.key}"].data]
            if words and not filled:
                errors[f"words_{section}"] = _("Cette précision n’a pas de quantité : remplissez une case au-dessus.")
            for kind in filled:
                name = f"q_{kind.key}"
                quantity = _read(self[name].data, name, errors)
                if quantity is not None:
                    found.append(Draft(kind.key, quantity, kind.units[0], words, name))
        for n, row in enumerate(self.rows()):
            if not any(row[part].data for part in ("kind", "quantity", "words")):
                continue
            if not row["kind"].data:
                errors[f"row{n}_kind"] = _("Choisissez de quoi il s’agit dans la liste.")
            quantity = _read(row["quantity"].data, f"row{n}_quantity", errors)
            if quantity is not None and row["kind"].data:
                kind_key, unit = row["kind"].data, row["unit"].data or "eur"
                found.append(Draft(kind_key, quantity, unit, row["words"].data or "", f"row{n}_kind"))
        if errors:
            raise Invalid(errors)
        return found


for _section in BOXES:
    for _kind in of_section(_section):
        setattr(DayForm, f"q_{_kind.key}", _quantity_field(wording.KINDS[_kind.key]))
    setattr(DayForm, f"words_{_section}", _words_field(_l("Précision")))
for _n in range(ROWS):
    _choices = [CHOOSE, *((kind.key, wording.KINDS[kind.key]) for kind in of_section("purchases"))]
    setattr(DayForm, f"row{_n}_kind", SelectField(_l("Quoi"), choices=chosen_from(_choices), validate_choice=False))
    setattr(DayForm, f"row{_n}_quantity", _quantity_field(_l("Combien")))
    _units = [("eur", wording.UNITS["eur"]), ("kg", wording.UNITS["kg"])]
    setattr(DayForm, f"row{_n}_unit", SelectField(_l("Unité"), choices=chosen_from(_units), validate_choice=False))
    setattr(DayForm, f"row{_n}_words", _words_field(_l("Précision")))


class LineForm(FlaskForm):
    """Correcting one line."""

    day = day_field(_l("Jour de tournage"))
    kind = SelectField(_l("Quoi"), validate_choice=False)
    quantity = _quantity_field(_l("Combien"))
    unit = SelectField(
        _l("Unité"), choices=chosen_from((code, wording.UNITS[code]) for code in UNITS), validate_choice=False
    )
    words = _words_field(_l("Précision"))

    def offer(self) -> None:
        self.kind.choices = chosen_from((key, wording.kind_in_full(key)) for key, kind in KINDS.items() if kind.typed)

    def draft(self) -> Draft:
        """Raises `Invalid` by field."""
        errors: dict[str, Any] = {}
        quantity = _read(self.quantity.data, "quantity", errors)
        if errors:
            raise Invalid(errors)
        return Draft(self.kind.data or "", quantity, self.unit.data or "", self.words.data or "", "kind")


class CrewLinkForm(FlaskForm):
    """A new link: for whom, what it allows, until when."""

    name = StringField(
        _l("Pour qui"),
        description=_l("Ce nom signe les lignes : « Régie », « Équipe déco », « Camille, 2e assistante »."),
        filters=[one_line],
        render_kw={"maxlength": 80, "autocomplete": "off"},
    )
    role = RadioField(
        _l("Ce qu’il permet"), choices=chosen_from((role, wording.LINK_ROLES[role]) for role in ROLES), default="fill",
        validate_choice=False,
    )  # fmt: skip
    days = SelectField(_l("Valable"), default=str(USUAL_DAYS), validate_choice=False)

    def offer(self) -> None:
        self.days.choices = chosen_from((str(n), _("%(n)s jours", n=n)) for n in DAYS)

    def chosen_days(self) -> int:
        text = self.days.data or ""
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0


def day_asked(text: str) -> date | None:
    """A day in an address, None for anything that is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
