"""Reading what was sent: quantities, texts, days, amounts; each wrong one named by its field."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _

from marketplace.core.errors import Invalid
from marketplace.exchanges.rules import is_storable

Data = Mapping[str, Any]
MOST_CENTS = 10**9


def quantity_sentence(problem: str) -> str:
    """What a person reads for a code of `rules.quantity_problem`."""
    return {
        "number": _("Écrivez une quantité en chiffres."),
        "positive": _("La quantité est au moins 1, ou une part de l’unité."),
        "large": _("Cette quantité est trop grande."),
        "whole": _("Ces choses se prennent entières : écrivez un nombre rond."),
        "fine": _("Pas plus de trois chiffres après la virgule."),
    }[problem]


def text(data: Data, field: str, longest: int, *, required: str | None = None) -> str:
    """A trimmed text of `data`. Raises `Invalid` with `required` when it is empty, or when it is too long."""
    raw = data.get(field)
    if raw is None:
        raw = ""
    if not isinstance(raw, str) or not is_storable(raw):
        raise Invalid({field: _("Du texte est attendu ici.")})
    raw = raw.strip()
    if not raw and required:
        raise Invalid({field: required})
    if len(raw) > longest:
        raise Invalid({field: _("Au plus %(longest)s caractères.", longest=longest)})
    return raw


def cents(data: Data, field: str, *, least: int = 0) -> int | None:
    """An amount in integer cents; None when it is not given."""
    raw = data.get(field)
    if raw in (None, ""):
        return None
    if isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) < 12:
        raw = int(raw)
    if isinstance(raw, bool) or not isinstance(raw, int) or not least <= raw <= MOST_CENTS:
        raise Invalid({field: _("Écrivez un montant en euros.")})
    return raw


def day(data: Data, field: str) -> date | None:
    """A day, as a date or as ISO text; None when it is not given."""
    raw = data.get(field)
    if raw in (None, ""):
        return None
    if isinstance(raw, date):
        return raw
    try:
        if not isinstance(raw, str) or len(raw) != 10:
            raise ValueError
        return date.fromisoformat(raw)
    except ValueError:
        raise Invalid({field: _("Écrivez un jour : 2027-03-31.")}) from None


def percent(data: Data, field: str) -> int | None:
    """A whole percentage from 0 to 100; None when it is not given."""
    raw = data.get(field)
    if raw in (None, ""):
        return None
    if isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) < 4:
        raw = int(raw)
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw <= 100:
        raise Invalid({field: _("Écrivez un pourcentage entre 0 et 100.")})
    return raw


def chosen(data: Data, field: str, codes: tuple[str, ...], usual: str | None = None) -> str:
    """One of `codes`. Raises `Invalid` for anything else; `usual` stands for nothing."""
    raw = data.get(field)
    if raw in (None, "") and usual is not None:
        return usual
    if raw not in codes:
        raise Invalid({field: _("Choisissez dans la liste.")})
    return raw
