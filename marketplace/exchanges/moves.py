"""What each move asks for and does besides changing the state. Sentences for people live here, tests in the rules.

Each function takes the locked exchange, the mover's side and the data sent; it returns what the move's row keeps
and, where the table leaves a choice, nothing else: `services.move` enters the state. Raises `Invalid` by field.
"""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _

from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.exchanges import appointments, codes, stock
from marketplace.exchanges.kinds import KINDS
from marketplace.exchanges.models import Appointment, Exchange
from marketplace.exchanges.rules import is_storable, quantity_problem, read_quantity
from marketplace.exchanges.states import PROVIDER, RECEIVER

Data = Mapping[str, Any]
Effect = Callable[[Exchange, str, Data], dict[str, Any]]

LONGEST_REASON = 400
LONGEST_NAME = 120


def quantity_sentence(problem: str) -> str:
    """What a person reads for a code of `rules.quantity_problem`."""
    return {
        "number": _("Écrivez une quantité en chiffres."),
        "positive": _("La quantité est au moins 1, ou une part de l’unité."),
        "large": _("Cette quantité est trop grande."),
        "whole": _("Ces choses se prennent entières : écrivez un nombre rond."),
        "fine": _("Pas plus de trois chiffres après la virgule."),
    }[problem]


def _slot_sentence(problem: str) -> str:
    return {
        "past": _("Cette heure est passée."),
        "far": _("Pas plus de deux mois à l’avance."),
        "length": _("Un rendez-vous dure entre un quart d’heure et huit heures."),
        "closed": _("Le lieu est fermé à cette heure."),
        "unread": _("Cette heure ne peut pas être lue."),
    }[problem]


def text(data: Data, field: str, longest: int, *, required: str | None = None) -> str:
    """A trimmed text of `data`. Raises `Invalid` with `required` when it is empty, or when it is too long."""
    raw = data.get(field)
    if raw is None:
        raw = ""
    if not isinstance(raw, str) or not is_storable(raw):
        raise Invalid({field: _("Du texte est attendu ici.")})
    raw = raw.strip()
    if not raw and required:
        raise Invalid({field: required})
    if len(raw) > longest:
        raise Invalid({field: _("Au plus %(longest)s caractères.", longest=longest)})
    return raw


# --- appointments ----------------------------------------------------------------------------------------------------


def _read_slots(exchange: Exchange, raw: Any, field: str) -> list[appointments.Slot]:
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


def _propose(exchange: Exchange, side: str, slots: list[appointments.Slot]) -> None:
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


def _kept(slots: list[appointments.Slot]) -> list[str]:
    return [slot.as_text() for slot in slots]


