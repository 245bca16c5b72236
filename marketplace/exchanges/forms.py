"""Forms of the exchange pages. They carry fields and show errors; what may be sent is decided by the services."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.widgets import CheckboxInput, ListWidget

from marketplace.core.errors import Invalid
from marketplace.core.money import parse_cents
from marketplace.exchanges.appointments import PARIS, Slot
from marketplace.exchanges.models import Appointment, Exchange
from marketplace.web import filters
from marketplace.web.labels import choices, label


class EuroField(StringField):
    """An amount typed in euros; `data` stays as typed."""

    def cents(self) -> int | None:
        """The amount in cents, None when nothing is typed. Raises `Invalid` under the field's name."""
        typed = (self.data or "").strip()
        if not typed:
            return None
        try:
            return parse_cents(typed)
        except ValueError:
            raise Invalid({self.short_name: _("Un montant en euros est attendu, par exemple 45 ou 45,50.")}) from None


class MoveForm(FlaskForm):
    """A move; `version` is that of the page it is sent from."""

    version = HiddenField()

    def data_sent(self) -> dict[str, Any]:
        """The move's data, as the service takes it. Raises `Invalid` for amounts that cannot be read."""
        return {
            name: field.cents() if isinstance(field, EuroField) else field.data
            for name, field in self._fields.items()
            if name not in ("version", "csrf_token") and field.data not in (None, "", [])
        }


class SlotsForm(MoveForm):
    """Up to three times to meet, chosen among those the place is open."""

    slots = SelectField(_l("Une heure qui vous va"), validate_choice=False)
    slots_2 = SelectField(_l("Une autre"), validate_choice=False)
    slots_3 = SelectField(_l("Une troisième"), validate_choice=False)

    def offer(self, slots: Sequence[Slot]) -> None:
        """Fill the three lists, by day."""
        by_day: dict[str, list[tuple[str, str]]] = {"": [("", "—")]}
        for slot in slots:
            by_day.setdefault(day_text(slot), []).append((slot.as_text(), hours_text(slot)))
        for field in (self.slots, self.slots_2, self.slots_3):
            field.choices = by_day

    def data_sent(self) -> dict[str, Any]:
        data = super().data_sent()
        given = [data.pop(name) for name in ("slots", "slots_2", "slots_3") if name in data]
        return {**data, "slots": given} if given else data


class PickForm(MoveForm):
    pick = RadioField(_l("Quand venez-vous"), validate_choice=False)
    collected_by_name = StringField(_l("Qui vient"))
    collected_by_phone = StringField(_l("Son téléphone"))
    collected_by_plate = StringField(_l("Plaque du véhicule"))

    def offer(self, proposals: Sequence[Appointment]) -> None:
        slots = [(one.public_id, Slot(one.starts_at, one.ends_at)) for one in proposals]
        self.pick.choices = [(public_id, f"{day_text(slot)}, {hours_text(slot)}") for public_id, slot in slots]


class ProposeForm(SlotsForm):
    collected_by_name = StringField(_l("Qui vient"))
    collected_by_phone = StringField(_l("Son téléphone"))
    collected_by_plate = StringField(_l("Plaque du véhicule"))


class AmendForm(SlotsForm):
    """Other terms: what is asked beside the lines; the lines' own fields are read by `amended_lines`."""

    delivery_cents = EuroField(_l("Livraison"))
    deposit_cents = EuroField(_l("Caution"))
    reduction_percent = StringField(_l("Réduction"))
    valid_until = StringField(_l("Proposition valable jusqu’au"))


class OptionForm(MoveForm):
    option_days = SelectField(_l("Option accordée pour"), validate_choice=False)

    def offer(self, most: int) -> None:
        self.option_days.choices = [(str(n), ngettext("%(num)d jour", "%(num)d jours", n)) for n in range(1, most + 1)]


