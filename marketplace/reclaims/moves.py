"""What moves of a reclaim do in their own way: the truck is loaded against a code, and its hour may be moved. Nothing
here has lines: what a reclaim is made of is weighed at its end."""

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _

from marketplace.core.clock import now
from marketplace.core.errors import Invalid
from marketplace.exchanges import appointments, codes, moves_meeting
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.reading import Data
from marketplace.exchanges.states import RECEIVER


def hand_over(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """`code`: what the collector's driver reads to the production at the dock, once the truck is loaded.

    Raises `Invalid` under `code`, `TooManyTries` during a pause.
    """
    codes.check_code(exchange, data.get("code"))
    exchange.handed_over_at = now()
    return {}


def appoint(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """As any appointment, but a strike keeps no opening hours: other times are proposed at any hour, day or night."""
    if data.get("pick") or not data.get("slots"):
        return moves_meeting.appoint(exchange, side, data)
    who = {name: data[name] for name in data if name.startswith("collected_by_")}
    if who and side == RECEIVER:
        moves_meeting.appoint(exchange, side, who)
    raw = data["slots"]
    if not isinstance(raw, list | tuple) or not 1 <= len(raw) <= appointments.MOST:
        raise Invalid({"slots": _("Proposez de une à trois heures.")})
    slots = []
    for one in raw:
        slot = appointments.read_slot(one)
        problem = "unread" if slot is None else appointments.problem(slot, None, now())
        if slot is None or problem in ("unread", "past", "far", "length"):
            raise Invalid(
                {
                    "slots": {
                        "past": _("Cette heure est passée."),
                        "far": _("Pas plus de deux mois à l’avance."),
                        "length": _("Un rendez-vous dure entre un quart d’heure et huit heures."),
                    }.get(problem or "", _("Cette heure ne peut pas être lue."))
                }
            )
        slots.append(slot)
    moves_meeting.propose(exchange, side, sorted(set(slots)))
    return {"slots": [slot.as_text() for slot in slots]}


EFFECTS: dict[str, Callable[[Exchange, str, Data], dict[str, Any]]] = {"hand_over": hand_over, "appoint": appoint}
