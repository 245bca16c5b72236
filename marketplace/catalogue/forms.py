"""The form of a listing. It carries what was typed and shows what was wrong; `rules.parse_fields` decides."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from marketplace.catalogue import lending, packages, taxonomy
from marketplace.catalogue.fields import COLOURS, CONDITIONS, MASS_SOURCES, MODES, UNITS
from marketplace.catalogue.forms_fields import Materials, Several, Weeks, chosen_from
from marketplace.catalogue.forms_fields import choices as choices
from marketplace.catalogue.models import Listing
from marketplace.catalogue.rules import propose
from marketplace.catalogue.stages import STAGES
from marketplace.core.money import parse_cents
from marketplace.web import filters
from marketplace.web.labels import labels

# field of the form → field of the API
_EUROS = {
    "price": "price_cents",
    "weekly_rate": "weekly_rate_cents",
    "deposit": "deposit_cents",
    "minimum": "minimum_cents",
    "replacement_value": "replacement_value_cents",
}
_PLAIN = (
    "title", "description", "category", "quantity", "unit", "length_cm", "width_cm", "height_cm", "mass_kg",
    "mass_source", "condition", "period", "style", "fire_rating", "reference", "available_from", "gone_by",
    "visibility", "partners_on", "public_on", "origin_production", "made_for", "prep_days", "turnaround_days",
    "grace_days", "longest_rental_days", "acquired", "uses_expected", "uses_made", "route_avoided", "shelf",
)  # fmt: skip
_FLAGS = ("asks_insurance", "takes_offers", "open_to_public")
# field of the API → field of the form, where they differ
_SHOWN_BY = {
    **{name: shown for shown, name in _EUROS.items()},
    "handling.dismantling": "dismantling",
    "handling.people": "handling_people",
    "handling.vehicle": "handling_vehicle",
    "handling": "handling_people",
    "lat": "place",
    "lon": "place",
    "city": "place",
}
TRAIT = "trait_"  # before the name of a question of the category's package


class ListingForm(FlaskForm):
    """One page: what, how much, how, where and when, and the rest."""

    version = HiddenField()
    title = StringField(_l("Titre"))
    description = TextAreaField(_l("Description"))
    category = SelectField(_l("Rayon"), validate_choice=False)
    quantity = StringField(_l("Quantité"))
    unit = SelectField(_l("Unité"), validate_choice=False)
    condition = RadioField(_l("État"), choices=choices("condition", CONDITIONS), validate_choice=False)
    modes = Several(_l("Vous les"), choices=choices("mode_give", MODES), validate_choice=False)
    price = StringField(_l("Prix de vente, hors taxes"))
    weekly_rate = StringField(_l("Prix d’une semaine de location, hors taxes"))
    takes_offers = BooleanField(_l("Les offres sont bienvenues"))
    open_to_public = BooleanField(_l("Des particuliers peuvent aussi les demander"))
    deposit = StringField(_l("Caution"))
    rental_coefficients = Weeks(_l("Ce que coûte chaque semaine"))
    grace_days = StringField(_l("Jours de grâce"))
    minimum = StringField(_l("Montant minimum, hors taxes"))
    longest_rental_days = StringField(_l("Durée la plus longue"))
    prep_days = StringField(_l("Préparation avant le départ"))
    turnaround_days = StringField(_l("Remise en état après le retour"))
    asks_insurance = BooleanField(_l("Une attestation d’assurance est demandée"))
    acquired = SelectField(_l("Comment vous les avez eues"), validate_choice=False)
    uses_expected = StringField(_l("Locations attendues dans leur vie"))
    uses_made = StringField(_l("Usages que vous en avez faits"))
    route_avoided = SelectField(_l("Sans preneur, elles partiraient"), validate_choice=False)
    site = SelectField(_l("Où les prendre"), validate_choice=False)
    place = StringField(_l("Code postal ou commune"))
    available_from = StringField(_l("Disponible dès"))
    gone_by = StringField(_l("À enlever avant"))
    mass_kg = StringField(_l("Masse d’une unité"))
    mass_source = RadioField(_l("Cette masse est"), choices=choices("mass_source", MASS_SOURCES), validate_choice=False)
    length_cm = StringField(_l("Longueur"))
    width_cm = StringField(_l("Largeur ou épaisseur"))
    height_cm = StringField(_l("Hauteur"))
    materials = Materials(_l("Matières"))
    materials_confirmed = BooleanField(_l("Ces matières sont les bonnes"))
    period = SelectField(_l("Époque"), validate_choice=False)
    style = StringField(_l("Style"))
    colours = Several(_l("Couleurs"), choices=choices("colour", COLOURS), validate_choice=False)
    fire_rating = StringField(_l("Classement au feu"))
    replacement_value = StringField(_l("Valeur à neuf"))
    dismantling = BooleanField(_l("À démonter sur place"))
    handling_people = StringField(_l("Personnes pour porter"))
    handling_vehicle = SelectField(_l("Véhicule conseillé"), validate_choice=False)
    origin_production = SelectField(_l("Vient de la production"), validate_choice=False)
    made_for = StringField(_l("Titre de l’œuvre"))
    origin_hidden = BooleanField(_l("Garder cette origine pour votre organisation"))
    reference = StringField(_l("Votre référence"))
    shelf = StringField(_l("Rayonnage"))
    visibility = RadioField(_l("Qui la voit"), choices=choices("visibility", STAGES), validate_choice=False)
    partners_on = StringField(_l("Vos partenaires dès le"))
    public_on = StringField(_l("Tout le monde dès le"))

    def offer(
        self, sites: Iterable[tuple[str, str, str]], productions: Iterable[tuple[str, str]], category: str | None
    ) -> None:
        """Fill the lists to choose from."""
        places = [(public_id, f"{name}, {city}") for public_id, name, city in sites]
        self.site.choices = chosen_from([*places, ("", _("Ailleurs"))] if places else [])
        self.origin_production.choices = chosen_from([("", _("Aucune")), *productions])
        self.unit.choices = [SelectChoice("", _("Choisissez")), *choices("unit_name", UNITS)]
        vehicles = choices("vehicle", taxonomy.vehicles())
        self.handling_vehicle.choices = [SelectChoice("", _("Aucun en particulier")), *vehicles]
        self.route_avoided.choices = [SelectChoice("", _("Je ne sais pas")), *choices("route", lending.ROUTES)]
        self.acquired.choices = [SelectChoice("", _("Non précisé")), *choices("acquired", lending.ACQUIRED)]
        periods = labels("period")
        if self.period.data and self.period.data not in periods:
            periods[self.period.data] = self.period.data
        self.period.choices = chosen_from([("", _("Aucune")), *periods.items()])
        self.category.choices = category_choices(self.category.data or category)

    def shown_by(self, name: str) -> str:
        """The field that shows a field of the API."""
        shown = _SHOWN_BY.get(name, name).replace("traits.", TRAIT)
        return "place" if shown == "site" and not self.site.choices else shown

    def show(self, errors: Mapping[str, Any]) -> None:
        """Put sentences beside their fields, and those of no field on top."""
        for name, found in errors.items():
            shown = self.shown_by(name)
            sentences = list(found) if isinstance(found, list | tuple) else [found]
            if shown in self:
                self[shown].errors = [*self[shown].errors, *sentences]
            else:
                self.form_errors.extend(sentences)


def form_class(category_key: str | None) -> type[ListingForm]:
    """The form with the questions of a category's package."""
    names = tuple(one.name for one in packages.package_of(category_key).questions)
    return _form_class(names, filters.language())


