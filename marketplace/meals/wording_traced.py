"""What people read of what became of meals, of recalls and of tables."""

from decimal import Decimal
from typing import Any

from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

PARTS: dict[str, Any] = {
    "eaten": _l("Mangé"),
    "composted": _l("Composté"),
    "digested": _l("Méthanisé"),
    "thrown": _l("Jeté"),
}
ANSWERS: dict[str, Any] = {
    "read": _l("Lu"),
    "destroyed": _l("Détruit"),
    "consumed": _l("Déjà consommé"),
}


def outcome_problem(code: str, quantity: Decimal, said: Decimal) -> str:
    """Why what was said cannot be what became of it."""
    return {
        "negative": lambda: _("Un nombre de 0 ou plus est attendu."),
        "quarters": lambda: _("Comptez en portions, demies ou quarts : 12, 4,5 ou 0,25."),
        "grams": lambda: _("Au gramme près : trois chiffres après la virgule au plus."),
        "raw": lambda: _(
            "C’est cru : dites quelle part s’en mange, sans pelures, noyaux ni os. Par exemple 85 pour cent."
        ),
        "range": lambda: _("Une part de 1 à 100 pour cent est attendue."),
        "less": lambda: _(
            "Il en manque %(rest)s : vous en avez compté %(said)s, et %(all)s ont été remis.",
            rest=_number(quantity - said), said=_number(said), all=_number(quantity),
        ),
        "more": lambda: _(
            "C’est %(rest)s de trop : vous en avez compté %(said)s, et %(all)s ont été remis.",
            rest=_number(said - quantity), said=_number(said), all=_number(quantity),
        ),
        "inedible": lambda: _("On ne peut pas en avoir mangé plus que la part qui s’en mange."),
    }[code]()  # fmt: skip


def _number(value: Decimal) -> str:
    return str(format_decimal(value))
