"""What is said of papers: signed by a side, and a certificate of insurance that was sent."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.core import dates
from marketplace.messaging.texts_exchanges import thing

Data = Mapping[str, Any]

# which paper → subject
SIGNED: dict[str, Any] = {
    "agreement": _l("Contrat signé : %(thing)s"),
    "departure": _l("État des lieux de départ signé : %(thing)s"),
    "return": _l("État des lieux de retour signé : %(thing)s"),
}


def signed(data: Data) -> tuple[str, str]:
    """(subject, sentence) of a signature, for the other side; at the counter for either."""
    signer, other, side = data["signer"], data["other"], data["side"]
    if not data["at_counter"]:
        said = _("%(signer)s a signé pour %(other)s.", signer=signer, other=other)
    elif side == "receiver":
        said = _(
            "%(signer)s a signé pour vous, avec un code, au comptoir de %(other)s. Si cela vous étonne, écrivez-leur.",
            signer=signer, other=other,
        )  # fmt: skip
    else:
        said = _("%(signer)s a signé pour %(other)s, avec un code, à votre comptoir.", signer=signer, other=other)
    if data["complete"]:
        now = _("Les deux côtés ont dit oui.")
    elif side == data["by"]:
        now = _("Il manque la signature de %(other)s.", other=other)
    else:
        now = _("Il manque la vôtre : relisez le papier, puis signez.")
    subject = str(SIGNED[data["paper"]]).replace("%(thing)s", thing(data))
    return subject, f"{said} {now} " + _("Échange %(reference)s.", reference=data["reference"])


def insurance(data: Data) -> tuple[str, str]:
    """(subject, sentence) of a certificate that was sent: to the provider what came, to the receiver whether it
    will do."""
    day, back, other = _day(data.get("valid_until")), _day(data.get("back_on")), data["other"]
    found, reference = data["found"], _("Échange %(reference)s.", reference=data["reference"])
    if data["side"] == "provider":
        subject = _("Attestation d’assurance de %(other)s", other=other)
        said = _("%(other)s a envoyé son attestation d’assurance, valable jusqu’au %(day)s.", other=other, day=day)
        if found != "valid":
            said += " " + _(
                "Elle ne couvre pas jusqu’au retour : nous avons dit à %(other)s d’en envoyer une autre.", other=other
            )
        return subject, f"{said} {reference}"
    if found == "valid":
        said = _("Votre attestation couvre la location jusqu’au retour ; %(other)s peut la lire.", other=other)
        return _("Attestation d’assurance acceptée"), f"{said} {reference}"
    if found == "unreadable":
        said = _(
            "Le fichier de l’attestation ne s’ouvre pas : photographiez-la, ou enregistrez-la en PDF, puis renvoyez-la."
        )
    elif found == "short":
        said = _(
            "Votre attestation finit le %(day)s, et la location le %(back)s : envoyez-en une qui couvre jusqu’au "
            "retour.",
            day=day, back=back,
        )  # fmt: skip
    else:
        said = _("Votre attestation a fini le %(day)s : envoyez-en une à jour.", day=day)
    return _("Attestation d’assurance refusée"), f"{said} {reference}"


def _day(raw: Any) -> str:
    """« 3 mars 2027 », of an ISO day; nothing of none. A certificate may last for years."""
    return dates.said(date.fromisoformat(raw), dates.DAY_OF_YEAR) if raw else ""
