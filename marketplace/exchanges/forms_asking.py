"""The form that asks for a listing, by kind: given, rented, sold. The service decides what may be sent."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField

from marketplace.accounts.models import Production
from marketplace.core.errors import Invalid
from marketplace.core.money import parse_cents
from marketplace.exchanges.kinds.common import OPTION_DAYS
from marketplace.exchanges.reading import day
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from marketplace.web.labels import choices, label


@dataclass(frozen=True)
class Asked:
    """What the form says of its one line, read: `quantity` stays as typed."""

    quantity: str
    starts_on: date | None
    ends_on: date | None
    offered_cents: int | None


class AskForm(FlaskForm):
    """Asking for a listing: how much, from when to when, at what price, for which production, how it travels."""

    # of what the service refuses → the field it is shown beside
    SHOWN_BY: ClassVar = {"from": "starts_on", "to": "ends_on", "dates": "starts_on", "offered_cents": "offered"}

    listing = HiddenField()
    key = HiddenField()
    kind = HiddenField()
    quantity = StringField(_l("Quantité"))
    starts_on = StringField(_l("Départ"), name="from")
    ends_on = StringField(_l("Retour"), name="to")
    option_days = SelectField(_l("Tout de suite, ou en option"), validate_choice=False)
    offered = StringField(_l("Votre offre"))
    delivery = RadioField(_l("Comment ça voyage"), validate_choice=False)
    delivery_address = StringField(_l("Adresse de livraison"))
    production = SelectField(_l("Pour quelle production"), validate_choice=False)
    vehicle = SelectField(_l("Vous viendrez avec"), validate_choice=False)
    distance_km = StringField(_l("Distance par la route, en km"))
    message = TextAreaField(_l("Votre message"))

    @classmethod
    def about(
        cls, listing: Any, kind: str, productions: Sequence[Production], prefix: str = "", **values: str
    ) -> "AskForm":
        """The form for `listing`, with a key of its own: sent twice, it asks once. `prefix` tells the identifiers of
        several forms on one page apart."""
        usual = {"quantity": "1", "delivery": "collection", "key": secrets.token_urlsafe(16)}
        # a page is read, not sent: what its address says is no answer to the form
        form = cls(formdata=None, data={"listing": listing.public_id, "kind": kind, **usual, **values})
        form.offer(productions, listing)
        for field in form:
            field.id = f"{prefix}{field.id}"
        return form

    def offer(self, productions: Sequence[Production], listing: Any) -> None:
        """Fill the lists to choose from, name the unit."""
        self.production.choices = [("", _l("Aucune en particulier")), *((p.public_id, p.title) for p in productions)]
        self.vehicle.choices = [("", _l("Je ne sais pas encore")), *choices("vehicle")]
        self.delivery.choices = choices("delivery_asked")
        self.option_days.choices = [
            ("", _("Je demande tout de suite")),
            *(
                (str(n), ngettext("Une option de %(num)d jour", "Une option de %(num)d jours", n))
                for n in range(1, OPTION_DAYS + 1)
            ),
        ]
        unit = listing.unit or "piece"
        self.quantity.label.text = label("unit_name", unit).capitalize()
        self.offered.label.text = _("Votre offre pour %(unit)s", unit=label("per_unit", unit))

    def asked(self) -> Asked:
        """The line, read. Raises `Invalid` under the name of what cannot be read."""
        dated = (self.kind.data or "donation") == "rental"
        return Asked(
            self.quantity.data or "",
            day({"from": self.starts_on.data}, "from") if dated else None,
            day({"to": self.ends_on.data}, "to") if dated else None,
            self._offered(),
        )

    def _offered(self) -> int | None:
        typed = (self.offered.data or "").strip()
        if not typed or self.kind.data != "sale":
            return None
        try:
            return parse_cents(typed)
        except ValueError:
            raise Invalid({"offered": _("Un montant en euros est attendu, par exemple 45 ou 45,50.")}) from None

    def _option_days(self) -> int | None:
        typed = self.option_days.data or ""
        if not typed or self.kind.data != "rental":
            return None
        if not (typed.isascii() and typed.isdigit() and len(typed) < 4):
            raise Invalid({"option_days": _("Une option dure de un à dix jours.")})
        return int(typed)

    def request(self) -> ExchangeRequest:
        """What was sent, as the service takes it. Raises `Invalid` for what cannot be read."""
        asked = self.asked()
        line = LineRequest(self.listing.data or "", asked.quantity, asked.starts_on, asked.ends_on, asked.offered_cents)
        return ExchangeRequest(
            self.kind.data or "donation",
            lines=[line],
            production_public_id=self.production.data or None,
            message=self.message.data or "",
            vehicle=self.vehicle.data or None,
            distance_km=self.distance_km.data or None,
            delivery=self.delivery.data or "collection",
            delivery_address=self.delivery_address.data or "",
            option_days=self._option_days(),
            key=self.key.data or None,
        )
