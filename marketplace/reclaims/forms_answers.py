"""Forms of what follows a call: to whom it goes, an offer, another hour, a reason."""

from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice

from marketplace.accounts.forms_organisations import line
from marketplace.catalogue import taxonomy
from marketplace.catalogue.forms_fields import Several
from marketplace.core.errors import Invalid
from marketplace.core.money import parse_cents
from marketplace.reclaims import wording
from marketplace.reclaims.forms_parts import day_field, number_field, time_field, typed, typed_euros, words_field
from marketplace.reclaims.models import ReclaimOffer
from marketplace.web import filters


class SendForm(FlaskForm):
    """To whom a call goes, and until when answers are waited for."""

    version = HiddenField()
    reach = RadioField(_l("À qui"), validate_choice=False, default="around")
    radius_km = number_field(_l("Dans un rayon de"))
    recipients = Several(_l("Celles que vous choisissez"), validate_choice=False)
    answer_on = day_field(_l("Réponse avant le"))
    answer_time = time_field(_l("Heure"))

    def offer(self, near: Sequence[Any]) -> None:
        self.reach.choices = [
            SelectChoice("around", _("À toutes celles des environs qui peuvent la prendre")),
            SelectChoice("chosen", _("À celles que je choisis")),
        ]
        self.recipients.choices = [SelectChoice(one.collector.organisation.public_id, _near(one)) for one in near]

    def answer_by(self) -> tuple[str, str] | None:
        """None where neither was typed."""
        typed = (self.answer_on.data or "", self.answer_time.data or "")
        return typed if any(typed) else None


def _near(one: Any) -> str:
    """« Le Contrechamp, 12 km »."""
    name, far = one.collector.organisation.name, filters.distance(one.distance_km)
    return f"{name}, {far}" if far else name


class OfferForm(FlaskForm):
    """A collector's offer. The price is typed in euros, with who pays whom beside it."""

    starts_on = day_field(_l("Jour"))
    starts_time = time_field(_l("De"))
    ends_time = time_field(_l("À"))
    vehicle = SelectField(_l("Véhicule"), validate_choice=False)
    loads = line(_l("Voyages"), 3, inputmode="numeric", autocomplete="off")
    people = line(_l("À combien"), 3, inputmode="numeric", autocomplete="off")
    way = RadioField(_l("Prix"), validate_choice=False, default="free")
    euros = number_field(_l("Montant"))
    distance_km = number_field(_l("Distance par la route, aller"))
    message = words_field(_l("Un mot à la production"), 1000)

    def offer(self, vehicles: Iterable[str]) -> None:
        known = taxonomy.vehicles()
        own = [key for key in known if key in set(vehicles)] or list(known)
        self.vehicle.choices = [SelectChoice("", _("Choisir")), *(SelectChoice(key, _carries(key)) for key in own)]
        self.way.choices = [
            SelectChoice("free", _("Gratuit")),
            SelectChoice("they_pay", _("La production paie")),
            SelectChoice("we_pay", _("Nous payons ce que nous prenons")),
        ]

    def sent(self, zone_day_after: str) -> dict[str, Any]:
        """As the service reads it. A visit that ends before it starts, by the clock, ends the day after. Raises
        `Invalid` for an amount that cannot be read."""
        starts, ends = self.starts_time.data or "", self.ends_time.data or ""
        ends_on = zone_day_after if starts and ends and ends <= starts else self.starts_on.data
        return {
            **{name: self[name].data for name in ("vehicle", "loads", "people", "distance_km", "message")},
            "starts_at": (self.starts_on.data, starts),
            "ends_at": (ends_on, ends),
            "price_cents": self._cents(),
        }

    def _cents(self) -> int | None:
        typed = (self.euros.data or "").strip()
        if self.way.data == "free":
            if typed not in ("", "0"):
                raise Invalid({"euros": _("Vous avez choisi « Gratuit » : effacez le montant, ou dites qui paie.")})
            return 0
        if self.way.data not in ("they_pay", "we_pay") or not typed:
            return None
        try:
            cents = parse_cents(typed)
        except ValueError:
            raise Invalid({"euros": _("Un montant en euros est attendu, par exemple 240 ou 240,50.")}) from None
        return cents if self.way.data == "they_pay" else -cents

    def take(self, refusal: Invalid) -> None:
        """Show a refusal beside the fields it names."""
        beside = {"starts_at": "starts_on", "ends_at": "ends_time", "price_cents": "euros"}
        for name, sentences in refusal.errors.items():
            self[beside.get(name, name)].errors = list(sentences)
        if refusal.message:
            self.form_errors.append(refusal.message)

    @staticmethod
    def of(offer: ReclaimOffer, zone: ZoneInfo) -> dict[str, Any]:
        """What the form shows of an offer that stands."""
        starts, ends = offer.starts_at.astimezone(zone), offer.ends_at.astimezone(zone)
        cents = abs(offer.price_cents)
        return {
            "starts_on": starts.date().isoformat(),
            "starts_time": f"{starts:%H:%M}",
            "ends_time": f"{ends:%H:%M}",
            "vehicle": offer.vehicle,
            "loads": str(offer.loads),
            "people": str(offer.people),
            "way": "free" if not cents else "they_pay" if offer.price_cents > 0 else "we_pay",
            "euros": typed_euros(cents) if cents else "",
            "distance_km": typed(offer.distance_km),
            "message": offer.message,
        }


def _carries(key: str) -> str:
    one = taxonomy.vehicles()[key]
    return _(
        "%(name)s, %(m3)s m³, %(kg)s kg", name=wording.vehicle(key), m3=typed(one.volume_m3), kg=typed(one.payload_kg)
    )


class ReasonForm(FlaskForm):
    version = HiddenField()
    reason = words_field(_l("Pourquoi"), 400, 2)


class HourForm(FlaskForm):
    """Another hour for the visit, or `pick`, the one proposed; from the collector also who comes."""

    version = HiddenField()
    pick = HiddenField()
    starts_on = day_field(_l("Jour"))
    starts_time = time_field(_l("De"))
    ends_time = time_field(_l("À"))
    collected_by_name = line(_l("Qui vient"), 120, autocomplete="off")
    collected_by_phone = line(_l("Son téléphone"), 30, inputmode="tel", autocomplete="off")
    collected_by_plate = line(_l("Plaque du véhicule"), 20, autocomplete="off")
