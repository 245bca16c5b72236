"""Entering a state: the one place where an exchange's state changes, whoever moved it."""

from typing import Any

from marketplace.core.clock import now, today
from marketplace.core.db import db
from marketplace.core.events import announce
from marketplace.exchanges import codes, documents, stock
from marketplace.exchanges.events import ExchangeCompleted, ExchangeMoved
from marketplace.exchanges.kinds import KINDS
from marketplace.exchanges.models import Exchange, Move, ReceivedItem
from marketplace.exchanges.states import HELD, PRODUCT, RELEASED, SETTLED


def record(exchange: Exchange, move: str, came_from: str | None, side: str, user_id: int | None, data: dict) -> None:
    """Write the step that was made."""
    db.session.add(
        Move(
            exchange=exchange,
            move=move,
            from_state=came_from,
            to_state=exchange.state,
            side=side,
            user_id=user_id,
            at=now(),
            data=data,
        )
    )


def turn(exchange: Exchange) -> str | None:
    """The side whose turn it is."""
    proposed = next((one.proposed_by for one in exchange.appointments if one.state == "proposed"), None)
    picked = any(one.state == "picked" for one in exchange.appointments)
    return KINDS[exchange.kind].waits_for(exchange.state, proposed, picked)


def enter(
    exchange: Exchange, move: str, to: str, *, side: str, user_id: int | None, data: dict[str, Any] | None = None
) -> None:
    """Bring a locked exchange by `move` into the state `to`, with what that means for its stock; announce it."""
    state = KINDS[exchange.kind].states[to]
    came_from, at = exchange.state, now()
    exchange.state = to
    exchange.version += 1
    if to != came_from:
        exchange.deadline_at = at + state.deadline if state.deadline else None
    if state.is_end and to != "completed":
        exchange.end_reason = (data or {}).get("reason")
    if to == "confirmed" and exchange.hand_over_code is None:
        exchange.hand_over_code = codes.new_code()
    exchange.waits_for = turn(exchange)
    record(exchange, move, came_from, side, user_id, data or {})
    if state.stock == HELD:
        stock.keep(exchange)
    elif state.stock == RELEASED:
        stock.release(exchange)
    elif state.stock == SETTLED:
        _complete(exchange)
    db.session.flush()
    if state.stock == SETTLED:
        announce(ExchangeCompleted(exchange.id))
    announce(ExchangeMoved(exchange.id, move, side))


def _complete(exchange: Exchange) -> None:
    exchange.completed_at = now()
    stock.settle(exchange)
    for line in exchange.lines:
        db.session.add(
            ReceivedItem(
                line_id=line.id, organisation_id=exchange.receiver_id, quantity=line.quantity, received_on=today()
            )
        )
    db.session.flush()
    documents.open_certificate(exchange)


def expire(exchange: Exchange) -> bool:
    """Close a locked exchange whose deadline has passed; whether it had."""
    step = KINDS[exchange.kind].table.get((exchange.state, "expire"))
    if step is None or exchange.deadline_at is None or exchange.deadline_at > now():
        return False
    enter(exchange, "expire", step.to[0], side=PRODUCT, user_id=None)
    return True
