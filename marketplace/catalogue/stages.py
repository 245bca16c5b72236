"""Who sees a listing, wider from stage to stage: its own organisation, then partners, then everybody. Pure.

`visibility` is who sees it today; `partners_on` and `public_on` are days on which it widens, by itself.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _

STAGES = ("organisation", "partners", "public")


def stage_on(visibility: str, partners_on: date | None, public_on: date | None, on: date) -> str:
    """Who sees it on the day `on`: never fewer than today."""
    reached = [visibility]
    if partners_on is not None and partners_on <= on:
        reached.append("partners")
    if public_on is not None and public_on <= on:
        reached.append("public")
    return max(reached, key=STAGES.index)


def still_to_come(visibility: str, partners_on: date | None, public_on: date | None) -> tuple[date | None, date | None]:
    """The two days, without those that would widen nothing any more."""
    if visibility == "public":
        return None, None
    return (partners_on if visibility == "organisation" else None), public_on


def wrong_order(visibility: str, partners_on: date | None, public_on: date | None) -> dict[str, str]:
    """A sentence by field where everybody would see it before partners do, or on the same day. Days that widen
    nothing are not looked at."""
    partners_on, public_on = still_to_come(visibility, partners_on, public_on)
    if partners_on is not None and public_on is not None and public_on <= partners_on:
        return {"public_on": _("Tout le monde la verrait avant vos partenaires : mettez un jour plus tard.")}
    return {}


def passed(values: Mapping[str, Any], on: date) -> dict[str, str]:
    """Sentences by field for days that are not to come. `values`: columns of a listing, or those that change."""
    days = {name: values.get(name) for name in ("partners_on", "public_on")}
    return {
        name: _("Ce jour est déjà là : choisissez plutôt qui la voit dès maintenant, ou un jour à venir.")
        for name, day in days.items()
        if day is not None and day <= on
    }
