"""What is said of meals: offered nearby, free again, claimed, chosen or not, not fetched, over."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

Data = Mapping[str, Any]

NAMES: dict[str, tuple[Any, Any]] = {
    "meal_offered": (
        _l("Un repas est à prendre près de vous, ou se libère"),
        _l("Vous recevez ce message parce que le profil « repas » de votre organisation demande des alertes."),
    ),
    "meal_over": (
        _l("Un repas que vous proposiez n’a pas trouvé preneur"),
        _l("Vous recevez ce message parce que vous gérez le stock de votre organisation."),
    ),
}

# as in texts_exchanges.MOVED: (kind, move, state it came from or led to, or '') → what happened, then what now
MOVED: dict[tuple[str, str, str], Any] = {
    ("meal", "accept", ""): _l("%(other)s vous a choisi : c’est retenu. L’adresse et votre code sont sur la page."),
    ("meal", "decline", ""): _l("%(other)s a choisi quelqu’un d’autre."),
    ("meal", "cancel", ""): _l("%(other)s annule. Ce qui était retenu est de nouveau libre."),
    ("meal", "hand_over", ""): _l("C’est remis : code et température sont notés. L’attestation arrive sur la page."),
    ("meal", "expire", ""): _l("Sans réponse en une demi-heure : la demande tombe, et c’est de nouveau libre."),
    ("meal", "expire", "from:confirmed"): _l(
        "Personne n’est venu à temps : c’est de nouveau libre, et compté à qui devait venir."
    ),
}


def amount(data: Data) -> str:
    """« 18 portions », « 6 kg »."""
    quantity = Decimal(str(data.get("quantity") or 0))
    figure = format_decimal(quantity)
    if data.get("unit") == "portion":
        return ngettext("%(figure)s portion", "%(figure)s portions", 1 if quantity < 2 else 2, figure=figure)
    return f"{figure}\u00a0{data.get('unit')}"


def offered(data: Data) -> tuple[str, str]:
    """(subject, sentence) for who may fetch it."""
    what, facts = amount(data), {"title": data["title"], "city": data["city"], "until": data["until"]}
    if data.get("freed"):
        return (
            _("De nouveau libre : %(title)s", title=data["title"]),
            _("%(what)s de « %(title)s » à %(city)s sont de nouveau à prendre, jusqu’à %(until)s.", what=what, **facts),
        )
    said = _(
        "%(what)s à prendre à %(city)s, à %(km)s km, jusqu’à %(until)s. Les plus proches sont prévenus d’abord.",
        what=what, km=data["km"], city=data["city"], until=data["until"],
    )  # fmt: skip
    return _("Repas : %(what)s, %(title)s", what=what, title=data["title"]), said


def over(data: Data) -> tuple[str, str]:
    """(subject, sentence) for the donor."""
    what = amount(data)
    subject = _("Reste %(what)s : %(title)s", what=what, title=data["title"])
    said = {
        "expired": lambda: _("L’heure du retrait est passée et %(what)s restent sans preneur.", what=what),
        "cooled": lambda: _("Hors température trop longtemps : %(what)s ne partent plus.", what=what),
        "withdrawn": lambda: _("Vous l’avez retiré : %(what)s restent chez vous.", what=what),
    }[data["reason"]]()
    if data.get("bio_waste"):
        said += " " + _("Demandez une collecte de biodéchets : la page du repas la prépare.")
    return subject, said


def requested(data: Data) -> tuple[str, str]:
    """(subject, sentence) of a claim, for the donor."""
    what, other = amount(data), data["other"]
    if data.get("first_come"):
        said = _("%(other)s a retenu %(what)s et vient les chercher d’ici %(until)s.",
                 other=other, what=what, until=data["until"])  # fmt: skip
        return _("Retenu : %(what)s de « %(title)s »", what=what, title=data["title"]), said
    said = _("%(other)s demande %(what)s. Répondez dans la demi-heure : après, la demande tombe.",
             other=other, what=what)  # fmt: skip
    return _("Demande : %(what)s de « %(title)s »", what=what, title=data["title"]), said
