"""What is said of the intake of a collection to the side that gave."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

Data = Mapping[str, Any]

NAMES: dict[str, tuple[Any, Any]] = {
    "intake_corrected": (
        _l("Une pesée d’une collecte close est corrigée"),
        _l("Vous recevez ce message parce que vous suivez cet échange."),
    ),
}


def corrected(data: Data) -> tuple[str, str]:
    """(subject, sentence) for the production."""
    subject = _("%(reference)s : une pesée est corrigée", reference=data["reference"])
    said = _(
        "%(other)s corrige « %(what)s » : %(reason)s. Le registre carbone suit, un nouveau certificat remplace "
        "l’ancien.",
        other=data["other"],
        what=data["what"],
        reason=str(data["reason"]).rstrip("."),
    )
    return subject, said
