"""Entering a state: the one place where an exchange's state changes, whoever moved it."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from marketplace.catalogue.models import Listing, Piece
from marketplace.core.clock import now, today
from marketplace.core.db import db
from marketplace.core.events import announce
from marketplace.exchanges import codes, documents, facts, options, stock, ways
from marketplace.exchanges.events import ExchangeCompleted, ExchangeMoved, ExchangeRequested, WaitingMovedUp
from marketplace.exchanges.kinds import KINDS
from marketplace.exchanges.kinds.common import CART
from marketplace.exchanges.models import Assignment, Exchange, Move, ReceivedItem
from marketplace.exchanges.states import HELD, OUT, PRODUCT, RELEASED, SETTLED


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
    """The side whose turn it is; nobody's while a second option waits."""
    if exchange.state == "option" and exchange.option_rank == 2:
        return None
    proposed = next((one.proposed_by for one in exchange.appointments if one.state == "proposed"), None)
    return KINDS[exchange.kind].waits_for(exchange.state, proposed)


def enter(
    exchange: Exchange, move: str, to: str, *, side: str, user_id: int | None, data: dict[str, Any] | None = None
) -> None:
    """Bring a locked exchange by `move` into the state `to`, with what that means for its stock; announce it."""
    kind = KINDS[exchange.kind]
    state = kind.states[to]
    came_from, at = exchange.state, now()
    exchange.state = to
    if not (to == "cart" and move == "expire"):  # nothing in it has changed: a page opened before may still send it
        exchange.version += 1
    if to != came_from:
        exchange.deadline_at = ways.deadline_of(exchange, to, at)
    if state.is_end and to not in ("completed", came_from):
        exchange.end_reason = (data or {}).get("reason")
    if to == "confirmed" and exchange.hand_over_code is None:
        exchange.hand_over_code = codes.new_code()
    if to == "option":
        _set_option_deadline(exchange)
    exchange.waits_for = turn(exchange)
    record(exchange, move, came_from, side, user_id, data or {})
    if to == "cart":
        _keep_cart(exchange, move)
    elif to != came_from:
        _stock(exchange, came_from, state.stock)
    db.session.flush()
    documents.after_move(exchange, move)
    if state.stock == SETTLED and to != came_from:
        announce(ExchangeCompleted(exchange.id))
    if move == "request":
        announce(ExchangeRequested(exchange.id, str((data or {}).get("message") or "")))
    elif came_from != "cart":  # what somebody does with their cart is nobody else's news
        announce(ExchangeMoved(exchange.id, move, side))
    if exchange.option_rank == 1 and came_from in ("requested", "option") and to not in ("requested", "option"):
        _next_in_line(exchange)


def _stock(exchange: Exchange, came_from: str, means: str) -> None:
    if means == HELD:
        stock.keep(exchange)
    elif means == OUT and came_from != "disputed":
        stock.let_out(exchange)
    elif means == RELEASED:
        stock.release(exchange)
    elif means == SETTLED:
        _complete(exchange)


def _set_option_deadline(exchange: Exchange) -> None:
    """The days of an option run once it holds; the second's do not run while it waits."""
    if exchange.option_rank == 2:
        exchange.deadline_at = None
    else:
        exchange.deadline_at = now() + timedelta(days=exchange.option_days or 1)


def _keep_cart(exchange: Exchange, move: str) -> None:
    """A cart whose time is up keeps its lines as wishes; extended, it holds half an hour more."""
    if move == "expire":
        exchange.deadline_at = None
        stock.release(exchange)
    else:
        exchange.deadline_at = now() + CART
        stock.keep(exchange)


def _complete(exchange: Exchange) -> None:
    exchange.completed_at = now()
    if KINDS[exchange.kind].dated:
        _count_lives(exchange)
    else:
        stock.settle(exchange)
        for line in stock.holding(exchange.lines):
            db.session.add(
                ReceivedItem(
                    line_id=line.id, organisation_id=exchange.receiver_id, quantity=line.quantity, received_on=today()
                )
            )
    db.session.flush()
    documents.open_certificate(exchange)


def _count_lives(exchange: Exchange) -> None:
    """Each piece that came back has lived once more; what was lost leaves the quantity as soon as it can."""
    pieces = select(Assignment.piece_id).where(Assignment.exchange_id == exchange.id, Assignment.state == "back")
    for piece in db.session.scalars(select(Piece).where(Piece.id.in_(pieces))):
        piece.lives += 1
    for listing_id in sorted({line.listing_id for line in stock.holding(exchange.lines)}):
        facts.write_off(db.session.get_one(Listing, listing_id))


def _next_in_line(first: Exchange) -> None:
    """Whoever waits behind a first option moves up when it is lifted, and is let go when it is taken up."""
    waiting = options.waiting_behind(first.id)
    if waiting is None:
        return
    if first.state not in ("accepted", "confirmed") and options.moves_up(waiting):
        waiting.version += 1
        waiting.waits_for = turn(waiting)
        record(waiting, "promote", waiting.state, PRODUCT, None, {})
        db.session.flush()
        announce(WaitingMovedUp(waiting.id))
        announce(ExchangeMoved(waiting.id, "promote", PRODUCT))
        return
    if first.state in ("accepted", "confirmed"):
        waiting.option_rank, waiting.behind_id = 2, None
        enter(waiting, "expire", "expired", side=PRODUCT, user_id=None, data={"code": "first_taken"})


def expire(exchange: Exchange) -> bool:
    """Close a locked exchange whose deadline has passed; whether it had."""
    step = KINDS[exchange.kind].table.get((exchange.state, "expire"))
    if step is None or exchange.deadline_at is None or exchange.deadline_at > now():
        return False
    enter(exchange, "expire", step.to[0], side=PRODUCT, user_id=None)
    return True
