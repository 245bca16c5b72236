"""What dashboards say of a period, of a branch, of what has no figure and of what to do about it."""

from datetime import date
from functools import lru_cache
from typing import Any

from flask import url_for
from flask_babel import format_date
from flask_babel import gettext as _

from marketplace.carbon import wording
from marketplace.carbon.dashboards import Asked
from marketplace.catalogue import taxonomy
from marketplace.web import filters
from marketplace.web.labels import label


def month_name(month: str, short: bool = False) -> str:
    """« mars 2026 », « 03/26 » of 2026-03."""
    if short:
        return f"{month[5:]}/{month[2:4]}"
    return _month_in(month, filters.language())


@lru_cache(maxsize=1024)
def _month_in(month: str, _language: str) -> str:
    return str(format_date(date(int(month[:4]), int(month[5:]), 1), "MMMM y"))


def whole_year(asked: Asked) -> str | None:
    """« 2026 » where exactly that year is asked for."""
    if asked.since and asked.until and asked.since[:4] == asked.until[:4]:
        return asked.since[:4] if (asked.since[5:], asked.until[5:]) == ("01", "12") else None
    return None


def period(asked: Asked) -> str:
    """« en 2026 », « de mars à juin 2026 », « depuis la première écriture »."""
    if year := whole_year(asked):
        return _("en %(year)s", year=year)
    since = month_name(asked.since) if asked.since else ""
    until = month_name(asked.until) if asked.until else ""
    if since and since == until:
        return _("en %(month)s", month=since)
    if since and until:
        return _("de %(since)s à %(until)s", since=since, until=until)
    if since:
        return _("depuis %(since)s", since=since)
    if until:
        return _("jusqu’à %(until)s", until=until)
    return _("depuis la première écriture")


def branch_name(branch: str) -> str:
    """The name of a top category."""
    known = taxonomy.categories().get(branch)
    return known.name(filters.language()) if known else _("Hors catégorie")


def passed_on(kind: str) -> str:
    """« Donné », « Vendu »: what became of the mass of a kind of exchange."""
    return {"donation": lambda: _("Donné"), "sale": lambda: _("Vendu"), "rental": lambda: _("Loué")}.get(
        kind, lambda: label("kind", kind)
    )()


def outcome(code: str) -> str:
    """What became of a sorted stream."""
    return {
        "reuse": lambda: _("Réemployé"),
        "recycling": lambda: _("Recyclé"),
        "composting": lambda: _("Composté"),
        "digestion": lambda: _("Méthanisé"),
        "average": lambda: _("Traité, filière moyenne"),
        "incineration": lambda: _("Incinéré"),
        "landfill": lambda: _("Enfoui"),
        "unsorted": lambda: _("Jeté sans tri"),
    }.get(code, lambda: code)()


def why_apart(code: str) -> str:
    """Why entries are in no sum, said of several."""
    return {
        "unverified": lambda: _("Un facteur n’a pas pu être vérifié à sa source : estimé, hors totaux."),
        "missing_factor": lambda: _("Aucun facteur connu pour un des matériaux."),
        "wrong_unit": lambda: _("Le facteur est donné dans une autre unité."),
    }.get(code, lambda: wording.reason(code))()


def what_to_do(code: str) -> tuple[str, str] | None:
    """(what one can do about it, where)."""
    stock, factors = ("catalogue.stock", "carbon.factors")
    todo: dict[str, tuple[Any, str]] = {
        "no_mass": (lambda: _("Donner la masse dans l’annonce"), stock),
        "no_materials": (lambda: _("Donner les matériaux dans l’annonce"), stock),
        "no_category": (lambda: _("Choisir une catégorie dans l’annonce"), stock),
        "shares": (lambda: _("Revoir les parts des matériaux"), stock),
        "origin_unknown": (lambda: _("Dire comment vous les avez eues"), stock),
        "pieces_unknown": (lambda: _("Désigner les pièces à la préparation"), "exchanges.index"),
        "missing_factor": (lambda: _("Voir les facteurs connus"), factors),
        "wrong_unit": (lambda: _("Voir les facteurs connus"), factors),
        "unverified": (lambda: _("Voir les facteurs non vérifiés"), factors),
        "food_apart": (lambda: _("Comment un repas se compte"), "carbon.method"),
        "kind_later": (lambda: _("Ce que la méthode compte"), "carbon.method"),
    }
    found = todo.get(code)
    return (found[0](), url_for(found[1])) if found else None
