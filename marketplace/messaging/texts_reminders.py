"""What reminders say: what leaves or comes back, tomorrow, today or too late, to the side that reads."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.core import dates
from marketplace.messaging.texts_exchanges import thing

# (what, when, side) → what is due, and what to do
REMINDERS: dict[tuple[str, str, str], Any] = {
    ("pick_up", "before", "receiver"): _l("À chercher demain, %(day)s, chez %(other)s. Prenez le code de remise."),
    ("pick_up", "before", "provider"): _l("%(other)s vient demain, %(day)s. Tout est-il préparé ?"),
    ("pick_up", "today", "receiver"): _l("À chercher aujourd’hui chez %(other)s. Prenez le code de remise."),
    ("pick_up", "late", "receiver"): _l(
        "%(other)s vous attendait le %(day)s. Convenez d’une autre heure, ou annulez : cela bloque des choses pour "
        "rien."
    ),
    ("pick_up", "late", "provider"): _l(
        "%(other)s devait venir le %(day)s. Si c’est parti, notez le départ ; sinon écrivez-lui, ou annulez."
    ),
    ("return", "before", "receiver"): _l("À rendre demain, %(day)s, à %(other)s."),
    ("return", "today", "receiver"): _l("À rendre aujourd’hui à %(other)s."),
    ("return", "late", "receiver"): _l(
        "À rendre à %(other)s depuis le %(day)s. Rapportez-le, ou prolongez si rien ne suit : le retard se compte en "
        "semaines de plus."
    ),
    ("return", "late", "provider"): _l(
        "%(other)s devait rendre le %(day)s. Si tout est rentré, notez le retour ; sinon écrivez-lui."
    ),
}

SUBJECTS: dict[tuple[str, str], Any] = {
    ("pick_up", "before"): _l("Demain : %(thing)s"),
    ("pick_up", "today"): _l("Aujourd’hui : %(thing)s"),
    ("pick_up", "late"): _l("Pas encore parti : %(thing)s"),
    ("return", "before"): _l("À rendre demain : %(thing)s"),
    ("return", "today"): _l("À rendre aujourd’hui : %(thing)s"),
    ("return", "late"): _l("En retard : %(thing)s"),
}


def reminder(data: Mapping[str, Any]) -> tuple[str, str]:
    """(subject, sentence) of a reminder."""
    day = dates.said(date.fromisoformat(data["day"]), "EEEE d MMMM")
    what = str(SUBJECTS[data["what"], data["when"]]) % {"thing": thing(data)}
    sentence = str(REMINDERS[data["what"], data["when"], data["side"]]) % {"day": day, "other": data["other"]}
    return what, sentence + " " + _("Échange %(reference)s.", reference=data["reference"])
