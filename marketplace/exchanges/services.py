"""Moving exchanges on: the same code for pages, API and jobs. Services flush, never commit.

Asking is in `asking.py`, what each move asks for in `moves.py`, entering a state in `transitions.py`.
"""

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts import audit
from marketplace.accounts.permissions import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.exchanges import options, stock, transitions
from marketplace.exchanges.asking import ExchangeRequest as ExchangeRequest
from marketplace.exchanges.asking import LineRequest as LineRequest
from marketplace.exchanges.asking import request_exchange as request_exchange
from marketplace.exchanges.hindrances import hindrances
from marketplace.exchanges.kinds import KINDS
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.exchanges.moves import EFFECTS, TARGETS, effect_of
from marketplace.exchanges.queries import as_party, may_move
from marketplace.exchanges.rules import is_public_id
from marketplace.exchanges.states import MODERATOR, Step, step


def move(
    actor: Actor | None,
    exchange_public_id: str,
    move: str,
    data: dict[str, Any] | None = None,
    version: int | None = None,
) -> Exchange:
    """Make a move of `contract.md` on an exchange, with its data (see `moves.py`); `version` is that of the page acted
    on, None from programs that do not follow it.

    Raises `NotFound` to strangers, `NotAllowed` on the wrong side or without the right, `Invalid` by field,
    `Conflict` with the present `state` and `version` when the table has no such move from there or the page was old.
    `already` is true in that conflict when the same person has just made the same move: a double click.
    """
    data = data or {}
    if not is_public_id(exchange_public_id):
        raise NotFound
    found = db.session.scalar(select(Exchange.id).where(Exchange.public_id == exchange_public_id))
    if found is None or actor is None:
        raise NotFound
    _listings, locked = stock.lock(_concerned(found), found)
    exchange = next(one for one in locked if one.id == found)
    acting, side = as_party(actor, exchange)
    user_id = may_move(acting, exchange, side).user_id

    late = {one.id for one in locked if transitions.expire(one)}
    if exchange.id in late and exchange.state != "cart":  # a cart only lost its holds, and may still be sent
        raise Conflict(
            _("Le délai est passé : l’échange est clos et les choses sont à nouveau libres."), state=exchange.state
        )
    cell = _cell(exchange, move, side, user_id, version)
    why_not = hindrances(exchange).get(move)
    if why_not:
        raise Conflict(why_not, state=exchange.state, version=exchange.version)
    decide = TARGETS.get(move) if len(cell.to) > 1 else None
    if move == "resolve" and decide is not None:  # a wrong target is said before anything is done
        decide(exchange, data)
    kept = effect_of(exchange, move)(exchange, side, data)
    to = decide(exchange, data) if decide is not None else cell.to[0]
    if side == MODERATOR:
        audit.record(
            f"exchange.{move}", user_id=user_id, object_kind="exchange", object_public_id=exchange.public_id, state=to
        )
    transitions.enter(exchange, move, to, side=side, user_id=user_id, data=kept)
    return exchange


def _concerned(exchange_id: int) -> set[int]:
    """The listings that a move of this exchange may touch: its own, and those of whoever waits behind it."""
    own = set(db.session.scalars(select(ExchangeLine.listing_id).where(ExchangeLine.exchange_id == exchange_id)))
    return own | options.listing_ids_behind(exchange_id)


def _cell(exchange: Exchange, move: str, side: str, user_id: int, version: int | None) -> Step:
    """The table's cell for this move. Raises what `move` says."""
    if move not in EFFECTS:
        raise Invalid({"move": _("Ce geste n’existe pas ici.")})
    now_is = {"state": exchange.state, "version": exchange.version}
    if version is not None and version != exchange.version:
        last = exchange.moves[-1] if exchange.moves else None
        already = last is not None and (last.move, last.user_id) == (move, user_id) and version == exchange.version - 1
        raise Conflict(_("L’échange a changé depuis que vous avez ouvert cette page."), already=already, **now_is)
    cell = step(KINDS[exchange.kind], exchange.state, move)
    if cell is None:
        raise Conflict(_("Ce geste n’est pas possible dans l’état présent de l’échange."), **now_is)
    if side not in cell.sides:
        raise NotAllowed(_("Ce geste revient à l’autre côté de l’échange."))
    return cell


def close_overdue(exchange_id: int) -> bool:
    """Close one exchange whose deadline has passed (a job's verb); whether it was to be closed."""
    _listings, locked = stock.lock(_concerned(exchange_id), exchange_id)
    return exchange_id in {one.id for one in locked if transitions.expire(one)}
