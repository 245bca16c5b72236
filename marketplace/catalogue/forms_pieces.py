"""Forms of pieces. They carry what was typed and show what was wrong; `piece_fields.py` decides."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional

from marketplace.catalogue.fields import CONDITIONS
from marketplace.catalogue.forms import euros
from marketplace.catalogue.forms_fields import choices, chosen_from
from marketplace.catalogue.models import Listing, Piece
from marketplace.catalogue.piece_fields import LONGEST_CODE, LONGEST_NOTE, read_fields, run_of
from marketplace.catalogue.reading import Wrong, whole
from marketplace.core.money import parse_cents

_EUROS = {"purchase": "purchase_cents", "cost": "cost_cents"}  # field typed in euros → in cents
_SHOWN_BY = {cents: shown for shown, cents in _EUROS.items()}


def _conditions() -> RadioField:
    return RadioField(_l("État"), choices=choices("condition", CONDITIONS), validate_choice=False)


def _acquired() -> SelectField:
    offered = [*chosen_from([("", _l("Non précisé"))]), *choices("acquired")]
    return SelectField(_l("Comment elle est entrée"), choices=offered, validate_choice=False, validators=[Optional()])


def _text(label: Any, longest: int, **more: Any) -> StringField:
    keywords = {"maxlength": longest, "autocomplete": "off", **more}
    return StringField(label, validators=[Optional()], render_kw=keywords)


class _Form(FlaskForm):
    """Fields that are columns of a piece, each there or not."""

    def values(self) -> tuple[dict[str, Any], dict[str, list[str]]]:
        """(values, errors) of the fields there are, by column."""
        raw: dict[str, Any] = {}
        wrong: dict[str, list[str]] = {}
        for name in ("code", "shelf", "condition", "acquired", "acquired_on", "note"):
            if name in self._fields:
                raw[name] = self._fields[name].data or ""
        for name, column in _EUROS.items():
            if name in self._fields:
                typed = (self._fields[name].data or "").strip()
                try:
                    raw[column] = parse_cents(typed) if typed else None
                except ValueError:
                    wrong[column] = [_("Un montant en euros est attendu, par exemple 45 ou 45,50.")]
        values, errors = read_fields(raw)
        return values, errors | wrong

    def show(self, errors: Mapping[str, Any]) -> None:
        """Put sentences beside their fields, and those of no field on top."""
        for name, found in errors.items():
            shown = _SHOWN_BY.get(name, name)
            sentences = list(found) if isinstance(found, list | tuple) else [found]
            if shown in self._fields:
                self._fields[shown].errors = [*self._fields[shown].errors, *sentences]
            else:
                self.form_errors.extend(sentences)


class SeriesForm(_Form):
    """One piece or a run of them, with what they have in common."""

    prefix = _text(_l("Début du code"), LONGEST_CODE, autocapitalize="characters", spellcheck="false")
    first = _text(_l("Premier numéro"), 9, inputmode="numeric")
    count = _text(_l("Combien de pièces"), 3, inputmode="numeric")
    condition = _conditions()
    shelf = _text(_l("Rayonnage"), 40)
    acquired = _acquired()
    acquired_on = StringField(_l("Entrées le"), validators=[Optional()], render_kw={"type": "date"})
    purchase = _text(_l("Prix d’achat de chacune, hors taxes"), 12, inputmode="decimal")

    @classmethod
    def about(cls, listing: Listing, first: str) -> "SeriesForm":
        """The form for the pieces of `listing`, the first of which would bear the number `first`."""
        count = "" if listing.stock_by == "piece" or listing.quantity is None else str(int(listing.quantity))
        return cls(
            formdata=None,
            data={
                "prefix": f"{listing.reference}-" if listing.reference else "",
                "first": first,
                "count": count or "1",
                "condition": listing.condition or "good",
                "shelf": listing.shelf or "",
                "acquired": listing.acquired or "",
            },
        )

    def codes(self) -> tuple[list[str], dict[str, list[str]]]:
        """(codes, errors) of the run that was asked for; without a number, the one code that was typed."""
        prefix, first = (self.prefix.data or ""), (self.first.data or "").strip()
        try:
            count = whole(self.count.data or "1", 1, 999) or 1
            if not first and count == 1 and prefix.strip():
                return [" ".join(prefix.split())[:LONGEST_CODE]], {}
            return run_of(prefix, first, count), {}
        except Wrong as wrong:
            return [], {wrong.where or "count": [str(wrong)]}


class PieceForm(_Form):
    """What is kept of one piece."""

    version = HiddenField()
    code = _text(_l("Code d’inventaire"), LONGEST_CODE, autocapitalize="characters", spellcheck="false")
    shelf = _text(_l("Rayonnage"), 40)
    condition = _conditions()
    acquired = _acquired()
    acquired_on = StringField(_l("Entrée le"), validators=[Optional()], render_kw={"type": "date"})
    purchase = _text(_l("Prix d’achat, hors taxes"), 12, inputmode="decimal")
    note = TextAreaField(_l("Note"), validators=[Optional()], render_kw={"maxlength": LONGEST_NOTE, "rows": 3})

    @classmethod
    def about(cls, piece: Piece) -> "PieceForm":
        names = ("version", "code", "shelf", "condition", "note")
        day = piece.acquired_on.isoformat() if piece.acquired_on else ""
        return cls(
            formdata=None,
            data={
                **{name: getattr(piece, name) for name in names},
                "acquired": piece.acquired or "",
                "acquired_on": day,
                "purchase": euros(piece.purchase_cents),
            },
        )


class ConditionForm(_Form):
    """What a piece looks like today, or how it came back from repair."""

    condition = _conditions()
    note = TextAreaField(_l("Ce qu’on voit"), validators=[Optional()], render_kw={"maxlength": LONGEST_NOTE, "rows": 2})


class RepairForm(_Form):
    """What is to be repaired."""

    note = TextAreaField(
        _l("Ce qu’il faut réparer"), validators=[Optional()], render_kw={"maxlength": LONGEST_NOTE, "rows": 2}
    )
    cost = _text(_l("Coût prévu, hors taxes"), 12, inputmode="decimal")


class RepairedForm(_Form):
    """What was repaired, and what it cost."""

    condition = _conditions()
    note = TextAreaField(
        _l("Ce qui a été fait"), validators=[Optional()], render_kw={"maxlength": LONGEST_NOTE, "rows": 2}
    )
    cost = _text(_l("Coût, hors taxes"), 12, inputmode="decimal")


class LeaveForm(_Form):
    """Why a piece leaves the stock."""

    note = TextAreaField(_l("Raison"), validators=[Optional()], render_kw={"maxlength": LONGEST_NOTE, "rows": 2})


# act on a piece → its form
ACTS: dict[str, type[_Form]] = {
    "note": ConditionForm,
    "repair": RepairForm,
    "repaired": RepairedForm,
    "withdraw": LeaveForm,
    "take_back": ConditionForm,
}
# state of a piece → what can be done with it, in the order of the page
POSSIBLE: dict[str, tuple[str, ...]] = {
    "in_stock": ("note", "repair", "withdraw"),
    "repair": ("repaired", "note", "withdraw"),
    "withdrawn": ("take_back",),
    "lost": (),
    "sold": (),
}


def act_form(act: str, piece: Piece, formdata: Any = None) -> _Form:
    """The form of an act, its fields named after it: several stand on one page."""
    condition = "good" if act == "repaired" and piece.condition == "to_repair" else piece.condition
    return ACTS[act](formdata=formdata, prefix=act, data={"condition": condition})