@lru_cache(maxsize=200)
def _form_class(names: tuple[str, ...], language: str) -> type[ListingForm]:
    known = packages.questions()
    fields = {TRAIT + name: _trait_field(known[name], language) for name in names}
    return type("ListingForm", (ListingForm,), fields) if fields else ListingForm


def _trait_field(question: packages.Question, language: str) -> Any:
    label = question.label.of(language)
    about = question.help.of(language) if question.help else ""
    if question.kind in ("choice", "flag"):
        if question.kind == "flag":
            options = [("", _("Non précisé")), ("yes", _("Oui")), ("no", _("Non"))]
        else:
            options = [("", _("Non précisé")), *((code, name.of(language)) for code, name in question.options.items())]
        return SelectField(label, description=about, choices=chosen_from(options), validate_choice=False)
    return StringField(label, description=about)


def trait_shown(question: packages.Question, value: Any) -> str:
    """A kept value as its field shows it."""
    if question.kind == "flag":
        return "yes" if value else "no"
    return typed(Decimal(str(value))) if question.kind == "number" else str(value)


def category_choices(chosen: str | None) -> list[SelectChoice]:
    """The main categories by branch, each with the words one may look for it by; `chosen` is there whatever it is."""
    known, words, language = taxonomy.categories(), taxonomy.synonyms(), filters.language()
    found = [SelectChoice("", _("Choisissez un rayon"))]
    for top, keys in taxonomy.pickable():
        shown = keys if chosen not in taxonomy.branch(top) or chosen in keys else (*keys, chosen)
        for key in shown:
            if key is None:
                continue
            name = known[key].name(language)
            found.append(
                SelectChoice(
                    key,
                    name if known[key].unit else _("%(branch)s, autre", branch=name),
                    {"data-words": " ".join(words.get(key, ()))} if key in words else {},
                    optgroup=known[top].name(language),
                )
            )
    return found