class PayForm(MoveForm):
    """Money that changed hands outside, recorded by whoever received it, or gave it back."""

    what = SelectField(_l("Ce qui est réglé"), validate_choice=False)
    how = SelectField(_l("Comment"), validate_choice=False)
    amount_cents = EuroField(_l("Montant"))
    reference = StringField(_l("Référence"))

    def offer(self, open_amounts: Mapping[str, int]) -> None:
        """Fill the lists with what there is to record; the amount stays empty for all of it."""
        self.what.choices = [
            (what, f"{label('paid_for', what)} : {filters.money(amount)}")
            for what, amount in open_amounts.items()
            if amount > 0
        ]
        self.how.choices = choices("paid_by")


class ExtendForm(MoveForm):
    to = StringField(_l("Garder jusqu’au"))


class ReasonForm(MoveForm):
    reason = TextAreaField(_l("Pourquoi"))


class ResolveForm(ReasonForm):
    state = SelectField(_l("L’échange revient à l’état"), validate_choice=False)
    waive = SelectMultipleField(
        _l("Sommes contestées qui ne sont pas dues"),
        validate_choice=False,
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )


class CodeForm(MoveForm):
    """The hand-over; what is said of the things is read by `entries_sent`."""

    code = StringField(_l("Code à six chiffres"))
    without_deposit = BooleanField(_l("Laisser partir sans la caution"))
    remarks = TextAreaField(_l("Remarques sur l’ensemble"))


class DepartureForm(CodeForm):
    """The hand-over, with the deposit that is taken at the same moment."""

    deposit_how = SelectField(_l("Caution reçue par"), validate_choice=False)
    deposit_reference = StringField(_l("Référence"))

    def __init__(self, *args: Any, **values: Any):
        super().__init__(*args, **values)
        ways = [(code, word) for code, word in choices("paid_by") if code != "order"]
        self.deposit_how.choices = [("", _l("Pas reçue")), *ways]


class MealForm(MoveForm):
    """The hand-over of a meal: the code, and what the probe reads at the core."""

    code = StringField(_l("Code à six chiffres"))
    temperature_c = StringField(_l("Température à cœur"))
    out_since = StringField(_l("Hors température depuis"))


class ReturnForm(MoveForm):
    """What came back; line by line it is read by `entries_sent`."""

    remarks = TextAreaField(_l("Remarques sur l’ensemble"))


class MessageForm(FlaskForm):
    text = TextAreaField(_l("Votre message"))


FORMS: dict[str, type[MoveForm]] = {
    "accept": SlotsForm,
    "amend": AmendForm,
    "appoint": ProposeForm,
    "option": OptionForm,
    "release": ReasonForm,
    "confirm": MoveForm,
    "pay_offline": PayForm,
    "decline": ReasonForm,
    "cancel": ReasonForm,
    "extend": ExtendForm,
    "return": ReturnForm,
    "complete": MoveForm,
    "dispute": ReasonForm,
    "resolve": ResolveForm,
    "hand_over": CodeForm,
}


def form_for(move: str, exchange: Exchange, *, cls: type[MoveForm] | None = None, sent: bool = False) -> MoveForm:
    """The form of a move, its fields prefixed by the move so that several stand on one page."""
    form = (cls or FORMS[move])(prefix=f"{move}-", **({} if sent else {"formdata": None}))
    if not sent:
        form.version.data = str(exchange.version)
    return form


def show_errors(form: FlaskForm, refusal: Invalid) -> None:
    """Put a refusal's sentences beside the fields they are about; the rest goes on top."""
    rest = [refusal.message] if refusal.message else []
    shown_by = getattr(form, "SHOWN_BY", {})
    for code, sentences in refusal.errors.items():
        name = shown_by.get(code, code)
        if name in form._fields:
            form._fields[name].errors = list(sentences)
        else:
            rest += list(sentences)
    form.form_errors = [sentence for sentence in rest if sentence]


def day_text(slot: Slot) -> str:
    """« lundi 16 novembre »."""
    return format_date(slot.starts_at.astimezone(PARIS).date(), "EEEE d MMMM")


def hours_text(slot: Slot) -> str:
    """« 9:00 – 10:00 »."""
    return f"{filters.clock_time(slot.starts_at)} – {filters.clock_time(slot.ends_at)}"
