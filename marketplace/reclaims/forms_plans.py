"""Forms of wrap plans. They keep what was typed; the services decide what is right."""

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField

from marketplace.accounts.forms import one_line
from marketplace.accounts.secret_links import DAYS, USUAL_DAYS
from marketplace.catalogue import taxonomy
from marketplace.catalogue.batches import category_named
from marketplace.catalogue.forms_fields import chosen_from
from marketplace.core.errors import Invalid
from marketplace.footprint.figures import typed_quantity
from marketplace.reclaims import wording_plans as wording
from marketplace.reclaims.plan_lines import UNITS
from marketplace.reclaims.plan_links import ROLES
from marketplace.reclaims.plans import OUTCOMES, moment
from marketplace.reclaims.queries_plans import Shown
from marketplace.web import filters
from marketplace.web.labels import choices as unit_choices

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})[T ](\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?", re.ASCII)
_FRENCH = re.compile(
    r"(\d{1,2})[/.](\d{1,2})(?:[/.](\d{4}))?,?\s*(?:à|a)?\s*(\d{1,2})\s*(?:[:hH]\s*(\d{2})?)?", re.ASCII | re.IGNORECASE
)
WRITE_MOMENT = _l("Écrivez le jour et l’heure, par exemple 12/11/2026 18:00.")
_NUMBER = {"inputmode": "decimal", "autocomplete": "off", "maxlength": 20}


class MomentField(StringField):
    """A day and an hour of the place's clock, as browsers send them or as people write them: « 12/11 18h »."""

    def __init__(self, label: Any, **values: Any):
        super().__init__(label, filters=[one_line], **values)

    def __call__(self, **attributes: Any) -> Any:
        known = not self.data or _ISO.fullmatch(self.data)
        return super().__call__(**{"type": "datetime-local" if known else "text", "maxlength": 40, **attributes})

    def moment(self, zone: ZoneInfo, today: date) -> datetime | None:
        """The instant, None where nothing was typed. Raises ValueError for what is none."""
        return read_moment(self.data or "", zone, today)

    def show(self, at: datetime | None, zone: ZoneInfo) -> None:
        self.data = at.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if at else ""


def read_moment(text: str, zone: ZoneInfo, today: date) -> datetime | None:
    """« 2026-11-12T18:00 », « 12/11/2026 18:00 », « 12/11 18h » (the next such day). Raises ValueError."""
    text = text.strip()
    if not text:
        return None
    if match := _ISO.fullmatch(text):
        year, month, day, hour, minute = map(int, match.groups())
    elif match := _FRENCH.fullmatch(text):
        day, month, hour, minute = int(match[1]), int(match[2]), int(match[4]), int(match[5] or 0)
        year = int(match[3] or today.year)
        if not match[3] and date(year, month, day) < today - timedelta(days=30):
            year += 1
    else:
        raise ValueError("moment")
    if not 2000 <= year <= 2100:
        raise ValueError("moment")
    return moment(date(year, month, day), time(hour, minute), zone)


def _read(field: MomentField, zone: ZoneInfo, today: date, errors: dict[str, Any]) -> datetime | None:
    try:
        return field.moment(zone, today)
    except ValueError:
        errors[field.short_name] = str(WRITE_MOMENT)
        return None


def outcome_choices(nothing: Any) -> list[Any]:
    return chosen_from([("", nothing), *((code, wording.OUTCOMES[code]) for code in OUTCOMES)])


def vehicle_choices(nothing: Any) -> list[Any]:
    language = filters.language()
    return chosen_from([("", nothing), *((one.key, one.name(language)) for one in taxonomy.vehicles().values())])


class PlanForm(FlaskForm):
    """Where, until when, and what becomes of what nobody took."""

    production = SelectField(_l("Production"), validate_choice=False)
    place = StringField(
        _l("Lieu"),
        description=_l("Comme l’équipe l’appelle : « Studio 4, Épinay ». Un plan par lieu."),
        filters=[one_line],
        render_kw={"maxlength": 120, "autocomplete": "off"},
    )
    postcode = StringField(
        _l("Code postal ou commune"), filters=[one_line], render_kw={"maxlength": 80, "autocomplete": "postal-code"}
    )
    skip_at = MomentField(
        _l("La benne arrive"),
        description=_l("Le jour et l’heure, à l’heure du lieu : tout doit avoir son devenir avant."),
    )
    next_outcome = SelectField(_l("Ce que personne n’a pris devient"), validate_choice=False)
    next_at = MomentField(
        _l("À partir de"),
        description=_l(
            "Ce qui est encore à décider, à vendre, à louer ou à donner passe alors à cette suite, tout seul."
        ),
    )
    version = HiddenField(filters=[one_line])

    def offer(self, productions: Iterable[tuple[str, str]] | None) -> None:
        if productions is None:
            del self.production
        else:
            self.production.choices = chosen_from(productions)
        self.next_outcome.choices = outcome_choices(_l("Rien ne change tout seul"))

    def values(self, zone: ZoneInfo, today: date) -> dict[str, Any]:
        """Raises `Invalid` by field for moments that are none."""
        errors: dict[str, Any] = {}
        found = {
            "place": self.place.data, "postcode": self.postcode.data, "next_outcome": self.next_outcome.data,
            "skip_at": _read(self.skip_at, zone, today, errors), "next_at": _read(self.next_at, zone, today, errors),
        }  # fmt: skip
        if errors:
            raise Invalid(errors)
        return found


class AddForm(FlaskForm):
    """Lines typed in bulk."""

    zone = StringField(
        _l("Zone"), description=_l("Où c’est : « Plateau A », « Magasin ». Une ligne qui finit par « : » en change."),
        filters=[one_line], render_kw={"maxlength": 60, "autocomplete": "off"},
    )  # fmt: skip
    lines = TextAreaField(
        _l("Ce qui reste, une ligne par chose"),
        description=_l("« 6 feuilles 3x2 m », « 40 m² de moquette », « 2 canapés cuir, 80 kg »."),
        render_kw={"rows": 10, "maxlength": 20000, "autocapitalize": "off"},
    )
    outcome = SelectField(_l("Devenir de toutes"), validate_choice=False)
    version = HiddenField(filters=[one_line])  # of this form, so that one sent twice is written once

    def offer(self) -> None:
        self.outcome.choices = outcome_choices(wording.UNDECIDED)


class LineForm(FlaskForm):
    """One line: what it is, what becomes of it, who sees to it."""

    title = StringField(_l("Quoi"), filters=[one_line], render_kw={"maxlength": 140, "autocomplete": "off"})
    category = StringField(
        _l("Rayon"), filters=[one_line], render_kw={"maxlength": 120, "autocomplete": "off", "list": "rayons"}
    )
    quantity = StringField(_l("Quantité"), filters=[one_line], render_kw=_NUMBER)
    unit = SelectField(_l("Unité"), validate_choice=False)
    mass = StringField(_l("Masse d’une unité"), filters=[one_line], render_kw=_NUMBER)
    volume = StringField(_l("Volume de toute la ligne"), filters=[one_line], render_kw=_NUMBER)
    zone = StringField(_l("Zone"), filters=[one_line], render_kw={"maxlength": 60, "list": "zones"})
    outcome = SelectField(_l("Devenir"), validate_choice=False)
    who = StringField(_l("Qui s’en occupe"), filters=[one_line], render_kw={"maxlength": 80, "list": "qui"})
    due_at = MomentField(_l("Quand ça part"))
    vehicle = SelectField(_l("Véhicule"), validate_choice=False)
    note = StringField(_l("Note"), filters=[one_line], render_kw={"maxlength": 400})
    next_outcome = SelectField(_l("Si personne ne la prend, elle devient"), validate_choice=False)
    next_at = MomentField(_l("À partir de"))
    version = HiddenField(filters=[one_line])

    def offer(self) -> None:
        self.unit.choices = chosen_from(unit_choices("unit_name", UNITS))
        self.outcome.choices = outcome_choices(wording.UNDECIDED)
        self.next_outcome.choices = outcome_choices(_l("Comme dit le plan"))
        self.vehicle.choices = vehicle_choices(_l("Pas encore"))

    def show(self, line: Shown, zone: ZoneInfo) -> None:
        """Fill in what a line says now."""
        known = taxonomy.categories().get(line.category_key or "")
        self.title.data, self.zone.data, self.who.data, self.note.data = line.title, line.zone, line.who, line.note
        self.category.data = known.name(filters.language()) if known else ""
        self.quantity.data = _plain(line.quantity)
        self.unit.data, self.outcome.data, self.vehicle.data = line.unit, line.outcome or "", line.vehicle or ""
        self.mass.data = _plain(Decimal(line.mass_grams) / 1000) if line.mass_grams else ""
        self.volume.data = _plain(Decimal(line.volume_litres) / 1000) if line.volume_litres else ""
        self.next_outcome.data = line.next_outcome or ""
        self.due_at.show(line.due_at, zone)
        self.next_at.show(line.next_at, zone)
        self.version.data = str(line.version)

    def values(self, line: Shown, zone: ZoneInfo, today: date, *, decides: bool) -> dict[str, Any]:
        """The columns; a bearer of a link gives fewer. Raises `Invalid` by field."""
        errors: dict[str, Any] = {}
        found: dict[str, Any] = {
            "who": self.who.data, "note": self.note.data, "vehicle": self.vehicle.data,
            "due_at": _read(self.due_at, zone, today, errors),
        }  # fmt: skip
        if decides:
            found |= {"title": self.title.data, "zone": self.zone.data, "unit": self.unit.data}
            found |= {"outcome": self.outcome.data, "next_outcome": self.next_outcome.data or None}
            found["next_at"] = _read(self.next_at, zone, today, errors)
            found["quantity"] = _figure(self.quantity.data, "quantity", errors)
            found |= self._measures(line, errors)
            if (self.category.data or "").strip():
                found["category_key"] = category_named(self.category.data or "", filters.language())
                if found["category_key"] is None:
                    errors["category"] = _("Ce rayon n’est pas connu : choisissez-le dans la liste.")
            else:
                found["category_key"] = None
        if errors:
            raise Invalid(errors)
        return found

    def _measures(self, line: Shown, errors: dict[str, Any]) -> dict[str, Any]:
        """Mass and volume; a mass that was typed is a guess no more."""
        found: dict[str, Any] = {"mass_grams": None, "volume_litres": None}
        if self.mass.data:
            kilos = _figure(self.mass.data, "mass", errors)
            if kilos is not None:
                found["mass_grams"] = int(kilos * 1000)
                if found["mass_grams"] != line.mass_grams:
                    found["mass_source"] = "estimated"
        if self.volume.data:
            cubic = _figure(self.volume.data, "volume", errors)
            if cubic is not None:
                found["volume_litres"] = int(cubic * 1000)
        return found


def _plain(value: Decimal) -> str:
    return filters.number(value).replace("\u00a0", "").replace("\u202f", "")


def _figure(text: str | None, field: str, errors: dict[str, Any]) -> Decimal | None:
    try:
        return typed_quantity(text or "")
    except ValueError:
        errors[field] = _("Écrivez un nombre, par exemple 12 ou 12,5.")
        return None


class PlanLinkForm(FlaskForm):
    """A new link: for whom, what it allows, until when."""

    name = StringField(
        _l("Pour qui"),
        description=_l("Ce nom signe ce que le lien coche et ajoute : « Équipe déco », « Camille, machiniste »."),
        filters=[one_line],
        render_kw={"maxlength": 80, "autocomplete": "off"},
    )
    role = RadioField(
        _l("Ce qu’il permet"), choices=chosen_from((role, wording.LINK_ROLES[role]) for role in ROLES), default="help",
        validate_choice=False,
    )  # fmt: skip
    days = SelectField(_l("Valable"), default=str(USUAL_DAYS), validate_choice=False)

    def offer(self) -> None:
        self.days.choices = chosen_from((str(n), _("%(n)s jours", n=n)) for n in DAYS)

    def chosen_days(self) -> int:
        text = self.days.data or ""
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0