def raw_from(form: Any, listing: Listing | None) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """(raw, errors): what `parse_fields` reads, from the fields of a sent form that are there.

    Boxes are only looked at where the whole form was sent (`whole`): an unticked box sends nothing. Amounts are typed
    in euros. Errors are those of amounts.
    """
    raw: dict[str, Any] = {name: form[name] for name in _PLAIN if name in form}
    amounts, errors = euros_of(form, _EUROS)
    raw |= amounts
    if raw.get("mass_kg") == "":
        raw["mass_source"] = "guessed"
    if "visibility" in raw and raw["visibility"] == "":
        del raw["visibility"]
    if "material" in form:
        pairs = zip(form.getlist("material"), form.getlist("share"), strict=False)
        raw["materials"] = [{"key": key, "share": share} for key, share in pairs if key or share]
    if "coefficient" in form:
        raw["rental_coefficients"] = form.getlist("coefficient")
    if "whole" in form:
        raw |= {name: name in form for name in _FLAGS}
        raw["modes"] = form.getlist("modes")
        raw["colours"] = form.getlist("colours")
        raw["materials_confirmed"] = "materials_confirmed" in form
        raw["origin_hidden"] = "origin_hidden" in form
        raw["handling"] = {
            "dismantling": "dismantling" in form,
            "people": form.get("handling_people"),
            "vehicle": form.get("handling_vehicle"),
        }
    elif "materials" in raw:
        raw["materials_confirmed"] = False
    if any(name.startswith(TRAIT) for name in form):  # those of another category's package are left behind
        asked = packages.names_of(form.get("category") or (listing.category_key if listing else None))
        raw["traits"] = {name: form[TRAIT + name] for name in asked if TRAIT + name in form}
    site, place = form.get("site"), form.get("place", "").strip()
    if site:
        raw["site"] = site
    elif (site is not None or "place" in form) and (
        listing is None or listing.site_id is not None or place != place_of(listing)
    ):
        raw |= {"site": None, "place": place}
    return raw, errors


