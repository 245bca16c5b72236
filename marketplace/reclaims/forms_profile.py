"""The form of a collector's profile."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, SelectField
from wtforms.fields.choices import SelectChoice

from marketplace.accounts.forms_organisations import line
from marketplace.catalogue.forms_fields import Several
from marketplace.core.errors import Invalid
from marketplace.core.money import parse_cents
from marketplace.reclaims import rules, wording
from marketplace.reclaims.fields import branches
from marketplace.reclaims.forms_parts import number_field, typed, typed_euros, words_field
from marketplace.reclaims.models import CollectorProfile
from marketplace.reclaims.streams import STREAMS


class ProfileForm(FlaskForm):
    """What a collector takes, with what, from where, how far and for how much."""

    version = HiddenField()
    accepts_calls = BooleanField(_l("Nous recevons des demandes de collecte"))
    site = SelectField(_l("Nous partons de"), validate_choice=False)
    radius_km = line(_l("Jusqu’à"), 5, inputmode="numeric", autocomplete="off")
    categories = Several(_l("Pour le réemploi, nous prenons"), validate_choice=False)
    streams = Several(_l("À trier, nous prenons"), validate_choice=False)
    capacity_m3 = number_field(_l("Au plus, en une collecte"))
    capacity_kg = number_field(_l("Et au plus"))
    weekdays = Several(_l("Nous collectons le"), validate_choice=False)
    can_dismantle = BooleanField(_l("Nous pouvons démonter"))
    crew_size = line(_l("Nous venons à"), 3, inputmode="numeric", autocomplete="off")
    base_price = number_field(_l("Déplacement"))
    price_per_m3 = number_field(_l("Par mètre cube"))
    price_words = words_field(_l("Vos prix, en quelques mots"), 400, 2)

    def offer(self, sites: Iterable[Any]) -> None:
        self.site.choices = [
            SelectChoice("", _("Choisir un lieu")),
            *(SelectChoice(one.public_id, f"{one.name}, {one.city}") for one in sites),
        ]
        self.categories.choices = [SelectChoice(key, wording.kind_of(None, key)) for key in branches()]
        self.streams.choices = [SelectChoice(code, wording.stream(code)) for code in STREAMS]
        self.weekdays.choices = [SelectChoice(str(day), str(words)) for day, words in wording.WEEKDAYS.items()]

    def sent(self, vehicles: dict[str, str]) -> dict[str, Any]:
        """As the service reads it. Raises `Invalid` for amounts that cannot be read."""
        plain = (
            "accepts_calls", "site", "radius_km", "streams", "categories", "capacity_m3", "capacity_kg",
            "can_dismantle", "crew_size", "price_words",
        )  # fmt: skip
        return {
            **{name: self[name].data for name in plain},
            "weekdays": [int(day) for day in self.weekdays.data or ()],
            "vehicles": vehicles,
            "base_price_cents": self._cents("base_price"),
            "price_per_m3_cents": self._cents("price_per_m3"),
        }

    def _cents(self, name: str) -> int | None:
        typed = (self[name].data or "").strip()
        if not typed:
            return None
        try:
            return parse_cents(typed)
        except ValueError:
            raise Invalid({name: _("Un montant en euros est attendu, par exemple 90 ou 90,50.")}) from None

    def take(self, refusal: Invalid) -> None:
        beside = {"base_price_cents": "base_price", "price_per_m3_cents": "price_per_m3"}
        for name, sentences in refusal.errors.items():
            field = beside.get(name, name)
            if field in self:
                self[field].errors = list(sentences)
            else:
                self.form_errors.extend(sentences)
        if refusal.message:
            self.form_errors.append(refusal.message)

    @staticmethod
    def of(profile: CollectorProfile | None) -> dict[str, Any]:
        """What the form shows of a profile; of none, what is usual."""
        if profile is None:
            usual = {"radius_km": str(rules.USUAL_RADIUS_KM), "weekdays": ["1", "2", "3", "4", "5"], "version": "0"}
            return {**usual, "accepts_calls": True}
        same = ("accepts_calls", "streams", "categories", "can_dismantle", "price_words")
        return {
            **{name: getattr(profile, name) for name in same},
            **{
                name: typed(getattr(profile, name)) for name in ("radius_km", "capacity_m3", "capacity_kg", "crew_size")
            },
            "weekdays": [str(day) for day in profile.weekdays],
            "version": str(profile.version),
            "site": profile.site.public_id if profile.site else "",
            "base_price": typed_euros(profile.base_price_cents),
            "price_per_m3": typed_euros(profile.price_per_m3_cents),
        }
