"""Moves about meeting: proposing times, picking one, saying who comes. See `moves.py`."""

from typing import Any

from flask_babel import gettext as _

from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.exchanges import appointments
from marketplace.exchanges.models import Appointment, Exchange
from marketplace.exchanges.reading import Data, text
from marketplace.exchanges.states import RECEIVER

LONGEST_NAME = 120


def _slot_sentence(problem: str) -> str:
    return {
        "past": _("Cette heure est passée."),
        "far": _("Pas plus de deux mois à l’avance."),
        "length": _("Un rendez-vous dure entre un quart d’heure et huit heures."),
        "closed": _("Le lieu est fermé à cette heure."),
        "unread": _("Cette heure ne peut pas être lue."),
    }[problem]


def read_slots(exchange: Exchange, raw: Any, field: str) -> list[appointments.Slot]:
    if raw in (None, "", []):
        return []
    if not isinstance(raw, list | tuple):
        raise Invalid({field: _slot_sentence("unread")})
    given = [one for one in raw if one not in (None, "")]
    if len(given) > appointments.MOST:
        raise Invalid({field: _("Trois rendez-vous au plus.")})
    hours = exchange.site.opening_hours if exchange.site else None
    slots = []
    for one in given:
        slot = appointments.read_slot(one)
        problem = "unread" if slot is None else appointments.problem(slot, hours, now())
        if problem or slot is None:
            raise Invalid({field: _slot_sentence(problem or "unread")})
        slots.append(slot)
    return sorted(set(slots))


def propose(exchange: Exchange, side: str, slots: list[appointments.Slot]) -> None:
    """Put `slots` in place of what was open."""
    if not slots:
        return
    for one in exchange.appointments:
        if one.state == "proposed":
            one.state = "dropped"
    for slot in slots:
        exchange.appointments.append(
            Appointment(starts_at=slot.starts_at, ends_at=slot.ends_at, state="proposed", proposed_by=side)
        )
    db.session.flush()


def appoint(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """Either `pick` (an appointment the other side proposed) or `slots` to propose; from the receiver who comes:
    `collected_by_name`, `collected_by_phone`, `collected_by_plate`. Proposing again while one is picked moves it, once
    the other side picks the new time."""
    says_who = side == RECEIVER and _note_who(exchange, data)
    if data.get("pick"):
        return _pick(exchange, side, data["pick"])
    slots = read_slots(exchange, data.get("slots"), "slots")
    if not slots and not says_who:
        raise Invalid({"slots": _("Choisissez au moins une heure.")})
    propose(exchange, side, slots)
    return {"slots": [slot.as_text() for slot in slots]}


def _note_who(exchange: Exchange, data: Data) -> bool:
    """Who comes, as far as it is said; whether anything was."""
    name = text(data, "collected_by_name", LONGEST_NAME)
    phone = text(data, "collected_by_phone", 30)
    plate = text(data, "collected_by_plate", 20).upper()
    exchange.collected_by_name = name or exchange.collected_by_name
    exchange.collected_by_phone = phone or exchange.collected_by_phone
    exchange.collected_by_plate = plate or exchange.collected_by_plate
    return bool(name or phone or plate)


def _pick(exchange: Exchange, side: str, public_id: Any) -> dict[str, Any]:
    chosen = next((one for one in exchange.appointments if one.public_id == public_id), None)
    if chosen is None:
        raise Invalid({"pick": _("Ce rendez-vous n’est pas proposé.")})
    if chosen.state != "proposed":
        raise Conflict(_("Ce rendez-vous n’est plus proposé."), state=exchange.state)
    if chosen.proposed_by == side:
        raise Invalid({"pick": _("C’est à l’autre de choisir parmi les heures que vous proposez.")})
    if chosen.starts_at <= now():
        raise Invalid({"pick": _slot_sentence("past")})
    if side == RECEIVER and not exchange.collected_by_name:
        raise Invalid({"collected_by_name": _("Dites qui vient : le nom sera demandé sur place.")})
    for one in exchange.appointments:
        if one.state == "picked":
            one.state = "moved"
        elif one.state == "proposed" and one is not chosen:
            one.state = "dropped"
    chosen.state = "picked"
    db.session.flush()
    return {"picked": appointments.Slot(chosen.starts_at, chosen.ends_at).as_text()}
