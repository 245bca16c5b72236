"""What is said of a call for a collection, to collectors and to those who ask."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.core.clock import zone_of
from marketplace.reclaims import wording

Data = Mapping[str, Any]

NAMES: dict[str, tuple[Any, Any]] = {
    "reclaim_called": (
        _l("On vous demande une collecte"),
        _l("Vous recevez ce message parce que vous répondez aux demandes de collecte faites à votre organisation."),
    ),
    "reclaim_answered": (
        _l("On répond à votre demande de collecte"),
        _l("Vous recevez ce message parce que vous avez demandé cette collecte."),
    ),
    "reclaim_decided": (
        _l("Une collecte que vous proposiez est choisie, ou non"),
        _l("Vous recevez ce message parce que vous répondez aux demandes de collecte faites à votre organisation."),
    ),
}


def called(data: Data) -> tuple[str, str]:
    """(subject, sentence) for a collector."""
    subject = _("Collecte à %(city)s : environ %(n)s m³", city=data["city"], n=_figure(data["volume_m3"]))
    said = _(
        "%(asker)s vide un décor à %(city)s, %(when)s. Proposez une date, un véhicule et un prix avant le %(until)s, "
        "ou dites que vous ne venez pas.",
        asker=data["asker"],
        city=data["city"],
        when=_window(data),
        until=_moment(data, "answer_by"),
    )
    return subject, said


def answered(data: Data) -> tuple[str, str]:
    """(subject, sentence) for whoever asked."""
    act, reference = data["act"], data["reference"]
    if act == "expired":
        if data.get("offers"):
            return (
                _("%(reference)s : le créneau est passé", reference=reference),
                _("Aucune offre n’a été choisie à temps. Recommencez la demande avec d’autres heures."),
            )
        return (
            _("%(reference)s : personne n’a répondu", reference=reference),
            _(
                "Recommencez la demande en élargissant le rayon ou le créneau, écrivez ce qui peut être démonté, ou "
                "publiez en don ce qui a de la valeur : le reste ira plus facilement."
            ),
        )
    other = data["other"]
    if act == "declined":
        said = _("%(other)s ne viendra pas.", other=other)
        if data.get("reason"):
            said += " " + _("Raison : %(reason)s", reason=data["reason"])
        return _("%(reference)s : un non", reference=reference), said
    if act == "withdrawn":
        return (
            _("%(reference)s : une offre est retirée", reference=reference),
            _("%(other)s retire son offre. Les autres restent, s’il y en a.", other=other),
        )
    price = wording.price(int(data["price_cents"]))
    subject = _("%(reference)s : une offre de %(other)s", reference=reference, other=other)
    if act == "again":
        return subject, _(
            "%(other)s change son offre : %(price)s. Comparez, puis choisissez.", other=other, price=price
        )
    return subject, _("%(other)s propose de venir : %(price)s. Comparez, puis choisissez.", other=other, price=price)


def decided(data: Data) -> tuple[str, str]:
    """(subject, sentence) for a collector that had offered."""
    reference = data["reference"]
    if data["act"] == "chosen":
        return (
            _("%(reference)s : vous êtes choisis", reference=reference),
            _(
                "%(asker)s vous attend à %(city)s. L’adresse, l’accès et le code du chauffeur sont sur la page de la "
                "collecte.",
                asker=data["asker"],
                city=data["city"],
            ),
        )
    if data["act"] == "cancelled":
        said = _("%(asker)s annule sa demande à %(city)s : ne venez pas.", asker=data["asker"], city=data["city"])
        if data.get("reason"):
            said += " " + _("Raison : %(reason)s", reason=data["reason"])
        return _("%(reference)s : demande annulée", reference=reference), said
    if data["act"] == "expired":
        return (
            _("%(reference)s : sans suite", reference=reference),
            _("Le créneau est passé sans que %(asker)s choisisse : ne venez pas.", asker=data["asker"]),
        )
    return (
        _("%(reference)s : une autre offre est choisie", reference=reference),
        _("%(asker)s a choisi une autre ressourcerie : votre camion reste libre.", asker=data["asker"]),
    )


def _figure(raw: str) -> str:
    return format_decimal(Decimal(raw)).replace("\u202f", "\u00a0")


def _window(data: Data) -> str:
    zone = zone_of(data.get("postcode"))
    return wording.span(datetime.fromisoformat(data["opens_at"]), datetime.fromisoformat(data["closes_at"]), zone)


def _moment(data: Data, name: str) -> str:
    raw = data.get(name)
    return wording.moment(datetime.fromisoformat(raw), zone_of(data.get("postcode"))) if raw else ""
