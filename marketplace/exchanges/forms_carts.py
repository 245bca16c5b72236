"""Forms of the cart. They carry fields and show errors; what may be sent is decided by the services."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, StringField, TextAreaField

from marketplace.accounts.models import Production
from marketplace.core.errors import Invalid
from marketplace.exchanges.cart_acts import Sending
from marketplace.exchanges.cart_reading import Cart
from marketplace.exchanges.kinds.common import OPTION_DAYS
from marketplace.exchanges.models import ExchangeLine
from marketplace.exchanges.reading import day
from marketplace.web import filters
from marketplace.web.labels import choices, label


def number_sent(field: HiddenField) -> int | None:
    """A version or an amount of the page acted on; None when it is not a number."""
    raw = field.data or ""
    return int(raw) if raw.isascii() and raw.isdecimal() and len(raw) < 12 else None


class DatesForm(FlaskForm):
    """The same days for all that is rented."""

    starts_on = StringField(_l("Départ"), name="from")
    ends_on = StringField(_l("Retour"), name="to")

    def days(self) -> tuple[Any, Any]:
        """The days, read. Raises `Invalid` by field."""
        return day({"from": self.starts_on.data}, "from"), day({"to": self.ends_on.data}, "to")


class LineForm(DatesForm):
    """One line: how much, from when to when. Its fields carry the line's id: many stand on one page."""

    version = HiddenField()
    quantity = StringField(_l("Quantité"))

    @classmethod
    def of(cls, line: ExchangeLine, version: int) -> "LineForm":
        form = cls(formdata=None, prefix=f"{line.public_id}-")
        form.version.data = str(version)
        form.quantity.data = filters.number(line.quantity)
        form.quantity.label.text = label("unit_name", line.unit).capitalize()
        form.starts_on.data = line.starts_on.isoformat() if line.starts_on else ""
        form.ends_on.data = line.ends_on.isoformat() if line.ends_on else ""
        return form


class SendForm(FlaskForm):
    """How one provider is asked. It has no form of its own on the page: its fields belong to the one that sends all."""

    version = HiddenField()
    price = HiddenField()
    message = TextAreaField(_l("Votre message"))
    production = SelectField(_l("Pour quelle production"), validate_choice=False)
    delivery = SelectField(_l("Comment ça voyage"), validate_choice=False)
    delivery_address = StringField(_l("Adresse de livraison"))
    vehicle = SelectField(_l("Vous viendrez avec"), validate_choice=False)
    option_days = SelectField(_l("Tout de suite, ou en option"), validate_choice=False)

    @classmethod
    def of(cls, cart: Cart, productions: Sequence[Production], *, sent: bool = False) -> "SendForm":
        """The form of a cart, empty or (`sent`) as it came in."""
        exchange = cart.exchange
        given: dict[str, Any] = {} if sent else {"formdata": None}
        form = cls(prefix=f"{exchange.public_id}-", meta={"csrf": False}, **given)
        if not sent:
            form.production.data = exchange.receiver_production.public_id if exchange.receiver_production else ""
            form.delivery.data, form.delivery_address.data = exchange.delivery, exchange.delivery_address
            form.vehicle.data, form.message.data = exchange.vehicle or "", cart.message
            form.option_days.data = str(exchange.option_days or "")
        form.stand(cart)
        own = [(one.public_id, one.title) for one in productions if one.organisation_id == exchange.receiver_id]
        form.production.choices = [("", _("Aucune en particulier")), *own]
        form.delivery.choices = choices("delivery_asked")
        form.vehicle.choices = [("", _("Je ne sais pas encore")), *choices("vehicle")]
        form.option_days.choices = [
            ("", _("Je demande tout de suite")),
            *(
                (str(n), ngettext("Une option de %(num)d jour", "Une option de %(num)d jours", n))
                for n in range(1, OPTION_DAYS + 1)
            ),
        ]
        return form

    def stand(self, cart: Cart) -> None:
        """Carry what the page shows now."""
        self.version.data, self.price.data = str(cart.exchange.version), str(cart.sum_cents)

    def sending(self) -> Sending:
        """What was sent, as the service takes it."""
        return Sending(
            message=self.message.data or "",
            production_public_id=self.production.data or None,
            delivery=self.delivery.data or "collection",
            delivery_address=self.delivery_address.data or "",
            option_days=self.option_days.data or "",
            vehicle=self.vehicle.data or None,
            seen_cents=number_sent(self.price),
        )


def show_refusal(form: FlaskForm, refusal: Invalid) -> None:
    """Put sentences beside the fields they are about, days beside the first; the rest goes on top."""
    names = {"from": "starts_on", "to": "ends_on", "dates": "starts_on"}
    rest = [refusal.message] if refusal.message else []
    for name, sentences in refusal.errors.items():
        field = form._fields.get(names.get(name, name))
        if field is None:
            rest += list(sentences)
        else:
            field.errors = [*field.errors, *sentences]
    form.form_errors = [sentence for sentence in rest if sentence]
