"""Forms of organisations, sites, members and productions. What is right is decided by the services; these keep what
was typed and show the refusal beside the field."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length, Optional

from marketplace.accounts.forms import one_line
from marketplace.accounts.opening_hours import DAYS, write_day
from marketplace.accounts.organisations import KINDS
from marketplace.accounts.permissions import PRODUCTION_ROLES, ROLES
from marketplace.accounts.productions import KINDS as PRODUCTION_KINDS
from marketplace.core import geo
from marketplace.web.labels import choices, label

CHOOSE = ("", _l("Choisir"))
DAY_NAMES = {
    "mon": _l("Lundi"),
    "tue": _l("Mardi"),
    "wed": _l("Mercredi"),
    "thu": _l("Jeudi"),
    "fri": _l("Vendredi"),
    "sat": _l("Samedi"),
    "sun": _l("Dimanche"),
}


def _as_text(value: Any) -> str | None:
    return None if value is None else str(value)


def line(text: Any, longest: int, *, optional: bool = True, field: Any = StringField, **about: Any) -> Any:
    """A line of text; whether it may stay empty is shown, and decided by the service."""
    rules = [Length(max=longest, message=_l("%(max)d caractères au plus."))]
    if optional:
        rules.append(Optional())
    return field(text, filters=[_as_text, one_line], validators=rules, render_kw={"maxlength": longest, **about})


class OrganisationForm(FlaskForm):
    """Founding or changing an organisation."""

    name = line(_l("Nom"), 160, optional=False, autocomplete="organization")
    kind = SelectField(_l("Ce qu’elle est"), choices=[CHOOSE, *choices("organisation", KINDS)], validate_choice=False)
    siret = line(_l("SIRET"), 40, inputmode="numeric", autocomplete="off")
    rna = line(_l("Numéro RNA"), 40, autocomplete="off")
    vat_number = line(_l("Numéro de TVA"), 40, autocomplete="off")
    website = line(_l("Site web"), 200, inputmode="url", autocomplete="url")
    phone = line(_l("Téléphone"), 30, inputmode="tel", autocomplete="tel")
    description = TextAreaField(
        _l("Présentation"),
        validators=[Optional(), Length(max=4000, message=_l("%(max)d caractères au plus."))],
        render_kw={"rows": 4, "maxlength": 4000},
    )
    takes = TextAreaField(
        _l("Ce qu’elle prend"),
        validators=[Optional(), Length(max=1000, message=_l("%(max)d caractères au plus."))],
        render_kw={"rows": 3, "maxlength": 1000},
    )
    lends = TextAreaField(
        _l("Ce qu’elle prête, loue ou donne"),
        validators=[Optional(), Length(max=1000, message=_l("%(max)d caractères au plus."))],
        render_kw={"rows": 3, "maxlength": 1000},
    )
    school_reduction_percent = line(_l("Réduction pour les écoles"), 6, inputmode="numeric", autocomplete="off")
    non_profit_reduction_percent = line(
        _l("Réduction pour les associations"), 6, inputmode="numeric", autocomplete="off"
    )
    rental_terms = TextAreaField(
        _l("Vos conditions de location"),
        validators=[Optional(), Length(max=8000, message=_l("%(max)d caractères au plus."))],
        render_kw={"rows": 6, "maxlength": 8000},
    )
    issues_tax_receipts = BooleanField(_l("Elle peut délivrer des reçus fiscaux pour les dons (CGI, art. 238 bis)"))
    named_in_verifications = BooleanField(_l("Notre nom peut paraître sur les pages de vérification"))

    def values(self) -> dict[str, Any]:
        return {field.short_name: field.data for field in self if field.short_name != "csrf_token"}


class PlacedForm(FlaskForm):
    """A form with a postcode and, where that serves several communes, a choice among them."""

    POSTCODE = "postcode"
    commune = SelectField(_l("Commune"), validate_choice=False)

    def offer_communes(self) -> None:
        """Fill the choice from the postcode typed."""
        found = geo.communes(self[self.POSTCODE].data or "")
        self.commune.choices = [CHOOSE, *((p.insee, geo.short_name(p.commune)) for p in found)]
        self.several = len(found) > 1
        if self.commune.data not in {p.insee for p in found}:
            self.commune.data = ""

    def values(self) -> dict[str, Any]:
        return {field.short_name: field.data for field in self if field.short_name != "csrf_token"}


class SiteForm(PlacedForm):
    """Adding or changing a site."""

    name = line(_l("Nom du lieu"), 120, optional=False)
    street = line(_l("Rue et numéro"), 200, autocomplete="street-address")
    postcode = line(_l("Code postal"), 12, optional=False, inputmode="numeric", autocomplete="postal-code")
    has_dock = BooleanField(_l("Il y a un quai de chargement"))
    access_notes = TextAreaField(
        _l("Accès"),
        validators=[Optional(), Length(max=2000, message=_l("%(max)d caractères au plus."))],
        render_kw={"rows": 3, "maxlength": 2000},
    )
    hours_mon = line(DAY_NAMES["mon"], 80)
    hours_tue = line(DAY_NAMES["tue"], 80)
    hours_wed = line(DAY_NAMES["wed"], 80)
    hours_thu = line(DAY_NAMES["thu"], 80)
    hours_fri = line(DAY_NAMES["fri"], 80)
    hours_sat = line(DAY_NAMES["sat"], 80)
    hours_sun = line(DAY_NAMES["sun"], 80)

    @property
    def days(self) -> list[Any]:
        return [self[f"hours_{day}"] for day in DAYS]

    @staticmethod
    def of(site: Any) -> dict[str, Any]:
        """What the form shows of a site."""
        hours = {f"hours_{day}": write_day(site.opening_hours.get(day, [])) for day in DAYS}
        kept = {key: getattr(site, key) for key in ("name", "street", "postcode", "has_dock", "access_notes")}
        return {**kept, **hours, "commune": site.insee}


class ClosingForm(FlaskForm):
    """Days on which a site is closed."""

    starts_on = DateField(_l("Premier jour"), validators=[Optional()])
    last_on = DateField(_l("Dernier jour"), validators=[Optional()])
    reason = line(_l("Raison"), 120)

    def values(self) -> dict[str, Any]:
        return {field.short_name: field.data for field in self if field.short_name != "csrf_token"}


class InviteForm(FlaskForm):
    """An address and the role offered to it."""

    email = EmailField(
        _l("Adresse"), filters=[one_line], render_kw={"autocomplete": "off", "maxlength": 254, "inputmode": "email"}
    )
    role = RadioField(_l("Rôle"), default="member", validate_choice=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.role.choices = [(r, f"{label('role', r)} : {label('role_can', r)}") for r in ROLES]


class GuestForm(FlaskForm):
    """An address and what it may do on one production."""

    email = EmailField(
        _l("Adresse"), filters=[one_line], render_kw={"autocomplete": "off", "maxlength": 254, "inputmode": "email"}
    )
    role = RadioField(
        _l("Rôle"), default="contributor", choices=choices("production_role", PRODUCTION_ROLES), validate_choice=False
    )


class ProductionForm(PlacedForm):
    """Opening or changing a production."""

    POSTCODE = "base_postcode"
    title = line(_l("Titre"), 160, optional=False)
    kind = SelectField(
        _l("Genre"), choices=[CHOOSE, *choices("production_kind", PRODUCTION_KINDS)], validate_choice=False
    )
    starts_on = DateField(_l("Premier jour"), validators=[Optional()])
    ends_on = DateField(_l("Dernier jour"), validators=[Optional()])
    base_postcode = line(_l("Code postal de la base"), 12, inputmode="numeric", autocomplete="off")

    @staticmethod
    def of(production: Any) -> dict[str, Any]:
        """What the form shows of a production. The commune is found again by its point."""
        keys = ("title", "kind", "starts_on", "ends_on", "base_postcode")
        shown = {key: getattr(production, key) for key in keys}
        for place in geo.communes(production.base_postcode or ""):
            if place.point == (production.base_lat, production.base_lon):
                shown["commune"] = place.insee
        return shown


class EmptyForm(FlaskForm):
    """A button: nothing but the token against forged requests."""
