"""What each branch asks besides the common fields: a set's height and fire rating, a door's handing, a coat's chest.

`PACKAGES` is a table from a branch or a category to its questions; the nearest one up the tree holds. A question is
either a field every listing has (`columns`, brought to the fore under its trade name) or a trait of its own, kept in
`Listing.traits` by a name that carries its unit. One name is one question wherever it is asked. Pure.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from flask_babel import gettext as _

from marketplace.catalogue import taxonomy
from marketplace.catalogue.package_table import PACKAGES
from marketplace.catalogue.questions import Name, Package, Question
from marketplace.catalogue.reading import Wrong
from marketplace.core.text import index_text


def package_of(category_key: str | None) -> Package:
    """What is asked of a category; an empty package where nothing is, and for an unknown key."""
    if category_key is None or category_key not in taxonomy.categories():
        return Package()
    return next((PACKAGES[key] for key in reversed(taxonomy.path(category_key)) if key in PACKAGES), Package())


@cache
def questions() -> dict[str, Question]:
    """Every question by name."""
    return {one.name: one for package in PACKAGES.values() for one in package.questions}


def names_of(category_key: str | None) -> frozenset[str]:
    """Names of the traits a category may have."""
    return frozenset(one.name for one in package_of(category_key).questions)


def kept(category_key: str | None, traits: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `traits` that this category asks for: what is left when a listing changes category."""
    asked = names_of(category_key)
    return {name: value for name, value in traits.items() if name in asked}


def strangers(category_key: str | None, traits: Mapping[str, Any]) -> list[str]:
    """Names in `traits` that this category does not ask for."""
    asked = names_of(category_key)
    return [name for name in traits if name not in asked]


def read_traits(raw: Any) -> dict[str, Any]:
    """Traits as sent, by name, empty ones left out; whether the category asks for them is another question.

    Raises `Wrong`, its `where` the name of the trait.
    """
    if raw is None:
        return {}
    if not isinstance(raw, Mapping):
        raise Wrong(_("Un objet est attendu, une valeur par question."))
    if len(raw) > len(questions()):
        raise Wrong(_("Ces questions ne se posent pas."))
    values = {}
    for name, given in raw.items():
        question = questions().get(name) if isinstance(name, str) else None
        if question is None:
            raise Wrong(_("Cette question ne se pose pas."), str(name)[:40])
        try:
            value = question.read(given)
        except Wrong as wrong:
            raise Wrong(str(wrong), question.name) from None
        if value is not None:
            values[question.name] = value
    return values


def missing_advised(values: Mapping[str, Any]) -> list[Name]:
    """What this category's trade expects and `values` (columns of `Listing`) lacks: worth a remark, never a refusal."""
    package = package_of(values.get("category_key"))
    traits = values.get("traits") or {}
    return [
        *(one.label for one in package.columns if one.advised and not values.get(one.name)),
        *(one.label for one in package.questions if one.advised and one.name not in traits),
    ]


def shown(category_key: str | None, traits: Mapping[str, Any]) -> list[tuple[Question, Any]]:
    """Questions of the category with the values there are, in the order of the form."""
    return [(one, traits[one.name]) for one in package_of(category_key).questions if one.name in traits]


def trait_words(category_key: str | None, traits: Mapping[str, Any]) -> str:
    """What one may search a listing's traits by, analysed: chosen options in both languages, texts, sizes, and figures
    that people type (« 18 mm », « 230 v », « 42 »)."""
    found = []
    for question, value in shown(category_key, traits or {}):
        if question.kind == "choice":
            name = question.options.get(value)
            found += [name.fr, name.en] if name else []
        elif question.kind == "text":
            found.append(str(value))
        elif question.kind == "number" and question.name in SOUGHT:
            found.append(f"{value:g} {question.unit}".replace(".", ","))
        elif question.kind == "flag" and value:
            found += [question.label.fr, question.label.en]
    return " ".join(dict.fromkeys(index_text(" ".join(found)).split()))


SOUGHT = frozenset({"thickness_mm", "voltage_v", "shoe_size", "seats", "power_w"})