def euros_of(form: Any, names: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """(raw, errors): amounts typed in euros, in cents by the API's names. `names`: field of the form → of the API."""
    raw: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for shown, name in names.items():
        if shown not in form:
            continue
        typed = form[shown].strip()
        try:
            raw[name] = parse_cents(typed) if typed else None
        except ValueError:
            errors[name] = [_("Un montant en euros est attendu, par exemple 45 ou 45,50.")]
    return raw, errors


def settle_guesses(values: dict[str, Any]) -> None:
    """A guess that was changed is a guess no more: what differs from the category's proposal was typed by somebody."""
    proposed = propose(values.get("category_key"))
    mass = values.get("mass_grams")
    if values.get("mass_source") == "guessed" and mass is not None and mass != proposed.get("mass_grams"):
        values["mass_source"] = "estimated"
    if values.get("materials") and values["materials"] != proposed.get("materials"):
        values["materials_confirmed"] = True


def place_of(listing: Listing) -> str:
    """Where a listing without a site is, as one types it."""
    return f"{listing.postcode or ''} {listing.city or ''}".strip() if listing.site_id is None else ""


def typed(value: Any) -> str:
    """A figure as a form shows it: « 12,5 », without separators, so that it can be typed over."""
    if value is None:
        return ""
    text = format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)
    return text.replace(".", ",") if filters.language() == "fr" else text


def euros(cents: int | None) -> str:
    """An amount as a form shows it: « 45 » or « 45,50 »."""
    if cents is None:
        return ""
    text = str(cents // 100) if cents % 100 == 0 else f"{cents // 100}.{cents % 100:02d}"
    return text.replace(".", ",") if filters.language() == "fr" else text


def blank_data(keeper_kind: str) -> dict[str, Any]:
    """What the form shows before there is a listing, to an organisation of this kind."""
    return {"visibility": "public", "mass_source": "guessed", "modes": [], **_terms(lending.unsaid(keeper_kind))}


def form_data(listing: Listing) -> dict[str, Any]:
    """What the form shows of a listing before anybody typed."""
    return {
        **{name: getattr(listing, name) or "" for name in ("title", "description", "period", "style", "fire_rating")},
        "version": listing.version,
        "category": listing.category_key or "",
        "quantity": typed(listing.quantity),
        "unit": listing.unit or "",
        "modes": listing.modes,
        "condition": listing.condition,
        "site": listing.site.public_id if listing.site else "",
        "place": place_of(listing),
        "available_from": listing.available_from.isoformat() if listing.available_from else "",
        "gone_by": listing.gone_by.isoformat() if listing.gone_by else "",
        "mass_source": listing.mass_source,
        "materials_confirmed": listing.materials_confirmed,
        "colours": listing.colours,
        "dismantling": listing.dismantling,
        "handling_people": typed(listing.handling_people),
        "handling_vehicle": listing.handling_vehicle or "",
        "origin_production": listing.origin_production.public_id if listing.origin_production else "",
        "made_for": listing.made_for or "",
        "origin_hidden": listing.origin_hidden,
        "reference": listing.reference or "",
        "visibility": listing.visibility,
        "partners_on": listing.partners_on.isoformat() if listing.partners_on else "",
        "public_on": listing.public_on.isoformat() if listing.public_on else "",
        **{shown: euros(getattr(listing, name)) for shown, name in _EUROS.items()},
        **_terms({name: getattr(listing, name) for name in lending.UNSAID}),
        **{
            TRAIT + question.name: trait_shown(question, value)
            for question, value in packages.shown(listing.category_key, listing.traits)
        },
        **figures(listing.mass_grams, listing.length_cm, listing.width_cm, listing.height_cm, listing.materials),
    }


def _terms(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the form shows of the terms of a loan; its amounts are shown with the others."""
    days = ("prep_days", "turnaround_days", "grace_days", "longest_rental_days", "uses_expected", "uses_made")
    return {
        **{name: typed(values[name]) for name in days},
        **{name: values[name] for name in _FLAGS},
        **{name: values[name] or "" for name in ("acquired", "route_avoided", "shelf")},
        "rental_coefficients": lending.coefficients_of(values["rental_coefficients"]),
    }


def figures(
    mass_grams: int | None, length_cm: int | None, width_cm: int | None, height_cm: int | None, materials: list[Any]
) -> dict[str, Any]:
    """What a category proposes and a listing holds, as the form shows it."""
    return {
        "mass_kg": typed(None if mass_grams is None else Decimal(mass_grams) / 1000),
        "length_cm": typed(length_cm),
        "width_cm": typed(width_cm),
        "height_cm": typed(height_cm),
        "materials": [(one["key"], str(one["share"])) for one in materials],
    }
