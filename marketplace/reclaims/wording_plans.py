"""The words of wrap plans: outcomes, what was done to a line, fields as history names them."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

OUTCOMES: dict[str, Any] = {
    "keep": _l("Garder"),
    "sell": _l("Vendre"),
    "rent_out": _l("Louer"),
    "give": _l("Donner"),
    "collect": _l("Faire collecter"),
    "recycle": _l("Recycler"),
    "compost": _l("Composter"),
    "dispose": _l("Jeter à la benne"),
}
UNDECIDED = _l("À décider")
# outcome → the tone and the icon of its plate (ui.state)
LOOKS: dict[str | None, tuple[str, str]] = {
    "keep": ("kept", "box"),
    "sell": ("kept", "euro"),
    "rent_out": ("kept", "calendar"),
    "give": ("kept", "gift"),
    "collect": ("kept", "truck"),
    "recycle": ("kept", "turn"),
    "compost": ("kept", "leaf"),
    "dispose": ("lost", "trash"),
    None: ("yours", "flag"),
}
LINK_ROLES: dict[str, Any] = {
    "help": _l("Aider : cocher ce qui est fait, dire qui et quand, ajouter des lignes"),
    "read": _l("Lire seulement"),
}
ACTS: dict[str, Any] = {
    "added": _l("ajoutée"),
    "edited": _l("changée"),
    "done": _l("faite"),
    "undone": _l("pas faite après tout"),
    "moved": _l("passée à la suite, personne ne l’a prise"),
    "removed": _l("retirée du plan"),
    "closed": _l("plan terminé"),
    "reopened": _l("plan rouvert"),
}
FIELDS: dict[str, Any] = {
    "title": _l("Quoi"),
    "category_key": _l("Rayon"),
    "quantity": _l("Quantité"),
    "unit": _l("Unité"),
    "mass_grams": _l("Masse d’une unité"),
    "mass_source": _l("Source de la masse"),
    "volume_litres": _l("Volume de la ligne"),
    "zone": _l("Zone"),
    "outcome": _l("Devenir"),
    "who": _l("Qui"),
    "due_at": _l("Quand"),
    "vehicle": _l("Véhicule"),
    "note": _l("Note"),
    "next_outcome": _l("Ensuite"),
    "next_at": _l("À partir de"),
    "listing": _l("Annonce"),
    "place": _l("Lieu"),
    "postcode": _l("Code postal"),
    "skip_at": _l("Arrivée de la benne"),
}


def outcome(code: str | None) -> str:
    return str(OUTCOMES[code] if code else UNDECIDED)


def zone(name: str) -> str:
    return name or _("Sans zone")
