"""What each move does besides changing the state, and where it leads when the table leaves that open.

Each effect takes the locked exchange, the mover's side and the data sent; it returns what the move's row keeps. Raises
`Invalid` by field. Meeting is in `moves_meeting.py`, terms and money in `moves_terms.py`, things in `moves_return.py`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, update

from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.exchanges import kinds
from marketplace.exchanges.carts import send
from marketplace.exchanges.kinds import KINDS
from marketplace.exchanges.models import Charge, Exchange
from marketplace.exchanges.moves_meeting import appoint
from marketplace.exchanges.moves_return import after_return, bring_back, complete, extend, hand_over
from marketplace.exchanges.moves_terms import accept, after_terms, amend, confirm, option, pay_offline
from marketplace.exchanges.reading import Data, text
from marketplace.exchanges.states import PROVIDER, Kind

Effect = Callable[[Exchange, str, Data], dict[str, Any]]

LONGEST_REASON = 400


def decline(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    return {"reason": text(data, "reason", LONGEST_REASON, required=_("Dites pourquoi, en quelques mots."))}


def cancel(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """A reason is asked for once the other side counts on it."""
    counted_on = side == PROVIDER or exchange.state not in ("cart", KINDS[exchange.kind].start)
    required = _("Dites pourquoi : l’autre comptait dessus.") if counted_on else None
    return {"reason": text(data, "reason", LONGEST_REASON, required=required) or None}


def release(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """Let an option go."""
    return {"reason": text(data, "reason", LONGEST_REASON) or None}


def dispute(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """What is charged beside the price waits for the moderator."""
    reason = text(data, "reason", LONGEST_REASON, required=_("Dites ce qui ne va pas, en quelques mots."))
    exchange.disputed_from = exchange.state
    db.session.execute(
        update(Charge).where(Charge.exchange_id == exchange.id, Charge.state == "owed").values(state="contested")
    )
    return {"reason": reason}


def resolve(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """`reason` for both sides; `waive`: the charges that are not owed. What is not waived is owed again."""
    reason = text(data, "reason", LONGEST_REASON, required=_("Écrivez la décision : les deux côtés la lisent."))
    raw = data.get("waive") or []
    if not isinstance(raw, list | tuple):
        raise Invalid({"waive": _("Dites quelles sommes ne sont pas dues.")})
    waived = {str(one) for one in raw}
    contested = select(Charge).where(Charge.exchange_id == exchange.id, Charge.state == "contested")
    for charge in db.session.scalars(contested):
        charge.state = "waived" if charge.public_id in waived else "owed"
    return {"reason": reason, "waived": sorted(waived)} if waived else {"reason": reason}


def _decided(exchange: Exchange, data: Data) -> str:
    """The state that a moderator names, of those that a dispute opened there may end in."""
    allowed = KINDS[exchange.kind].resolutions.get(exchange.disputed_from or "", ())
    state = data.get("state") or (allowed[0] if len(allowed) == 1 else None)
    if state not in allowed:
        raise Invalid({"state": _("Dites dans quel état l’échange revient.")})
    return state


EFFECTS: dict[str, Effect] = {
    "request": send,
    "accept": accept,
    "amend": amend,
    "decline": decline,
    "option": option,
    "release": release,
    "confirm": confirm,
    "pay_offline": pay_offline,
    "appoint": appoint,
    "hand_over": hand_over,
    "extend": extend,
    "return": bring_back,
    "complete": complete,
    "cancel": cancel,
    "dispute": dispute,
    "resolve": resolve,
}

# where a move leads that the table gives several targets, asked once its effect is done
TARGETS: dict[str, Callable[[Exchange, Data], str]] = {
    "accept": lambda exchange, _data: after_terms(exchange),
    "confirm": lambda exchange, _data: after_terms(exchange),
    "pay_offline": lambda exchange, _data: after_terms(exchange),
    "return": lambda exchange, _data: after_return(exchange),
    "resolve": _decided,
}

# what a kind registered from further out does in its own way, by kind and move
_OWN_EFFECTS: dict[str, Mapping[str, Effect]] = {}


def register(kind: Kind, effects: Mapping[str, Effect]) -> None:
    """Make a kind of a package further out known, with those of its moves that do something else than `EFFECTS`."""
    kinds.register(kind)
    _OWN_EFFECTS[kind.key] = effects


def effect_of(exchange: Exchange, move: str) -> Effect:
    """What `move` does on this kind of exchange. Raises KeyError for a move that is none."""
    return _OWN_EFFECTS.get(exchange.kind, {}).get(move) or EFFECTS[move]
