"""What was done to a listing, in words, for its own organisation."""

from datetime import date
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.catalogue import history, packages, taxonomy
from marketplace.catalogue.forms import ListingForm
from marketplace.catalogue.history import Change, History
from marketplace.catalogue.views import blueprint as blueprint
from marketplace.catalogue.views_facts import said
from marketplace.catalogue.views_terms import days_said, weeks_said
from marketplace.core.text import slug
from marketplace.web import filters
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.labels import label, labels

# column → the field of the form whose name it bears
_FIELDS = {
    "category_key": "category", "mass_grams": "mass_kg", "price_cents": "price", "weekly_rate_cents": "weekly_rate",
    "deposit_cents": "deposit", "replacement_value_cents": "replacement_value", "site_id": "site",
    "origin_production_id": "origin_production", "city": "place", "minimum_cents": "minimum",
}  # fmt: skip
_CODES = {  # column → kind of label
    "unit": "unit_name", "condition": "condition", "mass_source": "mass_source", "visibility": "visibility",
    "period": "period", "handling_vehicle": "vehicle", "acquired": "acquired", "route_avoided": "route",
}  # fmt: skip
_LISTS = {"modes": "mode", "colours": "colour"}
_CENTS = frozenset({"price_cents", "weekly_rate_cents", "deposit_cents", "replacement_value_cents", "minimum_cents"})
_COUNTS_OF_DAYS = frozenset({"prep_days", "turnaround_days", "grace_days", "longest_rental_days"})
_DAYS = frozenset({"available_from", "gone_by", "partners_on", "public_on"})


@blueprint.get("/annonces/<string(length=13):public_id>/historique")
@enter.member
def listing_history(public_id: str) -> str:
    """Who did what and when, the latest first."""
    page = request.args.get("page", "1")
    number = int(page) if page.isdecimal() and len(page) < 7 else 1
    listing, found = history.changes_of(signed_in_actor(), public_id, number)
    form = ListingForm(formdata=None)
    return render_template(
        "catalogue/history.html",
        listing=listing,
        slug=slug(listing.title),
        found=found,
        rows=[(_act(change), change.at, _who(change), _lines(change, found, form)) for change in found.changes],
        first=(found.page - 1) * history.PER_PAGE + 1,
        page_url=lambda n: url_for("catalogue.listing_history", public_id=public_id, page=n),
    )


def _act(change: Change) -> str:
    if change.act in ("photo_added", "photo_removed"):
        before, after = change.values.get("photos", (0, 1))
        count = abs(after - before)
        if change.act == "photo_added":
            return ngettext("Photo ajoutée", "%(num)d photos ajoutées", count)
        return ngettext("Photo retirée", "%(num)d photos retirées", count)
    words = {
        "created": lambda: _("Brouillon commencé"),
        "copied": lambda: _("Copiée d’une autre annonce"),
        "from_template": lambda: _("Commencée d’après un modèle"),
        "edited": lambda: _("Modifiée"),
        "published": lambda: _("Publiée"),
        "withdrawn": lambda: _("Retirée"),
        "expired": lambda: _("Fermée : la date est passée"),
        "visibility": lambda: _("Montrée à plus de monde, comme prévu"),
        "composed": lambda: _("Ensemble composé"),
        "hidden": lambda: _("Masquée par la modération"),
        "shown": lambda: _("Remise en ligne par la modération"),
    }
    return words[change.act]() if change.act in words else _("Modifiée")


def _who(change: Change) -> str:
    if change.who:
        return change.who
    if change.act in ("hidden", "shown"):
        return _("la modération")
    if change.act in ("expired", "visibility"):
        return _("Seconde Prise, à la date dite")
    return _("quelqu’un dont le compte est fermé")


def _lines(change: Change, found: History, form: ListingForm) -> list[tuple[str, str, str]]:
    """(what, before, after) of each value that changed, in words; empty is said so."""
    lines = []
    for column, (before, after) in change.values.items():
        if column == "photos":
            continue
        if column == "traits":
            lines += _trait_lines(before or {}, after or {})
            continue
        field = _FIELDS.get(column, column)
        name = _("Raison") if column == "hidden_reason" else str(form[field].label.text) if field in form else ""
        if name:
            lines.append((name, _said(column, before, found), _said(column, after, found)))
    return lines


def _trait_lines(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str]]:
    language, known = filters.language(), packages.questions()
    lines = []
    for name in dict.fromkeys([*before, *after]):
        question = known.get(name)
        if question is not None and before.get(name) != after.get(name):
            old, new = (said(question, at[name]) if name in at else "" for at in (before, after))
            lines.append((question.label.of(language), old, new))
    return lines


def _said(column: str, value: Any, found: History) -> str:
    if column == "rental_coefficients":
        return weeks_said(value)
    if value is None or value == "" or value == []:
        return ""
    if column in _COUNTS_OF_DAYS:
        return days_said(value)
    if column in _CODES:
        return str(labels(_CODES[column]).get(value, value))
    if column in _LISTS:
        return ", ".join(label(_LISTS[column], one) for one in value)
    if column in _CENTS:
        return filters.money(value)
    if column in _DAYS:
        return filters.day(date.fromisoformat(value))
    if column == "mass_grams":
        return filters.mass(value)
    if column == "category_key":
        known = taxonomy.categories()
        return known[value].name(filters.language()) if value in known else str(value)
    if column == "materials":
        known_materials = taxonomy.materials()
        names = {key: one.name(filters.language()) for key, one in known_materials.items()}
        return ", ".join(f"{names.get(one['key'], one['key'])} {filters.percent(one['share'])}" for one in value)
    if column in ("site_id", "origin_production_id"):
        return found.names.get((column, value), _("un autre"))
    if column.endswith("_cm"):
        return f"{filters.number(value)}\u00a0cm"
    if isinstance(value, bool):
        return _("oui") if value else _("non")
    return str(value)
