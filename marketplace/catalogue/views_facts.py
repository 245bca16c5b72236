"""What a page says of a listing's own traits and of where it comes from, in words."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _

from marketplace.catalogue import packages
from marketplace.catalogue.questions import Question
from marketplace.web import filters


def trait_facts(category_key: str | None, traits: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Terms and values of the category's package, in the order of the form; what was not said is left out."""
    language = filters.language()
    found = packages.shown(category_key, traits or {})
    return [(question.label.of(language), said(question, value)) for question, value in found]


def said(question: Question, value: Any) -> str:
    """A trait's value in words."""
    if question.kind == "choice":
        name = question.options.get(value)
        return name.of(filters.language()) if name else str(value)
    if question.kind == "flag":
        return _("oui") if value else _("non")
    if question.kind == "day":
        return filters.day(date.fromisoformat(value))
    if question.kind == "number":
        return f"{filters.number(value)}\u00a0{question.unit}".strip()
    return str(value)


def origin_facts(listing: Any, mine: bool) -> list[tuple[str, str]]:
    """The production and the work a thing comes from. Nothing to others where its organisation keeps that to itself.

    `listing`: anything with `origin_title`, `made_for` and `origin_hidden`.
    """
    if listing.origin_hidden and not mine:
        return []
    kept = _(" (vu de votre organisation seulement)") if listing.origin_hidden else ""
    return [
        (_("Vient de"), listing.origin_title + kept if listing.origin_title else ""),
        (_("Fait pour"), listing.made_for + kept if listing.made_for else ""),
    ]
