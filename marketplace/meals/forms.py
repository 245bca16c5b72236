"""Forms of meals: they keep what was typed and read it; the services decide what is right."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField

from marketplace.accounts.forms import one_line
from marketplace.catalogue import taxonomy
from marketplace.catalogue.forms_fields import Several, chosen_from
from marketplace.core.clock import zone_of
from marketplace.core.errors import Invalid
from marketplace.exchanges.rules import read_quantity
from marketplace.meals import hours, wording
from marketplace.meals.handing import read_temperature
from marketplace.meals.posting import Posting, postcode_in
from marketplace.meals.receiving import Profile
from marketplace.meals.rules import Post
from marketplace.web import filters
from marketplace.web.labels import label

ELSEWHERE = "-"
_NUMBER = {"inputmode": "decimal", "autocomplete": "off", "maxlength": 12}
_TIME = {"type": "time"}
WRONG_TIME = _l("Écrivez l’heure ainsi : 22:40.")


def text_field(name: Any, longest: int, **kw: Any) -> StringField:
    return StringField(name, filters=[one_line], render_kw={"maxlength": longest, "autocomplete": "off", **kw})


def food_choices() -> list[tuple[str, str]]:
    """The leaves of the food branch, in their order."""
    rows = [taxonomy.categories()[key] for key in taxonomy.children().get("food", ())]
    return [(row.key, row.name_en if filters.language() == "en" else row.name_fr) for row in rows]


class PostForm(FlaskForm):
    """What is left of a table. Times are those of the clock on the wall there."""

    title = text_field(_l("Quoi"), 140)
    category = SelectField(_l("De quoi s’agit-il"), validate_choice=False)
    quantity = StringField(_l("Combien"), filters=[one_line], render_kw=_NUMBER)
    unit = SelectField(
        _l("Unité"), choices=chosen_from(wording.UNITS.items()), default="portion", validate_choice=False
    )
    grams = StringField(_l("Une portion pèse environ"), filters=[one_line], render_kw=_NUMBER)
    made = StringField(_l("Préparé à"), filters=[one_line], render_kw=_TIME)
    use_by = StringField(_l("À consommer jusqu’au (DLC)"), filters=[one_line], render_kw={"type": "datetime-local"})
    best_before = StringField(_l("ou de préférence avant (DDM)"), filters=[one_line], render_kw={"type": "date"})
    keep = RadioField(_l("Tenu"), choices=chosen_from(wording.KEEPS.items()), validate_choice=False)
    temperature = StringField(_l("Température à cœur maintenant"), filters=[one_line], render_kw=_NUMBER)
    out_since = StringField(_l("Hors température depuis"), filters=[one_line], render_kw=_TIME)
    allergens = Several(_l("Allergènes"), choices=chosen_from(wording.ALLERGENS.items()), validate_choice=False)
    allergens_none = BooleanField(_l("Aucun des quatorze"))
    packaging = SelectField(
        _l("Emballage"), choices=chosen_from(wording.PACKAGINGS.items()), default="trays", validate_choice=False
    )
    opens = StringField(_l("Retrait de"), filters=[one_line], render_kw=_TIME)
    closes = StringField(_l("à"), filters=[one_line], render_kw=_TIME)
    site = SelectField(_l("Où"), validate_choice=False)
    address = text_field(_l("Adresse, avec le code postal"), 300)
    contact = text_field(_l("Sur place, demander"), 120)
    never_served = BooleanField(_l("Rien de ceci n’a été servi à table ni en buffet libre."))
    never_reheated = BooleanField(_l("Rien de ceci n’a déjà été réchauffé."))
    choice = RadioField(
        _l("Qui l’a"),
        choices=chosen_from(
            [("first", _l("la première structure qui retient")), ("donor", _l("je choisis, en 30 min"))]
        ),
        default="first",
        validate_choice=False,
    )
    open_to = SelectField(_l("Ouvert à"), choices=chosen_from(wording.OPEN.items()), default="charities",
                          validate_choice=False)  # fmt: skip
    fallback = BooleanField(_l("Sans preneur à la fin, proposer une collecte de biodéchets."))
    production = SelectField(_l("Tournage"), validate_choice=False)
    note = TextAreaField(_l("À savoir"), render_kw={"maxlength": 2000, "rows": 2})
    version = HiddenField(filters=[one_line])

    def offer(self, sites: list[tuple[str, str]], productions: list[tuple[str, str]]) -> None:
        self.category.choices = chosen_from([("", _("Choisir")), *food_choices()])
        self.site.choices = chosen_from([*sites, (ELSEWHERE, _("Ailleurs : écrire l’adresse"))])
        self.production.choices = chosen_from([("", _("Aucun")), *productions])

    def posting(self, at: datetime, postcodes: Mapping[str, str]) -> Posting:
        """What was typed. `postcodes`: of the sites, for their time zones. Raises `Invalid` by field."""
        errors: dict[str, Any] = {}
        site = "" if self.site.data in (None, "", ELSEWHERE) else self.site.data or ""
        zone = zone_of(postcodes.get(site) or postcode_in(self.address.data or ""))
        made, out = self._time("made", errors), self._time("out_since", errors)
        opens, closes = self._time("opens", errors), self._time("closes", errors)
        window = hours.window(opens, closes, at, zone) if opens and closes else (None, None)
        grams = self._number("grams", errors)
        post = Post(
            quantity=self._number("quantity", errors),
            unit=self.unit.data or "",
            made_at=hours.last_at(made, at, zone) if made else None,
            use_by=self._moment("use_by", zone, errors),
            best_before=self._day("best_before", errors),
            keep=self.keep.data or "",
            temperature=read_temperature(self.temperature.data, errors, "temperature"),
            out_since=hours.last_at(out, at, zone) if out else None,
            allergens=tuple(self.allergens.data or ()),
            allergens_none=bool(self.allergens_none.data),
            served=False if self.never_served.data else None,
            reheated=False if self.never_reheated.data else None,
            opens_at=window[0],
            closes_at=window[1],
            open_to=self.open_to.data or "",
            packaging=self.packaging.data or "",
        )
        if errors:
            raise Invalid(errors)
        return Posting(
            post,
            title=self.title.data or "",
            category=self.category.data or "",
            grams=int(grams) if grams is not None and post.unit == "portion" else None,
            note=(self.note.data or "").replace("\x00", ""),
            site=site or None,
            address=self.address.data or "",
            contact=self.contact.data or "",
            first_come=self.choice.data != "donor",
            fallback_bio_waste=bool(self.fallback.data),
            production=self.production.data or None,
            shooting_day=(post.made_at or at).astimezone(zone).date(),
        )

    def _time(self, name: str, errors: dict[str, Any]) -> time | None:
        text = self[name].data or ""
        found = hours.read_time(text) if text else None
        if text and found is None:
            errors[name] = WRONG_TIME
        return found

    def _number(self, name: str, errors: dict[str, Any]) -> Decimal | None:
        text = self[name].data or ""
        found = read_quantity(text) if text else None
        if text and found is None:
            errors[name] = _("Écrivez un nombre.")
        return found

    def _moment(self, name: str, zone: Any, errors: dict[str, Any]) -> datetime | None:
        text = self[name].data or ""
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
            if not hours.is_of_our_time(found):
                raise ValueError(text)
            return found.replace(tzinfo=zone).astimezone(UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError):
            errors[name] = _("Écrivez le jour et l’heure ainsi : 2026-11-25 01:00.")
            return None

    def _day(self, name: str, errors: dict[str, Any]) -> date | None:
        text = self[name].data or ""
        try:
            found = date.fromisoformat(text) if text else None
            if found is not None and not hours.is_of_our_time(found):
                raise ValueError(text)
            return found
        except ValueError:
            errors[name] = _("Écrivez le jour ainsi : 2026-11-25.")
            return None


# what the service calls by another name than the form
FIELD_OF = {
    "made_at": "made", "closes_at": "closes", "served": "never_served", "reheated": "never_reheated",
    "lines": "quantity", "place": "address", "origin_production": "production", "category_key": "category",
}  # fmt: skip


class ClaimForm(FlaskForm):
    """So much of a meal."""

    quantity = StringField(_l("Combien"), filters=[one_line], render_kw=_NUMBER)
    key = HiddenField(filters=[one_line])


class TemperatureForm(FlaskForm):
    """What the probe says now."""

    temperature = StringField(_l("Température à cœur maintenant"), filters=[one_line], render_kw=_NUMBER)
    out_since = StringField(_l("Hors température depuis"), filters=[one_line], render_kw=_TIME)


class ProfileForm(FlaskForm):
    """How a house fetches meals."""

    site = SelectField(_l("D’où vous partez"), validate_choice=False)
    place = text_field(_l("Commune ou code postal"), 80)
    range_km = StringField(_l("Jusqu’où"), filters=[one_line], render_kw={**_NUMBER, "inputmode": "numeric"})
    vehicle = SelectField(_l("Véhicule"), validate_choice=False)
    cold_box = BooleanField(_l("Nous avons une caisse froide, ou un camion frigorifique."))
    hot_box = BooleanField(_l("Nous avons une caisse chaude ou isotherme."))
    capacity_portions = StringField(
        _l("Portions au plus en une fois"), filters=[one_line], render_kw={**_NUMBER, "inputmode": "numeric"}
    )
    not_taken = Several(_l("Ce que vous ne prenez pas"), validate_choice=False)
    alerts = BooleanField(_l("Prévenez-nous quand un repas est à prendre."))

    def offer(self, sites: list[tuple[str, str]]) -> None:
        vehicles = [(key, label("vehicle", key)) for key in taxonomy.vehicles()]
        self.site.choices = chosen_from([*sites, (ELSEWHERE, _("Ailleurs"))])
        self.vehicle.choices = chosen_from([("", _("Aucun, à pied")), *vehicles])
        self.not_taken.choices = chosen_from(food_choices())

    def days(self) -> list[Any]:
        return [self[f"hours_{day}"] for day in hours.DAYS]

    def profile(self) -> Profile:
        """What was typed. Raises `Invalid` by field."""
        errors: dict[str, Any] = {}

        def whole(name: str) -> int | None:
            text = self[name].data or ""
            if text and not (text.isascii() and text.isdecimal() and len(text) < 7):
                errors[name] = _("Écrivez un nombre rond.")
                return None
            return int(text) if text else None

        found = Profile(
            site="" if self.site.data in (None, "", ELSEWHERE) else self.site.data or "",
            place=self.place.data or "",
            cold_box=bool(self.cold_box.data),
            hot_box=bool(self.hot_box.data),
            vehicle=self.vehicle.data or "",
            range_km=whole("range_km"),
            hours={day: self[f"hours_{day}"].data or "" for day in hours.DAYS},
            capacity_portions=whole("capacity_portions"),
            not_taken=tuple(self.not_taken.data or ()),
            alerts=bool(self.alerts.data),
        )
        if errors:
            raise Invalid(errors)
        return found


for _day in hours.DAYS:
    setattr(ProfileForm, f"hours_{_day}", text_field(wording.DAYS[_day], 80))
