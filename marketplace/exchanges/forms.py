"""Forms of the exchange pages. They carry fields and show errors; what may be sent is decided by the services."""

import secrets
from collections.abc import Sequence
from typing import Any

from flask_babel import format_date
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField

from marketplace.accounts.models import Production
from marketplace.catalogue.models import Listing
from marketplace.core.errors import Invalid
from marketplace.exchanges.appointments import PARIS, Slot
from marketplace.exchanges.models import Appointment, Exchange
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from marketplace.web import filters
from marketplace.web.labels import choices, label


class AskForm(FlaskForm):
    """Asking for a listing: how much, for which production, what to say, with which vehicle."""

    listing = HiddenField()
    key = HiddenField()
    quantity = StringField(_l("Quantité"))
    production = SelectField(_l("Pour quelle production"), validate_choice=False)
    vehicle = SelectField(_l("Vous viendrez avec"), validate_choice=False)
    distance_km = StringField(_l("Distance par la route, en km"))
    message = TextAreaField(_l("Votre message"))

    @classmethod
    def about(cls, listing: Listing, productions: Sequence[Production], **values: Any) -> "AskForm":
        """The form for `listing`, with a key of its own: sent twice, it asks once."""
        form = cls(data={"listing": listing.public_id, "key": secrets.token_urlsafe(16), "quantity": "1", **values})
        form.offer(productions)
        form.quantity.label.text = label("unit_name", listing.unit or "piece").capitalize()
        return form

    def offer(self, productions: Sequence[Production]) -> None:
        """Fill the lists to choose from."""
        self.production.choices = [("", _l("Aucune en particulier")), *((p.public_id, p.title) for p in productions)]
        self.vehicle.choices = [("", _l("Je ne sais pas encore")), *choices("vehicle")]

    def request(self) -> ExchangeRequest:
        """What was sent, as the service takes it."""
        return ExchangeRequest(
            "donation",
            lines=[LineRequest(self.listing.data or "", self.quantity.data or "")],
            production_public_id=self.production.data or None,
            message=self.message.data or "",
            vehicle=self.vehicle.data or None,
            distance_km=self.distance_km.data or None,
            key=self.key.data or None,
        )


class MoveForm(FlaskForm):
    """A move; `version` is that of the page it is sent from."""

    version = HiddenField()

    def data_sent(self) -> dict[str, Any]:
        """The move's data, as the service takes it."""
        return {
            name: field.data
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

    def offer(self, proposals: Sequence[Appointment]) -> None:
        slots = [(one.public_id, Slot(one.starts_at, one.ends_at)) for one in proposals]
        self.pick.choices = [(public_id, f"{day_text(slot)}, {hours_text(slot)}") for public_id, slot in slots]


class ProposeForm(SlotsForm):
    collected_by_name = StringField(_l("Qui vient"))


class AmendForm(MoveForm):
    """Less than asked for: one quantity a line, named `quantity-<line>`."""

    lines = StringField(_l("Quantités que vous pouvez donner"))


class ReasonForm(MoveForm):
    reason = TextAreaField(_l("Pourquoi"))


class ResolveForm(ReasonForm):
    state = SelectField(_l("L’échange revient à l’état"), validate_choice=False)


class CodeForm(MoveForm):
    code = StringField(_l("Code à six chiffres"))


class MessageForm(FlaskForm):
    text = TextAreaField(_l("Votre message"))


FORMS: dict[str, type[MoveForm]] = {
    "accept": SlotsForm,
    "amend": AmendForm,
    "appoint": ProposeForm,
    "confirm": MoveForm,
    "decline": ReasonForm,
    "cancel": ReasonForm,
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
    for name, sentences in refusal.errors.items():
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