def accept(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """Up to three `slots` within the site's opening hours."""
    slots = _read_slots(exchange, data.get("slots"), "slots")
    _propose(exchange, side, slots)
    return {"slots": _kept(slots)}


def appoint(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """Either `pick` (an appointment the other side proposed) or `slots` to propose; `collected_by_name` from the
    receiver. Proposing again while one is picked moves it, once the other side picks the new time."""
    name = text(data, "collected_by_name", LONGEST_NAME) if side == RECEIVER else ""
    if data.get("pick"):
        return _pick(exchange, side, data["pick"], name)
    slots = _read_slots(exchange, data.get("slots"), "slots")
    if not slots and not name:
        raise Invalid({"slots": _("Choisissez au moins une heure.")})
    _propose(exchange, side, slots)
    if name:
        exchange.collected_by_name = name
    return {"slots": _kept(slots)}


def _pick(exchange: Exchange, side: str, public_id: Any, name: str) -> dict[str, Any]:
    chosen = next((one for one in exchange.appointments if one.public_id == public_id), None)
    if chosen is None:
        raise Invalid({"pick": _("Ce rendez-vous n’est pas proposé.")})
    if chosen.state != "proposed":
        raise Conflict(_("Ce rendez-vous n’est plus proposé."), state=exchange.state)
    if chosen.proposed_by == side:
        raise Invalid({"pick": _("C’est à l’autre de choisir parmi les heures que vous proposez.")})
    if chosen.starts_at <= now():
        raise Invalid({"pick": _slot_sentence("past")})
    if side == RECEIVER:
        if not name and not exchange.collected_by_name:
            raise Invalid({"collected_by_name": _("Dites qui vient : le nom sera demandé sur place.")})
        exchange.collected_by_name = name or exchange.collected_by_name
    for one in exchange.appointments:
        if one.state == "picked":
            one.state = "moved"
        elif one.state == "proposed" and one is not chosen:
            one.state = "dropped"
    chosen.state = "picked"
    db.session.flush()
    return {"picked": appointments.Slot(chosen.starts_at, chosen.ends_at).as_text()}


# --- terms -----------------------------------------------------------------------------------------------------------


def amend(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """Less than asked for: `lines` as [{"id", "quantity"}], every line at most as before, one at least lower.

    The holds go down at once; the receiver then agrees (`confirm`) or leaves (`cancel`).
    """
    asked = data.get("lines")
    if not isinstance(asked, list | tuple):
        raise Invalid({"lines": _("Dites la quantité que vous pouvez donner.")})
    lines = {line.public_id: line for line in exchange.lines}
    holds = {hold.line_id: hold for hold in stock.active_holds(exchange.id)}
    lower = {}
    for one in asked:
        line = lines.get(str(one.get("id"))) if isinstance(one, Mapping) else None
        if line is None or line.public_id in lower:
            raise Invalid({"lines": _("Cette ligne n’est pas dans l’échange.")})
        quantity = read_quantity(one.get("quantity"))
        problem = quantity_problem(quantity, line.unit)
        if problem or quantity is None:
            raise Invalid({"lines": quantity_sentence(problem or "number")})
        if quantity > line.quantity:
            raise Invalid({"lines": _("C’est plus que demandé : proposez moins, ou acceptez.")})
        if quantity < line.quantity:
            lower[line.public_id] = quantity
    if not lower:
        raise Invalid({"lines": _("Rien ne change : acceptez la demande, ou proposez moins.")})
    slots = _read_slots(exchange, data.get("slots"), "slots")
    before = {public_id: str(lines[public_id].quantity) for public_id in lower}
    for public_id, quantity in lower.items():
        line = lines[public_id]
        line.quantity = holds[line.id].quantity = quantity
    db.session.flush()
    stock.changed({lines[public_id].listing_id for public_id in lower})
    _propose(exchange, side, slots)
    return {"before": before, "after": {key: str(value) for key, value in lower.items()}, "slots": _kept(slots)}


# --- ends ------------------------------------------------------------------------------------------------------------


def decline(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    return {"reason": text(data, "reason", LONGEST_REASON, required=_("Dites pourquoi, en quelques mots."))}


def cancel(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """A reason is asked for once the other side counts on it."""
    counted_on = side == PROVIDER or exchange.state != KINDS[exchange.kind].start
    required = _("Dites pourquoi : l’autre comptait dessus.") if counted_on else None
    return {"reason": text(data, "reason", LONGEST_REASON, required=required) or None}


def hand_over(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    codes.check_code(exchange, data.get("code"))
    return {}


def dispute(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    reason = text(data, "reason", LONGEST_REASON, required=_("Dites ce qui ne va pas, en quelques mots."))
    exchange.disputed_from = exchange.state
    return {"reason": reason}


def resolve(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    return {
        "reason": text(data, "reason", LONGEST_REASON, required=_("Écrivez la décision : les deux côtés la lisent."))
    }


def nothing(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    return {}


EFFECTS: dict[str, Effect] = {
    "accept": accept,
    "amend": amend,
    "decline": decline,
    "confirm": nothing,
    "appoint": appoint,
    "hand_over": hand_over,
    "cancel": cancel,
    "dispute": dispute,
    "resolve": resolve,
}
