"""What a listing may become, what it needs to be published, what its category makes one expect. Pure."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from marketplace.catalogue import stages, taxonomy
from marketplace.catalogue.fields import parse_fields as parse_fields
from marketplace.catalogue.fields import together as together

# act → states it starts from, state it ends in
ACTS: dict[str, tuple[frozenset[str], str]] = {
    "publish": (frozenset({"draft", "withdrawn", "expired", "exhausted"}), "published"),
    "withdraw": (frozenset({"published", "exhausted", "expired"}), "withdrawn"),
    "expire": (frozenset({"published"}), "expired"),
    "exhaust": (frozenset({"published"}), "exhausted"),
}
SHOWN = frozenset({"published", "exhausted", "expired"})  # states in which a public listing's page answers to anybody

MAX_PHOTOS = 12
QUOTA_BYTES = 5 * 1024**3  # of photos, per organisation


def may(act: str, state: str) -> bool:
    """Whether `act` starts from `state`. Raises KeyError for an unknown act."""
    return state in ACTS[act][0]


def missing_to_publish(values: Mapping[str, Any]) -> list[str]:
    """Names (those of the API) of what is still needed, in the order of the form. `values`: columns of `Listing`."""
    missing = []
    if not values.get("title"):
        missing.append("title")
    if not values.get("category_key"):
        missing.append("category")
    quantity = values.get("quantity")
    if quantity is None or quantity <= 0:
        missing.append("quantity")
    if not values.get("unit"):
        missing.append("unit")
    if not values.get("condition"):
        missing.append("condition")
    modes = values.get("modes") or []
    if not modes:
        missing.append("modes")
    if "sell" in modes and values.get("price_cents") is None:
        missing.append("price_cents")
    if "rent" in modes and values.get("weekly_rate_cents") is None:
        missing.append("weekly_rate_cents")
    if values.get("site_id") is None and (values.get("lat") is None or values.get("lon") is None):
        missing.append("site")
    return missing


def is_food(category_key: str | None) -> bool:
    """Whether a listing of this category is something to eat: it has pages and rules of its own (`meals`)."""
    return category_key in taxonomy.categories() and taxonomy.path(category_key or "")[0] == "food"


def refused_to_publish(values: Mapping[str, Any], on: date, *, as_meal: bool = False) -> dict[str, str]:
    """Sentences by field for a listing that is complete and still cannot go out on the day `on`. `as_meal`: whoever
    publishes has looked at what food asks for."""
    refused = {}
    if is_food(values.get("category_key")) and not as_meal:
        refused["category"] = _(
            "Les denrées se proposent dans « Repas » : leurs dates, leur température et leurs allergènes y sont "
            "demandés."
        )
    gone_by = values.get("gone_by")
    if gone_by is not None and gone_by <= on:
        refused["gone_by"] = _("« À enlever avant » est déjà passé : mettez un jour à venir, ou aucun.")
    return refused | stages.passed(values, on)


def missing_sentence(name: str) -> str:
    """What to do about a field that `missing_to_publish` names."""
    sentences = {
        "title": lambda: _("Il manque un titre : dites ce que c’est."),
        "category": lambda: _("Il manque le rayon : choisissez le plus proche."),
        "quantity": lambda: _("Il manque la quantité."),
        "unit": lambda: _("Il manque l’unité : pièces, m², mètres…"),
        "condition": lambda: _("Il manque l’état."),
        "modes": lambda: _("Dites si vous donnez, louez ou vendez."),
        "price_cents": lambda: _("Il manque le prix de vente."),
        "weekly_rate_cents": lambda: _("Il manque le prix d’une semaine de location."),
        "site": lambda: _("Dites où les prendre."),
    }
    return sentences[name]()


def missing_word(name: str) -> str:
    """A field that `missing_to_publish` names, in a list of those."""
    words = {
        "title": lambda: _("titre"),
        "category": lambda: _("rayon"),
        "quantity": lambda: _("quantité"),
        "unit": lambda: _("unité"),
        "condition": lambda: _("état"),
        "modes": lambda: _("don, location ou vente"),
        "price_cents": lambda: _("prix de vente"),
        "weekly_rate_cents": lambda: _("prix d’une semaine"),
        "site": lambda: _("lieu"),
    }
    return words[name]()


def propose(category_key: str | None) -> dict[str, Any]:
    """What is usual for a category, as columns: unit, dimensions, mass of one unit, materials, all said to be guesses.

    Empty for a branch, which has nothing usual, and for an unknown key.
    """
    category = taxonomy.categories().get(category_key or "")
    if category is None or category.unit is None:
        return {}
    return {
        "unit": category.unit,
        # a sheet thinner than a centimetre has no third dimension here
        "length_cm": category.length_cm or None,
        "width_cm": category.width_cm or None,
        "height_cm": category.height_cm or None,
        "mass_grams": category.mass_grams,
        "mass_source": "guessed",
        "materials": [{"key": key, "share": share} for key, share in category.materials],
        "materials_confirmed": False,
    }


def fill_guesses(values: Mapping[str, Any]) -> dict[str, Any]:
    """What `propose` adds to `values` (columns) where they say nothing, or held an earlier guess. What somebody
    typed, weighed or confirmed stays."""
    proposed = propose(values.get("category_key"))
    if not proposed:
        return {}
    added = {}
    for name in ("unit", "length_cm", "width_cm", "height_cm"):
        if values.get(name) is None and proposed[name] is not None:
            added[name] = proposed[name]
    if values.get("mass_grams") is None or values.get("mass_source") == "guessed":
        added |= {"mass_grams": proposed["mass_grams"], "mass_source": "guessed"}
    if not values.get("materials") or not values.get("materials_confirmed"):
        added |= {"materials": proposed["materials"], "materials_confirmed": False}
    return added


def total_grams(quantity: Decimal | None, unit: str | None, mass_grams: int | None) -> int | None:
    """Mass of the whole lot, None where one part of it is unknown."""
    if quantity is None or mass_grams is None or unit is None:
        return None
    return int(quantity * mass_grams)
