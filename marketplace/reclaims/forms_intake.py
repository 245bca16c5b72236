"""The forms of an intake: one weighing at a time, its outcomes, a correction. They carry fields and show errors; what
may be sent is decided by the services (fields_intake.py). Outcomes repeat: their fields end on the place of the part.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from marketplace.core.errors import Invalid
from marketplace.reclaims.models_intake import Weighing
from marketplace.reclaims.streams import STREAMS
from marketplace.reclaims.wording_intake import STREAMS as STREAM_WORDS

PART_FIELDS = ("outcome", "mass_kg", "destination", "treatment", "title", "count", "taker")
MOST_ROWS = 12
_PART = re.compile(r"parts\.(\d{1,3})\.([a-z_]+)")


class WeighForm(FlaskForm):
    """A reading of the scale. `key` makes a form that is sent twice weigh once."""

    key = HiddenField()
    stream = RadioField(
        _l("Flux"), validate_choice=False, choices=[SelectChoice(code, STREAM_WORDS[code]) for code in STREAMS]
    )
    gross_kg = StringField(_l("Brut, lu sur la balance"))
    tare_kg = StringField(_l("Tare"))
    what = StringField(_l("Ce que c’est"))
    material = SelectField(_l("Matière, si vous la connaissez"), validate_choice=False)
    contaminated_percent = StringField(_l("Part souillée"))
    contamination_note = StringField(_l("Souillée par quoi"))
    route = SelectField(_l("Filière d’avant, notée sur le bon du transporteur"), validate_choice=False)
    slip = StringField(_l("Numéro du bon ou du bordereau"))
    waste_code = StringField(_l("Code déchet"))
    note = StringField(_l("Remarque"))
    sure = BooleanField(_l("Oui, c’est bien cette masse"))
    version = HiddenField()

    def raw(self) -> dict[str, Any]:
        """What was sent, as the service reads it."""
        names = (
            "stream", "gross_kg", "tare_kg", "what", "material", "contaminated_percent", "contamination_note", "route",
            "slip", "waste_code", "note",
        )  # fmt: skip
        return {name: self._fields[name].data for name in names} | {"sure": "1" if self.sure.data else ""}


class CorrectForm(WeighForm):
    reason = TextAreaField(_l("Ce qui était faux"))

    def raw(self) -> dict[str, Any]:
        return {**super().raw(), "reason": self.reason.data}


class TakeAwayForm(FlaskForm):
    key = HiddenField()
    reason = TextAreaField(_l("Pourquoi cette pesée n’aurait pas dû être là"))


class PartsForm(FlaskForm):
    """Carries the token; the parts are read by `parts_sent`."""


@dataclass
class PartRow:
    """A part as a form shows it: what was typed or is stored, and the sentence beside each field that is wrong."""

    place: int
    values: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not any(self.values.get(name) for name in ("outcome", "mass_kg", "destination", "title"))


def parts_sent(sent: Mapping[str, str]) -> list[dict[str, str]]:
    """The parts of a form, by their place; as many as there are."""
    found = []
    for place in range(MOST_ROWS):
        row = {name: sent.get(f"{name}-{place}", "") for name in PART_FIELDS}
        if f"outcome-{place}" in sent:
            found.append(row)
    return found


def rows_of(parts: Sequence[Mapping[str, str]], refusal: Invalid | None = None, more: int = 1) -> list[PartRow]:
    """Parts as rows, with what is wrong beside each, and `more` empty ones after them."""
    rows = [PartRow(place, part) for place, part in enumerate(parts)]
    for name, sentences in (refusal.errors if refusal is not None else {}).items():
        found = _PART.fullmatch(name)
        if found and int(found[1]) < len(rows):
            rows[int(found[1])].errors[found[2]] = " ".join(sentences)
    while rows and rows[-1].is_empty and not rows[-1].errors:
        rows.pop()
    wanted = min(MOST_ROWS, len(rows) + more)
    return [*rows, *(PartRow(place, {}) for place in range(len(rows), wanted))]


def stored_parts(weighing: Weighing) -> list[dict[str, str]]:
    """The outcomes of a weighing as they are typed."""
    return [
        {
            "outcome": part.outcome,
            "mass_kg": typed_kg(part.mass_grams),
            "destination": part.destination,
            "treatment": part.treatment,
            "title": part.title,
            "count": str(part.draft_count or ""),
            "taker": part.taker or "",
        }
        for part in weighing.outcomes
    ]


def typed_kg(grams: int) -> str:
    """Grams as they are typed: « 1240,5 »."""
    whole, rest = divmod(grams, 1000)
    return f"{whole},{rest:03d}".rstrip("0") if rest else str(whole)


def fill(form: WeighForm, weighing: Weighing) -> None:
    """A form with what a weighing says."""
    form.stream.data = weighing.stream
    form.gross_kg.data = typed_kg(weighing.gross_grams)
    form.tare_kg.data = typed_kg(weighing.tare_grams) if weighing.tare_grams else ""
    form.material.data = weighing.material or ""
    form.contaminated_percent.data = str(weighing.contaminated_percent or "")
    form.route.data = weighing.route_key or ""
    for name in ("what", "contamination_note", "slip", "waste_code", "note"):
        form._fields[name].data = getattr(weighing, name)
