"""What is said of a meal that is called back, and that it is time to say what was eaten."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.core import dates

Data = Mapping[str, Any]

NAMES: dict[str, tuple[Any, Any]] = {
    "recall_answered": (
        _l("On répond à un rappel que vous avez fait"),
        _l("Vous recevez ce message parce que vous répondez aux demandes faites à votre organisation."),
    ),
    "eaten_due": (
        _l("Il est temps de dire ce qui a été mangé"),
        _l("Vous recevez ce message parce que votre organisation a reçu ce repas."),
    ),
}

# of what nobody turns off
WHY = {
    "meal_recalled": _l(
        "Vous recevez ce message parce que votre organisation a reçu ou retenu ce repas. Il part toujours."
    )
}


def recalled(data: Data) -> tuple[str, str]:
    """(subject, sentence) for who had some of it or had claimed some."""
    what = _("%(n)s × %(title)s", n=format_decimal(Decimal(data["quantity"])), title=data["title"])
    said = _("%(other)s rappelle ce repas. Raison : %(reason)s", other=data["donor"], reason=data["reason"])
    if data["fetched"]:
        said += " " + _("Ce qu’il faut faire : %(what)s", what=data["what_to_do"])
        said += " " + _("Dites ensuite s’il a été détruit ou déjà consommé.")
    else:
        said += " " + _("Votre réservation est annulée : ne venez pas le chercher.")
    return _("Rappel : %(what)s", what=what), said


def answered(data: Data) -> tuple[str, str]:
    """(subject, sentence) for the donor."""
    said = {
        "read": lambda: _("%(other)s a lu le rappel.", other=data["other"]),
        "destroyed": lambda: _("%(other)s dit l’avoir détruit.", other=data["other"]),
        "consumed": lambda: _(
            "%(other)s dit que c’était déjà consommé. Appelez-les, et prévenez les autorités sanitaires si des "
            "personnes sont malades.",
            other=data["other"],
        ),
    }[data["answer"]]()
    note = " " + _("Leur mot : %(note)s", note=data["note"]) if data.get("note") else ""
    return _("Rappel de « %(title)s »", title=data["title"]), said + note


def eaten_due(data: Data) -> tuple[str, str]:
    """(subject, sentence) for a receiver that has not yet said what was eaten."""
    return (
        _("Qu’est devenu « %(title)s » ?", title=data["title"]),
        _(
            "Dites d’un geste ce qui a été mangé, avant le %(day)s inclus : après, rien n’est compté comme évité.",
            day=dates.said(date.fromisoformat(data["until"])),
        ),
    )
